//! What goes into the machine.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::ask::Answer;
use crate::command::Command;
use crate::id::{ConnectionId, Position, Question};

/// Something that happened outside. [`crate::Broker::handle_input`] never fails and never blocks.
#[derive(Debug)]
pub enum Input<'a> {
    /// A transport was accepted and is ready for bytes (after TLS and WebSocket handshakes, if any).
    Opened {
        /// A name that was never used before.
        connection: ConnectionId,
        /// Where it came from.
        origin: Origin,
    },
    /// Bytes came. Any split will do.
    Received {
        /// The connection that they came on.
        connection: ConnectionId,
        /// Borrowed from the driver's read buffer.
        bytes: &'a [u8],
    },
    /// The transport is gone, by whichever side. Said once for each connection; the last word about it.
    Closed {
        /// The connection that is gone.
        connection: ConnectionId,
        /// Why, as far as the transport knows.
        cause: CloseCause,
    },
    /// The groups of records up to `position` are on stable storage.
    Persisted {
        /// The greatest position that a sync covered.
        position: Position,
    },
    /// The answer to an [`crate::Output::Ask`]. Late answers are ignored.
    Answer {
        /// Which question.
        question: Question,
        /// The decision.
        answer: Answer,
    },
    /// The embedding program, or an operator, wants something.
    Command(Command),
}

/// Why a transport ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCause {
    /// The peer closed it.
    Peer,
    /// This side closed it, as [`crate::Output::Close`] said.
    Local,
    /// A read or write failed, or a layer below MQTT was violated.
    Failed,
}

/// Where a connection came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Index into [`crate::Config::listeners`].
    pub listener: u16,
    /// The peer's address, where the transport has one.
    pub address: Option<SocketAddr>,
    /// Who the transport says the peer is: the subject of a TLS client certificate, a Unix user.
    pub identity: Option<Arc<str>>,
}

/// A message that the embedding program publishes; see [`Command::Publish`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Topic Name, without wildcards.
    pub topic: String,
    /// Application message.
    pub payload: Vec<u8>,
    /// Quality of service.
    pub qos: crate::wire::QoS,
    /// Whether it becomes the retained message of its topic.
    pub retain: bool,
    /// Encoded MQTT 5.0 properties of the message ([`crate::wire::PropertiesBuffer`]); empty for none.
    pub properties: Vec<u8>,
}
