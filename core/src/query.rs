//! What a broker can be asked about itself: clients, sessions, subscriptions, retained messages.
//!
//! Lists come a page at a time: hand [`Page::next`] to the next call until it is `None`. A page costs a bounded
//! amount of work, however much there is to list; one may hold fewer entries than were asked for, even none,
//! and still have a next. What is there from the first page to the last is listed once; what comes or goes
//! meanwhile may be listed or not.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::id::ConnectionId;
use crate::time::Instant;
use crate::version::ProtocolVersion;
use crate::wire::{QoS, SubscriptionOptions};

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C = Cursor> {
    /// The entries.
    pub items: Vec<T>,
    /// Where to go on; `None` at the end of the list.
    pub next: Option<C>,
}

/// A place in a list. Belongs to the broker and the kind of list that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(pub(crate) u32);

/// A connected client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its connection. The driver knows its address.
    pub connection: ConnectionId,
    /// When its last packet came.
    pub last_packet_at: Instant,
    /// The keep alive in force, in seconds; 0 for none.
    pub keep_alive_seconds: u16,
    /// The largest packet that it takes; `u32::MAX` for any.
    pub maximum_packet_size_bytes: u32,
    /// QoS 1 and 2 messages that it may have in flight towards it.
    pub receive_maximum: u16,
    /// QoS 1 and 2 messages of its own that are not acknowledged yet.
    pub unacknowledged: u16,
    /// Whether it is read from.
    pub reading: bool,
    /// Bytes that were encoded and wait for its socket.
    pub waiting_bytes: u64,
    /// QoS 0 messages that wait behind them.
    pub waiting_messages: u64,
    /// Its session.
    pub session: SessionInfo,
}

/// A session, with a connection or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Whose it is.
    pub client_identifier: String,
    /// The version of its last CONNECT.
    pub version: ProtocolVersion,
    /// The connection that serves it, if there is one.
    pub connection: Option<ConnectionId>,
    /// When that connection was accepted; without one, when the last one ended.
    pub since: Instant,
    /// The Session Expiry Interval, in seconds: 0 where it ends with its connection, `u32::MAX` for never.
    pub expiry_interval_seconds: u32,
    /// When it ends if its client does not come back; `None` while it is connected, or for never.
    pub ends_at: Option<Instant>,
    /// Its subscriptions.
    pub subscriptions: u32,
    /// QoS 1 and 2 messages that were given a packet identifier and are not acknowledged.
    pub in_flight_messages: u64,
    /// Messages that wait behind them.
    pub queued_messages: u64,
    /// Their bytes (topic, properties, payload), retained messages for a new subscription not included.
    pub queued_bytes: u64,
    /// QoS 2 packet identifiers of its client that wait for PUBREL.
    pub incoming_exchanges: u64,
    /// Whether it has a will that was not published.
    pub has_will: bool,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionInfo {
    /// Whose it is.
    pub client_identifier: String,
    /// To what.
    pub filter: String,
    /// How it is served.
    pub options: SubscriptionOptions,
    /// Its Subscription Identifier.
    pub identifier: Option<u32>,
}

/// A retained message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedInfo {
    /// Its topic.
    pub topic: String,
    /// Its payload, shared with the broker.
    pub payload: Bytes,
    /// Its QoS.
    pub qos: QoS,
    /// Encoded MQTT 5.0 properties that it is forwarded with.
    pub properties: Vec<u8>,
    /// When it expires; `None` for never.
    pub expires_at: Option<Instant>,
    /// The client that published it; `None` for the embedding program.
    pub publisher: Option<String>,
}
