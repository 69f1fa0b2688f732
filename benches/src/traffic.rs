//! Packets to say, as bytes.

use std::num::NonZeroU16;

use hushwing_core::ProtocolVersion;
use hushwing_core::wire::{
    Connect, Packet, Properties, Publish, QoS, Subscribe, SubscribeFiltersBuffer, SubscriptionOptions,
    Unsubscribe, UnsubscribeFiltersBuffer,
};

/// The payload of most messages here.
pub const PAYLOAD: [u8; 64] =
    *b"{\"t\":21.5,\"h\":40,\"id\":\"8f14e45fceea167a\",\"at\":1700000000,\"ok\":1}";

/// A CONNECT with Clean Session or Clean Start.
pub fn connect(client_identifier: &str, version: ProtocolVersion) -> Vec<u8> {
    let connect = Connect {
        version,
        clean_start: true,
        // Longer than any benchmark: its subscribers never say a word.
        keep_alive_seconds: 3_600,
        client_identifier,
        properties: Properties::EMPTY,
        will: None,
        user_name: None,
        password: None,
    };
    encoded(&Packet::Connect(connect), version)
}

/// A SUBSCRIBE of one filter.
pub fn subscribe(filter: &str, qos: QoS, version: ProtocolVersion) -> Vec<u8> {
    let mut filters = SubscribeFiltersBuffer::new();
    filters.push(filter, SubscriptionOptions { qos, ..SubscriptionOptions::default() }, version);
    let subscribe = Subscribe {
        packet_identifier: NonZeroU16::MIN,
        properties: Properties::EMPTY,
        filters: filters.as_filters(),
    };
    encoded(&Packet::Subscribe(subscribe), version)
}

/// An UNSUBSCRIBE of one filter.
pub fn unsubscribe(filter: &str, version: ProtocolVersion) -> Vec<u8> {
    let mut filters = UnsubscribeFiltersBuffer::new();
    filters.push(filter);
    let unsubscribe = Unsubscribe {
        packet_identifier: NonZeroU16::MIN,
        properties: Properties::EMPTY,
        filters: filters.as_filters(),
    };
    encoded(&Packet::Unsubscribe(unsubscribe), version)
}

/// A PUBLISH of [`PAYLOAD`]; `packet_identifier` for QoS 1 and 2.
pub fn publish(
    topic: &str,
    qos: QoS,
    packet_identifier: Option<NonZeroU16>,
    version: ProtocolVersion,
) -> Vec<u8> {
    let properties = Properties::EMPTY;
    let publish = Publish {
        duplicate: false,
        qos,
        retain: false,
        topic,
        packet_identifier,
        properties,
        payload: &PAYLOAD,
    };
    encoded(&Packet::Publish(publish), version)
}

/// As many copies of `packet` as fit into `bytes`, and how many they are.
pub fn repeated(packet: &[u8], bytes: usize) -> (Vec<u8>, usize) {
    let count = bytes / packet.len();
    (packet.repeat(count), count)
}

fn encoded(packet: &Packet<'_>, version: ProtocolVersion) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(version, &mut bytes);
    bytes
}
