//! CONNECT, CONNACK, DISCONNECT, AUTH.

use alloc::string::String;
use alloc::vec::Vec;

use super::script::{NOW, connack, connected, connected_with, events, options, sent, told};
use crate::client::{Client, Limits, Options, RequestError, Will};
use crate::version::ProtocolVersion::{V3_1, V3_1_1, V5_0};
use crate::wire::{Properties, PropertiesBuffer, Property, QoS, ReasonCode};

fn connect_bytes(options: Options) -> Vec<u8> {
    let mut client = Client::new(options);
    client.connect(NOW).unwrap();
    sent(&mut client)
}

#[test]
fn connect_in_each_version() {
    assert_eq!(connect_bytes(options(V3_1)), b"\x10\x11\x00\x06MQIsdp\x03\x02\x00\x00\x00\x03owl");
    assert_eq!(connect_bytes(options(V3_1_1)), b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x00\x00\x03owl");
    assert_eq!(connect_bytes(options(V5_0)), b"\x10\x10\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x03owl");
}

#[test]
fn connect_with_everything() {
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::UserProperty("k", "v"));
    let mut of_will = PropertiesBuffer::new();
    of_will.push(Property::WillDelayInterval(5));
    let will = Will {
        topic: "w".into(),
        payload: b"gone".to_vec(),
        qos: QoS::AtLeastOnce,
        retain: true,
        properties: of_will,
    };
    let all = Options {
        clean_start: false,
        keep_alive_seconds: 10,
        user_name: Some("u".into()),
        password: Some(b"p".to_vec()),
        will: Some(will),
        session_expiry_interval_seconds: 7,
        receive_maximum: 3,
        maximum_packet_size_bytes: 100,
        topic_alias_maximum: 2,
        properties,
        ..options(V5_0)
    };
    let expected = [
        &b"\x10\x3c\x00\x04MQTT\x05\xec\x00\x0a"[..],
        b"\x17\x26\x00\x01k\x00\x01v\x11\x00\x00\x00\x07\x21\x00\x03\x27\x00\x00\x00\x64\x22\x00\x02",
        b"\x00\x03owl\x05\x18\x00\x00\x00\x05\x00\x01w\x00\x04gone\x00\x01u\x00\x01p",
    ];
    assert_eq!(connect_bytes(all), expected.concat());
}

#[test]
fn what_cannot_be_said_in_connect() {
    let refused = |options: Options| Client::new(options).connect(NOW).unwrap_err();
    let nameless =
        |version, clean_start| Options { client_identifier: String::new(), clean_start, ..options(version) };
    assert_eq!(refused(nameless(V3_1, true)), RequestError::ClientIdentifierMissing);
    assert_eq!(refused(nameless(V3_1_1, false)), RequestError::ClientIdentifierMissing);
    assert_eq!(Client::new(nameless(V3_1_1, true)).connect(NOW), Ok(()));
    assert_eq!(Client::new(nameless(V5_0, false)).connect(NOW), Ok(()));
    let password = |version| Options { password: Some(b"p".to_vec()), ..options(version) };
    assert_eq!(refused(password(V3_1_1)), RequestError::PasswordWithoutUserName);
    assert_eq!(Client::new(password(V5_0)).connect(NOW), Ok(()));
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::UserProperty("k", "v"));
    assert_eq!(refused(Options { properties, ..options(V3_1_1) }), RequestError::PropertiesNotSupported);
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::TopicAlias(1));
    assert!(matches!(refused(Options { properties, ..options(V5_0) }), RequestError::PropertiesInvalid(_)));
    let will = Will { topic: "a/#".into(), ..Will::default() };
    assert_eq!(refused(Options { will: Some(will), ..options(V5_0) }), RequestError::TopicNameInvalid);
    assert_eq!(
        refused(Options { client_identifier: "a\0".into(), ..options(V5_0) }),
        RequestError::TextInvalid
    );
}

#[test]
fn refusals() {
    let mut client = Client::new(options(V3_1_1));
    client.connect(NOW).unwrap();
    assert_eq!(client.connect(NOW), Err(RequestError::AlreadyConnected));
    assert_eq!(told(&mut client, &[0x20, 2, 0, 5]), ["refused 0x87"]);
    // The next attempt is free.
    client.connect(NOW).unwrap();
    assert_eq!(told(&mut client, &[0x20, 2, 0, 0]), ["connected false"]);
    let mut client = Client::new(options(V5_0));
    client.connect(NOW).unwrap();
    assert_eq!(told(&mut client, &[0x20, 3, 0, 0x8A, 0]), ["refused 0x8a"]);
    assert_eq!(client.poll_timeout(), None);
}

