//! Each violation of the format, provoked by bytes.

use hushwing_core::ProtocolVersion;
use hushwing_core::Violation as V;
use hushwing_core::wire::{FixedHeader, Sender, frame_length, split_frame};

use crate::{V3_1, V3_1_1, V5_0, VERSIONS, decode, hex, packet};

const C: Sender = Sender::Client;
const S: Sender = Sender::Server;

type Case = (ProtocolVersion, Sender, u8, &'static str, V);

/// Version, sender, first byte, body, violation.
#[rustfmt::skip]
const CASES: &[Case] = &[
    // The frame.
    (V3_1_1, C, 0x00, "", V::ReservedPacketType),
    (V3_1_1, C, 0xF0, "", V::ReservedPacketType),
    (V3_1, S, 0xF0, "00 00", V::ReservedPacketType),
    (V5_0, C, 0x11, "0004'MQTT' 05 00 0000 00 0000", V::FixedHeaderFlags),
    (V3_1_1, C, 0x12, "0004'MQTT' 04 02 0000 0000", V::FixedHeaderFlags),
    (V5_0, S, 0x21, "00 00 00", V::FixedHeaderFlags),
    (V3_1_1, C, 0x42, "0001", V::FixedHeaderFlags),
    (V3_1, C, 0xC1, "", V::FixedHeaderFlags),
    (V5_0, S, 0x92, "0001 00 00", V::FixedHeaderFlags),
    (V3_1_1, C, 0x60, "0001", V::PubrelFlags),
    (V3_1, C, 0x60, "0001", V::PubrelFlags),
    (V5_0, C, 0x63, "0001", V::PubrelFlags),
    (V5_0, C, 0x80, "0001 00 0001'a' 00", V::SubscribeFlags),
    (V3_1, C, 0x83, "0001 0001'a' 00", V::SubscribeFlags),
    (V3_1_1, C, 0xA3, "0001 0001'a'", V::UnsubscribeFlags),
    (V3_1_1, C, 0xE1, "", V::DisconnectFlags),
    (V5_0, C, 0xE8, "00 00", V::DisconnectFlags),
    (V5_0, C, 0xF1, "18 04 15 0001'm'", V::AuthFlags),
    (V5_0, C, 0x30, "0001'a' 80 80 80 80 00", V::VariableByteIntegerTooLong),
    (V5_0, C, 0x82, "0001 05 0B FF FF FF FF 7F", V::VariableByteIntegerTooLong),
    (V5_0, C, 0x30, "0001'a' 80 00", V::VariableByteIntegerNotMinimal),
    (V5_0, C, 0x82, "0001 03 0B 81 00 0001'a' 00", V::VariableByteIntegerNotMinimal),
    (V3_1_1, C, 0x30, "0002'a'", V::FieldPastEnd),
    (V3_1_1, C, 0x30, "00", V::FieldPastEnd),
    (V3_1_1, C, 0x32, "0001'a' 00", V::FieldPastEnd),
    (V5_0, C, 0x30, "0001'a'", V::FieldPastEnd),
    (V5_0, C, 0x30, "0001'a' 02 01", V::FieldPastEnd),
    (V5_0, C, 0x30, "0001'a' 01 01", V::FieldPastEnd),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 02 0000", V::FieldPastEnd),
    // [MQTT-3.1.2-19] [MQTT-3.1.2-21] (3.1.1) [MQTT-3.1.2-17] [MQTT-3.1.2-19] (5.0)
    (V3_1_1, C, 0x10, "0004'MQTT' 04 82 0000 0000", V::FieldPastEnd),
    (V5_0, C, 0x10, "0004'MQTT' 05 42 0000 00 0000", V::FieldPastEnd),
    // [MQTT-3.1.2-18] [MQTT-3.1.2-20] (3.1.1) [MQTT-3.1.2-16] [MQTT-3.1.2-18] (5.0)
    (V3_1_1, C, 0x10, "0004'MQTT' 04 02 0000 0000 0001'u'", V::SurplusBytes),
    (V3_1, C, 0x10, "0006'MQIsdp' 03 02 0000 0001'c' 00", V::SurplusBytes),
    (V3_1_1, C, 0x40, "0001 00", V::SurplusBytes),
    (V3_1_1, S, 0xB0, "0001 00", V::SurplusBytes),
    (V3_1_1, C, 0xE0, "00", V::SurplusBytes),
    (V5_0, C, 0x40, "0001 00 00 00", V::SurplusBytes),
    (V5_0, C, 0xE0, "00 00 00", V::SurplusBytes),
    (V5_0, C, 0xC0, "00", V::SurplusBytes),
    (V5_0, S, 0xD0, "00", V::SurplusBytes),
    (V5_0, C, 0x20, "00 00 00", V::ServerOnlyPacket),
    (V3_1_1, C, 0x90, "0001 00", V::ServerOnlyPacket),
    (V3_1_1, C, 0xB0, "0001", V::ServerOnlyPacket),
    (V3_1, C, 0xD0, "", V::ServerOnlyPacket),
    (V5_0, S, 0x10, "0004'MQTT' 05 00 0000 00 0000", V::ClientOnlyPacket),
    (V3_1_1, S, 0x82, "0001 0001'a' 00", V::ClientOnlyPacket),
    (V3_1_1, S, 0xA2, "0001 0001'a'", V::ClientOnlyPacket),
    (V3_1_1, S, 0xC0, "", V::ClientOnlyPacket),
    (V3_1_1, S, 0xE0, "", V::ClientOnlyPacket),

    // Text, in each field that is text.
    (V3_1_1, C, 0x10, "0004'MQTT' 04 02 0000 0002 C328", V::TextNotUtf8),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 06 0000 0000 0001 FF 0000", V::TextNotUtf8),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 82 0000 0000 0001 80", V::TextNotUtf8),
    (V3_1_1, C, 0x30, "0003 EDA080", V::TextNotUtf8),
    (V3_1, C, 0x30, "0002 C080", V::TextNotUtf8),
    (V3_1_1, C, 0x30, "0004 F4908080", V::TextNotUtf8),
    (V3_1_1, C, 0x82, "0001 0001 FF 00", V::TextNotUtf8),
    (V3_1_1, C, 0xA2, "0001 0001 FF", V::TextNotUtf8),
    (V5_0, C, 0x30, "0001'a' 04 03 0001 FF", V::TextNotUtf8),
    (V5_0, C, 0x30, "0001'a' 04 08 0001 FF", V::TextNotUtf8),
    (V5_0, C, 0x40, "0001 00 06 26 0001 FF 0000", V::TextNotUtf8),
    (V5_0, C, 0x40, "0001 00 06 26 0000 0001 FF", V::TextNotUtf8),
    (V5_0, C, 0x40, "0001 00 04 1F 0001 FF", V::TextNotUtf8),
    (V5_0, S, 0x20, "00 00 04 12 0001 FF", V::TextNotUtf8),
    (V5_0, S, 0x20, "00 00 04 1A 0001 FF", V::TextNotUtf8),
    (V5_0, S, 0x20, "00 00 04 1C 0001 FF", V::TextNotUtf8),
    (V5_0, S, 0x20, "00 00 04 15 0001 FF", V::TextNotUtf8),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 02 0000 0001 00", V::TextNul),
    (V5_0, C, 0x10, "0004'MQTT' 05 06 0000 00 0000 00 0001 00 0000", V::TextNul),
    (V5_0, C, 0x10, "0004'MQTT' 05 82 0000 00 0000 0001 00", V::TextNul),
    (V3_1_1, C, 0x30, "0003 610062", V::TextNul),
    (V3_1_1, C, 0x30, "0003 230062", V::TextNul),
    (V3_1_1, C, 0x82, "0001 0002'a'00 00", V::TextNul),
    (V5_0, C, 0xA2, "0001 00 0002'a'00", V::TextNul),
    (V5_0, C, 0xE0, "00 06 26 0001 00 0000", V::TextNul),
    (V5_0, C, 0xE0, "00 06 26 0000 0001 00", V::TextNul),

    // Packet Identifiers.
    (V3_1_1, C, 0x32, "0001'a' 0000", V::PacketIdentifierZero),
    (V5_0, C, 0x34, "0001'a' 0000 00", V::PacketIdentifierZero),
    (V3_1_1, C, 0x40, "0000", V::PacketIdentifierZero),
    (V3_1_1, C, 0x82, "0000 0001'a' 00", V::PacketIdentifierZero),
    (V5_0, C, 0xA2, "0000 00 0001'a'", V::PacketIdentifierZero),
    (V5_0, S, 0x90, "0000 00 00", V::PacketIdentifierZero),
    (V3_1_1, S, 0xB0, "0000", V::PacketIdentifierZero),

    // Properties.
    (V5_0, C, 0x30, "0001'a' 02 00 00", V::PropertyUnknown),
    (V5_0, C, 0x30, "0001'a' 02 2B 00", V::PropertyUnknown),
    (V5_0, C, 0x30, "0001'a' 03 81 01 00", V::PropertyUnknown),
    (V5_0, C, 0x30, "0001'a' 05 11 00000000", V::PropertyNotAllowed),
    (V5_0, S, 0xE0, "00 05 11 00000000", V::PropertyNotAllowed),
    (V5_0, C, 0xE0, "00 04 1C 0001's'", V::PropertyNotAllowed),
    (V5_0, C, 0x30, "0001'a' 04 01 00 01 00", V::PropertyRepeated),
    (V5_0, C, 0x82, "0001 04 0B 01 0B 01 0001'a' 00", V::PropertyRepeated),
    (V5_0, C, 0x10, "0004'MQTT' 05 00 0000 02 17 02 0000", V::PropertyNotBoolean),
    (V5_0, S, 0x20, "00 00 02 2A FF", V::PropertyNotBoolean),
    (V5_0, C, 0x30, "0001'a' 02 01 02", V::PayloadFormatIndicatorInvalid),
    (V5_0, S, 0x20, "00 00 02 24 02", V::MaximumQoSInvalid),
    (V5_0, C, 0x10, "0004'MQTT' 05 00 0000 03 21 0000 0000", V::ReceiveMaximumZero),
    (V5_0, S, 0x20, "00 00 05 27 00000000", V::MaximumPacketSizeZero),
    (V5_0, C, 0x82, "0001 02 0B 00 0001'a' 00", V::SubscriptionIdentifierZero),
    (V5_0, C, 0x30, "0001'a' 02 0B 01", V::SubscriptionIdentifierFromClient),
    (V5_0, C, 0x30, "0001'a' 03 08 0000", V::ResponseTopicEmpty),
    (V5_0, C, 0x30, "0001'a' 04 08 0001'+'", V::ResponseTopicWildcard),
    (V5_0, C, 0x10, "0004'MQTT' 05 06 0000 00 0000 06 08 0003'a/#' 0001'w' 0000", V::ResponseTopicWildcard),
    (V5_0, C, 0x30, "0001'a' 03 23 0000", V::TopicAliasInvalid),
    (V5_0, C, 0x10, "0004'MQTT' 05 00 0000 03 16 0000 0000", V::AuthenticationDataWithoutMethod),
    (V5_0, C, 0xF0, "", V::AuthenticationMethodMissing),
    (V5_0, S, 0xF0, "00 00", V::AuthenticationMethodMissing),

    // Topics.
    (V3_1_1, C, 0x30, "0000 'x'", V::TopicNameEmpty),
    (V3_1, S, 0x30, "0000 'x'", V::TopicNameEmpty),
    (V5_0, C, 0x30, "0000 00", V::TopicNameEmpty),
    (V3_1_1, C, 0x30, "0003'a/+'", V::TopicNameWildcard),
    (V5_0, S, 0x30, "0001'#' 00", V::TopicNameWildcard),
    (V3_1, C, 0x30, "0003'a#b'", V::TopicNameWildcard),
    (V3_1_1, C, 0x82, "0001 0000 00", V::TopicFilterEmpty),
    (V3_1_1, C, 0xA2, "0001 0000", V::TopicFilterEmpty),
    (V3_1_1, C, 0x82, "0001 0002'a#' 00", V::TopicFilterMultiLevelWildcard),
    (V5_0, C, 0xA2, "0001 00 0003'#/a'", V::TopicFilterMultiLevelWildcard),
    (V5_0, C, 0x82, "0001 00 0002'a+' 00", V::TopicFilterSingleLevelWildcard),

    // CONNECT and CONNACK.
    (V3_1_1, C, 0x10, "0004'mqtt' 04 02 0000 0000", V::UnsupportedProtocolName),
    (V3_1_1, C, 0x10, "0000 04 02 0000 0000", V::UnsupportedProtocolName),
    (V3_1_1, C, 0x10, "0004'MQTT' 03 02 0000 0000", V::UnsupportedProtocolVersion),
    (V3_1_1, C, 0x10, "0004'MQTT' 06 02 0000 0000", V::UnsupportedProtocolVersion),
    (V3_1_1, C, 0x10, "0004'MQTT' 84 02 0000 0000", V::UnsupportedProtocolVersion),
    (V3_1, C, 0x10, "0006'MQIsdp' 04 02 0000 0000", V::UnsupportedProtocolVersion),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 03 0000 0000", V::ConnectReservedFlag),
    (V5_0, C, 0x10, "0004'MQTT' 05 01 0000 00 0000", V::ConnectReservedFlag),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 0A 0000 0000", V::WillQoSWithoutWill),
    (V5_0, C, 0x10, "0004'MQTT' 05 12 0000 00 0000", V::WillQoSWithoutWill),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 22 0000 0000", V::WillRetainWithoutWill),
    (V3_1, C, 0x10, "0006'MQIsdp' 03 1E 0000 0001'c' 0001'w' 0000", V::WillQoS3),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 1E 0000 0000 0001'w' 0000", V::WillQoS3),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 06 0000 0000 0000 0000", V::WillTopicEmpty),
    (V5_0, C, 0x10, "0004'MQTT' 05 06 0000 00 0000 00 0003'a/+' 0000", V::WillTopicWildcard),
    (V3_1_1, C, 0x10, "0004'MQTT' 04 42 0000 0000 0000", V::PasswordWithoutUserName),
    (V3_1_1, S, 0x20, "02 00", V::ConnackFlags),
    (V5_0, S, 0x20, "80 00 00", V::ConnackFlags),
    (V3_1_1, S, 0x20, "01 05", V::ConnackSessionPresent),
    (V5_0, S, 0x20, "01 87 00", V::ConnackSessionPresent),
    (V3_1_1, S, 0x20, "00 06", V::ConnackReasonCode),
    (V5_0, S, 0x20, "00 01 00", V::ConnackReasonCode),

    // PUBLISH and its acknowledgements.
    (V3_1_1, C, 0x36, "0001'a' 0001", V::PublishQoS3),
    (V3_1_1, C, 0x38, "0001'a'", V::PublishDuplicateAtQoS0),
    (V5_0, C, 0x40, "0001 01", V::PubackReasonCode),
    (V5_0, C, 0x50, "0001 92 00", V::PubrecReasonCode),
    (V5_0, C, 0x62, "0001 80", V::PubrelReasonCode),
    (V5_0, C, 0x70, "0001 10", V::PubcompReasonCode),

    // SUBSCRIBE and UNSUBSCRIBE.
    (V3_1_1, C, 0x82, "0001", V::SubscribeEmpty),
    (V5_0, C, 0x82, "0001 00", V::SubscribeEmpty),
    (V3_1_1, C, 0x82, "0001 0001'a' 04", V::SubscriptionOptionsReservedBits),
    (V3_1, C, 0x82, "0001 0001'a' 80", V::SubscriptionOptionsReservedBits),
    (V5_0, C, 0x82, "0001 00 0001'a' 40", V::SubscriptionOptionsReservedBits),
    (V3_1_1, C, 0x82, "0001 0001'a' 03", V::SubscriptionQoS3),
    (V5_0, C, 0x82, "0001 00 0001'a' 03", V::SubscriptionQoS3),
    (V5_0, C, 0x82, "0001 00 0001'a' 30", V::RetainHandling3),
    (V3_1_1, S, 0x90, "0001", V::SubackEmpty),
    (V5_0, S, 0x90, "0001 00", V::SubackEmpty),
    (V3_1_1, S, 0x90, "0001 03", V::SubackReasonCode),
    (V3_1_1, S, 0x90, "0001 87", V::SubackReasonCode),
    (V5_0, S, 0x90, "0001 00 00 11", V::SubackReasonCode),
    (V3_1_1, C, 0xA2, "0001", V::UnsubscribeEmpty),
    (V5_0, C, 0xA2, "0001 00", V::UnsubscribeEmpty),
    (V5_0, S, 0xB0, "0001 00", V::UnsubackEmpty),
    (V5_0, S, 0xB0, "0001 00 00 02", V::UnsubackReasonCode),

    // DISCONNECT and AUTH.
    (V5_0, C, 0xE0, "8B", V::DisconnectReasonCode),
    (V5_0, S, 0xE0, "04", V::DisconnectReasonCode),
    (V5_0, C, 0xE0, "03 00", V::DisconnectReasonCode),
    (V5_0, C, 0xF0, "00 04 15 0001'm'", V::AuthReasonCode),
    (V5_0, S, 0xF0, "19 04 15 0001'm'", V::AuthReasonCode),
];

