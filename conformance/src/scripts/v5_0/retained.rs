//! Retained messages that do not all fit at once (sections 3.3.1.3, 3.8.4).

use std::collections::HashSet;

use crate::harness::{Broker, Client, check, check_eq};
use crate::script::{Script, script};
use crate::wire::{Publish, subscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(retain_handling_1_twice_in_one_packet).in_5_0(&["MQTT-3.3.1-10", "MQTT-3.8.4-5"]),
    script!(retained_messages_through_a_narrow_window).in_5_0(&["MQTT-3.3.1-9", "MQTT-3.3.4-9"]),
    script!(retained_messages_over_a_reconnect).in_5_0(&["MQTT-3.3.1-9", "MQTT-4.4.0-1"]),
    script!(live_messages_among_retained_ones).in_5_0(&["MQTT-3.3.1-9", "MQTT-4.6.0-5"]),
    script!(unsubscribe_among_retained_messages).in_5_0(&["MQTT-3.10.4-2", "X50-060"]),
    script!(retained_message_deleted_while_it_waits).in_5_0(&["MQTT-3.3.1-6", "MQTT-3.3.1-9"]),
];

/// Retained messages at QoS 1 on these many topics.
fn retain(broker: &Broker, count: usize) -> Vec<String> {
    let topics: Vec<String> = (0..count).map(|number| broker.topic(&format!("r/{number:02}"))).collect();
    let mut publisher = broker.client("retainer");
    for topic in &topics {
        publisher.publish_retained(topic, "v", 1);
    }
    publisher.disconnect();
    topics
}

/// A retained message of one of these topics, which is left no longer.
#[track_caller]
fn any_of(client: &mut Client, left: &mut Vec<String>) -> Publish {
    let publish = client.expect_any_publish();
    let position = left.iter().position(|topic| *topic == publish.topic);
    check!(position.is_some(), "{} came twice, or was not asked for", publish.topic);
    position.map(|position| left.swap_remove(position));
    check_eq!((publish.text().as_str(), publish.qos, publish.retain), ("v", 1, true), "a retained message");
    publish
}

fn retain_handling_1_twice_in_one_packet(broker: &Broker) {
    let topics = retain(broker, 1);
    let mut client = broker.client("a");
    client.send(subscribe(7).filter(&topics[0], 0x10).filter(&topics[0], 0x10 | 1));
    client.expect_suback(7, &[0, 1]);
    // Of the first filter, or of the second.
    let publish = client.expect_any_publish();
    check_eq!((publish.topic.as_str(), publish.text().as_str()), (topics[0].as_str(), "v"), "the message");
    check!(publish.retain && (publish.qos == 0 || !broker.is_ours()), "RETAIN 0, or at QoS {}", publish.qos);
    client.finish_exchange(&publish);
    client.expect_nothing();
}

fn retained_messages_through_a_narrow_window(broker: &Broker) {
    let topics = retain(broker, 20);
    let mut client = broker.connect(broker.hello("a").receive_maximum(1));
    client.subscribe(broker.topic("r/+"), 1);
    let mut left = topics.clone();
    while !left.is_empty() {
        let publish = any_of(&mut client, &mut left);
        client.expect_nothing();
        client.puback(publish.packet_identifier);
    }
    client.expect_nothing();
}

/// Ours goes on where it was; another broker may have forgotten what was not sent yet.
fn retained_messages_over_a_reconnect(broker: &Broker) {
    let topics = retain(broker, 10);
    let hello = || broker.hello("a").kept().receive_maximum(2);
    let mut client = broker.connect(hello());
    client.subscribe(broker.topic("r/+"), 1);
    let mut left = topics.clone();
    // In any order.
    let [first, second] = broker.in_one_step(|| [(); 2].map(|()| any_of(&mut client, &mut left)));
    client.puback(first.packet_identifier);
    let third = any_of(&mut client, &mut left);
    client.cut();
    let mut client = broker.connect(hello());
    for before in [&second, &third] {
        client.expect_resent(before);
        client.puback(before.packet_identifier);
    }
    if !broker.is_ours() {
        return client.ignore_the_rest();
    }
    let rest: Vec<(&str, &str, u8)> = left.iter().map(|topic| (topic.as_str(), "v", 1)).collect();
    client.receive_in_any_order(&rest, true);
    client.expect_nothing();
}

/// On a topic, what was retained comes before what is published now.
fn live_messages_among_retained_ones(broker: &Broker) {
    let topics = retain(broker, 10);
    let mut client = broker.connect(broker.hello("a").receive_maximum(1));
    client.subscribe(broker.topic("r/+"), 1);
    let mut publisher = broker.client("p");
    for topic in &topics {
        publisher.publish(topic, "live", 1);
    }
    let mut begun = HashSet::new();
    let mut ended = HashSet::new();
    for _ in 0..20 {
        let publish = client.expect_any_publish();
        let (topic, text) = (publish.topic.clone(), publish.text());
        check!(topics.contains(&topic), "a message to {topic}");
        let expected = if begun.insert(topic.clone()) { ("v", true) } else { ("live", false) };
        check_eq!((text.as_str(), publish.retain), expected, "the next message of {topic} and its RETAIN");
        check!(!expected.0.starts_with("live") || ended.insert(topic), "a message came twice");
        client.puback(publish.packet_identifier);
    }
    client.expect_nothing();
}

/// Those that wait already may still come, but nothing new.
fn unsubscribe_among_retained_messages(broker: &Broker) {
    let mut left = retain(broker, 10);
    let mut client = broker.connect(broker.hello("a").receive_maximum(1));
    client.subscribe(broker.topic("r/+"), 1);
    let open = any_of(&mut client, &mut left);
    client.unsubscribe(broker.topic("r/+"));
    broker.client("p").publish(&open.topic, "live", 1);
    client.puback(open.packet_identifier);
    let mut seen = HashSet::from([open.topic]);
    while let Some(publish) = client.publish_that_is_there() {
        check!(publish.retain && publish.payload == b"v", "a new message came after UNSUBACK");
        check!(seen.insert(publish.topic.clone()), "{} came twice", publish.topic);
        client.puback(publish.packet_identifier);
    }
}

fn retained_message_deleted_while_it_waits(broker: &Broker) {
    let topics = retain(broker, 3);
    let mut client = broker.connect(broker.hello("a").receive_maximum(1));
    client.subscribe(broker.topic("r/+"), 0x20 | 1);
    client.expect_nothing();
    client.subscribe(broker.topic("r/+"), 1);
    let open = any_of(&mut client, &mut topics.clone());
    let mut publisher = broker.client("p");
    for topic in &topics {
        publisher.publish_retained(topic, "", 1);
    }
    client.puback(open.packet_identifier);
    // Whatever else of the old comes, the deletions come, and nothing is retained in the end.
    let mut seen = HashSet::from([(open.topic.clone(), open.text())]);
    while topics.iter().any(|topic| !seen.contains(&(topic.clone(), String::new()))) {
        let publish = client.expect_any_publish();
        client.puback(publish.packet_identifier);
        let (topic, text) = (publish.topic.clone(), publish.text());
        check!(publish.retain != text.is_empty(), "RETAIN of {topic} {text:?}");
        check!(seen.insert((topic.clone(), text)), "{topic} came twice");
    }
    client.expect_nothing();
    let mut reader = broker.client("b");
    reader.subscribe(broker.topic("r/+"), 1);
    reader.expect_nothing();
}
