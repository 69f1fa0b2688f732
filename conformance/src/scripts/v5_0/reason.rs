//! Reason codes and what goes with them, in acknowledgements, DISCONNECT and AUTH.

use crate::harness::{Broker, check, check_eq};
use crate::script::{Script, script};
use crate::wire::property::{Property, id};
use crate::wire::{
    Properties, Raw, acknowledge, acknowledge_with, auth, disconnect_with, publish, subscribe, unsubscribe,
};

pub(super) const SCRIPTS: &[Script] = &[
    script!(unknown_identifiers).in_5_0(&["MQTT-3.6.2-1", "MQTT-3.7.2-1", "MQTT-4.3.3-11"]),
    script!(puback_with_a_code_of_others).in_5_0(&["MQTT-3.4.2-1"]),
    script!(pubrec_with_a_code_of_others).in_5_0(&["MQTT-3.5.2-1"]),
    script!(pubrel_with_a_code_of_others).in_5_0(&["MQTT-3.6.2-1"]),
    script!(pubcomp_with_a_code_of_others).in_5_0(&["MQTT-3.7.2-1"]),
    script!(reason_string_twice).in_5_0(&["X50-047", "X50-048", "X50-049", "X50-050", "X50-063"]),
    script!(every_form_of_acknowledgement).in_5_0(&["X50-051", "MQTT-4.3.2-3", "MQTT-4.3.3-4"]),
    script!(refused_delivery_is_not_sent_again).in_5_0(&["MQTT-4.4.0-2", "MQTT-4.3.3-4", "X50-073"]),
    script!(every_form_of_disconnect).in_5_0(&["X50-065", "X50-066"]),
    script!(disconnect_properties_twice).in_5_0(&["X50-061", "X50-064"]),
    script!(no_problem_information).in_5_0(&["MQTT-3.1.2-29"]),
    script!(auth_without_method).in_5_0(&["MQTT-4.12.0-7", "X50-067", "X50-068", "X50-069", "MQTT-3.15.2-1"]),
    script!(auth_flag_bits).in_5_0(&["MQTT-3.15.1-1"]),
    script!(disconnect_ends_the_connection).in_5_0(&["MQTT-3.14.4-2", "MQTT-4.13.2-1", "MQTT-3.14.2-2"]),
    script!(acknowledgement_of_the_wrong_kind).in_5_0(&["MQTT-4.13.1-1"]),
    script!(several_errors_in_a_packet).in_5_0(&["X50-072"]),
    script!(disconnect_is_the_last_packet).in_5_0(&["MQTT-3.14.4-1"]),
];

fn unknown_identifiers(broker: &Broker) {
    let mut client = broker.client("a");
    client.pubrel(77);
    client.expect_unknown("PUBCOMP", 77);
    client.pubrec(78);
    client.expect_unknown("PUBREL", 78);
    // Nothing is defined for these; the connection lives on.
    client.puback(79);
    client.pubcomp(80);
    client.expect_nothing();
    client.ping();
}

fn puback_with_a_code_of_others(broker: &Broker) {
    open_delivery_answered(broker, 1, 0x40, &[0x01, 0x04, 0x81, 0x92, 0xFF]);
}

fn pubrec_with_a_code_of_others(broker: &Broker) {
    open_delivery_answered(broker, 2, 0x50, &[0x01, 0x11, 0x82, 0x92, 0xFF]);
}

fn open_delivery_answered(broker: &Broker, qos: u8, first: u8, codes: &[u8]) {
    let topic = broker.topic("a");
    for code in codes {
        let mut client = broker.client("a");
        client.subscribe(&topic, qos);
        client.publish(&topic, "x", qos);
        let open = client.expect_publish(&topic, "x", qos).packet_identifier;
        client.send(acknowledge_with(first, open, *code, vec![]));
        client.expect_violation(&[0x82, 0x81]);
    }
}

fn pubrel_with_a_code_of_others(broker: &Broker) {
    for code in [0x10, 0x80, 0x91, 0xFF] {
        let mut client = broker.client("a");
        client.send(publish(broker.topic("a")).qos(2, 7));
        client.expect_pubrec(7);
        client.send(acknowledge_with(0x62, 7, code, vec![]));
        client.expect_violation(&[0x82, 0x81]);
    }
}