#[test]
fn each_case_is_refused_by_its_name() {
    for &(version, sender, first, body, expected) in CASES {
        let bytes = packet(first, &hex(body));
        assert_eq!(decode(&bytes, version, sender), Err(expected), "{version} {first:02X} {body}");
    }
}

#[test]
fn each_repeated_property_is_refused() {
    let places = [
        // CONNECT
        (C, 0x10, "0004'MQTT' 05 00 0000", "0000", "15 0001'm'"),
        (C, 0x10, "0004'MQTT' 05 00 0000", "0000", "11 00000001"),
        (C, 0x10, "0004'MQTT' 05 00 0000", "0000", "17 00"),
        (C, 0x10, "0004'MQTT' 05 00 0000", "0000", "19 00"),
        (C, 0x10, "0004'MQTT' 05 00 0000", "0000", "21 0001"),
        (C, 0x10, "0004'MQTT' 05 00 0000", "0000", "22 0001"),
        (C, 0x10, "0004'MQTT' 05 00 0000", "0000", "27 00000001"),
        // Will
        (C, 0x10, "0004'MQTT' 05 04 0000 00 0000", "0001'w' 0000", "18 00000001"),
        (C, 0x10, "0004'MQTT' 05 04 0000 00 0000", "0001'w' 0000", "01 00"),
        (C, 0x10, "0004'MQTT' 05 04 0000 00 0000", "0001'w' 0000", "02 00000001"),
        (C, 0x10, "0004'MQTT' 05 04 0000 00 0000", "0001'w' 0000", "03 0000"),
        (C, 0x10, "0004'MQTT' 05 04 0000 00 0000", "0001'w' 0000", "08 0001'a'"),
        (C, 0x10, "0004'MQTT' 05 04 0000 00 0000", "0001'w' 0000", "09 0000"),
        // PUBLISH
        (C, 0x30, "0001'a'", "", "02 00000001"),
        (C, 0x30, "0001'a'", "", "03 0000"),
        (C, 0x30, "0001'a'", "", "08 0001'a'"),
        (C, 0x30, "0001'a'", "", "09 0000"),
        (C, 0x30, "0001'a'", "", "23 0001"),
        // The rest
        (C, 0x40, "0001 00", "", "1F 0000"),
        (C, 0x50, "0001 00", "", "1F 0000"),
        (C, 0x62, "0001 00", "", "1F 0000"),
        (C, 0x70, "0001 00", "", "1F 0000"),
        (S, 0x20, "00 00", "", "13 0001"),
        (S, 0x90, "0001", "00", "1F 0000"),
        (S, 0xB0, "0001", "00", "1F 0000"),
        (C, 0xE0, "00", "", "11 00000001"),
        (S, 0xE0, "00", "", "1C 0000"),
        (C, 0xF0, "18", "", "15 0001'm'"),
    ];
    for (sender, first, before, after, property) in places {
        let (before, property, after) = (hex(before), hex(property), hex(after));
        let with = |properties: &[u8]| {
            let length = [properties.len() as u8];
            packet(first, &[&before[..], &length, properties, &after].concat())
        };
        let once = with(&property);
        assert!(decode(&once, V5_0, sender).is_ok(), "{first:02X} {property:02X?}");
        let twice = with(&[&property[..], &property].concat());
        assert_eq!(decode(&twice, V5_0, sender), Err(V::PropertyRepeated), "{first:02X} {property:02X?}");
    }
}

