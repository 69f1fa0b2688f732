//! Properties of PUBLISH: carried through, or refused (section 3.3.2.3).

use crate::harness::{Broker, Client, check_eq, fail};
use crate::script::{Script, script};
use crate::wire::property::{Properties, Property, id};
use crate::wire::{Packet, PublishBuilder, Will, publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(properties_are_passed_on).in_5_0(&[
        "MQTT-3.3.2-4",
        "MQTT-3.3.2-15",
        "MQTT-3.3.2-16",
        "MQTT-3.3.2-17",
        "MQTT-3.3.2-18",
        "MQTT-3.3.2-20",
    ]),
    script!(unusual_properties_are_passed_on).in_5_0(&["MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-20"]),
    script!(retained_and_queued_messages_keep_their_properties).in_5_0(&[
        "MQTT-3.3.1-5",
        "MQTT-3.3.2-4",
        "MQTT-3.3.2-15",
        "MQTT-3.3.2-16",
        "MQTT-3.3.2-17",
        "MQTT-3.3.2-18",
        "MQTT-3.3.2-20",
    ]),
    script!(shared_messages_keep_their_properties).in_5_0(&[
        "MQTT-3.3.2-4",
        "MQTT-3.3.2-15",
        "MQTT-3.3.2-16",
        "MQTT-3.3.2-17",
        "MQTT-3.3.2-18",
        "MQTT-3.3.2-20",
    ]),
    script!(text_properties_are_text).in_5_0(&[
        "MQTT-3.3.2-13",
        "MQTT-3.3.2-19",
        "MQTT-1.5.7-1",
        "MQTT-1.5.4-2",
    ]),
    script!(response_topic_is_a_topic_name).in_5_0(&["MQTT-3.3.2-14", "MQTT-4.7.0-1", "MQTT-4.7.3-1"]),
    script!(properties_twice_in_publish).in_5_0(&["X50-036", "X50-037", "X50-038", "X50-039", "X50-040"]),
    script!(subscription_identifier_from_a_client).in_5_0(&["MQTT-3.3.4-6", "X50-041"]),
    script!(properties_that_publish_does_not_have).in_5_0(&["X50-005", "MQTT-4.13.1-1"]),
    script!(payload_format_is_0_or_1).in_5_0(&["MQTT-4.13.1-1"]),
    script!(payload_that_is_not_the_text_it_claims_to_be).in_5_0(&["X50-022", "X50-042"]),
    script!(property_section_is_required).in_5_0(&["MQTT-2.2.2-1", "X50-006"]),
    script!(variable_byte_integers_are_minimal).in_5_0(&["MQTT-1.5.5-1"]),
    script!(user_property_byte_order_mark).in_5_0(&["MQTT-1.5.4-3"]),
];

fn usual_properties() -> Vec<Property> {
    vec![
        Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 1),
        Property::text(id::CONTENT_TYPE, "text/plain"),
        Property::text(id::RESPONSE_TOPIC, "answer/here"),
        Property::text(id::CORRELATION_DATA, [0x00, 0xFF, 0x00]),
        Property::user("b", "1"),
        Property::user("a", "2"),
        Property::user("b", "3"),
        Property::user("c", "4"),
        Property::user("b", "1"),
    ]
}

fn with(topic: &str, properties: &[Property]) -> PublishBuilder {
    properties.iter().cloned().fold(publish(topic).payload("x"), PublishBuilder::property)
}

/// The same properties: User Properties in their order, the others in any.
#[track_caller]
fn same(found: &Properties, expected: &[Property]) {
    let sorted = |properties: &[Property]| {
        let mut sorted = properties.to_vec();
        sorted.sort_by_key(|property| property.id);
        sorted
    };
    check_eq!(sorted(&found.0), sorted(expected), "properties of a message");
}

fn properties_are_passed_on(broker: &Broker) {
    let topic = broker.topic("a");
    let mut clients = ["a", "b"].map(|name| broker.client(name));
    for client in &mut clients {
        client.subscribe(&topic, 2);
    }
    let mut publisher = broker.client("p");
    for qos in 0..3 {
        publisher.publish_with(qos, with(&topic, &usual_properties()));
        for client in &mut clients {
            same(&client.receive(&topic, "x", qos).properties, &usual_properties());
        }
    }
    publisher.publish(&topic, "none", 1);
    for client in &mut clients {
        same(&client.receive(&topic, "none", 1).properties, &[]);
    }
}

