//! Maximum Packet Size, both ways (sections 3.1.2.11.4 and 3.2.2.3.6).

use crate::harness::{Broker, Client, check_eq};
use crate::script::{Script, script};
use crate::wire::property::{Property, id};
use crate::wire::{Raw, Writer, publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(nothing_larger_than_the_client_takes).in_5_0(&["MQTT-3.1.2-24", "MQTT-3.1.2-25"]),
    script!(properties_count_in_the_size).in_5_0(&["MQTT-3.1.2-24"]),
    script!(too_large_a_message_leaves_no_trace).in_5_0(&["MQTT-3.1.2-25"]),
    script!(stored_messages_meet_the_current_limit).in_5_0(&["MQTT-3.1.2-24", "MQTT-3.1.2-25"]),
    script!(answers_fit).in_5_0(&[
        "MQTT-3.6.2-2",
        "MQTT-3.6.2-3",
        "MQTT-3.7.2-2",
        "MQTT-3.7.2-3",
        "MQTT-3.4.2-2",
        "MQTT-3.4.2-3",
        "MQTT-3.5.2-2",
        "MQTT-3.5.2-3",
        "MQTT-3.9.2-1",
        "MQTT-3.9.2-2",
        "MQTT-3.11.2-1",
        "MQTT-3.11.2-2",
    ]),
    script!(disconnect_fits).in_5_0(&["MQTT-3.14.2-3", "MQTT-3.14.2-4"]),
    script!(refusing_connack_fits).in_5_0(&["MQTT-3.2.2-19", "MQTT-3.2.2-20"]),
    script!(suback_that_cannot_fit).in_5_0(&["MQTT-3.1.2-24"]),
    script!(connect_of_any_size).in_5_0(&["MQTT-3.2.2-15", "MQTT-3.1.4-5"]),
    script!(packet_above_the_server_limit).in_5_0(&["MQTT-3.2.2-15", "X50-027"]),
    script!(packet_at_the_server_limit).in_5_0(&["MQTT-3.2.2-15"]),
];

/// The bytes of a QoS 0 PUBLISH without properties around its payload.
fn around(topic: &str) -> usize {
    2 + 2 + topic.len() + 1
}

fn nothing_larger_than_the_client_takes(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").maximum_packet_size(60));
    client.takes_at_most(60);
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    for size in [59, 60, 61, 62, 60] {
        for qos in 0..3 {
            let payload = "x".repeat(size - around(&topic) - if qos > 0 { 2 } else { 0 });
            publisher.publish(&topic, &payload, qos);
            if size <= 60 {
                check_eq!(client.receive(&topic, &payload, qos).size, size, "the size of the packet");
            }
        }
    }
    client.expect_nothing();
}

fn properties_count_in_the_size(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").maximum_packet_size(80));
    client.takes_at_most(80);
    client.send(subscribe(7).filter(&topic, 0).identifier(268_435_455));
    client.expect_suback(7, &[0]);
    let mut publisher = broker.client("p");
    // Subscription Identifier 5 bytes, User Property 7, Message Expiry Interval 5.
    for size in [80, 81] {
        let payload = "x".repeat(size - around(&topic) - 5 - 7 - 5);
        let packet = publish(&topic).payload(&payload).property(Property::user("k", "v")).expiry(1_000);
        publisher.publish_with(0, packet);
        if size <= 80 {
            let message = client.receive(&topic, &payload, 0);
            check_eq!(message.size, size, "the size of the packet");
            check_eq!(message.identifiers(), [268_435_455], "Subscription Identifiers");
        }
    }
    client.expect_nothing();
}

fn too_large_a_message_leaves_no_trace(broker: &Broker) {
    let topic = broker.topic("a");
    let hello = || broker.hello("a").kept().maximum_packet_size(60).receive_maximum(1);
    let mut client = broker.connect(hello());
    client.subscribe(&topic, 2);
    let mut publisher = broker.client("p");
    for _ in 0..3 {
        publisher.publish(&topic, "x".repeat(100), 1);
        publisher.publish(&topic, "x".repeat(100), 2);
    }
    publisher.publish(&topic, "small", 1);
    client.receive(&topic, "small", 1);
    client.expect_nothing();
    client.cut();
    broker.connect(broker.hello("a").kept()).expect_nothing();
}

fn stored_messages_meet_the_current_limit(broker: &Broker) {
    let (queued, retained) = (broker.topic("q"), broker.topic("r"));
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&queued, 1);
    client.disconnect();
    let mut publisher = broker.client("p");
    publisher.publish(&queued, "x".repeat(100), 1);
    publisher.publish(&queued, "small", 1);
    publisher.publish_retained(&retained, "x".repeat(100), 1);
    let mut client = broker.connect(broker.hello("a").kept().maximum_packet_size(60));
    client.receive(&queued, "small", 1);
    client.subscribe(&retained, 1);
    client.expect_nothing();
    // The retained message is still there for those who take it.
    let mut reader = broker.client("r");
    reader.subscribe(&retained, 1);
    reader.receive_retained(&retained, &"x".repeat(100), 1);
}

