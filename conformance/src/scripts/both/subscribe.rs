//! SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK (sections 3.8 to 3.11).

use crate::harness::Broker;
use crate::script::{Script, script};
use crate::version::Version;
use crate::wire::{Raw, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(subscribe_is_answered)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.8.4-1", "MQTT-3.8.4-5", "MQTT-3.9.3-1", "MQTT-3.9.3-2"])
        .in_5_0(&["MQTT-3.8.4-1", "MQTT-3.8.4-6", "MQTT-3.8.4-7", "MQTT-3.9.3-1", "MQTT-3.9.3-2"]),
    script!(filters_of_one_subscribe_act_in_turn)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.8.4-4"])
        .in_5_0(&["MQTT-3.8.4-5"]),
    script!(subscribing_again_replaces)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.8.4-3"])
        .in_5_0(&["MQTT-3.8.4-3"]),
    script!(replacing_loses_no_message)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.8.4-3"])
        .in_5_0(&["MQTT-3.8.4-4"]),
    script!(subscribe_without_filters).in_3_1_1(&["MQTT-3.8.3-3"]).in_5_0(&["MQTT-3.8.3-2", "X50-055"]),
    script!(unsubscribe_without_filters).in_3_1_1(&["MQTT-3.10.3-2"]).in_5_0(&["MQTT-3.10.3-2", "X50-056"]),
    script!(reserved_bits_of_the_requested_qos).in_3_1_1(&["MQTT-3.8.3-4"]).in_5_0(&[
        "MQTT-3.8.3-5",
        "X50-053",
        "X50-054",
    ]),
    script!(filter_without_options)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.8.0-1"])
        .in_5_0(&["MQTT-4.13.1-1"]),
    script!(unsubscribe_is_answered)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6"])
        .in_5_0(&["MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6", "MQTT-3.11.3-1", "MQTT-3.11.3-2"]),
    script!(unsubscribe_compares_characters)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.10.4-1", "MQTT-3.10.3-1"])
        .in_5_0(&["MQTT-3.10.4-1"]),
    script!(nothing_new_after_unsubscribe)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.10.4-2"])
        .in_5_0(&["MQTT-3.10.4-2"]),
    script!(started_deliveries_finish_after_unsubscribe)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.10.4-3"])
        .in_5_0(&["MQTT-3.10.4-3"]),
    script!(own_messages_come_back)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.5.0-1"])
        .in_5_0(&["MQTT-4.5.0-1"]),
];

fn subscribe_is_answered(broker: &Broker) {
    let topics = ["a", "b", "c"].map(|rest| broker.topic(rest));
    let mut client = broker.client("a");
    client.send(subscribe(7).filter(&topics[0], 2).filter(&topics[1], 0).filter(&topics[2], 1));
    client.expect_suback(7, &[2, 0, 1]);
    let mut publisher = broker.client("p");
    for (topic, qos) in topics.iter().zip([2, 0, 1]) {
        publisher.publish(topic, "x", 2);
        client.receive(topic, "x", qos);
    }
}

fn filters_of_one_subscribe_act_in_turn(broker: &Broker) {
    let (a, b) = (broker.topic("a"), broker.topic("b"));
    let mut client = broker.client("a");
    client.send(subscribe(7).filter(&a, 0).filter(&b, 1).filter(&a, 2));
    client.expect_suback(7, &[0, 1, 2]);
    let mut publisher = broker.client("p");
    publisher.publish(&a, "x", 2);
    client.receive(&a, "x", 2);
    publisher.publish(&b, "y", 2);
    client.receive(&b, "y", 1);
    client.expect_nothing();
}

fn subscribing_again_replaces(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    let mut publisher = broker.client("p");
    for qos in [0, 2, 1] {
        client.subscribe(&topic, qos);
        publisher.publish(&topic, "x", 2);
        client.receive(&topic, "x", qos);
        client.expect_nothing();
    }
}

fn replacing_loses_no_message(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    let mut publisher = broker.client("p");
    for number in 0..20 {
        publisher.publish(&topic, number.to_string(), 1);
        client.subscribe(&topic, 1);
    }
    for number in 0..20 {
        client.receive(&topic, &number.to_string(), 1);
    }
    client.expect_nothing();
}

