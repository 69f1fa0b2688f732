//! Intervals to the second, and what happens first (sections 3.1.2.5, 3.1.2.11.2, 3.1.3.2.2 and 3.3.2.3.3).

use crate::harness::{Broker, check_eq};
use crate::script::{Script, script};
use crate::wire::property::id;
use crate::wire::{Publish, Will, publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(will_delays_and_session_expiries).in_5_0(&["MQTT-3.1.2-8", "MQTT-3.1.2-10"]).virtual_time_only(),
    script!(session_expiry_intervals).in_5_0(&["MQTT-4.1.0-2", "MQTT-3.1.2-23"]).virtual_time_only(),
    script!(message_expiry_intervals).in_5_0(&["MQTT-3.3.2-5", "MQTT-3.3.2-6"]).virtual_time_only(),
];

const DAY: u32 = 24 * 3_600;

/// Will Delay Interval, Session Expiry Interval, and when the will is published: at the lesser of both.
fn will_delays_and_session_expiries(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    for (delay, expiry, seconds) in [
        (0, 0, 0),
        (0, 10, 0),
        (0, u32::MAX, 0),
        (1, 0, 0),
        (u32::MAX, 0, 0),
        (1, 10, 1),
        (10, 1, 1),
        (10, 10, 10),
        (9, 10, 9),
        (10, 9, 9),
        (3_600, 7_200, 3_600),
        (7_200, 3_600, 3_600),
        (5, u32::MAX, 5),
        (u32::MAX, 5, 5),
    ] {
        // The server may have set it a keep alive.
        watcher.ping();
        let will = Will::new(&topic, "gone").delay(delay);
        broker.connect(broker.hello("a").session_expiry(expiry).will(will)).cut();
        if seconds > 0 {
            broker.wait(f64::from(seconds) - 0.01);
            watcher.expect_nothing();
            broker.wait(0.02);
        }
        watcher.receive(&topic, "gone", 0);
        broker.wait(30.0);
        watcher.expect_nothing();
        broker.client("a").disconnect();
    }
}

fn session_expiry_intervals(broker: &Broker) {
    for expiry in [1, 2, 59, 60, 3_600, DAY, 365 * DAY] {
        for (late, present) in [(-0.01, true), (0.01, false)] {
            broker.connect(broker.hello("a").session_expiry(expiry)).cut();
            broker.wait(f64::from(expiry) + late);
            let mut client = broker.open();
            client.send(broker.hello("a").resume());
            client.expect_session_present(present);
            client.disconnect();
        }
    }
}

/// Interval, seconds that pass, and what is left of it; none if the message has expired.
fn message_expiry_intervals(broker: &Broker) {
    let topic = broker.topic("a");
    for (interval, seconds, left) in [
        (1, 0.5, Some(1)),
        (1, 1.01, None),
        (2, 1.0, Some(1)),
        (10, 0.0, Some(10)),
        (10, 9.0, Some(1)),
        (10, 10.01, None),
        (DAY, f64::from(DAY) - 1.0, Some(1)),
        (u32::MAX - 1, 1_000_000.0, Some(u32::MAX - 1_000_001)),
        (u32::MAX, 1.0, Some(u32::MAX - 1)),
    ] {
        let mut client = broker.connect(broker.hello("a").session_expiry(u32::MAX));
        client.subscribe(&topic, 1);
        client.cut();
        let mut publisher = broker.client("p");
        publisher.publish_with(1, publish(&topic).payload("x").expiry(interval).retain());
        publisher.disconnect();
        broker.wait(seconds);
        let mut client = broker.connect(broker.hello("a").session_expiry(u32::MAX).resume());
        let mut reader = broker.client("r");
        reader.subscribe(&topic, 1);
        let check = |message: Publish| {
            let found = message.properties.number(id::MESSAGE_EXPIRY_INTERVAL);
            check_eq!(found, left, "what is left of {interval} s after {seconds} s");
        };
        if left.is_some() {
            check(client.receive(&topic, "x", 1));
            check(reader.receive_retained(&topic, "x", 1));
        }
        client.expect_nothing();
        reader.expect_nothing();
        client.unsubscribe(&topic);
        client.disconnect();
        reader.publish_retained(&topic, "", 0);
        reader.receive(&topic, "", 0);
        reader.disconnect();
    }
}
