//! The end of a broker: promises are kept first, then everybody is told, then it is over (docs/decisions.md D56).

use hushwing_core::wire::{Connect, Packet, Properties, PropertiesBuffer, Property, QoS, ReasonCode, Will};
use hushwing_core::{
    CloseCause, Command, Config, ConnectionId, Input, Limits, Origin, Output, ProtocolVersion,
};

use crate::world::World;

fn stop(world: &mut World) {
    world.broker.handle_input(world.now, Input::Command(Command::Shutdown));
    world.poll();
}

fn closed(world: &mut World, id: u64) {
    let (connection, cause) = (ConnectionId(id), CloseCause::Local);
    world.broker.handle_input(world.now, Input::Closed { connection, cause });
    world.poll();
}

fn said(world: &World, output: &Output) -> bool {
    world.outputs.contains(output)
}

fn close(id: u64) -> Output {
    Output::Close { connection: ConnectionId(id) }
}

#[test]
fn everybody_is_told_and_then_it_is_over() {
    let mut world = World::new(Limits::default());
    world.connect(1);
    world.connect_as(2, "kept", false);
    stop(&mut world);
    for id in [1, 2] {
        world.drain(id);
        assert_eq!(world.farewell(id), Some(ReasonCode::ServerShuttingDown));
        assert!(said(&world, &close(id)));
    }
    // Who comes now is closed.
    let connection = ConnectionId(3);
    world.broker.handle_input(world.now, Input::Opened { connection, origin: Origin::default() });
    world.poll();
    assert!(said(&world, &close(3)));
    for id in 1..=3 {
        assert!(!said(&world, &Output::Stopped), "before {id} is closed");
        closed(&mut world, id);
    }
    assert!(said(&world, &Output::Stopped));
    assert_eq!(world.broker.stats().sessions, 1);
}

#[test]
fn nobody_is_told_before_what_was_promised_is_kept() {
    let mut world = World::with_journal(Limits::default());
    world.connect_as(1, "kept", false);
    world.persist();
    world.drain(1);
    let before = world.received(1).len();
    world.publish(1, "t", "x", QoS::AtLeastOnce, true);
    stop(&mut world);
    assert!(!said(&world, &close(1)));
    world.persist();
    assert!(said(&world, &close(1)));
    world.drain(1);
    let received = &world.received(1)[before..];
    // PUBACK first.
    assert_eq!(received.first(), Some(&0x40), "{received:02x?}");
    assert_eq!(world.farewell(1), Some(ReasonCode::ServerShuttingDown));
}

#[test]
fn wills_are_published_and_delayed_ones_stay() {
    for (delay_seconds, published) in [(None, 1), (Some(60), 0)] {
        let mut world = World::with(Config::default());
        let connection = ConnectionId(1);
        world.broker.handle_input(world.now, Input::Opened { connection, origin: Origin::default() });
        let (mut kept, mut delay) = (PropertiesBuffer::new(), PropertiesBuffer::new());
        kept.push(Property::SessionExpiryInterval(3_600));
        if let Some(seconds) = delay_seconds {
            delay.push(Property::WillDelayInterval(seconds));
        }
        let properties = if delay_seconds.is_some() { delay.as_properties() } else { Properties::EMPTY };
        let will = Will { qos: QoS::AtLeastOnce, retain: true, topic: "t", payload: b"gone", properties };
        let connect = Connect {
            version: ProtocolVersion::V5_0,
            clean_start: true,
            keep_alive_seconds: 0,
            client_identifier: "mortal",
            properties: kept.as_properties(),
            will: Some(will),
            user_name: None,
            password: None,
        };
        world.send(1, &Packet::Connect(connect));
        world.drain(1);
        stop(&mut world);
        let stats = world.broker.stats();
        assert_eq!((stats.counters.wills_published, stats.retained_messages), (published, published));
    }
}
