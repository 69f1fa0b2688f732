//! Subscription options and identifiers (sections 3.3.4, 3.8 and 3.9).

use crate::harness::{Broker, check, check_eq};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::property::{Property, id};
use crate::wire::{publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(no_local).in_5_0(&["MQTT-3.8.3-3"]),
    script!(no_local_is_taken_back).in_5_0(&["MQTT-3.8.4-3"]),
    script!(no_local_while_away).in_5_0(&["MQTT-3.8.3-3"]),
    script!(no_local_leaves_other_subscriptions).in_5_0(&["MQTT-3.8.3-3", "MQTT-4.5.0-1"]),
    script!(retain_as_published).in_5_0(&["MQTT-3.3.1-12", "MQTT-3.3.1-13", "X50-044"]),
    script!(retain_as_published_of_queued_messages).in_5_0(&["MQTT-3.3.1-12", "MQTT-3.3.1-13"]),
    script!(retain_handling_0).in_5_0(&["MQTT-3.3.1-9"]),
    script!(retain_handling_1).in_5_0(&["MQTT-3.3.1-10"]),
    script!(no_local_and_identifiers).in_5_0(&["MQTT-3.8.3-3", "MQTT-3.3.4-4"]),
    script!(retain_handling_2).in_5_0(&["MQTT-3.3.1-11"]),
    script!(options_that_do_not_exist).in_5_0(&["X50-053", "X50-054", "MQTT-3.8.3-5"]),
    script!(subscription_identifiers_come_with_messages).in_5_0(&[
        "MQTT-3.3.4-3",
        "MQTT-3.3.4-4",
        "MQTT-3.3.4-5",
    ]),
    script!(subscription_identifier_is_replaced).in_5_0(&["MQTT-3.8.4-3", "X50-059"]),
    script!(subscription_identifiers_of_retained_messages).in_5_0(&["MQTT-3.3.4-3"]),
    script!(subscription_identifiers_outlive_the_connection).in_5_0(&["MQTT-3.3.4-3", "MQTT-3.1.2-5"]),
    script!(subscription_identifier_of_what_is_sent_again).in_5_0(&["X50-059"]),
    script!(subscription_identifier_0_or_twice).in_5_0(&["X50-052"]),
    script!(subscription_identifier_of_every_length).in_5_0(&["MQTT-1.5.5-1", "MQTT-3.3.4-3"]),
    script!(ill_formed_text_in_subscribe_properties).in_5_0(&["MQTT-1.5.7-1", "MQTT-1.5.4-2"]),
    script!(properties_that_subscribe_does_not_have).in_5_0(&["X50-005", "MQTT-4.13.1-1"]),
    script!(forbidden_filter)
        .in_5_0(&["MQTT-3.8.4-7", "MQTT-3.9.3-1", "MQTT-3.8.4-5", "X50-073"])
        .with_setup(Setup::DeniedTopics),
    script!(forbidden_publish)
        .in_5_0(&["MQTT-3.4.2-1", "MQTT-3.5.2-1", "MQTT-4.3.3-9", "X50-073"])
        .with_setup(Setup::DeniedTopics),
];

fn no_local(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0x04 | 1);
    client.publish(&topic, "mine", 1);
    client.expect_nothing();
    broker.client("b").publish(&topic, "theirs", 1);
    client.receive(&topic, "theirs", 1);
}

fn no_local_is_taken_back(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0x04 | 1);
    client.publish(&topic, "mine", 1);
    client.expect_nothing();
    client.subscribe(&topic, 1);
    client.publish(&topic, "mine", 1);
    client.receive(&topic, "mine", 1);
}

/// The client identifier counts, not the connection.
fn no_local_while_away(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 0x04 | 1);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.publish(&topic, "mine", 1);
    client.expect_nothing();
    client.cut();
    broker.connect(broker.hello("a").kept()).expect_nothing();
}

fn no_local_leaves_other_subscriptions(broker: &Broker) {
    let topic = broker.topic("a/b");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0x04 | 2);
    client.subscribe(broker.topic("a/+"), 1);
    client.publish(&topic, "mine", 2);
    client.receive(&topic, "mine", 1);
    client.expect_nothing();
}

