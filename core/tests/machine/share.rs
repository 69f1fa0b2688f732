//! Shared subscriptions and the journal: whoever dies, a message that was promised to a group is not lost.

use hushwing_core::wire::{Acknowledgement, Packet, Properties, QoS, ReasonCode};
use hushwing_core::{CloseCause, ConnectionId, Input, Limits};

use crate::world::World;

const GROUP: &str = "$share/g/work";
const PUBLISHER: u64 = 100;

/// A client that is not kept, and is there; one that is kept, and away. Both share; the publisher does not.
fn world(limits: Limits) -> World {
    let mut world = World::with_journal(limits);
    join(&mut world, 1, "kept", false);
    cut(&mut world, 1);
    join(&mut world, 2, "not kept", true);
    world.connect_as(PUBLISHER, "publisher", true);
    world.persist();
    world.drain(PUBLISHER);
    world
}

fn join(world: &mut World, id: u64, name: &str, clean_start: bool) {
    come(world, id, name, clean_start);
    world.subscribe_at(id, GROUP, QoS::ExactlyOnce);
    world.persist();
    world.drain(id);
}

fn come(world: &mut World, id: u64, name: &str, clean_start: bool) {
    world.connect_as(id, name, clean_start);
    world.persist();
    world.drain(id);
}

fn cut(world: &mut World, id: u64) {
    let (connection, cause) = (ConnectionId(id), CloseCause::Peer);
    world.broker.handle_input(world.now, Input::Closed { connection, cause });
}

fn publish(world: &mut World, payload: &str, qos: QoS) {
    world.publish(PUBLISHER, "work", payload, qos, false);
    world.persist();
    world.drain(PUBLISHER);
    if qos == QoS::ExactlyOnce {
        acknowledge(world, PUBLISHER, 1, Packet::Pubrel);
        world.drain(PUBLISHER);
    }
}

fn acknowledge<'a>(
    world: &mut World,
    id: u64,
    packet_identifier: u16,
    kind: impl FnOnce(Acknowledgement<'a>) -> Packet<'a>,
) {
    let packet_identifier = packet_identifier.try_into().unwrap();
    let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
    world.send(id, &kind(Acknowledgement { packet_identifier, reason, properties }));
    world.persist();
}

