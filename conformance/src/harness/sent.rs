//! What a client of a script sends, read as far as the harness has to know it. Scripts send nonsense, too: whatever
//! cannot be read is left out.

use crate::version::Version;
use crate::wire::property::id;
use crate::wire::{Properties, Property, Reader, Value, Wrong};

/// A packet of a client.
#[derive(Clone, Debug)]
pub(super) enum Sent {
    Connect(Hello),
    Publish(Message, Option<u32>),
    /// The filters, and the QoS that are asked for.
    Subscribe(Vec<(Vec<u8>, u8)>),
    /// DISCONNECT that says for how long the session is to be kept.
    Expiry,
}

/// A CONNECT.
#[derive(Clone, Debug)]
pub(super) struct Hello {
    pub(super) client_identifier: Vec<u8>,
    /// Clean Session or Clean Start.
    pub(super) clean: bool,
    /// For how long the session is to outlive its connection, as 5.0 would say it.
    pub(super) session_expiry_seconds: u32,
    pub(super) properties: Properties,
    pub(super) will: Option<Message>,
}

/// A message, as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) topic: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) qos: u8,
    pub(super) retain: bool,
    pub(super) properties: Properties,
}

/// The bytes of one connection, up to what is no packet.
#[derive(Debug, Default)]
pub(super) struct Stream {
    bytes: Vec<u8>,
    lost: bool,
}

impl Stream {
    /// The packets that are whole now.
    pub(super) fn read(&mut self, more: &[u8], version: Version) -> Vec<Sent> {
        let mut packets = Vec::new();
        self.bytes.extend(more);
        while !self.lost {
            let mut reader = Reader::new(&self.bytes);
            let Ok(first) = reader.u8() else { break };
            let length = match remaining_length(&mut reader) {
                Ok(Some(length)) => length,
                Ok(None) => break,
                Err(_) => {
                    self.lost = true;
                    break;
                }
            };
            let Ok(body) = reader.take(length) else { break };
            packets.extend(packet(first, &mut Reader::new(body), version));
            let read = self.bytes.len() - reader.len();
            self.bytes.drain(..read);
        }
        packets
    }
}

/// In any form, short or long; `None` if it is not whole.
fn remaining_length(reader: &mut Reader<'_>) -> Result<Option<usize>, Wrong> {
    let mut length = 0;
    for position in 0..4 {
        let Ok(byte) = reader.u8() else { return Ok(None) };
        length |= usize::from(byte & 0x7F) << (7 * position);
        if byte & 0x80 == 0 {
            return Ok(Some(length));
        }
    }
    Err("a Remaining Length of more than four bytes".into())
}

fn packet(first: u8, body: &mut Reader<'_>, version: Version) -> Option<Sent> {
    match first >> 4 {
        1 => connect(body).ok().map(Sent::Connect),
        3 => publish(first, body, version).ok(),
        8 => subscribe(body, version).ok(),
        14 if version.is_5() => {
            body.u8().ok()?;
            let expires = properties(body).ok()?.has(id::SESSION_EXPIRY_INTERVAL);
            expires.then_some(Sent::Expiry)
        }
        _ => None,
    }
}

fn connect(body: &mut Reader<'_>) -> Result<Hello, Wrong> {
    body.binary()?;
    let (level, flags) = (body.u8()?, body.u8()?);
    body.u16()?;
    let section = |body: &mut Reader<'_>| {
        if level == Version::V5_0.level() { properties(body) } else { Ok(Properties::default()) }
    };
    let connect_properties = section(body)?;
    let client_identifier = body.binary()?.to_vec();
    let mut will = None;
    if flags & 0x04 != 0 {
        let properties = section(body)?;
        let (topic, payload) = (body.binary()?.to_vec(), body.binary()?.to_vec());
        will = Some(Message {
            topic,
            payload,
            qos: flags >> 3 & 3,
            retain: flags & 0x20 != 0,
            properties: Properties(
                properties.0.into_iter().filter(|of| of.id != id::WILL_DELAY_INTERVAL).collect(),
            ),
        });
    }
    let clean = flags & 0x02 != 0;
    let kept = if level == Version::V5_0.level() || clean { 0 } else { u32::MAX };
    let session_expiry_seconds = connect_properties.number(id::SESSION_EXPIRY_INTERVAL).unwrap_or(kept);
    Ok(Hello { client_identifier, clean, session_expiry_seconds, properties: connect_properties, will })
}

fn publish(first: u8, body: &mut Reader<'_>, version: Version) -> Result<Sent, Wrong> {
    let topic = body.binary()?.to_vec();
    let qos = first >> 1 & 3;
    if qos > 0 {
        body.u16()?;
    }
    let mut all = if version.is_5() { properties(body)? } else { Properties::default() };
    let alias = all.number(id::TOPIC_ALIAS);
    all.0.retain(|property| property.id != id::TOPIC_ALIAS);
    let (retain, payload) = (first & 1 != 0, body.rest().to_vec());
    Ok(Sent::Publish(Message { topic, payload, qos, retain, properties: all }, alias))
}

fn subscribe(body: &mut Reader<'_>, version: Version) -> Result<Sent, Wrong> {
    body.u16()?;
    if version.is_5() {
        properties(body)?;
    }
    let mut asked = Vec::new();
    while !body.is_empty() {
        asked.push((body.binary()?.to_vec(), body.u8()? & 3));
    }
    Ok(Sent::Subscribe(asked))
}

/// A property section, whatever is in it.
fn properties(body: &mut Reader<'_>) -> Result<Properties, Wrong> {
    let length = body.variable()?;
    let mut section = Reader::new(body.take(length as usize)?);
    let mut all = Properties::default();
    while !section.is_empty() {
        let id = section.u8()?;
        let value = match id {
            0x01 | 0x17 | 0x19 => Value::Byte(section.u8()?),
            0x21..=0x23 => Value::Two(section.u16()?),
            0x02 | 0x11 | 0x18 | 0x27 => Value::Four(section.u32()?),
            0x0B => Value::Variable(section.variable()?),
            0x26 => Value::Pair(section.binary()?.to_vec(), section.binary()?.to_vec()),
            0x03 | 0x08 | 0x09 | 0x15 | 0x16 | 0x1C | 0x1F => Value::Text(section.binary()?.to_vec()),
            _ => return Err(format!("property 0x{id:02X} is no client's")),
        };
        all.0.push(Property { id, value });
    }
    Ok(all)
}
