//! Reads what a server sends, strictly: whatever the standard forbids a server to write is an error here.

use super::bytes::{Reader, Wrong};
use super::decode_properties::{Place, properties};
use super::packet::{Acknowledge, Connack, Disconnect, Packet, Publish, Suback};
use super::property::Properties;
use crate::version::Version;

/// What stands at the start of the bytes.
#[derive(Debug)]
pub enum Decoded {
    /// A packet that is not whole yet.
    Partial,
    /// A packet and its size in bytes.
    Whole(Packet, usize),
}

/// Decodes the packet at the start of `bytes`.
///
/// # Errors
/// What the server did wrong, in words.
pub fn decode(bytes: &[u8], version: Version) -> Result<Decoded, Wrong> {
    let Some((first, remaining_length, header)) = fixed_header(bytes)? else { return Ok(Decoded::Partial) };
    let size = header + remaining_length;
    let Some(body) = bytes.get(header..size) else { return Ok(Decoded::Partial) };
    let mut reader = Reader::new(body);
    let packet = packet(first, &mut reader, version, size)?;
    if !reader.is_empty() {
        return Err(format!("{} with {} surplus bytes", packet.name(), reader.len()));
    }
    Ok(Decoded::Whole(packet, size))
}

/// First byte, Remaining Length, and the bytes that these took.
fn fixed_header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, Wrong> {
    let mut reader = Reader::new(bytes);
    let Ok(first) = reader.u8() else { return Ok(None) };
    let continued = bytes.iter().skip(1).take(4).take_while(|byte| **byte & 0x80 != 0).count();
    if continued < 4 && bytes.len() < 2 + continued {
        return Ok(None);
    }
    let remaining_length = reader.variable()?;
    Ok(Some((first, remaining_length as usize, bytes.len() - reader.len())))
}

fn packet(first: u8, body: &mut Reader<'_>, version: Version, size: usize) -> Result<Packet, Wrong> {
    let kind = first >> 4;
    let flags = first & 0x0F;
    if kind != 3 && flags != if kind == 6 { 2 } else { 0 } {
        return Err(format!("reserved flag bits in first byte 0x{first:02X}"));
    }
    match kind {
        2 => connack(body, version, size).map(Packet::Connack),
        3 => publish(flags, body, version, size).map(Packet::Publish),
        4 => acknowledge(body, version, Place::Puback, PUBACK_CODES).map(Packet::Puback),
        5 => acknowledge(body, version, Place::Pubrec, PUBACK_CODES).map(Packet::Pubrec),
        6 => acknowledge(body, version, Place::Pubrel, PUBREL_CODES).map(Packet::Pubrel),
        7 => acknowledge(body, version, Place::Pubcomp, PUBREL_CODES).map(Packet::Pubcomp),
        9 => suback(body, version).map(Packet::Suback),
        11 => unsuback(body, version).map(Packet::Unsuback),
        13 => Ok(Packet::Pingresp),
        14 if version.is_5() => ending(body, Place::Disconnect, DISCONNECT_CODES).map(Packet::Disconnect),
        15 if version.is_5() => ending(body, Place::Auth, &[0x00, 0x18]).map(Packet::Auth),
        _ => Err(format!("a server never sends first byte 0x{first:02X} in MQTT {}", version.name())),
    }
}

