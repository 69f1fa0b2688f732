//! The Connect Flags (section 3.1.2.3): every one of the 256 values, with the fields that it announces.

use crate::harness::Broker;
use crate::script::{Script, script};
use crate::version::Version;
use crate::wire::{Connect, Will};

pub(super) const SCRIPTS: &[Script] = &[
    script!(legal_flags)
        .in_3_1_1(&["MQTT-3.1.2-14", "MQTT-3.1.2-19", "MQTT-3.1.2-21", "MQTT-3.1.4-4"])
        .in_5_0(&["MQTT-3.1.2-12", "MQTT-3.1.2-17", "MQTT-3.1.2-19", "MQTT-3.1.4-5"]),
    script!(reserved_bit_with_every_other)
        .in_3_1_1(&["MQTT-3.1.2-3", "MQTT-3.1.4-1"])
        .in_5_0(&["MQTT-3.1.2-3", "MQTT-3.1.4-1"]),
    script!(illegal_will_bits).in_3_1_1(&["MQTT-3.1.2-13", "MQTT-3.1.2-14", "MQTT-3.1.2-15"]).in_5_0(&[
        "MQTT-3.1.2-11",
        "MQTT-3.1.2-12",
        "MQTT-3.1.2-13",
    ]),
    script!(password_alone).in_3_1_1(&["MQTT-3.1.2-22"]).in_5_0(&["MQTT-3.1.2-19"]),
    script!(fields_that_are_not_there)
        .in_3_1_1(&["MQTT-3.1.2-9", "MQTT-3.1.2-19", "MQTT-3.1.2-21"])
        .in_5_0(&["MQTT-3.1.2-9", "MQTT-3.1.2-17", "MQTT-3.1.2-19"]),
    script!(fields_that_are_not_announced)
        .in_3_1_1(&["MQTT-3.1.2-11", "MQTT-3.1.2-18", "MQTT-3.1.2-20"])
        .in_5_0(&["MQTT-3.1.2-16", "MQTT-3.1.2-18", "MQTT-3.1.4-1"]),
];

const CLEAN: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS: u8 = 0x18;
const WILL_RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USER_NAME: u8 = 0x80;

fn legal_will(flags: u8) -> bool {
    if flags & WILL == 0 { flags & (WILL_QOS | WILL_RETAIN) == 0 } else { flags & WILL_QOS != WILL_QOS }
}

fn is_password_alone(flags: u8) -> bool {
    flags & (USER_NAME | PASSWORD) == PASSWORD
}

/// A CONNECT with the fields that `announced` announces.
fn with_fields(broker: &Broker, announced: u8, flags: u8) -> Connect {
    let mut hello = broker.hello("a").flags(flags);
    if announced & WILL != 0 {
        hello = hello.will(Will::new(broker.topic("will"), "never"));
    }
    if announced & USER_NAME != 0 {
        hello = hello.user_name("user");
    }
    if announced & PASSWORD != 0 {
        hello = hello.password("secret");
    }
    hello
}

#[track_caller]
fn refused(broker: &Broker, packet: Connect) {
    let mut client = broker.open();
    client.send(packet);
    client.expect_bad_connect(&[0x81]);
}

fn legal_flags(broker: &Broker) {
    let mut stored = false;
    for flags in (0..=255).step_by(2).filter(|flags| legal_will(*flags) && !is_password_alone(*flags)) {
        let mut client = broker.open();
        client.send(with_fields(broker, flags, flags));
        let clean = flags & CLEAN != 0;
        client.expect_session_present(stored && !clean);
        client.disconnect();
        // In 5.0 without a Session Expiry Interval, no session outlives its connection.
        stored = broker.version() == Version::V3_1_1 && !clean;
    }
}

fn reserved_bit_with_every_other(broker: &Broker) {
    for flags in (1..=255).step_by(2) {
        refused(broker, with_fields(broker, flags, flags));
    }
}

fn illegal_will_bits(broker: &Broker) {
    for flags in (0..=255).step_by(2).filter(|flags| !legal_will(*flags) && !is_password_alone(*flags)) {
        refused(broker, with_fields(broker, flags, flags));
    }
}

fn password_alone(broker: &Broker) {
    for flags in (0..=255).step_by(2).filter(|flags| legal_will(*flags) && is_password_alone(*flags)) {
        if broker.version() == Version::V3_1_1 {
            refused(broker, with_fields(broker, flags, flags));
        } else {
            broker.connect(with_fields(broker, flags, flags)).disconnect();
        }
    }
}

/// Each field, and all of them: the last flags have nothing behind them.
fn fields_that_are_not_there(broker: &Broker) {
    for (announced, flags) in [
        (0, 0x06),
        (0, 0x82),
        (0, 0xC2),
        (0, 0xC6),
        (WILL, 0x86),
        (WILL, 0xC6),
        (USER_NAME, 0xC2),
        (USER_NAME, 0x86),
        (WILL | USER_NAME, 0xC6),
    ] {
        refused(broker, with_fields(broker, announced, flags));
    }
}

fn fields_that_are_not_announced(broker: &Broker) {
    for (announced, flags) in [
        (WILL, 0x02),
        (USER_NAME, 0x02),
        (USER_NAME | PASSWORD, 0x02),
        (USER_NAME | PASSWORD, 0x82),
        (WILL | USER_NAME, 0x06),
        (WILL | USER_NAME | PASSWORD, 0x86),
        (WILL | USER_NAME | PASSWORD, 0x06),
    ] {
        refused(broker, with_fields(broker, announced, flags));
    }
}
