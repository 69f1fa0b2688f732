//! Retained messages for a new subscription: in bounded pieces, as the socket takes them, each once.

use hushwing_core::Limits;
use hushwing_core::wire::{Packet, QoS};

use crate::world::World;

const RETAINED: usize = 20_000;
fn with_retained() -> World {
    let mut world = World::new(Limits::default());
    world.connect(1);
    for number in 0..RETAINED {
        world.publish(1, &format!("store/{number:05}"), "old", QoS::AtMostOnce, true);
    }
    world
}

#[test]
fn a_reader_that_stands_still_costs_its_bound_and_nobody_waits() {
    let mut world = with_retained();
    world.connect(2);
    world.connect(3);
    let before = world.broker.memory();
    world.subscribe(2, "#");
    let mut pieces = 0;
    while world.broker.work_pending() {
        world.broker.handle_work(world.now);
        pieces += 1;
        // Others are served between any two pieces.
        world.send(3, &Packet::Pingreq);
        while world.broker.poll_output().is_some() {}
        assert!(world.take(3) > 0);
    }
    assert!(pieces > 1, "{pieces}");
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
    let mark = Limits::default().transmit_mark_bytes as usize;
    assert!(world.broker.memory() - before < 3 * mark, "{}", world.broker.memory() - before);
}

#[test]
fn each_retained_message_comes_once_and_before_what_follows_it() {
    let mut world = with_retained();
    world.connect(2);
    world.subscribe(2, "store/+");
    // One topic that the cursor has not reached is published to live, another is retained anew.
    world.publish(1, "store/19990", "live", QoS::AtMostOnce, false);
    world.publish(1, "store/19991", "new", QoS::AtMostOnce, true);
    loop {
        while world.broker.poll_output().is_some() {}
        let taken = world.take(2);
        if world.broker.work_pending() {
            world.broker.handle_work(world.now);
        } else if taken == 0 {
            break;
        }
    }
    let messages = world.messages(2);
    let of = |topic: &str| -> Vec<(&str, bool)> {
        messages
            .iter()
            .filter(|(of, ..)| of == topic)
            .map(|(_, payload, retain)| (&**payload, *retain))
            .collect()
    };
    assert_eq!(of("store/19990"), [("old", true), ("live", false)]);
    assert_eq!(of("store/19991"), [("new", false)]);
    assert_eq!(messages.len(), RETAINED + 1);
    assert!((0..RETAINED).all(|number| !of_any(&messages, &format!("store/{number:05}")).is_empty()));
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

/// The cursor goes on while a retained message goes before a live one, and may reach its topic.
#[test]
fn a_retained_message_that_goes_before_its_turn_comes_once() {
    for (qos, per_turn) in
        [(QoS::AtMostOnce, 1), (QoS::AtMostOnce, 2), (QoS::AtLeastOnce, 1), (QoS::AtLeastOnce, 2)]
    {
        let mut world = World::new(Limits { retained_per_turn: per_turn, ..Limits::default() });
        world.connect(1);
        let topics: Vec<String> = (0..6).map(|number| format!("store/{number}")).collect();
        topics.iter().for_each(|topic| world.publish(1, topic, "old", qos, true));
        world.connect(2);
        world.subscribe(2, "store/+");
        world.subscribe(2, "+/+");
        topics.iter().for_each(|topic| world.publish(1, topic, "live", qos, false));
        while world.broker.work_pending() {
            world.broker.handle_work(world.now);
        }
        world.drain(2);
        let messages = world.messages(2);
        for topic in &topics {
            let of: Vec<bool> =
                messages.iter().filter(|(of, ..)| of == topic).map(|(.., retain)| *retain).collect();
            // One for each subscription, and nothing retained behind what is live.
            assert_eq!(of, [true, true, false], "{topic} at {qos:?}, {per_turn} a turn");
        }
        assert_eq!(world.broker.memory(), world.broker.memory_walk());
    }
}

fn of_any<'a>(messages: &'a [(String, String, bool)], topic: &str) -> &'a [(String, String, bool)] {
    let found = messages.iter().position(|(of, ..)| of == topic);
    found.map_or(&[], |at| &messages[at..=at])
}
