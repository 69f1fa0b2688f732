//! Shared subscriptions: what becomes of messages whose receiver refuses them, leaves, or ends (section 4.8.2).

use crate::harness::{Broker, Client, check_eq};
use crate::script::{Script, script};
use crate::wire::{Publish, acknowledge_with};

pub(super) const SCRIPTS: &[Script] = &[
    script!(refused_messages_are_discarded).in_5_0(&["MQTT-4.8.2-6", "MQTT-4.3.2-3"]),
    script!(qos_2_is_completed_with_the_same_client).in_5_0(&["MQTT-4.8.2-4", "MQTT-4.4.0-1"]),
    script!(qos_2_in_progress_ends_with_its_session).in_5_0(&["MQTT-4.8.2-5"]),
    script!(qos_2_in_progress_ends_with_its_expiry).in_5_0(&["MQTT-4.8.2-5"]).virtual_time_only(),
    script!(qos_1_goes_on_with_another_client).in_5_0(&["X50-101"]),
    script!(qos_1_goes_on_after_the_expiry).in_5_0(&["X50-101", "MQTT-4.4.0-1"]).virtual_time_only(),
    script!(what_was_not_started_goes_on).in_5_0(&["X50-101", "MQTT-4.8.2-5"]),
    script!(what_was_not_started_does_not_wait).in_5_0(&["X50-100", "MQTT-4.8.2-4"]),
    script!(who_leaves_keeps_what_was_started).in_5_0(&["MQTT-3.10.4-3", "X50-101"]),
    script!(kept_members_get_what_nobody_else_takes).in_5_0(&["X50-100"]),
    script!(messages_go_with_the_group).in_5_0(&["X50-102"]),
    script!(a_full_window_is_no_reason_to_wait).in_5_0(&["X50-100", "MQTT-3.3.4-9"]),
];

fn shared(broker: &Broker, filter: &str) -> String {
    format!("$share/g/{}", broker.topic(filter))
}

/// A publisher comes, publishes these messages and goes.
#[track_caller]
fn publish_all(broker: &Broker, payloads: &[&str], qos: u8) {
    let mut publisher = broker.client("q");
    payloads.iter().for_each(|payload| publisher.publish(broker.topic("a"), payload, qos));
    publisher.disconnect();
}

/// A member that has a message of this QoS and has not acknowledged it, and what it got.
#[track_caller]
fn begun(broker: &Broker, hello: crate::wire::Connect, qos: u8) -> (Client, Publish) {
    let topic = broker.topic("a");
    let mut client = broker.connect(hello);
    client.subscribe(shared(broker, "a"), 2);
    publish_all(broker, &["begun"], qos);
    let publish = client.expect_publish(&topic, "begun", qos);
    (client, publish)
}

/// Another member of the group.
fn other(broker: &Broker, name: &str) -> Client {
    let mut client = broker.client(name);
    client.subscribe(shared(broker, "a"), 2);
    client
}

fn refused_messages_are_discarded(broker: &Broker) {
    for (qos, first) in [(1, 0x40), (2, 0x50)] {
        for code in [0x80, 0x83, 0x87, 0x97] {
            let (mut client, publish) = begun(broker, broker.hello("a").kept(), qos);
            let mut other = other(broker, "b");
            client.send(acknowledge_with(first, publish.packet_identifier, code, Vec::new()));
            client.expect_nothing();
            other.expect_nothing();
            client.cut();
            other.expect_nothing();
            let mut client = broker.connect(broker.hello("a").kept());
            client.expect_nothing();
            client.unsubscribe(shared(broker, "a"));
            client.disconnect();
            other.disconnect();
        }
    }
}

