//! [`Command::Shutdown`] and those who are not in: nobody new meanwhile. `tests/machine/shutdown.rs` has the others.

use hushwing_core::ProtocolVersion::{V3_1_1, V5_0};
use hushwing_core::wire::{Packet, QoS};
use hushwing_core::{Command, Config, ConnectionId};

use crate::world::{World, hello};

/// A broker that was told to stop while an acknowledgement waits for the disk.
fn settling() -> (World, ConnectionId) {
    let mut world = World::new(Config { journal: true, ..Config::default() });
    let subscriber = world.kept_client(V5_0, "s");
    world.subscribe(subscriber, "t", QoS::AtLeastOnce);
    world.cut(subscriber);
    let publisher = world.client(V5_0, "p");
    world.disk_stalls = true;
    world.publish(publisher, "t", "", QoS::AtLeastOnce);
    world.command(Command::Shutdown);
    assert!(!world.stopped && !world.reads(publisher));
    assert_eq!(world.heard(publisher), Vec::<String>::new());
    (world, publisher)
}

fn finish(world: &mut World) {
    world.disk_stalls = false;
    world.store();
}

#[test]
fn a_connection_that_opens_meanwhile_is_closed_and_its_bytes_are_ignored() {
    for version in [V3_1_1, V5_0] {
        let (mut world, publisher) = settling();
        let late = world.open(version);
        assert_eq!(world.heard(late), ["closed"]);
        world.say(late, &Packet::Connect(hello(version, "late")));
        assert_eq!((world.heard(late), world.broker.session("late")), (vec!["closed".to_owned()], None));
        finish(&mut world);
        assert_eq!(world.heard(publisher), ["PUBACK 00", "DISCONNECT 8b", "closed"]);
        assert!(world.stopped);
    }
}

#[test]
fn a_connection_without_connect_hears_nothing_and_is_closed_with_the_others() {
    let (mut world, _) = {
        let mut world = World::new(Config::default());
        let half = world.open(V5_0);
        world.send(half, &[0x10, 0x20]);
        world.command(Command::Shutdown);
        assert_eq!(world.heard(half), ["closed"]);
        (world, half)
    };
    assert!(world.stopped);
    // Even now one is closed; that the broker has stopped is not said again.
    world.stopped = false;
    let late = world.open(V5_0);
    assert_eq!(world.heard(late), ["closed"]);
    assert!(!world.stopped);
}
