//! QoS 1 and 2 from a client to the server (sections 4.3.2 and 4.3.3), and order (4.6).

use crate::harness::{Broker, check, check_eq};
use crate::script::{Script, script};
use crate::wire::{Outgoing, publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(qos_1_again_after_puback_is_a_new_message)
        .in_3_1(&["X31-010", "X31-016"])
        .in_3_1_1(&["MQTT-4.3.2-2"])
        .in_5_0(&["MQTT-4.3.2-5", "MQTT-4.3.2-4"]),
    script!(qos_2_twice_is_one_message).in_3_1(&["X31-010"]).in_3_1_1(&["MQTT-4.3.3-2"]).in_5_0(&[
        "MQTT-4.3.3-10",
        "MQTT-4.3.3-11",
        "MQTT-4.3.3-8",
    ]),
    script!(qos_2_after_pubcomp_is_a_new_message)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.3.3-2"])
        .in_5_0(&["MQTT-4.3.3-12"]),
    script!(qos_2_identifier_outlives_the_connection)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.3.3-2", "MQTT-4.1.0-1"])
        .in_5_0(&["MQTT-4.3.3-10", "MQTT-3.1.2-5"]),
    script!(clean_start_forgets_qos_2_identifiers)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.1.2-6"])
        .in_5_0(&["MQTT-3.1.2-4"]),
    script!(pubrel_again_gets_pubcomp_again)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.3.3-2"])
        .in_5_0(&["MQTT-4.3.3-11", "MQTT-3.7.2-1"]),
    script!(pubacks_in_order).in_3_1(&["X31-010"]).in_3_1_1(&["MQTT-4.6.0-2"]).in_5_0(&["MQTT-4.6.0-2"]),
    script!(pubrecs_in_order).in_3_1(&["X31-010"]).in_3_1_1(&["MQTT-4.6.0-3"]).in_5_0(&["MQTT-4.6.0-3"]),
    script!(pubrels_in_order_of_pubrecs)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.6.0-4"])
        .in_5_0(&["MQTT-4.6.0-4"]),
    script!(messages_of_a_topic_keep_their_order)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.6.0-5", "MQTT-4.6.0-6"])
        .in_5_0(&["MQTT-4.6.0-5", "MQTT-4.6.0-6"]),
    script!(order_is_kept_over_an_absence)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.6.0-6", "MQTT-3.1.2-5"])
        .in_5_0(&["MQTT-4.6.0-5", "MQTT-4.6.0-6"]),
];

fn qos_1_again_after_puback_is_a_new_message(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 1);
    let mut client = broker.client("a");
    for packet in [publish(&topic), publish(&topic).duplicate()] {
        client.send(packet.payload("x").qos(1, 5));
        client.expect_puback(5);
        watcher.receive(&topic, "x", 1);
    }
}

fn qos_2_twice_is_one_message(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 2);
    let mut client = broker.client("a");
    client.send(publish(&topic).payload("x").qos(2, 7));
    client.expect_pubrec(7);
    client.send(publish(&topic).payload("x").qos(2, 7).duplicate());
    client.expect_pubrec(7);
    client.pubrel(7);
    client.expect_pubcomp(7);
    watcher.receive(&topic, "x", 2);
    watcher.expect_nothing();
}

fn qos_2_after_pubcomp_is_a_new_message(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 2);
    let mut client = broker.client("a");
    for _ in 0..2 {
        client.send(publish(&topic).payload("x").qos(2, 7));
        client.expect_pubrec(7);
        client.pubrel(7);
        client.expect_pubcomp(7);
        watcher.receive(&topic, "x", 2);
    }
}

fn qos_2_identifier_outlives_the_connection(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.connect(broker.hello("a").kept());
    client.send(publish(&topic).payload("x").qos(2, 7));
    client.expect_pubrec(7);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.send(publish(&topic).payload("x").qos(2, 7).duplicate());
    client.expect_pubrec(7);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.pubrel(7);
    client.expect_pubcomp(7);
    watcher.receive(&topic, "x", 0);
    watcher.expect_nothing();
}

