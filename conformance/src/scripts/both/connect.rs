//! CONNECT and what is refused (section 3.1).

use crate::harness::{Broker, fail};
use crate::script::{Script, script};
use crate::version::Version;
use crate::wire::{Outgoing, Will, acknowledge, disconnect, empty, pingreq, publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(first_packet_is_connect).in_3_1_1(&["MQTT-3.1.0-1"]).in_5_0(&["MQTT-3.1.0-1", "MQTT-3.14.0-1"]),
    script!(second_connect_is_a_violation)
        .in_3_1_1(&["MQTT-3.1.0-2"])
        .in_5_0(&["MQTT-3.1.0-2", "MQTT-3.2.0-2"]),
    script!(second_connect_publishes_the_will).in_3_1_1(&["MQTT-3.1.2-8"]).in_5_0(&["MQTT-3.1.2-8"]),
    script!(protocol_name_is_checked).in_3_1_1(&["MQTT-3.1.2-1"]).in_5_0(&["MQTT-3.1.2-1"]),
    script!(protocol_level_is_checked)
        .in_3_1_1(&["MQTT-3.1.2-2", "MQTT-3.2.2-5"])
        .in_5_0(&["MQTT-3.1.2-2", "MQTT-3.14.0-1"]),
    script!(reserved_connect_flag_is_0).in_3_1_1(&["MQTT-3.1.2-3"]).in_5_0(&["MQTT-3.1.2-3"]),
    script!(will_bits_without_a_will)
        .in_3_1_1(&["MQTT-3.1.2-11", "MQTT-3.1.2-13", "MQTT-3.1.2-15"])
        .in_5_0(&["MQTT-3.1.2-11", "MQTT-3.1.2-13"]),
    script!(will_qos_is_never_3).in_3_1_1(&["MQTT-3.1.2-14"]).in_5_0(&["MQTT-3.1.2-12"]),
    script!(will_flag_without_will_fields).in_3_1_1(&["MQTT-3.1.2-9"]).in_5_0(&["MQTT-3.1.2-9"]),
    script!(will_fields_without_will_flag).in_3_1_1(&["MQTT-3.1.2-11"]).in_5_0(&["MQTT-3.1.4-1"]),
    script!(user_name_follows_its_flag)
        .in_3_1_1(&["MQTT-3.1.2-18", "MQTT-3.1.2-19"])
        .in_5_0(&["MQTT-3.1.2-16", "MQTT-3.1.2-17"]),
    script!(password_follows_its_flag)
        .in_3_1_1(&["MQTT-3.1.2-20", "MQTT-3.1.2-21"])
        .in_5_0(&["MQTT-3.1.2-18", "MQTT-3.1.2-19"]),
    script!(connect_cut_short_anywhere).in_3_1_1(&["MQTT-3.1.4-1", "MQTT-3.1.3-3"]).in_5_0(&[
        "MQTT-3.1.4-1",
        "MQTT-3.1.3-3",
        "MQTT-3.14.0-1",
    ]),
    script!(connect_with_surplus_bytes).in_3_1_1(&["MQTT-3.1.4-1"]).in_5_0(&["MQTT-3.1.4-1"]),
    script!(connect_is_answered).in_3_1_1(&["MQTT-3.1.4-4", "MQTT-3.2.2-1", "X311-005"]).in_5_0(&[
        "MQTT-3.1.4-5",
        "MQTT-3.2.2-1",
        "MQTT-3.2.2-2",
    ]),
    script!(payload_fields_in_order).in_3_1_1(&["MQTT-3.1.3-1"]).in_5_0(&["MQTT-3.1.3-1"]),
    script!(nothing_is_done_after_a_refusal).in_3_1_1(&["MQTT-3.1.4-5"]).in_5_0(&["MQTT-3.1.4-6"]),
    script!(connack_is_the_first_packet).in_3_1_1(&["MQTT-3.2.0-1"]).in_5_0(&["MQTT-3.2.0-1", "X50-024"]),
];

