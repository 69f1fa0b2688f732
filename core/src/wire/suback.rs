//! SUBACK: what became of each filter of a SUBSCRIBE (section 3.9).

use alloc::vec::Vec;
use core::num::NonZeroU16;

use super::decoder::Decoder;
use super::encoder::{properties_length, put_properties, put_two_byte_integer};
use super::{PacketType, Properties, PropertyContext, ReasonCode, Sender};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// The answer to SUBSCRIBE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suback<'a> {
    /// The Packet Identifier of the SUBSCRIBE.
    pub packet_identifier: NonZeroU16,
    /// The properties; empty before 5.0.
    pub properties: Properties<'a>,
    /// For each filter, in their order, the granted QoS or a failure: reason codes as bytes, before 5.0
    /// return codes (0, 1, 2 and 0x80). Encoded as they are.
    pub reasons: &'a [u8],
}

impl<'a> Suback<'a> {
    pub(super) fn decode(body: &'a [u8], version: ProtocolVersion) -> Result<Self, Violation> {
        let mut decoder = Decoder::new(body);
        let packet_identifier = decoder.packet_identifier()?;
        let mut properties = Properties::EMPTY;
        if version.has_properties() {
            (properties, _) = Properties::decode(&mut decoder, PropertyContext::Suback)?;
        }
        let reasons = decoder.rest();
        // [MQTT-3.8.4-5] (3.1.1) [MQTT-3.8.4-6] (5.0) In 3.1 it may answer an empty SUBSCRIBE.
        if reasons.is_empty() && version != ProtocolVersion::V3_1 {
            return Err(Violation::SubackEmpty);
        }
        // [MQTT-3.9.3-2]
        if !reasons.iter().all(|&byte| is_legal(byte, version)) {
            return Err(Violation::SubackReasonCode);
        }
        Ok(Self { packet_identifier, properties, reasons })
    }

    pub(super) fn remaining_length(&self, version: ProtocolVersion) -> usize {
        2 + properties_length(self.properties, version) + self.reasons.len()
    }

    pub(super) fn encode_body(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        put_two_byte_integer(self.packet_identifier.get(), out);
        put_properties(self.properties, version, out);
        out.extend_from_slice(self.reasons);
    }
}

fn is_legal(byte: u8, version: ProtocolVersion) -> bool {
    match version {
        // 3.1 has no failure, but servers send it all the same.
        ProtocolVersion::V3_1 | ProtocolVersion::V3_1_1 => byte <= 2 || byte == 0x80,
        ProtocolVersion::V5_0 => ReasonCode::from_byte(byte)
            .is_some_and(|reason| reason.allowed_in(PacketType::Suback, Sender::Server)),
    }
}
