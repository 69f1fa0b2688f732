//! One transport between a client and the broker.

use hushwing_core::Instant;

/// Bytes on their way, and who has ended it.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// The client.
    pub owner: usize,
    /// Bytes that the client wrote and the broker has not got.
    pub to_broker: Vec<u8>,
    /// Bytes that the broker wrote and the client has not got.
    pub to_client: Vec<u8>,
    /// The broker said that bytes wait, and was not yet told that there are none.
    pub announced: bool,
    /// The broker wants no input now.
    pub paused: bool,
    /// The broker closed it.
    pub closed: bool,
    /// When the broker closed it, or got to see the DISCONNECT that ended it.
    pub closed_at: Option<Instant>,
    /// The broker closed it after everything that the client sent, and with no question open.
    pub obeyed: bool,
    /// The client went away.
    pub abandoned: bool,
    /// DISCONNECT that the client sent: when, its code, its Session Expiry Interval.
    pub disconnect: Option<(Instant, u8, Option<u32>)>,
}

impl Link {
    /// Whether the broker has yet to be told that it is gone.
    pub fn is_over(&self) -> bool {
        self.closed && self.to_client.is_empty() || self.abandoned && self.to_broker.is_empty()
    }
}
