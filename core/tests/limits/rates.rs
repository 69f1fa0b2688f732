//! How fast a client may publish. What becomes of one that is faster is in `tests/machine/rates.rs`.

use hushwing_core::Limits;
use hushwing_core::wire::QoS;

use crate::case::{VERSIONS, config, edges};
use crate::world::World;

/// How many of these packets of 10 bytes, sent at once, are handled at once; and whether the client is read.
fn handled(limits: Limits, limit: usize) {
    for version in VERSIONS {
        edges(
            &config(limits.clone()),
            limit,
            |count| (count, true),
            |_| (limit, false),
            |world: &mut World, count| {
                let publisher = world.client(version, "p");
                let payload = "x".repeat(if version.has_properties() { 2 } else { 3 });
                (0..count).for_each(|_| world.publish(publisher, "t", &payload, QoS::AtLeastOnce));
                (world.heard(publisher).len(), world.reads(publisher))
            },
        );
    }
}

#[test]
pub(crate) fn publish_messages_per_second() {
    handled(Limits { publish_messages_per_second: 4, ..Limits::default() }, 4);
}

#[test]
pub(crate) fn publish_bytes_per_second() {
    handled(Limits { publish_bytes_per_second: 40, ..Limits::default() }, 4);
    // One byte of the fifth packet is within the rate, so it is taken.
    handled(Limits { publish_bytes_per_second: 41, ..Limits::default() }, 5);
}

#[test]
pub(crate) fn publish_burst_seconds() {
    let limits = Limits { publish_messages_per_second: 2, ..Limits::default() };
    handled(Limits { publish_burst_seconds: 3, ..limits.clone() }, 6);
    // 0 counts as 1.
    handled(Limits { publish_burst_seconds: 0, ..limits }, 2);
}
