//! A packet of a server, altered in one of its fields. What the standard leaves to the server is no mistake and
//! not among these: the packet identifier of a message that is sent for the first time, what CONNACK offers,
//! the words of a Reason String, whether a topic that is there gets an alias and which.

use crate::version::Version;
use crate::wire::property::id;
use crate::wire::{Acknowledge, Decoded, Disconnect, Packet, Properties, Publish, Suback, Value};
use crate::wire::{Writer, decode, frame};

/// What was altered, in words, and the packet that came of it.
pub type Altered = (String, Vec<u8>);

/// What a server may announce as it likes (5.0 section 3.2.2.3).
const OFFERS: [u8; 4] =
    [id::RECEIVE_MAXIMUM, id::MAXIMUM_PACKET_SIZE, id::TOPIC_ALIAS_MAXIMUM, id::SERVER_KEEP_ALIVE];

/// The packet, altered in each field in turn; nothing if it is ill-formed.
pub fn altered(bytes: &[u8], version: Version) -> Vec<Altered> {
    let Ok(Decoded::Whole(packet, _)) = decode(bytes, version) else { return Vec::new() };
    let mut all = Vec::new();
    if !matches!(packet, Packet::Publish(_)) {
        let mut reserved = bytes.to_vec();
        reserved[0] ^= 1;
        all.push(("reserved flag".to_owned(), reserved));
    }
    for (what, packet) in variants(&packet, version) {
        all.push((what, encode(&packet, version)));
    }
    all
}

fn variants(packet: &Packet, version: Version) -> Vec<(String, Packet)> {
    match packet {
        Packet::Connack(connack) => {
            let mut all = properties(&connack.properties, &OFFERS, |properties| {
                Packet::Connack(crate::wire::Connack { properties, ..connack.clone() })
            });
            let session_present = !connack.session_present;
            let flipped = crate::wire::Connack { session_present, ..connack.clone() };
            if version != Version::V3_1 {
                all.push(("Session Present".into(), Packet::Connack(flipped)));
            }
            for code in if version.is_5() { codes(connack.code) } else { return_codes(connack.code) } {
                let other = crate::wire::Connack { code, session_present: false, ..connack.clone() };
                all.push((format!("code 0x{code:02X}"), Packet::Connack(other)));
            }
            all
        }
        Packet::Publish(publish) => of_publish(publish),
        Packet::Puback(answer) => of_acknowledge(answer, version, Packet::Puback),
        Packet::Pubrec(answer) => of_acknowledge(answer, version, Packet::Pubrec),
        Packet::Pubrel(answer) => of_acknowledge(answer, version, Packet::Pubrel),
        Packet::Pubcomp(answer) => of_acknowledge(answer, version, Packet::Pubcomp),
        Packet::Suback(answer) => of_suback(answer, version, Packet::Suback),
        Packet::Unsuback(answer) => of_suback(answer, version, Packet::Unsuback),
        Packet::Pingresp => Vec::new(),
        Packet::Disconnect(packet) => of_disconnect(packet, &codes(packet.code), Packet::Disconnect),
        Packet::Auth(packet) => {
            of_disconnect(packet, &[if packet.code == 0 { 0x18 } else { 0 }], Packet::Auth)
        }
    }
}

fn of_publish(publish: &Publish) -> Vec<(String, Packet)> {
    let free: &[u8] = if publish.topic.is_empty() { &[] } else { &[id::TOPIC_ALIAS] };
    let mut all = properties(&publish.properties, free, |properties| {
        Packet::Publish(Publish { properties, ..publish.clone() })
    });
    let mut add = |what: &str, change: &dyn Fn(&mut Publish)| {
        let mut other = publish.clone();
        change(&mut other);
        all.push((what.to_owned(), Packet::Publish(other)));
    };
    add("RETAIN", &|of| of.retain = !of.retain);
    add("QoS", &|of| {
        of.qos = if of.qos == 2 { 1 } else { of.qos + 1 };
        of.packet_identifier = of.packet_identifier.max(1);
    });
    add("topic", &|of| of.topic.push('x'));
    add("payload", &|of| of.payload.push(b'x'));
    if publish.qos > 0 {
        add("DUP", &|of| of.duplicate = !of.duplicate);
    }
    if publish.duplicate {
        add("packet identifier", &|of| of.packet_identifier = next(of.packet_identifier));
    }
    all
}

