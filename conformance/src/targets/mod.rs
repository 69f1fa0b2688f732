//! What the scripts run against: anything that takes connections and bytes, and lets time pass.

pub mod authenticator;
mod binary;
pub(crate) mod memory;
mod mutated;
mod tcp;

use std::time::Duration;

pub use binary::{Binary, find_binary, start_binary};
pub use memory::Memory;
pub use mutated::{Mutated, Mutation, Seen, SeenPacket};
pub use tcp::Tcp;

/// A broker that scripts can be run against, many at a time.
pub trait Target: Sync {
    /// What it is, for reports.
    fn name(&self) -> String;

    /// Whether it is ours: then it has to send the reason codes that the standard recommends, not only to close.
    fn is_ours(&self) -> bool;

    /// A broker for one script.
    ///
    /// # Errors
    /// Why this target cannot be set up in that way.
    fn start(&self, setup: Setup) -> Result<Box<dyn Instance>, String>;
}

/// How a script wants the broker to be set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setup {
    /// As it comes: everybody may do everything.
    #[default]
    Open,
    /// Nobody may publish to topics whose second level is `denied`, nor subscribe where it is `hidden`.
    DeniedTopics,
    /// There is memory for at most a megabyte; who waits for some is closed after ten seconds at the latest.
    LittleMemory,
    /// Nobody may connect.
    NobodyConnects,
    /// Shared subscriptions are not available.
    NoSharedSubscriptions,
    /// At most QoS 1, no retained messages, no wildcards, no Subscription Identifiers.
    FewCapabilities,
    /// At most QoS 0.
    OnlyQoS0,
    /// Somebody is asked about everybody who connects: see `authenticator.rs`.
    Authenticator,
    /// Response Information is `answers/`.
    ResponseInformation,
}

impl std::fmt::Display for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "everybody may do everything",
            Self::DeniedTopics => "some topics are denied to clients",
            Self::LittleMemory => "memory is short",
            Self::NobodyConnects => "nobody may connect",
            Self::NoSharedSubscriptions => "there are no shared subscriptions",
            Self::FewCapabilities => "what 5.0 makes optional is left out",
            Self::OnlyQoS0 => "there is only QoS 0",
            Self::Authenticator => "there is enhanced authentication",
            Self::ResponseInformation => "there is Response Information",
        })
    }
}

/// One connection, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(pub usize);

/// What came on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// The server has closed it, and all bytes before that were read.
    Closed,
    /// Nothing, for as long as was asked.
    Nothing,
}

/// A broker while one script talks to it.
pub trait Instance {
    /// Opens a connection.
    ///
    /// # Errors
    /// Why there is none.
    fn open(&mut self) -> Result<Link, String>;

    /// Sends bytes. A connection that is gone swallows them.
    fn write(&mut self, link: Link, bytes: &[u8]);

    /// What came, waiting for it at most this long.
    fn read(&mut self, link: Link, patience: Duration) -> Arrival;

    /// Ends a connection without DISCONNECT, and returns when the broker has noticed.
    fn cut(&mut self, link: Link);

    /// Lets time pass.
    fn wait(&mut self, duration: Duration);

    /// Whether time is virtual: then waiting is free and exact, and whatever has not come will not come until
    /// something happens.
    fn is_virtual(&self) -> bool;

    /// The script has ended: a last look at the broker.
    ///
    /// # Errors
    /// What is wrong with it.
    fn finish(&mut self) -> Result<(), String>;
}
