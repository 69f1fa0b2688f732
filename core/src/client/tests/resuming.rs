//! Connections that end, and what the next one makes of it.

use alloc::vec::Vec;

use super::script::{
    NOW, connack, connected, connected_with, events, options, persistent, publish, reconnect, sent, told,
};
use crate::client::{Client, Limits, Options};
use crate::version::ProtocolVersion::{V3_1, V3_1_1, V5_0};
use crate::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use crate::wire::{Properties, ReasonCode};

fn lose(client: &mut Client) -> Vec<alloc::string::String> {
    client.connection_lost(NOW);
    assert_eq!(client.transmit(), b"");
    events(client)
}

#[test]
fn everything_is_resent_in_order() {
    let mut client = persistent();
    for (payload, qos) in [("a", AtLeastOnce), ("b", ExactlyOnce), ("c", ExactlyOnce), ("d", AtLeastOnce)] {
        publish(&mut client, payload, qos);
    }
    sent(&mut client);
    // c is released before b is.
    told(&mut client, &[0x50, 2, 0, 3]);
    assert_eq!(lose(&mut client), ["closed Lost"]);
    publish(&mut client, "e", AtMostOnce);
    publish(&mut client, "f", AtLeastOnce);
    reconnect(&mut client, &connack(V3_1_1, true));
    let expected = [
        &b"\x62\x02\x00\x03"[..],
        b"\x3a\x06\x00\x01t\x00\x01a",
        b"\x3c\x06\x00\x01t\x00\x02b",
        b"\x3a\x06\x00\x01t\x00\x04d",
        b"\x30\x04\x00\x01te",
        b"\x32\x06\x00\x01t\x00\x05f",
    ];
    assert_eq!(sent(&mut client), expected.concat());
    assert_eq!(
        told(&mut client, &[0x40, 2, 0, 1, 0x70, 2, 0, 3, 0x40, 2, 0, 4]),
        ["published 1 0x00", "published 3 0x00", "published 4 0x00"]
    );
}

#[test]
fn without_a_session_only_what_waited_is_sent() {
    let mut client = persistent();
    publish(&mut client, "a", AtLeastOnce);
    publish(&mut client, "b", ExactlyOnce);
    told(&mut client, &[0x50, 2, 0, 2]);
    lose(&mut client);
    publish(&mut client, "c", AtLeastOnce);
    reconnect(&mut client, &connack(V3_1_1, false));
    let lost = "the server has lost the session";
    assert_eq!(events(&mut client), [alloc::format!("failed 2: {lost}"), alloc::format!("failed 1: {lost}")]);
    assert_eq!(sent(&mut client), b"\x32\x06\x00\x01t\x00\x03c");
    assert_eq!(client.unfinished(), 1);
}

#[test]
fn resending_respects_the_window() {
    let kept = Options { session_expiry_interval_seconds: 60, ..options(V5_0) };
    let mut client = connected_with(kept, &connack(V5_0, false));
    for payload in ["a", "b", "c"] {
        publish(&mut client, payload, ExactlyOnce);
    }
    told(&mut client, &[0x50, 2, 0, 1]);
    lose(&mut client);
    // Receive Maximum 1 this time. PUBREL takes no place.
    reconnect(&mut client, &[0x20, 6, 1, 0, 3, 0x21, 0, 1]);
    assert_eq!(sent(&mut client), b"\x62\x02\x00\x01\x3c\x07\x00\x01t\x00\x02\x00b");
    publish(&mut client, "d", AtMostOnce);
    assert_eq!(sent(&mut client), []);
    // Its PUBCOMP frees none either.
    assert_eq!(told(&mut client, &[0x70, 2, 0, 1]), ["published 1 0x00"]);
    assert_eq!(sent(&mut client), []);
    told(&mut client, &[0x50, 3, 0, 2, 0x80]);
    assert_eq!(sent(&mut client), b"\x3c\x07\x00\x01t\x00\x03\x00c\x30\x05\x00\x01t\x00d");
}

