//! [`Command::Reload`]: what holds at once, for whom, and what becomes of those who are beyond it already.

use std::num::NonZeroU16;
use std::sync::Arc;

use hushwing_core::ProtocolVersion::V5_0;
use hushwing_core::wire::{Connect, Packet, PropertiesBuffer, Property, Publish, QoS};
use hushwing_core::{Authentication, Command, Config, ConnectionId, Limits, Listener, Policy};

use crate::case::{VERSIONS, config, heard, parting, refusal, subscribe_to, subscriptions, try_connect};
use crate::world::{World, hello, message};

fn reload(world: &mut World, config: Config) {
    world.command(Command::Reload(Arc::new(config)));
}

fn lowered(limits: Limits) -> Config {
    config(limits)
}

#[test]
fn what_no_client_was_promised_holds_at_once_for_all() {
    for version in VERSIONS {
        let mut world = World::new(Config::default());
        let client = world.kept_client(version, "c");
        subscribe_to(&mut world, client, version, &["a", "b", "c"]);
        world.heard(client);
        let limits = Limits {
            topic_bytes: 5,
            subscriptions_per_session: 2,
            client_identifier_bytes: 3,
            ..Limits::default()
        };
        reload(&mut world, lowered(limits));
        // Who has more than there may be keeps it, and gets no more.
        assert_eq!(subscriptions(&world, "c"), 3);
        world.subscribe(client, "d", QoS::AtMostOnce);
        world.heard(client);
        assert_eq!(subscriptions(&world, "c"), 3);
        world.publish(client, "a", "x", QoS::AtMostOnce);
        assert_eq!(world.heard(client), ["PUBLISH 0 a: x"]);
        assert_eq!(try_connect(&mut world, &hello(version, "four")), refusal(version, "85", true));
        world.publish(client, "123456", "", QoS::AtMostOnce);
        assert_eq!(world.heard(client), parting(version, "90"));
        // And back again.
        reload(&mut world, Config::default());
        assert_eq!(try_connect(&mut world, &hello(version, "four")), ["CONNACK 00"]);
    }
}

#[test]
fn a_queue_that_is_too_long_already_loses_nothing_but_what_comes() {
    for (drops_oldest, left) in [(false, ["1", "2", "3"]), (true, ["2", "3", "4"])] {
        let mut world = World::new(Config::default());
        let subscriber = world.kept_client(V5_0, "s");
        world.subscribe(subscriber, "t", QoS::AtLeastOnce);
        world.cut(subscriber);
        let publisher = world.client(V5_0, "p");
        let queued = |world: &World| world.broker.session("s").map(|session| session.queued_messages);
        for payload in ["1", "2", "3"] {
            world.publish(publisher, "t", payload, QoS::AtLeastOnce);
        }
        let policy = Policy { full_queue_drops_oldest: drops_oldest, ..Policy::default() };
        let limits = Limits { queue_messages: 1, ..Limits::default() };
        reload(&mut world, Config { limits, policy, ..Config::default() });
        assert_eq!(queued(&world), Some(3));
        world.publish(publisher, "t", "4", QoS::AtLeastOnce);
        assert_eq!(queued(&world), Some(3));
        assert_eq!(world.heard(publisher), ["PUBACK 00"; 4]);
        let subscriber = world.open(V5_0);
        world.say(subscriber, &Packet::Connect(Connect { clean_start: false, ..hello(V5_0, "s") }));
        assert_eq!(world.take_messages(subscriber), left);
    }
}

#[test]
fn a_store_that_is_too_full_already_keeps_what_it_has() {
    let mut world = World::new(Config::default());
    let publisher = world.client(V5_0, "p");
    let retain = |world: &mut World, topic: &str| {
        let publish = Publish { retain: true, ..message(topic, "x", QoS::AtLeastOnce) };
        world.say(publisher, &Packet::Publish(publish));
        world.heard(publisher)
    };
    for topic in ["1", "2", "3"] {
        retain(&mut world, topic);
    }
    reload(&mut world, lowered(Limits { retained_messages: 1, ..Limits::default() }));
    assert_eq!(retain(&mut world, "4"), ["PUBACK 97"]);
    // One that replaces another makes it no fuller.
    assert_eq!(retain(&mut world, "2"), ["PUBACK 10"]);
    assert_eq!(world.broker.stats().retained_messages, 3);
    reload(&mut world, lowered(Limits { retained_bytes: 1, ..Limits::default() }));
    assert_eq!(retain(&mut world, "2"), ["PUBACK 97"]);
    assert_eq!(world.broker.stats().retained_messages, 3);
}

