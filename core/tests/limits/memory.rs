//! The memory account: what is dropped, who is not read, what is refused, at which eighth of the limit.

use std::sync::Arc;

use hushwing_core::ProtocolVersion::V5_0;
use hushwing_core::wire::{Packet, QoS};
use hushwing_core::{Command, Config, ConnectionId, DropReason, Event, Limits, ReachedLimit};

use crate::case::{Bystanders, Heard, VERSIONS, config, heard, parting, refusal, subscriptions, try_connect};
use crate::world::{World, hello};

/// From now on the account stands at so many eighths of its limit, less so many bytes of the limit.
fn stand_at(world: &mut World, eighths: usize, less_bytes: usize) {
    // The first time frees what can be freed.
    for _ in 0..3 {
        let limit = world.broker.memory() * 8 / eighths + less_bytes;
        reload(world, Limits { memory_bytes: limit as u64, ..Limits::default() });
    }
}

fn reload(world: &mut World, limits: Limits) {
    world.command(Command::Reload(Arc::new(config(limits))));
}

fn told(world: &mut World) -> Vec<ReachedLimit> {
    let limit = |event| match event {
        Event::LimitReached { limit, .. } => Some(limit),
        _ => None,
    };
    world.events().into_iter().filter_map(limit).collect()
}

/// A kept session that is away and has some messages; a publisher.
fn with_messages(config: Config) -> (World, ConnectionId) {
    let mut world = World::new(config);
    let subscriber = world.kept_client(V5_0, "s");
    world.subscribe(subscriber, "t", QoS::AtLeastOnce);
    world.cut(subscriber);
    let publisher = world.client(V5_0, "p");
    for _ in 0..20 {
        world.publish(publisher, "t", &"x".repeat(1_000), QoS::AtLeastOnce);
    }
    assert_eq!(world.heard(publisher), vec!["PUBACK 00"; 20]);
    told(&mut world);
    (world, publisher)
}

#[test]
pub(crate) fn memory_bytes() {
    use ReachedLimit::{MemoryExhausted, MemoryTight};
    // Tight from seven eighths on, exhausted from eight on.
    for (eighths, less, expected) in
        [(7, 1, None), (7, 0, Some(MemoryTight)), (8, 1, Some(MemoryTight)), (8, 0, Some(MemoryExhausted))]
    {
        let (mut world, publisher) = with_messages(config(Limits::default()));
        stand_at(&mut world, eighths, less);
        assert_eq!(told(&mut world).last().copied(), expected, "{eighths} eighths less {less}");
        if expected.is_none() {
            continue;
        }
        // Whoever publishes now is not read any more.
        world.publish(publisher, "n", "", QoS::AtLeastOnce);
        let refused = expected == Some(MemoryExhausted);
        assert_eq!(world.heard(publisher), [if refused { "PUBACK 97" } else { "PUBACK 10" }]);
        assert!(!world.reads(publisher));
        // There is enough again below six.
        stand_at(&mut world, 6, 0);
        assert!(!world.reads(publisher));
        stand_at(&mut world, 6, 1);
        assert!(world.reads(publisher));
        world.publish(publisher, "n", "", QoS::AtLeastOnce);
        assert_eq!(world.heard(publisher), ["PUBACK 10"]);
    }
}

#[test]
fn nothing_new_is_taken_when_memory_is_exhausted() {
    for version in VERSIONS {
        let (mut world, _) = with_messages(config(Limits::default()));
        let bystanders = Bystanders::new(&mut world);
        let client = world.kept_client(version, "c");
        world.subscribe(client, "old", QoS::AtMostOnce);
        world.heard(client);
        stand_at(&mut world, 8, 0);
        // No client, ...
        assert_eq!(try_connect(&mut world, &hello(version, "new")), refusal(version, "97", false));
        assert!(world.broker.session("new").is_none());
        // no subscription, ...
        world.subscribe(client, "new", QoS::AtMostOnce);
        let refused = match version {
            V5_0 => "SUBACK 97",
            _ if version.suback_reports_failure() => "SUBACK 80",
            _ => "SUBACK 00",
        };
        assert_eq!((world.heard(client), subscriptions(&world, "c")), (heard([refused]), 1));
        // no message that would have to be kept.
        let before = world.broker.stats().stored_messages;
        world.publish(client, "t", "x", QoS::AtLeastOnce);
        let told = if version == V5_0 { heard(["PUBACK 97"]) } else { heard(["closed"]) };
        assert_eq!((world.heard(client), world.broker.stats().stored_messages), (told, before));
        // What costs nothing goes on.
        bystanders.are_served(&mut world);
    }
}