#[test]
fn what_is_resumed_counts_as_in_flight() {
    let limits = Limits { in_flight_maximum: 1, ..Limits::default() };
    let mut client =
        connected_with(Options { clean_start: false, limits, ..options(V3_1_1) }, &connack(V3_1_1, false));
    publish(&mut client, "a", ExactlyOnce);
    told(&mut client, &[0x50, 2, 0, 1]);
    lose(&mut client);
    reconnect(&mut client, &connack(V3_1_1, true));
    publish(&mut client, "b", AtLeastOnce);
    assert_eq!(sent(&mut client), [0x62, 2, 0, 1]);
    told(&mut client, &[0x70, 2, 0, 1]);
    assert_eq!(sent(&mut client), b"\x32\x06\x00\x01t\x00\x02b");
}

#[test]
fn clean_start_is_for_the_first_connection_of_a_kept_session() {
    let clean_start = |client: &mut Client| {
        client.connect(NOW).unwrap();
        sent(client)[9] & 0b10 != 0
    };
    let kept = Options { session_expiry_interval_seconds: 60, ..options(V5_0) };
    let mut client = connected_with(kept, &connack(V5_0, false));
    lose(&mut client);
    assert!(!clean_start(&mut client));
    // The session ended with the connection.
    let mut client = connected(V5_0);
    lose(&mut client);
    assert!(clean_start(&mut client));
    // The server did not keep it: Session Expiry Interval 0 in CONNACK.
    let kept = Options { session_expiry_interval_seconds: 60, ..options(V5_0) };
    let mut client = connected_with(kept.clone(), &[0x20, 8, 0, 0, 5, 0x11, 0, 0, 0, 0]);
    lose(&mut client);
    assert!(clean_start(&mut client));
    // DISCONNECT ended it.
    let mut client = connected_with(kept, &connack(V5_0, false));
    let mut zero = crate::wire::PropertiesBuffer::new();
    zero.push(crate::wire::Property::SessionExpiryInterval(0));
    client.disconnect(NOW, ReasonCode::Success, zero.as_properties()).unwrap();
    events(&mut client);
    assert!(clean_start(&mut client));
    let mut client = connected(V3_1_1);
    lose(&mut client);
    assert!(clean_start(&mut client));
}

#[test]
fn a_server_of_3_1_cannot_say_and_is_believed_to_know() {
    let mut client = connected_with(Options { clean_start: false, ..options(V3_1) }, &[0x20, 2, 0, 0]);
    publish(&mut client, "a", AtLeastOnce);
    lose(&mut client);
    client.connect(NOW).unwrap();
    sent(&mut client);
    assert_eq!(told(&mut client, &[0x20, 2, 0, 0]), ["connected true"]);
    assert_eq!(sent(&mut client), b"\x3a\x06\x00\x01t\x00\x01a");
}

#[test]
fn a_message_that_became_too_large_is_given_up_and_released() {
    let kept = Options { session_expiry_interval_seconds: 60, ..options(V5_0) };
    let mut client = connected_with(kept, &connack(V5_0, false));
    publish(&mut client, "0123456789", ExactlyOnce);
    publish(&mut client, "0123456789", AtLeastOnce);
    publish(&mut client, "x", AtLeastOnce);
    lose(&mut client);
    // Maximum Packet Size 12.
    reconnect(&mut client, &[0x20, 8, 1, 0, 5, 0x27, 0, 0, 0, 12]);
    let too_large = "the packet is larger than the server takes";
    assert_eq!(
        events(&mut client),
        [alloc::format!("failed 1: {too_large}"), alloc::format!("failed 2: {too_large}")]
    );
    // The server may know identifier 1: PUBREL. Identifier 2 is free.
    assert_eq!(sent(&mut client), b"\x62\x02\x00\x01\x3a\x07\x00\x01t\x00\x03\x00x");
    assert_eq!(told(&mut client, &[0x70, 3, 0, 1, 0x92]), [""; 0]);
    assert_eq!(client.unfinished(), 1);
}

#[test]
fn disconnecting_keeps_what_is_in_flight() {
    let mut client = persistent();
    publish(&mut client, "a", AtLeastOnce);
    client.disconnect(NOW, ReasonCode::Success, Properties::EMPTY).unwrap();
    assert_eq!(events(&mut client), ["closed Disconnected"]);
    assert!(sent(&mut client).ends_with(&[0xE0, 0]));
    reconnect(&mut client, &connack(V3_1_1, true));
    assert_eq!(sent(&mut client), b"\x3a\x06\x00\x01t\x00\x01a");
}