#[test]
fn policies_hold_at_once_but_for_what_connack_said() {
    let mut world = World::new(Config::default());
    let away = world.kept_client(V5_0, "away");
    world.subscribe(away, "t", QoS::AtMostOnce);
    world.cut(away);
    let old = world.client(V5_0, "old");
    world.publish(old, "t", "not kept", QoS::AtMostOnce);
    let policy = Policy {
        queue_qos0_offline: true,
        refuse_control_characters: true,
        retain_available: false,
        wildcard_subscriptions: false,
        shared_subscriptions: false,
        maximum_qos: QoS::AtLeastOnce,
        ..Policy::default()
    };
    reload(&mut world, Config { policy, ..Config::default() });
    // The old client was told nothing of this, and may all of it.
    world.publish(old, "t", "x", QoS::ExactlyOnce);
    let retained = Publish { retain: true, ..message("r", "x", QoS::AtLeastOnce) };
    world.say(old, &Packet::Publish(retained));
    subscribe_to(&mut world, old, V5_0, &["a/#", "$share/g/a"]);
    assert_eq!(world.heard(old), ["PUBREC 00", "PUBACK 10", "SUBACK 00 00"]);
    // A new one may not.
    let new = |world: &mut World, packet: &Packet<'_>| {
        let client = world.client(V5_0, "new");
        world.say(client, packet);
        world.heard(client)
    };
    assert_eq!(new(&mut world, &Packet::Publish(retained)), parting(V5_0, "9a"));
    let publish = Packet::Publish(message("t", "x", QoS::ExactlyOnce));
    assert_eq!(new(&mut world, &publish), parting(V5_0, "9b"));
    for (filter, code) in [("a/#", "a2"), ("$share/g/a", "9e")] {
        let client = world.client(V5_0, "new");
        subscribe_to(&mut world, client, V5_0, &[filter]);
        assert_eq!(world.heard(client), parting(V5_0, code));
    }
    // CONNACK says nothing about the others: they hold for both.
    world.publish(old, "t", "zero", QoS::AtMostOnce);
    let queued = world.broker.session("away").map(|session| session.queued_messages);
    assert_eq!(queued, Some(2), "x and zero");
    world.publish(old, "\u{1}", "", QoS::AtMostOnce);
    assert_eq!(world.heard(old), parting(V5_0, "81"));
}

#[test]
fn who_may_connect_is_asked_anew_of_those_who_connect() {
    let listener = Listener { authentication: Authentication::Refuse, ..Listener::default() };
    let mut world = World::new(Config::default());
    let old = world.client(V5_0, "old");
    reload(&mut world, Config { listeners: vec![listener], ..Config::default() });
    assert_eq!(try_connect(&mut world, &hello(V5_0, "new")), refusal(V5_0, "87", true));
    world.say(old, &Packet::Pingreq);
    assert_eq!(world.heard(old), ["Pingresp"]);
}

#[test]
fn a_connect_packet_that_has_become_too_large_half_way_is_not_waited_for() {
    for (connect_packet_size_bytes, waits) in [(299, false), (300, true)] {
        let mut world = World::new(Config::default());
        let connection = world.open(V5_0);
        // 1 + 2 + 297 bytes are 300.
        world.send(connection, &[0x10, 0xA9, 0x02, 0]);
        reload(&mut world, config(Limits { connect_packet_size_bytes, ..Limits::default() }));
        assert_eq!(world.heard(connection), heard([]));
        world.send(connection, &[4]);
        assert_eq!(world.heard(connection), if waits { heard([]) } else { heard(["closed"]) });
    }
}

/// A time that is running already ends neither before the shorter nor after the longer of the two.
#[test]
fn a_time_that_is_running_is_not_cut_short() {
    let config = |seconds| config(Limits { connect_timeout_seconds: seconds, ..Limits::default() });
    for (before, after) in [(10, 20), (20, 10)] {
        let mut world = World::new(config(before));
        let connection = world.open(V5_0);
        reload(&mut world, config(after));
        world.wait(9);
        assert_eq!(world.heard(connection), heard([]));
        world.wait(11);
        assert_eq!(world.heard(connection), ["closed"]);
        let connection = world.open(V5_0);
        world.wait(u64::from(after));
        assert_eq!(world.heard(connection), ["closed"]);
    }
}

