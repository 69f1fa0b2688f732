//! No message of the common kinds allocates, once everything is warm. One test in this process: the counts are the
//! whole process's.

use std::alloc::System;

use hushwing_benches::Load;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn a_qos_0_message_allocates_nothing() {
    for (name, mut load) in [
        ("20 topics 1:1", Load::one_to_one(20)),
        ("100,000 topics", Load::random_topics(100_000)),
        ("fan-out 1:200", Load::fan_out(200, 1)),
    ] {
        for _ in 0..60 {
            load.turn();
        }
        let region = Region::new(ALLOCATOR);
        for _ in 0..60 {
            load.turn();
        }
        let change = region.change();
        let messages = 60 * load.deliveries;
        assert_eq!((change.allocations, change.reallocations), (0, 0), "{name}: in {messages} messages");
    }
}
