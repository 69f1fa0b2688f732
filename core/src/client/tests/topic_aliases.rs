//! Topic aliases that the client sets.

use alloc::vec::Vec;

use super::script::{NOW, connack, connected_with, options, reconnect, sent, told};
use crate::client::{Client, Limits, Options, Publication};
use crate::version::ProtocolVersion::V5_0;
use crate::wire::{PropertiesBuffer, Property, QoS};

/// CONNACK with this Topic Alias Maximum.
fn accepts(aliases: u8) -> [u8; 8] {
    [0x20, 6, 0, 0, 3, 0x22, 0, aliases]
}

fn publish(client: &mut Client, topic: &str) -> Vec<u8> {
    client.publish(NOW, &Publication::new(topic, b"x")).unwrap();
    sent(client)
}

#[test]
fn the_first_topics_have_them() {
    let mut client = connected_with(options(V5_0), &accepts(2));
    assert_eq!(publish(&mut client, "wood"), b"\x30\x0b\x00\x04wood\x03\x23\x00\x01x");
    assert_eq!(publish(&mut client, "wood"), b"\x30\x07\x00\x00\x03\x23\x00\x01x");
    assert_eq!(publish(&mut client, "barn"), b"\x30\x0b\x00\x04barn\x03\x23\x00\x02x");
    assert_eq!(publish(&mut client, "moor"), b"\x30\x08\x00\x04moor\x00x");
    assert_eq!(publish(&mut client, "moor"), b"\x30\x08\x00\x04moor\x00x");
    assert_eq!(publish(&mut client, "barn"), b"\x30\x07\x00\x00\x03\x23\x00\x02x");
    // Nothing is gained by an alias for these.
    assert_eq!(publish(&mut client, "sky"), b"\x30\x07\x00\x03sky\x00x");
}

#[test]
fn none_without_leave() {
    let mut client = connected_with(options(V5_0), &connack(V5_0, false));
    assert_eq!(publish(&mut client, "wood"), b"\x30\x08\x00\x04wood\x00x");
    let limits = Limits { topic_aliases_maximum: 1, ..Limits::default() };
    let mut client = connected_with(Options { limits, ..options(V5_0) }, &accepts(9));
    assert_eq!(publish(&mut client, "wood").len(), 13);
    assert_eq!(publish(&mut client, "barn"), b"\x30\x08\x00\x04barn\x00x");
}

#[test]
fn they_come_after_the_other_properties() {
    let mut client = connected_with(options(V5_0), &accepts(1));
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::ContentType("c"));
    let properties = properties.as_properties();
    client.publish(NOW, &Publication { properties, ..Publication::new("wood", b"x") }).unwrap();
    assert_eq!(sent(&mut client), b"\x30\x0f\x00\x04wood\x07\x03\x00\x01c\x23\x00\x01x");
}

#[test]
fn they_end_with_the_connection() {
    let options = Options { session_expiry_interval_seconds: 9, ..options(V5_0) };
    let mut client = connected_with(options, &accepts(1));
    for _ in 0..2 {
        let twice = Publication { qos: QoS::AtLeastOnce, ..Publication::new("wood", b"x") };
        client.publish(NOW, &twice).unwrap();
    }
    let first = b"\x32\x0d\x00\x04wood\x00\x01\x03\x23\x00\x01x";
    let second = b"\x32\x09\x00\x00\x00\x02\x03\x23\x00\x01x";
    assert_eq!(sent(&mut client), [&first[..], second].concat());
    // On the next connection of the session the server knows none.
    client.connection_lost(NOW);
    while client.poll_event().is_some() {}
    reconnect(&mut client, &[0x20, 6, 1, 0, 3, 0x22, 0, 1]);
    let again = sent(&mut client);
    assert!(again.starts_with(b"\x3a\x0d\x00\x04wood\x00\x01\x03\x23\x00\x01x"));
    assert!(again.ends_with(b"\x3a\x09\x00\x00\x00\x02\x03\x23\x00\x01x"));
    // And this server takes none at all.
    client.connection_lost(NOW);
    while client.poll_event().is_some() {}
    reconnect(&mut client, &connack(V5_0, true));
    assert!(sent(&mut client).starts_with(b"\x3a\x0a\x00\x04wood\x00\x01\x00x"));
}

#[test]
fn a_packet_that_has_no_room_for_one_goes_without() {
    // Maximum Packet Size 12: with the alias set it would be 13.
    let connack = [0x20, 11, 0, 0, 8, 0x22, 0, 1, 0x27, 0, 0, 0, 12];
    let mut client = connected_with(options(V5_0), &connack);
    assert_eq!(publish(&mut client, "wood"), b"\x30\x08\x00\x04wood\x00x");
    // It did not set the alias either.
    assert_eq!(publish(&mut client, "barn"), b"\x30\x08\x00\x04barn\x00x");
    client.publish(NOW, &Publication::new("wren", b"")).unwrap();
    assert_eq!(sent(&mut client), b"\x30\x0a\x00\x04wren\x03\x23\x00\x01");
    assert_eq!(told(&mut client, &[0xD0, 0]), [""; 0]);
}
