//! Packets written by hand: what they mean, that encoding gives the same bytes, and that no part of one
//! passes for a whole.

use std::num::NonZeroU16;

use hushwing_core::ProtocolVersion;
use hushwing_core::wire::{
    Acknowledgement, Auth, Connack, Connect, Disconnect, Packet, PacketType, Properties, Property, Publish,
    QoS, ReasonCode, RetainHandling, Sender, Suback, Subscribe, SubscribeFiltersBuffer, SubscriptionOptions,
    Unsuback, Will, split_frame,
};

use crate::{SENDERS, V3_1, V3_1_1, V5_0, VERSIONS, decode, hex, packet};

pub(crate) struct Golden {
    pub(crate) version: ProtocolVersion,
    pub(crate) sender: Sender,
    pub(crate) bytes: &'static str,
    /// Lengths at which the body, cut short, still is a packet of its own.
    legal_cuts: &'static [usize],
}

const fn golden(
    version: ProtocolVersion,
    sender: Sender,
    bytes: &'static str,
    legal_cuts: &'static [usize],
) -> Golden {
    Golden { version, sender, bytes, legal_cuts }
}

const C: Sender = Sender::Client;
const S: Sender = Sender::Server;

const CONNECT_3_1_1: &str = "10 1D 0004'MQTT' 04 EE 003C 0002'c1' 0001'w' 0003'bye' 0001'u' 0002 FF00";
const CONNECT_5_0: &str = "10 36 0004'MQTT' 05 F6 FFFF 0D 11 FFFFFFFF 17 00 26 0001'k' 0000 0000 \
    0A 18 00000005 01 01 03 0000 0003'a/b' 0002 0001 0001'u' 0003'pwd'";
const PUBLISH_5_0: &str = "35 2E 0003'a/b' 0102 21 01 01 02 0000003C 03 0004'json' 08 0001'r' 09 0002 00FF \
    23 0007 26 0001'k' 0001'v' 'hello'";
const CONNACK_5_0: &str = "20 4D 01 00 4A 11 00000078 12 0002'id' 13 001E 15 0001'm' 16 0001 AA 1A 0001'i' \
    1C 0001's' 1F 0002'ok' 21 000A 22 0005 24 01 25 00 26 0001'k' 0001'v' 27 00100000 28 00 29 00 2A 00 \
    26 0001'k' 0001'w' 26 0000 0000";
const SUBSCRIBE_5_0: &str = "82 1D 000A 0A 0B FFFFFF7F 26 0000 0000 0003'a/+' 2E 0001'#' 11 0003'$x/' 00";

