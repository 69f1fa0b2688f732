//! What happens when memory runs short: the account stays within its limit, promises are kept, nobody else
//! suffers for long.

use std::time::Duration;

use hushwing_core::wire::{QoS, ReasonCode};
use hushwing_core::{ConnectionId, DropReason, Event, Limits, Output, ReachedLimit};

use crate::world::World;

const LIMIT: u64 = 2 * 1024 * 1024;

fn world() -> World {
    let mut world = World::new(Limits { memory_bytes: LIMIT, ..Limits::default() });
    world.connect(1);
    world.connect(2);
    world.subscribe(2, "a/#");
    world.drain(2);
    world
}

fn said(world: &mut World, output: &Output) -> bool {
    let found = world.outputs.contains(output);
    world.outputs.clear();
    found
}

#[test]
fn qos_0_messages_for_a_deaf_client_stay_within_the_limit() {
    let mut world = world();
    let payload = "x".repeat(10_000);
    for _ in 0..2_000 {
        world.publish(1, "a/b", &payload, QoS::AtMostOnce, false);
        assert!(world.broker.memory() as u64 <= LIMIT + 100_000, "{}", world.broker.memory());
    }
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

#[test]
fn remembered_routes_go_before_any_message_does() {
    let mut world = world();
    for number in 0..100 {
        world.publish(1, &format!("b/{number}"), "x", QoS::AtMostOnce, false);
    }
    assert!(world.broker.stats().routes_remembered >= 100);
    let payload = "x".repeat(10_000);
    while world.broker.stats().routes_remembered >= 100 {
        assert_eq!(world.broker.stats().counters.dropped.of(DropReason::MemoryExhausted), 0);
        world.publish(1, "a/b", &payload, QoS::AtLeastOnce, false);
    }
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

#[test]
fn routes_are_not_remembered_while_memory_is_short() {
    let mut world = world();
    let payload = "x".repeat(10_000);
    let tight =
        Output::Event(Event::LimitReached { limit: ReachedLimit::MemoryTight, client_identifier: "".into() });
    while !said(&mut world, &tight) {
        world.publish(1, "a/b", &payload, QoS::AtLeastOnce, false);
        world.poll();
    }
    for number in 0..100 {
        world.publish(1, &format!("b/{number}"), "x", QoS::AtMostOnce, false);
    }
    assert_eq!(world.broker.stats().routes_remembered, 0);
    // They are again, as soon as there is memory.
    world.take_and_acknowledge(2);
    world.publish(1, "b/1", "x", QoS::AtMostOnce, false);
    assert_eq!(world.broker.stats().routes_remembered, 1);
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

#[test]
fn a_publisher_is_not_read_until_there_is_memory_again() {
    let mut world = world();
    let pause = Output::Read { connection: ConnectionId(1), enabled: false };
    let go_on = Output::Read { connection: ConnectionId(1), enabled: true };
    let payload = "x".repeat(10_000);
    let mut kept = 0;
    loop {
        world.publish(1, "a/b", &payload, QoS::AtLeastOnce, false);
        kept += 1;
        world.poll();
        if said(&mut world, &pause) {
            break;
        }
        assert!(kept < 1_000, "never paused");
    }
    assert!(world.broker.memory() as u64 <= LIMIT);
    // The subscriber takes and acknowledges what was accepted: all of it is there.
    let received = world.take_and_acknowledge(2);
    assert_eq!(received, kept);
    world.poll();
    assert!(said(&mut world, &go_on));
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

#[test]
fn a_publisher_that_waits_too_long_is_told_and_closed() {
    let mut world = world();
    let payload = "x".repeat(10_000);
    for _ in 0..300 {
        world.publish(1, "a/b", &payload, QoS::AtLeastOnce, false);
    }
    world.poll();
    world.outputs.clear();
    world.now = world.now.after(Duration::from_secs(11));
    world.broker.handle_timeout(world.now);
    world.poll();
    assert!(said(&mut world, &Output::Close { connection: ConnectionId(1) }));
    world.drain(1);
    assert_eq!(world.farewell(1), Some(ReasonCode::QuotaExceeded));
}

#[test]
fn new_work_is_refused_when_nothing_is_left() {
    let mut world = world();
    let payload = "x".repeat(30_000);
    // Retained messages are nobody's to take: memory stays exhausted.
    for number in 0..200 {
        world.publish(1, &format!("r/{number}"), &payload, QoS::AtLeastOnce, true);
    }
    assert!(world.broker.memory() as u64 <= LIMIT + 40_000);
    world.connect(3);
    world.drain(3);
    assert_eq!(world.farewell(3), Some(ReasonCode::QuotaExceeded));
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}
