//! What 3.1 allows or lacks.

use crate::harness::{Broker, fail};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::{Connect, Packet, acknowledge, pingreq, publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(name_and_level_belong_together).in_3_1(&["X31-001"]),
    script!(empty_client_identifier_is_refused).in_3_1(&["X31-002"]),
    script!(flagged_credentials_may_be_missing).in_3_1(&["X31-003"]),
    script!(reserved_connect_flag_is_not_checked).in_3_1(&["X31-004"]),
    script!(no_session_present).in_3_1(&["X31-005"]),
    script!(refused_filter_is_granted_in_words).in_3_1(&["X31-006"]).with_setup(Setup::DeniedTopics),
    script!(qos_1_packets_may_carry_dup).in_3_1(&["X31-007"]),
    script!(flags_that_mean_nothing).in_3_1(&["X31-015"]),
    script!(text_may_be_checked).in_3_1(&["X31-018"]),
    script!(subscribe_without_filters).in_3_1(&["X31-014"]),
];

fn name_and_level_belong_together(broker: &Broker) {
    broker.client("a").ping();
    for (name, level) in [("MQIsdp", 4), ("MQIsdp", 2), ("MQIsdp", 0), ("MQTT", 3), ("MQIsdp", 5)] {
        let mut client = broker.open();
        client.send(broker.hello("a").protocol_name(name).level(level));
        client.expect_refused(1);
    }
}

fn empty_client_identifier_is_refused(broker: &Broker) {
    for packet in [Connect::new(""), Connect::new("").resume()] {
        let mut client = broker.open();
        client.send(packet);
        client.expect_refused(2);
    }
}

fn flagged_credentials_may_be_missing(broker: &Broker) {
    broker.connect(broker.hello("a").flags(0xC2)).ping();
    broker.connect(broker.hello("b").user_name("user").flags(0xC2)).ping();
}

fn reserved_connect_flag_is_not_checked(broker: &Broker) {
    broker.connect(broker.hello("a").flags(0x03)).ping();
}

/// The decoder of this suite refuses the flag in 3.1. Some brokers know no session without subscriptions.
fn no_session_present(broker: &Broker) {
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(broker.topic("a"), 1);
    client.disconnect();
    broker.connect(broker.hello("a").kept());
}

fn refused_filter_is_granted_in_words(broker: &Broker) {
    let topic = broker.topic("hidden/x");
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    client.publish(&topic, "never", 1);
    client.expect_nothing();
}

fn qos_1_packets_may_carry_dup(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.send_changed(subscribe(5).filter(&topic, 0), |bytes| bytes[0] |= 0x08);
    client.expect_suback(5, &[0]);
    client.send(publish(&topic).payload("x").qos(2, 6));
    client.expect_pubrec(6);
    client.send_changed(acknowledge(0x62, 6), |bytes| bytes[0] |= 0x08);
    client.expect_pubcomp(6);
    client.receive(&topic, "x", 0);
    client.send_changed(unsubscribe(7).filter(&topic), |bytes| bytes[0] |= 0x08);
    client.expect_unsuback(7, &[]);
}

fn subscribe_without_filters(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(subscribe(5));
    client.expect_suback(5, &[]);
}

fn flags_that_mean_nothing(broker: &Broker) {
    broker.only_ours("MQTT 3.1 leaves open whether flags without a meaning are checked");
    for flags in 0x11..=0x1F {
        let mut client = broker.open();
        client.send_changed(broker.hello("a"), |bytes| bytes[0] = flags);
        client.expect_session_present(false);
        client.disconnect();
    }
    // Other brokers may mind a QoS 3 all the same.
    let of_qos_3: &[u8] = if broker.is_ours() { &[0x1A, 0x3A] } else { &[] };
    for flags in [0x0A, 0x12, 0x22].iter().chain(of_qos_3) {
        let mut client = broker.connect(broker.hello("a").flags(*flags));
        client.ping();
        client.disconnect();
    }
}

fn text_may_be_checked(broker: &Broker) {
    let topic = broker.topic("\u{E9}\u{20AC}\u{1F426}");
    let mut client = broker.client("a");
    client.subscribe(&topic, 0);
    client.publish(&topic, "x", 0);
    client.receive(&topic, "x", 0);
    for text in [b"\xFF" as &[u8], b"\xC0\x80", b"a\0b"] {
        let topic = [broker.topic("").as_bytes(), text].concat();
        let mut client = broker.client("b");
        client.send_together(&[&publish(&topic).payload("x").qos(1, 5), &pingreq()]);
        match client.next_or_closed() {
            None => {}
            Some(Packet::Puback(_)) => {
                client.expect_pingresp();
                client.disconnect();
            }
            Some(other) => fail(format!("{text:02x?} in a topic is answered with {other}")),
        }
    }
}
