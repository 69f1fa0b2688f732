//! What a client says in CONNECT, and how it behaves.

use alloc::string::String;
use alloc::vec::Vec;

use crate::client::Limits;
use crate::version::ProtocolVersion;
use crate::wire::{PropertiesBuffer, QoS};

/// The largest packet that the protocol can express: a fixed header of five bytes and the longest Remaining
/// Length.
pub(super) const LARGEST_PACKET_BYTES: u32 = 268_435_460;

/// Everything that a [`crate::client::Client`] is told. Fields of MQTT 5.0 are ignored before that version
/// where they say so.
#[derive(Clone, Debug)]
pub struct Options {
    /// The version to speak.
    pub version: ProtocolVersion,
    /// Client Identifier. Empty: the server chooses one (3.1.1 with `clean_start`, 5.0; not in 3.1), and 5.0
    /// tells which, so that later connections use it.
    pub client_identifier: String,
    /// Clean Start (Clean Session before 5.0): begin a new session. A 5.0 session that outlives its
    /// connection is resumed by later connections of the same `Client` although this is set.
    pub clean_start: bool,
    /// Keep Alive in seconds; 0 for none. A 5.0 server may overrule it.
    pub keep_alive_seconds: u16,
    /// User Name.
    pub user_name: Option<String>,
    /// Password. Without a user name only in 5.0 ([MQTT-3.1.2-22] of 3.1.1).
    pub password: Option<Vec<u8>>,
    /// What the server publishes if this client is lost.
    pub will: Option<Will>,
    /// Session Expiry Interval in seconds (5.0 section 3.1.2.11.2); `u32::MAX` for ever. Ignored before 5.0.
    pub session_expiry_interval_seconds: u32,
    /// Receive Maximum (5.0 section 3.1.2.11.3): QoS 1 and 2 messages that may be unacknowledged at a time; a
    /// server that sends more breaks the protocol. 0 is read as 1. Ignored before 5.0.
    pub receive_maximum: u16,
    /// The largest packet taken, fixed header included, in bytes; a larger one ends the connection. 5.0
    /// announces it as Maximum Packet Size.
    pub maximum_packet_size_bytes: u32,
    /// Topic aliases that the server may set (5.0 section 3.1.2.11.5). Ignored before 5.0.
    pub topic_alias_maximum: u16,
    /// Enhanced authentication. 5.0 only.
    pub authentication: Option<EnhancedAuthentication>,
    /// Whether the caller acknowledges QoS 1 and 2 messages, by [`crate::client::Client::acknowledge`]. A 5.0
    /// server stops sending when `receive_maximum` of them are open; before 5.0 it is not told any bound.
    pub manual_acknowledgement: bool,
    /// Other properties of CONNECT: User Property, Request Problem Information, Request Response Information.
    /// Authentication Method and Data may stand here instead of in `authentication`. 5.0 only.
    pub properties: PropertiesBuffer,
    /// Bounds on what the client holds.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: ProtocolVersion::V5_0,
            client_identifier: String::new(),
            clean_start: true,
            keep_alive_seconds: 60,
            user_name: None,
            password: None,
            will: None,
            session_expiry_interval_seconds: 0,
            receive_maximum: u16::MAX,
            maximum_packet_size_bytes: LARGEST_PACKET_BYTES,
            topic_alias_maximum: 0,
            authentication: None,
            manual_acknowledgement: false,
            properties: PropertiesBuffer::new(),
            limits: Limits::default(),
        }
    }
}

/// How enhanced authentication begins (5.0 section 4.12).
#[derive(Clone, Debug, Default)]
pub struct EnhancedAuthentication {
    /// Authentication Method, such as `SCRAM-SHA-256`.
    pub method: String,
    /// Authentication Data of CONNECT; left out if empty.
    pub data: Vec<u8>,
}

/// A Will Message.
#[derive(Clone, Debug, Default)]
pub struct Will {
    /// Topic Name.
    pub topic: String,
    /// Will Payload (Will Message before 5.0).
    pub payload: Vec<u8>,
    /// Will QoS.
    pub qos: QoS,
    /// Will Retain.
    pub retain: bool,
    /// Will Properties (5.0 only).
    pub properties: PropertiesBuffer,
}
