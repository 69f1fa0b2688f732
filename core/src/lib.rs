//! MQTT 3.1, 3.1.1 and 5.0 as a sans-IO state machine.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod id;
pub mod retained;
pub mod slab;
pub mod time;
pub mod timer;
pub mod topic;
pub mod version;
pub mod violation;
pub mod wire;
