//! The machine as a driver sees it, where bytes alone do not show enough: work in pieces, memory.

mod authentication;
mod fan_out;
mod pressure;
mod rates;
mod redirect;
mod reload;
mod replay;
mod restore;
mod share;
mod share_random;
mod shutdown;
mod world;