fn first_packet_is_connect(broker: &Broker) {
    let topic = broker.topic("first");
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    let early = || publish(&topic).payload("too early").retain();
    let first: [&dyn Outgoing; 17] = [
        &early(),
        &early().qos(1, 5),
        &early().qos(2, 5),
        &acknowledge(0x40, 5),
        &acknowledge(0x50, 5),
        &acknowledge(0x62, 5),
        &acknowledge(0x70, 5),
        &subscribe(1).filter(&topic, 0),
        &unsubscribe(1).filter(&topic),
        &pingreq(),
        &disconnect(),
        &empty("PINGRESP", 0xD0),
        &empty("AUTH", 0xF0),
        &empty("type 0", 0x00),
        &[0x20, 2, 0, 0],
        &[0x90, 3, 0, 1, 0],
        &[0xB0, 2, 0, 1],
    ];
    for packet in first {
        let mut client = broker.open();
        client.send(packet);
        client.expect_closed();
    }
    watcher.expect_nothing();
}

fn second_connect_is_a_violation(broker: &Broker) {
    for other in ["a", "b"] {
        let mut client = broker.client("a");
        client.send(broker.hello(other));
        client.expect_violation(&[0x82]);
    }
}

fn second_connect_publishes_the_will(broker: &Broker) {
    let will = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&will, 0);
    let version = broker.version();
    let other = if version.is_5() { Version::V3_1_1 } else { Version::V5_0 };
    let hello = || broker.hello("a").will(Will::new(&will, "gone"));
    for second in [
        hello().encode(version),
        broker.hello("a").encode(version),
        broker.hello("b").encode(version),
        broker.hello("a").kept().encode(version),
        broker.hello("a").encode(other),
    ] {
        let mut client = broker.connect(hello());
        client.send(second);
        client.expect_violation(&[0x82]);
        watcher.receive(&will, "gone", 0);
    }
    // One that is no good CONNECT either.
    let mut client = broker.connect(hello());
    client.send(broker.hello("a").flags(0x03));
    client.expect_violation(&[0x81, 0x82]);
    watcher.receive(&will, "gone", 0);
}

fn protocol_name_is_checked(broker: &Broker) {
    let names: [&[u8]; 14] = [
        b"mqtt",
        b"Mqtt",
        b"MQTX",
        b"MQTTT",
        b"MQT",
        b"M",
        b"",
        b" MQTT",
        b"MQTT ",
        b"MQTT\0",
        b"\0\0\0\0",
        b"MQIsdp",
        b"\xEF\xBB\xBFMQTT",
        b"\xFF\xFF\xFF\xFF",
    ];
    for name in names {
        let mut client = broker.open();
        client.send(broker.hello("a").protocol_name(name));
        refused_in_any_format(broker, &client.bytes_until_closed());
    }
}

fn protocol_level_is_checked(broker: &Broker) {
    // Some brokers take the levels with the highest bit, too, as a sign between themselves.
    let known = |level: u8| [3, 4, 5].contains(&if broker.is_ours() { level } else { level & 0x7F });
    for level in (0..=0xFF).filter(|level| !known(*level)) {
        let mut client = broker.open();
        client.send(broker.hello("a").level(level));
        let bytes = client.bytes_until_closed();
        refused_in_any_format(broker, &bytes);
        // 3.1.1 requires the answer, 5.0 allows it.
        if bytes.is_empty() && broker.version() == Version::V3_1_1 {
            fail(format!("level {level}: closed without CONNACK"));
        }
    }
}

/// CONNACK that says "unacceptable protocol version" in the format of 3.x or of 5.0, or nothing, which ours
/// never does.
#[track_caller]
fn refused_in_any_format(broker: &Broker, bytes: &[u8]) {
    let silent = bytes.is_empty() && !broker.is_ours();
    let reasonable = silent || bytes == [0x20, 2, 0, 1] || is_connack_0x84(bytes);
    if !reasonable {
        fail(format!("expected a refusal, got {bytes:02x?}"));
    }
}

fn is_connack_0x84(bytes: &[u8]) -> bool {
    matches!(bytes, [0x20, length, 0, 0x84, ..] if usize::from(*length) + 2 == bytes.len())
}

fn reserved_connect_flag_is_0(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").flags(0x03));
    client.expect_bad_connect(&[0x81]);
}

fn will_bits_without_a_will(broker: &Broker) {
    for flags in [0x0A, 0x12, 0x22] {
        let mut client = broker.open();
        client.send(broker.hello("a").flags(flags));
        client.expect_bad_connect(&[0x81]);
    }
}

fn will_qos_is_never_3(broker: &Broker) {
    let topic = broker.topic("will");
    let mut client = broker.open();
    client.send(broker.hello("a").will(Will::new(&topic, "will").qos(3)));
    client.expect_bad_connect(&[0x81]);
    for qos in 0..3 {
        broker.connect(broker.hello("b").will(Will::new(&topic, "will").qos(qos))).disconnect();
    }
}

