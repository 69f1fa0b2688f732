//! A server that is short of memory (3.1.1 section 4.8, 5.0 section 4.13.2).

use crate::harness::{Broker, check, check_eq};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::{Packet, publish};

pub(super) const SCRIPTS: &[Script] = &[script!(transient_error_closes_its_connection)
    .in_3_1_1(&["MQTT-4.8.0-2"])
    .in_5_0(&["MQTT-4.13.2-1"])
    .with_setup(Setup::LittleMemory)];

/// What is taken is acknowledged; the rest is not, and its connection is closed, no other.
fn transient_error_closes_its_connection(broker: &Broker) {
    const SENT: u16 = 100;
    let mut bystander = broker.client("b");
    let mut client = broker.client("a");
    for packet_identifier in 1..=SENT {
        let topic = broker.topic(&packet_identifier.to_string());
        client.send(publish(topic).payload("x".repeat(8_000)).retain().qos(1, packet_identifier));
    }
    broker.wait(600.0);
    let mut acknowledged = 0;
    loop {
        match client.next_or_closed() {
            Some(Packet::Puback(answer)) if answer.code < 0x80 => {
                acknowledged += 1;
                check_eq!(answer.packet_identifier, acknowledged, "identifier of a PUBACK");
            }
            Some(Packet::Puback(answer)) => check_eq!(answer.code, 0x97, "code of a PUBACK"),
            Some(Packet::Disconnect(packet)) => {
                check_eq!(packet.code, 0x97, "code of DISCONNECT");
                client.expect_closed();
                break;
            }
            Some(other) => crate::harness::fail(format!("expected an answer to PUBLISH, got {other}")),
            None => {
                check!(!broker.version().is_5(), "closed without a word");
                break;
            }
        }
    }
    check!((1..SENT).contains(&acknowledged), "{acknowledged} of {SENT} messages were taken");
    bystander.ping();
}
