//! What a client sends: anything that has bytes in a version. The small packets are here.

use super::bytes::{Writer, frame};
use super::describe;
use super::property::{Properties, Property};
use crate::version::Version;

/// Something to send.
pub trait Outgoing {
    /// Its bytes in this version.
    fn encode(&self, version: Version) -> Vec<u8>;

    /// What it is, for the transcript.
    fn describe(&self, version: Version) -> String;
}

impl<T: Outgoing + ?Sized> Outgoing for &T {
    fn encode(&self, version: Version) -> Vec<u8> {
        (**self).encode(version)
    }

    fn describe(&self, version: Version) -> String {
        (**self).describe(version)
    }
}

/// Bytes as they are, whatever the version.
#[derive(Clone, Debug)]
pub struct Raw(pub Vec<u8>);

impl Outgoing for Raw {
    fn encode(&self, _: Version) -> Vec<u8> {
        self.0.clone()
    }

    fn describe(&self, _: Version) -> String {
        describe::raw(&self.0)
    }
}

impl Outgoing for Vec<u8> {
    fn encode(&self, _: Version) -> Vec<u8> {
        self.clone()
    }

    fn describe(&self, _: Version) -> String {
        describe::raw(self)
    }
}

impl<const N: usize> Outgoing for [u8; N] {
    fn encode(&self, _: Version) -> Vec<u8> {
        self.to_vec()
    }

    fn describe(&self, _: Version) -> String {
        describe::raw(self)
    }
}

/// A small packet: fixed header, perhaps an identifier, perhaps a code and properties.
#[derive(Clone, Debug)]
pub struct Small {
    name: &'static str,
    first: u8,
    packet_identifier: Option<u16>,
    tail: Option<(u8, Properties)>,
}

impl Outgoing for Small {
    fn encode(&self, version: Version) -> Vec<u8> {
        let mut body = Writer::new();
        if let Some(packet_identifier) = self.packet_identifier {
            body = body.u16(packet_identifier);
        }
        if let (Some((code, properties)), true) = (&self.tail, version.is_5()) {
            body = body.u8(*code);
            if !properties.is_empty() {
                body = body.raw(properties.encode());
            }
        }
        frame(self.first, &body.done())
    }

    fn describe(&self, version: Version) -> String {
        let identifier = self.packet_identifier.map(|id| format!(" id {id}")).unwrap_or_default();
        let code = self
            .tail
            .as_ref()
            .filter(|_| version.is_5())
            .map(|(code, _)| format!(" code 0x{code:02X}"))
            .unwrap_or_default();
        let properties =
            self.tail.as_ref().map(|(_, all)| describe::properties(&all.0, version)).unwrap_or_default();
        format!("{}{identifier}{code}{properties}", self.name)
    }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP (first byte 0x40, 0x50, 0x62, 0x70) in the short form, which means success.
pub fn acknowledge(first: u8, packet_identifier: u16) -> Small {
    Small { name: acknowledge_name(first), first, packet_identifier: Some(packet_identifier), tail: None }
}

/// The same with a reason code and properties (left out before 5.0).
pub fn acknowledge_with(first: u8, packet_identifier: u16, code: u8, properties: Vec<Property>) -> Small {
    Small { tail: Some((code, Properties(properties))), ..acknowledge(first, packet_identifier) }
}

fn acknowledge_name(first: u8) -> &'static str {
    match first >> 4 {
        4 => "PUBACK",
        5 => "PUBREC",
        6 => "PUBREL",
        7 => "PUBCOMP",
        _ => "packet",
    }
}

/// PINGREQ.
pub fn pingreq() -> Small {
    empty("PINGREQ", 0xC0)
}

/// DISCONNECT without a reason code.
pub fn disconnect() -> Small {
    empty("DISCONNECT", 0xE0)
}

/// DISCONNECT with a reason code and properties.
pub fn disconnect_with(code: u8, properties: Vec<Property>) -> Small {
    Small { tail: Some((code, Properties(properties))), ..disconnect() }
}

/// AUTH.
pub fn auth(code: u8, properties: Vec<Property>) -> Small {
    Small { tail: Some((code, Properties(properties))), ..empty("AUTH", 0xF0) }
}

/// A packet without a body.
pub fn empty(name: &'static str, first: u8) -> Small {
    Small { name, first, packet_identifier: None, tail: None }
}
