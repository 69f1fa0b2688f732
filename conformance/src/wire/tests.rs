use super::property::id;
use super::{
    Connect, Decoded, Outgoing, Packet, Property, Reader, Will, Writer, acknowledge, acknowledge_with,
    decode, disconnect, disconnect_with, pingreq, publish, subscribe, unsubscribe,
};
use crate::version::Version::{self, V3_1, V3_1_1, V5_0};

fn packet(bytes: &[u8], version: Version) -> Packet {
    match decode(bytes, version) {
        Ok(Decoded::Whole(packet, size)) if size == bytes.len() => packet,
        other => panic!("{bytes:02x?}: {other:?}"),
    }
}

fn wrong(bytes: &[u8], version: Version) {
    assert!(decode(bytes, version).is_err(), "{bytes:02x?} in {version:?} was taken");
}

#[test]
fn variable_byte_integers_have_the_bytes_of_the_standard() {
    // Table 1-1 of 5.0.
    for (value, bytes) in [
        (0, &[0x00_u8] as &[u8]),
        (127, &[0x7F]),
        (128, &[0x80, 0x01]),
        (16_383, &[0xFF, 0x7F]),
        (16_384, &[0x80, 0x80, 0x01]),
        (2_097_151, &[0xFF, 0xFF, 0x7F]),
        (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
        (268_435_455, &[0xFF, 0xFF, 0xFF, 0x7F]),
    ] {
        assert_eq!(Writer::new().variable(value).done(), bytes);
        assert_eq!(Reader::new(bytes).variable(), Ok(value));
    }
    for bytes in [&[0x80_u8, 0x00] as &[u8], &[0xFF, 0xFF, 0xFF, 0xFF, 0x01], &[0x80]] {
        assert!(Reader::new(bytes).variable().is_err(), "{bytes:02x?}");
    }
}

#[test]
fn connect_has_the_bytes_of_the_standard() {
    let plain = Connect::new("a");
    assert_eq!(plain.encode(V3_1), b"\x10\x0f\0\x06MQIsdp\x03\x02\0\0\0\x01a");
    assert_eq!(plain.encode(V3_1_1), b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a");
    assert_eq!(plain.encode(V5_0), b"\x10\x0e\0\x04MQTT\x05\x02\0\0\0\0\x01a");
    let full = Connect::new("a")
        .kept()
        .keep_alive(10)
        .will(Will::new("t", "m").qos(1).retain().delay(5))
        .user_name("u")
        .password("p");
    assert_eq!(
        full.encode(V5_0),
        b"\x10\x25\0\x04MQTT\x05\xec\0\x0a\x05\x11\0\0\x0e\x10\0\x01a\x05\x18\0\0\0\x05\0\x01t\0\x01m\0\x01u\0\x01p"
    );
    assert_eq!(full.encode(V3_1_1), b"\x10\x19\0\x04MQTT\x04\xec\0\x0a\0\x01a\0\x01t\0\x01m\0\x01u\0\x01p");
}

#[test]
fn other_packets_have_the_bytes_of_the_standard() {
    let message = publish("a/b").qos(1, 10).payload("x").retain().duplicate().alias(3);
    assert_eq!(message.encode(V3_1_1), b"\x3b\x08\0\x03a/b\0\x0ax");
    assert_eq!(message.encode(V5_0), b"\x3b\x0c\0\x03a/b\0\x0a\x03\x23\0\x03x");
    assert_eq!(publish("a").payload("x").encode(V3_1_1), b"\x30\x04\0\x01ax");
    assert_eq!(subscribe(2).filter("#", 1).encode(V3_1_1), b"\x82\x06\0\x02\0\x01#\x01");
    assert_eq!(
        subscribe(2).filter("#", 1).identifier(200).encode(V5_0),
        b"\x82\x0a\0\x02\x03\x0b\xc8\x01\0\x01#\x01"
    );
    assert_eq!(unsubscribe(2).filter("#").encode(V3_1_1), b"\xa2\x05\0\x02\0\x01#");
    assert_eq!(unsubscribe(2).filter("#").encode(V5_0), b"\xa2\x06\0\x02\0\0\x01#");
    assert_eq!(acknowledge(0x62, 258).encode(V5_0), [0x62, 2, 1, 2]);
    assert_eq!(acknowledge_with(0x40, 1, 0x80, vec![]).encode(V5_0), [0x40, 3, 0, 1, 0x80]);
    assert_eq!(acknowledge_with(0x40, 1, 0x80, vec![]).encode(V3_1_1), [0x40, 2, 0, 1]);
    assert_eq!(pingreq().encode(V5_0), [0xC0, 0]);
    assert_eq!(disconnect().encode(V5_0), [0xE0, 0]);
    let why = Property::text(id::REASON_STRING, "x");
    assert_eq!(disconnect_with(4, vec![why]).encode(V5_0), [0xE0, 6, 4, 4, 0x1F, 0, 1, b'x']);
}

#[test]
fn server_packets_are_decoded() {
    assert_eq!(packet(&[0x20, 2, 1, 0], V3_1_1).to_string(), "CONNACK session present 1 code 0x00");
    assert_eq!(packet(&[0x20, 3, 0, 0x85, 0], V5_0).to_string(), "CONNACK session present 0 code 0x85");
    assert_eq!(packet(b"\x30\x04\0\x01ax", V3_1_1).to_string(), "PUBLISH \"a\" qos 0 payload \"x\"");
    let Packet::Publish(publish) = packet(b"\x3d\x0e\0\x03a/b\0\x0a\x05\x02\0\0\0\x07x", V5_0) else {
        panic!()
    };
    assert_eq!((publish.qos, publish.duplicate, publish.retain), (2, true, true));
    assert_eq!((publish.packet_identifier, publish.size), (10, 16));
    assert_eq!(publish.properties.number(id::MESSAGE_EXPIRY_INTERVAL), Some(7));
    assert_eq!(packet(&[0x40, 2, 0, 9], V5_0).to_string(), "PUBACK id 9 code 0x00");
    assert_eq!(packet(&[0x70, 3, 0, 9, 0x92], V5_0).to_string(), "PUBCOMP id 9 code 0x92");
    assert_eq!(packet(&[0x90, 4, 0, 9, 0, 0x80], V3_1_1).to_string(), "SUBACK id 9 codes [00, 80]");
    assert_eq!(packet(&[0xB0, 5, 0, 9, 0, 0, 0x11], V5_0).to_string(), "UNSUBACK id 9 codes [00, 11]");
    assert_eq!(packet(&[0xD0, 0], V3_1), Packet::Pingresp);
    assert_eq!(packet(&[0xE0, 1, 0x8E], V5_0).to_string(), "DISCONNECT code 0x8E");
}

#[test]
fn a_packet_in_pieces_is_awaited() {
    let whole = b"\x3d\x0e\0\x03a/b\0\x0a\x05\x02\0\0\0\x07x";
    for length in 0..whole.len() {
        assert!(matches!(decode(&whole[..length], V5_0), Ok(Decoded::Partial)), "{length} bytes");
    }
    assert!(matches!(decode(&[0x30, 0x80, 0x80], V5_0), Ok(Decoded::Partial)));
}

#[test]
fn what_a_server_must_not_send_is_an_error() {
    wrong(&[0x20, 2, 2, 0], V3_1_1); // reserved CONNACK flag
    wrong(&[0x20, 2, 1, 0], V3_1); // no Session Present in 3.1
    wrong(&[0x20, 2, 1, 5], V3_1_1); // Session Present with a refusal
    wrong(&[0x20, 2, 0, 6], V3_1_1); // no such return code
    wrong(&[0x20, 2, 0, 0], V5_0); // no Property Length
    wrong(&[0x20, 6, 0, 0, 3, 0x21, 0, 0], V5_0); // Receive Maximum 0
    wrong(&[0x20, 7, 0, 0, 4, 0x25, 1, 0x25, 1], V5_0); // a property twice
    wrong(&[0x22, 2, 0, 0], V3_1_1); // flag bits
    wrong(&[0x36, 5, 0, 1, b'a', 0, 1], V3_1_1); // QoS 3
    wrong(&[0x38, 3, 0, 1, b'a'], V3_1_1); // DUP at QoS 0
    wrong(&[0x32, 5, 0, 1, b'a', 0, 0], V3_1_1); // identifier 0
    wrong(&[0x30, 3, 0, 1, b'+'], V3_1_1); // a wildcard
    wrong(&[0x30, 3, 0, 1, 0xFF], V3_1_1); // not UTF-8
    wrong(&[0x30, 3, 0, 0, 0], V5_0); // no topic, no alias
    wrong(&[0x40, 3, 0, 1, 0x92], V5_0); // not a code of PUBACK
    wrong(&[0x40, 3, 0, 1, 0x00], V3_1_1); // a code before 5.0
    wrong(&[0x60, 2, 0, 1], V3_1_1); // PUBREL flags
    wrong(&[0x90, 3, 0, 1, 0x87], V3_1_1); // not a code of SUBACK in 3.1.1
    wrong(&[0x90, 3, 0, 1, 0x80], V3_1); // no failure in 3.1
    wrong(&[0xE0, 0], V3_1_1); // no DISCONNECT from a server before 5.0
    wrong(&[0xE0, 1, 0x04], V5_0); // a client's code
    wrong(&[0xE0, 7, 0, 5, 0x11, 0, 0, 0, 1], V5_0); // Session Expiry Interval
    wrong(&[0xF0, 1, 0x19], V5_0); // a client's code
    wrong(&[0xC0, 0], V5_0); // PINGREQ
    wrong(&[0xD0, 1, 0], V5_0); // surplus
    wrong(&[0xD0, 0x80, 0x00], V5_0); // Remaining Length longer than it need be
}
