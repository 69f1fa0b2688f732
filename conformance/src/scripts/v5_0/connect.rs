//! CONNECT and CONNACK of 5.0: properties and reason codes (sections 3.1.2.11 and 3.2.2.3).

use std::collections::HashSet;

use crate::harness::{Broker, check, check_eq, fail};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::property::{Property, id};
use crate::wire::{Connect, Packet, Raw, Will, publish, subscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(properties_twice_in_connect).in_5_0(&[
        "X50-008",
        "X50-009",
        "X50-010",
        "X50-011",
        "X50-012",
        "X50-013",
        "X50-014",
        "X50-015",
        "MQTT-3.1.4-1",
    ]),
    script!(properties_twice_in_a_will)
        .in_5_0(&["X50-016", "X50-017", "X50-018", "X50-019", "X50-020", "X50-021"]),
    script!(illegal_values_in_connect).in_5_0(&["X50-009", "X50-010", "X50-012", "X50-013", "MQTT-4.9.0-1"]),
    script!(authentication_data_without_a_method).in_5_0(&["X50-015"]),
    script!(properties_that_connect_does_not_have).in_5_0(&["X50-005", "MQTT-3.1.4-1"]),
    script!(property_length_beyond_the_packet).in_5_0(&["X50-006", "MQTT-3.1.4-1"]),
    script!(ill_formed_text_in_connect_properties).in_5_0(&["MQTT-1.5.7-1", "MQTT-1.5.4-1", "MQTT-1.5.4-2"]),
    script!(properties_in_any_order).in_5_0(&["X50-007"]),
    script!(password_without_user_name).in_5_0(&["MQTT-3.1.2-19"]),
    script!(minimal_connect).in_5_0(&["MQTT-3.1.4-5", "MQTT-2.2.2-1"]),
    script!(assigned_client_identifier).in_5_0(&["MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.2.2-16"]),
    script!(no_response_information_unless_asked).in_5_0(&["MQTT-3.1.2-28"]),
    script!(unknown_authentication_method).in_5_0(&["MQTT-4.12.0-1", "MQTT-3.2.2-7", "MQTT-3.14.0-1"]),
    script!(nothing_but_auth_before_connack).in_5_0(&["MQTT-3.1.2-30", "MQTT-3.1.4-6"]),
    script!(no_authentication_without_method).in_5_0(&["MQTT-4.12.0-6"]),
    script!(refusal)
        .in_5_0(&["MQTT-3.1.4-2", "MQTT-3.2.2-6", "MQTT-3.2.2-7", "MQTT-3.2.2-8", "MQTT-4.13.2-1"])
        .with_setup(Setup::NobodyConnects),
    script!(refusal_without_connack_codes_of_other_packets).in_5_0(&["MQTT-3.2.2-8", "MQTT-3.14.0-1"]),
    script!(connack_says_what_the_server_can).in_5_0(&["X50-031", "MQTT-3.2.2-8"]),
    script!(property_length_is_required).in_5_0(&["MQTT-2.2.2-1", "MQTT-3.1.2-9"]),
];

/// Sends this CONNECT on a connection of its own and expects it to be refused.
#[track_caller]
fn refused(broker: &Broker, packet: Connect, codes: &[u8]) {
    let mut client = broker.open();
    client.send(packet);
    client.expect_bad_connect(codes);
}

fn properties_twice_in_connect(broker: &Broker) {
    let method = Property::text(id::AUTHENTICATION_METHOD, "x");
    for property in [
        Property::four(id::SESSION_EXPIRY_INTERVAL, 10),
        Property::two(id::RECEIVE_MAXIMUM, 10),
        Property::four(id::MAXIMUM_PACKET_SIZE, 1_000),
        Property::two(id::TOPIC_ALIAS_MAXIMUM, 10),
        Property::byte(id::REQUEST_RESPONSE_INFORMATION, 0),
        Property::byte(id::REQUEST_PROBLEM_INFORMATION, 1),
        method.clone(),
    ] {
        refused(broker, broker.hello("a").property(property.clone()).property(property), &[0x82]);
    }
    let data = Property::text(id::AUTHENTICATION_DATA, "x");
    refused(broker, broker.hello("a").property(method).property(data.clone()).property(data), &[0x82]);
}