pub(crate) const ALL: &[Golden] = &[
    golden(V3_1, C, "10 10 0006'MQIsdp' 03 02 000A 0002'c1'", &[]),
    // In 3.1 the texts that the flags announce may be missing.
    golden(V3_1, C, "10 16 0006'MQIsdp' 03 C2 000A 0002'c1' 0001'u' 0001'p'", &[16, 19]),
    golden(V3_1_1, C, "10 0C 0004'MQTT' 04 02 0000 0000", &[]),
    golden(V3_1_1, C, CONNECT_3_1_1, &[]),
    golden(V5_0, C, "10 0D 0004'MQTT' 05 00 0000 00 0000", &[]),
    golden(V5_0, C, CONNECT_5_0, &[]),
    golden(V5_0, C, "10 17 0004'MQTT' 05 02 0000 07 15 0001'm' 16 0000 0003'abc'", &[]),
    golden(V5_0, C, "10 0F 0004'MQTT' 05 40 0000 00 0000 0000", &[]),
    golden(V3_1, S, "20 02 00 00", &[]),
    golden(V3_1_1, S, "20 02 01 00", &[]),
    golden(V3_1_1, S, "20 02 00 05", &[]),
    golden(V5_0, S, "20 03 00 87 00", &[]),
    golden(V5_0, S, CONNACK_5_0, &[]),
    golden(V3_1_1, C, "30 05 0001'a' 'hi'", &[3, 4]),
    golden(V3_1_1, S, "3B 06 0001'a' 0001 00", &[5]),
    golden(V3_1_1, C, "3D 05 0001'/' FFFF", &[]),
    golden(V5_0, C, PUBLISH_5_0, &[41, 42, 43, 44, 45]),
    golden(V5_0, C, "30 06 0000 03 23 FFFF", &[]),
    golden(V5_0, S, "31 09 0001'a' 05 0B 01 0B 80 01", &[]),
    golden(V3_1_1, C, "40 02 0001", &[]),
    golden(V5_0, C, "40 02 FFFF", &[]),
    golden(V5_0, S, "40 03 0001 10", &[2]),
    golden(V5_0, C, "50 0C 0001 97 08 26 0001'a' 0002'bc'", &[2, 3]),
    golden(V5_0, S, "62 03 0001 92", &[2]),
    golden(V5_0, C, "70 08 0001 92 04 1F 0001'x'", &[2, 3]),
    golden(V3_1, C, "82 02 0001", &[]),
    golden(V3_1_1, C, "82 0C 0001 0003'a/b' 01 0001'#' 02", &[8]),
    golden(V5_0, C, SUBSCRIBE_5_0, &[19, 23]),
    golden(V3_1_1, S, "90 05 0001 00 02 80", &[3, 4]),
    golden(V5_0, S, "90 07 0001 00 02 87 A2 00", &[4, 5, 6]),
    golden(V3_1_1, C, "A2 0A 0001 0003'a/b' 0001'#'", &[7]),
    golden(V5_0, C, "A2 0F 0001 07 26 0001'k' 0001'v' 0003'+/b'", &[]),
    golden(V3_1_1, S, "B0 02 0001", &[]),
    golden(V5_0, S, "B0 05 0001 00 11 8F", &[4]),
    golden(V3_1_1, C, "C0 00", &[]),
    golden(V5_0, S, "D0 00", &[]),
    golden(V3_1_1, C, "E0 00", &[]),
    golden(V5_0, C, "E0 01 04", &[0]),
    golden(V5_0, C, "E0 07 00 05 11 00000000", &[0, 1]),
    golden(V5_0, S, "E0 08 9C 06 1C 0003'b:1'", &[0, 1]),
    golden(V5_0, C, "F0 0A 18 08 15 0001'm' 16 0001 00", &[]),
    golden(V5_0, S, "F0 06 00 04 15 0001'm'", &[]),
];

impl Golden {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        hex(self.bytes)
    }
}

#[test]
fn encoding_gives_the_same_bytes() {
    for golden in ALL {
        let bytes = golden.bytes();
        let packet = decode(&bytes, golden.version, golden.sender)
            .unwrap_or_else(|violation| panic!("{}: {violation}", golden.bytes));
        let mut encoded = vec![7];
        packet.encode(golden.version, &mut encoded);
        assert_eq!(encoded[0], 7, "{}: encode appends", golden.bytes);
        assert_eq!(encoded[1..], bytes, "{}", golden.bytes);
        assert_eq!(packet.encoded_length(golden.version), bytes.len(), "{}", golden.bytes);
    }
}

#[test]
fn every_packet_type_of_every_version_is_here() {
    for version in VERSIONS {
        for packet_type in PacketType::ALL {
            let there = ALL.iter().any(|golden| {
                (golden.version == version || version == V3_1)
                    && golden.bytes()[0] >> 4 == packet_type.nibble()
            });
            let other_version_is_the_same = version != V5_0 && packet_type == PacketType::Auth
                || matches!(packet_type, PacketType::Pubrec | PacketType::Pubrel | PacketType::Pubcomp)
                || matches!(packet_type, PacketType::Pingreq | PacketType::Pingresp);
            assert!(there || other_version_is_the_same, "{version} {packet_type:?}");
        }
    }
}

#[test]
fn a_body_cut_short_is_refused() {
    for golden in ALL {
        let bytes = golden.bytes();
        let header_length = if bytes[1] & 0x80 == 0 { 2 } else { 3 };
        let body = &bytes[header_length..];
        for length in 0..body.len() {
            let cut = packet(bytes[0], &body[..length]);
            let result = decode(&cut, golden.version, golden.sender);
            let legal = golden.legal_cuts.contains(&length);
            assert_eq!(result.is_ok(), legal, "{} cut at {length}: {result:?}", golden.bytes);
        }
    }
}

