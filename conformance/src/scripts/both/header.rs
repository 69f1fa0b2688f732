//! The fixed header, packet identifiers, and packets that should not come (chapter 2, section 4.8).

use crate::harness::{Broker, Client, check, check_eq, fail};
use crate::script::{Script, script};
use crate::wire::{
    Outgoing, Packet, Raw, acknowledge, acknowledge_with, empty, pingreq, publish, subscribe, unsubscribe,
};

pub(super) const SCRIPTS: &[Script] = &[
    script!(packet_identifier_0).in_3_1_1(&["MQTT-2.3.1-1"]).in_5_0(&["MQTT-2.2.1-3"]),
    script!(identifier_of_an_open_exchange).in_5_0(&["MQTT-2.2.1-3", "X50-073"]),
    script!(acknowledgements_repeat_the_identifier)
        .in_3_1_1(&["MQTT-2.3.1-6", "MQTT-4.3.2-2", "MQTT-4.3.3-2"])
        .in_5_0(&["MQTT-2.2.1-5", "MQTT-4.3.2-4", "MQTT-4.3.3-8", "MQTT-4.3.3-11"]),
    script!(subscription_answers_repeat_the_identifier)
        .in_3_1_1(&["MQTT-2.3.1-7", "MQTT-3.8.4-2", "MQTT-3.10.4-4"])
        .in_5_0(&["MQTT-2.2.1-6", "MQTT-3.8.4-2", "MQTT-3.10.4-5"]),
    script!(qos_0_has_no_identifier).in_3_1_1(&["MQTT-2.3.1-5"]).in_5_0(&["MQTT-2.2.1-2"]),
    script!(packets_that_no_client_sends).in_3_1_1(&["MQTT-4.8.0-1"]).in_5_0(&[
        "MQTT-4.13.1-1",
        "X50-003",
        "X50-004",
    ]),
    script!(remaining_length_of_every_size)
        .in_3_1_1(&["MQTT-2.3.1-5", "MQTT-7.1.1-1"])
        .in_5_0(&["MQTT-1.5.5-1", "MQTT-2.2.1-2"]),
    script!(remaining_length_of_five_bytes)
        .in_3_1_1(&["MQTT-4.8.0-1", "X311-002"])
        .in_5_0(&["MQTT-1.5.5-1", "X50-002"]),
    script!(bodies_of_wrong_length).in_3_1_1(&["MQTT-4.8.0-1"]).in_5_0(&["MQTT-4.13.1-1", "X50-051"]),
    script!(ping).in_3_1(&["X31-010"]).in_3_1_1(&["MQTT-3.12.4-1"]).in_5_0(&["MQTT-3.12.4-1"]),
];

/// Sends this on a connection of its own and expects it to be refused.
#[track_caller]
fn violates(broker: &Broker, packet: impl Outgoing, codes: &[u8]) {
    let mut client = broker.client("a");
    client.send(packet);
    client.expect_violation(codes);
}

fn packet_identifier_0(broker: &Broker) {
    let topic = broker.topic("a");
    let codes = [0x81, 0x82];
    violates(broker, subscribe(0).filter(&topic, 0), &codes);
    violates(broker, unsubscribe(0).filter(&topic), &codes);
    violates(broker, publish(&topic).qos(1, 0), &codes);
    violates(broker, publish(&topic).qos(2, 0), &codes);
    // The standard gives answers the identifier of what they answer; ours takes 0 for malformed.
    if broker.is_ours() {
        for first in [0x40, 0x50, 0x62, 0x70] {
            violates(broker, acknowledge(first, 0), &codes);
        }
    }
}

/// The server may mind, with 0x91, or take it as it is; the exchange goes on.
fn identifier_of_an_open_exchange(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 2);
    let mut client = broker.client("a");
    client.send(publish(&topic).payload("x").qos(2, 7));
    client.expect_pubrec(7);
    client.send(subscribe(7).filter(broker.topic("b"), 0));
    client.send(unsubscribe(7).filter(broker.topic("c")));
    // Ours takes it.
    let may = |code| if broker.is_ours() { vec![vec![code]] } else { vec![vec![code], vec![0x91]] };
    let Packet::Suback(granted) = client.next_packet() else { fail("expected SUBACK") };
    check_eq!(granted.packet_identifier, 7, "identifier of SUBACK");
    check!(may(0x00).contains(&granted.codes), "SUBACK with codes {:02X?}", granted.codes);
    let Packet::Unsuback(gone) = client.next_packet() else { fail("expected UNSUBACK") };
    check_eq!(gone.packet_identifier, 7, "identifier of UNSUBACK");
    check!(may(0x11).contains(&gone.codes), "UNSUBACK with codes {:02X?}", gone.codes);
    client.pubrel(7);
    check_eq!(client.expect_pubcomp(7).code, 0, "code of PUBCOMP");
    watcher.receive(&topic, "x", 2);
    watcher.expect_nothing();
}

