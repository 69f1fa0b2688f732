//! What a client tells its caller.

use core::num::NonZeroU16;

use crate::client::Failure;
use crate::violation::Violation;
use crate::wire::{PacketType, Properties, QoS, ReasonCode};

/// Names one thing that the caller asked for. Ascending, never used again by the same client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Something that happened. Borrows from the bytes that came in; take what is needed before the next call.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The server accepted the connection.
    Connected {
        /// Whether the server had a session for this client. In 3.1 it cannot say, and this is the wish.
        session_present: bool,
        /// The properties of CONNACK.
        properties: Properties<'a>,
    },
    /// A message came. The client acknowledges it by itself, unless it has a ticket.
    Message(Message<'a>),
    /// A QoS 1 or 2 publication is done. QoS 0 has no such event: it is sent when
    /// [`crate::client::Client::unsent`] is 0 and `transmit` is empty.
    Published {
        /// Which.
        ticket: Ticket,
        /// What the server said; an error code means that it did not take the message. `Success` before 5.0.
        reason: ReasonCode,
        /// The properties of PUBACK, PUBREC or PUBCOMP.
        properties: Properties<'a>,
    },
    /// A SUBSCRIBE was answered.
    Subscribed {
        /// Which.
        ticket: Ticket,
        /// One byte for each filter: the granted QoS, or 0x80 and above for a refusal.
        reasons: &'a [u8],
        /// The properties of SUBACK.
        properties: Properties<'a>,
    },
    /// An UNSUBSCRIBE was answered.
    Unsubscribed {
        /// Which.
        ticket: Ticket,
        /// One reason code for each filter; empty before 5.0.
        reasons: &'a [u8],
        /// The properties of UNSUBACK.
        properties: Properties<'a>,
    },
    /// Something asked for will not be done.
    Failed {
        /// Which.
        ticket: Ticket,
        /// Why.
        failure: Failure,
    },
    /// The server wants the next step of the exchange (AUTH with 0x18, 5.0 section 4.12): answer with
    /// [`crate::client::Client::authenticate`], or give up with [`crate::client::Client::disconnect`].
    Authenticate {
        /// Authentication Data; empty if there is none.
        data: &'a [u8],
        /// The properties of AUTH.
        properties: Properties<'a>,
    },
    /// A re-authentication succeeded (AUTH with 0x00, 5.0 section 4.12.1). The first authentication ends with
    /// [`Event::Connected`], one that fails with [`Event::Closed`].
    Authenticated {
        /// Authentication Data; empty if there is none.
        data: &'a [u8],
        /// The properties of AUTH.
        properties: Properties<'a>,
    },
    /// The connection is over. Write what `transmit` still has and close the transport. Said once for each
    /// [`crate::client::Client::connect`].
    Closed(CloseReason<'a>),
}

/// A message from the server.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Topic Name, a topic alias resolved.
    pub topic: &'a str,
    /// Application message.
    pub payload: &'a [u8],
    /// The QoS that it came with.
    pub qos: QoS,
    /// The RETAIN bit.
    pub retain: bool,
    /// The DUP bit.
    pub duplicate: bool,
    /// The Packet Identifier, for QoS 1 and 2.
    pub packet_identifier: Option<NonZeroU16>,
    /// The properties of PUBLISH.
    pub properties: Properties<'a>,
    /// To acknowledge it with ([`crate::client::Client::acknowledge`]); `None`: nothing is to be done.
    pub ticket: Option<Ticket>,
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug)]
pub enum CloseReason<'a> {
    /// CONNACK refused it.
    Refused {
        /// Why.
        reason: ReasonCode,
        /// The properties of CONNACK (Server Reference, Reason String, …).
        properties: Properties<'a>,
    },
    /// The server sent DISCONNECT.
    Server {
        /// Why.
        reason: ReasonCode,
        /// The properties of DISCONNECT.
        properties: Properties<'a>,
    },
    /// The caller asked for it.
    Disconnected,
    /// The transport ended ([`crate::client::Client::connection_lost`]).
    Lost,
    /// No CONNACK came in time.
    ConnectTimeout,
    /// The server was silent after a PINGREQ.
    PingTimeout,
    /// The server broke the protocol.
    Violation(Violation),
    /// CONNACK has Session Present 1 although Clean Start asked for a new session.
    SessionNotClean,
    /// The server sent a packet that has no place at this point.
    UnexpectedPacket(PacketType),
}
