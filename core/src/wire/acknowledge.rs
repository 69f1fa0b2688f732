//! PUBACK, PUBREC, PUBREL and PUBCOMP: one shape for four packets (sections 3.4 to 3.7).

use alloc::vec::Vec;
use core::num::NonZeroU16;

use super::decoder::Decoder;
use super::encoder::{properties_length, put_properties, put_two_byte_integer};
use super::{PacketType, Properties, PropertyContext, ReasonCode, Sender};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// A step in the delivery of a QoS 1 or QoS 2 message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement<'a> {
    /// The Packet Identifier of the PUBLISH.
    pub packet_identifier: NonZeroU16,
    /// What became of it; always Success before 5.0.
    pub reason: ReasonCode,
    /// The properties; empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Acknowledgement<'a> {
    /// An acknowledgement without properties.
    #[inline]
    pub const fn new(packet_identifier: NonZeroU16, reason: ReasonCode) -> Self {
        Self { packet_identifier, reason, properties: Properties::EMPTY }
    }

    #[inline]
    pub(super) fn decode(
        body: &'a [u8],
        packet_type: PacketType,
        version: ProtocolVersion,
        sender: Sender,
    ) -> Result<Self, Violation> {
        let mut decoder = Decoder::new(body);
        let packet_identifier = decoder.packet_identifier()?;
        let mut acknowledgement = Self::new(packet_identifier, ReasonCode::Success);
        // The short forms of 5.0: without a reason code it is 0x00, without a length there are no properties.
        if !version.has_properties() || decoder.is_empty() {
            decoder.finish()?;
            return Ok(acknowledgement);
        }
        let (context, violation) = rules(packet_type);
        acknowledgement.reason = ReasonCode::from_byte(decoder.byte()?)
            .filter(|reason| reason.allowed_in(packet_type, sender))
            .ok_or(violation)?;
        if !decoder.is_empty() {
            (acknowledgement.properties, _) = Properties::decode(&mut decoder, context)?;
        }
        decoder.finish()?;
        Ok(acknowledgement)
    }

    #[inline]
    pub(super) fn remaining_length(&self, version: ProtocolVersion) -> usize {
        if !version.has_properties() {
            2
        } else if !self.properties.is_empty() {
            3 + properties_length(self.properties, version)
        } else if self.reason == ReasonCode::Success {
            2
        } else {
            3
        }
    }

    #[inline]
    pub(super) fn encode_body(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        put_two_byte_integer(self.packet_identifier.get(), out);
        let length = self.remaining_length(version);
        if length > 2 {
            out.push(self.reason.byte());
        }
        if length > 3 {
            put_properties(self.properties, version, out);
        }
    }
}

const fn rules(packet_type: PacketType) -> (PropertyContext, Violation) {
    match packet_type {
        // [MQTT-3.5.2-1]
        PacketType::Pubrec => (PropertyContext::Pubrec, Violation::PubrecReasonCode),
        // [MQTT-3.6.2-1]
        PacketType::Pubrel => (PropertyContext::Pubrel, Violation::PubrelReasonCode),
        // [MQTT-3.7.2-1]
        PacketType::Pubcomp => (PropertyContext::Pubcomp, Violation::PubcompReasonCode),
        // [MQTT-3.4.2-1]
        _ => (PropertyContext::Puback, Violation::PubackReasonCode),
    }
}
