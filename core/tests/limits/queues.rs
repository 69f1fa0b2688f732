//! What waits for a client that is away or slow: how much, and what is dropped.

use hushwing_core::ProtocolVersion::{V3_1_1, V5_0};
use hushwing_core::wire::{Connect, Packet, PropertiesBuffer, Property, QoS};
use hushwing_core::{Config, ConnectionId, DropReason, Event, Limits, Policy, ReachedLimit};

use crate::case::{Heard, VERSIONS, config, edges, heard};
use crate::world::{World, hello};

/// What was dropped, and how often it was told that a queue is full, since it was asked last.
fn losses(world: &mut World) -> (Vec<DropReason>, usize) {
    let (mut drops, mut full) = (Vec::new(), 0);
    for event in world.events() {
        match event {
            Event::Dropped { client_identifier, reason } => {
                assert_eq!(&*client_identifier, "s");
                drops.push(reason);
            }
            Event::LimitReached { limit, client_identifier } => {
                assert_eq!((limit, &*client_identifier), (ReachedLimit::Queue, "s"));
                full += 1;
            }
            _ => {}
        }
    }
    (drops, full)
}

/// A kept session that subscribes to `t` and whose client is away; and a publisher.
fn away(world: &mut World) -> ConnectionId {
    let subscriber = world.kept_client(V5_0, "s");
    world.subscribe(subscriber, "t", QoS::AtLeastOnce);
    world.cut(subscriber);
    let publisher = world.client(V5_0, "p");
    losses(world);
    publisher
}

/// Publishes to `t`, and sees that the publisher does not feel what becomes of it.
fn publish(world: &mut World, publisher: ConnectionId, payloads: &[&str]) {
    for payload in payloads {
        world.publish(publisher, "t", payload, QoS::AtLeastOnce);
        assert_eq!(world.heard(publisher), ["PUBACK 00"]);
    }
}

/// The client comes back: the payloads of what it hears.
fn payloads(world: &mut World) -> Heard {
    let subscriber = come_back(world);
    world.take_messages(subscriber)
}

fn come_back(world: &mut World) -> ConnectionId {
    let subscriber = world.open(V5_0);
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::SessionExpiryInterval(u32::MAX));
    let properties = properties.as_properties();
    let connect = Connect { clean_start: false, properties, ..hello(V5_0, "s") };
    world.say(subscriber, &Packet::Connect(connect));
    subscriber
}

type Came = (Heard, Vec<DropReason>, usize);

fn all_came(messages: &[&str]) -> Came {
    (messages.iter().map(|&payload| payload.to_owned()).collect(), Vec::new(), 0)
}

fn came_but_for_one(messages: &[&str]) -> Came {
    (messages.iter().map(|&payload| payload.to_owned()).collect(), vec![DropReason::QueueFull], 1)
}

fn dropping_oldest(limits: Limits) -> Config {
    let policy = Policy { full_queue_drops_oldest: true, ..Policy::default() };
    Config { limits, policy, ..Config::default() }
}

fn publish_and_return(world: &mut World, messages: &[&str]) -> Came {
    let publisher = away(world);
    publish(world, publisher, messages);
    let (drops, full) = losses(world);
    (payloads(world), drops, full)
}

#[test]
pub(crate) fn queue_messages() {
    let names = ["1", "2", "3", "4"];
    let limits = Limits { queue_messages: 3, ..Limits::default() };
    let within = |count: usize| all_came(&names[..count]);
    edges(
        &config(limits.clone()),
        3,
        within,
        |_| came_but_for_one(&names[..3]),
        |world, count| publish_and_return(world, &names[..count]),
    );
    edges(
        &dropping_oldest(limits),
        3,
        within,
        |_| came_but_for_one(&names[1..]),
        |world, count| publish_and_return(world, &names[..count]),
    );
}

#[test]
pub(crate) fn queue_bytes() {
    let limits = Limits { queue_bytes: 30, ..Limits::default() };
    // Ten bytes each: the topic is one. The third makes the difference.
    let (nine, last) = ("123456789", |bytes: usize| "x".repeat(bytes - 21));
    let within = |bytes: usize| all_came(&[nine, nine, &last(bytes)]);
    edges(
        &config(limits.clone()),
        30,
        within,
        |_| came_but_for_one(&[nine, nine]),
        |world, bytes| publish_and_return(world, &[nine, nine, &last(bytes)]),
    );
    let beyond = |bytes: usize| came_but_for_one(&[nine, &last(bytes)]);
    edges(&dropping_oldest(limits), 30, within, beyond, |world, bytes| {
        publish_and_return(world, &[nine, nine, &last(bytes)])
    });
}

