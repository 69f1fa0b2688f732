//! CONNECT: the first packet of a client (section 3.1).

use alloc::vec::Vec;
use core::fmt;

use super::decoder::Decoder;
use super::encoder::{
    binary_length, properties_length, put_binary, put_properties, put_text, put_two_byte_integer, text_length,
};
use super::{Frame, Properties, PropertyContext, PropertyIdentifier, QoS, text, variable_byte_integer};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

const CLEAN_START: u8 = 0b0000_0010;
const WILL: u8 = 0b0000_0100;
const WILL_RETAIN: u8 = 0b0010_0000;
const PASSWORD: u8 = 0b0100_0000;
const USER_NAME: u8 = 0b1000_0000;

/// A request to connect. Its `Debug` output shows how long the password is, not the password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connect<'a> {
    /// What the client speaks.
    pub version: ProtocolVersion,
    /// Clean Start; Clean Session before 5.0.
    pub clean_start: bool,
    /// The Keep Alive in seconds; 0 for none.
    pub keep_alive_seconds: u16,
    /// The Client Identifier; may be empty.
    pub client_identifier: &'a str,
    /// The properties; empty before 5.0.
    pub properties: Properties<'a>,
    /// The message to publish when the client is gone.
    pub will: Option<Will<'a>>,
    /// The User Name.
    pub user_name: Option<&'a str>,
    /// The Password: any bytes.
    pub password: Option<&'a [u8]>,
}

/// The message that a client leaves behind (section 3.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Will<'a> {
    /// The Will Topic: a Topic Name.
    pub topic: &'a str,
    /// The Will Payload: any bytes.
    pub payload: &'a [u8],
    /// The QoS to publish it with.
    pub qos: QoS,
    /// Whether to publish it as a retained message.
    pub retain: bool,
    /// The Will Properties; empty before 5.0.
    pub properties: Properties<'a>,
}

impl<'a> Connect<'a> {
    /// Reads a CONNECT of any version.
    ///
    /// # Errors
    ///
    /// The first violation found. [`Connect::peek_version`] says in whose terms to answer.
    pub fn decode(frame: &Frame<'a>) -> Result<Self, Violation> {
        let mut decoder = Decoder::new(frame.body);
        let version = decode_version(&mut decoder)?;
        check_header(frame, version)?;
        let flags = decoder.byte()?;
        check_flags(flags, version)?;
        let keep_alive_seconds = decoder.two_byte_integer()?;
        let properties = connect_properties(&mut decoder, version)?;
        // [MQTT-3.1.3-1] The order of the fields.
        let client_identifier = decoder.text()?;
        let will = if flags & WILL != 0 { Some(Will::decode(&mut decoder, flags, version)?) } else { None };
        let user_name =
            if has_field(flags, USER_NAME, version, &decoder) { Some(decoder.text()?) } else { None };
        let password =
            if has_field(flags, PASSWORD, version, &decoder) { Some(decoder.binary()?) } else { None };
        decoder.finish()?;
        let clean_start = flags & CLEAN_START != 0;
        Ok(Self {
            version,
            clean_start,
            keep_alive_seconds,
            client_identifier,
            properties,
            will,
            user_name,
            password,
        })
    }

    /// The version that a CONNECT asks for, whatever is wrong with the rest of it. `None` if this server does
    /// not know that version.
    pub fn peek_version(frame: &Frame<'_>) -> Option<ProtocolVersion> {
        decode_version(&mut Decoder::new(frame.body)).ok()
    }

    pub(super) fn remaining_length(&self) -> usize {
        text_length(self.version.protocol_name())
            + 4
            + properties_length(self.properties, self.version)
            + text_length(self.client_identifier)
            + self.will.map_or(0, |will| will.encoded_length(self.version))
            + self.user_name.map_or(0, text_length)
            + self.password.map_or(0, binary_length)
    }

    pub(super) fn encode_body(&self, out: &mut Vec<u8>) {
        put_text(self.version.protocol_name(), out);
        out.push(self.version.level());
        out.push(self.flags());
        put_two_byte_integer(self.keep_alive_seconds, out);
        put_properties(self.properties, self.version, out);
        put_text(self.client_identifier, out);
        if let Some(will) = self.will {
            will.encode(self.version, out);
        }
        if let Some(user_name) = self.user_name {
            put_text(user_name, out);
        }
        if let Some(password) = self.password {
            put_binary(password, out);
        }
    }

    fn flags(&self) -> u8 {
        let will = self
            .will
            .map_or(0, |will| WILL | will.qos.bits() << 3 | if will.retain { WILL_RETAIN } else { 0 });
        let clean_start = if self.clean_start { CLEAN_START } else { 0 };
        let user_name = if self.user_name.is_some() { USER_NAME } else { 0 };
        let password = if self.password.is_some() { PASSWORD } else { 0 };
        clean_start | will | user_name | password
    }
}

