//! UNSUBACK: what became of each filter of an UNSUBSCRIBE (section 3.11).

use alloc::vec::Vec;
use core::num::NonZeroU16;

use super::decoder::Decoder;
use super::encoder::{properties_length, put_properties, put_two_byte_integer};
use super::{PacketType, Properties, PropertyContext, ReasonCode, Sender};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// The answer to UNSUBSCRIBE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsuback<'a> {
    /// The Packet Identifier of the UNSUBSCRIBE.
    pub packet_identifier: NonZeroU16,
    /// The properties; empty before 5.0.
    pub properties: Properties<'a>,
    /// For each filter, in their order, a reason code as a byte. Empty before 5.0, where none is encoded.
    pub reasons: &'a [u8],
}

impl<'a> Unsuback<'a> {
    pub(super) fn decode(body: &'a [u8], version: ProtocolVersion) -> Result<Self, Violation> {
        let mut decoder = Decoder::new(body);
        let packet_identifier = decoder.packet_identifier()?;
        if !version.has_properties() {
            decoder.finish()?;
            return Ok(Self { packet_identifier, properties: Properties::EMPTY, reasons: &[] });
        }
        let (properties, _) = Properties::decode(&mut decoder, PropertyContext::Unsuback)?;
        let reasons = decoder.rest();
        // [MQTT-3.11.3-1] (5.0)
        if reasons.is_empty() {
            return Err(Violation::UnsubackEmpty);
        }
        // [MQTT-3.11.3-2] (5.0)
        if !reasons.iter().all(|&byte| is_legal(byte)) {
            return Err(Violation::UnsubackReasonCode);
        }
        Ok(Self { packet_identifier, properties, reasons })
    }

    fn written_reasons(&self, version: ProtocolVersion) -> &'a [u8] {
        if version.has_properties() { self.reasons } else { &[] }
    }

    pub(super) fn remaining_length(&self, version: ProtocolVersion) -> usize {
        2 + properties_length(self.properties, version) + self.written_reasons(version).len()
    }

    pub(super) fn encode_body(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        put_two_byte_integer(self.packet_identifier.get(), out);
        put_properties(self.properties, version, out);
        out.extend_from_slice(self.written_reasons(version));
    }
}

fn is_legal(byte: u8) -> bool {
    ReasonCode::from_byte(byte).is_some_and(|reason| reason.allowed_in(PacketType::Unsuback, Sender::Server))
}
