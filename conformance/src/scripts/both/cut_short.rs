//! Packets that end too early, at every byte, or too late. CONNECT has its own script in `connect.rs`.

use crate::harness::Broker;
use crate::script::{Script, script};
use crate::wire::property::Property;
use crate::wire::{
    Outgoing, acknowledge, acknowledge_with, disconnect, disconnect_with, pingreq, publish, subscribe,
    unsubscribe,
};

pub(super) const SCRIPTS: &[Script] =
    &[
        script!(publish_cut_short).in_3_1_1(&["MQTT-4.8.0-1", "MQTT-3.3.2-1"]).in_5_0(&[
            "MQTT-4.13.1-1",
            "MQTT-3.3.2-1",
            "X50-006",
        ]),
        script!(subscribe_cut_short).in_3_1_1(&["MQTT-4.8.0-1", "MQTT-3.8.3-3"]).in_5_0(&[
            "MQTT-4.13.1-1",
            "MQTT-3.8.3-2",
            "X50-006",
        ]),
        script!(unsubscribe_cut_short)
            .in_3_1_1(&["MQTT-4.8.0-1", "MQTT-3.10.3-1", "MQTT-3.10.3-2"])
            .in_5_0(&["MQTT-4.13.1-1", "MQTT-3.10.3-2", "X50-006"]),
        script!(acknowledgements_cut_short).in_3_1_1(&["MQTT-4.8.0-1"]).in_5_0(&[
            "MQTT-4.13.1-1",
            "X50-051",
            "X50-006",
        ]),
        script!(surplus_bytes).in_3_1_1(&["MQTT-4.8.0-1"]).in_5_0(&["MQTT-4.13.1-1", "X50-051", "X50-065"]),
    ];

/// Sends the packet, cut behind each of its bytes, with a Remaining Length that says so. Where `legal` says that
/// it is whole again, it is left out.
#[track_caller]
fn cut_anywhere(broker: &Broker, packet: impl Outgoing, legal: &[usize]) {
    let whole = packet.encode(broker.version());
    for remaining_length in (0..whole.len() - 2).filter(|length| !legal.contains(length)) {
        let mut cut = whole[..2 + remaining_length].to_vec();
        cut[1] = remaining_length as u8;
        let mut client = broker.client("a");
        client.send(cut);
        client.expect_violation(&[0x81, 0x82]);
    }
}

fn publish_cut_short(broker: &Broker) {
    let packet = || publish("topic").property(Property::user("k", "v"));
    // Without a payload, which may have any length.
    cut_anywhere(broker, packet(), &[]);
    cut_anywhere(broker, packet().qos(1, 5), &[]);
    cut_anywhere(broker, packet().qos(2, 5), &[]);
}

fn subscribe_cut_short(broker: &Broker) {
    let packet = subscribe(5).filter("ab", 0).filter("cd", 1).property(Property::user("k", "v"));
    let first = 2 + if broker.version().is_5() { 8 } else { 0 } + 5;
    cut_anywhere(broker, packet, &[first]);
}

fn unsubscribe_cut_short(broker: &Broker) {
    let packet = unsubscribe(5).filter("ab").filter("cd").property(Property::user("k", "v"));
    let first = 2 + if broker.version().is_5() { 8 } else { 0 } + 4;
    cut_anywhere(broker, packet, &[first]);
}

/// In 5.0 the identifier alone is whole, and so it is with a reason code.
fn acknowledgements_cut_short(broker: &Broker) {
    for first in [0x40, 0x50, 0x62, 0x70] {
        let packet = acknowledge_with(first, 9, 0, vec![Property::user("k", "v")]);
        cut_anywhere(broker, packet, &[2, 3]);
    }
    if broker.version().is_5() {
        cut_anywhere(broker, disconnect_with(0, vec![Property::user("k", "v")]), &[0, 1]);
    }
}

fn surplus_bytes(broker: &Broker) {
    let is_5 = broker.version().is_5();
    let properties = || vec![Property::user("k", "v")];
    let mut packets: Vec<Box<dyn Outgoing>> = vec![
        Box::new(pingreq()),
        Box::new(subscribe(5).filter("ab", 0)),
        Box::new(unsubscribe(5).filter("ab")),
    ];
    if is_5 {
        packets.push(Box::new(disconnect_with(0, properties())));
    } else {
        packets.push(Box::new(disconnect()));
    }
    for first in [0x40, 0x50, 0x62, 0x70] {
        // In 5.0 a byte behind the identifier would be a reason code, and one behind that a Property Length.
        if is_5 {
            packets.push(Box::new(acknowledge_with(first, 9, 0, properties())));
        } else {
            packets.push(Box::new(acknowledge(first, 9)));
        }
    }
    for packet in packets {
        for surplus in [&[0_u8] as &[u8], b"x", b"\0\0\0"] {
            // An empty filter, or one without options: neither is a filter.
            let mut client = broker.client("a");
            client.send_changed(&*packet, |bytes| {
                bytes.extend(surplus);
                bytes[1] += surplus.len() as u8;
            });
            client.expect_violation(&[0x81, 0x82, 0x8F]);
        }
    }
}
