//! What happened, for logs and metrics.

use alloc::string::String;
use alloc::sync::Arc;

use crate::id::ConnectionId;
use crate::version::ProtocolVersion;
use crate::violation::Violation;
use crate::wire::ReasonCode;

/// Something worth telling. Kinds that [`crate::Config::events`] masks off are never made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client was accepted (CONNACK may still wait for the journal).
    Connected {
        /// Its connection.
        connection: ConnectionId,
        /// Its client identifier.
        client_identifier: Arc<str>,
        /// The version it speaks.
        version: ProtocolVersion,
        /// Whether an earlier session was resumed.
        session_present: bool,
        /// The keep alive in force, in seconds; 0 for none.
        keep_alive_seconds: u16,
    },
    /// A connection ended, whether its client was accepted before or not.
    Disconnected {
        /// The connection.
        connection: ConnectionId,
        /// Empty if no CONNECT was accepted on it.
        client_identifier: Arc<str>,
        /// Why.
        reason: DisconnectReason,
    },
    /// A message for one client was dropped, on one of the grounds that the limits and the standard give.
    Dropped {
        /// Whose copy.
        client_identifier: Arc<str>,
        /// Why.
        reason: DropReason,
    },
    /// A command could not be carried out.
    CommandFailed {
        /// What was wrong and what to do about it.
        message: String,
    },
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The client said DISCONNECT with this code (0x00 before 5.0).
    Client(ReasonCode),
    /// The transport ended without DISCONNECT.
    ConnectionLost,
    /// The client broke the protocol.
    Violation(Violation),
    /// The CONNECT was refused for this reason.
    Refused(ReasonCode),
    /// This side ended it: taken over (0x8E), shutting down (0x8B), an administrator (0x98), …
    Server(ReasonCode),
}

/// Why one copy of a message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// Its Message Expiry Interval passed before it was sent.
    Expired,
    /// The session's queue was full.
    QueueFull,
    /// It is larger than the client's Maximum Packet Size.
    TooLarge,
    /// It waited at QoS 0 when the broker ran short of memory.
    MemoryExhausted,
}

impl DropReason {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Expired, Self::QueueFull, Self::TooLarge, Self::MemoryExhausted];
}

/// Which kinds of events to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventMask {
    /// [`Event::Connected`] and [`Event::Disconnected`].
    pub connections: bool,
    /// [`Event::Dropped`].
    pub drops: bool,
}

impl Default for EventMask {
    fn default() -> Self {
        Self { connections: true, drops: true }
    }
}
