//! Session expiry and takeover in 5.0 (sections 3.1.2.11.2, 3.1.4, 3.14.2.2.2 and 4.1).

use crate::harness::{Broker, Client};
use crate::script::{Script, script};
use crate::version::Version::{V3_1_1, V5_0};
use crate::wire::property::{Property, id};
use crate::wire::{Connect, Will, disconnect_with};

pub(super) const SCRIPTS: &[Script] = &[
    script!(session_expires).in_5_0(&["MQTT-4.1.0-2", "MQTT-3.2.2-3", "MQTT-3.1.2-6"]).virtual_time_only(),
    script!(expiry_counts_from_the_close).in_5_0(&["MQTT-4.1.0-1", "MQTT-4.1.0-2"]).virtual_time_only(),
    script!(expiry_0_ends_with_the_connection).in_5_0(&["MQTT-3.1.2-23", "MQTT-3.2.2-3"]),
    script!(expiry_of_all_ones_never_comes).in_5_0(&["MQTT-3.1.2-23"]).virtual_time_only(),
    script!(clean_start_and_expiry_are_independent).in_5_0(&["MQTT-3.1.2-4", "MQTT-3.1.2-23"]),
    script!(every_connect_sets_the_expiry).in_5_0(&["MQTT-3.1.2-23"]),
    script!(disconnect_changes_the_expiry).in_5_0(&["X50-062", "MQTT-3.1.2-23"]),
    script!(disconnect_shortens_the_expiry).in_5_0(&["X50-062", "MQTT-4.1.0-2"]).virtual_time_only(),
    script!(disconnect_must_not_raise_expiry_from_0).in_5_0(&["X50-061", "MQTT-3.14.4-3"]),
    script!(connack_says_the_expiry_in_use).in_5_0(&["X50-032"]),
    script!(session_of_another_version).in_5_0(&["MQTT-3.1.2-5"]).in_3_1_1(&["MQTT-3.1.2-4"]),
    script!(expired_session_sends_nothing).in_5_0(&["MQTT-4.1.0-2"]).virtual_time_only(),
];

const FOR_EVER: u32 = u32::MAX;

#[track_caller]
fn comes_back(broker: &Broker, present: bool) -> Client {
    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_session_present(present);
    client
}

fn session_expires(broker: &Broker) {
    for expiry in [1, 10, 1_000_000] {
        broker.connect(broker.hello("a").session_expiry(expiry)).cut();
        broker.wait(f64::from(expiry) - 0.01);
        let mut client = broker.open();
        client.send(broker.hello("a").resume().session_expiry(expiry));
        client.expect_session_present(true);
        client.cut();
        broker.wait(f64::from(expiry) + 0.01);
        comes_back(broker, false).disconnect();
    }
}

fn expiry_counts_from_the_close(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").session_expiry(1));
    client.subscribe(&topic, 2);
    client.publish(&topic, "x", 2);
    let open = client.expect_publish(&topic, "x", 2);
    broker.wait(5.0);
    client.finish_exchange(&open);
    client.publish(&topic, "y", 1);
    client.receive(&topic, "y", 1);
    client.cut();
    broker.wait(0.9);
    comes_back(broker, true);
}

fn expiry_0_ends_with_the_connection(broker: &Broker) {
    for hello in [broker.hello("a"), broker.hello("a").session_expiry(0)] {
        broker.connect(hello.clone()).cut();
        let mut client = broker.open();
        client.send(hello.resume());
        client.expect_session_present(false);
        client.disconnect();
    }
}

fn expiry_of_all_ones_never_comes(broker: &Broker) {
    broker.connect(broker.hello("a").session_expiry(FOR_EVER)).cut();
    // Longer than the greatest number of seconds.
    broker.wait(5e9);
    comes_back(broker, true);
}

