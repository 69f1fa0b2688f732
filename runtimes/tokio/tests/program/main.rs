//! The program `hushwing`, as people and scripts meet it.
#![cfg(unix)]

mod errors;
mod running;
mod start;
mod stop;
