//! Message expiry (sections 3.3.2.3.3 and 4.3.3).

use crate::harness::{Broker, check, check_eq};
use crate::script::{Script, script};
use crate::version::Version::V3_1_1;
use crate::wire::property::id;
use crate::wire::publish;

pub(super) const SCRIPTS: &[Script] = &[
    script!(expired_message_is_not_delivered).in_5_0(&["MQTT-3.3.2-5"]).virtual_time_only(),
    script!(expiry_0).in_5_0(&["MQTT-3.3.2-5"]),
    script!(expired_copies_for_older_versions).in_5_0(&["MQTT-3.3.2-5"]).virtual_time_only(),
    script!(short_expiry).in_5_0(&["MQTT-3.3.2-5"]),
    script!(remaining_expiry_is_passed_on).in_5_0(&["MQTT-3.3.2-6"]).virtual_time_only(),
    script!(expiry_of_a_live_message).in_5_0(&["MQTT-3.3.2-6"]),
    script!(expired_in_a_full_window).in_5_0(&["MQTT-3.3.2-5"]).virtual_time_only(),
    script!(expired_retained_message)
        .in_5_0(&["X50-043", "MQTT-3.3.2-5", "MQTT-3.3.2-6"])
        .virtual_time_only(),
    script!(started_delivery_does_not_expire).in_5_0(&["MQTT-4.3.3-7"]).virtual_time_only(),
    script!(receiver_acknowledges_an_expired_message).in_5_0(&["MQTT-4.3.3-13"]).virtual_time_only(),
];

fn expired_message_is_not_delivered(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    client.disconnect();
    let mut publisher = broker.client("p");
    publisher.publish_with(1, publish(&topic).payload("short").expiry(5));
    publisher.publish_with(2, publish(&topic).payload("short").expiry(5));
    publisher.publish_with(1, publish(&topic).payload("long").expiry(500));
    publisher.publish(&topic, "for ever", 1);
    broker.wait(5.01);
    let mut client = broker.connect(broker.hello("a").kept().receive_maximum(2));
    // The expired ones took no place in the window.
    let long = client.expect_publish(&topic, "long", 1);
    check_eq!(long.properties.number(id::MESSAGE_EXPIRY_INTERVAL), Some(495), "what is left of 500 s");
    client.expect_publish(&topic, "for ever", 1);
    client.expect_nothing();
}

/// The one for real time: a second and a bit.
fn short_expiry(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 1);
    client.disconnect();
    let mut publisher = broker.client("p");
    publisher.publish_with(1, publish(&topic).payload("short").expiry(1));
    publisher.publish(&topic, "for ever", 1);
    // Brokers that count whole seconds may be one late.
    broker.wait(2.5);
    let mut client = broker.connect(broker.hello("a").kept());
    client.receive(&topic, "for ever", 1);
    client.expect_nothing();
}

fn remaining_expiry_is_passed_on(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 1);
    client.disconnect();
    broker.client("p").publish_with(1, publish(&topic).payload("x").expiry(10).retain());
    broker.wait(3.0);
    let mut client = broker.connect(broker.hello("a").kept());
    let queued = client.receive(&topic, "x", 1);
    check_eq!(queued.properties.number(id::MESSAGE_EXPIRY_INTERVAL), Some(7), "expiry of a queued message");
    broker.wait(3.0);
    let mut reader = broker.client("r");
    reader.subscribe(&topic, 1);
    let retained = reader.receive_retained(&topic, "x", 1);
    check_eq!(
        retained.properties.number(id::MESSAGE_EXPIRY_INTERVAL),
        Some(4),
        "expiry of a retained message"
    );
}

fn expiry_of_a_live_message(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    client.publish_with(1, publish(&topic).payload("x").expiry(1_000));
    let expiry = client.receive(&topic, "x", 1).properties.number(id::MESSAGE_EXPIRY_INTERVAL);
    // Slow machines may take a while.
    check!(
        expiry.is_some_and(|seconds| (900..=1_000).contains(&seconds)),
        "expiry {expiry:?} of a live message"
    );
    client.publish(&topic, "y", 1);
    let expiry = client.receive(&topic, "y", 1).properties.number(id::MESSAGE_EXPIRY_INTERVAL);
    check_eq!(expiry, None, "expiry of a message without");
}

fn expired_in_a_full_window(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").receive_maximum(1));
    client.subscribe(&topic, 1);
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "first", 1);
    publisher.publish_with(1, publish(&topic).payload("expires").expiry(5));
    publisher.publish_with(1, publish(&topic).payload("second").expiry(50));
    let first = client.expect_publish(&topic, "first", 1);
    broker.wait(6.0);
    client.puback(first.packet_identifier);
    let second = client.receive(&topic, "second", 1);
    check_eq!(second.properties.number(id::MESSAGE_EXPIRY_INTERVAL), Some(44), "expiry after a wait");
    client.expect_nothing();
}

fn expired_retained_message(broker: &Broker) {
    let topic = broker.topic("a");
    broker.client("p").publish_with(1, publish(&topic).payload("x").expiry(10).retain());
    let mut client = broker.client("a");
    broker.wait(9.9);
    client.subscribe(&topic, 1);
    let left = client.receive_retained(&topic, "x", 1).properties.number(id::MESSAGE_EXPIRY_INTERVAL);
    check_eq!(left, Some(1), "what is left of 10 s");
    broker.wait(0.2);
    client.subscribe(&topic, 1);
    client.expect_nothing();
}

fn started_delivery_does_not_expire(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    broker.client("p").publish_with(2, publish(&topic).payload("x").expiry(1));
    let first = client.expect_publish(&topic, "x", 2);
    client.cut();
    broker.wait(3.0);
    let mut client = broker.connect(broker.hello("a").kept());
    let again = client.expect_resent(&first);
    check_eq!(again.properties.number(id::MESSAGE_EXPIRY_INTERVAL), Some(0), "what is left of 1 s");
    client.finish_exchange(&again);
    client.expect_nothing();
}

fn receiver_acknowledges_an_expired_message(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish(broker.topic("a")).payload("x").qos(2, 7).expiry(1));
    client.expect_pubrec(7);
    broker.wait(3.0);
    client.pubrel(7);
    check_eq!(client.expect_pubcomp(7).code, 0, "PUBCOMP for an expired message");
}

/// It may go out at once, but does not wait.
fn expiry_0(broker: &Broker) {
    let topic = broker.topic("a");
    let mut away = broker.connect(broker.hello("a").kept());
    away.subscribe(&topic, 1);
    away.cut();
    let mut publisher = broker.client("p");
    publisher.publish_with(1, publish(&topic).payload("now or never").expiry(0));
    publisher.publish(&topic, "for ever", 1);
    if broker.is_virtual() {
        broker.wait(0.1);
    }
    let mut away = broker.connect(broker.hello("a").kept());
    if broker.is_ours() {
        away.receive(&topic, "for ever", 1);
        away.expect_nothing();
    } else {
        away.ignore_the_rest();
    }
}

fn expired_copies_for_older_versions(broker: &Broker) {
    let topic = broker.topic("a");
    let mut away = broker.connect_as(V3_1_1, broker.hello("a").kept());
    away.subscribe(&topic, 1);
    away.cut();
    let mut publisher = broker.client("p");
    publisher.publish_with(1, publish(&topic).payload("short").expiry(5));
    publisher.publish_with(1, publish(&topic).payload("long").expiry(50));
    broker.wait(10.0);
    let mut away = broker.connect_as(V3_1_1, broker.hello("a").kept());
    away.receive(&topic, "long", 1);
    away.expect_nothing();
}