fn of_acknowledge(
    answer: &Acknowledge,
    version: Version,
    packet: impl Fn(Acknowledge) -> Packet,
) -> Vec<(String, Packet)> {
    let mut all = properties(&answer.properties, &[], |properties| {
        packet(Acknowledge { properties, ..answer.clone() })
    });
    let packet_identifier = next(answer.packet_identifier);
    all.push(("packet identifier".into(), packet(Acknowledge { packet_identifier, ..answer.clone() })));
    let is_release = matches!(packet(answer.clone()), Packet::Pubrel(_) | Packet::Pubcomp(_));
    let other_codes =
        if is_release { vec![if answer.code == 0 { 0x92 } else { 0 }] } else { codes(answer.code) };
    for code in other_codes.into_iter().filter(|_| version.is_5()) {
        all.push((format!("code 0x{code:02X}"), packet(Acknowledge { code, ..answer.clone() })));
    }
    all
}

fn of_suback(answer: &Suback, version: Version, packet: impl Fn(Suback) -> Packet) -> Vec<(String, Packet)> {
    let mut all =
        properties(&answer.properties, &[], |properties| packet(Suback { properties, ..answer.clone() }));
    let packet_identifier = next(answer.packet_identifier);
    all.push(("packet identifier".into(), packet(Suback { packet_identifier, ..answer.clone() })));
    let is_unsuback = matches!(packet(answer.clone()), Packet::Unsuback(_));
    for (at, code) in answer.codes.iter().enumerate() {
        let other = match code {
            0x00 if is_unsuback => 0x11,
            0x80.. | 0x11 => 0x00,
            _ if version == Version::V3_1 => (code + 1) % 3,
            _ => 0x80,
        };
        let mut codes = answer.codes.clone();
        codes[at] = other;
        all.push((format!("code {at} 0x{other:02X}"), packet(Suback { codes, ..answer.clone() })));
    }
    if answer.codes.len() > 1 {
        let codes = answer.codes[1..].to_vec();
        all.push(("a code less".into(), packet(Suback { codes, ..answer.clone() })));
    }
    all
}

fn of_disconnect(
    disconnect: &Disconnect,
    codes: &[u8],
    packet: impl Fn(Disconnect) -> Packet,
) -> Vec<(String, Packet)> {
    let mut all = properties(&disconnect.properties, &[], |properties| {
        packet(Disconnect { properties, ..disconnect.clone() })
    });
    for &code in codes {
        all.push((format!("code 0x{code:02X}"), packet(Disconnect { code, ..disconnect.clone() })));
    }
    all
}

/// Each property in turn left out, and with another value; but for those that may be so.
fn properties(
    properties: &Properties,
    free: &[u8],
    packet: impl Fn(Properties) -> Packet,
) -> Vec<(String, Packet)> {
    let mut all = Vec::new();
    for (at, property) in properties.0.iter().enumerate() {
        if property.id == id::REASON_STRING || free.contains(&property.id) {
            continue;
        }
        let mut without = properties.clone();
        without.0.remove(at);
        all.push((format!("without property 0x{:02X}", property.id), packet(without)));
        let mut other = properties.clone();
        other.0[at].value = match property.value.clone() {
            Value::Byte(value) => Value::Byte(value ^ 1),
            Value::Two(value) => Value::Two(value ^ 1),
            Value::Four(value) => Value::Four(value ^ 1),
            Value::Variable(value) => Value::Variable(value ^ 1),
            Value::Text(text) => Value::Text([&text[..], b"x"].concat()),
            Value::Pair(name, value) => Value::Pair(name, [&value[..], b"x"].concat()),
        };
        // Any other identifier that nobody has would do as well.
        if property.id != id::ASSIGNED_CLIENT_IDENTIFIER {
            all.push((format!("value of property 0x{:02X}", property.id), packet(other)));
        }
    }
    all
}

/// Success becomes a failure, a failure success and another failure.
fn codes(code: u8) -> Vec<u8> {
    match code {
        0x83 => vec![0x00, 0x80],
        0x80.. => vec![0x00, 0x83],
        _ => vec![0x83],
    }
}

