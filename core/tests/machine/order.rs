//! Messages of one publisher, topic and QoS come in the order in which they were sent, and are sent again in the
//! order in which they were sent first (section 4.6 of 3.1.1 and 5.0), wherever they had to wait.

use hushwing_core::Limits;
use hushwing_core::wire::{Acknowledgement, Packet, Properties, QoS, ReasonCode};

use crate::world::World;

const PUBLISHER: u64 = 100;

fn come(world: &mut World, id: u64) {
    world.connect_as(id, "subscriber", false);
    world.persist();
    world.drain(id);
}

fn publish(world: &mut World, topic: &str, payload: &str, qos: QoS, retain: bool) {
    world.publish(PUBLISHER, topic, payload, qos, retain);
    world.persist();
}

fn acknowledge(world: &mut World, id: u64, packet_identifier: u16) {
    let packet_identifier = packet_identifier.try_into().unwrap();
    let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
    world.send(id, &Packet::Puback(Acknowledgement { packet_identifier, reason, properties }));
    world.persist();
}

/// The payloads that a client received so far.
#[track_caller]
fn got(world: &mut World, id: u64, expected: &[&str]) {
    world.drain(id);
    let payloads: Vec<String> = world.messages(id).into_iter().map(|(_, payload, _)| payload).collect();
    assert_eq!(payloads, expected);
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

/// [MQTT-4.6.0-1]: a retained message that was sent before one that was queued earlier.
#[test]
fn after_a_restart_messages_are_sent_again_in_the_order_in_which_they_were_sent() {
    // One packet at a time: what waits and what is retained take turns.
    let mut world = World::with_journal(Limits { transmit_mark_bytes: 1, ..Limits::default() });
    world.connect_as(PUBLISHER, "publisher", false);
    world.persist();
    publish(&mut world, "retained", "r", QoS::AtLeastOnce, true);
    come(&mut world, 1);
    world.subscribe(1, "live");
    for payload in ["1", "2", "3", "4"] {
        publish(&mut world, "live", payload, QoS::AtLeastOnce, false);
    }
    world.subscribe(1, "retained");
    world.persist();
    let sent = ["1", "r", "2", "3", "4"];
    got(&mut world, 1, &sent);
    world.persist();
    for id in [2, 3] {
        // The second time from what was recorded the first time.
        world.crash();
        come(&mut world, id);
        got(&mut world, id, &sent);
    }
    (1..=5).for_each(|packet_identifier| acknowledge(&mut world, 3, packet_identifier));
    world.crash();
    come(&mut world, 4);
    got(&mut world, 4, &[]);
}
