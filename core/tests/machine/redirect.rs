//! `Command::Redirect`: clients are sent to another server.

use hushwing_core::wire::{Packet, ReasonCode, Sender, split_frame};
use hushwing_core::{Command, ConnectionId, Event, Input, Limits, Output, ProtocolVersion};

use crate::world::World;

const REFERENCE: &str = "other.example:8883";

fn redirect(world: &mut World, client_identifier: Option<&str>, permanent: bool, reference: &str) {
    world.outputs.clear();
    let client_identifier = client_identifier.map(str::to_owned);
    let command =
        Command::Redirect { client_identifier, permanent, server_reference: Some(reference.to_owned()) };
    world.broker.handle_input(world.now, Input::Command(command));
    world.poll();
}

fn is_closed(world: &World, id: u64) -> bool {
    world.outputs.contains(&Output::Close { connection: ConnectionId(id) })
}

/// The Server Reference of the last packet.
fn told(world: &mut World, id: u64) -> (Option<ReasonCode>, Option<String>) {
    world.drain(id);
    let mut bytes = world.received(id);
    let mut reference = None;
    while let Some(frame) = split_frame(bytes, Some(ProtocolVersion::V5_0), u32::MAX).unwrap() {
        if let Packet::Disconnect(disconnect) =
            Packet::decode(&frame, ProtocolVersion::V5_0, Sender::Server).unwrap()
        {
            reference = disconnect.properties.server_reference().map(str::to_owned);
        }
        bytes = &bytes[frame.length..];
    }
    (world.farewell(id), reference)
}

#[test]
fn one_client() {
    let mut world = World::new(Limits::default());
    world.connect(1);
    world.connect(2);
    redirect(&mut world, Some("client-1"), false, REFERENCE);
    assert!(is_closed(&world, 1));
    assert!(!is_closed(&world, 2));
    assert_eq!(told(&mut world, 1), (Some(ReasonCode::UseAnotherServer), Some(REFERENCE.into())));
    assert_eq!(told(&mut world, 2), (None, None));
}

#[test]
fn all_that_are_connected() {
    let mut world = World::new(Limits::default());
    (1..=3).for_each(|id| world.connect_as(id, &format!("client-{id}"), false));
    redirect(&mut world, None, true, REFERENCE);
    for id in 1..=3 {
        assert!(is_closed(&world, id));
        assert_eq!(told(&mut world, id), (Some(ReasonCode::ServerMoved), Some(REFERENCE.into())));
    }
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
    // Their sessions stay: they may come back, and are let in.
    world.connect_as(4, "client-1", false);
    // CONNACK, Session Present
    assert_eq!(world.received(4).get(2..4), Some(&[1, 0][..]));
}

#[test]
fn nobody_there_and_a_reference_that_cannot_be_said() {
    let mut world = World::new(Limits::default());
    world.connect(1);
    for (client, reference) in
        [(Some("nobody"), REFERENCE), (None, "a\0b"), (Some("client-1"), &"x".repeat(65_536))]
    {
        redirect(&mut world, client, false, reference);
        assert!(!is_closed(&world, 1));
        assert!(matches!(world.outputs[..], [Output::Event(Event::CommandFailed { .. })]));
    }
}
