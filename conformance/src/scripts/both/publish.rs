//! PUBLISH (section 3.3) and the lower of two QoS.

use crate::harness::{Broker, check, check_eq};
use crate::script::{Script, script};
use crate::wire::{Raw, pingreq, publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(publish_is_answered_by_its_qos)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.3.4-1"])
        .in_5_0(&["MQTT-3.3.4-1"]),
    script!(qos_3_is_refused).in_3_1(&["X31-010"]).in_3_1_1(&["MQTT-3.3.1-4"]).in_5_0(&["MQTT-3.3.1-4"]),
    script!(qos_0_has_no_dup)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.3.1-2", "MQTT-4.3.1-1"])
        .in_5_0(&["MQTT-3.3.1-2", "MQTT-4.3.1-1"]),
    script!(dup_is_not_passed_on).in_3_1(&["X31-010"]).in_3_1_1(&["MQTT-3.3.1-3"]).in_5_0(&["MQTT-3.3.1-3"]),
    script!(wildcards_in_topic_names)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.3.2-2", "MQTT-4.7.1-1"])
        .in_5_0(&["MQTT-3.3.2-2", "MQTT-4.7.0-1"]),
    script!(delivered_qos_is_the_lower_of_two)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.8.4-6"])
        .in_5_0(&["MQTT-3.8.4-8"]),
    script!(overlapping_subscriptions_give_the_highest_qos)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.3.5-1"])
        .in_5_0(&["MQTT-3.3.4-2"]),
    script!(every_subscriber_gets_a_message)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.5.0-1"])
        .in_5_0(&["MQTT-4.5.0-1"]),
    script!(any_payload)
        .in_3_1(&["X31-010", "X31-012"])
        .in_3_1_1(&["MQTT-2.3.1-5", "MQTT-3.3.1-5"])
        .in_5_0(&["MQTT-2.2.1-2", "MQTT-3.3.1-5"]),
    script!(large_payload)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-7.0.0-2", "MQTT-7.1.1-1"])
        .in_5_0(&["MQTT-4.2.0-1"]),
];

fn publish_is_answered_by_its_qos(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.send_together(&[&publish(&topic).payload("0"), &pingreq()]);
    client.expect_pingresp();
    client.send(publish(&topic).payload("1").qos(1, 11));
    client.expect_puback(11);
    client.send(publish(&topic).payload("2").qos(2, 12));
    client.expect_pubrec(12);
    client.pubrel(12);
    client.expect_pubcomp(12);
    client.expect_nothing();
}

fn qos_3_is_refused(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let packet = || publish(&topic).qos(3, 7);
    for packet in [packet(), packet().retain(), packet().duplicate(), packet().retain().duplicate()] {
        let mut client = broker.client("a");
        client.send(packet.payload("never"));
        client.expect_violation(&[0x81]);
    }
    watcher.expect_nothing();
}

fn qos_0_has_no_dup(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    // The decoder of this suite refuses QoS 0 with DUP 1 from a server.
    for qos in [0, 1, 2] {
        client.publish(&topic, "x", qos);
        client.receive(&topic, "x", 0);
    }
    if broker.is_ours() {
        // What a receiver does is not written; ours takes it as malformed.
        for packet in [publish(&topic).duplicate(), publish(&topic).duplicate().retain()] {
            let mut client = broker.client("b");
            client.send(packet.payload("never"));
            client.expect_violation(&[0x81, 0x82]);
        }
    }
    client.expect_nothing();
}

fn dup_is_not_passed_on(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 2);
    for qos in [1, 2] {
        // `receive` wants DUP 0.
        client.publish_with(qos, publish(&topic).payload("again").duplicate());
        client.receive(&topic, "again", qos);
    }
}

fn wildcards_in_topic_names(broker: &Broker) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    for topic in
        ["a/+", "#", "a#b", "+/a", "+", "a/#", "a/+/b", "a+", "/#", "##"].map(|rest| broker.topic(rest))
    {
        for qos in 0..3 {
            let mut client = broker.client("a");
            client.send(publish(&topic).payload("never").qos(qos, 7));
            client.expect_violation(&[0x90, 0x81, 0x82]);
        }
    }
    watcher.expect_nothing();
}