fn clean_start_and_expiry_are_independent(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").session_expiry(300));
    client.subscribe(&topic, 1);
    client.cut();
    let mut client = comes_back(broker, true);
    client.publish(&topic, "x", 1);
    client.receive(&topic, "x", 1);
    client.cut();
    let mut client = broker.open();
    client.send(broker.hello("a").session_expiry(300));
    client.expect_session_present(false);
    client.publish(&topic, "y", 1);
    client.expect_nothing();
}

fn every_connect_sets_the_expiry(broker: &Broker) {
    broker.connect(broker.hello("a").kept()).cut();
    // Resumed without Session Expiry Interval: it ends with this connection.
    let mut client = broker.open();
    client.send(broker.hello("a").resume());
    client.expect_session_present(true);
    client.cut();
    comes_back(broker, false);
}

fn disconnect_changes_the_expiry(broker: &Broker) {
    let expiry = |seconds| vec![Property::four(id::SESSION_EXPIRY_INTERVAL, seconds)];
    let mut client = broker.connect(broker.hello("a").session_expiry(300));
    client.disconnect_with(0, expiry(0));
    let mut client = comes_back(broker, false);
    // Without the property, the value of CONNECT stays.
    client.disconnect_with(0, vec![Property::user("k", "v")]);
    comes_back(broker, true);
}

fn disconnect_shortens_the_expiry(broker: &Broker) {
    let mut client = broker.connect(broker.hello("a").session_expiry(300));
    client.disconnect_with(0, vec![Property::four(id::SESSION_EXPIRY_INTERVAL, 5)]);
    broker.wait(5.01);
    comes_back(broker, false).disconnect();
    let mut client = broker.connect(broker.hello("a").session_expiry(5));
    client.disconnect_with(0, vec![Property::four(id::SESSION_EXPIRY_INTERVAL, 300)]);
    broker.wait(299.0);
    comes_back(broker, true);
}

fn disconnect_must_not_raise_expiry_from_0(broker: &Broker) {
    let will = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&will, 0);
    let mut client = broker.connect(broker.hello("a").will(Will::new(&will, "gone")));
    client.send(disconnect_with(0, vec![Property::four(id::SESSION_EXPIRY_INTERVAL, 5)]));
    client.expect_violation(&[0x82]);
    // It was no valid DISCONNECT: the will is published, and the session has ended.
    watcher.receive(&will, "gone", 0);
    comes_back(broker, false);
}

/// Absent, it is what the client asked for: then the session has to be there that long.
fn connack_says_the_expiry_in_use(broker: &Broker) {
    let mut client = broker.connect(broker.hello("a").session_expiry(100));
    let used = client.connack().properties.number(id::SESSION_EXPIRY_INTERVAL).unwrap_or(100);
    client.cut();
    if used == 0 {
        return;
    }
    if broker.is_virtual() {
        broker.wait(f64::from(used) - 0.01);
    }
    comes_back(broker, true);
}

/// A session that a client of one version left and a client of the other takes up.
fn session_of_another_version(broker: &Broker) {
    let topic = broker.topic("a");
    for (before, after) in [(V3_1_1, V5_0), (V5_0, V3_1_1)] {
        let hello = |name: &str| -> Connect { broker.hello(name).kept() };
        let name = before.name().replace('.', "");
        let mut client = broker.connect_as(before, hello(&name));
        client.subscribe(&topic, 1);
        client.cut();
        let mut publisher = broker.client("p");
        publisher.publish(&topic, "x", 1);
        publisher.disconnect();
        let mut client = broker.open_as(after);
        client.send(hello(&name));
        client.expect_session_present(true);
        client.receive(&topic, "x", 1);
        client.unsubscribe(&topic);
        client.disconnect();
    }
}

fn expired_session_sends_nothing(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").session_expiry(10));
    client.subscribe(&topic, 1);
    client.cut();
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "x", 1);
    broker.wait(10.01);
    publisher.publish(&topic, "y", 1);
    let mut client = comes_back(broker, false);
    publisher.publish(&topic, "z", 1);
    client.expect_nothing();
}
