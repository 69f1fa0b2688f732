//! Topic aliases that a client sets (section 3.3.2.3.4).

use crate::harness::{Broker, Client, check};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::property::id;
use crate::wire::publish;

pub(super) const SCRIPTS: &[Script] = &[
    script!(every_alias_up_to_the_maximum).in_5_0(&["MQTT-3.3.2-12", "MQTT-3.2.2-17"]),
    script!(alias_is_set_again).in_5_0(&["X50-046", "MQTT-3.3.2-12"]),
    script!(alias_0).in_5_0(&["MQTT-3.3.2-8", "X50-034"]),
    script!(alias_above_the_maximum).in_5_0(&["MQTT-3.3.2-9", "MQTT-3.2.2-17", "MQTT-3.2.2-18", "X50-034"]),
    script!(alias_that_was_not_set).in_5_0(&["X50-035"]),
    script!(no_topic_and_no_alias).in_5_0(&["X50-033", "MQTT-4.7.3-1"]),
    script!(aliases_end_with_the_connection).in_5_0(&["MQTT-3.3.2-7"]),
    script!(aliases_of_others_do_not_count).in_5_0(&["MQTT-3.3.2-7", "X50-035"]),
    script!(no_alias_to_a_client_that_allows_none).in_5_0(&[
        "MQTT-3.1.2-27",
        "MQTT-3.3.2-11",
        "MQTT-3.1.2-26",
    ]),
    script!(alias_does_not_reach_storage).in_5_0(&["MQTT-3.1.2-27"]),
    script!(refused_message_sets_its_alias).in_5_0(&["X50-046"]).with_setup(Setup::DeniedTopics),
];

/// The Topic Alias Maximum that the server announced.
fn maximum(client: &Client) -> u16 {
    client.connack().properties.number(id::TOPIC_ALIAS_MAXIMUM).unwrap_or(0) as u16
}

fn every_alias_up_to_the_maximum(broker: &Broker) {
    let mut client = broker.client("a");
    client.subscribe(broker.topic("+"), 0);
    let last = maximum(&client).min(1_000);
    let topic = |alias: u16| broker.topic(&alias.to_string());
    for alias in 1..=last {
        client.send(publish(topic(alias)).payload("set").alias(alias));
        client.receive(&topic(alias), "set", 0);
    }
    for alias in (1..=last).rev() {
        client.send(publish("").payload("used").alias(alias));
        client.receive(&topic(alias), "used", 0);
    }
}

fn alias_is_set_again(broker: &Broker) {
    let mut client = broker.client("a");
    if maximum(&client) == 0 {
        return;
    }
    let topics = [broker.topic("a"), broker.topic("b")];
    client.subscribe(broker.topic("+"), 2);
    for topic in [&topics[0], &topics[1], &topics[0]] {
        for qos in 0..3 {
            client.publish_with(qos, publish(topic).payload("set").alias(1));
            client.receive(topic, "set", qos);
            client.publish_with(qos, publish("").payload("used").alias(1));
            client.receive(topic, "used", qos);
        }
    }
}

fn alias_0(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish(broker.topic("a")).alias(0));
    client.expect_violation(&[0x94]);
}

fn alias_above_the_maximum(broker: &Broker) {
    let mut client = broker.client("a");
    let above = maximum(&client).saturating_add(1);
    client.send(publish(broker.topic("a")).alias(above));
    client.expect_violation(&[0x94]);
    let mut client = broker.client("a");
    client.send(publish("").alias(0xFFFF));
    client.expect_violation(&[0x94]);
}

fn alias_that_was_not_set(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish("").payload("never").alias(1));
    client.expect_violation(&[0x82]);
}

fn no_topic_and_no_alias(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish("").payload("never"));
    client.expect_violation(&[0x82]);
}

fn aliases_end_with_the_connection(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    if maximum(&client) == 0 {
        return;
    }
    client.subscribe(&topic, 0);
    client.send(publish(&topic).payload("set").alias(1));
    client.receive(&topic, "set", 0);
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.send(publish("").payload("never").alias(1));
    client.expect_violation(&[0x82]);
}

fn aliases_of_others_do_not_count(broker: &Broker) {
    let mut client = broker.client("a");
    if maximum(&client) == 0 {
        return;
    }
    client.send(publish(broker.topic("a")).payload("set").alias(1));
    client.ping();
    let mut other = broker.client("b");
    other.send(publish("").payload("never").alias(1));
    other.expect_violation(&[0x82]);
    client.send(publish("").payload("used").alias(1));
    client.ping();
}

fn no_alias_to_a_client_that_allows_none(broker: &Broker) {
    // Long enough to be worth an alias.
    let topic = broker.topic("a/topic/that/is/long");
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    for _ in 0..5 {
        client.publish(&topic, "x", 1);
        let publish = client.receive(&topic, "x", 1);
        check!(!publish.properties.has(id::TOPIC_ALIAS), "Topic Alias to a client that allows none");
    }
}

/// Not in a retained message, nor in one that waits.
fn alias_does_not_reach_storage(broker: &Broker) {
    let topic = broker.topic("a");
    let mut away = broker.connect(broker.hello("away").kept());
    away.subscribe(&topic, 1);
    away.disconnect();
    let mut client = broker.client("a");
    if maximum(&client) == 0 {
        return;
    }
    client.publish_with(1, publish(&topic).payload("1").alias(1).retain());
    client.publish_with(1, publish("").payload("2").alias(1).retain());
    let mut away = broker.connect(broker.hello("away").kept());
    let mut reader = broker.client("r");
    reader.subscribe(&topic, 1);
    for publish in
        [away.receive(&topic, "1", 1), away.receive(&topic, "2", 1), reader.receive_retained(&topic, "2", 1)]
    {
        check!(!publish.properties.has(id::TOPIC_ALIAS), "a stored Topic Alias");
    }
}

fn refused_message_sets_its_alias(broker: &Broker) {
    let (forbidden, allowed) = (broker.topic("denied/x"), broker.topic("a"));
    let mut client = broker.client("a");
    client.subscribe(&allowed, 0);
    client.publish_with(0, publish(&allowed).payload("set").alias(1));
    client.receive(&allowed, "set", 0);
    client.send(publish(&forbidden).payload("never").qos(1, 5).alias(1));
    client.expect_code("PUBACK", 5, 0x87);
    // The alias now means the forbidden topic.
    client.send(publish("").payload("never").qos(1, 6).alias(1));
    client.expect_code("PUBACK", 6, 0x87);
    client.expect_nothing();
}
