//! Messages of one publisher, topic and QoS come in the order in which they were sent, and are sent again in the
//! order in which they were sent first (section 4.6 of 3.1.1 and 5.0), wherever they had to wait.

use hushwing_core::wire::{Acknowledgement, Packet, Properties, QoS, ReasonCode};
use hushwing_core::{CloseCause, Config, ConnectionId, Input, Limits, Policy};

use crate::world::World;

const PUBLISHER: u64 = 100;

fn come(world: &mut World, id: u64) {
    world.connect_as(id, "subscriber", false);
    world.persist();
    world.drain(id);
}

fn cut(world: &mut World, id: u64) {
    let (connection, cause) = (ConnectionId(id), CloseCause::Peer);
    world.broker.handle_input(world.now, Input::Closed { connection, cause });
    world.persist();
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

/// A subscriber that was away and is back, with a window of one. Its queue has a message at QoS 0 behind one at QoS 1.
fn with_queue(filter: &str) -> World {
    let limits = Limits { in_flight_maximum: 1, ..Limits::default() };
    let policy = Policy { queue_qos0_offline: true, ..Policy::default() };
    let mut world = World::with(Config { limits, policy, journal: true, ..Config::default() });
    world.connect_as(PUBLISHER, "publisher", false);
    come(&mut world, 1);
    world.subscribe_at(1, "acknowledged", QoS::AtLeastOnce);
    world.subscribe_at(1, filter, QoS::AtMostOnce);
    cut(&mut world, 1);
    publish(&mut world, "acknowledged", "a", QoS::AtLeastOnce, false);
    publish(&mut world, "acknowledged", "b", QoS::AtLeastOnce, false);
    publish(&mut world, "topic", "1", QoS::AtMostOnce, false);
    come(&mut world, 2);
    got(&mut world, 2, &["a"]);
    world
}

/// [MQTT-4.6.0-6] of 3.1.1 and 5.0
#[test]
fn at_qos_0_nothing_overtakes_what_waits_in_the_queue() {
    for filter in ["topic", "$share/group/topic"] {
        let mut world = with_queue(filter);
        // The second of them would go the short way of a topic that is repeated.
        publish(&mut world, "topic", "2", QoS::AtMostOnce, false);
        publish(&mut world, "topic", "3", QoS::AtMostOnce, false);
        got(&mut world, 2, &["a"]);
        acknowledge(&mut world, 2, 1);
        got(&mut world, 2, &["a", "b"]);
        publish(&mut world, "topic", "4", QoS::AtMostOnce, false);
        acknowledge(&mut world, 2, 2);
        got(&mut world, 2, &["a", "b", "1", "2", "3", "4"]);
        // From now on nothing waits.
        publish(&mut world, "acknowledged", "c", QoS::AtLeastOnce, false);
        publish(&mut world, "acknowledged", "d", QoS::AtLeastOnce, false);
        publish(&mut world, "topic", "5", QoS::AtMostOnce, false);
        publish(&mut world, "topic", "6", QoS::AtMostOnce, false);
        got(&mut world, 2, &["a", "b", "1", "2", "3", "4", "c", "5", "6"]);
    }
}

/// What came at QoS 2 waits for its packet identifier to be recorded, in the queue as anywhere.
#[test]
fn what_waits_in_the_queue_at_qos_0_waits_for_the_journal() {
    let mut world = with_queue("topic");
    acknowledge(&mut world, 2, 1);
    world.publish(PUBLISHER, "topic", "2", QoS::ExactlyOnce, false);
    acknowledge_without_journal(&mut world, 2, 2);
    got(&mut world, 2, &["a", "b", "1"]);
    world.persist();
    got(&mut world, 2, &["a", "b", "1", "2"]);
}

fn acknowledge_without_journal(world: &mut World, id: u64, packet_identifier: u16) {
    let packet_identifier = packet_identifier.try_into().unwrap();
    let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
    world.send(id, &Packet::Puback(Acknowledgement { packet_identifier, reason, properties }));
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

/// Neither what waits nor what is retained keeps the other back for ever, however small the window is.
#[test]
fn what_waits_and_what_is_retained_take_turns_in_a_window_of_one() {
    let mut world = World::new(Limits { in_flight_maximum: 1, ..Limits::default() });
    world.connect(PUBLISHER);
    for topic in ["retained/1", "retained/2"] {
        world.publish(PUBLISHER, topic, topic, QoS::AtLeastOnce, true);
    }
    world.connect(1);
    world.subscribe(1, "live");
    publish(&mut world, "live", "1", QoS::AtLeastOnce, false);
    publish(&mut world, "live", "2", QoS::AtLeastOnce, false);
    world.subscribe(1, "retained/+");
    for packet_identifier in 1..=4 {
        // Something always waits.
        publish(&mut world, "live", &(packet_identifier + 2).to_string(), QoS::AtLeastOnce, false);
        acknowledge(&mut world, 1, packet_identifier);
    }
    got(&mut world, 1, &["1", "2", "retained/1", "3", "retained/2"]);
}