fn unusual_properties_are_passed_on(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    let long = "x".repeat(2_000);
    for properties in [
        vec![Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 0)],
        vec![Property::text(id::CORRELATION_DATA, "")],
        vec![Property::text(id::CONTENT_TYPE, "")],
        vec![Property::user("", ""), Property::user("", "v"), Property::user("k", "")],
        vec![Property::user(&long, &long)],
    ] {
        client.publish_with(0, with(&topic, &properties));
        same(&client.receive(&topic, "x", 0).properties, &properties);
    }
}

fn retained_and_queued_messages_keep_their_properties(broker: &Broker) {
    let topic = broker.topic("a");
    let mut away = broker.connect(broker.hello("a").kept());
    away.subscribe(&topic, 1);
    away.disconnect();
    broker.client("p").publish_with(1, with(&topic, &usual_properties()).retain());
    let mut away = broker.connect(broker.hello("a").kept());
    same(&away.receive(&topic, "x", 1).properties, &usual_properties());
    let mut reader = broker.client("r");
    reader.subscribe(&topic, 1);
    same(&reader.receive_retained(&topic, "x", 1).properties, &usual_properties());
}

fn shared_messages_keep_their_properties(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(format!("$share/g/{topic}"), 2);
    let mut publisher = broker.client("p");
    for qos in 0..3 {
        publisher.publish_with(qos, with(&topic, &usual_properties()));
        same(&client.receive(&topic, "x", qos).properties, &usual_properties());
    }
}

#[track_caller]
fn violates(broker: &Broker, watcher: &mut Client, packet: PublishBuilder, codes: &[u8]) {
    let mut client = broker.client("a");
    client.send(packet);
    client.expect_violation(codes);
    watcher.expect_nothing();
}

fn watcher(broker: &Broker) -> (Client, String) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    (watcher, broker.topic("a"))
}

fn text_properties_are_text(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    for text in [b"\xFF" as &[u8], b"\xED\xA0\x80", b"\xC0\x80", b"a\0b"] {
        for property in [
            Property::text(id::CONTENT_TYPE, text),
            Property::text(id::RESPONSE_TOPIC, text),
            Property::user(text, "v"),
            Property::user("k", text),
        ] {
            violates(broker, &mut watcher, with(&topic, &[property]), &[0x81, 0x90]);
        }
    }
}

fn response_topic_is_a_topic_name(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    for text in ["", "a/+", "#", "+", "a/#", "+/a", "a/+/b", "a#", "a+"] {
        let property = Property::text(id::RESPONSE_TOPIC, text);
        violates(broker, &mut watcher, with(&topic, std::slice::from_ref(&property)), &[0x82, 0x90, 0x81]);
        let mut client = broker.open();
        client.send(broker.hello("a").will(Will::new(&topic, "never").property(property)));
        client.expect_bad_connect(&[0x82, 0x90, 0x81]);
    }
    watcher.expect_nothing();
}

fn properties_twice_in_publish(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    for property in [
        Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 0),
        Property::four(id::MESSAGE_EXPIRY_INTERVAL, 10),
        Property::text(id::CONTENT_TYPE, "x"),
        Property::text(id::RESPONSE_TOPIC, "x"),
        Property::text(id::CORRELATION_DATA, "x"),
        Property::two(id::TOPIC_ALIAS, 1),
    ] {
        let packet = with(&topic, &[property.clone(), property]);
        violates(broker, &mut watcher, packet, &[0x82]);
    }
}

fn subscription_identifier_from_a_client(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    for value in [0, 1] {
        let property = Property::variable(id::SUBSCRIPTION_IDENTIFIER, value);
        violates(broker, &mut watcher, with(&topic, &[property]), &[0x82, 0x81]);
    }
}

fn properties_that_publish_does_not_have(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    for property in [
        Property::text(id::REASON_STRING, "x"),
        Property::two(id::RECEIVE_MAXIMUM, 1),
        Property::four(id::SESSION_EXPIRY_INTERVAL, 1),
        Property::four(id::WILL_DELAY_INTERVAL, 1),
        Property::byte(0x00, 0),
        Property::byte(0x2B, 0),
        Property::byte(0x7F, 0),
    ] {
        violates(broker, &mut watcher, with(&topic, &[property]), &[0x81, 0x82]);
    }
}

fn payload_format_is_0_or_1(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    if broker.is_ours() {
        // The standard has no word on it.
        let property = Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 2);
        violates(broker, &mut watcher, with(&topic, &[property]), &[0x82, 0x81]);
    }
}

