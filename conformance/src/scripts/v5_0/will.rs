//! Wills of 5.0: delay, properties, reasons (sections 3.1.2.5, 3.1.3.2 and 3.14).

use crate::harness::{Broker, Client, check, check_eq};
use crate::script::{Script, script};
use crate::wire::property::{Property, id};
use crate::wire::{Will, disconnect_with};

pub(super) const SCRIPTS: &[Script] = &[
    script!(will_after_its_delay).in_5_0(&["MQTT-3.1.2-8", "MQTT-3.1.2-10"]).virtual_time_only(),
    script!(will_at_session_end_before_its_delay).in_5_0(&["MQTT-3.1.2-8"]).virtual_time_only(),
    script!(will_at_once_if_the_session_ends_with_the_connection).in_5_0(&["MQTT-3.1.2-8"]),
    script!(short_will_delay).in_5_0(&["MQTT-3.1.2-8"]),
    script!(returning_client_cancels_its_will).in_5_0(&["MQTT-3.1.3-9", "MQTT-3.1.2-8"]).virtual_time_only(),
    script!(returning_client_replaces_its_will).in_5_0(&["MQTT-3.1.3-9", "MQTT-3.1.2-7"]).virtual_time_only(),
    script!(clean_start_publishes_the_waiting_will).in_5_0(&["MQTT-3.1.3-9", "MQTT-3.1.4-4"]),
    script!(takeover_and_delayed_wills).in_5_0(&["MQTT-3.1.4-3", "MQTT-3.1.3-9"]).virtual_time_only(),
    script!(only_disconnect_0x00_drops_the_will).in_5_0(&["MQTT-3.14.4-3", "MQTT-3.1.2-8", "MQTT-4.13.2-1"]),
    script!(disconnect_0x04_keeps_the_delay).in_5_0(&["MQTT-3.1.2-8"]).virtual_time_only(),
    script!(disconnect_drops_the_will_for_good)
        .in_5_0(&["MQTT-3.1.2-10", "MQTT-3.14.4-3"])
        .virtual_time_only(),
    script!(will_properties_are_published).in_5_0(&["MQTT-3.1.3-10", "MQTT-3.1.3-1", "MQTT-3.3.2-15"]),
    script!(will_expiry_starts_at_publication).in_5_0(&["MQTT-3.3.2-6"]).virtual_time_only(),
    script!(will_and_retain_as_published).in_5_0(&["MQTT-3.1.2-14", "MQTT-3.1.2-15", "MQTT-3.3.1-13"]),
    script!(invalid_disconnect_publishes_the_will).in_5_0(&["MQTT-3.14.2-1", "MQTT-3.1.2-8"]),
];

fn watcher(broker: &Broker) -> (Client, String) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    (watcher, topic)
}

fn will_after_its_delay(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let will = Will::new(&topic, "gone").delay(20);
    broker.connect(broker.hello("a").kept().will(will)).cut();
    broker.wait(19.99);
    watcher.expect_nothing();
    broker.wait(0.02);
    watcher.receive(&topic, "gone", 0);
    // Not again at session end.
    broker.wait(4_000.0);
    watcher.expect_nothing();
}

fn will_at_session_end_before_its_delay(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let will = Will::new(&topic, "gone").delay(100);
    broker.connect(broker.hello("a").session_expiry(20).will(will)).cut();
    broker.wait(19.99);
    watcher.expect_nothing();
    broker.wait(0.02);
    watcher.receive(&topic, "gone", 0);
    broker.wait(100.0);
    watcher.expect_nothing();
}

fn will_at_once_if_the_session_ends_with_the_connection(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    broker.connect(broker.hello("a").will(Will::new(&topic, "gone").delay(3_600))).cut();
    watcher.receive(&topic, "gone", 0);
}

/// The one for real time: a second.
fn short_will_delay(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    broker.connect(broker.hello("a").kept().will(Will::new(&topic, "gone").delay(1))).cut();
    if broker.is_virtual() {
        watcher.expect_nothing();
        broker.wait(1.01);
    }
    watcher.receive(&topic, "gone", 0);
}

fn returning_client_cancels_its_will(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let will = Will::new(&topic, "gone").delay(5);
    broker.connect(broker.hello("a").kept().will(will)).cut();
    broker.wait(2.0);
    let mut client = broker.connect(broker.hello("a").kept());
    broker.wait(10.0);
    watcher.expect_nothing();
    client.cut();
    broker.wait(10.0);
    watcher.expect_nothing();
}

fn clean_start_publishes_the_waiting_will(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let will = Will::new(&topic, "gone").delay(3_600);
    broker.connect(broker.hello("a").kept().will(will)).cut();
    watcher.expect_nothing();
    // The old session ends here, and its will with it.
    broker.client("a");
    watcher.receive(&topic, "gone", 0);
}

