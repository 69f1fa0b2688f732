//! Encoding within the receiver's Maximum Packet Size, and what is too long for its field.

use std::num::NonZeroU16;

use hushwing_core::wire::{
    Acknowledgement, Auth, Connack, Disconnect, Packet, Properties, PropertiesBuffer, Property, Publish, QoS,
    ReasonCode, Sender, Suback, TooLarge, Unsuback, variable_byte_integer,
};

use crate::{V3_1_1, V5_0, decode};

fn properties() -> PropertiesBuffer {
    let mut buffer = PropertiesBuffer::new();
    buffer.push(Property::UserProperty("first", "1"));
    buffer.push(Property::ReasonString("because"));
    buffer.push(Property::UserProperty("second", "2"));
    buffer
}

fn encode_within(packet: Packet<'_>, maximum: u32) -> Result<Vec<u8>, TooLarge> {
    let mut out = vec![0xAA];
    let result = packet.encode_within(V5_0, maximum, &mut out);
    assert_eq!(out.remove(0), 0xAA, "it appends");
    if result.is_err() {
        assert_eq!(out, [], "what does not fit leaves nothing behind");
    }
    result.map(|()| out)
}

fn properties_of<'a>(packet: &Packet<'a>) -> Properties<'a> {
    match packet {
        Packet::Connack(packet) => packet.properties,
        Packet::Puback(packet)
        | Packet::Pubrec(packet)
        | Packet::Pubrel(packet)
        | Packet::Pubcomp(packet) => packet.properties,
        Packet::Suback(packet) => packet.properties,
        Packet::Unsuback(packet) => packet.properties,
        Packet::Disconnect(packet) => packet.properties,
        Packet::Auth(packet) => packet.properties,
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_lose_user_properties_then_the_reason_string() {
    let buffer = properties();
    let properties = buffer.as_properties();
    let mut with_method = buffer.clone();
    with_method.push(Property::AuthenticationMethod("m"));
    let packet_identifier = NonZeroU16::MIN;
    let acknowledgement = |reason| Acknowledgement { packet_identifier, reason, properties };
    let reason = ReasonCode::QuotaExceeded;
    for packet in [
        Packet::Connack(Connack { session_present: false, reason, properties }),
        Packet::Puback(acknowledgement(reason)),
        Packet::Pubrec(acknowledgement(ReasonCode::Success)),
        Packet::Pubrel(acknowledgement(ReasonCode::PacketIdentifierNotFound)),
        Packet::Pubcomp(acknowledgement(ReasonCode::Success)),
        Packet::Suback(Suback { packet_identifier, properties, reasons: &[0, 0x97] }),
        Packet::Unsuback(Unsuback { packet_identifier, properties, reasons: &[0, 0x11] }),
        Packet::Disconnect(Disconnect { reason, properties }),
        Packet::Auth(Auth {
            reason: ReasonCode::ContinueAuthentication,
            properties: with_method.as_properties(),
        }),
    ] {
        let sender = if matches!(packet, Packet::Auth(_)) { Sender::Client } else { Sender::Server };
        let whole = packet.encoded_length(V5_0);
        let mut seen = [false; 3];
        for maximum in 0..=whole + 1 {
            let Ok(bytes) = encode_within(packet, maximum as u32) else {
                assert_eq!(seen, [false; 3], "{packet:?}: what fitted in less fits in {maximum}");
                continue;
            };
            assert!(bytes.len() <= maximum, "{packet:?}");
            let decoded = decode(&bytes, V5_0, sender).expect("what is encoded is legal");
            let left = properties_of(&decoded);
            let kept = (left.user_properties().count(), left.reason_string().is_some());
            let stage = match kept {
                (0, false) => 0,
                (0, true) => 1,
                (2, true) => 2,
                other => panic!("{packet:?} at {maximum}: {other:?}"),
            };
            seen[stage] = true;
            assert_eq!(stage == 2, maximum >= whole, "{packet:?} at {maximum}");
            assert_eq!(left.authentication_method().is_some(), matches!(packet, Packet::Auth(_)));
        }
        assert_eq!(seen, [true; 3], "{packet:?}");
    }
}

#[test]
fn other_packets_lose_nothing() {
    let buffer = properties();
    let publish = Packet::Publish(Publish {
        duplicate: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: "a",
        packet_identifier: None,
        properties: Properties::from_validated(&buffer.as_properties().as_bytes()[..13]),
        payload: b"12345",
    });
    let length = publish.encoded_length(V5_0) as u32;
    assert_eq!(encode_within(publish, length - 1), Err(TooLarge));
    assert_eq!(encode_within(publish, length).map(|bytes| bytes.len()), Ok(length as usize));
    assert_eq!(encode_within(Packet::Pingresp, 1), Err(TooLarge));
    assert_eq!(encode_within(Packet::Pingresp, 2), Ok(vec![0xD0, 0]));
}

#[test]
fn a_packet_beyond_the_protocol_is_not_encoded() {
    let payload = vec![0; variable_byte_integer::MAXIMUM as usize - 2];
    let mut publish = Publish {
        duplicate: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: "a",
        packet_identifier: None,
        properties: Properties::EMPTY,
        payload: &payload,
    };
    let mut out = Vec::new();
    publish.encode_head(V3_1_1, &mut out);
    assert_eq!(out, []);
    let packet = Packet::Publish(publish);
    assert_eq!(packet.encode_within(V3_1_1, u32::MAX, &mut out), Err(TooLarge));
    packet.encode(V3_1_1, &mut out);
    assert_eq!(out, []);
    publish.payload = &payload[1..];
    publish.encode_head(V3_1_1, &mut out);
    assert_eq!(out, [0x30, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1, b'a']);
}

#[test]
fn what_is_too_long_for_its_field_is_cut_between_characters() {
    let long = format!("{}é", "a".repeat(65_534));
    let mut buffer = PropertiesBuffer::new();
    buffer.push(Property::ReasonString(&long));
    assert_eq!(buffer.as_properties().reason_string(), Some(&long[..65_534]));
    let mut buffer = PropertiesBuffer::new();
    buffer.push(Property::CorrelationData(&[1; 70_000]));
    assert_eq!(buffer.as_properties().correlation_data(), Some(&[1; 65_535][..]));

    let publish = Packet::Publish(Publish {
        duplicate: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: &long,
        packet_identifier: None,
        properties: Properties::EMPTY,
        payload: b"x",
    });
    let mut out = Vec::new();
    publish.encode(V3_1_1, &mut out);
    assert_eq!(out.len(), publish.encoded_length(V3_1_1));
    let Ok(Packet::Publish(decoded)) = decode(&out, V3_1_1, Sender::Client) else { panic!() };
    assert_eq!((decoded.topic, decoded.payload), (&long[..65_534], &b"x"[..]));
}

#[test]
fn bytes_that_are_no_properties_end_the_reading() {
    let properties = Properties::from_validated(&[0x01, 0x01, 0xFF, 0x23, 0x00, 0x01]);
    assert_eq!(properties.iter().collect::<Vec<_>>(), [Property::PayloadFormatIndicator(1)]);
    assert_eq!((properties.topic_alias(), properties.payload_format_indicator()), (None, Some(1)));
}
