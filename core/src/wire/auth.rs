//! AUTH: a step of an extended authentication (5.0 section 3.15).

use alloc::vec::Vec;

use super::decoder::Decoder;
use super::encoder::{properties_length, put_properties};
use super::{PacketType, Properties, PropertyContext, PropertyIdentifier, ReasonCode, Sender};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// A step of an extended authentication. Only 5.0 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth<'a> {
    /// Success, Continue authentication or Re-authenticate.
    pub reason: ReasonCode,
    /// The properties; an Authentication Method is always among them.
    pub properties: Properties<'a>,
}

impl<'a> Auth<'a> {
    pub(super) fn decode(body: &'a [u8], sender: Sender) -> Result<Self, Violation> {
        // The standard allows this short form of 0x00, and forbids AUTH without an Authentication Method. A
        // rule that protects beats a rule that saves two bytes.
        if body.is_empty() {
            return Err(Violation::AuthenticationMethodMissing);
        }
        let mut decoder = Decoder::new(body);
        // [MQTT-3.15.2-1]
        let reason = ReasonCode::from_byte(decoder.byte()?)
            .filter(|reason| reason.allowed_in(PacketType::Auth, sender))
            .ok_or(Violation::AuthReasonCode)?;
        let (properties, present) = Properties::decode(&mut decoder, PropertyContext::Auth)?;
        decoder.finish()?;
        // 5.0 section 3.15.2.2.2
        if !present.has(PropertyIdentifier::AuthenticationMethod) {
            return Err(Violation::AuthenticationMethodMissing);
        }
        Ok(Self { reason, properties })
    }

    pub(super) fn remaining_length(&self, version: ProtocolVersion) -> usize {
        1 + properties_length(self.properties, version)
    }

    pub(super) fn encode_body(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        out.push(self.reason.byte());
        put_properties(self.properties, version, out);
    }
}
