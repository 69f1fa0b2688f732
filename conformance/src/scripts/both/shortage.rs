//! A server that is short of memory (3.1.1 section 4.8, 5.0 section 4.13.2).

use crate::harness::{Broker, Client, check, check_eq, fail};
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
    let taken =
        (1..=MOST).take_while(|number| is_taken(broker, &mut client, &mut bystander, *number)).count();
    check!((1..usize::from(MOST)).contains(&taken), "{taken} messages were taken");
    bystander.ping();
}

/// Publishes the message of this number: it is acknowledged, or it is not taken and the connection ends.
fn is_taken(broker: &Broker, client: &mut Client, bystander: &mut Client, number: u16) -> bool {
    let topic = broker.topic(&number.to_string());
    client.send(publish(&topic).payload("x".repeat(8_000)).retain().qos(1, number));
    broker.in_one_step(|| {
        let answer = if broker.is_virtual() {
            // The server waits a while for memory, with the connection unread, and then gives up.
            client.next_if_any().or_else(|| {
                broker.wait(600.0);
                client.next_or_closed()
            })
        } else {
            client.next_or_closed()
        };
        match answer {
            Some(Packet::Puback(answer)) => {
                check_eq!(answer.packet_identifier, number, "identifier of PUBACK");
                check!(answer.code < 0x80, "PUBACK with code 0x{:02X}", answer.code);
                return true;
            }
            Some(Packet::Disconnect(disconnect)) => {
                check_eq!(disconnect.code, 0x97, "code of DISCONNECT");
                client.expect_closed();
            }
            None if !broker.version().is_5() => {}
            other => fail(format!("expected PUBACK or the end, got {other:?}")),
        }
        bystander.subscribe(&topic, 1);
        bystander.expect_nothing();
        false
    })
}