#[test]
fn a_byte_too_many_is_refused() {
    for golden in ALL {
        let bytes = golden.bytes();
        let header_length = if bytes[1] & 0x80 == 0 { 2 } else { 3 };
        let longer = packet(bytes[0], &[&bytes[header_length..], &[0xC1]].concat());
        let is_publish = bytes[0] >> 4 == 3;
        let result = decode(&longer, golden.version, golden.sender);
        // What follows the topic and the properties of a PUBLISH is payload.
        assert_eq!(result.is_ok(), is_publish, "{} and one byte: {result:?}", golden.bytes);
    }
}

#[test]
fn any_change_of_a_byte_does_no_harm() {
    for golden in ALL {
        let bytes = golden.bytes();
        for place in 0..bytes.len() {
            let old = bytes[place];
            for new in [old.wrapping_add(1), old.wrapping_sub(1), 0, 0x7F, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[place] = new;
                harmless(&changed);
                // A length of two bytes at once.
                if let Some(next) = changed.get_mut(place + 1) {
                    *next = new;
                    harmless(&changed);
                }
            }
        }
    }
}

/// Decodes as every version from every side. What is accepted has to survive its own encoding.
pub(crate) fn harmless(bytes: &[u8]) {
    for version in VERSIONS {
        for known in [None, Some(version)] {
            let Ok(Some(frame)) = split_frame(bytes, known, u32::MAX) else { continue };
            assert!(frame.length <= bytes.len());
            for sender in SENDERS {
                let Ok(packet) = Packet::decode(&frame, version, sender) else { continue };
                let version = if let Packet::Connect(connect) = packet { connect.version } else { version };
                let mut encoded = Vec::new();
                packet.encode(version, &mut encoded);
                assert_eq!(encoded.len(), packet.encoded_length(version));
                assert_eq!(decode(&encoded, version, sender), Ok(packet), "{bytes:02X?}");
            }
        }
    }
}

fn id(value: u16) -> NonZeroU16 {
    NonZeroU16::new(value).expect("not 0")
}

#[test]
fn connect_means_what_it_says() {
    let bytes = hex(CONNECT_3_1_1);
    let expected = Connect {
        version: V3_1_1,
        clean_start: true,
        keep_alive_seconds: 60,
        client_identifier: "c1",
        properties: Properties::EMPTY,
        will: Some(Will {
            topic: "w",
            payload: b"bye",
            qos: QoS::AtLeastOnce,
            retain: true,
            properties: Properties::EMPTY,
        }),
        user_name: Some("u"),
        password: Some(&[0xFF, 0]),
    };
    // The version that the receiver thinks of plays no part.
    assert_eq!(decode(&bytes, V5_0, C), Ok(Packet::Connect(expected)));
}

#[test]
fn connect_of_5_0_has_properties_and_will_properties() {
    let bytes = hex(CONNECT_5_0);
    let Ok(Packet::Connect(connect)) = decode(&bytes, V3_1, C) else { panic!() };
    assert_eq!((connect.version, connect.clean_start, connect.keep_alive_seconds), (V5_0, true, 65_535));
    assert_eq!(connect.properties.session_expiry_interval(), Some(u32::MAX));
    assert_eq!(connect.properties.request_problem_information(), Some(false));
    assert_eq!(connect.properties.receive_maximum(), None);
    assert_eq!(connect.properties.user_properties().collect::<Vec<_>>(), [("k", "")]);
    let will = connect.will.expect("a will");
    assert_eq!(
        (will.topic, will.payload, will.qos, will.retain),
        ("a/b", &[0, 1][..], QoS::ExactlyOnce, true)
    );
    assert_eq!(will.properties.will_delay_interval(), Some(5));
    assert_eq!(will.properties.payload_format_indicator(), Some(1));
    assert_eq!(will.properties.content_type(), Some(""));
    assert_eq!((connect.client_identifier, connect.user_name), ("", Some("u")));
    assert_eq!(connect.password, Some(&b"pwd"[..]));
    assert!(!format!("{connect:?}").contains("pwd"), "the password stays out of logs");
    assert!(!format!("{connect:?}").contains("112, 119, 100"), "in numbers, too");
}

