//! Sessions: what goes on and what ends (sections 3.1.2.4, 3.1.3.1, 3.1.4 and 4.1).

use crate::harness::{Broker, check, fail};
use crate::script::{Script, script};
use crate::wire::{Connect, Will, publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(kept_session_goes_on)
        .in_3_1(&["X31-011"])
        .in_3_1_1(&["MQTT-3.1.2-4", "MQTT-3.2.2-2", "MQTT-3.2.2-3", "MQTT-3.1.4-3", "MQTT-4.1.0-1"])
        .in_5_0(&[
            "MQTT-3.1.2-5",
            "MQTT-3.1.2-6",
            "MQTT-3.2.2-3",
            "MQTT-3.1.2-23",
            "MQTT-3.1.4-4",
            "MQTT-4.1.0-1",
        ]),
    script!(session_without_subscriptions_is_one).in_3_1_1(&["MQTT-3.2.2-2"]).in_5_0(&["MQTT-3.2.2-3"]),
    script!(messages_wait_for_a_client_that_is_away)
        .in_3_1(&["X31-011"])
        .in_3_1_1(&["MQTT-3.1.2-5", "MQTT-4.5.0-1", "MQTT-4.1.0-1"])
        .in_5_0(&["MQTT-3.1.2-5", "MQTT-4.5.0-1", "MQTT-3.1.2-23"]),
    script!(clean_start_discards_the_session)
        .in_3_1(&["X31-011"])
        .in_3_1_1(&["MQTT-3.1.2-6", "MQTT-3.2.2-1", "MQTT-3.1.4-3"])
        .in_5_0(&["MQTT-3.1.2-4", "MQTT-3.2.2-2", "MQTT-3.1.4-4"]),
    script!(unkept_session_ends_with_its_connection)
        .in_3_1(&["X31-011"])
        .in_3_1_1(&["MQTT-3.1.2-6", "MQTT-3.2.2-3"])
        .in_5_0(&["MQTT-3.1.2-23", "MQTT-3.2.2-3", "MQTT-3.1.2-6"]),
    script!(retained_messages_outlive_sessions)
        .in_3_1(&["X31-011"])
        .in_3_1_1(&["MQTT-3.1.2-7", "X311-008"])
        .in_5_0(&["MQTT-3.3.1-5"]),
    script!(sessions_are_known_by_client_identifier)
        .in_3_1(&["X31-011"])
        .in_3_1_1(&["MQTT-3.1.3-2"])
        .in_5_0(&["MQTT-3.1.3-2"]),
    script!(usual_client_identifiers_are_accepted)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.1.3-5"])
        .in_5_0(&["MQTT-3.1.3-5"]),
    script!(long_client_identifiers)
        .in_3_1(&["X31-017"])
        .in_3_1_1(&["MQTT-3.1.3-9"])
        .in_5_0(&["MQTT-3.1.3-8"]),
    script!(empty_client_identifiers_are_told_apart)
        .in_3_1_1(&["MQTT-3.1.3-6"])
        .in_5_0(&["MQTT-3.1.3-6", "MQTT-3.2.2-16"]),
    script!(takeover).in_3_1(&["X31-009"]).in_3_1_1(&["MQTT-3.1.4-2"]).in_5_0(&[
        "MQTT-3.1.4-3",
        "MQTT-3.14.4-1",
        "MQTT-3.14.4-2",
        "MQTT-3.14.2-1",
        "MQTT-3.14.2-2",
    ]),
    script!(takeover_continues_the_session)
        .in_3_1(&["X31-011"])
        .in_3_1_1(&["MQTT-3.1.4-2", "MQTT-3.1.4-3", "MQTT-4.4.0-1"])
        .in_5_0(&["MQTT-3.1.4-3", "MQTT-3.1.4-4", "MQTT-4.4.0-1"]),
    script!(refused_connect_does_not_take_over).in_3_1_1(&["MQTT-3.1.4-2"]).in_5_0(&["MQTT-3.1.4-3"]),
];

fn kept_session_goes_on(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_session_present(false);
    client.subscribe(&topic, 1);
    client.cut();

    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_session_present(true);
    broker.client("p").publish(&topic, "still subscribed", 1);
    client.receive(&topic, "still subscribed", 1);
}

fn session_without_subscriptions_is_one(broker: &Broker) {
    broker.connect(broker.hello("a").kept()).disconnect();
    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_session_present(true);
}

fn messages_wait_for_a_client_that_is_away(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    client.disconnect();
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "one", 1);
    publisher.publish(&topic, "two", 2);
    publisher.publish(&topic, "three", 1);
    let mut client = broker.connect(broker.hello("a").kept());
    client.receive_in_any_order(&[(&topic, "one", 1), (&topic, "two", 2), (&topic, "three", 1)], false);
    client.expect_nothing();
}