fn pubcomp_with_a_code_of_others(broker: &Broker) {
    let topic = broker.topic("a");
    for code in [0x10, 0x80, 0x91, 0xFF] {
        let mut client = broker.client("a");
        client.subscribe(&topic, 2);
        client.publish(&topic, "x", 2);
        let open = client.expect_publish(&topic, "x", 2).packet_identifier;
        client.pubrec(open);
        client.expect_pubrel(open);
        client.send(acknowledge_with(0x70, open, code, vec![]));
        client.expect_violation(&[0x82, 0x81]);
    }
}

fn reason_string_twice(broker: &Broker) {
    let twice = || vec![Property::text(id::REASON_STRING, "x"), Property::text(id::REASON_STRING, "x")];
    for first in [0x40, 0x50, 0x62, 0x70] {
        let mut client = broker.client("a");
        client.send(acknowledge_with(first, 7, 0, twice()));
        client.expect_violation(&[0x82]);
    }
    let mut client = broker.client("a");
    client.send(disconnect_with(0, twice()));
    client.expect_violation(&[0x82]);
}

fn every_form_of_acknowledgement(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 2);
    let properties = || vec![Property::text(id::REASON_STRING, "fine"), Property::user("k", "v")];
    for code in [0x00, 0x10] {
        for properties in [vec![], properties()] {
            client.publish(&topic, "1", 1);
            let open = client.expect_publish(&topic, "1", 1).packet_identifier;
            client.send(acknowledge_with(0x40, open, code, properties.clone()));
            client.publish(&topic, "2", 2);
            let open = client.expect_publish(&topic, "2", 2).packet_identifier;
            client.send(acknowledge_with(0x50, open, code, properties.clone()));
            client.expect_pubrel(open);
            client.send(acknowledge_with(0x70, open, 0x00, properties));
        }
    }
    client.send(publish(&topic).payload("3").qos(2, 7));
    client.expect_pubrec(7);
    client.send(acknowledge_with(0x62, 7, 0x00, properties()));
    check_eq!(client.expect_pubcomp(7).code, 0, "PUBCOMP");
    client.receive(&topic, "3", 2);
}

fn refused_delivery_is_not_sent_again(broker: &Broker) {
    let topic = broker.topic("a");
    for (qos, first) in [(1, 0x40), (2, 0x50)] {
        for code in [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99] {
            let mut client = broker.connect(broker.hello("a").kept());
            client.subscribe(&topic, 2);
            client.publish(&topic, "x", qos);
            let open = client.expect_publish(&topic, "x", qos).packet_identifier;
            client.send(acknowledge_with(first, open, code, vec![]));
            client.expect_nothing();
            client.cut();
            let mut client = broker.connect(broker.hello("a").kept());
            client.expect_nothing();
            client.cut();
        }
    }
}

fn every_form_of_disconnect(broker: &Broker) {
    for bytes in [vec![0xE0, 0], vec![0xE0, 1, 0], vec![0xE0, 2, 0, 0], vec![0xE0, 6, 0, 4, 0x1F, 0, 1, b'x']]
    {
        let mut client = broker.client("a");
        client.send(Raw(bytes));
        client.expect_closed();
    }
}

fn disconnect_properties_twice(broker: &Broker) {
    let expiry = Property::four(id::SESSION_EXPIRY_INTERVAL, 5);
    let mut client = broker.connect(broker.hello("a").session_expiry(5));
    client.send(disconnect_with(0, vec![expiry.clone(), expiry]));
    client.expect_violation(&[0x82]);
    let reference = Property::text(id::SERVER_REFERENCE, "x");
    let mut client = broker.client("a");
    client.send(disconnect_with(0, vec![reference.clone(), reference]));
    client.expect_violation(&[0x82, 0x81]);
}

fn no_problem_information(broker: &Broker) {
    let topic = broker.topic("a");
    let hello = broker.hello("a").property(Property::byte(id::REQUEST_PROBLEM_INFORMATION, 0));
    let mut client = broker.connect(hello);
    let bare = |properties: &Properties| {
        check!(
            !properties.has(id::REASON_STRING) && !properties.has(id::USER_PROPERTY),
            "unasked information"
        );
    };
    client.pubrel(77);
    bare(&client.expect_unknown("PUBCOMP", 77).properties);
    client.pubrec(78);
    bare(&client.expect_unknown("PUBREL", 78).properties);
    client.send(unsubscribe(5).filter(&topic));
    bare(&client.expect_unsuback(5, &[0x11]).properties);
    client.send(subscribe(6).filter(&topic, 1));
    bare(&client.expect_suback(6, &[1]).properties);
    client.send(publish(&topic).payload("x").qos(1, 7).property(Property::user("k", "v")));
    bare(&client.expect_puback(7).properties);
    // A message keeps its User Properties.
    check_eq!(client.receive(&topic, "x", 1).properties.user().len(), 1, "User Properties of a message");
}

