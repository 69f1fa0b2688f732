//! What every runtime of Hushwing shares: the configuration, the command line, what is said to people, and
//! the clock. No sockets are read here and nothing waits.

pub mod clock;
pub mod command_line;
pub mod configuration;
pub mod listen;
pub mod log;
pub mod message;
pub mod seed;
pub mod tools;
