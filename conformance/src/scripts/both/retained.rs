//! Retained messages (section 3.3.1.3).

use crate::harness::Broker;
use crate::script::{Script, script};
use crate::wire::publish;

pub(super) const SCRIPTS: &[Script] = &[
    script!(retained_message_for_a_new_subscription)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-5", "MQTT-3.3.1-6", "MQTT-3.3.1-8"])
        .in_5_0(&["MQTT-3.3.1-5", "MQTT-3.3.1-9", "X50-044", "X50-058"]),
    script!(retained_messages_match_filters)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-6"])
        .in_5_0(&["MQTT-3.3.1-9"]),
    script!(retained_message_is_replaced)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-5", "MQTT-3.3.1-7"])
        .in_5_0(&["MQTT-3.3.1-5"]),
    script!(retained_qos_is_the_lower_of_two)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-5", "MQTT-3.8.4-6"])
        .in_5_0(&["MQTT-3.8.4-8"]),
    script!(live_copies_have_retain_0)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-9"])
        .in_5_0(&["MQTT-3.3.1-12"]),
    script!(empty_retained_message_deletes)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-10", "X311-006"])
        .in_5_0(&["MQTT-3.3.1-6"]),
    script!(empty_retained_message_is_not_stored)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-11"])
        .in_5_0(&["MQTT-3.3.1-7"]),
    script!(other_messages_leave_the_retained_one)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-12"])
        .in_5_0(&["MQTT-3.3.1-8"]),
    script!(subscribing_again_sends_retained_again)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.8.4-3", "MQTT-3.3.1-6"])
        .in_5_0(&["MQTT-3.3.1-9", "MQTT-3.8.4-4"]),
    script!(many_retained_messages)
        .in_3_1(&["X31-012"])
        .in_3_1_1(&["MQTT-3.3.1-6"])
        .in_5_0(&["MQTT-3.3.1-9"]),
];

fn retained_message_for_a_new_subscription(broker: &Broker) {
    let topic = broker.topic("a");
    broker.client("p").publish_retained(&topic, "v", 1);
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    client.receive_retained(&topic, "v", 1);
    client.expect_nothing();
}

fn retained_messages_match_filters(broker: &Broker) {
    let topics = ["a/1", "a/2", "b", "a", "a/1/x"].map(|rest| broker.topic(rest));
    let mut publisher = broker.client("p");
    for topic in &topics {
        publisher.publish_retained(topic, topic, 0);
    }
    for (filter, expected) in [
        ("a/+", vec![0, 1]),
        ("a/#", vec![0, 1, 3, 4]),
        ("+", vec![2, 3]),
        ("+/1/#", vec![0, 4]),
        ("b", vec![2]),
        ("#", vec![0, 1, 2, 3, 4]),
        ("c/#", vec![]),
    ] {
        let mut client = broker.client("a");
        client.subscribe(broker.topic(filter), 0);
        let expected: Vec<_> =
            expected.into_iter().map(|it: usize| (&*topics[it], &*topics[it], 0)).collect();
        client.receive_in_any_order(&expected, true);
        client.expect_nothing();
        client.disconnect();
    }
}

fn retained_message_is_replaced(broker: &Broker) {
    let topic = broker.topic("a");
    let mut publisher = broker.client("p");
    publisher.publish_retained(&topic, "old", 1);
    for (payload, qos) in [("newer", 2), ("newest", 0)] {
        publisher.publish_retained(&topic, payload, qos);
        let mut client = broker.client("a");
        client.subscribe(&topic, 2);
        client.receive_retained(&topic, payload, qos);
        client.expect_nothing();
        client.disconnect();
    }
}

fn retained_qos_is_the_lower_of_two(broker: &Broker) {
    let topic = broker.topic("a");
    let mut publisher = broker.client("p");
    for qos in 0..3 {
        publisher.publish_retained(&topic, "v", qos);
        for granted in 0..3 {
            let mut client = broker.client("a");
            client.subscribe(&topic, granted);
            client.receive_retained(&topic, "v", granted.min(qos));
            client.disconnect();
        }
    }
}

fn live_copies_have_retain_0(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    let mut away = broker.connect(broker.hello("b").kept());
    away.subscribe(&topic, 1);
    away.disconnect();
    broker.client("p").publish_retained(&topic, "v", 1);
    client.receive(&topic, "v", 1);
    let mut away = broker.connect(broker.hello("b").kept());
    away.receive(&topic, "v", 1);
}

fn empty_retained_message_deletes(broker: &Broker) {
    let topic = broker.topic("a");
    let mut publisher = broker.client("p");
    publisher.publish_retained(&topic, "v", 1);
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    client.receive_retained(&topic, "v", 1);
    publisher.publish_retained(&topic, "", 1);
    client.receive(&topic, "", 1);
    let mut later = broker.client("b");
    later.subscribe(&topic, 1);
    later.expect_nothing();
}

fn empty_retained_message_is_not_stored(broker: &Broker) {
    let topic = broker.topic("a");
    broker.client("p").publish_retained(&topic, "", 1);
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    client.expect_nothing();
}

fn other_messages_leave_the_retained_one(broker: &Broker) {
    let topic = broker.topic("a");
    let mut publisher = broker.client("p");
    publisher.publish_retained(&topic, "v", 1);
    publisher.publish(&topic, "w", 1);
    publisher.publish(&topic, "", 1);
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    client.receive_retained(&topic, "v", 1);
    client.expect_nothing();
}

fn subscribing_again_sends_retained_again(broker: &Broker) {
    let topic = broker.topic("a");
    let mut publisher = broker.client("p");
    publisher.publish_retained(&topic, "v", 1);
    let mut client = broker.client("a");
    for qos in [0, 1, 1] {
        client.subscribe(&topic, qos);
        client.receive_retained(&topic, "v", qos);
    }
    publisher.publish(&topic, "live", 1);
    client.receive(&topic, "live", 1);
    client.expect_nothing();
}

/// More than any window, each exactly once, and live messages meanwhile.
fn many_retained_messages(broker: &Broker) {
    let topics: Vec<String> = (0..300).map(|number| broker.topic(&format!("many/{number}"))).collect();
    let mut publisher = broker.client("p");
    for topic in &topics {
        publisher.send(publish(topic).payload("v").retain());
    }
    publisher.ping();
    let mut client = broker.client("a");
    client.subscribe(broker.topic("many/#"), 1);
    let expected: Vec<_> = topics.iter().map(|topic| (topic.as_str(), "v", 0)).collect();
    client.receive_in_any_order(&expected, true);
    publisher.publish(&topics[0], "live", 1);
    client.receive(&topics[0], "live", 1);
    client.expect_nothing();
}