/// The same for CONNACK before 5.0.
fn return_codes(code: u8) -> Vec<u8> {
    match code {
        0 => vec![3],
        3 => vec![0, 2],
        _ => vec![0, 3],
    }
}

fn next(packet_identifier: u16) -> u16 {
    packet_identifier.checked_add(1).unwrap_or(1)
}

fn encode(packet: &Packet, version: Version) -> Vec<u8> {
    let section = |properties: &Properties| if version.is_5() { properties.encode() } else { Vec::new() };
    let acknowledge = |first: u8, answer: &Acknowledge| {
        let body = Writer::new().u16(answer.packet_identifier);
        let long = version.is_5() && (answer.code != 0 || !answer.properties.is_empty());
        let body = if long { body.u8(answer.code).raw(section(&answer.properties)) } else { body };
        frame(first, &body.done())
    };
    let disconnect = |first: u8, packet: &Disconnect| {
        frame(first, &Writer::new().u8(packet.code).raw(section(&packet.properties)).done())
    };
    let suback = |first: u8, answer: &Suback| {
        let body = Writer::new().u16(answer.packet_identifier).raw(section(&answer.properties));
        frame(first, &body.raw(&answer.codes).done())
    };
    match packet {
        Packet::Connack(connack) => {
            let body = Writer::new().u8(u8::from(connack.session_present)).u8(connack.code);
            frame(0x20, &body.raw(section(&connack.properties)).done())
        }
        Packet::Publish(publish) => {
            let flags = u8::from(publish.duplicate) << 3 | publish.qos << 1 | u8::from(publish.retain);
            let body = Writer::new().text(&publish.topic);
            let body = if publish.qos > 0 { body.u16(publish.packet_identifier) } else { body };
            frame(0x30 | flags, &body.raw(section(&publish.properties)).raw(&publish.payload).done())
        }
        Packet::Puback(answer) => acknowledge(0x40, answer),
        Packet::Pubrec(answer) => acknowledge(0x50, answer),
        Packet::Pubrel(answer) => acknowledge(0x62, answer),
        Packet::Pubcomp(answer) => acknowledge(0x70, answer),
        Packet::Suback(answer) => suback(0x90, answer),
        Packet::Unsuback(answer) => suback(0xB0, answer),
        Packet::Pingresp => frame(0xD0, &[]),
        Packet::Disconnect(packet) => disconnect(0xE0, packet),
        Packet::Auth(packet) => disconnect(0xF0, packet),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoder_says_what_was_decoded() {
        let mut user = Properties::default();
        user.0.push(crate::wire::Property::user("k", "v"));
        let publish = Publish {
            duplicate: true,
            qos: 2,
            retain: false,
            topic: "a/b".into(),
            packet_identifier: 7,
            properties: user.clone(),
            payload: b"x".to_vec(),
            size: 0,
        };
        let packets = [
            Packet::Publish(publish),
            Packet::Pubrec(Acknowledge { packet_identifier: 7, code: 0x87, properties: user.clone() }),
            Packet::Suback(Suback { packet_identifier: 7, properties: user, codes: vec![1, 0x80] }),
            Packet::Pingresp,
        ];
        for packet in packets {
            let bytes = encode(&packet, Version::V5_0);
            let Ok(Decoded::Whole(decoded, size)) = decode(&bytes, Version::V5_0) else {
                panic!("{packet}: {bytes:02x?}");
            };
            assert_eq!((decoded.to_string(), size), (packet.to_string(), bytes.len()));
        }
    }

    #[test]
    fn every_field_is_altered() {
        let names = |bytes: &[u8], version| {
            let all = altered(bytes, version);
            assert!(all.iter().all(|(_, other)| other != bytes));
            all.into_iter().map(|(what, _)| what).collect::<Vec<_>>()
        };
        let connack = names(&[0x20, 2, 1, 0], Version::V3_1_1);
        assert_eq!(connack, ["reserved flag", "Session Present", "code 0x03"]);
        let publish = names(&[0x3A, 6, 0, 1, b'a', 0, 7, b'x'], Version::V3_1_1);
        assert_eq!(publish, ["RETAIN", "QoS", "topic", "payload", "DUP", "packet identifier"]);
        let puback = names(&[0x40, 2, 0, 7], Version::V5_0);
        assert_eq!(puback, ["reserved flag", "packet identifier", "code 0x83"]);
    }
}
