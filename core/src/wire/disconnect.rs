//! DISCONNECT: the last packet of a connection (section 3.14).

use alloc::vec::Vec;

use super::decoder::Decoder;
use super::encoder::{properties_length, put_properties};
use super::{PacketType, Properties, PropertyContext, ReasonCode, Sender};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// A farewell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect<'a> {
    /// Why; always Success before 5.0.
    pub reason: ReasonCode,
    /// The properties; empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Disconnect<'a> {
    pub(super) fn decode(
        body: &'a [u8],
        version: ProtocolVersion,
        sender: Sender,
    ) -> Result<Self, Violation> {
        let mut decoder = Decoder::new(body);
        let mut disconnect = Self { reason: ReasonCode::Success, properties: Properties::EMPTY };
        // The short forms of 5.0: without a reason code it is 0x00, without a length there are no properties.
        if !version.has_properties() || decoder.is_empty() {
            decoder.finish()?;
            return Ok(disconnect);
        }
        // [MQTT-3.14.2-1] (5.0)
        disconnect.reason = ReasonCode::from_byte(decoder.byte()?)
            .filter(|reason| reason.allowed_in(PacketType::Disconnect, sender))
            .ok_or(Violation::DisconnectReasonCode)?;
        if !decoder.is_empty() {
            let context = PropertyContext::Disconnect(sender);
            (disconnect.properties, _) = Properties::decode(&mut decoder, context)?;
        }
        decoder.finish()?;
        Ok(disconnect)
    }

    pub(super) fn remaining_length(&self, version: ProtocolVersion) -> usize {
        if !version.has_properties() {
            0
        } else if !self.properties.is_empty() {
            1 + properties_length(self.properties, version)
        } else if self.reason == ReasonCode::Success {
            0
        } else {
            1
        }
    }

    pub(super) fn encode_body(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        let length = self.remaining_length(version);
        if length > 0 {
            out.push(self.reason.byte());
        }
        if length > 1 {
            put_properties(self.properties, version, out);
        }
    }
}
