//! The flags of the fixed header (3.1.1 section 2.2.2, 5.0 section 2.1.3): every value but that of Table 2-2.

use crate::harness::{Broker, Client};
use crate::script::{Script, script};
use crate::wire::{Outgoing, Will, acknowledge, disconnect, pingreq, publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(flags_of_subscribe)
        .in_3_1_1(&["MQTT-2.2.2-2", "MQTT-3.8.1-1"])
        .in_5_0(&["MQTT-2.1.3-1", "MQTT-3.8.1-1"]),
    script!(flags_of_unsubscribe)
        .in_3_1_1(&["MQTT-2.2.2-2", "MQTT-3.10.1-1"])
        .in_5_0(&["MQTT-2.1.3-1", "MQTT-3.10.1-1"]),
    script!(flags_of_pubrel)
        .in_3_1_1(&["MQTT-2.2.2-2", "MQTT-3.6.1-1"])
        .in_5_0(&["MQTT-2.1.3-1", "MQTT-3.6.1-1"]),
    script!(flags_of_puback).in_3_1_1(&["MQTT-2.2.2-2"]).in_5_0(&["MQTT-2.1.3-1"]),
    script!(flags_of_pubrec).in_3_1_1(&["MQTT-2.2.2-2"]).in_5_0(&["MQTT-2.1.3-1"]),
    script!(flags_of_pubcomp).in_3_1_1(&["MQTT-2.2.2-2"]).in_5_0(&["MQTT-2.1.3-1"]),
    script!(flags_of_pingreq).in_3_1_1(&["MQTT-2.2.2-2"]).in_5_0(&["MQTT-2.1.3-1"]),
    script!(flags_of_connect).in_3_1_1(&["MQTT-2.2.2-2", "MQTT-3.1.4-1"]).in_5_0(&["MQTT-2.1.3-1"]),
    script!(flags_of_disconnect)
        .in_3_1_1(&["MQTT-3.14.1-1", "MQTT-3.1.2-8"])
        .in_5_0(&["MQTT-3.14.1-1", "MQTT-2.1.3-1"]),
    script!(server_packets_have_their_flag_bits).in_3_1_1(&["MQTT-2.2.2-1"]).in_5_0(&["MQTT-2.1.3-1"]),
];

/// The first bytes of the same packet type with other flags.
fn others(right: u8) -> impl Iterator<Item = u8> {
    (0..16).map(move |flags| right & 0xF0 | flags).filter(move |first| *first != right)
}

/// The client sends the packet with this first byte, which ends its connection.
#[track_caller]
fn violates(client: &mut Client, packet: impl Outgoing, first: u8) {
    client.send_changed(packet, |bytes| bytes[0] = first);
    client.expect_violation(&[0x81]);
}

fn flags_of_subscribe(broker: &Broker) {
    let topic = broker.topic("a");
    for first in others(0x82) {
        violates(&mut broker.connect(broker.hello("a").kept()), subscribe(5).filter(&topic, 0), first);
    }
    // Nothing was subscribed to.
    let mut client = broker.connect(broker.hello("a").kept());
    client.publish(&topic, "x", 0);
    client.expect_nothing();
}

fn flags_of_unsubscribe(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 0);
    client.disconnect();
    for first in others(0xA2) {
        violates(&mut broker.connect(broker.hello("a").kept()), unsubscribe(5).filter(&topic), first);
    }
    // The subscription is still there.
    let mut client = broker.connect(broker.hello("a").kept());
    client.publish(&topic, "x", 0);
    client.receive(&topic, "x", 0);
}

fn flags_of_pubrel(broker: &Broker) {
    for first in others(0x62) {
        let mut client = broker.client("a");
        client.send(publish(broker.topic("a")).qos(2, 7));
        client.expect_pubrec(7);
        violates(&mut client, acknowledge(0x62, 7), first);
    }
}

fn flags_of_puback(broker: &Broker) {
    flags_of_an_answer(broker, 1, 0x40);
}

fn flags_of_pubrec(broker: &Broker) {
    flags_of_an_answer(broker, 2, 0x50);
}

/// The message is still open: it comes again on each new connection.
fn flags_of_an_answer(broker: &Broker, qos: u8, right: u8) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, qos);
    client.publish(&topic, "x", qos);
    let open = client.expect_publish(&topic, "x", qos);
    for first in others(right) {
        violates(&mut client, acknowledge(right, open.packet_identifier), first);
        client = broker.connect(broker.hello("a").kept());
        client.expect_resent(&open);
    }
}

fn flags_of_pubcomp(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 2);
    client.publish(&topic, "x", 2);
    let open = client.expect_publish(&topic, "x", 2).packet_identifier;
    client.pubrec(open);
    client.expect_pubrel(open);
    for first in others(0x70) {
        violates(&mut client, acknowledge(0x70, open), first);
        client = broker.connect(broker.hello("a").kept());
        client.expect_pubrel(open);
    }
}

fn flags_of_pingreq(broker: &Broker) {
    for first in others(0xC0) {
        violates(&mut broker.client("a"), pingreq(), first);
    }
}

fn flags_of_connect(broker: &Broker) {
    for first in others(0x10) {
        let mut client = broker.open();
        client.send_changed(broker.hello("a"), |bytes| bytes[0] = first);
        client.expect_bad_connect(&[0x81]);
    }
}

fn flags_of_disconnect(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    for first in others(0xE0) {
        let mut client = broker.connect(broker.hello("a").will(Will::new(&topic, "gone")));
        violates(&mut client, disconnect(), first);
        // It was no valid DISCONNECT.
        watcher.receive(&topic, "gone", 0);
    }
}

/// Every type that a server sends; the decoder of this suite looks at the flag bits of each.
fn server_packets_have_their_flag_bits(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 2);
    client.publish(&topic, "1", 1);
    client.receive(&topic, "1", 1);
    client.publish(&topic, "2", 2);
    client.receive(&topic, "2", 2);
    client.unsubscribe(&topic);
    client.ping();
}