impl<'a> Will<'a> {
    fn decode(decoder: &mut Decoder<'a>, flags: u8, version: ProtocolVersion) -> Result<Self, Violation> {
        // [MQTT-3.1.2-14] (3.1.1) [MQTT-3.1.2-12] (5.0)
        let qos = QoS::from_bits(will_qos(flags)).ok_or(Violation::WillQoS3)?;
        let properties = if version.has_properties() {
            Properties::decode(decoder, PropertyContext::Will)?.0
        } else {
            Properties::EMPTY
        };
        let topic = decoder.text()?;
        // [MQTT-4.7.3-1]
        if topic.is_empty() {
            return Err(Violation::WillTopicEmpty);
        }
        // [MQTT-4.7.1-1] (3.1.1) [MQTT-4.7.0-1] (5.0)
        if text::has_wildcard(topic) {
            return Err(Violation::WillTopicWildcard);
        }
        let payload = decoder.binary()?;
        Ok(Self { topic, payload, qos, retain: flags & WILL_RETAIN != 0, properties })
    }

    fn encoded_length(&self, version: ProtocolVersion) -> usize {
        properties_length(self.properties, version) + text_length(self.topic) + binary_length(self.payload)
    }

    fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        put_properties(self.properties, version, out);
        put_text(self.topic, out);
        put_binary(self.payload, out);
    }
}

fn decode_version(decoder: &mut Decoder<'_>) -> Result<ProtocolVersion, Violation> {
    let name = decoder.binary()?;
    // [MQTT-3.1.2-1]
    if name != b"MQTT" && name != b"MQIsdp" {
        return Err(Violation::UnsupportedProtocolName);
    }
    // [MQTT-3.1.2-2] Each name goes with levels of its own.
    match (name, decoder.byte()?) {
        (b"MQIsdp", 3) => Ok(ProtocolVersion::V3_1),
        (b"MQTT", 4) => Ok(ProtocolVersion::V3_1_1),
        (b"MQTT", 5) => Ok(ProtocolVersion::V5_0),
        _ => Err(Violation::UnsupportedProtocolVersion),
    }
}

// What could not be judged before the version was known.
fn check_header(frame: &Frame<'_>, version: ProtocolVersion) -> Result<(), Violation> {
    frame.header.check(version)?;
    let header_length = 1 + variable_byte_integer::length(frame.header.remaining_length);
    // [MQTT-1.5.5-1]
    if version == ProtocolVersion::V5_0 && frame.length != header_length + frame.body.len() {
        return Err(Violation::VariableByteIntegerNotMinimal);
    }
    Ok(())
}

fn check_flags(flags: u8, version: ProtocolVersion) -> Result<(), Violation> {
    let has_will = flags & WILL != 0;
    // 3.1 disregards the reserved bit, and Will QoS and Will Retain without a Will.
    if version != ProtocolVersion::V3_1 {
        // [MQTT-3.1.2-3]
        if flags & 1 != 0 {
            return Err(Violation::ConnectReservedFlag);
        }
        // [MQTT-3.1.2-13] (3.1.1) [MQTT-3.1.2-11] (5.0)
        if !has_will && will_qos(flags) != 0 {
            return Err(Violation::WillQoSWithoutWill);
        }
        // [MQTT-3.1.2-15] (3.1.1) [MQTT-3.1.2-13] (5.0)
        if !has_will && flags & WILL_RETAIN != 0 {
            return Err(Violation::WillRetainWithoutWill);
        }
    }
    // [MQTT-3.1.2-22] (3.1.1) 5.0 has no such rule.
    if version != ProtocolVersion::V5_0 && flags & USER_NAME == 0 && flags & PASSWORD != 0 {
        return Err(Violation::PasswordWithoutUserName);
    }
    Ok(())
}

fn connect_properties<'a>(
    decoder: &mut Decoder<'a>,
    version: ProtocolVersion,
) -> Result<Properties<'a>, Violation> {
    if !version.has_properties() {
        return Ok(Properties::EMPTY);
    }
    let (properties, present) = Properties::decode(decoder, PropertyContext::Connect)?;
    // 5.0 section 3.1.2.11.10
    if present.has(PropertyIdentifier::AuthenticationData)
        && !present.has(PropertyIdentifier::AuthenticationMethod)
    {
        return Err(Violation::AuthenticationDataWithoutMethod);
    }
    Ok(properties)
}

// In 3.1 the Remaining Length wins over the flags: an announced text may be missing at the end.
fn has_field(flags: u8, flag: u8, version: ProtocolVersion, decoder: &Decoder<'_>) -> bool {
    flags & flag != 0 && !(version == ProtocolVersion::V3_1 && decoder.is_empty())
}

const fn will_qos(flags: u8) -> u8 {
    (flags >> 3) & 0b11
}

impl fmt::Debug for Connect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("version", &self.version)
            .field("clean_start", &self.clean_start)
            .field("keep_alive_seconds", &self.keep_alive_seconds)
            .field("client_identifier", &self.client_identifier)
            .field("properties", &self.properties)
            .field("will", &self.will)
            .field("user_name", &self.user_name)
            .field("password_bytes", &self.password.map(<[u8]>::len))
            .finish()
    }
}