#[test]
fn one_large_message_takes_the_place_of_as_many_old_ones_as_it_needs() {
    let mut world = World::new(dropping_oldest(Limits { queue_bytes: 30, ..Limits::default() }));
    let publisher = away(&mut world);
    publish(&mut world, publisher, &["123456789"; 3]);
    assert_eq!(losses(&mut world), (vec![], 0));
    // 16 bytes: two have to go.
    publish(&mut world, publisher, &["123456789012345"]);
    assert_eq!(losses(&mut world), (vec![DropReason::QueueFull; 2], 1));
    assert_eq!(world.broker.session("s").map(|session| session.queued_bytes), Some(26));
    // One that would not fit into an empty queue drives out nobody.
    publish(&mut world, publisher, &["123456789012345678901234567890"]);
    assert_eq!(losses(&mut world), (vec![DropReason::QueueFull], 0));
    assert_eq!(payloads(&mut world), ["123456789", "123456789012345"]);
}

#[test]
fn that_a_queue_is_full_is_told_again_once_it_was_half_empty() {
    let limits = Limits { queue_messages: 4, in_flight_maximum: 1, ..Limits::default() };
    let mut world = World::new(config(limits));
    let publisher = away(&mut world);
    publish(&mut world, publisher, &["x"; 6]);
    assert_eq!(losses(&mut world), (vec![DropReason::QueueFull; 2], 1));
    // The client takes some of them, always one at a time; so many are left behind that one.
    let subscriber = come_back(&mut world);
    for (left, published, told) in [(2, 3, 0), (1, 4, 1)] {
        while world.broker.session("s").is_some_and(|session| session.queued_messages > left) {
            world.acknowledge(subscriber);
        }
        publish(&mut world, publisher, &vec!["x"; published]);
        assert_eq!(losses(&mut world), (vec![DropReason::QueueFull], told), "{left} were left");
    }
}

#[test]
fn a_connected_client_with_a_full_window_has_the_same_queue() {
    let limits = Limits { queue_messages: 3, in_flight_maximum: 1, ..Limits::default() };
    let names = ["1", "2", "3", "4", "5"];
    for version in VERSIONS {
        let within = |count: usize| all_came(&names[..count]);
        // One is in flight, three wait.
        edges(
            &config(limits.clone()),
            4,
            within,
            |_| came_but_for_one(&names[..4]),
            |world, count| {
                let subscriber = world.client(version, "s");
                world.subscribe(subscriber, "t", QoS::AtLeastOnce);
                world.heard(subscriber);
                let publisher = world.client(V3_1_1, "p");
                publish(world, publisher, &names[..count]);
                let (drops, full) = losses(world);
                (world.take_messages(subscriber), drops, full)
            },
        );
    }
}

/// A client whose socket takes nothing, with one message of ten bytes before it; and a publisher.
fn deaf(world: &mut World) -> (ConnectionId, ConnectionId) {
    let subscriber = world.client(V5_0, "s");
    world.subscribe(subscriber, "t", QoS::AtMostOnce);
    world.heard(subscriber);
    world.hold_back(subscriber);
    let publisher = world.client(V5_0, "p");
    world.publish(publisher, "t", "first", QoS::AtMostOnce);
    losses(world);
    (subscriber, publisher)
}

#[test]
pub(crate) fn qos0_backlog_bytes() {
    // One message is encoded, and nothing more.
    let limits = Limits { qos0_backlog_bytes: 30, transmit_mark_bytes: 1, ..Limits::default() };
    let (nine, last) = ("123456789", |bytes: usize| "x".repeat(bytes - 21));
    let run = |world: &mut World, messages: &[&str]| {
        let (subscriber, publisher) = deaf(world);
        messages.iter().for_each(|payload| world.publish(publisher, "t", payload, QoS::AtMostOnce));
        let (drops, full) = losses(world);
        world.let_through(subscriber);
        (world.take_messages(subscriber), drops, full)
    };
    let within = |bytes: usize| all_came(&["first", nine, nine, &last(bytes)]);
    // The oldest goes, whatever the policy for queues.
    let beyond = |bytes: usize| (all_came(&["first", nine, &last(bytes)]).0, vec![DropReason::QueueFull], 0);
    for config in [config(limits.clone()), dropping_oldest(limits)] {
        edges(&config, 30, within, beyond, |world, bytes| run(world, &[nine, nine, &last(bytes)]));
        let mut world = World::new(config);
        // One that would not fit by itself drives out nobody.
        let large = "x".repeat(30);
        let came = (all_came(&["first", nine, nine]).0, vec![DropReason::QueueFull], 0);
        assert_eq!(run(&mut world, &[nine, &large, nine]), came);
    }
}

