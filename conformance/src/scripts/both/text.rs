//! UTF-8 Encoded Strings (3.1.1 section 1.5.3, 5.0 section 1.5.4).

use crate::harness::{Broker, fail};
use crate::script::{Script, script};
use crate::wire::{Packet, Will, pingreq, publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] =
    &[
        script!(ill_formed_text_in_connect)
            .in_3_1_1(&["MQTT-1.5.3-1", "MQTT-3.1.3-4", "MQTT-3.1.3-10", "MQTT-3.1.3-11"])
            .in_5_0(&["MQTT-1.5.4-1", "MQTT-3.1.3-4", "MQTT-3.1.3-11", "MQTT-3.1.3-12"]),
        script!(null_character_in_connect)
            .in_3_1_1(&["MQTT-1.5.3-2", "MQTT-3.1.3-4", "MQTT-3.1.3-10", "MQTT-3.1.3-11"])
            .in_5_0(&["MQTT-1.5.4-2", "MQTT-3.1.3-4", "MQTT-3.1.3-11", "MQTT-3.1.3-12"]),
        script!(ill_formed_topic_name)
            .in_3_1_1(&["MQTT-1.5.3-1", "MQTT-3.3.2-1"])
            .in_5_0(&["MQTT-1.5.4-1", "MQTT-3.3.2-1"]),
        script!(ill_formed_topic_filter)
            .in_3_1_1(&["MQTT-1.5.3-1", "MQTT-3.8.3-1", "MQTT-3.10.3-1"])
            .in_5_0(&["MQTT-1.5.4-1", "MQTT-3.8.3-1", "MQTT-3.10.3-1"]),
        script!(null_character_in_topics)
            .in_3_1_1(&["MQTT-1.5.3-2", "MQTT-4.7.3-2", "MQTT-3.8.3-1"])
            .in_5_0(&["MQTT-1.5.4-2", "MQTT-4.7.3-2", "MQTT-3.8.3-1"]),
        script!(byte_order_mark_is_a_character).in_3_1_1(&["MQTT-1.5.3-3"]).in_5_0(&["MQTT-1.5.4-3"]),
        script!(disallowed_code_points).in_3_1_1(&["X311-001"]).in_5_0(&["X50-001"]),
        script!(topic_length_beyond_the_packet).in_3_1_1(&["MQTT-3.3.2-1"]).in_5_0(&["MQTT-3.3.2-1"]),
    ];

/// Overlong, surrogate, cut short, beyond U+10FFFF, and bytes that no UTF-8 has.
const ILL_FORMED: [&[u8]; 6] =
    [b"\xC0\x80", b"\xED\xA0\x80", b"a\xE2\x82", b"\xF4\x90\x80\x80", b"\xFF", b"\xC3\x28"];

fn ill_formed_text_in_connect(broker: &Broker) {
    for text in ILL_FORMED {
        every_text_of_connect(broker, text, &[0x81, 0x85, 0x86, 0x90]);
    }
}

fn null_character_in_connect(broker: &Broker) {
    every_text_of_connect(broker, b"a\0b", &[0x81, 0x85, 0x86, 0x90]);
}

fn every_text_of_connect(broker: &Broker, text: &[u8], codes: &[u8]) {
    let identifier = crate::wire::Connect::new([broker.prefix().as_bytes(), text].concat());
    let topic = [broker.prefix().as_bytes(), b"/", text].concat();
    let will = broker.hello("a").will(Will::new(topic, "never"));
    let user = broker.hello("a").user_name(text);
    for packet in [identifier, will, user] {
        let mut client = broker.open();
        client.send(packet);
        client.expect_bad_connect(codes);
    }
}

fn ill_formed_topic_name(broker: &Broker) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    for text in ILL_FORMED {
        let topic = [broker.topic("").as_bytes(), text].concat();
        let mut client = broker.client("a");
        client.send(publish(&topic).payload("never").qos(1, 5));
        client.expect_violation(&[0x81, 0x90]);
    }
    watcher.expect_nothing();
}

fn ill_formed_topic_filter(broker: &Broker) {
    for text in ILL_FORMED {
        let filter = [broker.topic("").as_bytes(), text].concat();
        let mut client = broker.client("a");
        client.send(subscribe(5).filter(&filter, 0));
        client.expect_violation(&[0x81, 0x8F]);
        let mut client = broker.client("a");
        client.send(unsubscribe(5).filter(&filter));
        client.expect_violation(&[0x81, 0x8F]);
    }
}

fn null_character_in_topics(broker: &Broker) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    let text = broker.topic("a\0b");
    let mut client = broker.client("a");
    client.send(publish(&text).payload("never").qos(1, 5));
    client.expect_violation(&[0x81, 0x90]);
    let mut client = broker.client("a");
    client.send(subscribe(5).filter(&text, 0));
    client.expect_violation(&[0x81, 0x8F]);
    let mut client = broker.client("a");
    client.send(unsubscribe(5).filter(&text));
    client.expect_violation(&[0x81, 0x8F]);
    watcher.expect_nothing();
}

fn byte_order_mark_is_a_character(broker: &Broker) {
    let (plain, marked) = (broker.topic("x"), broker.topic("\u{FEFF}x"));
    let mut client = broker.client("a");
    client.subscribe(&plain, 0);
    let mut marked_client = broker.client("b");
    marked_client.subscribe(&marked, 0);
    let mut publisher = broker.client("p");
    publisher.publish(&marked, "marked", 0);
    marked_client.receive(&marked, "marked", 0);
    client.expect_nothing();
    publisher.publish(&plain, "plain", 0);
    client.receive(&plain, "plain", 0);
    marked_client.expect_nothing();
}

/// Control characters and non-characters may be refused, or go through as they are.
fn disallowed_code_points(broker: &Broker) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    for text in ["\u{1}", "\u{1F}", "\u{7F}", "\u{9F}", "\u{FDD0}", "\u{FFFF}", "\u{10FFFE}"] {
        let topic = broker.topic(text);
        let mut client = broker.client("a");
        client.send_together(&[&publish(&topic).payload("x"), &pingreq()]);
        match client.next_or_closed() {
            Some(Packet::Pingresp) => {
                watcher.receive(&topic, "x", 0);
                client.disconnect();
            }
            None => {}
            Some(Packet::Disconnect(_)) => client.expect_closed(),
            Some(other) => fail(format!("a topic with {text:?} is answered with {other}")),
        }
    }
    watcher.expect_nothing();
}

fn topic_length_beyond_the_packet(broker: &Broker) {
    let mut client = broker.client("a");
    client.send_changed(publish(broker.topic("x")).payload("y"), |bytes| bytes[2] = 0x7F);
    client.expect_violation(&[0x81]);
}