fn takeover_and_delayed_wills(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let hello = || broker.hello("a").kept();
    // No delay: published at the takeover.
    let mut old = broker.connect(hello().will(Will::new(&topic, "at once")));
    // With a delay: dropped, since the session goes on.
    let mut new = broker.connect(hello().will(Will::new(&topic, "delayed").delay(5)));
    old.expect_violation(&[0x8E]);
    watcher.receive(&topic, "at once", 0);
    let mut newer = broker.connect(hello());
    new.expect_violation(&[0x8E]);
    broker.wait(10.0);
    watcher.expect_nothing();
    // With a delay, but the session ends.
    let mut old = broker.connect(hello().will(Will::new(&topic, "ended").delay(5)));
    newer.expect_violation(&[0x8E]);
    let _new = broker.client("a");
    old.expect_violation(&[0x8E]);
    watcher.receive(&topic, "ended", 0);
}

fn only_disconnect_0x00_drops_the_will(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    for code in [0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99] {
        let mut client = broker.connect(broker.hello("a").will(Will::new(&topic, "gone")));
        client.send(disconnect_with(code, vec![]));
        client.expect_closed();
        watcher.receive(&topic, "gone", 0);
    }
    for properties in [vec![], vec![Property::text(id::REASON_STRING, "bye")]] {
        let mut client = broker.connect(broker.hello("a").will(Will::new(&topic, "gone")));
        client.send(disconnect_with(0x00, properties));
        client.expect_closed();
    }
    watcher.expect_nothing();
}

fn disconnect_0x04_keeps_the_delay(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let will = Will::new(&topic, "gone").delay(20);
    let mut client = broker.connect(broker.hello("a").kept().will(will));
    client.send(disconnect_with(0x04, vec![]));
    client.expect_closed();
    broker.wait(19.99);
    watcher.expect_nothing();
    broker.wait(0.02);
    watcher.receive(&topic, "gone", 0);
}

fn disconnect_drops_the_will_for_good(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let will = Will::new(&topic, "gone").delay(5);
    broker.connect(broker.hello("a").session_expiry(10).will(will)).disconnect();
    broker.wait(20.0);
    watcher.expect_nothing();
}

fn will_properties_are_published(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let properties = [
        Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 1),
        Property::text(id::CONTENT_TYPE, "text/plain"),
        Property::text(id::RESPONSE_TOPIC, "answer/here"),
        Property::text(id::CORRELATION_DATA, [0x00, 0xFF]),
        Property::user("k", "1"),
        Property::user("k", "2"),
        Property::user("a", "b"),
        Property::user("k", "1"),
    ];
    let will = properties.iter().cloned().fold(Will::new(&topic, "gone").delay(0), Will::property);
    broker.connect(broker.hello("a").user_name("user").password("secret").will(will)).cut();
    let publish = watcher.receive(&topic, "gone", 0);
    let order = [("k", "1"), ("k", "2"), ("a", "b"), ("k", "1")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    check_eq!(publish.properties.user(), order, "User Properties of a will");
    for property in properties {
        check!(publish.properties.0.contains(&property), "{property:?} was not published");
    }
    check!(!publish.properties.has(id::WILL_DELAY_INTERVAL), "Will Delay Interval was published");
}

fn will_expiry_starts_at_publication(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let will = Will::new(&topic, "gone").delay(20).property(Property::four(id::MESSAGE_EXPIRY_INTERVAL, 10));
    broker.connect(broker.hello("a").kept().will(will)).cut();
    broker.wait(20.5);
    let publish = watcher.receive(&topic, "gone", 0);
    check_eq!(publish.properties.number(id::MESSAGE_EXPIRY_INTERVAL), Some(10), "expiry of a will");
}

fn will_and_retain_as_published(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0x08);
    broker.connect(broker.hello("a").will(Will::new(&topic, "plain"))).cut();
    watcher.receive(&topic, "plain", 0);
    broker.connect(broker.hello("a").will(Will::new(&topic, "kept").retain())).cut();
    watcher.receive_retained(&topic, "kept", 0);
}

fn invalid_disconnect_publishes_the_will(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    // Codes of a server, of other packets, and none at all.
    for code in [0x01, 0x87, 0x8B, 0x8E, 0x92, 0x7F, 0xFF] {
        let mut client = broker.connect(broker.hello("a").will(Will::new(&topic, "gone")));
        client.send(disconnect_with(code, vec![]));
        if broker.is_ours() {
            client.expect_violation(&[0x82, 0x81]);
        } else {
            client.cut();
        }
        watcher.receive(&topic, "gone", 0);
    }
}

fn returning_client_replaces_its_will(broker: &Broker) {
    let (mut watcher, topic) = watcher(broker);
    let hello = |text: &str, delay| broker.hello("a").kept().will(Will::new(&topic, text).delay(delay));
    broker.connect(hello("old", 20)).cut();
    broker.wait(10.0);
    broker.connect(hello("new", 30)).cut();
    broker.wait(29.99);
    watcher.expect_nothing();
    broker.wait(0.02);
    watcher.receive(&topic, "new", 0);
    broker.wait(100.0);
    watcher.expect_nothing();
}
