//! Wills (section 3.1.2.5), as far as 3.1.1 and 5.0 agree.

use crate::harness::{Broker, check_eq};
use crate::script::{Script, script};
use crate::wire::{Raw, Will, disconnect, pingreq, publish, subscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(will_after_a_lost_connection)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-8", "MQTT-3.1.2-9"])
        .in_5_0(&["MQTT-3.1.2-7", "MQTT-3.1.2-8", "MQTT-3.1.2-9"]),
    script!(will_after_a_violation)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-8"])
        .in_5_0(&["MQTT-3.1.2-8"]),
    script!(no_will_after_disconnect)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.14.4-3", "MQTT-3.1.2-10", "MQTT-3.1.2-8"])
        .in_5_0(&["MQTT-3.14.4-3", "MQTT-3.1.2-10", "MQTT-3.1.2-8"]),
    script!(will_is_published_once)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-10", "MQTT-3.1.2-12"])
        .in_5_0(&["MQTT-3.1.2-10"]),
    script!(no_will_of_a_refused_connect)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-8"])
        .in_5_0(&["MQTT-3.1.2-7"]),
    script!(will_qos_is_used)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-9", "MQTT-3.1.2-14"])
        .in_5_0(&["MQTT-3.1.2-9", "MQTT-3.8.4-8"]),
    script!(will_that_is_not_retained)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-16"])
        .in_5_0(&["MQTT-3.1.2-14"]),
    script!(will_that_is_retained)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-17"])
        .in_5_0(&["MQTT-3.1.2-15"]),
    script!(empty_retained_will_deletes)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-17", "MQTT-3.3.1-10"])
        .in_5_0(&["MQTT-3.3.1-6"]),
    script!(will_payload_of_any_size)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.1.2-9", "MQTT-3.1.3-1"])
        .in_5_0(&["MQTT-3.1.2-9", "MQTT-3.1.3-1"]),
    script!(empty_user_name_and_password)
        .in_3_1_1(&["MQTT-3.1.2-19", "MQTT-3.1.2-21"])
        .in_5_0(&["MQTT-3.1.2-17", "MQTT-3.1.2-19"]),
    script!(will_topic_is_a_topic_name)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-4.7.1-1", "MQTT-4.7.3-1"])
        .in_5_0(&["MQTT-4.7.0-1", "MQTT-4.7.3-1"]),
    script!(packets_after_disconnect_are_ignored)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.14.4-2", "X311-007"])
        .in_5_0(&["MQTT-3.14.4-1", "X50-066"]),
];

fn will_after_a_lost_connection(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.connect(broker.hello("a").will(Will::new(&topic, "gone")));
    watcher.expect_nothing();
    client.cut();
    watcher.receive(&topic, "gone", 0);
    watcher.expect_nothing();
}

fn will_after_a_violation(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.connect(broker.hello("a").will(Will::new(&topic, "gone")));
    client.send(Raw(vec![0x36, 5, 0, 1, b'a', 0, 1]));
    client.expect_violation(&[0x81]);
    watcher.receive(&topic, "gone", 0);
}

fn no_will_after_disconnect(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    broker.connect(broker.hello("a").will(Will::new(&topic, "gone"))).disconnect();
    broker.connect(broker.hello("b").kept().will(Will::new(&topic, "gone"))).disconnect();
    watcher.expect_nothing();
}

fn will_is_published_once(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    broker.connect(broker.hello("a").kept().will(Will::new(&topic, "gone"))).cut();
    watcher.receive(&topic, "gone", 0);
    // The session goes on, now without a will.
    broker.connect(broker.hello("a").kept()).cut();
    watcher.expect_nothing();
}

fn no_will_of_a_refused_connect(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.open();
    client.send(broker.hello("a").will(Will::new(&topic, "never")).surplus("x"));
    client.expect_bad_connect(&[0x81]);
    watcher.expect_nothing();
}

fn will_qos_is_used(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 2);
    for qos in 0..3 {
        broker.connect(broker.hello("a").will(Will::new(&topic, "gone").qos(qos))).cut();
        watcher.receive(&topic, "gone", qos);
    }
}

fn will_that_is_not_retained(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.publish_retained(&topic, "older", 1);
    broker.connect(broker.hello("a").will(Will::new(&topic, "gone"))).cut();
    let mut reader = broker.client("r");
    reader.subscribe(&topic, 0);
    reader.receive_retained(&topic, "older", 0);
    reader.expect_nothing();
}

fn will_that_is_retained(broker: &Broker) {
    let topic = broker.topic("will");
    broker.connect(broker.hello("a").will(Will::new(&topic, "gone").qos(1).retain())).cut();
    let mut reader = broker.client("r");
    reader.subscribe(&topic, 2);
    reader.receive_retained(&topic, "gone", 1);
}

fn empty_retained_will_deletes(broker: &Broker) {
    let topic = broker.topic("will");
    broker.client("p").publish_retained(&topic, "older", 1);
    broker.connect(broker.hello("a").will(Will::new(&topic, "").retain())).cut();
    let mut reader = broker.client("r");
    reader.subscribe(&topic, 2);
    reader.expect_nothing();
}

/// It is bytes, not text, and may be empty.
fn will_payload_of_any_size(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 1);
    for size in [0, 1, 127, 128, 255, 256, 16_384, 65_535] {
        let payload: Vec<u8> = (0..size).map(|position| 255 - (position % 251) as u8).collect();
        let will = Will::new(&topic, &payload).qos(1);
        broker.connect(broker.hello("a").will(will).user_name("user").password("secret")).cut();
        let message = watcher.expect_any_publish();
        check_eq!(
            (message.topic.as_str(), &message.payload),
            (topic.as_str(), &payload),
            "topic and payload"
        );
        check_eq!((message.qos, message.retain), (1, false), "QoS and RETAIN");
        watcher.finish_exchange(&message);
    }
}

/// A field that is there may be empty, which is not the same as missing.
fn empty_user_name_and_password(broker: &Broker) {
    for password in ["", "secret"] {
        let hello = broker.hello("a").user_name("").password(password);
        broker.connect(hello.will(Will::new(broker.topic("will"), ""))).disconnect();
    }
    broker.connect(broker.hello("a").user_name("")).disconnect();
}

fn will_topic_is_a_topic_name(broker: &Broker) {
    let wildcards = ["+", "#", "a/+", "+/a", "a/#", "a+", "a#b", "/#"].map(|rest| broker.topic(rest));
    for topic in wildcards.into_iter().chain([String::new(), "#".into(), "+".into()]) {
        for will in [Will::new(&topic, "never"), Will::new(&topic, "never").qos(2).retain()] {
            let mut client = broker.open();
            client.send(broker.hello("a").will(will));
            client.expect_bad_connect(&[0x90, 0x81, 0x82]);
        }
    }
}

fn packets_after_disconnect_are_ignored(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.connect(broker.hello("a").will(Will::new(&topic, "gone")));
    client.send_together(&[
        &disconnect(),
        &publish(&topic).payload("late").retain(),
        &publish(&topic).payload("late").qos(1, 5),
        &publish(&topic).payload("late").qos(2, 6),
        &subscribe(7).filter(&topic, 0),
        &pingreq(),
        &broker.hello("b").will(Will::new(&topic, "later")),
        &disconnect(),
    ]);
    client.expect_closed();
    watcher.expect_nothing();
    let mut later = broker.client("l");
    later.subscribe(&topic, 0);
    later.expect_nothing();
}
