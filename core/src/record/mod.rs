//! What must survive: rows that are put or deleted by key, in groups that are kept whole or not at all.
//!
//! A driver may keep rows as values, or as the bytes of [`Row::encode`]; each encoded row carries a format
//! version and a checksum, so that what a disk returns is never believed blindly.

mod decode;
mod encode;

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

pub use self::decode::Damaged;

use crate::time::Instant;
use crate::version::ProtocolVersion;
use crate::wire::{QoS, SubscriptionOptions};

/// One change of what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Keep this row; it replaces the one with the same key.
    Put(Row),
    /// Forget the row with this key, if there is one.
    Delete(Key),
}

/// What a row is found by. Numbers are unique over all shards of a process and never used again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A session, by its number.
    Session(u64),
    /// The will of a session.
    Will(u64),
    /// A subscription of a session.
    Subscription {
        /// Whose.
        session: u64,
        /// To what.
        filter: Box<str>,
    },
    /// A message, by its number.
    Message(u64),
    /// A message on its way to one session, by the number of the entry; ascending in order of arrival.
    Queued(u64),
    /// A QoS 2 packet identifier that a session received and was not yet told to forget.
    Incoming {
        /// Whose.
        session: u64,
        /// Which.
        packet_identifier: u16,
    },
    /// The retained message of a topic.
    Retained(Box<str>),
    /// A message that has not reached all its receivers, by the number of this fact.
    FanOut(u64),
    /// Retained messages that a session is still being sent for a subscription.
    Replay {
        /// Whose.
        session: u64,
        /// The Topic Filter.
        filter: Box<str>,
    },
}

/// One kept thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A session.
    Session(SessionRow),
    /// The will of a session, due when its connection ends.
    Will(WillRow),
    /// A subscription.
    Subscription(SubscriptionRow),
    /// A message, stored once however many sessions queue it.
    Message(MessageRow),
    /// A message on its way to one session.
    Queued(QueuedRow),
    /// A QoS 2 packet identifier that came in.
    Incoming {
        /// The number of the session.
        session: u64,
        /// The identifier.
        packet_identifier: u16,
    },
    /// The retained message of a topic.
    Retained(RetainedRow),
    /// How far a message for very many receivers has come.
    FanOut(FanOutRow),
    /// How far the retained messages for a SUBSCRIBE have been sent.
    Replay(ReplayRow),
}

/// See [`Row::Session`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its number.
    pub session: u64,
    /// Whose it is.
    pub client_identifier: Box<str>,
    /// The version of the last CONNECT.
    pub version: ProtocolVersion,
    /// Session Expiry Interval in seconds; `u32::MAX` for never.
    pub expiry_interval_seconds: u32,
    /// When its connection ended; `None` while it has one. A session that was connected when the process
    /// died counts as closed when it is restored.
    pub closed_at: Option<Instant>,
}

/// See [`Row::Will`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WillRow {
    /// The number of the session.
    pub session: u64,
    /// Will Topic.
    pub topic: Box<str>,
    /// Will Payload.
    pub payload: Box<[u8]>,
    /// Encoded properties of the message.
    pub properties: Box<[u8]>,
    /// Will QoS.
    pub qos: QoS,
    /// Will Retain.
    pub retain: bool,
    /// Will Delay Interval in seconds.
    pub delay_seconds: u32,
    /// Message Expiry Interval in seconds.
    pub message_expiry_seconds: Option<u32>,
}

/// See [`Row::Subscription`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// The number of the session.
    pub session: u64,
    /// Topic Filter.
    pub filter: Box<str>,
    /// Subscription options.
    pub options: SubscriptionOptions,
    /// Subscription Identifier; 0 for none.
    pub identifier: u32,
}

/// See [`Row::Message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its number.
    pub message: u64,
    /// Topic Name.
    pub topic: Box<str>,
    /// Application message.
    pub payload: Bytes,
    /// Encoded properties.
    pub properties: Box<[u8]>,
    /// The QoS of its publisher.
    pub qos: QoS,
    /// The RETAIN bit of its publisher.
    pub retain: bool,
    /// When it expires; [`Instant::FAR_FUTURE`] for never.
    pub expires_at: Instant,
}

/// See [`Row::Queued`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedRow {
    /// The number of the entry.
    pub entry: u64,
    /// The number of the session.
    pub session: u64,
    /// The number of the message; 0 once PUBREC came and only the identifier is left.
    pub message: u64,
    /// The QoS of this delivery.
    pub qos: QoS,
    /// The RETAIN bit of this delivery.
    pub retain: bool,
    /// Subscription Identifiers of this delivery.
    pub identifiers: Box<[u32]>,
    /// The packet identifier, once it has one; 0 before.
    pub packet_identifier: u16,
    /// The group that the message was for, `$share/ShareName/filter`; empty for none. Without its session,
    /// the message is for another member.
    pub group: Box<str>,
}

/// See [`Row::Retained`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedRow {
    /// The topic.
    pub topic: Box<str>,
    /// The number of the message.
    pub message: u64,
    /// The client identifier of its publisher, for No Local; empty if the embedder published it.
    pub publisher: Box<str>,
    /// Its number among everything that is numbered: later ones came later.
    pub stamp: u64,
}

/// See [`Row::FanOut`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FanOutRow {
    /// Its number.
    pub fan_out: u64,
    /// The number of the message.
    pub message: u64,
    /// The number of the last session that was served; 0 at the start. Sessions are served by their numbers.
    pub after: u64,
    /// The greatest number of a session that is to be served.
    pub until: u64,
    /// The number of the publisher's session, for No Local; 0 for none.
    pub publisher: u64,
}

/// See [`Row::Replay`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayRow {
    /// The number of the session.
    pub session: u64,
    /// The Topic Filter of the SUBSCRIBE.
    pub filter: Box<str>,
    /// Its subscription options.
    pub options: SubscriptionOptions,
    /// Its Subscription Identifier; 0 for none.
    pub identifier: u32,
    /// Only retained messages with smaller stamps are sent.
    pub before: u64,
    /// The last topic that was dealt with, in the order of bytes; `None` at the start.
    pub after: Option<Box<str>>,
    /// Topics behind that one that were sent already.
    pub early: Box<[Box<str>]>,
}

impl Row {
    /// What this row is found by.
    pub fn key(&self) -> Key {
        match self {
            Self::Session(row) => Key::Session(row.session),
            Self::Will(row) => Key::Will(row.session),
            Self::Subscription(row) => Key::Subscription { session: row.session, filter: row.filter.clone() },
            Self::Message(row) => Key::Message(row.message),
            Self::Queued(row) => Key::Queued(row.entry),
            Self::Incoming { session, packet_identifier } => {
                Key::Incoming { session: *session, packet_identifier: *packet_identifier }
            }
            Self::Retained(row) => Key::Retained(row.topic.clone()),
            Self::FanOut(row) => Key::FanOut(row.fan_out),
            Self::Replay(row) => Key::Replay { session: row.session, filter: row.filter.clone() },
        }
    }

    /// The row as bytes: format version, kind, fields, checksum.
    ///
    /// ```
    /// use hushwing_core::record::Row;
    /// let row = Row::Incoming { session: 7, packet_identifier: 1 };
    /// let bytes = row.encode();
    /// assert_eq!(Row::decode(&bytes), Ok(row));
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        encode::row(self)
    }

    /// The row that [`Row::encode`] made.
    ///
    /// # Errors
    /// [`Damaged`] says what is wrong with bytes that no version of this crate wrote, or that changed since.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        decode::row(bytes)
    }
}

#[cfg(test)]
mod tests;