fn retain_as_published(broker: &Broker) {
    let topic = broker.topic("a");
    let mut keeps = broker.client("a");
    keeps.subscribe(&topic, 0x08);
    let mut clears = broker.client("b");
    clears.subscribe(&topic, 0x00);
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "plain", 0);
    keeps.receive(&topic, "plain", 0);
    clears.receive(&topic, "plain", 0);
    for payload in ["kept", ""] {
        publisher.publish_retained(&topic, payload, 0);
        keeps.receive_retained(&topic, payload, 0);
        clears.receive(&topic, payload, 0);
    }
    // Because of a SUBSCRIBE it is 1 in any case.
    keeps.disconnect();
    clears.disconnect();
    publisher.publish_retained(&topic, "kept", 0);
    for options in [0x00, 0x08] {
        let mut client = broker.client("c");
        client.subscribe(&topic, options);
        client.receive_retained(&topic, "kept", 0);
        client.disconnect();
    }
}

fn retain_as_published_of_queued_messages(broker: &Broker) {
    let topic = broker.topic("a");
    for (options, expected) in [(0x08 | 1, true), (1, false)] {
        let mut client = broker.connect(broker.hello("a").session_expiry(60));
        client.subscribe(&topic, options | 0x20);
        client.disconnect();
        let mut publisher = broker.client("p");
        publisher.publish_retained(&topic, "kept", 1);
        publisher.disconnect();
        let mut client = broker.connect(broker.hello("a").kept());
        if expected {
            client.receive_retained(&topic, "kept", 1);
        } else {
            client.receive(&topic, "kept", 1);
        }
        client.disconnect();
    }
}

fn retain_handling_0(broker: &Broker) {
    let topic = broker.topic("a");
    broker.client("p").publish_retained(&topic, "v", 0);
    let mut client = broker.client("a");
    for _ in 0..3 {
        client.subscribe(&topic, 0x00);
        client.receive_retained(&topic, "v", 0);
    }
    client.expect_nothing();
}

fn retain_handling_1(broker: &Broker) {
    let topic = broker.topic("a");
    broker.client("p").publish_retained(&topic, "v", 0);
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 0x10);
    client.receive_retained(&topic, "v", 0);
    // Not new, with whatever QoS or identifier.
    client.subscribe(&topic, 0x10);
    client.subscribe(&topic, 0x10 | 1);
    client.send(subscribe(7).filter(&topic, 0x10).identifier(5));
    client.expect_suback(7, &[0]);
    client.expect_nothing();
    // Not new in a session that goes on.
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 0x10);
    client.expect_nothing();
    // New after UNSUBSCRIBE.
    client.unsubscribe(&topic);
    client.subscribe(&topic, 0x10);
    client.receive_retained(&topic, "v", 0);
    client.expect_nothing();
}

fn retain_handling_2(broker: &Broker) {
    let topic = broker.topic("a");
    let mut publisher = broker.client("p");
    publisher.publish_retained(&topic, "v", 0);
    let mut client = broker.client("a");
    client.subscribe(&topic, 0x20);
    client.expect_nothing();
    publisher.publish(&topic, "live", 0);
    client.receive(&topic, "live", 0);
}

fn options_that_do_not_exist(broker: &Broker) {
    for (options, code) in [(0x03, 0x82), (0x30, 0x82), (0x40, 0x81), (0x80, 0x81), (0xC0, 0x81)] {
        let mut client = broker.client("a");
        client.send(subscribe(1).filter(broker.topic("a"), options));
        client.expect_violation(&[code]);
    }
}

