//! MQTT 3.1, 3.1.1 and 5.0, statement by statement.
//!
//! A [`Script`] is a short conversation of bytes and expectations. It names the statements of the standard that
//! it covers and runs against any [`targets::Target`]: the core in memory under virtual time, our binary over
//! TCP, anybody's broker by address. The suite has its own encoder and decoder ([`wire`]), so that a mistake in
//! the core's cannot hide from it.

pub mod crash;
pub mod exceptions;
pub mod golden;
pub mod harness;
pub mod mutations;
pub mod nonsense;
pub mod report;
pub mod runner;
pub mod script;
mod scripts;
pub mod simulation;
pub mod statements;
pub mod targets;
mod version;
pub mod wire;

pub use script::Script;
pub use scripts::all as all_scripts;
pub use version::Version;