fn clean_start_discards_the_session(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 1);
    client.disconnect();
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "old", 1);

    let mut client = broker.open();
    client.send(broker.hello("a"));
    client.expect_session_present(false);
    publisher.publish(&topic, "new", 1);
    client.expect_nothing();
}

fn unkept_session_ends_with_its_connection(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    client.cut();
    broker.client("p").publish(&topic, "to nobody", 1);
    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_session_present(false);
    client.expect_nothing();
}

fn retained_messages_outlive_sessions(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.publish_retained(&topic, "kept", 1);
    client.disconnect();
    broker.client("a").disconnect();
    let mut reader = broker.client("r");
    reader.subscribe(&topic, 1);
    reader.receive_retained(&topic, "kept", 1);
}

fn sessions_are_known_by_client_identifier(broker: &Broker) {
    let (small, large) = (broker.topic("small"), broker.topic("large"));
    let mut client = broker.connect(broker.hello("abc").kept());
    client.subscribe(&small, 0);
    let mut other = broker.connect(broker.hello("ABC").kept());
    other.subscribe(&large, 0);
    let mut publisher = broker.client("p");
    publisher.publish(&small, "s", 0);
    publisher.publish(&large, "l", 0);
    client.receive(&small, "s", 0);
    other.receive(&large, "l", 0);
    client.expect_nothing();
    other.expect_nothing();
    client.disconnect();
    let mut client = broker.open();
    client.send(broker.hello("abc").kept());
    client.expect_session_present(true);
}

fn usual_client_identifiers_are_accepted(broker: &Broker) {
    let of_23 = format!("{:Z<23}", broker.prefix());
    // All 62 characters, in identifiers that no other script has.
    let pieces = ["0123456789", "abcdefghijk", "lmnopqrstu", "vwxyz", "ABCDEFGHIJK", "LMNOPQRSTU", "VWXYZ"];
    let identifiers = pieces.iter().map(|piece| format!("{}{piece}", broker.prefix()));
    for identifier in identifiers.chain([of_23]) {
        check!(identifier.len() <= 23, "{identifier} is too long for this test");
        broker.connect(Connect::new(identifier)).disconnect();
    }
    // One character; another script of this run may have the same, and take it over.
    broker.connect(Connect::new("0"));
}

/// Accepted or refused, but not anything else.
fn long_client_identifiers(broker: &Broker) {
    for length in [24, 1_000, 65_535] {
        let identifier = format!("{:x<length$}", broker.prefix());
        let mut client = broker.open();
        client.send(Connect::new(identifier));
        let code = client.expect_connack().code;
        check!(
            !broker.is_ours() || (code == 0) == (length == 24),
            "{length} bytes are answered with 0x{code:02X}"
        );
        match (code, client.version().is_5()) {
            (0, _) => client.ping(),
            (0x02, false) | (0x85, true) => client.expect_closed(),
            (code, _) => fail(format!("an identifier of {length} bytes is refused with 0x{code:02X}")),
        }
    }
}

fn empty_client_identifiers_are_told_apart(broker: &Broker) {
    let topics = [broker.topic("0"), broker.topic("1")];
    let mut clients = [broker.connect(Connect::new("")), broker.connect(Connect::new(""))];
    for (client, topic) in clients.iter_mut().zip(&topics) {
        client.subscribe(topic, 0);
    }
    for (client, topic) in clients.iter_mut().zip(&topics) {
        client.publish(topic, "mine", 0);
        client.receive(topic, "mine", 0);
        client.expect_nothing();
    }
}

fn takeover(broker: &Broker) {
    let will = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&will, 0);
    let mut old = broker.connect(broker.hello("a").will(Will::new(&will, "taken over")));
    let mut new = broker.client("a");
    old.expect_violation(&[0x8E]);
    watcher.receive(&will, "taken over", 0);
    new.ping();
    watcher.expect_nothing();
}

fn takeover_continues_the_session(broker: &Broker) {
    let topic = broker.topic("a");
    let mut old = broker.connect(broker.hello("a").kept());
    old.subscribe(&topic, 1);
    broker.client("p").publish(&topic, "unacknowledged", 1);
    let first = old.expect_publish(&topic, "unacknowledged", 1);
    let mut new = broker.open();
    new.send(broker.hello("a").kept());
    new.expect_session_present(true);
    old.expect_violation(&[0x8E]);
    new.expect_resent(&first);
    new.puback(first.packet_identifier);
    // What still comes from the old connection is ignored.
    old.send(publish(&topic).payload("too late").qos(1, 9));
    new.expect_nothing();
}

fn refused_connect_does_not_take_over(broker: &Broker) {
    let mut old = broker.client("a");
    let mut new = broker.open();
    new.send(broker.hello("a").flags(0x03));
    new.expect_bad_connect(&[0x81]);
    old.ping();
}
