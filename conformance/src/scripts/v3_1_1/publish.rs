//! Messages and subscriptions that are not allowed, for which 3.1.1 has hardly any words.

use crate::harness::Broker;
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::{publish, subscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(forbidden_publish_is_acknowledged)
        .in_3_1(&["X31-013"])
        .in_3_1_1(&["MQTT-3.3.5-2"])
        .with_setup(Setup::DeniedTopics),
    script!(forbidden_filter_gets_0x80)
        .in_3_1_1(&["MQTT-3.8.4-5", "MQTT-3.9.3-1", "MQTT-3.9.3-2"])
        .with_setup(Setup::DeniedTopics),
    script!(properties_of_5_0_do_not_show).in_3_1_1(&["MQTT-2.3.1-5"]),
];

fn forbidden_publish_is_acknowledged(broker: &Broker) {
    let topic = broker.topic("denied/x");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.client("a");
    client.publish(&topic, "never", 0);
    client.publish(&topic, "never", 1);
    client.publish(&topic, "never", 2);
    client.expect_nothing();
    watcher.expect_nothing();
}

fn forbidden_filter_gets_0x80(broker: &Broker) {
    let (allowed, forbidden) = (broker.topic("a"), broker.topic("hidden/x"));
    let mut client = broker.client("a");
    client.send(subscribe(7).filter(&allowed, 2).filter(&forbidden, 0).filter(&allowed, 1));
    client.expect_suback(7, &[2, 0x80, 1]);
}

/// A message with properties, to a client that does not know them.
fn properties_of_5_0_do_not_show(broker: &Broker) {
    use crate::version::Version::V5_0;
    use crate::wire::property::Property;
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(&topic, 1);
    let mut publisher = broker.connect_as(V5_0, broker.hello("p"));
    publisher.send(publish(&topic).payload("x").qos(1, 5).expiry(100).property(Property::user("k", "v")));
    publisher.expect_puback(5);
    client.receive(&topic, "x", 1);
}
