//! Every reason code of Table 2-6, and some that do not exist, in every packet of a client that has one.

use crate::harness::{Broker, Client, check_eq};
use crate::script::{Script, script};
use crate::wire::{Will, acknowledge_with, disconnect_with, publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(codes_of_puback).in_5_0(&["MQTT-3.4.2-1"]),
    script!(codes_of_pubrec).in_5_0(&["MQTT-3.5.2-1"]),
    script!(codes_of_pubrel).in_5_0(&["MQTT-3.6.2-1"]),
    script!(codes_of_pubcomp).in_5_0(&["MQTT-3.7.2-1"]),
    script!(codes_of_disconnect).in_5_0(&["MQTT-3.14.2-1", "X50-066"]),
];

/// Table 2-6, and one on each side of its gaps.
const CODES: [u8; 54] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x0F, 0x10, 0x11, 0x12, 0x17, 0x18, 0x19, 0x1A, 0x7F, 0x80, 0x81,
    0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x91, 0x92,
    0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2, 0xA3,
    0xBF, 0xC0, 0xFF,
];
/// Tables 3-4 and 3-5.
const OF_PUBACK: [u8; 9] = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
/// Tables 3-6 and 3-7.
const OF_PUBREL: [u8; 2] = [0x00, 0x92];

fn codes_that_are_not(legal: &[u8]) -> impl Iterator<Item = u8> {
    CODES.into_iter().filter(move |code| !legal.contains(code))
}

/// The session of a subscriber at QoS 2 that goes on.
#[track_caller]
fn again(broker: &Broker) -> Client {
    broker.connect(broker.hello("a").kept())
}

fn codes_of_puback(broker: &Broker) {
    codes_for_an_open_message(broker, 1, 0x40);
}

fn codes_of_pubrec(broker: &Broker) {
    codes_for_an_open_message(broker, 2, 0x50);
}

/// A wrong code ends the connection, and the message is still open; a right one is taken.
fn codes_for_an_open_message(broker: &Broker, qos: u8, first: u8) {
    let topic = broker.topic("a");
    let mut client = again(broker);
    client.subscribe(&topic, qos);
    client.publish(&topic, "x", qos);
    let open = client.expect_publish(&topic, "x", qos);
    for code in codes_that_are_not(&OF_PUBACK) {
        client.send(acknowledge_with(first, open.packet_identifier, code, vec![]));
        client.expect_violation(&[0x82]);
        client = again(broker);
        client.expect_resent(&open);
    }
    client.finish_exchange(&open);
    for code in OF_PUBACK {
        client.publish(&topic, "y", qos);
        let open = client.expect_publish(&topic, "y", qos).packet_identifier;
        client.send(acknowledge_with(first, open, code, vec![]));
        if qos == 2 && code < 0x80 {
            client.expect_pubrel(open);
            client.pubcomp(open);
        }
    }
    client.disconnect();
    again(broker).expect_nothing();
}

fn codes_of_pubrel(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = again(broker);
    client.send(publish(&topic).qos(2, 7));
    client.expect_pubrec(7);
    for code in codes_that_are_not(&OF_PUBREL) {
        client.send(acknowledge_with(0x62, 7, code, vec![]));
        client.expect_violation(&[0x82]);
        client = again(broker);
    }
    // The exchange is still open; both codes end it.
    for code in OF_PUBREL {
        client.send(acknowledge_with(0x62, 7, code, vec![]));
        check_eq!(client.expect_pubcomp(7).code, 0x00, "code of PUBCOMP");
        client.send(publish(&topic).qos(2, 7));
        client.expect_pubrec(7);
    }
}

fn codes_of_pubcomp(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = again(broker);
    client.subscribe(&topic, 2);
    for legal in OF_PUBREL {
        client.publish(&topic, "x", 2);
        let open = client.expect_publish(&topic, "x", 2).packet_identifier;
        client.pubrec(open);
        client.expect_pubrel(open);
        if legal == 0 {
            for code in codes_that_are_not(&OF_PUBREL) {
                client.send(acknowledge_with(0x70, open, code, vec![]));
                client.expect_violation(&[0x82]);
                client = again(broker);
                client.expect_pubrel(open);
            }
        }
        client.send(acknowledge_with(0x70, open, legal, vec![]));
        client.disconnect();
        client = again(broker);
        client.expect_nothing();
    }
}

/// A code that is a server's, or nobody's, makes it no valid DISCONNECT: the will is published. 0x9B is left out:
/// Table 3-10 gives it to the server alone, section 3.3.4 has a client send it.
fn codes_of_disconnect(broker: &Broker) {
    const LEGAL: [u8; 15] =
        [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9B];
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    for code in codes_that_are_not(&LEGAL) {
        let mut client = broker.connect(broker.hello("a").will(Will::new(&topic, "gone")));
        client.send(disconnect_with(code, vec![]));
        client.expect_violation(&[0x82]);
        watcher.receive(&topic, "gone", 0);
    }
    for code in LEGAL {
        let mut client = broker.client("a");
        client.send(disconnect_with(code, vec![]));
        client.expect_closed();
    }
}
