//! A new configuration binds new clients; the others keep what CONNACK told them.

use std::num::NonZeroU16;
use std::sync::Arc;

use hushwing_core::wire::{
    Packet, Properties, PropertiesBuffer, Property, Publish, QoS, ReasonCode, Sender, split_frame,
};
use hushwing_core::{Command, Config, Input, Limits, ProtocolVersion};

use crate::world::World;

fn wide() -> Limits {
    Limits {
        receive_maximum: 10,
        topic_alias_maximum: 10,
        maximum_packet_size_bytes: 1_000,
        ..Limits::default()
    }
}

fn narrow() -> Limits {
    Limits { receive_maximum: 5, topic_alias_maximum: 5, maximum_packet_size_bytes: 500, ..Limits::default() }
}

fn reload(world: &mut World, limits: Limits) {
    let config = Arc::new(Config { limits, ..Config::default() });
    world.broker.handle_input(world.now, Input::Command(Command::Reload(config)));
}

/// Receive Maximum, Topic Alias Maximum and Maximum Packet Size in the CONNACK of a client.
fn announced(world: &World, id: u64) -> (Option<u16>, Option<u16>, Option<u32>) {
    let version = ProtocolVersion::V5_0;
    let frame = split_frame(world.received(id), Some(version), u32::MAX).unwrap().unwrap();
    let Packet::Connack(connack) = Packet::decode(&frame, version, Sender::Server).unwrap() else {
        panic!("no CONNACK");
    };
    let of = connack.properties;
    (of.receive_maximum(), of.topic_alias_maximum(), of.maximum_packet_size())
}

fn publish(world: &mut World, id: u64, identifier: Option<u16>, alias: Option<u16>, bytes: usize) {
    let mut properties = PropertiesBuffer::new();
    if let Some(alias) = alias {
        properties.push(Property::TopicAlias(alias));
    }
    world.send(
        id,
        &Packet::Publish(Publish {
            duplicate: false,
            qos: if identifier.is_some() { QoS::ExactlyOnce } else { QoS::AtMostOnce },
            retain: false,
            topic: "t",
            packet_identifier: identifier.and_then(NonZeroU16::new),
            properties: if alias.is_some() { properties.as_properties() } else { Properties::EMPTY },
            payload: &vec![b' '; bytes],
        }),
    );
    world.drain(id);
}

fn all_that_was_promised(world: &mut World, id: u64) {
    for identifier in 1..=10 {
        publish(world, id, Some(identifier), None, 0);
    }
    publish(world, id, None, Some(10), 0);
    publish(world, id, None, None, 900);
}

#[test]
fn lower_limits_do_not_close_those_who_were_told_higher_ones() {
    let mut world = World::new(wide());
    world.connect(1);
    reload(&mut world, narrow());
    world.connect(2);
    assert_eq!(announced(&world, 1), (Some(10), Some(10), Some(1_000)));
    assert_eq!(announced(&world, 2), (Some(5), Some(5), Some(500)));
    // A second time: what was said first still holds.
    reload(&mut world, narrow());
    all_that_was_promised(&mut world, 1);
    assert_eq!(world.farewell(1), None);
    publish(&mut world, 1, Some(11), None, 0);
    assert_eq!(world.farewell(1), Some(ReasonCode::ReceiveMaximumExceeded));
}

#[test]
fn higher_limits_hold_for_those_who_are_told() {
    let mut world = World::new(narrow());
    world.connect(1);
    reload(&mut world, wide());
    world.connect(2);
    assert_eq!(announced(&world, 2), (Some(10), Some(10), Some(1_000)));
    all_that_was_promised(&mut world, 2);
    assert_eq!(world.farewell(2), None);
    all_that_was_promised(&mut world, 1);
    assert_eq!(world.farewell(1), Some(ReasonCode::ReceiveMaximumExceeded));
}

#[test]
fn lower_limits_hold_for_those_who_are_told() {
    let mut world = World::new(wide());
    world.connect(2);
    reload(&mut world, narrow());
    world.connect(1);
    publish(&mut world, 1, None, None, 500);
    assert_eq!(world.farewell(1), Some(ReasonCode::PacketTooLarge));
}

#[test]
fn remembered_routes_say_nothing_of_the_limits_of_before() {
    let mut world = World::new(wide());
    world.connect(1);
    for number in 0..100 {
        world.publish(1, &format!("topic/{number}"), "", QoS::AtMostOnce, false);
    }
    let limits = Limits { topic_bytes: 7, routes_remembered: 4, ..wide() };
    reload(&mut world, limits);
    assert_eq!(world.broker.stats().routes_remembered, 0);
    for number in 0..100 {
        world.publish(1, &format!("t/{number}"), "", QoS::AtMostOnce, false);
    }
    assert_eq!(world.broker.stats().routes_remembered, 4);
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
    // As short a way as the last packet went, but the topic is too long now.
    let mut world = World::new(wide());
    world.connect(1);
    world.publish(1, "topic/99", "", QoS::AtMostOnce, false);
    reload(&mut world, Limits { topic_bytes: 7, ..wide() });
    world.publish(1, "topic/99", "", QoS::AtMostOnce, false);
    world.drain(1);
    assert_eq!(world.farewell(1), Some(ReasonCode::TopicNameInvalid));
}