#[test]
fn a_frame_is_refused_by_its_header() {
    for version in [None, Some(V3_1), Some(V3_1_1), Some(V5_0)] {
        let too_long = hex("30 FF FF FF FF");
        assert_eq!(split_frame(&too_long, version, u32::MAX), Err(V::VariableByteIntegerTooLong));
        assert_eq!(split_frame(&[0x0F], version, u32::MAX), Err(V::ReservedPacketType));
        assert_eq!(split_frame(&[], version, u32::MAX), Ok(None));
        // 268,435,460 bytes are the largest packet that there can be.
        let largest = hex("30 FF FF FF 7F");
        assert_eq!(split_frame(&largest, version, 268_435_460), Ok(None));
        assert_eq!(frame_length(&largest, version, 268_435_460), Ok(Some(268_435_460)));
        assert_eq!(split_frame(&largest, version, 268_435_459), Err(V::PacketTooLarge));
        assert_eq!(frame_length(&largest, version, 268_435_459), Err(V::PacketTooLarge));
        assert_eq!(frame_length(&largest[..4], version, 1), Ok(None));
    }
    let longer_than_needed = hex("C0 80 00");
    assert_eq!(split_frame(&longer_than_needed, Some(V5_0), 9), Err(V::VariableByteIntegerNotMinimal));
    for version in [None, Some(V3_1), Some(V3_1_1)] {
        let frame = split_frame(&longer_than_needed, version, 9).expect("legal").expect("whole");
        assert_eq!((frame.length, frame.header.remaining_length, frame.body), (3, 0, &[][..]));
    }
    let (header, length) = FixedHeader::decode(&hex("3D 81 01"), None).expect("legal").expect("whole");
    assert_eq!((header.flags, header.remaining_length, length), (0x0D, 129, 3));
}

