//! What scripts talk to: a [`Broker`] that opens [`Client`]s, which send and expect.

mod answers;
mod broker;
mod client;
mod connection;
mod deliveries;
mod expect;
mod failure;
mod messages;
mod rules;
mod sent;
mod sessions;
mod steps;
mod transcript;
mod world;

pub use broker::Broker;
pub use client::Client;
pub use failure::{Failure, Unsupported, fail, unsupported};
pub(crate) use failure::{check, check_eq};
pub use steps::Steps;
pub use transcript::Transcript;
