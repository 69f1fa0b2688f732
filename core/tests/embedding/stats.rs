//! Numbers: what happened, what is there.

use hushwing_core::ProtocolVersion::{V3_1_1, V5_0};
use hushwing_core::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use hushwing_core::wire::{Connect, Packet, PacketType, Publish, ReasonCode, Will};
use hushwing_core::{Authentication, Command, Config, DropReason, Listener, Publication};

use crate::world::{World, hello, message};

#[test]
fn what_is_there_is_counted() {
    let mut world = World::new(Config { journal: true, ..Config::default() });
    assert_eq!(world.broker.stats().connections, 0);
    let (a, b) = (world.kept_client(V5_0, "a"), world.client(V3_1_1, "b"));
    world.open(V5_0);
    world.subscribe(a, "t", AtLeastOnce);
    world.subscribe(a, "u", AtLeastOnce);
    world.say(b, &Packet::Publish(Publish { retain: true, ..message("r", "12345", AtMostOnce) }));
    world.cut(a);
    world.publish(b, "t", "waits", AtLeastOnce);
    let stats = world.broker.stats();
    assert_eq!((stats.connections, stats.clients, stats.sessions), (2, 1, 2));
    assert_eq!((stats.subscriptions, stats.retained_messages, stats.retained_bytes), (2, 1, 6));
    assert_eq!(stats.stored_messages, 2);
    assert_eq!(stats.memory_bytes, world.broker.memory() as u64);
    assert!(!stats.draining);
    world.command(Command::Drain(true));
    assert!(world.broker.stats().draining);
    world.cut(b);
    world.command(Command::EndSession { client_identifier: "a".into(), reason: ReasonCode::Success });
    let stats = world.broker.stats();
    assert_eq!((stats.clients, stats.sessions, stats.subscriptions, stats.stored_messages), (0, 0, 0, 1));
}

#[test]
fn every_packet_and_byte_is_counted() {
    for (journal, version) in [(false, V5_0), (true, V3_1_1)] {
        let mut world = World::new(Config { journal, ..Config::default() });
        let (a, b) = (world.client(version, "a"), world.client(version, "b"));
        world.subscribe(a, "t", ExactlyOnce);
        for _ in 0..3 {
            // Of these, all but the first take the short way.
            for _ in 0..4 {
                world.publish(b, "t", "zero", AtMostOnce);
            }
            world.publish(b, "t", "one", AtLeastOnce);
        }
        world.publish(b, "t", "two", ExactlyOnce);
        world.say(b, &Packet::Pingreq);
        world.unsubscribe(a, "t");
        let counters = world.broker.stats().counters;
        assert_eq!((counters.bytes_in, counters.bytes_out), (world.bytes_in, world.bytes_out));
        let (packets_in, packets_out) = (counters.packets_in, counters.packets_out);
        for packets in [&packets_in, &packets_out] {
            let by_qos = [AtMostOnce, AtLeastOnce, ExactlyOnce].map(|qos| packets.publishes(qos));
            assert_eq!((by_qos, packets.of(PacketType::Publish)), ([12, 3, 1], 16));
        }
        let types_in =
            [PacketType::Connect, PacketType::Subscribe, PacketType::Unsubscribe, PacketType::Pingreq];
        assert_eq!(types_in.map(|of| packets_in.of(of)), [2, 1, 1, 1]);
        assert_eq!(packets_in.total(), 16 + 5);
        let types_out = [
            PacketType::Connack,
            PacketType::Suback,
            PacketType::Puback,
            PacketType::Pubrec,
            PacketType::Unsuback,
            PacketType::Pingresp,
        ];
        assert_eq!(types_out.map(|of| packets_out.of(of)), [2, 1, 3, 1, 1, 1]);
        assert_eq!(packets_out.total(), 16 + 9);
    }
}

#[test]
fn large_payloads_are_counted_once() {
    let mut world = World::new(Config::default());
    let (a, b) = (world.client(V5_0, "a"), world.client(V5_0, "b"));
    world.subscribe(a, "t", ExactlyOnce);
    world.subscribe(b, "t", AtMostOnce);
    let payload = "x".repeat(5_000);
    for qos in [AtMostOnce, AtLeastOnce] {
        world.publish(b, "t", &payload, qos);
    }
    let counters = world.broker.stats().counters;
    assert_eq!((counters.bytes_in, counters.bytes_out), (world.bytes_in, world.bytes_out));
    assert_eq!(counters.packets_out.of(PacketType::Publish), 4);
}

#[test]
fn lives_are_counted() {
    let listeners =
        vec![Listener::default(), Listener { authentication: Authentication::Refuse, ..Listener::default() }];
    let mut world = World::new(Config { listeners, ..Config::default() });
    let properties = hello(V5_0, "a").properties;
    let will = Will { topic: "w", payload: b"", properties, qos: AtMostOnce, retain: false };
    world.kept_client(V5_0, "a");
    let again = world.kept_client(V5_0, "a");
    world.cut(again);
    let c = world.connect(&Connect { will: Some(will), ..hello(V3_1_1, "c") });
    world.say(c, &Packet::Connect(hello(V3_1_1, "c")));
    let refused = world.open_at(V5_0, 1);
    world.say(refused, &Packet::Connect(hello(V5_0, "d")));
    let counters = world.broker.stats().counters;
    assert_eq!((counters.connections_opened, counters.clients_accepted, counters.clients_refused), (4, 3, 1));
    assert_eq!((counters.clients_taken_over, counters.violations, counters.wills_published), (1, 1, 1));
    assert_eq!((counters.sessions_created, counters.sessions_resumed, counters.sessions_ended), (2, 1, 1));
}

#[test]
fn drops_are_counted_by_reason_even_if_nobody_is_told() {
    let mut config = Config::default();
    config.limits.queue_messages = 2;
    config.events.drops = false;
    let mut world = World::new(config);
    let a = world.kept_client(V3_1_1, "a");
    world.subscribe(a, "t", AtLeastOnce);
    world.cut(a);
    for _ in 0..5 {
        let topic = "t".into();
        let publication = Publication { topic, qos: AtLeastOnce, ..Publication::default() };
        world.command(Command::Publish(publication));
    }
    let dropped = world.broker.stats().counters.dropped;
    assert_eq!((dropped.of(DropReason::QueueFull), dropped.total()), (3, 3));
}
