//! What happened, for logs and metrics.

use alloc::string::String;
use alloc::sync::Arc;

use crate::id::ConnectionId;
use crate::version::ProtocolVersion;
use crate::violation::Violation;
use crate::wire::{ReasonCode, SubscriptionOptions};

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
    /// A subscription was made or replaced, by its client or on its behalf.
    Subscribed {
        /// Whose.
        client_identifier: Arc<str>,
        /// Topic Filter.
        filter: String,
        /// How it is served.
        options: SubscriptionOptions,
    },
    /// A subscription ended, by its client or on its behalf. Not said of those that end with their session.
    Unsubscribed {
        /// Whose.
        client_identifier: Arc<str>,
        /// Topic Filter.
        filter: String,
    },
    /// A session was made.
    SessionCreated {
        /// Whose.
        client_identifier: Arc<str>,
    },
    /// A session goes on with a new connection.
    SessionResumed {
        /// Whose.
        client_identifier: Arc<str>,
    },
    /// A client connected again while it was connected: its older connection is closed.
    SessionTakenOver {
        /// Whose.
        client_identifier: Arc<str>,
        /// The older connection.
        from: ConnectionId,
        /// The newer one.
        by: ConnectionId,
    },
    /// A session ended.
    SessionEnded {
        /// Whose.
        client_identifier: Arc<str>,
        /// Why.
        cause: SessionEnd,
    },
    /// A client was refused by who it is: by the listener, or by the answer to
    /// [`crate::Ask::Authenticate`].
    AuthenticationRefused {
        /// Its connection.
        connection: ConnectionId,
        /// Who it said it is, or the identifier that it would have been assigned.
        client_identifier: Arc<str>,
        /// What it is told.
        reason: ReasonCode,
    },
    /// The will of a client was published.
    WillPublished {
        /// Whose.
        client_identifier: Arc<str>,
        /// To which topic.
        topic: String,
    },
    /// A limit that holds for many messages was reached. What is dropped for it is told by
    /// [`Event::Dropped`].
    LimitReached {
        /// Which.
        limit: ReachedLimit,
        /// Whose limit it is; empty for one of the whole broker.
        client_identifier: Arc<str>,
    },
    /// A hook decided something that cannot be done; it counts as a refusal. Never masked off: it is a mistake
    /// of the embedding program.
    HookFailed {
        /// What was wrong.
        message: String,
    },
    /// A command could not be carried out. Never masked off: it is the answer to the command.
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

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// Its connection ended, and it was not to outlive it.
    Closed,
    /// Its Session Expiry Interval has passed.
    Expired,
    /// Its client wanted a clean one.
    Replaced,
    /// An operator ended it.
    Command,
}

/// A limit that [`Event::LimitReached`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReachedLimit {
    /// The queue of a session is full. Said again only after it was half empty.
    Queue,
    /// Seven eighths of the memory are in use: those who publish faster than others take are slowed down. Said
    /// again only after there was enough.
    MemoryTight,
    /// All memory is in use: new work is refused. Said again only after it was less.
    MemoryExhausted,
    /// A client publishes faster than it may: it is slowed down. Said again only after it has published so little
    /// for a while that it may send a whole burst.
    PublishRate,
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
    /// A hook did not let the client have it ([`crate::Hooks::on_deliver`]).
    Hook,
}

impl DropReason {
    /// All of them, in their order.
    pub const ALL: [Self; 5] =
        [Self::Expired, Self::QueueFull, Self::TooLarge, Self::MemoryExhausted, Self::Hook];
}

/// Which kinds of events to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventMask {
    /// [`Event::Connected`] and [`Event::Disconnected`].
    pub connections: bool,
    /// [`Event::AuthenticationRefused`].
    pub authentication: bool,
    /// [`Event::SessionCreated`], [`Event::SessionResumed`], [`Event::SessionTakenOver`] and
    /// [`Event::SessionEnded`].
    pub sessions: bool,
    /// [`Event::Subscribed`] and [`Event::Unsubscribed`].
    pub subscriptions: bool,
    /// [`Event::WillPublished`].
    pub wills: bool,
    /// [`Event::Dropped`].
    pub drops: bool,
    /// [`Event::LimitReached`].
    pub limits: bool,
}

impl EventMask {
    /// Every kind.
    pub const ALL: Self = Self::same(true);

    /// Only what cannot be masked off.
    pub const NONE: Self = Self::same(false);

    const fn same(on: bool) -> Self {
        Self {
            connections: on,
            authentication: on,
            sessions: on,
            subscriptions: on,
            wills: on,
            drops: on,
            limits: on,
        }
    }
}

impl Default for EventMask {
    fn default() -> Self {
        Self::ALL
    }
}
