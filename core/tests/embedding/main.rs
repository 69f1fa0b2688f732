//! What a program that embeds the broker can do besides moving bytes: commands, queries, events, hooks.

mod commands;
mod events;
mod hooks;
mod queries;
mod shutdown;
mod stats;
#[expect(dead_code, reason = "shared with the tests of limits")]
mod world;