fn will_flag_without_will_fields(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").flags(0x06));
    client.expect_bad_connect(&[0x81]);
}

fn will_fields_without_will_flag(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").will(Will::new(broker.topic("will"), "will")).flags(0x02));
    client.expect_bad_connect(&[0x81]);
}

fn user_name_follows_its_flag(broker: &Broker) {
    // The flag without the field.
    let mut client = broker.open();
    client.send(broker.hello("a").flags(0x82));
    client.expect_bad_connect(&[0x81]);
    // The field without the flag.
    let mut client = broker.open();
    client.send(broker.hello("a").user_name("user").flags(0x02));
    client.expect_bad_connect(&[0x81]);
    // Both.
    broker.connect(broker.hello("a").user_name("user"));
}

fn password_follows_its_flag(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").user_name("user").flags(0xC2));
    client.expect_bad_connect(&[0x81]);
    let mut client = broker.open();
    client.send(broker.hello("a").user_name("user").password("secret").flags(0x82));
    client.expect_bad_connect(&[0x81]);
    // A password is bytes, not text.
    broker.connect(broker.hello("a").user_name("user").password([0xFF, 0x00, 0xFF]));
}

fn connect_cut_short_anywhere(broker: &Broker) {
    let version = broker.version();
    let whole = broker
        .hello("a")
        .will(Will::new(broker.topic("will"), "will"))
        .user_name("user")
        .password("secret")
        .encode(version);
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    for length in 2..whole.len() {
        let mut cut = whole[..length].to_vec();
        cut[1] = (length - 2) as u8;
        let mut client = broker.open();
        client.send(cut);
        let bytes = client.bytes_until_closed();
        // Cut short before the level, the version is unknown: nothing can be said. Behind it, 5.0 may say why,
        // and ours does.
        let said = version.is_5() && length > 8;
        let one = bytes.get(1).is_some_and(|rest| bytes.len() == 2 + usize::from(*rest));
        let refusal = one && matches!(bytes.as_slice(), [0x20, _, 0, 0x81, ..]);
        let silent = bytes.is_empty() && !(said && broker.is_ours());
        if !(silent || said && refusal) {
            fail(format!("CONNECT cut to {length} bytes: got {bytes:02x?}"));
        }
    }
    watcher.expect_nothing();
}

fn connect_with_surplus_bytes(broker: &Broker) {
    for surplus in [&[0_u8] as &[u8], b"\0\x04more"] {
        let mut client = broker.open();
        client.send(broker.hello("a").surplus(surplus));
        client.expect_bad_connect(&[0x81]);
    }
}

fn connect_is_answered(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a"));
    client.expect_session_present(false);
    client.ping();
}

fn payload_fields_in_order(broker: &Broker) {
    let topic = broker.topic("will topic");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let hello =
        broker.hello("a").will(Will::new(&topic, "will message")).user_name("user").password("password");
    broker.connect(hello.kept()).cut();
    watcher.receive(&topic, "will message", 0);
    let mut again = broker.open();
    again.send(broker.hello("a").kept());
    again.expect_session_present(true);
}

fn nothing_is_done_after_a_refusal(broker: &Broker) {
    let topic = broker.topic("late");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    let mut client = broker.open();
    let refused = broker.hello("a").flags(0x03);
    client.send_together(&[
        &refused,
        &publish(&topic).payload("late").retain(),
        &subscribe(1).filter(&topic, 0),
    ]);
    client.expect_bad_connect(&[0x81]);
    watcher.expect_nothing();
    let mut later = broker.client("l");
    later.subscribe(&topic, 0);
    later.expect_nothing();
}

fn connack_is_the_first_packet(broker: &Broker) {
    let topic = broker.topic("queued");
    let mut sleeper = broker.connect(broker.hello("a").kept());
    sleeper.subscribe(&topic, 1);
    sleeper.disconnect();
    broker.client("p").publish(&topic, "waiting", 1);
    let mut client = broker.open();
    client.send_together(&[
        &broker.hello("a").kept(),
        &subscribe(7).filter(broker.topic("other"), 0),
        &pingreq(),
    ]);
    // `expect_session_present` fails if any other packet comes first.
    client.expect_session_present(true);
    client.expect_suback(7, &[0]);
    client.expect_pingresp();
    client.receive(&topic, "waiting", 1);
}