fn qos_2_is_completed_with_the_same_client(broker: &Broker) {
    // Before PUBREC.
    let (mut client, publish) = begun(broker, broker.hello("a").kept(), 2);
    let mut other = other(broker, "b");
    client.cut();
    other.expect_nothing();
    let mut client = broker.connect(broker.hello("a").kept());
    client.expect_resent(&publish);
    other.expect_nothing();
    // Before PUBCOMP.
    client.pubrec(publish.packet_identifier);
    client.expect_pubrel(publish.packet_identifier);
    client.cut();
    other.expect_nothing();
    let mut client = broker.connect(broker.hello("a").kept());
    client.expect_pubrel(publish.packet_identifier);
    client.pubcomp(publish.packet_identifier);
    client.expect_nothing();
    other.expect_nothing();
}

fn qos_2_in_progress_ends_with_its_session(broker: &Broker) {
    for received in [false, true] {
        for kept in [false, true] {
            let hello = if kept { broker.hello("a").kept() } else { broker.hello("a") };
            let (mut client, publish) = begun(broker, hello, 2);
            if received {
                client.pubrec(publish.packet_identifier);
                client.expect_pubrel(publish.packet_identifier);
            }
            let mut other = other(broker, "b");
            client.cut();
            other.expect_nothing();
            // Clean Start ends the session, if there still is one.
            let mut client = broker.client("a");
            client.expect_nothing();
            client.disconnect();
            other.expect_nothing();
            other.disconnect();
        }
    }
}

fn qos_2_in_progress_ends_with_its_expiry(broker: &Broker) {
    let (mut client, _) = begun(broker, broker.hello("a").session_expiry(60), 2);
    let mut other = other(broker, "b");
    client.cut();
    broker.wait(61.0);
    other.expect_nothing();
    let mut client = broker.connect(broker.hello("a").kept());
    check_eq!(client.connack().session_present, false, "Session Present");
    client.expect_nothing();
}

fn qos_1_goes_on_with_another_client(broker: &Broker) {
    broker.only_ours("what the standard says a server should do, it does");
    // The session ends with its connection.
    let (mut client, _) = begun(broker, broker.hello("a"), 1);
    let mut other = other(broker, "b");
    other.expect_nothing();
    client.cut();
    other.receive(&broker.topic("a"), "begun", 1);
    other.disconnect();
    // It ends by Clean Start. Until then, the client may come back.
    let (mut client, publish) = begun(broker, broker.hello("a").kept(), 1);
    let mut other = self::other(broker, "b");
    client.cut();
    other.expect_nothing();
    let mut client = broker.connect(broker.hello("a").kept());
    client.expect_resent(&publish);
    other.expect_nothing();
    client.cut();
    broker.client("a").expect_nothing();
    other.receive(&broker.topic("a"), "begun", 1);
    other.expect_nothing();
}

fn qos_1_goes_on_after_the_expiry(broker: &Broker) {
    broker.only_ours("what the standard says a server should do, it does");
    let topic = broker.topic("a");
    let (mut client, _) = begun(broker, broker.hello("a").session_expiry(60), 1);
    let mut other = other(broker, "b");
    client.cut();
    broker.wait(59.9);
    other.expect_nothing();
    broker.wait(0.2);
    other.receive(&topic, "begun", 1);
    other.expect_nothing();
}

/// A member with a message of this QoS in progress and two more in its queue.
fn loaded(broker: &Broker, hello: crate::wire::Connect, qos: u8) -> (Client, Publish) {
    let (client, publish) = begun(broker, hello.receive_maximum(1), qos);
    publish_all(broker, &["second", "third"], qos);
    (client, publish)
}

fn what_was_not_started_goes_on(broker: &Broker) {
    broker.only_ours("a group gets what waited for a member whose session has ended");
    let topic = broker.topic("a");
    for qos in [1, 2] {
        let (mut client, _) = loaded(broker, broker.hello("a"), qos);
        let mut other = other(broker, "b");
        client.cut();
        let expected: &[&str] = if qos == 1 { &["begun", "second", "third"] } else { &["second", "third"] };
        for payload in expected {
            other.receive(&topic, payload, qos);
        }
        other.expect_nothing();
        other.disconnect();
    }
}