/// An accepted client that takes no packet larger than its CONNACK, the least that works.
fn narrow(broker: &Broker) -> Client {
    // Room for Maximum Packet Size itself, should the server repeat it.
    let mut wide = broker.client("a");
    let least = wide.connack().size as u32;
    wide.disconnect();
    let mut client = broker.open();
    client.takes_at_most(least);
    client.send(broker.hello("a").maximum_packet_size(least));
    client.expect_accepted();
    client
}

fn answers_fit(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = narrow(broker);
    client.send(publish(&topic).qos(1, 1));
    client.expect_puback(1);
    client.send(publish(&topic).qos(2, 2));
    client.expect_pubrec(2);
    client.pubrel(2);
    client.expect_pubcomp(2);
    client.pubrel(99);
    client.expect_unknown("PUBCOMP", 99);
    client.pubrec(98);
    client.expect_unknown("PUBREL", 98);
    client.send(subscribe(3).filter(&topic, 0));
    client.expect_suback(3, &[0]);
    client.send(unsubscribe(4).filter(broker.topic("b")));
    client.expect_unsuback(4, &[0x11]);
}

fn disconnect_fits(broker: &Broker) {
    let mut client = narrow(broker);
    client.send(vec![0x00, 0x00]);
    client.expect_violation(&[0x81]);
    let mut client = narrow(broker);
    client.send(publish("").payload("no alias"));
    client.expect_violation(&[0x82]);
}

fn refusing_connack_fits(broker: &Broker) {
    for limit in [5, 6, 20] {
        let mut client = broker.open();
        client.takes_at_most(limit);
        let method = Property::text(id::AUTHENTICATION_METHOD, "no such method");
        client.send(broker.hello("a").maximum_packet_size(limit).property(method));
        client.expect_bad_connect(&[0x8C, 0x87]);
    }
}

fn packet_above_the_server_limit(broker: &Broker) {
    let mut client = broker.client("a");
    let Some(limit) = client.connack().properties.number(id::MAXIMUM_PACKET_SIZE) else { return };
    if limit >= 268_435_460 {
        return;
    }
    // The fixed header alone decides: whole packet = 1 + length of Remaining Length + Remaining Length.
    for first in [0x30, 0x32, 0x34, 0x40, 0x50, 0x62, 0x70, 0x82, 0xA2, 0xC0, 0xE0, 0xF0] {
        for remaining_length in [limit, 268_435_455] {
            let mut client = broker.client("b");
            client.send(Raw(Writer::new().u8(first).variable(remaining_length).done()));
            client.expect_violation(&[0x95]);
        }
    }
    client.ping();
}

/// A server has a limit for it, but cannot announce it.
fn connect_of_any_size(broker: &Broker) {
    if broker.is_ours() {
        let mut client = broker.open();
        client.send(Raw(Writer::new().u8(0x10).variable(268_435_455).done()));
        client.expect_closed();
    }
    // As large as a server with sense takes.
    let mut client = broker.open();
    client.send(
        (0..10).fold(broker.hello("a"), |hello, _| hello.property(Property::user("k", "v".repeat(1_000)))),
    );
    client.expect_accepted();
}

/// Its reason codes cannot be left out: the server can only give up.
fn suback_that_cannot_fit(broker: &Broker) {
    const FILTERS: usize = 100;
    for first in [0x82, 0xA2] {
        let mut client = narrow(broker);
        if first == 0x82 {
            let filters = (0..FILTERS).map(|number| broker.topic(&number.to_string()));
            client.send(filters.fold(subscribe(7), |packet, filter| packet.filter(filter, 0)));
        } else {
            let filters = (0..FILTERS).map(|number| broker.topic(&number.to_string()));
            client.send(filters.fold(unsubscribe(7), |packet, filter| packet.filter(filter)));
        }
        // Anything larger than it takes fails the script; ours says why.
        if broker.is_ours() {
            client.expect_violation(&[0x95]);
        } else {
            client.ignore_the_rest();
        }
    }
}

fn packet_at_the_server_limit(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    let limit = client.connack().properties.number(id::MAXIMUM_PACKET_SIZE).unwrap_or(0) as usize;
    if !(1_000..4_000_000).contains(&limit) {
        return;
    }
    // 1 byte, and 4 for a Remaining Length of this size; the topic and its length; Property Length.
    let digits = match limit {
        0..=16_386 => 2,
        16_387..=2_097_155 => 3,
        _ => 4,
    };
    let payload = "x".repeat(limit - 1 - digits - 2 - topic.len() - 1);
    client.subscribe(&topic, 0);
    client.publish(&topic, &payload, 0);
    check_eq!(client.receive(&topic, &payload, 0).size, limit, "the size of the packet");
}