fn clean_start_forgets_qos_2_identifiers(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.connect(broker.hello("a").kept());
    client.send(publish(&topic).payload("x").qos(2, 7));
    client.expect_pubrec(7);
    client.pubrel(7);
    client.expect_pubcomp(7);
    watcher.receive(&topic, "x", 0);
    client.send(publish(&topic).payload("y").qos(2, 7));
    client.expect_pubrec(7);
    client.cut();
    let mut client = broker.client("a");
    client.send(publish(&topic).payload("z").qos(2, 7));
    client.expect_pubrec(7);
    client.pubrel(7);
    client.expect_pubcomp(7);
    // "y" was delivered at PUBLISH, or dropped with its session before PUBREL; "z" is new in any case.
    let first = watcher.expect_any_publish();
    if broker.is_ours() || first.payload == b"y" {
        check_eq!(first.text(), "y", "the message before the clean start");
        watcher.receive(&topic, "z", 0);
    }
    watcher.expect_nothing();
}

fn pubrel_again_gets_pubcomp_again(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish(broker.topic("a")).qos(2, 7));
    client.expect_pubrec(7);
    client.pubrel(7);
    client.expect_pubcomp(7);
    client.pubrel(7);
    client.expect_unknown("PUBCOMP", 7);
}

fn pubacks_in_order(broker: &Broker) {
    answers_in_order(broker, 1);
}

fn pubrecs_in_order(broker: &Broker) {
    answers_in_order(broker, 2);
}

fn answers_in_order(broker: &Broker, qos: u8) {
    let topics = [broker.topic("a"), broker.topic("b")];
    let mut client = broker.client("a");
    // Fewer than any server's usual Receive Maximum.
    let identifiers: Vec<u16> = (0..20).map(|number| 100 + number * 7 % 20).collect();
    let packets: Vec<_> = identifiers
        .iter()
        .zip(topics.iter().cycle())
        .map(|(id, topic)| publish(topic).qos(qos, *id))
        .collect();
    let packets: Vec<&dyn Outgoing> = packets.iter().map(|packet| packet as &dyn Outgoing).collect();
    client.send_together(&packets);
    for packet_identifier in identifiers {
        if qos == 1 {
            client.expect_puback(packet_identifier);
        } else {
            client.expect_pubrec(packet_identifier);
        }
    }
}

fn pubrels_in_order_of_pubrecs(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    let mut identifiers = Vec::new();
    for payload in ["1", "2", "3", "4"] {
        publisher.publish(&topic, payload, 2);
        identifiers.push(client.expect_publish(&topic, payload, 2).packet_identifier);
    }
    for position in [2, 0, 3, 1] {
        client.pubrec(identifiers[position]);
    }
    for position in [2, 0, 3, 1] {
        client.expect_pubrel(identifiers[position]);
    }
}

fn messages_of_a_topic_keep_their_order(broker: &Broker) {
    let topics = [broker.topic("a"), broker.topic("b"), broker.topic("c")];
    let mut client = broker.client("a");
    client.subscribe(broker.topic("+"), 2);
    let mut publisher = broker.client("p");
    for round in 0..10 {
        for (qos, topic) in (0..).zip(&topics) {
            publisher.publish(topic, round.to_string(), qos);
        }
    }
    // Topics may overtake each other.
    broker.in_one_step(|| {
        let mut next = [0, 0, 0];
        for _ in 0..30 {
            let publish = client.expect_any_publish();
            client.finish_exchange(&publish);
            check!(!publish.retain, "RETAIN 1 though published with 0");
            let lane = usize::from(publish.qos);
            check_eq!(
                (publish.topic.as_str(), publish.text()),
                (topics[lane].as_str(), next[lane].to_string()),
                "the next of its topic"
            );
            next[lane] += 1;
        }
    });
}

fn order_is_kept_over_an_absence(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 1);
    let mut publisher = broker.client("p");
    let mut unacknowledged = Vec::new();
    for payload in ["0", "1", "2"] {
        publisher.publish(&topic, payload, 1);
        unacknowledged.push(client.expect_publish(&topic, payload, 1));
    }
    client.cut();
    for payload in ["3", "4", "5"] {
        publisher.publish(&topic, payload, 1);
    }
    let mut client = broker.connect(broker.hello("a").kept());
    publisher.publish(&topic, "6", 1);
    for before in &unacknowledged {
        client.expect_resent(before);
        client.puback(before.packet_identifier);
    }
    for payload in ["3", "4", "5", "6"] {
        client.receive(&topic, payload, 1);
    }
    client.expect_nothing();
}
