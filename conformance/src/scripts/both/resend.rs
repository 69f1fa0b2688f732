//! QoS 1 and 2 from the server to a client, and what is sent again after a lost connection (sections 4.3, 4.4).

use std::collections::HashSet;

use crate::harness::{Broker, check, fail};
use crate::script::{Script, script};

pub(super) const SCRIPTS: &[Script] =
    &[
        script!(qos_1_until_puback)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-4.3.2-1", "MQTT-3.3.1-1", "MQTT-4.4.0-1", "MQTT-2.3.1-4"])
            .in_5_0(&["MQTT-4.3.2-1", "MQTT-4.3.2-2", "MQTT-4.3.2-3", "MQTT-3.3.1-1", "MQTT-4.4.0-1"]),
        script!(qos_2_until_pubrec)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-4.3.3-1", "MQTT-3.3.1-1", "MQTT-4.4.0-1"])
            .in_5_0(&["MQTT-4.3.3-1", "MQTT-4.3.3-2", "MQTT-4.3.3-3", "MQTT-3.3.1-1", "MQTT-4.4.0-1"]),
        script!(pubrel_until_pubcomp)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-4.3.3-1", "MQTT-4.4.0-1"])
            .in_5_0(&["MQTT-4.3.3-4", "MQTT-4.3.3-5", "MQTT-4.3.3-6", "MQTT-4.4.0-1"]),
        script!(nothing_again_after_the_exchange)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-4.3.2-1", "MQTT-4.3.3-1"])
            .in_5_0(&["MQTT-4.3.2-3", "MQTT-4.3.3-5"]),
        script!(qos_0_is_never_sent_again)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-4.3.1-1"])
            .in_5_0(&["MQTT-4.3.1-1"]),
        script!(resent_in_original_order)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-4.6.0-1", "MQTT-4.6.0-6"])
            .in_5_0(&["MQTT-4.6.0-1"]),
        script!(identifiers_in_use_are_distinct)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-2.3.1-4", "MQTT-2.3.1-1"])
            .in_5_0(&["MQTT-2.2.1-4", "MQTT-4.3.2-1", "MQTT-4.3.3-1"]),
        script!(identifier_waits_for_pubcomp)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-2.3.1-4"])
            .in_5_0(&["MQTT-2.2.1-4"]),
        script!(unknown_puback_changes_nothing)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-4.3.2-1"])
            .in_5_0(&["MQTT-4.3.2-3"]),
        script!(nothing_is_sent_again_on_a_live_connection)
            .in_3_1_1(&["X311-009"])
            .in_5_0(&["MQTT-4.4.0-1", "X50-070"])
            .virtual_time_only(),
        script!(clean_start_forgets_what_was_open)
            .in_3_1(&["X31-011"])
            .in_3_1_1(&["MQTT-3.1.2-6"])
            .in_5_0(&["MQTT-3.1.2-4"]),
    ];

fn qos_1_until_puback(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 1);
    broker.client("p").publish(&topic, "x", 1);
    let first = client.expect_publish(&topic, "x", 1);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.expect_resent(&first);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.expect_resent(&first);
    client.puback(first.packet_identifier);
    client.disconnect();
    broker.connect(broker.hello("a").kept()).expect_nothing();
}

fn qos_2_until_pubrec(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    broker.client("p").publish(&topic, "x", 2);
    let first = client.expect_publish(&topic, "x", 2);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    let again = client.expect_resent(&first);
    client.finish_exchange(&again);
    client.expect_nothing();
}

fn pubrel_until_pubcomp(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    broker.client("p").publish(&topic, "x", 2);
    let first = client.expect_publish(&topic, "x", 2);
    client.pubrec(first.packet_identifier);
    client.expect_pubrel(first.packet_identifier);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.expect_pubrel(first.packet_identifier);
    // No PUBLISH again after PUBREL.
    client.expect_nothing();
    client.pubcomp(first.packet_identifier);
    client.disconnect();
    broker.connect(broker.hello("a").kept()).expect_nothing();
}

fn nothing_again_after_the_exchange(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    for qos in [1, 2] {
        publisher.publish(&topic, "x", qos);
        client.receive(&topic, "x", qos);
    }
    client.expect_nothing();
    client.cut();
    broker.connect(broker.hello("a").kept()).expect_nothing();
}

fn qos_0_is_never_sent_again(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 0);
    broker.client("p").publish(&topic, "x", 1);
    client.receive(&topic, "x", 0);
    client.cut();
    broker.connect(broker.hello("a").kept()).expect_nothing();
}

fn resent_in_original_order(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    let mut open = Vec::new();
    for (number, qos) in [1, 2, 2, 1, 2, 1, 1, 2].into_iter().enumerate() {
        publisher.publish(&topic, number.to_string(), qos);
        open.push(client.expect_publish(&topic, &number.to_string(), qos));
    }
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    for before in &open {
        client.expect_resent(before);
    }
    client.expect_nothing();
}

fn identifiers_in_use_are_distinct(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    let mut identifiers = HashSet::new();
    for number in 0..10 {
        publisher.publish(&topic, number.to_string(), 1 + number % 2);
        let publish = client.expect_publish(&topic, &number.to_string(), 1 + number % 2);
        if !identifiers.insert(publish.packet_identifier) {
            fail(format!("identifier {} is used twice at a time", publish.packet_identifier));
        }
    }
}

fn identifier_waits_for_pubcomp(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "open", 2);
    let open = client.expect_publish(&topic, "open", 2).packet_identifier;
    client.pubrec(open);
    client.expect_pubrel(open);
    for number in 0..20 {
        publisher.publish(&topic, number.to_string(), 1);
        let next = client.receive(&topic, &number.to_string(), 1);
        check!(next.packet_identifier != open, "an identifier is used again before its PUBCOMP");
    }
}

fn unknown_puback_changes_nothing(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 1);
    broker.client("p").publish(&topic, "x", 1);
    let first = client.expect_publish(&topic, "x", 1);
    client.puback(first.packet_identifier ^ 0x0101);
    client.ping();
    client.cut();
    broker.connect(broker.hello("a").kept()).expect_resent(&first);
}

fn nothing_is_sent_again_on_a_live_connection(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    for qos in [1, 2] {
        publisher.publish(&topic, "x", qos);
        client.expect_publish(&topic, "x", qos);
    }
    broker.wait(3_600.0);
    client.expect_nothing();
}

fn clean_start_forgets_what_was_open(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    for qos in [1, 2] {
        publisher.publish(&topic, "x", qos);
        client.expect_publish(&topic, "x", qos);
    }
    client.cut();
    broker.client("a").expect_nothing();
}