fn subscription_identifiers_come_with_messages(broker: &Broker) {
    let topic = broker.topic("a/b");
    let mut client = broker.client("a");
    for (packet_identifier, (filter, identifier)) in (1..).zip([("a/#", 1), ("a/+", 2), ("+/b", 2)]) {
        client.send(subscribe(packet_identifier).filter(broker.topic(filter), 1).identifier(identifier));
        client.expect_suback(packet_identifier, &[1]);
    }
    client.subscribe(&topic, 1);
    broker.client("p").publish(&topic, "x", 1);
    // One copy with all identifiers, or a copy for each subscription with its own.
    let first = client.receive(&topic, "x", 1).identifiers();
    check!(!broker.is_ours() || first == [1, 2, 2], "identifiers {first:?} of the one copy");
    if first != [1, 2, 2] && first != [1, 2] {
        let mut all = vec![first];
        all.extend((1..4).map(|_| client.receive(&topic, "x", 1).identifiers()));
        all.sort();
        check_eq!(all, [vec![], vec![1], vec![2], vec![2]], "identifiers of the copies");
    }
    client.expect_nothing();
}

fn subscription_identifier_is_replaced(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    let mut publisher = broker.client("p");
    for (packet_identifier, identifier) in [(1, Some(1)), (2, Some(2)), (3, None), (4, Some(3))] {
        let packet = subscribe(packet_identifier).filter(&topic, 1);
        client.send(identifier.into_iter().fold(packet, crate::wire::Subscribe::identifier));
        client.expect_suback(packet_identifier, &[1]);
        publisher.publish(&topic, "x", 1);
        let expected: Vec<u32> = identifier.into_iter().collect();
        check_eq!(client.receive(&topic, "x", 1).identifiers(), expected, "identifiers after SUBSCRIBE");
    }
    client.expect_nothing();
}

fn subscription_identifiers_of_retained_messages(broker: &Broker) {
    let topic = broker.topic("a");
    broker.client("p").publish_retained(&topic, "v", 0);
    let mut client = broker.client("a");
    client.send(subscribe(7).filter(&topic, 0).identifier(9));
    client.expect_suback(7, &[0]);
    check_eq!(client.receive_retained(&topic, "v", 0).identifiers(), [9], "identifier of a retained message");
}

fn subscription_identifiers_outlive_the_connection(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.send(subscribe(7).filter(&topic, 1).identifier(9));
    client.expect_suback(7, &[1]);
    client.cut();
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "queued", 1);
    let mut client = broker.connect(broker.hello("a").kept());
    check_eq!(client.receive(&topic, "queued", 1).identifiers(), [9], "identifier of a queued message");
    publisher.publish(&topic, "live", 1);
    check_eq!(client.receive(&topic, "live", 1).identifiers(), [9], "identifier after a reconnect");
}

/// What is sent again may have the identifier of either SUBSCRIBE, but what had the new one keeps it.
fn subscription_identifier_of_what_is_sent_again(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    let mut publisher = broker.client("p");
    let mut open = Vec::new();
    for identifier in [1, 2] {
        client.send(subscribe(7).filter(&topic, 1).identifier(identifier));
        client.expect_suback(7, &[1]);
        publisher.publish(&topic, identifier.to_string(), 1);
        let message = client.expect_publish(&topic, &identifier.to_string(), 1);
        check_eq!(message.identifiers(), [identifier], "identifier of a message");
        open.push(message);
    }
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    let first = client.expect_resent(&open[0]).identifiers();
    check!(first == [1] || first == [2], "identifiers {first:?} of a message sent again");
    let second = client.expect_resent(&open[1]).identifiers();
    check_eq!(second, [2], "identifier of a message sent again");
    for message in open {
        client.puback(message.packet_identifier);
    }
    client.expect_nothing();
}

fn subscription_identifier_0_or_twice(broker: &Broker) {
    let topic = broker.topic("a");
    for packet in [
        subscribe(1).filter(&topic, 0).identifier(0),
        subscribe(1).filter(&topic, 0).identifier(1).identifier(1),
        subscribe(1).filter(&topic, 0).identifier(1).identifier(2),
    ] {
        let mut client = broker.client("a");
        client.send(packet);
        client.expect_violation(&[0x82]);
    }
}

fn subscription_identifier_of_every_length(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    for identifier in [1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455] {
        client.send(subscribe(7).filter(&topic, 0).identifier(identifier));
        client.expect_suback(7, &[0]);
        client.publish(&topic, "x", 0);
        check_eq!(client.receive(&topic, "x", 0).identifiers(), [identifier], "identifiers of a message");
    }
}