fn auth_without_method(broker: &Broker) {
    let method = Property::text(id::AUTHENTICATION_METHOD, "x");
    for packet in [
        auth(0x19, vec![method.clone()]),
        auth(0x18, vec![method.clone()]),
        auth(0x00, vec![method.clone()]),
        auth(0x19, vec![method.clone(), method]),
        auth(0x19, vec![]),
        crate::wire::empty("AUTH", 0xF0),
    ] {
        let mut client = broker.client("a");
        client.send(packet);
        client.expect_violation(&[0x82, 0x81]);
    }
}

fn auth_flag_bits(broker: &Broker) {
    let mut client = broker.client("a");
    client.send_changed(auth(0x19, vec![Property::text(id::AUTHENTICATION_METHOD, "x")]), |bytes| {
        bytes[0] = 0xF1
    });
    client.expect_violation(&[0x81, 0x82]);
}

fn disconnect_ends_the_connection(broker: &Broker) {
    for code in [0x00, 0x04, 0x80, 0x98] {
        let mut client = broker.client("a");
        client.send(disconnect_with(code, vec![]));
        client.expect_closed();
    }
    // A DISCONNECT of the server is followed by its close, too; `expect_violation` waits for both.
    let mut client = broker.client("a");
    client.send(vec![0x00, 0x00]);
    client.expect_violation(&[0x81]);
}

/// PUBACK for a QoS 2 delivery, PUBREC for one of QoS 1.
fn acknowledgement_of_the_wrong_kind(broker: &Broker) {
    broker.only_ours("an acknowledgement of the wrong kind is a protocol error");
    let topic = broker.topic("a");
    for (qos, first) in [(2, 0x40), (1, 0x50), (1, 0x70)] {
        let mut client = broker.client("a");
        client.subscribe(&topic, 2);
        client.publish(&topic, "x", qos);
        let open = client.expect_publish(&topic, "x", qos).packet_identifier;
        client.send(acknowledge(first, open));
        client.expect_violation(&[0x82]);
    }
}

/// The server may report any of them, but has to close.
fn several_errors_in_a_packet(broker: &Broker) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    let expiry = || Property::four(id::MESSAGE_EXPIRY_INTERVAL, 5);
    let mut client = broker.client("a");
    client.send(publish(broker.topic("+")).qos(3, 0).alias(0).property(expiry()).property(expiry()));
    client.expect_violation(&[0x81, 0x82, 0x90, 0x94]);
    let mut client = broker.client("a");
    client.send(subscribe(0).filter(broker.topic("a#"), 0xC3).identifier(0));
    client.expect_violation(&[0x81, 0x82, 0x8F]);
    let mut client = broker.client("a");
    client.send_changed(unsubscribe(0).property(Property::text(id::REASON_STRING, [0xFF])), |bytes| {
        bytes[0] = 0xA0;
    });
    client.expect_violation(&[0x81, 0x82]);
    let mut client = broker.open();
    client.send(broker.hello("a").flags(0x1F).receive_maximum(0).maximum_packet_size(0));
    client.expect_bad_connect(&[0x81, 0x82]);
    watcher.expect_nothing();
}

fn disconnect_is_the_last_packet(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    let mut publisher = broker.client("p");
    for _ in 0..10 {
        publisher.send(publish(&topic).payload("x"));
    }
    // Over TCP, the newcomer could overtake them.
    publisher.ping();
    let _new = broker.client("a");
    for _ in 0..10 {
        publisher.send(publish(&topic).payload("y"));
    }
    publisher.ping();
    if broker.is_ours() {
        for _ in 0..10 {
            client.receive(&topic, "x", 0);
        }
        client.expect_violation(&[0x8E]);
    } else {
        client.ignore_the_rest();
    }
}
