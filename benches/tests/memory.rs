//! What 100,000 clients that are only connected cost, in bytes of the allocator, the growth of tables included. One
//! test in this process: the counts are the whole process's.

use std::alloc::System;

use hushwing_benches::World;
use hushwing_benches::traffic::{connect, subscribe};
use hushwing_core::ProtocolVersion;
use hushwing_core::wire::QoS;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CLIENTS: usize = 100_000;

/// Connected, with a client identifier of 23 bytes and nothing else.
const CONNECTED_BYTES_MAX: usize = 250;

/// The same with one subscription of its own.
const SUBSCRIBED_BYTES_MAX: usize = 550;

fn bytes_a_client(version: ProtocolVersion, subscribed: bool) -> usize {
    let mut world = World::new();
    // What the broker has once, whoever connects, is not a client's cost.
    let region = Region::new(ALLOCATOR);
    for client in 0..CLIENTS {
        let connection = world.next_connection();
        let client_identifier = format!("client-{client:08}-abcdef0");
        assert_eq!(client_identifier.len(), 23);
        world.open(connection, &connect(&client_identifier, version));
        if subscribed {
            let filter = format!("devices/{client_identifier}/state");
            world.receive(connection, &subscribe(&filter, QoS::AtLeastOnce, version));
            world.finish_turn(|_, _| {});
        }
    }
    let change = region.change();
    (change.bytes_allocated - change.bytes_deallocated) / CLIENTS
}

#[test]
fn a_client_costs_little() {
    let mut figures = Vec::new();
    for version in [ProtocolVersion::V3_1_1, ProtocolVersion::V5_0] {
        for (subscribed, max) in [(false, CONNECTED_BYTES_MAX), (true, SUBSCRIBED_BYTES_MAX)] {
            figures.push((bytes_a_client(version, subscribed), max, version, subscribed));
        }
    }
    // Shown with --nocapture.
    println!("{figures:#?}");
    assert!(
        figures.iter().all(|&(bytes, max, ..)| bytes <= max),
        "(bytes, at most, version, subscribed) {figures:#?}"
    );
}
