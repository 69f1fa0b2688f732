//! Every limit and every policy of the configuration at its edges: one below, at it, one above.

mod case;
mod every;

mod memory;
mod packets;
mod queues;
mod rates;
mod reload;
mod retained;
mod slow;
mod strings;
mod subscriptions;
mod time;
mod windows;
#[path = "../embedding/world.rs"]
#[expect(dead_code, reason = "shared with the tests of embedding")]
mod world;
