//! Publications from the server.

use super::script::{NOW, connack, connected, connected_with, options, persistent, reconnect, sent, told};
use crate::client::Options;
use crate::version::ProtocolVersion::{V3_1_1, V5_0};

#[test]
fn each_qos_is_answered() {
    let mut client = connected(V3_1_1);
    assert_eq!(told(&mut client, b"\x31\x04\x00\x01tx"), ["message t x q0 retained"]);
    assert_eq!(sent(&mut client), []);
    assert_eq!(told(&mut client, b"\x32\x06\x00\x01t\x00\x07x"), ["message t x q1"]);
    assert_eq!(sent(&mut client), [0x40, 2, 0, 7]);
    assert_eq!(told(&mut client, b"\x34\x06\x00\x01t\x00\x07x"), ["message t x q2"]);
    assert_eq!(sent(&mut client), [0x50, 2, 0, 7]);
    assert_eq!(told(&mut client, &[0x62, 2, 0, 7]), [""; 0]);
    assert_eq!(sent(&mut client), [0x70, 2, 0, 7]);
}

#[test]
fn any_split_will_do() {
    let bytes = b"\x31\x04\x00\x01tx\x32\x06\x00\x01t\x00\x07y";
    for split in 0..bytes.len() {
        let mut client = connected(V3_1_1);
        let mut lines = told(&mut client, &bytes[..split]);
        lines.extend(told(&mut client, &bytes[split..]));
        assert_eq!(lines, ["message t x q0 retained", "message t y q1"]);
    }
}

#[test]
fn qos_2_is_told_once() {
    let mut client = persistent();
    let publish = b"\x3c\x06\x00\x01t\x00\x07x";
    assert_eq!(told(&mut client, publish), ["message t x q2 again"]);
    assert_eq!(told(&mut client, publish), [""; 0]);
    assert_eq!(sent(&mut client), [0x50, 2, 0, 7, 0x50, 2, 0, 7]);
    // Not on the next connection of the session either.
    client.connection_lost(NOW);
    assert_eq!(told(&mut client, publish), ["closed Lost"]);
    reconnect(&mut client, &connack(V3_1_1, true));
    assert_eq!(told(&mut client, publish), [""; 0]);
    told(&mut client, &[0x62, 2, 0, 7]);
    assert_eq!(sent(&mut client), [0x50, 2, 0, 7, 0x70, 2, 0, 7]);
    // After PUBREL it is another message.
    assert_eq!(told(&mut client, publish), ["message t x q2 again"]);
}

#[test]
fn a_new_session_knows_no_identifiers() {
    let mut client = persistent();
    let publish = b"\x34\x06\x00\x01t\x00\x07x";
    told(&mut client, publish);
    client.connection_lost(NOW);
    while client.poll_event().is_some() {}
    reconnect(&mut client, &connack(V3_1_1, false));
    assert_eq!(told(&mut client, publish), ["message t x q2"]);
}

#[test]
fn pubrel_for_the_unknown() {
    let mut client = connected(V5_0);
    told(&mut client, &[0x62, 2, 0, 9]);
    assert_eq!(sent(&mut client), [0x70, 3, 0, 9, 0x92]);
}

#[test]
fn the_receive_maximum_binds_the_server() {
    let few = Options { receive_maximum: 1, session_expiry_interval_seconds: 9, ..options(V5_0) };
    let mut client = connected_with(few, &connack(V5_0, false));
    let first = b"\x34\x07\x00\x01t\x00\x07\x00x";
    let second = b"\x34\x07\x00\x01t\x00\x08\x00y";
    assert_eq!(told(&mut client, first), ["message t x q2"]);
    // The same one again is no second one.
    assert_eq!(told(&mut client, first), [""; 0]);
    // What is open from an earlier connection does not count on this one.
    client.connection_lost(NOW);
    while client.poll_event().is_some() {}
    reconnect(&mut client, &connack(V5_0, true));
    assert_eq!(told(&mut client, second), ["message t y q2"]);
    assert_eq!(told(&mut client, first), ["closed Violation(ReceiveMaximumExceeded)"]);
    assert!(sent(&mut client).ends_with(&[0xE0, 1, 0x93]));
}

#[test]
fn topic_aliases() {
    let aliases =
        || connected_with(Options { topic_alias_maximum: 2, ..options(V5_0) }, &connack(V5_0, false));
    let mut client = aliases();
    assert_eq!(told(&mut client, b"\x30\x08\x00\x01t\x03\x23\x00\x02x"), ["message t x q0"]);
    assert_eq!(told(&mut client, b"\x30\x07\x00\x00\x03\x23\x00\x02y"), ["message t y q0"]);
    assert_eq!(told(&mut client, b"\x30\x08\x00\x01u\x03\x23\x00\x02x"), ["message u x q0"]);
    assert_eq!(told(&mut client, b"\x30\x07\x00\x00\x03\x23\x00\x02y"), ["message u y q0"]);
    assert_eq!(
        told(&mut client, b"\x30\x07\x00\x00\x03\x23\x00\x01y"),
        ["closed Violation(TopicAliasUnknown)"]
    );
    // Aliases are the connection's.
    reconnect(&mut client, &connack(V5_0, false));
    assert_eq!(
        told(&mut client, b"\x30\x07\x00\x00\x03\x23\x00\x02y"),
        ["closed Violation(TopicAliasUnknown)"]
    );
    let mut client = aliases();
    assert_eq!(
        told(&mut client, b"\x30\x08\x00\x01t\x03\x23\x00\x03x"),
        ["closed Violation(TopicAliasInvalid)"]
    );
}
