//! Messages that may not wait.

use hushwing_core::Limits;
use hushwing_core::wire::{Packet, PropertiesBuffer, Property, Publish, QoS};

use crate::world::World;

/// One that may not wait at all goes to whom it can go to at once (`docs/decisions.md` D8), whether the session that it
/// goes to is kept or not.
#[test]
fn what_may_not_wait_goes_to_who_is_there() {
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let mut world = World::new(Limits::default());
        for (id, clean_start) in [(1, true), (2, false)] {
            world.connect_as(id, &format!("client-{id}"), clean_start);
            world.subscribe_at(id, "a", QoS::ExactlyOnce);
        }
        world.connect(3);
        let mut properties = PropertiesBuffer::new();
        properties.push(Property::MessageExpiryInterval(0));
        world.send(
            3,
            &Packet::Publish(Publish {
                duplicate: false,
                qos,
                retain: false,
                topic: "a",
                packet_identifier: (qos > QoS::AtMostOnce).then_some(1.try_into().unwrap()),
                properties: properties.as_properties(),
                payload: b"now",
            }),
        );
        for id in [1, 2] {
            world.drain(id);
            assert_eq!(world.messages(id).len(), 1, "client {id} at {qos:?}");
        }
    }
}