fn subscribe_without_filters(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(subscribe(1));
    client.expect_violation(&[0x82]);
}

fn unsubscribe_without_filters(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(unsubscribe(1));
    client.expect_violation(&[0x82]);
}

fn reserved_bits_of_the_requested_qos(broker: &Broker) {
    let (a, b) = (broker.topic("a"), broker.topic("b"));
    let legal = |options: u8| match broker.version() {
        Version::V5_0 => options & 0x03 < 3 && options & 0x30 < 0x30 && options & 0xC0 == 0,
        Version::V3_1 | Version::V3_1_1 => options < 3,
    };
    for options in (0..=0xFF).filter(|options| !legal(*options)) {
        let mut client = broker.connect(broker.hello("a").kept());
        client.send(subscribe(1).filter(&a, 0).filter(&b, options));
        client.expect_violation(&[0x81, 0x82]);
    }
    // Ours does not even take the first filter, which the standard leaves open.
    if broker.is_ours() {
        let mut client = broker.connect(broker.hello("a").kept());
        client.publish(&a, "x", 0);
        client.expect_nothing();
    }
    for options in (0..=0xFF).filter(|options| legal(*options)) {
        let mut client = broker.client("b");
        client.subscribe(&b, options);
        client.disconnect();
    }
}

fn filter_without_options(broker: &Broker) {
    let mut client = broker.client("a");
    client.send_changed(subscribe(1).filter(broker.topic("a"), 0), |bytes| {
        bytes.pop();
        bytes[1] -= 1;
    });
    client.expect_violation(&[0x81]);
}

fn unsubscribe_is_answered(broker: &Broker) {
    let (a, b) = (broker.topic("a"), broker.topic("b"));
    let mut client = broker.client("a");
    client.subscribe(&a, 0);
    client.subscribe(&b, 0);
    client.send(unsubscribe(0x1234).filter(broker.topic("unknown")));
    client.expect_unsuback(0x1234, &[0x11]);
    client.send(unsubscribe(9).filter(&a).filter(broker.topic("unknown")).filter(&b).filter(&a));
    client.expect_unsuback(9, &[0x00, 0x11, 0x00, 0x11]);
    client.publish(&a, "x", 0);
    client.publish(&b, "x", 0);
    client.expect_nothing();
}

fn unsubscribe_compares_characters(broker: &Broker) {
    let topic = broker.topic("a/b");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    client.subscribe(broker.topic("c/+"), 0);
    for other in ["a/#", "A/b", "c/#", "c/b", "+/b", "a/b/"] {
        client.send(unsubscribe(9).filter(broker.topic(other)));
        client.expect_unsuback(9, &[0x11]);
    }
    client.publish(&topic, "x", 0);
    client.receive(&topic, "x", 0);
    client.unsubscribe(broker.topic("c/+"));
    client.publish(broker.topic("c/b"), "y", 0);
    client.publish(&topic, "z", 0);
    client.receive(&topic, "z", 0);
    client.expect_nothing();
}

fn nothing_new_after_unsubscribe(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "x", 1);
    client.receive(&topic, "x", 1);
    client.unsubscribe(&topic);
    publisher.publish(&topic, "y", 1);
    client.expect_nothing();
}

fn started_deliveries_finish_after_unsubscribe(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    // One after the other: messages of different QoS have no order.
    publisher.publish(&topic, "1", 1);
    let one = client.expect_publish(&topic, "1", 1);
    publisher.publish(&topic, "2", 2);
    let two = client.expect_publish(&topic, "2", 2);
    client.unsubscribe(&topic);
    client.pubrec(two.packet_identifier);
    client.expect_pubrel(two.packet_identifier);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.expect_resent(&one);
    client.puback(one.packet_identifier);
    client.expect_pubrel(two.packet_identifier);
    client.pubcomp(two.packet_identifier);
    client.expect_nothing();
}

fn own_messages_come_back(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    client.publish(&topic, "mine", 0);
    client.receive(&topic, "mine", 0);
    // A packet in one-byte pieces is a packet.
    for byte in crate::wire::Outgoing::encode(&crate::wire::publish(&topic).payload("slow"), client.version())
    {
        client.send(Raw(vec![byte]));
    }
    client.receive(&topic, "slow", 0);
}