/// What CONNACK said holds for the connection.
fn promised() -> Limits {
    Limits { receive_maximum: 5, topic_alias_maximum: 5, maximum_packet_size_bytes: 200, ..Limits::default() }
}

fn less() -> Limits {
    Limits { receive_maximum: 2, topic_alias_maximum: 2, maximum_packet_size_bytes: 150, ..Limits::default() }
}

fn publish_twice_by_alias(world: &mut World, client: ConnectionId, alias: u16) {
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::TopicAlias(alias));
    let properties = properties.as_properties();
    for topic in ["t", ""] {
        world.say(client, &Packet::Publish(Publish { properties, ..message(topic, "", QoS::AtLeastOnce) }));
    }
}

/// QoS 2, so that each stays open.
fn publish_open(world: &mut World, client: ConnectionId, count: u16) {
    for number in 1..=count {
        let packet_identifier = NonZeroU16::new(number);
        let publish = Publish { packet_identifier, ..message("t", "", QoS::ExactlyOnce) };
        world.say(client, &Packet::Publish(publish));
    }
}

fn publish_of(world: &mut World, client: ConnectionId, bytes: usize) {
    world.publish(client, "t", &"x".repeat(bytes - 2 - 1 - 3 - 1 - 2), QoS::AtLeastOnce);
}

/// What a client may do at most, as it turns out.
#[track_caller]
fn holds_to(world: &mut World, connect: impl Fn(&mut World, usize) -> ConnectionId, limits: &Limits) {
    let maximum = limits.receive_maximum;
    let (client, other) = (connect(world, 0), connect(world, 1));
    publish_open(world, client, maximum);
    assert_eq!(world.heard(client), vec!["PUBREC 10"; maximum.into()]);
    publish_open(world, other, maximum + 1);
    assert_eq!(world.heard(other).last().map(String::as_str), Some("closed"));
    let maximum = limits.topic_alias_maximum;
    let (client, other) = (connect(world, 2), connect(world, 3));
    publish_twice_by_alias(world, client, maximum);
    assert_eq!(world.heard(client), ["PUBACK 10"; 2]);
    publish_twice_by_alias(world, other, maximum + 1);
    assert_eq!(world.heard(other), parting(V5_0, "94"));
    let maximum = limits.maximum_packet_size_bytes as usize;
    let (client, other) = (connect(world, 4), connect(world, 5));
    publish_of(world, client, maximum);
    assert_eq!(world.heard(client), ["PUBACK 10"]);
    publish_of(world, other, maximum + 1);
    assert_eq!(world.heard(other), parting(V5_0, "95"));
}

#[test]
fn what_connack_promised_holds_for_the_connection() {
    for (before, after) in [(promised(), less()), (less(), promised())] {
        let mut world = World::new(config(before.clone()));
        let clients: Vec<ConnectionId> =
            (0..6).map(|number| world.client(V5_0, &format!("old{number}"))).collect();
        reload(&mut world, config(after.clone()));
        // Those who connect now are told something else.
        let connect = |world: &mut World, number| world.client(V5_0, &format!("new{number}"));
        holds_to(&mut world, connect, &after);
        holds_to(&mut world, |_, number| clients[number], &before);
    }
}

#[test]
fn promises_are_not_remembered_for_longer_than_somebody_holds_them() {
    let mut world = World::new(config(promised()));
    let idle = world.client(V5_0, "idle");
    let settled = world.broker.memory();
    for round in 0..2_000 {
        let client = world.client(V5_0, "c");
        let limits = Limits { receive_maximum: 10 + round, ..promised() };
        reload(&mut world, config(limits.clone()));
        publish_of(&mut world, client, 20);
        world.cut(client);
    }
    assert!(world.broker.memory() <= settled + 4 * 1024, "{} {settled}", world.broker.memory());
    // The first of them is still what it was.
    publish_open(&mut world, idle, 6);
    assert_eq!(world.heard(idle), [heard(["PUBREC 10"; 5]), parting(V5_0, "93")].concat());
}