fn properties_twice_in_a_will(broker: &Broker) {
    for property in [
        Property::four(id::WILL_DELAY_INTERVAL, 1),
        Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 1),
        Property::four(id::MESSAGE_EXPIRY_INTERVAL, 1),
        Property::text(id::CONTENT_TYPE, "x"),
        Property::text(id::RESPONSE_TOPIC, "x"),
        Property::text(id::CORRELATION_DATA, "x"),
    ] {
        let will = Will::new(broker.topic("will"), "x").property(property.clone()).property(property);
        refused(broker, broker.hello("a").will(will), &[0x82]);
    }
}

fn illegal_values_in_connect(broker: &Broker) {
    for property in [
        Property::two(id::RECEIVE_MAXIMUM, 0),
        Property::four(id::MAXIMUM_PACKET_SIZE, 0),
        Property::byte(id::REQUEST_RESPONSE_INFORMATION, 2),
        Property::byte(id::REQUEST_PROBLEM_INFORMATION, 2),
    ] {
        refused(broker, broker.hello("a").property(property), &[0x82]);
    }
}

fn authentication_data_without_a_method(broker: &Broker) {
    refused(broker, broker.hello("a").property(Property::text(id::AUTHENTICATION_DATA, "x")), &[0x82]);
}

fn properties_that_connect_does_not_have(broker: &Broker) {
    for property in [
        Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 1),
        Property::variable(id::SUBSCRIPTION_IDENTIFIER, 1),
        Property::text(id::REASON_STRING, "x"),
        Property::two(id::TOPIC_ALIAS, 1),
        Property::four(id::WILL_DELAY_INTERVAL, 1),
        Property::byte(0x00, 0),
        Property::byte(0x04, 0),
        Property::byte(0x2B, 0),
        Property::byte(0x7F, 0),
    ] {
        refused(broker, broker.hello("a").property(property.clone()), &[0x81, 0x82]);
    }
    let will = Will::new(broker.topic("will"), "x").property(Property::two(id::RECEIVE_MAXIMUM, 1));
    refused(broker, broker.hello("a").will(will), &[0x81, 0x82]);
}

fn property_length_beyond_the_packet(broker: &Broker) {
    let mut client = broker.open();
    client.send_changed(broker.hello("a"), |bytes| bytes[12] = 0x7F);
    client.expect_bad_connect(&[0x81]);
    // A value that its section does not hold.
    let mut client = broker.open();
    client.send_changed(broker.hello("a").receive_maximum(5), |bytes| bytes[12] = 2);
    client.expect_bad_connect(&[0x81]);
}

fn ill_formed_text_in_connect_properties(broker: &Broker) {
    for text in [b"\xFF" as &[u8], b"\xED\xA0\x80", b"a\0b"] {
        for property in [
            Property::user(text, "v"),
            Property::user("k", text),
            Property::text(id::AUTHENTICATION_METHOD, text),
        ] {
            refused(broker, broker.hello("a").property(property), &[0x81]);
        }
        for property in [
            Property::user(text, "v"),
            Property::user("k", text),
            Property::text(id::CONTENT_TYPE, text),
            Property::text(id::RESPONSE_TOPIC, text),
        ] {
            let will = Will::new(broker.topic("will"), "x").property(property);
            refused(broker, broker.hello("a").will(will), &[0x81]);
        }
    }
}

fn properties_in_any_order(broker: &Broker) {
    let properties = [
        Property::two(id::RECEIVE_MAXIMUM, 10),
        Property::user("k", "v"),
        Property::four(id::SESSION_EXPIRY_INTERVAL, 0),
        Property::user("k", "v"),
        Property::four(id::MAXIMUM_PACKET_SIZE, 1_000),
    ];
    for turn in 0..properties.len() {
        let mut turned = properties.to_vec();
        turned.rotate_left(turn);
        let hello = turned.into_iter().fold(broker.hello("a"), Connect::property);
        let mut client = broker.connect(hello);
        client.ping();
        client.disconnect();
    }
}

fn password_without_user_name(broker: &Broker) {
    broker.connect(broker.hello("a").password("secret")).ping();
}

fn minimal_connect(broker: &Broker) {
    let mut client = broker.open();
    client.send(Raw(b"\x10\x0D\0\x04MQTT\x05\x02\0\x3C\0\0\0".to_vec()));
    client.expect_session_present(false);
}