#[test]
fn the_connect_of_5_0_has_a_short_length() {
    let bytes = hex("10 8D 00 0004'MQTT' 05 00 0000 00 0000");
    assert_eq!(decode(&bytes, V5_0, C), Err(V::VariableByteIntegerNotMinimal));
}

/// Violations that take more than one packet, or a limit, to commit: the machine's.
const OF_THE_MACHINE: &[V] = &[
    V::DiscouragedCodePoint,
    V::TopicTooLong,
    V::TopicTooManyLevels,
    V::FilterTooLong,
    V::FilterTooManyLevels,
    V::ShareNameEmpty,
    V::ShareNameInvalid,
    V::SharedSubscriptionNoLocal,
    V::TopicAliasUnknown,
    V::FirstPacketNotConnect,
    V::SecondConnect,
    V::ConnectTimeout,
    V::WillTooLong,
    V::ClientIdentifierEmpty,
    V::ClientIdentifierTooLong,
    V::UserNameTooLong,
    V::QoSNotSupported,
    V::RetainNotSupported,
    V::ReceiveMaximumExceeded,
    V::AcknowledgementOfWrongKind,
    V::WildcardsNotSupported,
    V::SubscriptionIdentifiersNotSupported,
    V::TooManyFilters,
    V::SessionExpiryRaisedAtDisconnect,
    V::AuthWithoutMethod,
    V::AuthenticationMethodChanged,
    V::AuthenticationUnfinished,
    V::AuthUnexpected,
    V::AuthenticationTimeout,
    V::AnswerTimeout,
    V::KeepAliveElapsed,
    V::PacketTooSlow,
    V::OutputStalled,
    V::TooManyUserProperties,
    V::PropertiesTooLong,
    V::AnswerTooLarge,
    V::RetainedQuotaExceeded,
    V::MemoryExhausted,
    V::MessageRateTooHigh,
    V::SharedSubscriptionsNotSupported,
];

