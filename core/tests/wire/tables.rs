//! The tables of the standard: reason codes by packet, properties by packet.

use std::collections::BTreeSet;

use hushwing_core::Violation;
use hushwing_core::wire::{
    PacketType as T, PropertyContext as P, PropertyIdentifier, QoS, ReasonCode, RetainHandling, Sender,
    SubscriptionOptions,
};

use crate::{V5_0, decode, hex, packet};

const C: Sender = Sender::Client;
const S: Sender = Sender::Server;

const CONNACK: &str = "00 80 81 82 83 84 85 86 87 88 89 8A 8C 90 95 97 99 9A 9B 9C 9D 9F";
const PUBACK: &str = "00 10 80 83 87 90 91 97 99";
const SUBACK: &str = "00 01 02 80 83 87 8F 91 97 9E A1 A2";
const UNSUBACK: &str = "00 11 80 83 87 8F 91";
const DISCONNECT_S: &str =
    "00 80 81 82 83 87 89 8B 8D 8E 8F 90 93 94 95 96 97 98 99 9A 9B 9C 9D 9E 9F A0 A1 A2";
// Table 3-10, and 9B, which section 3.3.4 has a client send.
const DISCONNECT_C: &str = "00 04 80 81 82 83 90 93 94 95 96 97 98 99 9B";

/// 5.0 Tables 3-1 and 3-4 to 3-11: who sends which code in which packet; and the packet before and after it.
const REASONS: &[(T, Sender, &str, &str, &str, &str)] = &[
    (T::Connack, S, CONNACK, "20", "00", "00"),
    (T::Puback, C, PUBACK, "40", "0001", ""),
    (T::Puback, S, PUBACK, "40", "0001", ""),
    (T::Pubrec, C, PUBACK, "50", "0001", "00"),
    (T::Pubrec, S, PUBACK, "50", "0001", ""),
    (T::Pubrel, C, "00 92", "62", "0001", ""),
    (T::Pubrel, S, "00 92", "62", "0001", ""),
    (T::Pubcomp, C, "00 92", "70", "0001", ""),
    (T::Pubcomp, S, "00 92", "70", "0001", ""),
    (T::Suback, S, SUBACK, "90", "0001 00", ""),
    (T::Unsuback, S, UNSUBACK, "B0", "0001 00", ""),
    (T::Disconnect, S, DISCONNECT_S, "E0", "", ""),
    (T::Disconnect, C, DISCONNECT_C, "E0", "", "00"),
    (T::Auth, S, "00 18", "F0", "", "04 15 0001'm'"),
    (T::Auth, C, "18 19", "F0", "", "04 15 0001'm'"),
];

#[test]
fn reason_codes_are_those_of_the_packet() {
    for &(packet_type, sender, expected, first, before, after) in REASONS {
        let expected = hex(expected);
        for byte in 0..=255 {
            let allowed = ReasonCode::from_byte(byte).is_some_and(|r| r.allowed_in(packet_type, sender));
            assert_eq!(allowed, expected.contains(&byte), "{packet_type:?} {sender:?} {byte:02X}");
            let body = [&hex(before)[..], &[byte], &hex(after)].concat();
            let decoded = decode(&packet(hex(first)[0], &body), V5_0, sender).is_ok();
            assert_eq!(decoded, allowed, "{packet_type:?} {sender:?} {byte:02X}");
        }
    }
    for packet_type in [T::Connect, T::Publish, T::Subscribe, T::Unsubscribe, T::Pingreq, T::Pingresp] {
        assert!(ReasonCode::ALL.iter().all(|reason| !reason.allowed_in(packet_type, S)));
    }
}

#[test]
fn reason_codes_are_those_of_the_standard() {
    let all = "00 01 02 04 10 11 18 19 80 81 82 83 84 85 86 87 88 89 8A 8B 8C 8D 8E 8F 90 91 92 93 94 95 96 \
        97 98 99 9A 9B 9C 9D 9E 9F A0 A1 A2";
    let numbers: Vec<u8> = ReasonCode::ALL.iter().map(|reason| reason.byte()).collect();
    assert_eq!(numbers, hex(all));
    for byte in 0..=255 {
        assert_eq!(
            ReasonCode::from_byte(byte).map(ReasonCode::byte),
            numbers.contains(&byte).then_some(byte)
        );
    }
    assert!(ReasonCode::ALL.iter().all(|reason| reason.is_error() == (reason.byte() >= 0x80)));
    let names: BTreeSet<String> = ReasonCode::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), ReasonCode::ALL.len());
    assert_eq!(ReasonCode::ClientIdentifierNotValid.to_string(), "Client Identifier not valid");
}

#[test]
fn return_codes_before_5_0_map_back() {
    for code in 0..=255 {
        let reason = ReasonCode::from_connack_return_code_3(code);
        assert_eq!(reason.and_then(ReasonCode::connack_return_code_3), (code <= 5).then_some(code));
    }
    // 3.1.1 closes silently for what is malformed: no code says so.
    assert_eq!(ReasonCode::MalformedPacket.connack_return_code_3(), None);
    assert_eq!(ReasonCode::ProtocolError.connack_return_code_3(), None);
}

