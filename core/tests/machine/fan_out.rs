//! A message for many receivers, in pieces.

use hushwing_core::wire::QoS;
use hushwing_core::{CloseCause, Command, ConnectionId, Input, Limits, Output};

use crate::world::World;

const SUBSCRIBERS: u64 = 95;
const PUBLISHER: u64 = 1_000;

fn limits() -> Limits {
    Limits { receivers_per_turn: 10, ..Limits::default() }
}

fn subscribed(mut world: World) -> World {
    for id in 0..SUBSCRIBERS {
        world.connect_as(id, &format!("subscriber-{id}"), false);
        world.subscribe(id, "all/+");
        world.persist();
        world.drain(id);
    }
    world.connect_as(PUBLISHER, "publisher", false);
    world.persist();
    world.drain(PUBLISHER);
    world
}

/// How many messages this client was sent since it was last asked.
fn count(world: &mut World, id: u64) -> usize {
    let before = world.messages(id).len();
    world.drain(id);
    world.messages(id).len() - before
}

#[test]
fn everybody_gets_it_once_and_the_publisher_waits() {
    let mut world = subscribed(World::new(limits()));
    world.publish(PUBLISHER, "all/x", "one", QoS::AtLeastOnce, false);
    world.poll();
    assert!(world.outputs.contains(&Output::Read { connection: ConnectionId(PUBLISHER), enabled: false }));
    // What the publisher sent behind it waits, too.
    world.publish(PUBLISHER, "all/x", "two", QoS::AtMostOnce, false);
    let mut pieces = 0;
    while world.broker.work_pending() {
        assert_eq!(world.broker.memory(), world.broker.memory_walk());
        if pieces == 3 {
            // Matched at its turn: this one's comes later.
            world.unsubscribe(SUBSCRIBERS - 1, "all/+");
        }
        world.broker.handle_work(world.now);
        pieces += 1;
    }
    assert_eq!(pieces, 20);
    for id in 0..SUBSCRIBERS - 1 {
        assert_eq!(count(&mut world, id), 2, "subscriber {id}");
        let messages: Vec<_> = world.messages(id).into_iter().map(|(_, payload, _)| payload).collect();
        assert_eq!(messages, ["one", "two"]);
    }
    assert_eq!(count(&mut world, SUBSCRIBERS - 1), 0);
    let acknowledged = world.received(PUBLISHER).len();
    world.drain(PUBLISHER);
    assert_eq!(world.received(PUBLISHER)[acknowledged..], [0x40, 2, 0, 1]);
}

#[test]
fn a_crash_in_between_loses_nobody_and_doubles_nothing() {
    for pieces in 0..12 {
        let mut world = subscribed(World::with_journal(limits()));
        let acknowledged = world.received(PUBLISHER).len();
        world.publish(PUBLISHER, "all/x", "one", QoS::ExactlyOnce, false);
        for _ in 0..pieces {
            world.broker.handle_work(world.now);
        }
        world.persist();
        world.drain(PUBLISHER);
        let done = pieces >= 10;
        assert_eq!(world.received(PUBLISHER).len() > acknowledged, done, "PUBREC after {pieces} pieces");
        world.crash();
        world.connect_as(PUBLISHER, "publisher", false);
        // The publisher sends it again, since it saw no PUBREC.
        if !done {
            world.publish(PUBLISHER, "all/x", "one", QoS::ExactlyOnce, false);
        }
        while world.broker.work_pending() {
            world.broker.handle_work(world.now);
            world.persist();
        }
        for id in 0..SUBSCRIBERS {
            world.connect_as(id, &format!("subscriber-{id}"), false);
            world.persist();
            world.drain(id);
            assert_eq!(world.messages(id).len(), 1, "subscriber {id} after a crash behind {pieces} pieces");
        }
        assert_eq!(world.broker.memory(), world.broker.memory_walk());
    }
}

#[test]
fn a_turn_without_receivers_is_none() {
    let mut world = subscribed(World::new(Limits { receivers_per_turn: 0, ..Limits::default() }));
    world.publish(PUBLISHER, "all/x", "one", QoS::AtMostOnce, false);
    for _ in 0..SUBSCRIBERS {
        world.broker.handle_work(world.now);
    }
    assert!(!world.broker.work_pending());
}

/// Four subscribers and two publishers, and 160 deliveries a turn.
fn four_subscribers() -> World {
    let mut world = World::new(limits());
    for id in (0..4).chain([PUBLISHER, PUBLISHER + 1]) {
        world.connect_as(id, &format!("client-{id}"), false);
    }
    (0..4).for_each(|id| world.subscribe(id, "all/+"));
    (0..4).chain([PUBLISHER, PUBLISHER + 1]).for_each(|id| world.drain(id));
    world
}

fn texts(world: &mut World, id: u64) -> Vec<String> {
    world.drain(id);
    world.messages(id).into_iter().map(|(_, payload, _)| payload).collect()
}

#[test]
fn one_input_is_for_so_many_receivers_and_no_more() {
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let mut world = four_subscribers();
        let numbers: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let input = world.publications("all/x", &numbers, qos);
        let (connection, now) = (ConnectionId(PUBLISHER), world.now);
        world.broker.handle_input(now, Input::Received { connection, bytes: &input });
        world.poll();
        assert!(world.outputs.contains(&Output::Read { connection, enabled: false }));
        // 160 deliveries are reached with the fortieth message.
        assert_eq!(texts(&mut world, 0), numbers[..40]);
        // Others are served meanwhile.
        world.publish(PUBLISHER + 1, "all/y", "other", QoS::AtMostOnce, false);
        assert_eq!(texts(&mut world, 1).last().map(String::as_str), Some("other"));
        let mut turns = 0;
        while world.broker.work_pending() {
            assert_eq!(world.broker.memory(), world.broker.memory_walk());
            world.broker.handle_work(world.now);
            turns += 1;
        }
        assert_eq!(turns, 2, "{qos:?}");
        world.poll();
        assert!(world.outputs.contains(&Output::Read { connection, enabled: true }));
        for id in 0..4 {
            let mut texts = texts(&mut world, id);
            texts.retain(|text| text != "other");
            assert_eq!(texts, numbers, "{qos:?} {id}");
        }
    }
}

#[test]
fn what_was_read_is_handled_before_the_broker_stops() {
    let mut world = four_subscribers();
    let numbers: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let input = world.publications("all/x", &numbers, QoS::AtMostOnce);
    let (connection, now) = (ConnectionId(PUBLISHER), world.now);
    world.broker.handle_input(now, Input::Received { connection, bytes: &input });
    world.broker.handle_input(now, Input::Command(Command::Shutdown));
    while world.broker.work_pending() {
        world.broker.handle_work(world.now);
    }
    assert_eq!(texts(&mut world, 0), numbers);
}

#[test]
fn a_connection_that_goes_is_not_waited_for() {
    let mut world = four_subscribers();
    let numbers: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let input = world.publications("all/x", &numbers, QoS::AtMostOnce);
    let (connection, now) = (ConnectionId(PUBLISHER), world.now);
    world.broker.handle_input(now, Input::Received { connection, bytes: &input });
    world.broker.handle_input(now, Input::Closed { connection, cause: CloseCause::Peer });
    world.broker.handle_work(now);
    assert!(!world.broker.work_pending());
    assert_eq!(texts(&mut world, 0), numbers[..40]);
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}