#[test]
fn every_violation_of_the_wire_has_a_case() {
    for &violation in V::ALL {
        let has_case = CASES.iter().any(|case| case.4 == violation) || violation == V::PacketTooLarge;
        assert_ne!(has_case, OF_THE_MACHINE.contains(&violation), "{violation:?}");
    }
}

#[test]
fn statements_reasons_and_sentences_are_well_formed() {
    let numbered = |statement: &str| {
        let numbers = statement.strip_prefix("MQTT-").map(|rest| rest.split(['.', '-']));
        numbers.is_some_and(|mut n| n.clone().count() == 4 && n.all(|part| part.parse::<u8>().is_ok()))
    };
    for &violation in V::ALL {
        assert!(violation.reason().is_error(), "{violation:?}");
        let sentence = violation.to_string();
        assert!(sentence.contains(' ') && !sentence.ends_with('.'), "{violation:?}: {sentence}");
        for version in VERSIONS {
            let statement = violation.statement(version);
            let section = statement.strip_prefix(&format!("MQTT {version} section "));
            let known = section.is_some_and(|section| !section.is_empty());
            assert!(known || version != V3_1 && numbered(statement), "{violation:?} {version}: {statement}");
        }
    }
    assert_eq!(V::FirstPacketNotConnect.statement(V3_1_1), "MQTT-3.1.0-1");
    assert_eq!(V::TextNul.statement(V3_1_1), "MQTT-1.5.3-2");
    assert_eq!(V::TextNul.statement(V5_0), "MQTT-1.5.4-2");
}
