//! A server with few capabilities, which 3.x clients cannot be told of.

use crate::harness::Broker;
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::{Will, publish, subscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(publish_beyond_them_closes).in_3_1_1(&["MQTT-4.8.0-1"]).with_setup(Setup::FewCapabilities),
    script!(will_beyond_them_is_refused)
        .in_3_1_1(&["MQTT-4.8.0-1", "MQTT-3.2.2-6"])
        .with_setup(Setup::FewCapabilities),
    script!(only_wildcards_are_refused)
        .in_3_1_1(&["MQTT-3.8.3-2", "MQTT-3.9.3-2", "MQTT-3.8.4-5"])
        .with_setup(Setup::FewCapabilities),
];

fn publish_beyond_them_closes(broker: &Broker) {
    for packet in [publish(broker.topic("a")).qos(2, 7), publish(broker.topic("a")).retain()] {
        let mut client = broker.client("a");
        client.publish(broker.topic("a"), "x", 1);
        client.send(packet);
        client.expect_closed();
    }
}

/// No return code fits: it closes without CONNACK.
fn will_beyond_them_is_refused(broker: &Broker) {
    for will in [Will::new(broker.topic("a"), "x").qos(2), Will::new(broker.topic("a"), "x").retain()] {
        let mut client = broker.open();
        client.send(broker.hello("a").will(will));
        client.expect_closed();
    }
}

fn only_wildcards_are_refused(broker: &Broker) {
    let mut client = broker.client("a");
    for filter in ["#", "+", "a/#", "a/+", "+/a", "a/+/b"] {
        client.send(subscribe(7).filter(broker.topic(filter), 1).filter(broker.topic("a"), 2));
        client.expect_suback(7, &[0x80, 2]);
    }
    client.send(subscribe(8).filter("#", 0));
    client.expect_suback(8, &[0x80]);
    client.publish(broker.topic("a"), "x", 1);
    client.receive(&broker.topic("a"), "x", 1);
}