fn ill_formed_text_in_subscribe_properties(broker: &Broker) {
    let topic = broker.topic("a");
    for text in [b"\xFF" as &[u8], b"a\0b"] {
        for property in [Property::user(text, "v"), Property::user("k", text)] {
            let mut client = broker.client("a");
            client.send(subscribe(1).filter(&topic, 0).property(property.clone()));
            client.expect_violation(&[0x81]);
            let mut client = broker.client("a");
            client.send(unsubscribe(1).filter(&topic).property(property));
            client.expect_violation(&[0x81]);
        }
    }
}

fn properties_that_subscribe_does_not_have(broker: &Broker) {
    let topic = broker.topic("a");
    for property in [Property::text(id::REASON_STRING, "x"), Property::two(id::TOPIC_ALIAS, 1)] {
        let mut client = broker.client("a");
        client.send(subscribe(1).filter(&topic, 0).property(property.clone()));
        client.expect_violation(&[0x81, 0x82]);
        let mut client = broker.client("a");
        client.send(unsubscribe(1).filter(&topic).property(property));
        client.expect_violation(&[0x81, 0x82]);
    }
    let mut client = broker.client("a");
    client.send(unsubscribe(1).filter(&topic).property(Property::variable(id::SUBSCRIPTION_IDENTIFIER, 1)));
    client.expect_violation(&[0x81, 0x82]);
    // User Properties they do have.
    let mut client = broker.client("a");
    client.send(
        subscribe(1).filter(&topic, 0).property(Property::user("k", "v")).property(Property::user("k", "v")),
    );
    client.expect_suback(1, &[0]);
    client.send(unsubscribe(2).filter(&topic).property(Property::user("k", "v")));
    client.expect_unsuback(2, &[0]);
}

fn forbidden_filter(broker: &Broker) {
    let (allowed, forbidden) = (broker.topic("a"), broker.topic("hidden/x"));
    let mut client = broker.client("a");
    client.send(subscribe(7).filter(&allowed, 2).filter(&forbidden, 0).filter(&allowed, 1));
    client.expect_suback(7, &[2, 0x87, 1]);
    client.publish(&allowed, "x", 2);
    client.receive(&allowed, "x", 1);
}

fn forbidden_publish(broker: &Broker) {
    let (allowed, forbidden) = (broker.topic("a"), broker.topic("denied/x"));
    let mut watcher = broker.client("w");
    watcher.subscribe(&forbidden, 0);
    let mut client = broker.client("a");
    client.subscribe(&allowed, 0);
    client.send(publish(&forbidden).payload("never").qos(1, 7));
    client.expect_code("PUBACK", 7, 0x87);
    client.send(publish(&forbidden).payload("never").qos(2, 8));
    client.expect_code("PUBREC", 8, 0x87);
    // The identifier is free again: this is a new message.
    client.send(publish(&allowed).payload("x").qos(2, 8));
    check_eq!(client.expect_pubrec(8).code, 0, "PUBREC for an allowed topic");
    client.pubrel(8);
    check_eq!(client.expect_pubcomp(8).code, 0, "PUBCOMP for an allowed topic");
    client.receive(&allowed, "x", 0);
    client.expect_nothing();
    watcher.expect_nothing();
}

/// The subscription that does not match its own client leaves no identifier.
fn no_local_and_identifiers(broker: &Broker) {
    let topic = broker.topic("a/b");
    let mut client = broker.client("a");
    client.send(subscribe(1).filter(&topic, 0x04 | 1).identifier(1));
    client.expect_suback(1, &[1]);
    client.send(subscribe(2).filter(broker.topic("a/+"), 0).identifier(2));
    client.expect_suback(2, &[0]);
    client.publish(&topic, "mine", 1);
    check_eq!(client.receive(&topic, "mine", 0).identifiers(), [2], "identifiers of an own message");
    client.expect_nothing();
    if broker.is_ours() {
        broker.client("b").publish(&topic, "theirs", 1);
        check_eq!(
            client.receive(&topic, "theirs", 1).identifiers(),
            [1, 2],
            "identifiers of another's message"
        );
    }
}
