//! What a client knows about its session, from what the broker told it and what it asked for itself.

use hushwing_core::Instant;

/// A Session Expiry Interval that never passes.
pub const NEVER: u32 = u32::MAX;

/// Whether a session is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exists {
    /// Certainly not.
    #[default]
    No,
    /// It depends on what the broker got to see.
    Maybe,
    /// Certainly, until it expires.
    Yes,
}

/// The session of a client, as far as the client can tell.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Whether it is there.
    pub exists: Exists,
    /// The lowest and highest Session Expiry Interval that may be in force.
    pub expiry_seconds: (u32, u32),
    /// No connection of it ended before.
    pub lost_at: Instant,
    /// The broker knew by then that the connection had ended.
    pub closed_by: Instant,
    /// When the broker died, that was on the disk.
    pub end_is_written: bool,
}

impl Session {
    /// Another expiry interval was asked for; whether the broker got to see it is open.
    pub fn widen(&mut self, expiry_seconds: u32) {
        let (low, high) = self.expiry_seconds;
        self.expiry_seconds = (low.min(expiry_seconds), high.max(expiry_seconds));
    }

    /// Whether a session without a connection is certainly there.
    pub fn surely_there(&self, now: Instant) -> bool {
        let low = self.expiry_seconds.0;
        self.exists == Exists::Yes && (low == NEVER || now < self.lost_at.after_seconds(low.into()))
    }

    /// Whether a session whose connection the broker knows to be gone has certainly ended.
    pub fn surely_gone(&self, now: Instant) -> bool {
        let high = self.expiry_seconds.1;
        self.exists == Exists::No || (high != NEVER && now > self.closed_by.after_seconds(high.into()))
    }
}
