//! What CONNACK says that the server cannot do, and what becomes of a client that asks for it (section 3.2.2.3).

use crate::harness::Broker;
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::property::{Property, id};
use crate::wire::{Will, publish, subscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(what_there_is_is_not_said).in_5_0(&["MQTT-3.2.2-9", "X50-031"]),
    script!(what_there_is_not_is_said)
        .in_5_0(&["MQTT-3.2.2-9", "X50-031"])
        .with_setup(Setup::FewCapabilities),
    script!(publish_above_the_maximum_qos)
        .in_5_0(&["MQTT-3.2.2-11", "X50-025"])
        .with_setup(Setup::FewCapabilities),
    script!(publish_above_qos_0)
        .in_5_0(&["MQTT-3.2.2-9", "MQTT-3.2.2-11", "X50-025"])
        .with_setup(Setup::OnlyQoS0),
    script!(will_above_the_maximum_qos).in_5_0(&["MQTT-3.2.2-12"]).with_setup(Setup::FewCapabilities),
    script!(every_qos_is_granted)
        .in_5_0(&["MQTT-3.2.2-10", "MQTT-3.8.4-8"])
        .with_setup(Setup::FewCapabilities),
    script!(retain_is_refused).in_5_0(&["MQTT-3.2.2-14", "X50-026"]).with_setup(Setup::FewCapabilities),
    script!(retained_will_is_refused).in_5_0(&["MQTT-3.2.2-13"]).with_setup(Setup::FewCapabilities),
    script!(wildcards_are_refused).in_5_0(&["X50-028"]).with_setup(Setup::FewCapabilities),
    script!(subscription_identifiers_are_refused).in_5_0(&["X50-029"]).with_setup(Setup::FewCapabilities),
];

const FLAGS: [u8; 4] = [
    id::MAXIMUM_QOS,
    id::RETAIN_AVAILABLE,
    id::WILDCARD_SUBSCRIPTION_AVAILABLE,
    id::SUBSCRIPTION_IDENTIFIER_AVAILABLE,
];

fn what_there_is_is_not_said(broker: &Broker) {
    if broker.is_ours() {
        let mut client = broker.client("a");
        for flag in FLAGS {
            assert!(!client.connack().properties.has(flag), "property 0x{flag:02X} that says nothing");
        }
        client.publish_with(2, publish(broker.topic("a")).retain());
        client.send(publish(broker.topic("a")).retain());
        client.ping();
    }
}

fn what_there_is_not_is_said(broker: &Broker) {
    let client = broker.client("a");
    let said = FLAGS.map(|flag| client.connack().properties.number(flag));
    assert_eq!(said, [Some(1), Some(0), Some(0), Some(0)], "capabilities in CONNACK");
}

fn publish_above_the_maximum_qos(broker: &Broker) {
    let mut client = broker.client("a");
    client.publish(broker.topic("a"), "x", 0);
    client.publish(broker.topic("a"), "x", 1);
    client.send(publish(broker.topic("a")).qos(2, 7));
    client.expect_violation(&[0x9B]);
}

fn publish_above_qos_0(broker: &Broker) {
    for qos in [1, 2] {
        let mut client = broker.client("a");
        assert_eq!(client.connack().properties.number(id::MAXIMUM_QOS), Some(0), "Maximum QoS");
        client.publish(broker.topic("a"), "x", 0);
        client.send(publish(broker.topic("a")).qos(qos, 7));
        client.expect_violation(&[0x9B]);
    }
}

fn will_above_the_maximum_qos(broker: &Broker) {
    broker.connect(broker.hello("a").will(Will::new(broker.topic("will"), "x").qos(1))).ping();
    let mut client = broker.open();
    client.send(broker.hello("b").will(Will::new(broker.topic("will"), "x").qos(2)));
    client.expect_refused(0x9B);
}

fn every_qos_is_granted(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    let mut publisher = broker.client("b");
    for qos in [0, 1, 2] {
        client.subscribe(&topic, qos);
        publisher.publish(&topic, "x", 1);
        client.receive(&topic, "x", qos.min(1));
    }
}

fn retain_is_refused(broker: &Broker) {
    for qos in [0, 1] {
        let mut client = broker.client("a");
        client.publish(broker.topic("a"), "x", qos);
        client.send(publish(broker.topic("a")).qos(qos, 7).retain());
        client.expect_violation(&[0x9A]);
    }
}

fn retained_will_is_refused(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").will(Will::new(broker.topic("will"), "x").retain()));
    client.expect_refused(0x9A);
}

fn wildcards_are_refused(broker: &Broker) {
    for filter in ["#", "a/#", "+", "a/+/b"] {
        let mut client = broker.client("a");
        client.subscribe(broker.topic("a"), 0);
        client.send(subscribe(7).filter(broker.topic("b"), 0).filter(broker.topic(filter), 0));
        client.expect_violation(&[0xA2]);
    }
}

fn subscription_identifiers_are_refused(broker: &Broker) {
    let mut client = broker.client("a");
    client.subscribe(broker.topic("a"), 0);
    client.send(
        subscribe(7)
            .filter(broker.topic("b"), 0)
            .property(Property::variable(id::SUBSCRIPTION_IDENTIFIER, 1)),
    );
    client.expect_violation(&[0xA1]);
}
