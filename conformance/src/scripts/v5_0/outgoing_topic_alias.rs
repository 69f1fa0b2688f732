//! Topic aliases that the server sets (section 3.3.2.3.4).

use std::collections::HashMap;

use crate::harness::{Broker, Client, check, check_eq, fail};
use crate::script::{Script, script};
use crate::wire::property::{Property, id};
use crate::wire::{Connect, Publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(aliases_within_the_maximum).in_5_0(&["MQTT-3.1.2-26", "MQTT-3.3.2-8", "MQTT-3.3.2-12"]),
    script!(aliases_of_a_resumed_session).in_5_0(&["MQTT-3.3.2-7", "MQTT-4.4.0-1"]),
    script!(dropped_message_sets_no_alias).in_5_0(&["MQTT-3.1.2-25", "MQTT-3.3.2-7"]),
    script!(aliases_and_the_size_of_packets).in_5_0(&["MQTT-3.1.2-24"]),
    script!(aliases_with_other_properties).in_5_0(&["MQTT-3.3.4-3", "MQTT-3.3.2-17", "MQTT-3.3.2-6"]),
];

fn takes_aliases(hello: Connect, maximum: u16) -> Connect {
    hello.property(Property::two(id::TOPIC_ALIAS_MAXIMUM, maximum))
}

/// What the server has told one client of one connection.
struct Aliases {
    maximum: u32,
    topics: HashMap<u32, String>,
    used: usize,
}

impl Aliases {
    fn new(maximum: u32) -> Self {
        Self { maximum, topics: HashMap::new(), used: 0 }
    }

    /// The next PUBLISH, which has to be to this topic by name or by a number that stands for it.
    #[track_caller]
    fn receive(&mut self, client: &mut Client, topic: &str, payload: &str, qos: u8) -> Publish {
        let publish = self.expect(client, topic, payload, qos);
        client.finish_exchange(&publish);
        publish
    }

    /// The same, not acknowledged.
    #[track_caller]
    fn expect(&mut self, client: &mut Client, topic: &str, payload: &str, qos: u8) -> Publish {
        let publish = client.expect_any_publish();
        check!(!publish.retain, "RETAIN 1 though published with 0");
        let meant = match publish.properties.number(id::TOPIC_ALIAS) {
            None => publish.topic.clone(),
            Some(alias) => {
                if alias == 0 || alias > self.maximum {
                    fail(format!("alias {alias} to a client that takes {}", self.maximum));
                }
                if publish.topic.is_empty() {
                    self.used += 1;
                } else {
                    self.topics.insert(alias, publish.topic.clone());
                }
                self.topics.get(&alias).cloned().unwrap_or_default()
            }
        };
        check_eq!(meant, topic, "the topic that is meant");
        check_eq!(publish.text(), payload, "payload");
        check_eq!(publish.qos, qos, "QoS");
        publish
    }
}

fn aliases_within_the_maximum(broker: &Broker) {
    let topics: Vec<String> =
        (0..4).map(|number| broker.topic(&format!("some/long/topic/{number}"))).collect();
    for maximum in [1_u16, 2, 3, 4, 5, 0xFFFF] {
        let mut client = broker.connect(takes_aliases(broker.hello("a"), maximum));
        client.subscribe(broker.topic("#"), 2);
        let mut publisher = broker.client("p");
        let mut aliases = Aliases::new(maximum.into());
        for round in 0..6_usize {
            for (number, topic) in topics.iter().enumerate() {
                let (payload, qos) = (format!("{round}"), ((round + number) % 3) as u8);
                publisher.publish(topic, &payload, qos);
                aliases.receive(&mut client, topic, &payload, qos);
            }
        }
        // With fewer aliases than topics they may be set anew each time.
        if broker.is_ours() && usize::from(maximum) >= topics.len() {
            assert!(aliases.used > 0, "a client that takes aliases gets none");
        }
        client.disconnect();
        publisher.disconnect();
    }
}

/// What is sent again, and what waited, comes with its topic.
fn aliases_of_a_resumed_session(broker: &Broker) {
    let topic = broker.topic("some/long/topic");
    let hello = || takes_aliases(broker.hello("a").kept(), 10);
    let mut client = broker.connect(hello());
    client.subscribe(&topic, 1);
    let mut publisher = broker.client("p");
    let mut aliases = Aliases::new(10);
    for _ in 0..4 {
        publisher.publish(&topic, "x", 1);
        aliases.receive(&mut client, &topic, "x", 1);
    }
    if broker.is_ours() {
        assert!(aliases.used > 0, "a client that takes aliases gets none");
    }
    // Never acknowledged.
    publisher.publish(&topic, "open", 1);
    let open = aliases.expect(&mut client, &topic, "open", 1);
    client.cut();
    publisher.publish(&topic, "away", 1);
    let mut client = broker.connect(hello());
    let again = client.expect_resent(&Publish { topic: topic.clone(), ..open });
    client.finish_exchange(&again);
    let mut aliases = Aliases::new(10);
    aliases.receive(&mut client, &topic, "away", 1);
    publisher.publish(&topic, "x", 1);
    aliases.receive(&mut client, &topic, "x", 1);
}

fn dropped_message_sets_no_alias(broker: &Broker) {
    let topic = broker.topic("some/long/topic");
    let mut client = broker.connect(takes_aliases(broker.hello("a"), 10).maximum_packet_size(100));
    client.subscribe(&topic, 1);
    client.takes_at_most(100);
    let mut publisher = broker.client("p");
    let mut aliases = Aliases::new(10);
    for qos in [0, 1] {
        for payload in ["x", &"large".repeat(30), "y", &"large".repeat(30), "z"] {
            publisher.publish(&topic, payload, qos);
            if payload.len() == 1 {
                aliases.receive(&mut client, &topic, payload, qos);
            }
        }
    }
    client.expect_nothing();
}

/// Three bytes less than it would take to set an alias, too.
fn aliases_and_the_size_of_packets(broker: &Broker) {
    let topic = broker.topic("some/long/topic");
    let mut client = broker.connect(takes_aliases(broker.hello("a"), 10).maximum_packet_size(60));
    client.subscribe(&topic, 0);
    client.takes_at_most(60);
    let mut publisher = broker.client("p");
    let mut aliases = Aliases::new(10);
    let fits = "x".repeat(60 - 2 - 2 - topic.len() - 1);
    for payload in [&*fits, &fits, "y", &fits, "y", &fits] {
        publisher.publish(&topic, payload, 0);
        aliases.receive(&mut client, &topic, payload, 0);
    }
}

fn aliases_with_other_properties(broker: &Broker) {
    let topic = broker.topic("some/long/topic");
    let mut client = broker.connect(takes_aliases(broker.hello("a"), 10));
    client.send(crate::wire::subscribe(7).filter(&topic, 1).identifier(5));
    client.expect_suback(7, &[1]);
    let mut publisher = broker.client("p");
    let mut aliases = Aliases::new(10);
    for payload in ["1", "2", "3", &"large".repeat(500), "4"] {
        let packet =
            crate::wire::publish(&topic).payload(payload).expiry(60).property(Property::user("k", "v"));
        publisher.publish_with(1, packet);
        let publish = aliases.receive(&mut client, &topic, payload, 1);
        check_eq!(publish.identifiers(), [5], "Subscription Identifiers");
        check_eq!(publish.properties.user(), [("k".to_owned(), "v".to_owned())], "User Properties");
        check_eq!(publish.properties.number(id::MESSAGE_EXPIRY_INTERVAL), Some(60), "expiry");
    }
}