fn acknowledgements_repeat_the_identifier(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    for packet_identifier in [1, 0x1234, 0x8000, 0xFFFF] {
        client.send(publish(&topic).qos(1, packet_identifier));
        client.expect_puback(packet_identifier);
        client.send(publish(&topic).qos(2, packet_identifier));
        client.expect_pubrec(packet_identifier);
        client.pubrel(packet_identifier);
        client.expect_pubcomp(packet_identifier);
    }
    client.subscribe(&topic, 2);
    client.publish(&topic, "x", 2);
    // `receive` wants PUBREL under the identifier of the PUBLISH.
    client.receive(&topic, "x", 2);
}

fn subscription_answers_repeat_the_identifier(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.send_together(&[
        &subscribe(1).filter(&topic, 0),
        &subscribe(0x8000).filter(&topic, 0),
        &subscribe(0xFFFF).filter(&topic, 0),
        &unsubscribe(0x0202).filter(&topic),
    ]);
    client.expect_suback(1, &[0]);
    client.expect_suback(0x8000, &[0]);
    client.expect_suback(0xFFFF, &[0]);
    client.expect_unsuback(0x0202, &[0]);
}

fn qos_0_has_no_identifier(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    client.publish(&topic, "xy", 0);
    client.receive(&topic, "xy", 0);
}

fn packets_that_no_client_sends(broker: &Broker) {
    let mut bystander = broker.client("b");
    let connack =
        if broker.version().is_5() { Raw(vec![0x20, 3, 0, 0, 0]) } else { Raw(vec![0x20, 2, 0, 0]) };
    let suback =
        if broker.version().is_5() { Raw(vec![0x90, 4, 0, 1, 0, 0]) } else { Raw(vec![0x90, 3, 0, 1, 0]) };
    let unsuback =
        if broker.version().is_5() { Raw(vec![0xB0, 4, 0, 1, 0, 0]) } else { Raw(vec![0xB0, 2, 0, 1]) };
    for packet in [connack, suback, unsuback] {
        violates(broker, packet, &[0x82, 0x81]);
    }
    violates(broker, empty("PINGRESP", 0xD0), &[0x82, 0x81]);
    violates(broker, empty("type 0", 0x00), &[0x81]);
    if !broker.version().is_5() {
        violates(broker, empty("type 15", 0xF0), &[]);
    }
    bystander.ping();
}

/// Both sides of the boundaries at which the Remaining Length takes one byte more. The decoder of this suite
/// wants the shortest form.
fn remaining_length_of_every_size(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    let around = 2 + topic.len() + usize::from(broker.version().is_5());
    for remaining_length in [around, 126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385, 65_535, 65_536] {
        let payload = "x".repeat(remaining_length - around);
        client.publish(&topic, &payload, 0);
        let size = client.receive(&topic, &payload, 0).size;
        let header = match remaining_length {
            0..=127 => 2,
            128..=16_383 => 3,
            _ => 4,
        };
        check_eq!(size, header + remaining_length, "the size of the packet");
    }
}

fn remaining_length_of_five_bytes(broker: &Broker) {
    for first in [0x30, 0x40, 0x50, 0x62, 0x70, 0x82, 0xA2, 0xC0, 0xE0] {
        violates(broker, Raw(vec![first, 0x80, 0x80, 0x80, 0x80, 0x00]), &[0x81]);
        violates(broker, Raw(vec![first, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]), &[0x81]);
    }
    violates(broker, Raw(vec![0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), &[0x81]);
    let mut client = broker.open();
    client.send(vec![0x10, 0x80, 0x80, 0x80, 0x80, 0x00]);
    client.expect_closed();
}

fn bodies_of_wrong_length(broker: &Broker) {
    for first in [0x40, 0x50, 0x62, 0x70] {
        violates(broker, Raw(vec![first, 0]), &[0x81]);
        violates(broker, Raw(vec![first, 1, 0]), &[0x81]);
    }
    violates(broker, Raw(vec![0xC0, 1, 0]), &[0x81]);
    violates(broker, Raw(vec![0x82, 1, 0]), &[0x81]);
    violates(broker, Raw(vec![0xA2, 1, 0]), &[0x81]);
    if !broker.version().is_5() {
        violates(broker, Raw(vec![0x40, 3, 0, 1, 0]), &[]);
        violates(broker, Raw(vec![0xE0, 1, 0]), &[]);
    } else {
        short_forms_are_legal(broker.client("a"));
    }
}

/// PUBACK and its like of 2, 3 and 4 bytes (5.0 section 3.4.2.1), for identifiers that nobody waits for.
fn short_forms_are_legal(mut client: Client) {
    client.send(acknowledge(0x40, 9));
    client.send(acknowledge_with(0x40, 9, 0x10, vec![]));
    client.send(vec![0x40, 4, 0, 9, 0x10, 0]);
    client.ping();
}

fn ping(broker: &Broker) {
    let mut client = broker.client("a");
    client.send_together(&[&pingreq(), &pingreq(), &pingreq()]);
    for _ in 0..3 {
        client.expect_pingresp();
    }
    client.expect_nothing();
}
