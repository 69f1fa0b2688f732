//! Receive Maximum, both ways (sections 3.3.4 and 4.9).

use crate::harness::{Broker, Client};
use crate::script::{Script, script};
use crate::wire::property::id;
use crate::wire::{Outgoing, acknowledge_with, publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(window_of_qos_1).in_5_0(&["MQTT-3.3.4-9", "MQTT-4.9.0-1", "MQTT-4.9.0-2"]),
    script!(window_of_qos_2).in_5_0(&["MQTT-3.3.4-9", "MQTT-4.9.0-2"]),
    script!(failing_answers_free_the_window).in_5_0(&[
        "MQTT-4.9.0-2",
        "MQTT-4.4.0-2",
        "MQTT-4.3.3-4",
        "X50-073",
    ]),
    script!(window_does_not_grow).in_5_0(&["MQTT-4.9.0-2", "MQTT-4.9.0-1"]),
    script!(full_window_holds_nothing_else_back).in_5_0(&["MQTT-3.3.4-10", "MQTT-4.9.0-3"]),
    script!(qos_0_passes_a_full_window).in_5_0(&["MQTT-4.9.0-3"]),
    script!(window_starts_anew_with_each_connection).in_5_0(&["X50-071", "MQTT-3.3.4-9"]),
    script!(smaller_window_after_reconnect).in_5_0(&["MQTT-3.3.4-9", "MQTT-4.4.0-1"]),
    script!(order_is_kept_through_a_narrow_window).in_5_0(&["MQTT-4.6.0-5", "MQTT-4.9.0-1"]),
    script!(too_many_from_a_client).in_5_0(&["MQTT-3.3.4-7", "X50-045"]),
    script!(open_identifiers_do_not_count_after_a_reconnect).in_5_0(&["X50-071", "MQTT-4.3.3-10"]),
    script!(as_many_as_announced_are_taken).in_5_0(&["MQTT-3.3.4-7"]),
];

/// A client with this Receive Maximum, subscribed, and messages waiting for it.
fn subscriber(broker: &Broker, receive_maximum: u16, qos: u8, messages: u32) -> (Client, String) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept().receive_maximum(receive_maximum));
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    for number in 0..messages {
        publisher.publish(&topic, number.to_string(), qos);
    }
    publisher.disconnect();
    (client, topic)
}

fn window_of_qos_1(broker: &Broker) {
    let (mut client, topic) = subscriber(broker, 3, 1, 6);
    let mut open: Vec<_> =
        (0..3).map(|number: u32| client.expect_publish(&topic, &number.to_string(), 1)).collect();
    for number in 3..6 {
        client.expect_nothing();
        client.puback(open.remove(0).packet_identifier);
        open.push(client.expect_publish(&topic, &number.to_string(), 1));
    }
    client.expect_nothing();
}

fn window_of_qos_2(broker: &Broker) {
    let (mut client, topic) = subscriber(broker, 2, 2, 4);
    let mut open: Vec<_> =
        (0..2).map(|number: u32| client.expect_publish(&topic, &number.to_string(), 2)).collect();
    for number in 2..4 {
        let packet_identifier = open.remove(0).packet_identifier;
        client.pubrec(packet_identifier);
        client.expect_pubrel(packet_identifier);
        // PUBREC below 0x80 frees nothing.
        client.expect_nothing();
        client.pubcomp(packet_identifier);
        open.push(client.expect_publish(&topic, &number.to_string(), 2));
    }
    client.expect_nothing();
}

fn failing_answers_free_the_window(broker: &Broker) {
    for (first, qos) in [(0x40, 1), (0x50, 2)] {
        let (mut client, topic) = subscriber(broker, 1, qos, 3);
        for number in 0..3 {
            let publish = client.expect_publish(&topic, &number.to_string(), qos);
            client.send(acknowledge_with(first, publish.packet_identifier, 0x83, vec![]));
        }
        // No PUBREL for what was refused, and nothing again.
        client.expect_nothing();
        client.cut();
        let mut client = broker.connect(broker.hello("a").kept());
        client.expect_nothing();
        client.disconnect();
        // The next round starts with a session of its own.
        broker.client("a").disconnect();
    }
}

fn window_does_not_grow(broker: &Broker) {
    let (mut client, topic) = subscriber(broker, 2, 2, 1);
    let first = client.expect_publish(&topic, "0", 2);
    client.finish_exchange(&first);
    // PUBACK and PUBCOMP that belong to nothing.
    for identifier in [first.packet_identifier, 0x7000, 0x7001] {
        client.pubcomp(identifier);
    }
    client.puback(0x7002);
    client.ping();
    let mut publisher = broker.client("q");
    for payload in ["1", "2", "3"] {
        publisher.publish(&topic, payload, 1);
    }
    client.expect_publish(&topic, "1", 1);
    client.expect_publish(&topic, "2", 1);
    client.expect_nothing();
}

