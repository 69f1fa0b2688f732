//! What a program that embeds the broker can do besides moving bytes: commands, queries, events, hooks.

mod commands;
mod events;
mod queries;
mod stats;
mod world;
