//! Subscriptions: how many of a session, how many receivers at a time, how many routes.

use hushwing_core::ProtocolVersion::{V3_1, V5_0};
use hushwing_core::wire::{Packet, QoS};
use hushwing_core::{ConnectionId, Limits};

use crate::case::{VERSIONS, config, edges, heard, subscribe_to, subscriptions};
use crate::world::World;

#[test]
pub(crate) fn subscriptions_per_session() {
    let config = config(Limits { subscriptions_per_session: 3, ..Limits::default() });
    let names = ["a", "b/+", "$share/g/c", "d"];
    for version in VERSIONS {
        let refused = match version {
            // It has no word for a refusal (docs/decisions.md D16).
            V3_1 => "00",
            V5_0 => "97",
            _ => "80",
        };
        let suback =
            |granted: usize, refused: &str| heard([&format!("SUBACK{}{refused}", " 00".repeat(granted))]);
        let within = |count: usize| (suback(count, ""), count as u32);
        edges(
            &config,
            3,
            within,
            |_| (suback(3, &format!(" {refused}")), 3),
            |world, count| {
                let subscriber = world.kept_client(version, "s");
                subscribe_to(world, subscriber, version, &names[..count]);
                (world.heard(subscriber), subscriptions(world, "s"))
            },
        );
        let mut world = World::new(config.clone());
        let subscriber = world.kept_client(version, "s");
        subscribe_to(&mut world, subscriber, version, &names);
        world.heard(subscriber);
        // A filter that is there already is no further one.
        world.subscribe(subscriber, "a", QoS::AtLeastOnce);
        assert_eq!(world.heard(subscriber), ["SUBACK 01"]);
        world.unsubscribe(subscriber, "a");
        world.subscribe(subscriber, "d", QoS::AtLeastOnce);
        assert_eq!(world.heard(subscriber)[1], "SUBACK 01");
        // What was refused receives nothing.
        let publisher = world.client(V5_0, "p");
        world.publish(publisher, "a", "", QoS::AtMostOnce);
        assert_eq!(world.heard(subscriber), heard([]));
        // Another session has its own.
        let other = world.client(version, "o");
        subscribe_to(&mut world, other, version, &names[..3]);
        assert_eq!(subscriptions(&world, "o"), 3);
    }
}

fn subscribers(world: &mut World, count: usize) -> Vec<ConnectionId> {
    let subscriber = |number| {
        let subscriber = world.client(V5_0, &format!("s{number}"));
        world.subscribe(subscriber, "t", QoS::AtMostOnce);
        world.heard(subscriber);
        subscriber
    };
    (0..count).map(subscriber).collect()
}

#[test]
pub(crate) fn receivers_per_turn() {
    let config = config(Limits { receivers_per_turn: 4, ..Limits::default() });
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
        // Everybody at once, or nobody yet: the publisher waits.
        edges(
            &config,
            4,
            |count| (count, true),
            |_| (0, false),
            |world, count| {
                let subscribers = subscribers(world, count);
                let publisher = world.client(V5_0, "p");
                world.idle = true;
                // The second time it takes the short way.
                world.publish(publisher, "t", "", qos);
                world.publish(publisher, "t", "", qos);
                let reached = |world: &mut World| -> Vec<usize> {
                    subscribers.iter().map(|subscriber| world.heard(*subscriber).len()).collect()
                };
                let (at_once, reads) = (reached(world), world.reads(publisher));
                let mut later: usize = 0;
                while world.broker.work_pending() {
                    world.work();
                    let piece = reached(world).iter().sum::<usize>();
                    assert!(piece <= 4, "{piece} at a time");
                    later += piece;
                }
                let at_once = at_once.iter().sum::<usize>();
                assert_eq!(at_once + later, 2 * count, "everybody, twice");
                world.idle = false;
                (at_once / 2, reads)
            },
        );
    }
}

#[test]
pub(crate) fn routes_remembered() {
    for (limit, most) in [(0, 0), (4, 4), (15, 16), (16, 16), (17, 16)] {
        let mut world = World::new(config(Limits { routes_remembered: limit, ..Limits::default() }));
        let publisher = world.client(V5_0, "p");
        for number in 0..500 {
            world.publish(publisher, &format!("t{number}"), "", QoS::AtMostOnce);
            assert!(world.broker.stats().routes_remembered <= most);
        }
        // In sets of four, and a power of two of them: about as many as it says.
        assert_eq!(world.broker.stats().routes_remembered, most, "{limit}");
        // Nobody is forgotten for it.
        let subscriber = subscribers(&mut world, 1)[0];
        world.publish(publisher, "t", "", QoS::AtMostOnce);
        world.say(subscriber, &Packet::Pingreq);
        assert_eq!(world.heard(subscriber), ["PUBLISH 0 t: ", "Pingresp"]);
    }
}
