//! What a server sends, decoded.

use std::fmt;

use super::describe;
use super::property::{Properties, id};
use crate::version::Version;

/// A packet from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// CONNACK.
    Connack(Connack),
    /// PUBLISH.
    Publish(Publish),
    /// PUBACK.
    Puback(Acknowledge),
    /// PUBREC.
    Pubrec(Acknowledge),
    /// PUBREL.
    Pubrel(Acknowledge),
    /// PUBCOMP.
    Pubcomp(Acknowledge),
    /// SUBACK.
    Suback(Suback),
    /// UNSUBACK.
    Unsuback(Suback),
    /// PINGRESP.
    Pingresp,
    /// DISCONNECT.
    Disconnect(Disconnect),
    /// AUTH.
    Auth(Disconnect),
}

/// CONNACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connack {
    /// Session Present.
    pub session_present: bool,
    /// Return code (3.x) or reason code (5.0).
    pub code: u8,
    /// Properties; none before 5.0.
    pub properties: Properties,
    /// Bytes of the whole packet.
    pub size: usize,
}

/// PUBLISH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// DUP.
    pub duplicate: bool,
    /// QoS.
    pub qos: u8,
    /// RETAIN.
    pub retain: bool,
    /// Topic Name.
    pub topic: String,
    /// Packet Identifier; 0 at QoS 0.
    pub packet_identifier: u16,
    /// Properties; none before 5.0.
    pub properties: Properties,
    /// Payload.
    pub payload: Vec<u8>,
    /// Bytes of the whole packet.
    pub size: usize,
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledge {
    /// Packet Identifier.
    pub packet_identifier: u16,
    /// Reason code; 0x00 before 5.0 and in the short form.
    pub code: u8,
    /// Properties.
    pub properties: Properties,
}

/// SUBACK or UNSUBACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suback {
    /// Packet Identifier.
    pub packet_identifier: u16,
    /// Properties.
    pub properties: Properties,
    /// One code for each filter; none in an UNSUBACK before 5.0.
    pub codes: Vec<u8>,
}

/// DISCONNECT or AUTH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// Reason code.
    pub code: u8,
    /// Properties.
    pub properties: Properties,
}

impl Publish {
    /// The payload as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }

    /// The Subscription Identifiers, smallest first.
    pub fn identifiers(&self) -> Vec<u32> {
        let mut identifiers = self.properties.numbers(id::SUBSCRIPTION_IDENTIFIER);
        identifiers.sort_unstable();
        identifiers
    }
}

impl Packet {
    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connack(_) => "CONNACK",
            Self::Publish(_) => "PUBLISH",
            Self::Puback(_) => "PUBACK",
            Self::Pubrec(_) => "PUBREC",
            Self::Pubrel(_) => "PUBREL",
            Self::Pubcomp(_) => "PUBCOMP",
            Self::Suback(_) => "SUBACK",
            Self::Unsuback(_) => "UNSUBACK",
            Self::Pingresp => "PINGRESP",
            Self::Disconnect(_) => "DISCONNECT",
            Self::Auth(_) => "AUTH",
        }
    }

    fn properties(&self) -> Option<&Properties> {
        match self {
            Self::Connack(packet) => Some(&packet.properties),
            Self::Publish(packet) => Some(&packet.properties),
            Self::Puback(packet) | Self::Pubrec(packet) | Self::Pubrel(packet) | Self::Pubcomp(packet) => {
                Some(&packet.properties)
            }
            Self::Suback(packet) | Self::Unsuback(packet) => Some(&packet.properties),
            Self::Pingresp => None,
            Self::Disconnect(packet) | Self::Auth(packet) => Some(&packet.properties),
        }
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Connack(packet) => {
                write!(
                    f,
                    " session present {} code 0x{:02X}",
                    u8::from(packet.session_present),
                    packet.code
                )?;
            }
            Self::Publish(packet) => {
                let bit = |set: bool, name| if set { name } else { "" };
                let (duplicate, retain) = (bit(packet.duplicate, " dup"), bit(packet.retain, " retain"));
                let identifier =
                    if packet.qos > 0 { format!(" id {}", packet.packet_identifier) } else { String::new() };
                let (topic, payload) =
                    (describe::quoted(packet.topic.as_bytes()), describe::quoted(&packet.payload));
                write!(f, " {topic} qos {}{identifier}{duplicate}{retain} payload {payload}", packet.qos)?;
            }
            Self::Puback(packet) | Self::Pubrec(packet) | Self::Pubrel(packet) | Self::Pubcomp(packet) => {
                write!(f, " id {} code 0x{:02X}", packet.packet_identifier, packet.code)?;
            }
            Self::Suback(packet) | Self::Unsuback(packet) => {
                write!(f, " id {} codes {:02X?}", packet.packet_identifier, packet.codes)?;
            }
            Self::Pingresp => {}
            Self::Disconnect(packet) | Self::Auth(packet) => write!(f, " code 0x{:02X}", packet.code)?,
        }
        let properties = self.properties().map(|properties| properties.0.as_slice()).unwrap_or_default();
        f.write_str(&describe::properties(properties, Version::V5_0))
    }
}
