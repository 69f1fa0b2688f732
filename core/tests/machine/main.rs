//! The machine as a driver sees it, where bytes alone do not show enough: work in pieces, memory.

mod authentication;
mod expiry;
mod fan_out;
mod lanes;
mod order;
mod pressure;
mod rates;
mod redirect;
mod reload;
mod replay;
mod restore;
mod retained;
mod share;
mod share_random;
mod shutdown;
mod world;