#[test]
fn the_backlog_has_as_many_messages_as_a_queue() {
    let limits = Limits { queue_messages: 3, transmit_mark_bytes: 1, ..Limits::default() };
    let names = ["1", "2", "3", "4"];
    let all = |names: &[&str]| all_came(names).0;
    let within = |count: usize| (all(&[&["first"], &names[..count]].concat()), 0);
    edges(
        &config(limits),
        3,
        within,
        |_| (all(&["first", "2", "3", "4"]), 1),
        |world, count| {
            let (subscriber, publisher) = deaf(world);
            names[..count].iter().for_each(|name| world.publish(publisher, "t", name, QoS::AtMostOnce));
            let dropped = losses(world).0.len();
            world.let_through(subscriber);
            (world.take_messages(subscriber), dropped)
        },
    );
}

#[test]
pub(crate) fn transmit_mark_bytes() {
    // Ten bytes a message: so many are encoded ahead of a socket that takes nothing, and no more.
    for (mark, encoded) in [(79, 8), (80, 8), (81, 9)] {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
            let mut world = World::new(config(Limits { transmit_mark_bytes: mark, ..Limits::default() }));
            let subscriber = world.client(V3_1_1, "s");
            world.subscribe(subscriber, "t", qos);
            world.heard(subscriber);
            world.hold_back(subscriber);
            let publisher = world.client(V5_0, "p");
            let payload = if qos == QoS::AtMostOnce { "12345" } else { "123" };
            for _ in 0..12 {
                world.publish(publisher, "t", payload, qos);
            }
            let client = world.broker.client("s").expect("connected");
            assert_eq!(client.waiting_bytes, 10 * encoded, "{mark} {qos:?}");
            let waiting = client.waiting_messages + client.session.queued_messages;
            assert_eq!(waiting, 12 - encoded, "{mark} {qos:?}");
            world.let_through(subscriber);
            assert_eq!(world.take_messages(subscriber), vec![payload; 12]);
        }
    }
}

/// Beyond twice the mark all that waits are answers: who does not take them is not asked for more.
#[test]
fn a_client_that_does_not_take_its_answers_is_not_read() {
    for version in VERSIONS {
        let mut world = World::new(config(Limits { transmit_mark_bytes: 10, ..Limits::default() }));
        let client = world.client(version, "s");
        world.hold_back(client);
        for pings in 1..=11 {
            world.say(client, &Packet::Pingreq);
            assert_eq!(world.reads(client), 2 * pings < 20, "{pings}");
        }
        assert_eq!(world.broker.client("s").map(|client| client.reading), Some(false));
        world.let_through(client);
        assert!(world.reads(client));
        assert_eq!(world.heard(client).len(), 11);
    }
}

#[test]
fn a_client_that_takes_nothing_and_says_nothing_ends_with_its_keep_alive() {
    let mut world = World::new(config(Limits { transmit_mark_bytes: 10, ..Limits::default() }));
    let client = world.connect(&Connect { keep_alive_seconds: 10, ..hello(V5_0, "s") });
    world.hold_back(client);
    for _ in 0..10 {
        world.say(client, &Packet::Pingreq);
    }
    assert!(!world.reads(client));
    world.wait(15);
    world.let_through(client);
    let heard = world.heard(client);
    assert_eq!(heard[10..], ["DISCONNECT 8d", "closed"]);
}

fn at_qos_0(world: &mut World, messages: &[&str]) -> Came {
    let publisher = away(world);
    messages.iter().for_each(|payload| world.publish(publisher, "t", payload, QoS::AtMostOnce));
    let (drops, full) = losses(world);
    (payloads(world), drops, full)
}

#[test]
fn qos_0_messages_wait_for_clients_that_are_away_only_if_the_policy_says_so() {
    let limits = Limits { queue_messages: 3, ..Limits::default() };
    let names = ["1", "2", "3", "4"];
    let mut config = config(limits);
    // Nothing is dropped that was never kept.
    assert_eq!(at_qos_0(&mut World::new(config.clone()), &names), all_came(&[]));
    config.policy.queue_qos0_offline = true;
    let within = |count: usize| all_came(&names[..count]);
    let beyond = |_| came_but_for_one(&names[..3]);
    edges(&config, 3, within, beyond, |world, count| at_qos_0(world, &names[..count]));
    // They keep their place among others, and are QoS 0 still.
    let mut world = World::new(config);
    let publisher = away(&mut world);
    world.publish(publisher, "t", "zero", QoS::AtMostOnce);
    world.publish(publisher, "t", "one", QoS::AtLeastOnce);
    world.publish(publisher, "t", "nil", QoS::AtMostOnce);
    let subscriber = come_back(&mut world);
    let expected =
        heard(["CONNACK 00, present", "PUBLISH 0 t: zero", "PUBLISH 1 t: one", "PUBLISH 0 t: nil"]);
    assert_eq!(world.heard(subscriber), expected);
    // A session that ends with its connection has no queue to put them into.
    let other = world.client(V5_0, "o");
    world.subscribe(other, "t", QoS::AtMostOnce);
    world.cut(other);
    world.publish(publisher, "t", "late", QoS::AtMostOnce);
    assert!(world.broker.session("o").is_none());
}