fn delivered_qos_is_the_lower_of_two(broker: &Broker) {
    let topic = broker.topic("a");
    let mut publisher = broker.client("p");
    for granted in 0..3 {
        let mut client = broker.client("a");
        client.subscribe(&topic, granted);
        for qos in 0..3 {
            publisher.publish(&topic, "x", qos);
            client.receive(&topic, "x", granted.min(qos));
        }
        client.expect_nothing();
        client.disconnect();
    }
}

fn overlapping_subscriptions_give_the_highest_qos(broker: &Broker) {
    let topic = broker.topic("a/b");
    let mut client = broker.client("a");
    client.subscribe(broker.topic("a/#"), 0);
    client.subscribe(broker.topic("a/+"), 2);
    client.subscribe(&topic, 1);
    broker.client("p").publish(&topic, "x", 2);
    if broker.is_ours() {
        client.receive(&topic, "x", 2);
        return client.expect_nothing();
    }
    // One copy, or one for each subscription.
    let mut qos = Vec::new();
    while qos.len() < 3 && qos != [2] {
        let publish = client.expect_any_publish();
        client.finish_exchange(&publish);
        qos.push(publish.qos);
    }
    check!(qos.contains(&2), "expected a copy at QoS 2, got copies at {qos:?}");
}

fn every_subscriber_gets_a_message(broker: &Broker) {
    let topic = broker.topic("a/b");
    let filters = ["a/b", "a/+", "a/#", "#", "+/b"].map(|rest| broker.topic(rest));
    let mut away = broker.connect(broker.hello("away").kept());
    away.subscribe(&topic, 1);
    away.disconnect();
    let mut clients = Vec::new();
    for (index, filter) in filters.iter().enumerate() {
        let mut client = broker.client(&format!("s{index}"));
        client.subscribe(filter, 1);
        clients.push(client);
    }
    broker.client("p").publish(&topic, "for all", 1);
    for client in &mut clients {
        client.receive(&topic, "for all", 1);
    }
    broker.connect(broker.hello("away").kept()).receive(&topic, "for all", 1);
}

/// Every byte, nothing, and what looks like a packet or a text that is none; live, retained and waiting.
fn any_payload(broker: &Broker) {
    let topic = broker.topic("a");
    let every_byte: Vec<u8> = (0..=255).collect();
    let payloads: [&[u8]; 6] =
        [&every_byte, b"", b"\0", b"\xFF\xFE", b"\xE0\0", b"\xED\xA0\x80\xC0\x80\xEF\xBB\xBF"];
    let mut publisher = broker.client("p");
    for payload in payloads {
        for qos in 0..3 {
            let mut away = broker.connect(broker.hello("away").kept());
            away.subscribe(&topic, 2);
            away.disconnect();
            let mut live = broker.client("live");
            live.subscribe(&topic, 2);
            publisher.publish_retained(&topic, payload, qos);
            let mut away = broker.connect(broker.hello("away").kept());
            let mut reader = broker.client("r");
            reader.subscribe(&topic, 2);
            // Who must get it, who may, and with which RETAIN: QoS 0 need not wait for anybody, and an empty
            // message is not retained.
            let stored = !payload.is_empty();
            for (client, must, may, retain) in [
                (&mut live, true, true, false),
                (&mut away, qos > 0, true, false),
                (&mut reader, stored, stored, true),
            ] {
                let message = if must { Some(client.expect_any_publish()) } else { client.publish_if_any() };
                check!(may || message.is_none(), "an empty message was retained");
                if let Some(message) = message {
                    check_eq!((&message.topic, message.payload.as_slice()), (&topic, payload), "message");
                    check_eq!((message.qos, message.retain), (qos, retain), "QoS and RETAIN");
                    client.finish_exchange(&message);
                }
                client.disconnect();
            }
            publisher.publish_retained(&topic, "", 0);
            broker.client("away").disconnect();
        }
    }
}

fn large_payload(broker: &Broker) {
    let topic = broker.topic("a");
    let payload = "0123456789abcdef".repeat(32 * 1024 / 16);
    let mut client = broker.client("a");
    client.subscribe(&topic, 2);
    for qos in 0..3 {
        client.publish(&topic, &payload, qos);
        client.receive(&topic, &payload, qos);
    }
    // In two pieces, and nothing of it before the second.
    let whole = crate::wire::Outgoing::encode(&publish(&topic).payload(&payload), client.version());
    let (head, tail) = whole.split_at(whole.len() / 2);
    client.send(Raw(head.to_vec()));
    client.send(Raw(tail.to_vec()));
    client.receive(&topic, &payload, 0);
}
