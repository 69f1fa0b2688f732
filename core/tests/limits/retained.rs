//! Retained messages: how many, how large, how many at a time.

use hushwing_core::ProtocolVersion::{self, V3_1_1, V5_0};
use hushwing_core::wire::{Packet, Publish, QoS};
use hushwing_core::{ConnectionId, Limits};

use crate::case::{Heard, VERSIONS, config, edges, heard};
use crate::world::{World, message};

fn retain(world: &mut World, publisher: ConnectionId, topic: &str, payload: &str, qos: QoS) {
    let publish = Publish { retain: true, ..message(topic, payload, qos) };
    world.say(publisher, &Packet::Publish(publish));
}

/// What is retained, as topics and payloads.
fn stored(world: &World) -> Heard {
    let page = world.broker.retained(world.now, "#", None, 100);
    let line = |item: &hushwing_core::query::RetainedInfo| {
        format!("{}: {}", item.topic, String::from_utf8_lossy(&item.payload))
    };
    page.items.iter().map(line).collect()
}

fn acknowledged(version: ProtocolVersion) -> String {
    if version == V5_0 { "PUBACK 10".into() } else { "PUBACK 00".into() }
}

#[test]
pub(crate) fn retained_messages() {
    let config = config(Limits { retained_messages: 3, ..Limits::default() });
    let (names, all) = (["1", "2", "3", "4"], ["1: x", "2: x", "3: x"]);
    for version in VERSIONS {
        let within = |count: usize| (vec![acknowledged(version); count], heard(all)[..count].to_vec());
        let beyond = |count: usize| {
            let mut came = vec![acknowledged(version); count - 1];
            came.extend(if version == V5_0 { heard(["PUBACK 97"]) } else { heard(["closed"]) });
            (came, heard(all))
        };
        edges(&config, 3, within, beyond, |world, count| {
            let publisher = world.client(version, "p");
            names[..count].iter().for_each(|name| retain(world, publisher, name, "x", QoS::AtLeastOnce));
            (world.heard(publisher), stored(world))
        });
    }
}

#[test]
pub(crate) fn retained_bytes() {
    let config = config(Limits { retained_bytes: 30, ..Limits::default() });
    let nine = "123456789";
    for version in VERSIONS {
        let both = || heard(["1: 123456789", "2: 123456789"]);
        let taken = || vec![acknowledged(version); 2];
        let last = |bytes: usize| "x".repeat(bytes - 21);
        let within = |bytes: usize| {
            let of_3 = || [format!("3: {}", last(bytes))];
            ([taken(), vec![acknowledged(version)]].concat(), [both(), of_3().into()].concat())
        };
        let told = || if version == V5_0 { heard(["PUBACK 97"]) } else { heard(["closed"]) };
        edges(
            &config,
            30,
            within,
            |_| ([taken(), told()].concat(), both()),
            |world, bytes| {
                let publisher = world.client(version, "p");
                retain(world, publisher, "1", nine, QoS::AtLeastOnce);
                retain(world, publisher, "2", nine, QoS::AtLeastOnce);
                retain(world, publisher, "3", &last(bytes), QoS::AtLeastOnce);
                (world.heard(publisher), stored(world))
            },
        );
    }
}

#[test]
fn a_full_store_takes_what_replaces_and_what_removes() {
    let mut world =
        World::new(config(Limits { retained_messages: 2, retained_bytes: 20, ..Limits::default() }));
    let publisher = world.client(V5_0, "p");
    let say = |world: &mut World, topic: &str, payload: &str, qos| {
        retain(world, publisher, topic, payload, qos);
        (world.heard(publisher).pop().unwrap_or_default(), stored(world))
    };
    let full = heard(["1: 123456789", "2: 123456789"]);
    say(&mut world, "1", "123456789", QoS::AtLeastOnce);
    assert_eq!(say(&mut world, "2", "123456789", QoS::AtLeastOnce), ("PUBACK 10".into(), full.clone()));
    // Neither number nor bytes grow.
    assert_eq!(say(&mut world, "1", "abcdefghi", QoS::AtLeastOnce).0, "PUBACK 10");
    // One byte more does not fit: the old one stays, since the publisher is told.
    let (told, left) = say(&mut world, "1", "abcdefghij", QoS::ExactlyOnce);
    assert_eq!((&*told, left), ("PUBREC 97", heard(["1: abcdefghi", "2: 123456789"])));
    // Nobody is told at QoS 0: what is retained must not be older than what was published.
    let (told, left) = say(&mut world, "1", "abcdefghij", QoS::AtMostOnce);
    assert_eq!((&*told, left), ("", heard(["2: 123456789"])));
    assert_eq!(say(&mut world, "3", "", QoS::AtLeastOnce).0, "PUBACK 10");
    // There is a place again.
    assert_eq!(say(&mut world, "4", "4", QoS::AtLeastOnce).1, ["2: 123456789", "4: 4"]);
    assert_eq!(world.broker.stats().retained_bytes, 12);
}

#[test]
fn a_refused_retained_message_is_delivered_to_nobody() {
    let mut world = World::new(config(Limits { retained_messages: 0, ..Limits::default() }));
    let (publisher, subscriber) = (world.client(V5_0, "p"), world.client(V5_0, "s"));
    world.subscribe(subscriber, "t", QoS::ExactlyOnce);
    world.heard(subscriber);
    retain(&mut world, publisher, "t", "x", QoS::AtLeastOnce);
    assert_eq!((world.heard(publisher), world.heard(subscriber)), (heard(["PUBACK 97"]), heard([])));
    // At QoS 0 nobody is told, and it is delivered.
    retain(&mut world, publisher, "t", "x", QoS::AtMostOnce);
    assert_eq!(world.heard(subscriber), ["PUBLISH 0 t: x"]);
}

const SUBACK_BYTES: usize = 5;
const PUBLISH_BYTES: usize = 6;

#[test]
pub(crate) fn retained_per_turn() {
    let config = config(Limits { retained_per_turn: 4, ..Limits::default() });
    // So many are looked at for one SUBSCRIBE before others have their turn.
    for stored in 3..=9 {
        let mut world = World::new(config.clone());
        let (publisher, other) = (world.client(V5_0, "p"), world.client(V5_0, "o"));
        for number in 0..stored {
            retain(&mut world, publisher, &number.to_string(), "", QoS::AtMostOnce);
            retain(&mut world, publisher, &number.to_string(), "x", QoS::AtMostOnce);
        }
        let subscriber = world.client(V3_1_1, "s");
        world.idle = true;
        // Every write that its socket takes asks for more, so it takes none.
        world.hold_back(subscriber);
        world.subscribe(subscriber, "#", QoS::AtMostOnce);
        let encoded = |world: &World| {
            let client = world.broker.client("s").expect("connected");
            (client.waiting_bytes as usize - SUBACK_BYTES) / PUBLISH_BYTES
        };
        let mut looked_at = 4;
        assert_eq!(encoded(&world), stored.min(looked_at));
        while world.broker.work_pending() {
            world.say(other, &Packet::Pingreq);
            assert_eq!(world.heard(other), ["Pingresp"]);
            world.work();
            looked_at += 4;
            assert_eq!(encoded(&world), stored.min(looked_at), "of {stored}");
        }
        // Whether there is one more is seen by looking at it.
        assert_eq!(looked_at, (stored / 4 + 1) * 4, "of {stored}");
    }
}