#[test]
fn connect_of_3_1_may_leave_out_what_its_flags_announce() {
    let bytes = hex("10 13 0006'MQIsdp' 03 C0 000A 0002'c1' 0001'u'");
    let Ok(Packet::Connect(connect)) = decode(&bytes, V5_0, C) else { panic!() };
    assert_eq!((connect.version, connect.clean_start), (V3_1, false));
    assert_eq!((connect.user_name, connect.password), (Some("u"), None));
    // Reserved flags, and Will QoS and Will Retain without a Will, mean nothing there.
    let bytes = hex("1F 10 0006'MQIsdp' 03 3B 000A 0002'c1'");
    let Ok(Packet::Connect(connect)) = decode(&bytes, V5_0, C) else { panic!() };
    assert_eq!((connect.clean_start, connect.will), (true, None));
}

#[test]
fn connack_means_what_it_says() {
    let bytes = hex(CONNACK_5_0);
    let Ok(Packet::Connack(Connack { session_present, reason, properties })) = decode(&bytes, V5_0, S) else {
        panic!()
    };
    assert_eq!((session_present, reason), (true, ReasonCode::Success));
    assert_eq!(properties.session_expiry_interval(), Some(120));
    assert_eq!(properties.assigned_client_identifier(), Some("id"));
    assert_eq!(properties.server_keep_alive(), Some(30));
    assert_eq!(properties.authentication_method(), Some("m"));
    assert_eq!(properties.authentication_data(), Some(&[0xAA][..]));
    assert_eq!(properties.response_information(), Some("i"));
    assert_eq!(properties.server_reference(), Some("s"));
    assert_eq!(properties.reason_string(), Some("ok"));
    assert_eq!(properties.receive_maximum(), Some(10));
    assert_eq!(properties.topic_alias_maximum(), Some(5));
    assert_eq!(properties.maximum_qos(), Some(QoS::AtLeastOnce));
    assert_eq!(properties.retain_available(), Some(false));
    assert_eq!(properties.maximum_packet_size(), Some(0x10_0000));
    assert_eq!(properties.wildcard_subscription_available(), Some(false));
    assert_eq!(properties.subscription_identifier_available(), Some(false));
    assert_eq!(properties.shared_subscription_available(), Some(false));
    assert_eq!(properties.user_properties().collect::<Vec<_>>(), [("k", "v"), ("k", "w"), ("", "")]);
    assert_eq!(properties.topic_alias(), None);
    let texts: Vec<_> = properties.texts().collect();
    assert_eq!(texts, ["id", "m", "i", "s", "ok", "k", "v", "k", "w", "", ""]);
    assert_eq!(properties.iter().count(), 19);
}

#[test]
fn connack_before_5_0_has_return_codes() {
    use ReasonCode as R;
    let codes = [
        (0, R::Success),
        (1, R::UnsupportedProtocolVersion),
        (2, R::ClientIdentifierNotValid),
        (3, R::ServerUnavailable),
        (4, R::BadUserNameOrPassword),
        (5, R::NotAuthorized),
    ];
    for (code, reason) in codes {
        let bytes = [0x20, 2, 0, code];
        let expected = Connack { session_present: false, reason, properties: Properties::EMPTY };
        assert_eq!(decode(&bytes, V3_1_1, S), Ok(Packet::Connack(expected)));
    }
    // 3.1 has no Session Present, and a refusal has none in any version.
    for (version, reason, expected) in [
        (V3_1, R::Success, "20 02 00 00"),
        (V3_1_1, R::Banned, "20 02 00 05"),
        (V5_0, R::Banned, "20 03 00 8A 00"),
    ] {
        let connack = Connack { session_present: true, reason, properties: Properties::EMPTY };
        let mut bytes = Vec::new();
        Packet::Connack(connack).encode(version, &mut bytes);
        assert_eq!(bytes, hex(expected));
    }
    let bytes = hex("20 02 FF 00");
    let Ok(Packet::Connack(connack)) = decode(&bytes, V3_1, S) else { panic!("the byte is unused in 3.1") };
    assert!(!connack.session_present);
}

