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
        script!(byte_order_mark_at_the_start).in_3_1_1(&["MQTT-1.5.3-3"]).in_5_0(&["MQTT-1.5.4-3"]),
        script!(well_formed_text)
            .in_3_1_1(&["MQTT-1.5.3-1", "MQTT-3.3.2-1", "MQTT-3.1.3-10", "MQTT-3.1.3-11"])
            .in_5_0(&["MQTT-1.5.4-1", "MQTT-3.3.2-1", "MQTT-3.1.3-11", "MQTT-3.1.3-12"]),
        script!(disallowed_code_points).in_3_1_1(&["X311-001"]).in_5_0(&["X50-001"]),
        script!(topic_length_beyond_the_packet).in_3_1_1(&["MQTT-3.3.2-1"]).in_5_0(&["MQTT-3.3.2-1"]),
    ];

/// What is no UTF-8 (RFC 3629), by what is wrong with it.
const ILL_FORMED: [&[u8]; 30] = [
    // Longer than it need be: U+0000, U+007F, U+07FF and U+FFFF, the least and the most of each length.
    b"\xC0\x80",
    b"\xC1\xBF",
    b"\xE0\x80\x80",
    b"\xE0\x9F\xBF",
    b"\xF0\x80\x80\x80",
    b"\xF0\x8F\xBF\xBF",
    // Surrogates: the first and the last of each half, and a pair.
    b"\xED\xA0\x80",
    b"\xED\xAF\xBF",
    b"\xED\xB0\x80",
    b"\xED\xBF\xBF",
    b"\xED\xA0\xBD\xED\xB8\x80",
    // Cut short, at the end and before another character.
    b"a\xC3",
    b"a\xE2\x82",
    b"a\xF0\x9F\x98",
    b"\xC3a",
    b"\xC3\x28",
    b"\xE2\x82a",
    b"\xE2\x28\xA1",
    b"\xF0\x9F\x98a",
    b"\xF0\x28\x8C\xBC",
    // A continuation without a start.
    b"\x80",
    b"a\xBFb",
    b"\xC3\xA9\xA9",
    // Beyond U+10FFFF.
    b"\xF4\x90\x80\x80",
    b"\xF5\x80\x80\x80",
    b"\xF7\xBF\xBF\xBF",
    // Bytes that no UTF-8 has; sequences of five and six.
    b"\xF8\x88\x80\x80\x80",
    b"\xFC\x84\x80\x80\x80\x80",
    b"\xFE",
    b"\xFF",
];

/// U+0000 in every position.
const WITH_NULL: [&[u8]; 5] = [b"\0", b"\0a", b"a\0", b"a\0b", b"\0\0"];

/// The least and the most of each length, around the surrogates, and U+FFFD.
const WELL_FORMED: [&str; 9] = [
    "\u{20}",
    "\u{7E}",
    "\u{A0}",
    "\u{7FF}",
    "\u{800}",
    "\u{D7FF}",
    "\u{E000}\u{FFFD}",
    "\u{10000}",
    "\u{10FFFD}",
];

fn ill_formed_text_in_connect(broker: &Broker) {
    for text in ILL_FORMED {
        every_text_of_connect(broker, text, &[0x81, 0x85, 0x86, 0x90]);
    }
}

fn null_character_in_connect(broker: &Broker) {
    for text in WITH_NULL {
        every_text_of_connect(broker, text, &[0x81, 0x85, 0x86, 0x90]);
    }
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
        every_filter(broker, &[broker.topic("").as_bytes(), text].concat());
    }
}

fn null_character_in_topics(broker: &Broker) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    for text in WITH_NULL {
        let text = [broker.topic("").as_bytes(), text].concat();
        for qos in 0..3 {
            let mut client = broker.client("a");
            client.send(publish(&text).payload("never").qos(qos, 5));
            client.expect_violation(&[0x81, 0x90]);
        }
        every_filter(broker, &text);
    }
    watcher.expect_nothing();
}

/// The only filter, the first of two and the second.
#[track_caller]
fn every_filter(broker: &Broker, filter: &[u8]) {
    let good = broker.topic("good");
    for filters in [vec![filter], vec![filter, good.as_bytes()], vec![good.as_bytes(), filter]] {
        let mut client = broker.client("a");
        client.send(filters.iter().fold(subscribe(5), |packet, filter| packet.filter(filter, 0)));
        client.expect_violation(&[0x81, 0x8F]);
        let mut client = broker.client("a");
        client.send(filters.iter().fold(unsubscribe(5), |packet, filter| packet.filter(filter)));
        client.expect_violation(&[0x81, 0x8F]);
    }
}

fn well_formed_text(broker: &Broker) {
    let mut client = broker.client("a");
    for text in WELL_FORMED {
        let topic = broker.topic(text);
        client.subscribe(&topic, 0);
        client.publish(&topic, "x", 0);
        client.receive(&topic, "x", 0);
        client.unsubscribe(&topic);
        let will = Will::new(&topic, "gone");
        client.subscribe(&topic, 0);
        broker.connect(broker.hello("b").will(will).user_name(text)).cut();
        client.receive(&topic, "gone", 0);
    }
}

/// The topic begins with it, so that a server that drops it would mix up two topics.
fn byte_order_mark_at_the_start(broker: &Broker) {
    let (plain, marked) = (broker.topic("x"), format!("\u{FEFF}{}", broker.topic("x")));
    let mut client = broker.client("a");
    client.subscribe(&plain, 0);
    let mut marked_client = broker.client("b");
    marked_client.subscribe(&marked, 0);
    let mut publisher = broker.client("p");
    for topic in [&marked, &plain] {
        publisher.publish_retained(topic, "x", 0);
    }
    client.receive(&plain, "x", 0);
    client.expect_nothing();
    marked_client.receive(&marked, "x", 0);
    marked_client.expect_nothing();
    broker.connect(broker.hello("c").will(Will::new(&marked, "gone"))).cut();
    marked_client.receive(&marked, "gone", 0);
    // U+FEFF alone is a topic, and two of them are another.
    for name in ["\u{FEFF}", "\u{FEFF}\u{FEFF}"] {
        marked_client.subscribe(broker.topic(name), 0);
        publisher.publish(broker.topic(name), name, 0);
        marked_client.receive(&broker.topic(name), name, 0);
    }
    client.expect_nothing();
    for topic in [&marked, &plain] {
        publisher.publish_retained(topic, "", 0);
    }
    client.receive(&plain, "", 0);
    marked_client.receive(&marked, "", 0);
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
            // Ours takes them.
            None if !broker.is_ours() => {}
            Some(Packet::Disconnect(_)) if !broker.is_ours() => client.expect_closed(),
            None => fail(format!("a topic with {text:?} is answered with the end")),
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
