//! Messages and their acknowledgements, DISCONNECT, and what a connection as a whole may break.

use hushwing_core::Violation as V;

use super::{
    ALL, BEFORE_5_0, Moment, Nonsense, ONLY_5_0, Occasion, PACKET_IDENTIFIER, Setting, TOPIC, at, connected,
    hello, visit,
};
use crate::wire::property::id;
use crate::wire::{
    Outgoing, Property, PublishBuilder, acknowledge, acknowledge_with, disconnect_with, pingreq, publish,
};

fn message() -> PublishBuilder {
    publish(format!("{TOPIC}/a"))
}

/// An acknowledgement of nothing, with a code that it cannot have.
fn code(first: u8, code: u8, on: Occasion) -> Vec<u8> {
    acknowledge_with(first, PACKET_IDENTIFIER, code, Vec::new()).encode(on.version)
}

/// The acknowledgement of a message, with this first byte.
fn answer(first: u8, on: Occasion) -> Vec<u8> {
    acknowledge(first, on.packet_identifier).encode(on.version)
}

/// A good CONNECT, and more.
fn hello_and(more: impl IntoIterator<Item = Vec<u8>>, on: Occasion) -> Vec<u8> {
    more.into_iter().fold(hello(on).encode(on.version), |all, one| [all, one].concat())
}

pub(super) const TABLE: &[Nonsense] = &[
    connected(V::PublishQoS3, ALL, |on| message().qos(3, PACKET_IDENTIFIER).encode(on.version)),
    connected(V::PublishDuplicateAtQoS0, ALL, |on| message().duplicate().encode(on.version)),
    connected(V::QoSNotSupported, ALL, |on| message().qos(2, PACKET_IDENTIFIER).encode(on.version))
        .needs(Setting::FewCapabilities),
    connected(V::RetainNotSupported, ALL, |on| message().retain().encode(on.version))
        .needs(Setting::FewCapabilities),
    // 5.0 has a PUBACK that says so.
    connected(V::RetainedQuotaExceeded, BEFORE_5_0, |on| {
        message().retain().qos(1, PACKET_IDENTIFIER).payload([b'n'; 5_000]).encode(on.version)
    })
    .needs(Setting::LittleRetained)
    .unless(&[Setting::FewCapabilities]),
    // Never released, so one more than the default is too many.
    visit(V::ReceiveMaximumExceeded, ONLY_5_0, |on| {
        hello_and((1..=257).map(|identifier| message().qos(2, identifier).encode(on.version)), on)
    })
    .unless(&[Setting::FewCapabilities]),
    // What the rate allows until reading pauses for longer than it may, and more.
    connected(V::MessageRateTooHigh, ALL, |on| message().payload([b'n'; 14_000]).encode(on.version))
        .needs(Setting::PublishRate),
    at(Moment::Unanswered { qos: 1 }, V::AcknowledgementOfWrongKind, ALL, |on| answer(0x50, on)),
    at(Moment::Unanswered { qos: 1 }, V::AcknowledgementOfWrongKind, ALL, |on| answer(0x70, on)),
    at(Moment::Unanswered { qos: 2 }, V::AcknowledgementOfWrongKind, ALL, |on| answer(0x40, on)),
    at(Moment::Unanswered { qos: 2 }, V::AcknowledgementOfWrongKind, ALL, |on| answer(0x70, on)),
    connected(V::PubackReasonCode, ONLY_5_0, |on| code(0x40, 0x01, on)),
    connected(V::PubrecReasonCode, ONLY_5_0, |on| code(0x50, 0x92, on)),
    connected(V::PubrelReasonCode, ONLY_5_0, |on| code(0x62, 0x80, on)),
    connected(V::PubcompReasonCode, ONLY_5_0, |on| code(0x70, 0x10, on)),
    connected(V::DisconnectReasonCode, ONLY_5_0, |on| disconnect_with(0x8B, Vec::new()).encode(on.version)),
    connected(V::DisconnectReasonCode, ONLY_5_0, |on| disconnect_with(0x03, Vec::new()).encode(on.version)),
    visit(V::SessionExpiryRaisedAtDisconnect, ONLY_5_0, |on| {
        let expiry = Property::four(id::SESSION_EXPIRY_INTERVAL, 1);
        hello_and([disconnect_with(0x00, vec![expiry]).encode(on.version)], on)
    }),
    // Silence.
    visit(V::KeepAliveElapsed, ALL, |on| hello(on).keep_alive(1).encode(on.version)).after(2),
    visit(V::PacketTooSlow, ALL, |on| hello_and([vec![0x30, 0x20, 0x00]], on)).after(31),
    visit(V::OutputStalled, ALL, |on| hello_and((0..600).map(|_| pingreq().encode(on.version)), on))
        .needs(Setting::LowTransmitMark)
        .after(31)
        .unread(),
];
