//! CONNACK: the answer to CONNECT (section 3.2).

use alloc::vec::Vec;

use super::decoder::Decoder;
use super::encoder::{properties_length, put_properties};
use super::{PacketType, Properties, PropertyContext, ReasonCode, Sender};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// Whether the client is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connack<'a> {
    /// Whether the server goes on with a session that it had. Not told in 3.1.
    pub session_present: bool,
    /// Success, or why not. Before 5.0 on the wire as the return code that comes nearest
    /// ([`ReasonCode::connack_return_code_3`]).
    pub reason: ReasonCode,
    /// The properties; empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Connack<'a> {
    pub(super) fn decode(body: &'a [u8], version: ProtocolVersion) -> Result<Self, Violation> {
        let mut decoder = Decoder::new(body);
        let flags = decoder.byte()?;
        let code = decoder.byte()?;
        // [MQTT-3.2.2-1] (5.0); 3.1.1 section 3.2.2.1. In 3.1 the whole byte is reserved and not used.
        let flags = if version.has_session_present() { flags } else { 0 };
        if flags & !1 != 0 {
            return Err(Violation::ConnackFlags);
        }
        let reason = decode_reason(code, version).ok_or(Violation::ConnackReasonCode)?;
        let session_present = flags == 1;
        // [MQTT-3.2.2-4] (3.1.1) [MQTT-3.2.2-6] (5.0)
        if session_present && reason != ReasonCode::Success {
            return Err(Violation::ConnackSessionPresent);
        }
        let mut properties = Properties::EMPTY;
        if version.has_properties() {
            (properties, _) = Properties::decode(&mut decoder, PropertyContext::Connack)?;
        }
        decoder.finish()?;
        Ok(Self { session_present, reason, properties })
    }

    /// The byte for the reason; `None` where a server of that version has to close without CONNACK.
    pub(super) fn code(&self, version: ProtocolVersion) -> Option<u8> {
        if version.has_properties() { Some(self.reason.byte()) } else { self.reason.connack_return_code_3() }
    }

    pub(super) fn remaining_length(&self, version: ProtocolVersion) -> usize {
        2 + properties_length(self.properties, version)
    }

    pub(super) fn encode_body(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        let Some(code) = self.code(version) else { return };
        // [MQTT-3.2.2-4] (3.1.1) [MQTT-3.2.2-6] (5.0)
        let session_present = self.session_present && code == 0 && version.has_session_present();
        out.push(u8::from(session_present));
        out.push(code);
        put_properties(self.properties, version, out);
    }
}

fn decode_reason(code: u8, version: ProtocolVersion) -> Option<ReasonCode> {
    if !version.has_properties() {
        return ReasonCode::from_connack_return_code_3(code);
    }
    ReasonCode::from_byte(code).filter(|reason| reason.allowed_in(PacketType::Connack, Sender::Server))
}
