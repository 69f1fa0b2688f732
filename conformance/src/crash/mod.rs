//! What the broker promised survives its death.
//!
//! A conversation of several clients with one broker, whose disk is slow. After every step the broker dies and
//! another one is restored from what is on the disk; the clients come back, and everything that they were told
//! has to be true still. All of it in memory, under virtual time, from one seed. The oracle knows nothing of the
//! machine: it has the clients' view, a list of what they sent, and the standard's state machines.

pub mod client;
mod conversation;
pub mod disk;
pub mod ledger;
pub mod random;
pub mod rows;
pub mod scenario;
pub mod topic;
pub mod trace;
pub mod world;

pub use conversation::{Failure, Search, digest};