#[test]
fn what_a_version_does_not_have_is_not_encoded() {
    let unknown =
        Connack { session_present: false, reason: ReasonCode::QuotaExceeded, properties: Properties::EMPTY };
    let auth = Auth { reason: ReasonCode::Success, properties: Properties::EMPTY };
    for version in [V3_1, V3_1_1] {
        for packet in [Packet::Connack(unknown), Packet::Auth(auth)] {
            let mut bytes = Vec::new();
            packet.encode(version, &mut bytes);
            assert_eq!((bytes.len(), packet.encoded_length(version)), (0, 0));
        }
    }
}

#[test]
fn publish_means_what_it_says() {
    let bytes = hex(PUBLISH_5_0);
    let Ok(Packet::Publish(publish)) = decode(&bytes, V5_0, C) else { panic!() };
    let Publish { duplicate, qos, retain, topic, packet_identifier, properties, payload } = publish;
    assert_eq!((duplicate, qos, retain), (false, QoS::ExactlyOnce, true));
    assert_eq!((topic, packet_identifier, payload), ("a/b", Some(id(0x0102)), &b"hello"[..]));
    assert_eq!(properties.payload_format_indicator(), Some(1));
    assert_eq!(properties.message_expiry_interval(), Some(60));
    assert_eq!(properties.content_type(), Some("json"));
    assert_eq!(properties.response_topic(), Some("r"));
    assert_eq!(properties.correlation_data(), Some(&[0, 0xFF][..]));
    assert_eq!(properties.topic_alias(), Some(7));
    assert_eq!(properties.into_iter().last(), Some(Property::UserProperty("k", "v")));
    assert_eq!(properties.texts().collect::<Vec<_>>(), ["json", "r", "k", "v"]);

    let bytes = hex("3B 05 0001'a' 0001");
    let Ok(Packet::Publish(publish)) = decode(&bytes, V3_1_1, S) else { panic!() };
    assert_eq!((publish.duplicate, publish.qos, publish.retain), (true, QoS::AtLeastOnce, true));
}

#[test]
fn publish_of_a_server_has_subscription_identifiers() {
    let bytes = hex("31 09 0001'a' 05 0B 01 0B 80 01");
    let Ok(Packet::Publish(publish)) = decode(&bytes, V5_0, S) else { panic!() };
    assert_eq!(publish.properties.subscription_identifier(), Some(1));
    assert_eq!(publish.properties.subscription_identifiers().collect::<Vec<_>>(), [1, 128]);
}

#[test]
fn acknowledgements_mean_what_they_say() {
    let bytes = hex("50 0C 0001 97 08 26 0001'a' 0002'bc'");
    let Ok(Packet::Pubrec(pubrec)) = decode(&bytes, V5_0, C) else { panic!() };
    assert_eq!((pubrec.packet_identifier, pubrec.reason), (id(1), ReasonCode::QuotaExceeded));
    assert_eq!(pubrec.properties.user_properties().collect::<Vec<_>>(), [("a", "bc")]);
    // 5.0 may spell out what it may leave out.
    for bytes in ["40 02 0001", "40 03 0001 00", "40 04 0001 00 00"] {
        let bytes = hex(bytes);
        let expected = Acknowledgement::new(id(1), ReasonCode::Success);
        assert_eq!(decode(&bytes, V5_0, S), Ok(Packet::Puback(expected)));
    }
    for bytes in ["E0 00", "E0 01 00", "E0 02 00 00"] {
        let bytes = hex(bytes);
        let expected = Disconnect { reason: ReasonCode::Success, properties: Properties::EMPTY };
        assert_eq!(decode(&bytes, V5_0, S), Ok(Packet::Disconnect(expected)));
    }
}

#[test]
fn subscribe_means_what_it_says() {
    let bytes = hex(SUBSCRIBE_5_0);
    let Ok(Packet::Subscribe(subscribe)) = decode(&bytes, V5_0, C) else { panic!() };
    assert_eq!(subscribe.properties.subscription_identifier(), Some(268_435_455));
    let filters: Vec<_> = subscribe.filters.iter().collect();
    let options = |qos, no_local, retain_as_published, retain_handling| SubscriptionOptions {
        qos,
        no_local,
        retain_as_published,
        retain_handling,
    };
    let first = options(QoS::ExactlyOnce, true, true, RetainHandling::DoNotSend);
    let second = options(QoS::AtLeastOnce, false, false, RetainHandling::SendIfNew);
    assert_eq!(filters, [("a/+", first), ("#", second), ("$x/", SubscriptionOptions::default())]);
    assert_eq!((subscribe.filters.len(), subscribe.filters.is_empty()), (3, false));
}