#[test]
fn a_queue_is_a_quarter_as_long_when_memory_is_tight() {
    for (queued, came) in [(3, 1), (4, 1), (5, 0)] {
        let (mut world, publisher) = with_messages(config(Limits::default()));
        let other = world.kept_client(V5_0, "o");
        world.subscribe(other, "o", QoS::AtLeastOnce);
        world.cut(other);
        (0..queued).for_each(|_| world.publish(publisher, "o", "", QoS::AtLeastOnce));
        for _ in 0..3 {
            let memory_bytes = (world.broker.memory() * 8 / 7 - 8) as u64;
            reload(&mut world, Limits { memory_bytes, queue_messages: 20, ..Limits::default() });
        }
        world.publish(publisher, "o", "", QoS::AtLeastOnce);
        let left = world.broker.session("o").map(|session| session.queued_messages);
        assert_eq!(left, Some(queued + came), "{queued}");
        // The publisher is not to suffer for it.
        assert_eq!(world.heard(publisher).last().map(String::as_str), Some("PUBACK 00"));
    }
}

/// What was dropped for want of memory, by client.
fn victims(world: &mut World) -> Vec<String> {
    let victim = |event| match event {
        Event::Dropped { client_identifier, reason: DropReason::MemoryExhausted } => {
            Some(client_identifier.to_string())
        }
        _ => None,
    };
    world.events().into_iter().filter_map(victim).collect()
}

#[test]
fn qos_0_messages_that_wait_are_the_first_to_go() {
    // What only saves time would go before.
    let limits = || Limits { transmit_mark_bytes: 1, routes_remembered: 0, ..Limits::default() };
    let mut world = World::new(config(limits()));
    let publisher = world.client(V5_0, "p");
    let slow = ["one", "two"].map(|name| {
        let subscriber = world.client(V5_0, name);
        world.subscribe(subscriber, name, QoS::AtLeastOnce);
        world.heard(subscriber);
        world.hold_back(subscriber);
        for (number, qos) in
            [QoS::AtMostOnce, QoS::AtMostOnce, QoS::AtLeastOnce, QoS::AtMostOnce].into_iter().enumerate()
        {
            let payload = format!("{number}{}", "x".repeat(5_000));
            world.publish(publisher, name, &payload, qos);
        }
        subscriber
    });
    assert_eq!(victims(&mut world), Vec::<String>::new());
    // The first sacrifice is enough. 0 is encoded, 2 is a promise.
    let memory_bytes = (world.broker.memory() * 8 / 7 - 1) as u64;
    reload(&mut world, Limits { memory_bytes, ..limits() });
    assert_eq!(victims(&mut world), ["one", "one"]);
    assert!(world.reads(publisher));
    let mut numbers = slow.map(|subscriber| {
        world.let_through(subscriber);
        let mut numbers: Heard = world.take_messages(subscriber);
        numbers.iter_mut().for_each(|payload| payload.truncate(1));
        numbers.sort();
        numbers
    });
    numbers.sort();
    assert_eq!(numbers, [heard(["0", "1", "2", "3"]), heard(["0", "2"])]);
}

#[test]
pub(crate) fn pause_timeout_seconds() {
    for version in VERSIONS {
        let (mut world, _) = with_messages(config(Limits::default()));
        let bystanders = Bystanders::new(&mut world);
        let publisher = world.client(version, "q");
        for _ in 0..3 {
            let memory_bytes = (world.broker.memory() * 8 / 7 - 8) as u64;
            reload(&mut world, Limits { memory_bytes, pause_timeout_seconds: 7, ..Limits::default() });
        }
        world.publish(publisher, "n", "", QoS::AtMostOnce);
        assert!(!world.reads(publisher));
        world.wait_micros(7_000_000 - 1);
        assert_eq!(world.heard(publisher), Heard::new());
        world.wait_micros(1);
        assert_eq!(world.heard(publisher), parting(version, "97"));
        bystanders.are_served(&mut world);
    }
}

/// A publisher that repeats itself takes a shorter way, and is held back all the same.
#[test]
fn a_publisher_that_repeats_itself_is_not_read_either() {
    let (mut world, other) = with_messages(config(Limits::default()));
    let publisher = world.client(V5_0, "q");
    world.subscribe(publisher, "in", QoS::AtLeastOnce);
    world.publish(other, "in", "", QoS::AtLeastOnce);
    stand_at(&mut world, 7, 0);
    // It owes an acknowledgement, which would free memory: it is read.
    for _ in 0..3 {
        world.publish(publisher, "n", "", QoS::AtMostOnce);
        assert!(world.reads(publisher));
    }
    world.acknowledge(publisher);
    stand_at(&mut world, 7, 0);
    assert!(world.reads(publisher));
    world.publish(publisher, "n", "", QoS::AtMostOnce);
    assert!(!world.reads(publisher));
}