fn full_window_holds_nothing_else_back(broker: &Broker) {
    let (mut client, topic) = subscriber(broker, 1, 2, 2);
    let open = client.expect_publish(&topic, "0", 2).packet_identifier;
    let other = broker.topic("b");
    client.send(subscribe(7).filter(&other, 0));
    client.expect_suback(7, &[0]);
    client.ping();
    client.publish(broker.topic("c"), "x", 1);
    client.publish(broker.topic("c"), "x", 2);
    client.send(unsubscribe(8).filter(&other));
    client.expect_unsuback(8, &[0]);
    client.pubrec(open);
    client.expect_pubrel(open);
    client.expect_nothing();
}

fn qos_0_passes_a_full_window(broker: &Broker) {
    let (mut client, topic) = subscriber(broker, 1, 1, 2);
    client.expect_publish(&topic, "0", 1);
    let other = broker.topic("b");
    client.subscribe(&other, 0);
    broker.client("q").publish(&other, "x", 0);
    if broker.is_ours() {
        client.receive(&other, "x", 0);
    } else {
        client.ignore_the_rest();
    }
    client.ping();
}

fn window_starts_anew_with_each_connection(broker: &Broker) {
    let (mut client, topic) = subscriber(broker, 1, 1, 3);
    let open = client.expect_publish(&topic, "0", 1);
    client.expect_nothing();
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept().receive_maximum(10));
    client.expect_resent(&open);
    client.expect_publish(&topic, "1", 1);
    client.expect_publish(&topic, "2", 1);
    client.expect_nothing();
}

fn smaller_window_after_reconnect(broker: &Broker) {
    let (mut client, topic) = subscriber(broker, 5, 1, 5);
    let open: Vec<_> =
        (0..5).map(|number: u32| client.expect_publish(&topic, &number.to_string(), 1)).collect();
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept().receive_maximum(2));
    client.expect_resent(&open[0]);
    client.expect_resent(&open[1]);
    for (done, next) in open.iter().zip(&open[2..]) {
        client.expect_nothing();
        client.puback(done.packet_identifier);
        client.expect_resent(next);
    }
    client.expect_nothing();
}

fn order_is_kept_through_a_narrow_window(broker: &Broker) {
    let (mut client, topic) = subscriber(broker, 1, 1, 10);
    for number in 0..10 {
        client.receive(&topic, &number.to_string(), 1);
    }
    client.expect_nothing();
}

fn announced(client: &Client) -> u16 {
    client.connack().properties.number(id::RECEIVE_MAXIMUM).unwrap_or(65_535) as u16
}

/// As many QoS 2 messages as are announced, in one write, without PUBREL.
fn fill(broker: &Broker) -> (Client, u16) {
    let mut client = broker.client("a");
    let maximum = announced(&client);
    if maximum < 5_000 {
        let topic = broker.topic("a");
        let packets: Vec<_> = (1..=maximum).map(|id| publish(&topic).qos(2, id)).collect();
        let packets: Vec<&dyn Outgoing> = packets.iter().map(|packet| packet as &dyn Outgoing).collect();
        client.send_together(&packets);
        for packet_identifier in 1..=maximum {
            client.expect_pubrec(packet_identifier);
        }
    }
    (client, maximum)
}

fn too_many_from_a_client(broker: &Broker) {
    let (mut client, maximum) = fill(broker);
    if maximum < 5_000 {
        client.send(publish(broker.topic("a")).qos(2, maximum + 1));
        client.expect_violation(&[0x93]);
    }
}

fn as_many_as_announced_are_taken(broker: &Broker) {
    let (mut client, maximum) = fill(broker);
    if maximum < 5_000 {
        // The same identifier again is not one more, and PUBCOMP makes room.
        client.send(publish(broker.topic("a")).qos(2, 1).duplicate());
        client.expect_pubrec(1);
        client.pubrel(1);
        client.expect_pubcomp(1);
        client.send(publish(broker.topic("a")).qos(1, maximum + 1));
        client.expect_puback(maximum + 1);
        client.ping();
    }
}

/// The client's quota starts anew; what is open from before is known and not new.
fn open_identifiers_do_not_count_after_a_reconnect(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    let maximum = announced(&client);
    if maximum >= 5_000 {
        return;
    }
    for packet_identifier in 1..=maximum {
        client.send(publish(&topic).qos(2, packet_identifier));
        client.expect_pubrec(packet_identifier);
    }
    client.cut();
    let mut client = broker.connect(broker.hello("a").kept());
    client.send(publish(&topic).qos(1, maximum + 1));
    client.expect_puback(maximum + 1);
    for packet_identifier in 1..=maximum {
        client.send(publish(&topic).qos(2, packet_identifier).duplicate());
        client.expect_pubrec(packet_identifier);
    }
    for packet_identifier in 1..=maximum {
        client.pubrel(packet_identifier);
        client.expect_pubcomp(packet_identifier);
    }
    client.ping();
}
