//! The program `hushwing`, as people and scripts meet it.
#![cfg(unix)]

mod errors;
mod logs;
mod mqtt;
mod running;
mod serve;
mod start;
mod stop;