/// Our choice: it goes to a member that is there, while what was started waits for its client.
fn what_was_not_started_does_not_wait(broker: &Broker) {
    let topic = broker.topic("a");
    for qos in [1, 2] {
        let (mut client, publish) = loaded(broker, broker.hello("a").kept(), qos);
        let mut other = other(broker, "b");
        client.cut();
        broker.only_ours("what waits for a member that is away goes to one that is there");
        for payload in ["second", "third"] {
            other.receive(&topic, payload, qos);
        }
        let mut client = broker.connect(broker.hello("a").kept());
        let publish = client.expect_resent(&publish);
        client.finish_exchange(&publish);
        client.expect_nothing();
        other.expect_nothing();
        client.unsubscribe(shared(broker, "a"));
        client.disconnect();
        other.disconnect();
    }
}

fn who_leaves_keeps_what_was_started(broker: &Broker) {
    let topic = broker.topic("a");
    for qos in [1, 2] {
        let (mut client, publish) = loaded(broker, broker.hello("a"), qos);
        let mut other = other(broker, "b");
        client.unsubscribe(shared(broker, "a"));
        broker.only_ours("what was not begun goes to others when a member unsubscribes");
        for payload in ["second", "third"] {
            other.receive(&topic, payload, qos);
        }
        if qos == 1 {
            // It had left, but the message was the group's.
            client.cut();
            other.receive(&topic, "begun", 1);
        } else {
            client.finish_exchange(&publish);
            client.expect_nothing();
            client.disconnect();
        }
        other.expect_nothing();
        other.disconnect();
    }
}

fn kept_members_get_what_nobody_else_takes(broker: &Broker) {
    let topic = broker.topic("a");
    let mut away = broker.connect(broker.hello("a").kept());
    away.subscribe(shared(broker, "a"), 1);
    away.disconnect();
    let mut here = other(broker, "b");
    let mut publisher = broker.client("p");
    if broker.is_ours() {
        for qos in [0, 1, 2, 1] {
            publisher.publish(&topic, "here", qos);
            here.receive(&topic, "here", qos);
        }
    }
    here.disconnect();
    for payload in ["first", "second"] {
        publisher.publish(&topic, payload, 1);
    }
    publisher.publish(&topic, "not kept", 0);
    let mut away = broker.connect(broker.hello("a").kept());
    for payload in ["first", "second"] {
        away.receive(&topic, payload, 1);
    }
    away.expect_nothing();
}

fn messages_go_with_the_group(broker: &Broker) {
    let topic = broker.topic("a");
    for by_clean_start in [true, false] {
        let mut member = broker.connect(broker.hello("a").kept());
        member.subscribe(shared(broker, "a"), 1);
        member.disconnect();
        publish_all(broker, &["lost"], 1);
        let mut member = if by_clean_start {
            broker.client("a")
        } else {
            let mut member = broker.connect(broker.hello("a").kept());
            member.expect_publish(&topic, "lost", 1);
            member.send(crate::wire::disconnect_with(
                0,
                vec![crate::wire::property::Property::four(
                    crate::wire::property::id::SESSION_EXPIRY_INTERVAL,
                    0,
                )],
            ));
            member.expect_closed();
            broker.client("a")
        };
        member.subscribe(shared(broker, "a"), 1);
        member.expect_nothing();
        let mut other = other(broker, "b");
        member.disconnect();
        other.expect_nothing();
        other.disconnect();
    }
}

/// Our choice: who has room is asked first.
fn a_full_window_is_no_reason_to_wait(broker: &Broker) {
    let topic = broker.topic("a");
    let (mut busy, publish) = begun(broker, broker.hello("a").receive_maximum(1), 1);
    let mut free = other(broker, "b");
    broker.only_ours("a member that cannot take a message at once is passed over");
    let mut publisher = broker.client("p");
    for number in 0..4 {
        publisher.publish(&topic, number.to_string(), 1 + number % 2);
        free.receive(&topic, &number.to_string(), 1 + number % 2);
    }
    busy.expect_nothing();
    busy.puback(publish.packet_identifier);
    publisher.publish(&topic, "again", 1);
    busy.receive(&topic, "again", 1);
    free.expect_nothing();
}