fn assigned_client_identifier(broker: &Broker) {
    let mut seen = HashSet::new();
    for clean in (0..100).map(|number| number % 2 == 0) {
        let packet = if clean { Connect::new("") } else { Connect::new("").resume() };
        let mut client = broker.open();
        client.send(packet.session_expiry(60));
        let connack = client.expect_session_present(false);
        let assigned = connack.properties.text(id::ASSIGNED_CLIENT_IDENTIFIER).map(<[u8]>::to_vec);
        let assigned = assigned.expect("no Assigned Client Identifier");
        check!(seen.insert(assigned.clone()), "an identifier assigned twice");
        client.disconnect();
        let mut client = broker.open();
        client.send(Connect::new(&assigned).resume());
        let connack = client.expect_session_present(true);
        check!(
            !connack.properties.has(id::ASSIGNED_CLIENT_IDENTIFIER),
            "an identifier assigned to one that has it"
        );
    }
}

fn no_response_information_unless_asked(broker: &Broker) {
    let without = broker.client("a");
    let declined =
        broker.connect(broker.hello("b").property(Property::byte(id::REQUEST_RESPONSE_INFORMATION, 0)));
    for client in [without, declined] {
        check!(!client.connack().properties.has(id::RESPONSE_INFORMATION), "Response Information, unasked");
    }
}

fn unknown_authentication_method(broker: &Broker) {
    let method = Property::text(id::AUTHENTICATION_METHOD, "no such method");
    refused(broker, broker.hello("a").property(method), &[0x8C, 0x87]);
}

fn nothing_but_auth_before_connack(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let hello = broker.hello("a").property(Property::text(id::AUTHENTICATION_METHOD, "no such method"));
    let mut client = broker.open();
    client.send_together(&[&hello, &publish(&topic).payload("never").retain()]);
    client.expect_bad_connect(&[0x8C, 0x87, 0x82]);
    watcher.expect_nothing();
}

fn no_authentication_without_method(broker: &Broker) {
    let client = broker.client("a");
    let properties = &client.connack().properties;
    check!(!properties.has(id::AUTHENTICATION_METHOD), "Authentication Method, though CONNECT had none");
    check!(!properties.has(id::AUTHENTICATION_DATA), "Authentication Data, though CONNECT had none");
}

fn refusal(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_refused(0x87);
}

/// The decoder of this suite refuses codes that Table 3-1 does not have, and DISCONNECT before CONNACK fails
/// `expect_bad_connect`.
fn refusal_without_connack_codes_of_other_packets(broker: &Broker) {
    let bad = [
        broker.hello("a").flags(0x03),
        broker.hello("a").flags(0x1E),
        broker.hello("a").surplus("x"),
        broker.hello("a").will(Will::new("a/+", "x")),
        broker.hello("a").property(Property::two(id::RECEIVE_MAXIMUM, 0)),
        broker.hello("a").property(Property::byte(0x7F, 0)),
        Connect::new([0xFF]),
    ];
    for packet in bad {
        refused(broker, packet, &[0x81, 0x82, 0x85, 0x90]);
    }
}

/// The decoder of this suite refuses properties that are there twice or have illegal values; what the server
/// says it cannot do, it has to refuse.
fn connack_says_what_the_server_can(broker: &Broker) {
    let mut client = broker.client("a");
    let properties = client.connack().properties.clone();
    for (id, filter, code) in [
        (id::SHARED_SUBSCRIPTION_AVAILABLE, format!("$share/g/{}", broker.topic("a")), 0x9E),
        (id::WILDCARD_SUBSCRIPTION_AVAILABLE, broker.topic("#"), 0xA2),
    ] {
        if properties.number(id) == Some(0) {
            let mut client = broker.client("b");
            client.send(subscribe(1).filter(filter, 0));
            // Section 3.2.2.3 calls it a Protocol Error, Table 3-8 has a code for it in SUBACK.
            match client.next_or_closed() {
                None => {}
                Some(Packet::Suback(suback)) => check_eq!(suback.codes, [code], "code of a SUBACK"),
                Some(Packet::Disconnect(_)) => client.expect_closed(),
                Some(other) => fail(format!("expected a refusal, got {other}")),
            }
        }
    }
    client.ping();
}

/// A CONNECT and a will in the layout of 3.1.1, without Property Length.
fn property_length_is_required(broker: &Broker) {
    let mut client = broker.open();
    // Property Length is left out; the client identifier's length is taken for it.
    client.send(Raw(b"\x10\x0D\0\x04MQTT\x05\x02\0\0\0\x01a".to_vec()));
    client.expect_bad_connect(&[0x81, 0x82]);
    // The Will Properties are left out.
    let mut client = broker.open();
    client.send(Raw(b"\x10\x16\0\x04MQTT\x05\x06\0\0\0\0\x01a\0\x01t\0\x01m\0\0".to_vec()));
    client.expect_bad_connect(&[0x81, 0x82]);
}
