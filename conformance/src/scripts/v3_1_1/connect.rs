//! Refusals with the return codes of 3.1.1 (sections 3.1 and 3.2).

use crate::harness::Broker;
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::{Connect, publish};

pub(super) const SCRIPTS: &[Script] = &[
    script!(redirected_client).in_3_1(&[]).in_3_1_1(&["MQTT-3.2.2-5"]).with_setup(Setup::Authenticator),
    script!(level_3_is_not_3_1_1).in_3_1_1(&["MQTT-3.1.2-2", "MQTT-3.2.2-4", "MQTT-3.2.2-5"]),
    script!(password_needs_a_user_name).in_3_1_1(&["MQTT-3.1.2-22", "MQTT-3.1.4-1"]),
    script!(empty_client_identifier_needs_a_clean_session).in_3_1_1(&[
        "MQTT-3.1.3-7",
        "MQTT-3.1.3-8",
        "MQTT-3.1.3-9",
        "MQTT-3.2.2-4",
        "MQTT-3.2.2-5",
    ]),
    script!(nothing_is_done_after_connack_refused).in_3_1_1(&["MQTT-3.1.4-5", "MQTT-3.2.2-5"]),
    script!(session_is_kept_while_connected).in_3_1_1(&["MQTT-4.1.0-2"]).virtual_time_only(),
    script!(session_outlives_a_long_absence).in_3_1_1(&["MQTT-3.1.2-4", "MQTT-4.1.0-1"]).virtual_time_only(),
    script!(remaining_length_may_be_longer_than_it_need_be).in_3_1_1(&["X311-002"]),
    script!(refusal_has_no_session_present)
        .in_3_1_1(&["MQTT-3.2.2-4", "MQTT-3.2.2-5", "X311-003"])
        .with_setup(Setup::NobodyConnects),
];

/// The name of 3.1.1 with the level of 3.1.
fn level_3_is_not_3_1_1(broker: &Broker) {
    for level in [0, 1, 2, 3] {
        let mut client = broker.open();
        client.send(broker.hello("a").level(level));
        client.expect_refused(1);
    }
}

fn password_needs_a_user_name(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").password("secret"));
    client.expect_closed();
}

fn empty_client_identifier_needs_a_clean_session(broker: &Broker) {
    let mut client = broker.open();
    client.send(Connect::new("").resume());
    client.expect_refused(2);
}

fn nothing_is_done_after_connack_refused(broker: &Broker) {
    let topic = broker.topic("a");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.open();
    client.send_together(&[&Connect::new("").resume(), &publish(&topic).payload("never").retain()]);
    client.expect_refused(2);
    watcher.expect_nothing();
    let mut later = broker.client("l");
    later.subscribe(&topic, 0);
    later.expect_nothing();
}

fn session_is_kept_while_connected(broker: &Broker) {
    let topic = broker.topic("a");
    for hello in [broker.hello("a"), broker.hello("b").kept()] {
        let mut client = broker.connect(hello);
        client.subscribe(&topic, 2);
        client.publish(&topic, "x", 2);
        let open = client.expect_publish(&topic, "x", 2);
        broker.wait(365.0 * 24.0 * 3_600.0);
        client.finish_exchange(&open);
        client.publish(&topic, "y", 2);
        client.receive(&topic, "y", 2);
        client.disconnect();
    }
}

fn session_outlives_a_long_absence(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 1);
    client.disconnect();
    broker.client("p").publish(&topic, "x", 1);
    broker.wait(365.0 * 24.0 * 3_600.0);
    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_session_present(true);
    client.receive(&topic, "x", 1);
}

/// 5.0 forbids it, 3.1.1 does not.
fn remaining_length_may_be_longer_than_it_need_be(broker: &Broker) {
    let mut client = broker.client("a");
    for length in [&[0x80_u8, 0x00] as &[u8], &[0x80, 0x80, 0x00], &[0x80, 0x80, 0x80, 0x00]] {
        client.send([&[0xC0], length].concat());
        client.expect_pingresp();
    }
    let topic = broker.topic("a");
    client.subscribe(&topic, 0);
    client.send_changed(publish(&topic).payload("x"), |bytes| {
        bytes[1] |= 0x80;
        bytes.insert(2, 0);
    });
    client.receive(&topic, "x", 0);
    // CONNECT, too.
    let mut client = broker.open();
    client.send_changed(broker.hello("b"), |bytes| {
        bytes[1] |= 0x80;
        bytes.splice(2..2, [0x80, 0]);
    });
    client.expect_accepted();
}

fn refusal_has_no_session_present(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_refused(5);
}

/// It cannot be told where to; the server is unavailable to it.
fn redirected_client(broker: &Broker) {
    for user in ["elsewhere", "moved"] {
        let mut client = broker.open();
        client.send(broker.hello("a").user_name(user));
        client.expect_refused(3);
    }
}
