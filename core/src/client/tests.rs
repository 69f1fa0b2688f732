//! Conversations of the client with a scripted server, byte by byte, and with a small real one.

mod exactly_once;
mod script;
mod server;

mod acknowledging;
mod authenticating;
mod connecting;
mod expiring;
mod keep_alive;
mod publishing;
mod receiving;
mod resuming;
mod subscribing;
mod topic_aliases;