#[test]
fn nothing_but_connack_may_come_first() {
    let mut client = Client::new(options(V5_0));
    client.connect(NOW).unwrap();
    sent(&mut client);
    assert_eq!(told(&mut client, &[0xD0, 0]), ["closed UnexpectedPacket(Pingresp)"]);
    // [MQTT-3.14.0-1]: no DISCONNECT before CONNACK.
    assert_eq!(sent(&mut client), []);
}

#[test]
fn a_second_connack_is_one_too_many() {
    let mut client = connected(V5_0);
    assert_eq!(told(&mut client, &connack(V5_0, false)), ["closed UnexpectedPacket(Connack)"]);
    assert_eq!(sent(&mut client), [0xE0, 1, 0x82]);
}

#[test]
fn a_clean_session_is_not_present() {
    let mut client = Client::new(options(V5_0));
    client.connect(NOW).unwrap();
    assert_eq!(told(&mut client, &connack(V5_0, true)), ["closed SessionNotClean"]);
}

#[test]
fn the_server_is_given_some_time_for_connack() {
    let limits = Limits { connect_timeout_seconds: 5, ..Limits::default() };
    let mut client = Client::new(Options { limits, ..options(V5_0) });
    client.connect(NOW).unwrap();
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(5)));
    client.handle_timeout(NOW.after_seconds(4));
    assert_eq!(events(&mut client), [""; 0]);
    client.handle_timeout(NOW.after_seconds(5));
    assert_eq!(events(&mut client), ["closed ConnectTimeout"]);
    assert_eq!(client.poll_timeout(), None);
}

#[test]
fn the_assigned_identifier_is_kept() {
    let mut client = Client::new(Options { client_identifier: String::new(), ..options(V5_0) });
    client.connect(NOW).unwrap();
    told(&mut client, b"\x20\x08\x00\x00\x05\x12\x00\x02x7");
    assert_eq!(client.client_identifier(), "x7");
    client.connection_lost(NOW);
    events(&mut client);
    client.connect(NOW).unwrap();
    assert!(sent(&mut client).ends_with(b"\x00\x02x7"));
}

#[test]
fn disconnect_with_a_reason() {
    let mut client = connected(V5_0);
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::ReasonString("bye"));
    client.disconnect(NOW, ReasonCode::DisconnectWithWill, properties.as_properties()).unwrap();
    assert_eq!(sent(&mut client), b"\xe0\x08\x04\x06\x1f\x00\x03bye");
    assert_eq!(events(&mut client), ["closed Disconnected"]);
    assert_eq!(
        client.disconnect(NOW, ReasonCode::Success, Properties::EMPTY),
        Err(RequestError::NotConnected)
    );
    let mut client = connected(V3_1_1);
    let with_will = client.disconnect(NOW, ReasonCode::DisconnectWithWill, Properties::EMPTY);
    assert_eq!(with_will, Err(RequestError::ReasonNotAllowed));
    let mut client = connected(V5_0);
    let takeover = client.disconnect(NOW, ReasonCode::SessionTakenOver, Properties::EMPTY);
    assert_eq!(takeover, Err(RequestError::ReasonNotAllowed));
}

#[test]
fn the_server_disconnects() {
    let mut client = connected(V5_0);
    assert_eq!(told(&mut client, &[0xE0, 1, 0x8E]), ["server says 0x8e"]);
    client.connection_lost(NOW);
    assert_eq!(events(&mut client), [""; 0]);
    // Before 5.0 it may not.
    let mut client = connected(V3_1_1);
    assert_eq!(told(&mut client, &[0xE0, 0]), ["closed Violation(ClientOnlyPacket)"]);
    assert_eq!(sent(&mut client), []);
}

#[test]
fn garbage_ends_the_connection() {
    let mut client = connected(V5_0);
    assert_eq!(told(&mut client, &[0x00, 0x00]), ["closed Violation(ReservedPacketType)"]);
    assert_eq!(sent(&mut client), [0xE0, 1, 0x81]);
    assert_eq!(told(&mut client, &connack(V5_0, false)), [""; 0]);
    let mut client =
        connected_with(Options { maximum_packet_size_bytes: 20, ..options(V5_0) }, &connack(V5_0, false));
    assert_eq!(told(&mut client, &[0x30, 19]), ["closed Violation(PacketTooLarge)"]);
    assert_eq!(sent(&mut client), [0xE0, 1, 0x95]);
}