/// The start of a packet is kept until its rest comes. That must not be a way past the limit.
#[test]
fn halves_of_packets_are_not_collected_without_end() {
    for version in VERSIONS {
        let memory_bytes = 1024 * 1024;
        let mut world = World::new(config(Limits { memory_bytes, ..Limits::default() }));
        let bystanders = Bystanders::new(&mut world);
        let mut half = vec![0x30, 0x80, 0x80, 0x7A];
        half.resize(16 * 1024, b'x');
        let clients: Vec<ConnectionId> =
            (0..100).map(|number| world.client(version, &format!("c{number}"))).collect();
        for _ in 0..20 {
            for client in &clients {
                if world.reads(*client) {
                    world.send(*client, &half);
                    half[0] = b'x';
                }
            }
            half[0] = 0x30;
        }
        assert!(world.broker.memory() < memory_bytes as usize + 3 * 16 * 1024, "{}", world.broker.memory());
        // Somebody has to give it back.
        world.wait(10);
        bystanders.are_served(&mut world);
        assert_eq!(try_connect(&mut world, &hello(version, "new")), ["CONNACK 00"]);
    }
}

/// What waits behind a message that is on its way is no half of a packet: its sender is not read as it is.
#[test]
fn what_waits_behind_a_message_on_its_way_is_no_half() {
    let limits = |memory_bytes| Limits { receivers_per_turn: 1, memory_bytes, ..Limits::default() };
    let mut world = World::new(config(limits(u64::MAX)));
    for name in ["s1", "s2"] {
        let subscriber = world.client(V5_0, name);
        world.subscribe(subscriber, "t", QoS::AtMostOnce);
    }
    let publisher = world.client(V5_0, "p");
    let mut bytes = vec![0x30, 5, 0, 1, b't', 0, b'x'];
    bytes = bytes.repeat(300);
    world.idle = true;
    for _ in 0..3 {
        let memory_bytes = world.broker.memory() as u64;
        reload(&mut world, limits(memory_bytes));
    }
    world.send(publisher, &bytes);
    assert_eq!((world.heard(publisher), world.reads(publisher)), (Heard::new(), false));
    reload(&mut world, limits(u64::MAX));
    world.idle = false;
    world.work();
    let client = world.broker.client("p").expect("connected");
    assert!(client.reading);
}

#[test]
fn halves_of_connect_packets_are_not_collected_without_end() {
    let memory_bytes = 1024 * 1024;
    let mut world = World::new(config(Limits { memory_bytes, ..Limits::default() }));
    let bystanders = Bystanders::new(&mut world);
    for _ in 0..100 {
        let connection = world.open(V5_0);
        let mut half = vec![0x10, 0x80, 0x80, 0x06];
        half.resize(50 * 1024, b'x');
        world.send(connection, &half);
    }
    assert!(world.broker.memory() < memory_bytes as usize + 60 * 1024, "{}", world.broker.memory());
    bystanders.are_served(&mut world);
    world.wait(10);
    assert_eq!(try_connect(&mut world, &hello(V5_0, "new")), ["CONNACK 00"]);
}

/// The memory that a broker holds behind a client that was sent something, by how much it may keep for the
/// next one.
fn pooled(transmit_pool_bytes: u32) -> usize {
    let mut world = World::new(config(Limits { transmit_pool_bytes, ..Limits::default() }));
    let client = world.client(V5_0, "c");
    world.say(client, &Packet::Pingreq);
    assert_eq!(world.heard(client), ["Pingresp"]);
    world.broker.memory()
}

#[test]
pub(crate) fn transmit_pool_bytes() {
    // The list of them has room for four.
    const LIST_BYTES: usize = 4 * size_of::<usize>();
    let kept = |limit| pooled(limit) - pooled(0);
    let whole = kept(u32::MAX) - LIST_BYTES;
    let at = u32::try_from(whole).expect("small");
    assert_eq!(kept(at), whole + LIST_BYTES);
    for limit in 0..at {
        assert!(kept(limit).saturating_sub(LIST_BYTES) <= limit as usize, "{limit}");
    }
}