/// The payloads that a client received so far.
#[track_caller]
fn got(world: &mut World, id: u64, expected: &[&str]) {
    world.drain(id);
    let payloads: Vec<String> = world.messages(id).into_iter().map(|(_, payload, _)| payload).collect();
    assert_eq!(payloads, expected, "client {id}");
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

#[test]
fn an_unacknowledged_message_outlives_who_had_it() {
    let mut world = world(Limits::default());
    publish(&mut world, "one", QoS::AtLeastOnce);
    publish(&mut world, "two", QoS::AtLeastOnce);
    got(&mut world, 2, &["one", "two"]);
    acknowledge(&mut world, 2, 1, Packet::Puback);
    world.crash();
    come(&mut world, 11, "kept", false);
    got(&mut world, 11, &["two"]);
    // It is recorded for this one now.
    world.crash();
    come(&mut world, 12, "kept", false);
    got(&mut world, 12, &["two"]);
    acknowledge(&mut world, 12, 1, Packet::Puback);
    world.crash();
    come(&mut world, 13, "kept", false);
    got(&mut world, 13, &[]);
}

#[test]
fn nothing_is_recorded_where_no_member_is_kept() {
    let mut world = World::with_journal(Limits::default());
    join(&mut world, 2, "not kept", true);
    world.connect(PUBLISHER);
    world.persist();
    let stored = world.stored_rows();
    publish(&mut world, "one", QoS::AtLeastOnce);
    world.publish(PUBLISHER, "work", "two", QoS::AtLeastOnce, false);
    assert_eq!(world.stored_rows(), stored);
}

#[test]
fn mqtt_4_8_2_5_what_was_started_at_qos_2_is_for_nobody_else() {
    let limits = Limits { in_flight_maximum: 1, ..Limits::default() };
    let mut world = world(limits);
    for payload in ["one", "two", "three"] {
        publish(&mut world, payload, QoS::ExactlyOnce);
    }
    got(&mut world, 2, &["one"]);
    // The second is started. It does not leave before the journal knows that it is not the group's any more.
    acknowledge(&mut world, 2, 1, Packet::Pubrec);
    let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
    let packet_identifier = 1.try_into().unwrap();
    world.send(2, &Packet::Pubcomp(Acknowledgement { packet_identifier, reason, properties }));
    got(&mut world, 2, &["one"]);
    world.persist();
    got(&mut world, 2, &["one", "two"]);
    world.crash();
    come(&mut world, 11, "kept", false);
    got(&mut world, 11, &["three"]);
}

#[test]
fn a_crash_around_the_end_of_a_session_leaves_one_of_both_with_it() {
    for (qos, stored) in [
        (QoS::AtLeastOnce, false),
        (QoS::AtLeastOnce, true),
        (QoS::ExactlyOnce, false),
        (QoS::ExactlyOnce, true),
    ] {
        let mut world = World::with_journal(Limits::default());
        join(&mut world, 1, "first", false);
        cut(&mut world, 1);
        come(&mut world, PUBLISHER, "publisher", true);
        publish(&mut world, "one", qos);
        join(&mut world, 2, "second", false);
        // The first one's session ends. The second is sent its message when the journal knows.
        world.connect_as(3, "first", true);
        got(&mut world, 2, &[]);
        if stored {
            world.persist();
            got(&mut world, 2, &["one"]);
        }
        world.crash();
        come(&mut world, 11, "first", false);
        come(&mut world, 12, "second", false);
        got(&mut world, 11, if stored { &[] } else { &["one"] });
        got(&mut world, 12, if stored { &["one"] } else { &[] });
    }
}

#[test]
fn groups_are_restored() {
    let mut world = World::with_journal(Limits::default());
    for (id, name) in [(1, "first"), (2, "second")] {
        join(&mut world, id, name, false);
        cut(&mut world, id);
    }
    come(&mut world, PUBLISHER, "publisher", true);
    publish(&mut world, "one", QoS::AtLeastOnce);
    world.persist();
    world.crash();
    come(&mut world, PUBLISHER, "publisher", true);
    publish(&mut world, "two", QoS::AtLeastOnce);
    come(&mut world, 12, "second", false);
    publish(&mut world, "three", QoS::AtLeastOnce);
    come(&mut world, 11, "first", false);
    // Who is there comes before who is away.
    world.drain(11);
    world.drain(12);
    let of = |id| world.messages(id).into_iter().map(|(_, payload, _)| payload).collect::<Vec<_>>();
    let (first, second) = (of(11), of(12));
    assert!(second.contains(&"three".into()), "{second:?}");
    let mut all = [first, second].concat();
    all.sort();
    assert_eq!(all, ["one", "three", "two"]);
}

#[test]
fn a_broker_that_goes_moves_only_what_would_be_lost() {
    let mut world = world(Limits { in_flight_maximum: 1, ..Limits::default() });
    join(&mut world, 3, "second", false);
    join(&mut world, 4, "third", false);
    for payload in ["lost else", "b", "c", "lost, too", "B", "C"] {
        publish(&mut world, payload, QoS::AtLeastOnce);
    }
    world.broker.handle_input(world.now, Input::Command(hushwing_core::Command::Shutdown));
    world.persist();
    world.crash();
    let mut of = |id, name| {
        come(&mut world, id, name, false);
        for packet_identifier in [1, 2, 3, 4].repeat(4) {
            acknowledge(&mut world, id, packet_identifier, Packet::Puback);
            world.drain(id);
        }
        world.messages(id).into_iter().map(|(_, payload, _)| payload).collect::<Vec<_>>()
    };
    let (kept, second, third) = (of(11, "kept"), of(13, "second"), of(14, "third"));
    let mut all = [kept, second.clone(), third.clone()].concat();
    all.sort();
    assert_eq!(all, ["B", "C", "b", "c", "lost else", "lost, too"]);
    assert!(second.starts_with(&["b".into(), "B".into()]), "{second:?}");
    assert!(third.starts_with(&["c".into(), "C".into()]), "{third:?}");
}
