//! What is retained is what was published, whatever else was on its way just before.

use hushwing_core::wire::{Packet, Properties, Publish, QoS};
use hushwing_core::{ConnectionId, Input, Limits, ProtocolVersion};

use crate::world::World;

const V: ProtocolVersion = ProtocolVersion::V5_0;

/// A payload that is shared instead of copied.
fn payload(of: &str) -> String {
    of.repeat(2_000)
}

fn watch(world: &mut World, topic: &str) {
    world.connect(1);
    world.subscribe_at(1, topic, QoS::AtMostOnce);
    world.drain(1);
}

fn retained(world: &World, topic: &str) -> String {
    let page = world.broker.retained(world.now, "#", None, 100);
    let found = page.items.iter().find(|retained| retained.topic == topic).expect("retained");
    String::from_utf8(found.payload.to_vec()).unwrap()
}

#[test]
fn behind_a_message_that_repeats_its_topic() {
    let mut world = World::new(Limits::default());
    watch(&mut world, "t");
    world.connect(2);
    let (repeated, kept) = (payload("r"), payload("k"));
    let mut bytes = Vec::new();
    for (topic, payload, retain) in [("t", "", false), ("t", &repeated, false), ("t", &kept, true)] {
        let publish = Publish {
            duplicate: false,
            qos: QoS::AtMostOnce,
            retain,
            topic,
            packet_identifier: None,
            properties: Properties::EMPTY,
            payload: payload.as_bytes(),
        };
        Packet::Publish(publish).encode(V, &mut bytes);
    }
    world.broker.handle_input(world.now, Input::Received { connection: ConnectionId(2), bytes: &bytes });
    assert_eq!(retained(&world, "t"), kept);
    world.drain(1);
    let messages: Vec<String> = world.messages(1).into_iter().map(|(_, payload, _)| payload).collect();
    assert_eq!(messages, ["".to_owned(), repeated, kept]);
}
