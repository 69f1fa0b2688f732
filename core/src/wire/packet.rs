//! Any packet: one type over all of them, to decode and to encode.

use alloc::vec::Vec;
use core::fmt;

use super::encoder::saturating_u32;
use super::{
    Acknowledgement, Auth, Connack, Connect, Disconnect, Frame, PacketType, Properties, PropertiesBuffer,
    PropertyIdentifier, Publish, Sender, Suback, Subscribe, Unsuback, Unsubscribe, variable_byte_integer,
};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// A control packet that borrows from the bytes it was read from, or from what is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the standard")]
pub enum Packet<'a> {
    Connect(Connect<'a>),
    Connack(Connack<'a>),
    Publish(Publish<'a>),
    Puback(Acknowledgement<'a>),
    Pubrec(Acknowledgement<'a>),
    Pubrel(Acknowledgement<'a>),
    Pubcomp(Acknowledgement<'a>),
    Subscribe(Subscribe<'a>),
    Suback(Suback<'a>),
    Unsubscribe(Unsubscribe<'a>),
    Unsuback(Unsuback<'a>),
    Pingreq,
    Pingresp,
    Disconnect(Disconnect<'a>),
    Auth(Auth<'a>),
}

/// A packet is larger than its receiver takes, or than the protocol allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the packet is larger than its receiver takes")
    }
}

impl core::error::Error for TooLarge {}

impl<'a> Packet<'a> {
    /// Reads the packet in `frame`. CONNECT brings its own version and ignores `version`.
    ///
    /// # Errors
    ///
    /// The first violation found: a packet that `sender` may not send, then the flags of the fixed header,
    /// then the body in the order of its bytes, which has to be used up exactly.
    #[inline]
    pub fn decode(frame: &Frame<'a>, version: ProtocolVersion, sender: Sender) -> Result<Self, Violation> {
        match frame.header.packet_type {
            PacketType::Publish => Publish::decode(frame, version, sender).map(Self::Publish),
            _ => Self::decode_other(frame, version, sender),
        }
    }

    // Everything but PUBLISH.
    fn decode_other(frame: &Frame<'a>, version: ProtocolVersion, sender: Sender) -> Result<Self, Violation> {
        let packet_type = frame.header.packet_type;
        if !packet_type.may_be_sent_by(sender, version) {
            return Err(match sender {
                Sender::Client => Violation::ServerOnlyPacket,
                Sender::Server => Violation::ClientOnlyPacket,
            });
        }
        if packet_type == PacketType::Connect {
            return Connect::decode(frame).map(Self::Connect);
        }
        frame.header.check(version)?;
        let body = frame.body;
        let acknowledgement = || Acknowledgement::decode(body, packet_type, version, sender);
        Ok(match packet_type {
            PacketType::Connect => Self::Connect(Connect::decode(frame)?),
            PacketType::Connack => Self::Connack(Connack::decode(body, version)?),
            PacketType::Publish => Self::Publish(Publish::decode(frame, version, sender)?),
            PacketType::Puback => Self::Puback(acknowledgement()?),
            PacketType::Pubrec => Self::Pubrec(acknowledgement()?),
            PacketType::Pubrel => Self::Pubrel(acknowledgement()?),
            PacketType::Pubcomp => Self::Pubcomp(acknowledgement()?),
            PacketType::Subscribe => Self::Subscribe(Subscribe::decode(body, version)?),
            PacketType::Suback => Self::Suback(Suback::decode(body, version)?),
            PacketType::Unsubscribe => Self::Unsubscribe(Unsubscribe::decode(body, version)?),
            PacketType::Unsuback => Self::Unsuback(Unsuback::decode(body, version)?),
            PacketType::Pingreq => without_body(body, Self::Pingreq)?,
            PacketType::Pingresp => without_body(body, Self::Pingresp)?,
            PacketType::Disconnect => Self::Disconnect(Disconnect::decode(body, version, sender)?),
            PacketType::Auth => Self::Auth(Auth::decode(body, sender)?),
        })
    }

    /// What kind of packet it is.
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::Connack(_) => PacketType::Connack,
            Self::Publish(_) => PacketType::Publish,
            Self::Puback(_) => PacketType::Puback,
            Self::Pubrec(_) => PacketType::Pubrec,
            Self::Pubrel(_) => PacketType::Pubrel,
            Self::Pubcomp(_) => PacketType::Pubcomp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::Suback(_) => PacketType::Suback,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::Unsuback(_) => PacketType::Unsuback,
            Self::Pingreq => PacketType::Pingreq,
            Self::Pingresp => PacketType::Pingresp,
            Self::Disconnect(_) => PacketType::Disconnect,
            Self::Auth(_) => PacketType::Auth,
        }
    }

    /// Bytes of the whole packet; 0 if `version` has no such packet. CONNECT goes by its own version.
    pub fn encoded_length(&self, version: ProtocolVersion) -> usize {
        if !self.exists_in(version) {
            return 0;
        }
        let remaining = self.remaining_length(version);
        1 + variable_byte_integer::length(saturating_u32(remaining)) + remaining
    }

    /// Appends the packet. Appends nothing if `version` has no such packet (AUTH before 5.0, and CONNACK with
    /// a reason that has no return code there), or if it is larger than the protocol allows.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        let remaining = saturating_u32(self.remaining_length(version));
        if !self.exists_in(version) || remaining > variable_byte_integer::MAXIMUM {
            return;
        }
        out.reserve(remaining as usize + 5);
        out.push(self.first_byte());
        variable_byte_integer::encode(remaining, out);
        self.encode_body(version, out);
    }

    /// As [`Packet::encode`], but within `maximum_packet_size` bytes. CONNACK, SUBACK, UNSUBACK, DISCONNECT,
    /// AUTH and the acknowledgements of PUBLISH lose first their User Properties, then their Reason String
    /// too, if that makes them fit. Does not allocate (beyond `out`) when the packet fits as it is.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] if it does not fit; then nothing is appended.
    pub fn encode_within(
        &self,
        version: ProtocolVersion,
        maximum_packet_size: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), TooLarge> {
        if self.fits(version, maximum_packet_size) {
            self.encode(version, out);
            return Ok(());
        }
        // [MQTT-3.2.2-19] [MQTT-3.2.2-20] (5.0) and the like in each packet.
        const DROPPED: [PropertyIdentifier; 2] =
            [PropertyIdentifier::UserProperty, PropertyIdentifier::ReasonString];
        for dropped in [&DROPPED[..1], &DROPPED[..]] {
            let mut smaller: Packet<'_> = *self;
            let Some(properties) = smaller.droppable_properties() else { break };
            let kept = PropertiesBuffer::without(*properties, dropped);
            *properties = kept.as_properties();
            if smaller.fits(version, maximum_packet_size) {
                smaller.encode(version, out);
                return Ok(());
            }
        }
        Err(TooLarge)
    }

    fn fits(&self, version: ProtocolVersion, maximum_packet_size: u32) -> bool {
        let remaining = saturating_u32(self.remaining_length(version));
        remaining <= variable_byte_integer::MAXIMUM
            && saturating_u32(self.encoded_length(version)) <= maximum_packet_size
    }

    fn droppable_properties(&mut self) -> Option<&mut Properties<'a>> {
        match self {
            Self::Connack(packet) => Some(&mut packet.properties),
            Self::Puback(packet) | Self::Pubrec(packet) | Self::Pubrel(packet) | Self::Pubcomp(packet) => {
                Some(&mut packet.properties)
            }
            Self::Suback(packet) => Some(&mut packet.properties),
            Self::Unsuback(packet) => Some(&mut packet.properties),
            Self::Disconnect(packet) => Some(&mut packet.properties),
            Self::Auth(packet) => Some(&mut packet.properties),
            _ => None,
        }
    }

    fn exists_in(&self, version: ProtocolVersion) -> bool {
        match self {
            Self::Auth(_) => version.has_properties(),
            // [MQTT-3.2.2-6] (3.1.1)
            Self::Connack(packet) => packet.code(version).is_some(),
            _ => true,
        }
    }

    fn first_byte(&self) -> u8 {
        let flags = match self {
            Self::Publish(packet) => return packet.first_byte(),
            // [MQTT-2.2.2-1] (3.1.1) [MQTT-2.1.3-1] (5.0)
            Self::Pubrel(_) | Self::Subscribe(_) | Self::Unsubscribe(_) => 0b0010,
            _ => 0,
        };
        self.packet_type().nibble() << 4 | flags
    }

    fn remaining_length(&self, version: ProtocolVersion) -> usize {
        match self {
            Self::Connect(packet) => packet.remaining_length(),
            Self::Connack(packet) => packet.remaining_length(version),
            Self::Publish(packet) => packet.remaining_length(version),
            Self::Puback(packet) | Self::Pubrec(packet) | Self::Pubrel(packet) | Self::Pubcomp(packet) => {
                packet.remaining_length(version)
            }
            Self::Subscribe(packet) => packet.remaining_length(version),
            Self::Suback(packet) => packet.remaining_length(version),
            Self::Unsubscribe(packet) => packet.remaining_length(version),
            Self::Unsuback(packet) => packet.remaining_length(version),
            Self::Pingreq | Self::Pingresp => 0,
            Self::Disconnect(packet) => packet.remaining_length(version),
            Self::Auth(packet) => packet.remaining_length(version),
        }
    }

    fn encode_body(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        match self {
            Self::Connect(packet) => packet.encode_body(out),
            Self::Connack(packet) => packet.encode_body(version, out),
            Self::Publish(packet) => {
                packet.encode_variable_header(version, out);
                out.extend_from_slice(packet.payload);
            }
            Self::Puback(packet) | Self::Pubrec(packet) | Self::Pubrel(packet) | Self::Pubcomp(packet) => {
                packet.encode_body(version, out);
            }
            Self::Subscribe(packet) => packet.encode_body(version, out),
            Self::Suback(packet) => packet.encode_body(version, out),
            Self::Unsubscribe(packet) => packet.encode_body(version, out),
            Self::Unsuback(packet) => packet.encode_body(version, out),
            Self::Pingreq | Self::Pingresp => {}
            Self::Disconnect(packet) => packet.encode_body(version, out),
            Self::Auth(packet) => packet.encode_body(version, out),
        }
    }
}

fn without_body<'a>(body: &[u8], packet: Packet<'a>) -> Result<Packet<'a>, Violation> {
    if body.is_empty() { Ok(packet) } else { Err(Violation::SurplusBytes) }
}