#[test]
fn subscribe_before_5_0_has_only_the_qos() {
    let every = SubscriptionOptions {
        qos: QoS::AtLeastOnce,
        no_local: true,
        retain_as_published: true,
        retain_handling: RetainHandling::DoNotSend,
    };
    for (version, expected) in [(V3_1, 0x01), (V3_1_1, 0x01), (V5_0, 0x2D)] {
        let mut buffer = SubscribeFiltersBuffer::new();
        buffer.push("a", every, version);
        let packet = Packet::Subscribe(Subscribe {
            packet_identifier: id(1),
            properties: Properties::EMPTY,
            filters: buffer.as_filters(),
        });
        let mut bytes = Vec::new();
        packet.encode(version, &mut bytes);
        assert_eq!(bytes.last(), Some(&expected), "{version}");
    }
}

#[test]
fn subscribe_and_its_kin_of_3_1_may_carry_dup() {
    for (bytes, version, legal) in [
        ("8A 06 0001 0001'a' 00", V3_1, true),
        ("AA 05 0001 0001'a'", V3_1, true),
        ("6A 02 0001", V3_1, true),
        ("8A 06 0001 0001'a' 00", V3_1_1, false),
        ("AA 05 0001 0001'a'", V3_1_1, false),
        ("6A 02 0001", V3_1_1, false),
        ("C8 00", V3_1, false),
    ] {
        assert_eq!(decode(&hex(bytes), version, C).is_ok(), legal, "{version} {bytes}");
    }
}

#[test]
fn the_other_lists_mean_what_they_say() {
    let bytes = hex("90 07 0001 00 02 87 A2 00");
    let reasons = &[2, 0x87, 0xA2, 0][..];
    let expected = Suback { packet_identifier: id(1), properties: Properties::EMPTY, reasons };
    assert_eq!(decode(&bytes, V5_0, S), Ok(Packet::Suback(expected)));

    let bytes = hex("B0 05 0001 00 11 8F");
    let reasons = &[0x11, 0x8F][..];
    let expected = Unsuback { packet_identifier: id(1), properties: Properties::EMPTY, reasons };
    assert_eq!(decode(&bytes, V5_0, S), Ok(Packet::Unsuback(expected)));

    let bytes = hex("A2 0A 0001 0003'a/b' 0001'#'");
    let Ok(Packet::Unsubscribe(unsubscribe)) = decode(&bytes, V3_1, C) else { panic!() };
    assert_eq!(unsubscribe.filters.iter().collect::<Vec<_>>(), ["a/b", "#"]);
    assert_eq!((unsubscribe.filters.len(), unsubscribe.filters.is_empty()), (2, false));
}

#[test]
fn lists_may_be_empty_in_3_1() {
    for (bytes, sender) in [("82 02 0001", C), ("A2 02 0001", C), ("90 02 0001", S)] {
        assert!(decode(&hex(bytes), V3_1, sender).is_ok(), "{bytes}");
        assert!(decode(&hex(bytes), V3_1_1, sender).is_err(), "{bytes}");
    }
}

#[test]
fn a_long_remaining_length_may_stand_before_5_0() {
    for (bytes, version, legal) in [
        ("30 85 00 0001'a' 'hi'", V3_1, true),
        ("30 85 00 0001'a' 'hi'", V3_1_1, true),
        ("30 84 00 0001'a' 00", V5_0, false),
        // The version of a CONNECT is not known when its length is read.
        ("10 8C 80 00 0004'MQTT' 04 02 0000 0000", V3_1_1, true),
        ("10 8D 00 0004'MQTT' 05 02 0000 00 0000", V5_0, false),
    ] {
        assert_eq!(decode(&hex(bytes), version, C).is_ok(), legal, "{version} {bytes}");
    }
}
