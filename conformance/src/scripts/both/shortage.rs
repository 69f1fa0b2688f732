//! A server that is short of memory (3.1.1 section 4.8, 5.0 section 4.13.2).

use crate::harness::{Broker, check, check_eq, fail};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::{Packet, publish};

pub(super) const SCRIPTS: &[Script] = &[script!(transient_error_closes_its_connection)
    .in_3_1_1(&["MQTT-4.8.0-2"])
    .in_5_0(&["MQTT-4.13.2-1"])
    .with_setup(Setup::LittleMemory)];

/// What is taken is acknowledged. The rest is not, and its connection is closed, no other.
fn transient_error_closes_its_connection(broker: &Broker) {
    const MOST: u16 = 200;
    let mut bystander = broker.client("b");
    let mut client = broker.client("a");
    let mut acknowledged = 0;
    while acknowledged < MOST {
        let packet_identifier = acknowledged + 1;
        let topic = broker.topic(&packet_identifier.to_string());
        client.send(publish(&topic).payload("x".repeat(8_000)).retain().qos(1, packet_identifier));
        // Each message is acknowledged, or it is not taken and the connection ends.
        let taken = broker.in_one_step(|| match client.next_if_any() {
            Some(Packet::Puback(answer)) => {
                check_eq!(answer.packet_identifier, packet_identifier, "identifier of PUBACK");
                check!(answer.code < 0x80, "PUBACK with code 0x{:02X}", answer.code);
                true
            }
            None => {
                // It waits a while for memory, unread, and then gives up.
                broker.wait(600.0);
                client.expect_violation(&[0x97]);
                bystander.subscribe(&topic, 1);
                bystander.expect_nothing();
                false
            }
            Some(other) => fail(format!("expected PUBACK or nothing, got {other}")),
        });
        if !taken {
            break;
        }
        acknowledged += 1;
    }
    check!((1..MOST).contains(&acknowledged), "{acknowledged} messages were taken");
    bystander.ping();
}
