//! Fixed headers, lengths, and the data types that all packets share.

use hushwing_core::Violation as V;

use super::{
    ALL, BEFORE_5_0, FROM_3_1_1, Nonsense, ONLY_5_0, Occasion, PACKET_IDENTIFIER, Setting, TOPIC, connected,
    greeting, hello,
};
use crate::wire::property::id;
use crate::wire::{
    Connect, Outgoing, Property, Writer, acknowledge, auth, disconnect, empty, frame, pingreq, publish,
    subscribe, unsubscribe,
};

/// A packet with another first byte.
fn with_first(first: u8, packet: &impl Outgoing, on: Occasion) -> Vec<u8> {
    let mut bytes = packet.encode(on.version);
    bytes[0] = first;
    bytes
}

/// A packet of less than 128 bytes whose Remaining Length has a byte more than it needs.
fn with_long_length(packet: &impl Outgoing, on: Occasion) -> Vec<u8> {
    let mut bytes = packet.encode(on.version);
    bytes[1] |= 0x80;
    bytes.insert(2, 0);
    bytes
}

fn topic(rest: &str) -> String {
    format!("{TOPIC}/{rest}")
}

pub(super) const TABLE: &[Nonsense] = &[
    connected(V::ReservedPacketType, ALL, |_| vec![0x00, 0x00]),
    connected(V::ReservedPacketType, BEFORE_5_0, |_| vec![0xF0, 0x00]),
    greeting(V::ReservedPacketType, ALL, |_| vec![0x0F, 0x00]),
    connected(V::FixedHeaderFlags, ALL, |on| with_first(0xC1, &pingreq(), on)),
    connected(V::FixedHeaderFlags, ALL, |on| with_first(0x42, &acknowledge(0x40, PACKET_IDENTIFIER), on)),
    greeting(V::FixedHeaderFlags, FROM_3_1_1, |on| with_first(0x12, &hello(on), on)),
    connected(V::PubrelFlags, ALL, |on| acknowledge(0x60, PACKET_IDENTIFIER).encode(on.version)),
    connected(V::SubscribeFlags, ALL, |on| {
        with_first(0x80, &subscribe(PACKET_IDENTIFIER).filter(topic("a"), 0), on)
    }),
    connected(V::UnsubscribeFlags, ALL, |on| {
        with_first(0xA0, &unsubscribe(PACKET_IDENTIFIER).filter(topic("a")), on)
    }),
    connected(V::DisconnectFlags, ALL, |on| with_first(0xE1, &disconnect(), on)),
    connected(V::AuthFlags, ONLY_5_0, |on| {
        with_first(0xF1, &auth(0x19, vec![Property::text(id::AUTHENTICATION_METHOD, "m")]), on)
    }),
    connected(V::VariableByteIntegerTooLong, ALL, |_| vec![0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
    greeting(V::VariableByteIntegerTooLong, ALL, |_| vec![0x10, 0x80, 0x80, 0x80, 0x80, 0x01]),
    connected(V::VariableByteIntegerTooLong, ONLY_5_0, |_| {
        frame(0x30, &Writer::new().text(topic("a")).raw([0x80, 0x80, 0x80, 0x80, 0x00]).done())
    }),
    connected(V::VariableByteIntegerNotMinimal, ONLY_5_0, |on| with_long_length(&pingreq(), on)),
    greeting(V::VariableByteIntegerNotMinimal, ONLY_5_0, |on| with_long_length(&hello(on), on)),
    connected(V::VariableByteIntegerNotMinimal, ONLY_5_0, |_| {
        frame(0x30, &Writer::new().text(topic("a")).raw([0x80, 0x00]).done())
    }),
    connected(V::FieldPastEnd, ALL, |_| frame(0x30, &[0x00, 0x09, b'a'])),
    connected(V::FieldPastEnd, ALL, |_| frame(0x40, &[0x00])),
    connected(V::FieldPastEnd, ONLY_5_0, |_| {
        frame(0x30, &Writer::new().text(topic("a")).raw([0x02, 0x01]).done())
    }),
    greeting(V::FieldPastEnd, ALL, |on| {
        frame(0x10, &Writer::new().text(on.version.protocol_name()).u8(on.version.level()).done())
    }),
    greeting(V::FieldPastEnd, FROM_3_1_1, |on| hello(on).flags(0x82).encode(on.version)),
    connected(V::SurplusBytes, ALL, |_| frame(0xC0, &[0x00])),
    connected(V::SurplusBytes, BEFORE_5_0, |_| frame(0xE0, &[0x00])),
    greeting(V::SurplusBytes, ALL, |on| hello(on).surplus("x").encode(on.version)),
    connected(V::PacketTooLarge, ALL, |_| vec![0x30, 0xFF, 0xFF, 0xFF, 0x7F]),
    greeting(V::PacketTooLarge, ALL, |_| vec![0x10, 0xFF, 0xFF, 0xFF, 0x7F]),
    connected(V::ServerOnlyPacket, ALL, |_| frame(0x20, &[0x00, 0x00])),
    connected(V::ServerOnlyPacket, ALL, |_| frame(0x90, &[0x00, 0x01, 0x00])),
    connected(V::ServerOnlyPacket, ALL, |_| frame(0xB0, &[0x00, 0x01])),
    connected(V::ServerOnlyPacket, ALL, |on| empty("PINGRESP", 0xD0).encode(on.version)),
    // Texts.
    connected(V::TextNotUtf8, ALL, |on| publish([0xC3, 0x28]).encode(on.version)),
    connected(V::TextNotUtf8, ALL, |on| {
        subscribe(PACKET_IDENTIFIER).filter([0xED, 0xA0, 0x80], 0).encode(on.version)
    }),
    connected(V::TextNotUtf8, ONLY_5_0, |on| {
        publish(topic("a")).property(Property::user([0xFF], "")).encode(on.version)
    }),
    greeting(V::TextNotUtf8, ALL, |on| Connect::new([0xFF]).encode(on.version)),
    connected(V::TextNul, ALL, |on| publish(topic("\0")).encode(on.version)),
    connected(V::TextNul, ALL, |on| unsubscribe(PACKET_IDENTIFIER).filter(topic("\0")).encode(on.version)),
    greeting(V::TextNul, ALL, |on| Connect::new("a\0").encode(on.version)),
    connected(V::DiscouragedCodePoint, ALL, |on| publish(topic("\u{1}")).encode(on.version))
        .needs(Setting::NoControlCharacters),
    connected(V::DiscouragedCodePoint, ALL, |on| {
        subscribe(PACKET_IDENTIFIER).filter(topic("\u{9F}"), 0).encode(on.version)
    })
    .needs(Setting::NoControlCharacters),
    greeting(V::DiscouragedCodePoint, ALL, |on| Connect::new("\u{FFFF}").encode(on.version))
        .needs(Setting::NoControlCharacters),
    // Packet Identifiers.
    connected(V::PacketIdentifierZero, ALL, |on| publish(topic("a")).qos(1, 0).encode(on.version)),
    connected(V::PacketIdentifierZero, ALL, |on| publish(topic("a")).qos(2, 0).encode(on.version)),
    connected(V::PacketIdentifierZero, ALL, |on| acknowledge(0x40, 0).encode(on.version)),
    connected(V::PacketIdentifierZero, ALL, |on| subscribe(0).filter(topic("a"), 0).encode(on.version)),
    connected(V::PacketIdentifierZero, ALL, |on| unsubscribe(0).filter(topic("a")).encode(on.version)),
];
