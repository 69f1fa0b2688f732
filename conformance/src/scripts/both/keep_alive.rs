//! Keep Alive (section 3.1.2.10).

use crate::harness::{Broker, fail};
use crate::script::{Script, script};
use crate::wire::{Outgoing, Will, publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(silent_client_is_dropped)
        .in_3_1(&["X31-008"])
        .in_3_1_1(&["MQTT-3.1.2-24"])
        .in_5_0(&["MQTT-3.1.2-22", "MQTT-3.2.2-22"]),
    script!(dropped_at_one_and_a_half_times_keep_alive)
        .in_3_1(&["X31-008"])
        .in_3_1_1(&["MQTT-3.1.2-24"])
        .in_5_0(&["MQTT-3.1.2-22", "MQTT-3.2.2-22"])
        .virtual_time_only(),
    script!(only_whole_packets_from_the_client_count)
        .in_3_1(&["X31-008"])
        .in_3_1_1(&["MQTT-3.1.2-24"])
        .in_5_0(&["MQTT-3.1.2-22"])
        .virtual_time_only(),
    script!(any_packet_keeps_alive)
        .in_3_1(&["X31-008"])
        .in_3_1_1(&["MQTT-3.1.2-24"])
        .in_5_0(&["MQTT-3.1.2-22"])
        .virtual_time_only(),
    script!(keep_alive_0_is_for_ever).in_3_1(&["X31-008"]).in_3_1_1(&["MQTT-3.1.2-24"]).virtual_time_only(),
    script!(nobody_waits_for_ever_for_connect)
        .in_3_1(&["X31-008"])
        .in_3_1_1(&["X311-004"])
        .in_5_0(&["X50-023"])
        .virtual_time_only(),
];

fn silent_client_is_dropped(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.connect(broker.hello("a").keep_alive(1).will(Will::new(&topic, "silent")));
    if broker.is_virtual() {
        broker.wait(1.5);
    }
    client.expect_violation(&[0x8D]);
    watcher.receive(&topic, "silent", 0);
}

fn dropped_at_one_and_a_half_times_keep_alive(broker: &Broker) {
    for keep_alive in [1, 2, 3, 60, 61, 255, 256, 3_600, 65_535] {
        let mut client = broker.connect(broker.hello("a").keep_alive(keep_alive));
        // The server may announce a shorter one in 5.0.
        let server = client.connack().properties.number(crate::wire::property::id::SERVER_KEEP_ALIVE);
        let seconds = server.map_or(f64::from(keep_alive), f64::from) * 1.5;
        broker.wait(seconds - 0.01);
        client.expect_nothing();
        broker.wait(0.02);
        client.expect_violation(&[0x8D]);
    }
}

fn only_whole_packets_from_the_client_count(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").keep_alive(10));
    client.subscribe(&topic, 0);
    let mut publisher = broker.client("p");
    let half = publish(&topic).payload("never whole").encode(client.version());
    for part in half[..6].chunks(1) {
        broker.wait(2.0);
        publisher.publish(&topic, "downstream", 0);
        client.receive(&topic, "downstream", 0);
        client.send(part.to_vec());
    }
    broker.wait(3.1);
    client.expect_violation(&[0x8D]);
}

fn any_packet_keeps_alive(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").keep_alive(10));
    broker.wait(14.0);
    client.ping();
    broker.wait(14.0);
    client.publish(&topic, "0", 0);
    broker.wait(14.0);
    client.publish(&topic, "1", 1);
    broker.wait(14.0);
    client.subscribe(&topic, 2);
    broker.wait(14.0);
    client.subscribe(broker.topic("b"), 0);
    client.unsubscribe(broker.topic("b"));
    broker.wait(14.0);
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "1", 1);
    publisher.publish(&topic, "2", 2);
    let (one, two) = (client.expect_publish(&topic, "1", 1), client.expect_publish(&topic, "2", 2));
    client.puback(one.packet_identifier);
    broker.wait(14.0);
    client.pubrec(two.packet_identifier);
    client.expect_pubrel(two.packet_identifier);
    broker.wait(14.0);
    client.pubcomp(two.packet_identifier);
    broker.wait(14.0);
    client.send(publish(broker.topic("b")).qos(2, 7));
    client.expect_pubrec(7);
    broker.wait(14.0);
    client.pubrel(7);
    client.expect_pubcomp(7);
    broker.wait(14.0);
    client.expect_nothing();
    broker.wait(1.01);
    client.expect_violation(&[0x8D]);
}

fn keep_alive_0_is_for_ever(broker: &Broker) {
    let mut client = broker.client("a");
    broker.wait(10.0 * 24.0 * 3_600.0);
    client.ping();
}

fn nobody_waits_for_ever_for_connect(broker: &Broker) {
    let whole = broker.hello("a").encode(broker.version());
    // Nothing, a byte, all but a byte.
    for length in [0, 1, whole.len() - 1] {
        let mut client = broker.open();
        client.send(whole[..length].to_vec());
        broker.wait(3_600.0);
        let bytes = client.bytes_until_closed();
        if !bytes.is_empty() {
            fail(format!("expected no answer, got {bytes:02x?}"));
        }
    }
    // One byte at a time is no way to stay.
    let mut client = broker.open();
    for byte in whole {
        client.send(vec![byte]);
        broker.wait(600.0);
    }
    client.expect_closed();
}