/// A server may look into payloads that are said to be text; most do not.
fn payload_that_is_not_the_text_it_claims_to_be(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let claim = Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 1);
    let mut client = broker.client("a");
    client.send(publish(&topic).payload([0xFF]).qos(1, 5).property(claim.clone()));
    match client.next_or_closed() {
        Some(Packet::Puback(answer)) if answer.code < 0x80 => {
            check_eq!(answer.packet_identifier, 5, "identifier of PUBACK");
            check_eq!(watcher.expect_any_publish().payload, [0xFF], "a payload");
        }
        Some(Packet::Puback(answer)) => check_eq!(answer.code, 0x99, "code of a PUBACK"),
        Some(Packet::Disconnect(_)) if !broker.is_ours() => client.expect_closed(),
        None if !broker.is_ours() => {}
        None => fail("expected an answer, got the end"),
        Some(other) => fail(format!("expected an answer, got {other}")),
    }
    let mut client = broker.open();
    client.send(broker.hello("b").will(Will::new(&topic, [0xFF]).property(claim)));
    match client.expect_connack().code {
        0 => client.ping(),
        code => check_eq!(code, 0x99, "code of a CONNACK"),
    }
}

fn property_section_is_required(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    // The layout of 3.1.1: the payload is taken for the Property Length.
    let mut client = broker.client("a");
    client.send(crate::wire::Raw(crate::wire::Outgoing::encode(
        &publish(&topic).payload("xyz"),
        crate::Version::V3_1_1,
    )));
    client.expect_violation(&[0x81]);
    watcher.expect_nothing();
    // The filter's length is taken for it.
    for packet in [vec![0x82, 2, 0, 1], vec![0x82, 6, 0, 1, 0, 1, b'a', 0], vec![0xA2, 5, 0, 1, 0, 1, b'a']] {
        let mut client = broker.client("a");
        client.send(packet);
        client.expect_violation(&[0x81, 0x82, 0x8F]);
    }
}

fn variable_byte_integers_are_minimal(broker: &Broker) {
    for length in [&[0x80_u8, 0x00] as &[u8], &[0x80, 0x80, 0x00], &[0x80, 0x80, 0x80, 0x00]] {
        for first in [0xC0, 0xE0] {
            let mut client = broker.client("a");
            client.send([&[first], length].concat());
            client.expect_violation(&[0x81]);
        }
    }
    // A CONNECT, and packets whose Remaining Length of 4 has two bytes.
    let mut client = broker.open();
    client.send_changed(broker.hello("a"), |bytes| {
        bytes[1] |= 0x80;
        bytes.insert(2, 0);
    });
    client.expect_bad_connect(&[0x81]);
    for first in [0x30, 0x40, 0x50, 0x62, 0x70] {
        let mut client = broker.client("a");
        client.send(vec![first, 0x84, 0x00, 0, 1, b'a', 0]);
        client.expect_violation(&[0x81]);
    }
    // Property Length 0 in two bytes.
    let mut client = broker.client("a");
    client.send(vec![0x30, 5, 0, 1, b'a', 0x80, 0x00]);
    client.expect_violation(&[0x81]);
    // Subscription Identifier 1 in two bytes.
    let mut client = broker.client("a");
    client.send(vec![0x82, 10, 0, 1, 3, 0x0B, 0x81, 0x00, 0, 1, b'a', 0]);
    client.expect_violation(&[0x81]);
    // What the server writes is checked by this suite's decoder, here at both sides of a boundary.
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    for size in [100, 127, 128, 129, 16_383, 16_384, 16_385] {
        let value = "x".repeat(size - 5);
        for properties in [vec![], vec![Property::user("", value)]] {
            let payload = "y".repeat(size - 3 - topic.len().min(size - 4));
            let packet = properties.iter().cloned();
            let packet = packet.fold(publish(&topic).payload(&payload), PublishBuilder::property);
            client.publish_with(0, packet);
            same(&client.receive(&topic, &payload, 0).properties, &properties);
        }
    }
}

fn user_property_byte_order_mark(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    let properties = [Property::user("\u{FEFF}k", "\u{FEFF}v"), Property::text(id::CONTENT_TYPE, "\u{FEFF}")];
    client.publish_with(0, with(&topic, &properties));
    same(&client.receive(&topic, "x", 0).properties, &properties);
}