/// 5.0 Table 2-4 by packet; the packet before and after the properties.
const PROPERTIES: &[(P, &str, &str, &str, &str)] = &[
    (P::Connect, "11 15 16 17 19 21 22 26 27", "10", "0004'MQTT' 05 00 0000", "0000"),
    (P::Will, "01 02 03 08 09 18 26", "10", "0004'MQTT' 05 04 0000 00 0000", "0001'w' 0000"),
    (P::Connack, "11 12 13 15 16 1A 1C 1F 21 22 24 25 26 27 28 29 2A", "20", "00 00", ""),
    (P::Publish(C), "01 02 03 08 09 23 26", "30", "0001'a'", ""),
    (P::Publish(S), "01 02 03 08 09 0B 23 26", "30", "0001'a'", ""),
    (P::Puback, "1F 26", "40", "0001 00", ""),
    (P::Pubrec, "1F 26", "50", "0001 00", ""),
    (P::Pubrel, "1F 26", "62", "0001 00", ""),
    (P::Pubcomp, "1F 26", "70", "0001 00", ""),
    (P::Subscribe, "0B 26", "82", "0001", "0001'a' 00"),
    (P::Suback, "1F 26", "90", "0001", "00"),
    (P::Unsubscribe, "26", "A2", "0001", "0001'a'"),
    (P::Unsuback, "1F 26", "B0", "0001", "00"),
    (P::Disconnect(C), "11 1F 26", "E0", "00", ""),
    (P::Disconnect(S), "1C 1F 26", "E0", "00", ""),
    (P::Auth, "15 16 1F 26", "F0", "18", ""),
];

fn sender(context: P) -> Sender {
    match context {
        P::Publish(sender) | P::Disconnect(sender) => sender,
        P::Connack | P::Suback | P::Unsuback => S,
        _ => C,
    }
}

/// A legal property of each kind, in bytes.
fn sample(identifier: PropertyIdentifier) -> Vec<u8> {
    let value = match identifier.value() {
        0x01 | 0x0B | 0x17 | 0x19 | 0x24 | 0x25 | 0x28 | 0x29 | 0x2A => "01",
        0x13 | 0x21 | 0x22 | 0x23 => "0001",
        0x02 | 0x11 | 0x18 | 0x27 => "00000001",
        0x26 => "0001'k' 0001'v'",
        _ => "0001'x'",
    };
    [&[identifier.value()][..], &hex(value)].concat()
}

#[test]
fn properties_are_those_of_the_packet() {
    for &(context, expected, first, before, after) in PROPERTIES {
        let expected = hex(expected);
        for identifier in PropertyIdentifier::ALL {
            let allowed = expected.contains(&identifier.value());
            assert_eq!(context.allows(identifier), allowed, "{context:?} {identifier:?}");
            let mut properties = sample(identifier);
            // Some need this one beside them.
            let needs_method = matches!(context, P::Auth | P::Connect);
            if needs_method && identifier != PropertyIdentifier::AuthenticationMethod {
                properties.extend(sample(PropertyIdentifier::AuthenticationMethod));
            }
            let length = [properties.len() as u8];
            let body = [&hex(before)[..], &length, &properties, &hex(after)].concat();
            let bytes = packet(hex(first)[0], &body);
            let decoded = decode(&bytes, V5_0, sender(context));
            if allowed {
                assert!(decoded.is_ok(), "{context:?} {identifier:?} {decoded:?}");
            } else if context == P::Publish(C) && identifier == PropertyIdentifier::SubscriptionIdentifier {
                assert_eq!(decoded, Err(Violation::SubscriptionIdentifierFromClient));
            } else {
                assert_eq!(decoded, Err(Violation::PropertyNotAllowed), "{context:?} {identifier:?}");
            }
        }
    }
}

#[test]
fn only_two_properties_may_repeat() {
    for &(context, ..) in PROPERTIES {
        for identifier in PropertyIdentifier::ALL {
            let expected = identifier == PropertyIdentifier::UserProperty
                || identifier == PropertyIdentifier::SubscriptionIdentifier && context == P::Publish(S);
            let repeats = context.may_repeat(identifier) && context.allows(identifier);
            assert_eq!(repeats, expected && context.allows(identifier), "{context:?} {identifier:?}");
        }
    }
}

#[test]
fn property_identifiers_are_those_of_the_standard() {
    let all = "01 02 03 08 09 0B 11 12 13 15 16 17 18 19 1A 1C 1F 21 22 23 24 25 26 27 28 29 2A";
    let numbers: Vec<u8> = PropertyIdentifier::ALL.iter().map(|identifier| identifier.value()).collect();
    assert_eq!(numbers, hex(all));
    for value in 0..300 {
        let found = PropertyIdentifier::from_value(value).map(|identifier| u32::from(identifier.value()));
        let known = u8::try_from(value).is_ok_and(|value| numbers.contains(&value));
        assert_eq!(found, known.then_some(value));
    }
}

#[test]
fn subscription_options_are_those_of_the_standard() {
    for bits in 0..=255 {
        let legal = bits & 0xC0 == 0 && bits & 3 != 3 && bits >> 4 != 3;
        let options = SubscriptionOptions::from_bits(bits);
        assert_eq!(options.map(SubscriptionOptions::bits), legal.then_some(bits));
        let first = packet(0x82, &[&hex("0001 00 0001'a'")[..], &[bits]].concat());
        assert_eq!(decode(&first, V5_0, C).is_ok(), legal, "{bits:02X}");
    }
    for bits in 0..=255 {
        assert_eq!(QoS::from_bits(bits).map(QoS::bits), (bits < 3).then_some(bits));
        assert_eq!(RetainHandling::from_bits(bits).map(RetainHandling::bits), (bits < 3).then_some(bits));
        assert_eq!(T::from_nibble(bits).map(T::nibble), (1..=15).contains(&bits).then_some(bits));
    }
}
