//! Every limit and every policy of the configuration at its edges: one below, at it, one above.

mod case;

mod memory;
mod packets;
mod queues;
mod reload;
mod retained;
mod strings;
mod subscriptions;
mod time;
mod windows;
#[path = "../embedding/world.rs"]
#[expect(dead_code, reason = "shared with the tests of embedding")]
mod world;