/// Table 3-1.
const CONNACK_CODES: &[u8] = &[
    0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99,
    0x9A, 0x9B, 0x9C, 0x9D, 0x9F,
];
/// Tables 3-4 and 3-5.
const PUBACK_CODES: &[u8] = &[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
/// Tables 3-6 and 3-7.
const PUBREL_CODES: &[u8] = &[0x00, 0x92];
/// Table 3-8.
const SUBACK_CODES: &[u8] = &[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2];
/// Table 3-9.
const UNSUBACK_CODES: &[u8] = &[0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91];
/// Table 3-10, what a server may send.
const DISCONNECT_CODES: &[u8] = &[
    0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
    0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
];

fn known(code: u8, codes: &[u8]) -> Result<u8, Wrong> {
    if codes.contains(&code) { Ok(code) } else { Err(format!("code 0x{code:02X} does not belong here")) }
}

fn connack(body: &mut Reader<'_>, version: Version, size: usize) -> Result<Connack, Wrong> {
    let flags = body.u8()?;
    // 5.0 [MQTT-3.2.2-1]; in 3.1 the whole byte is reserved.
    if flags & !u8::from(version != Version::V3_1) != 0 {
        return Err(format!("Connect Acknowledge Flags 0x{flags:02X}"));
    }
    let codes: &[u8] = if version.is_5() { CONNACK_CODES } else { &[0, 1, 2, 3, 4, 5] };
    let code = known(body.u8()?, codes)?;
    // 3.1.1 [MQTT-3.2.2-4], 5.0 [MQTT-3.2.2-6].
    if code != 0 && flags != 0 {
        return Err("Session Present in a CONNACK that refuses".into());
    }
    let properties = section(body, version, Place::Connack)?;
    Ok(Connack { session_present: flags == 1, code, properties, size })
}

fn publish(flags: u8, body: &mut Reader<'_>, version: Version, size: usize) -> Result<Publish, Wrong> {
    let (duplicate, qos, retain) = (flags & 8 != 0, flags >> 1 & 3, flags & 1 != 0);
    if qos == 3 {
        return Err("PUBLISH with QoS 3".into());
    }
    if qos == 0 && duplicate {
        return Err("PUBLISH with QoS 0 and DUP 1".into());
    }
    let topic = body.text()?;
    if topic.contains(['+', '#']) {
        return Err(format!("PUBLISH with a wildcard in its Topic Name {topic:?}"));
    }
    let packet_identifier = if qos > 0 { identifier(body)? } else { 0 };
    let properties = section(body, version, Place::Publish)?;
    if topic.is_empty() && !properties.has(super::property::id::TOPIC_ALIAS) {
        return Err("PUBLISH without Topic Name and Topic Alias".into());
    }
    let payload = body.rest().to_vec();
    Ok(Publish { duplicate, qos, retain, topic, packet_identifier, properties, payload, size })
}

fn acknowledge(
    body: &mut Reader<'_>,
    version: Version,
    place: Place,
    codes: &[u8],
) -> Result<Acknowledge, Wrong> {
    let packet_identifier = identifier(body)?;
    if !version.is_5() || body.is_empty() {
        return Ok(Acknowledge { packet_identifier, code: 0, properties: Properties::default() });
    }
    let code = known(body.u8()?, codes)?;
    let properties = if body.is_empty() { Properties::default() } else { properties(body, place)? };
    Ok(Acknowledge { packet_identifier, code, properties })
}

fn suback(body: &mut Reader<'_>, version: Version) -> Result<Suback, Wrong> {
    let packet_identifier = identifier(body)?;
    let properties = section(body, version, Place::Suback)?;
    let codes: &[u8] = match version {
        Version::V3_1 => &[0, 1, 2],
        Version::V3_1_1 => &[0, 1, 2, 0x80],
        Version::V5_0 => SUBACK_CODES,
    };
    let codes = body.rest().iter().map(|code| known(*code, codes)).collect::<Result<_, _>>()?;
    Ok(Suback { packet_identifier, properties, codes })
}

fn unsuback(body: &mut Reader<'_>, version: Version) -> Result<Suback, Wrong> {
    let packet_identifier = identifier(body)?;
    if !version.is_5() {
        return Ok(Suback { packet_identifier, properties: Properties::default(), codes: Vec::new() });
    }
    let properties = properties(body, Place::Unsuback)?;
    let codes = body.rest().iter().map(|code| known(*code, UNSUBACK_CODES)).collect::<Result<_, _>>()?;
    Ok(Suback { packet_identifier, properties, codes })
}

fn ending(body: &mut Reader<'_>, place: Place, codes: &[u8]) -> Result<Disconnect, Wrong> {
    let code = if body.is_empty() { 0 } else { known(body.u8()?, codes)? };
    let properties = if body.is_empty() { Properties::default() } else { properties(body, place)? };
    Ok(Disconnect { code, properties })
}

fn identifier(body: &mut Reader<'_>) -> Result<u16, Wrong> {
    match body.u16()? {
        0 => Err("Packet Identifier 0".into()),
        packet_identifier => Ok(packet_identifier),
    }
}

fn section(body: &mut Reader<'_>, version: Version, place: Place) -> Result<Properties, Wrong> {
    if version.is_5() { properties(body, place) } else { Ok(Properties::default()) }
}
