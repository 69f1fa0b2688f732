//! Manual acknowledgement.

use alloc::vec::Vec;

use super::script::{NOW, connack, connected_with, events, options, reconnect, sent, told};
use crate::client::{Client, Event, Options, RequestError, Ticket};
use crate::version::ProtocolVersion::{self, V3_1, V3_1_1, V5_0};

fn manual(version: ProtocolVersion) -> Client {
    let options = Options {
        manual_acknowledgement: true,
        clean_start: false,
        session_expiry_interval_seconds: 9,
        receive_maximum: 2,
        ..options(version)
    };
    connected_with(options, &connack(version, false))
}

/// Tickets of the messages that are told of when these bytes come.
fn tickets(client: &mut Client, bytes: &[u8]) -> Vec<Ticket> {
    client.receive(NOW, bytes);
    let mut tickets = Vec::new();
    while let Some(event) = client.poll_event() {
        let Event::Message(message) = event else { panic!("{event:?}") };
        tickets.extend(message.ticket);
    }
    tickets
}

fn lose(client: &mut Client) {
    client.connection_lost(NOW);
    assert_eq!(events(client), ["closed Lost"]);
}

const QOS_1: &[u8] = b"\x32\x06\x00\x01t\x00\x07x";
const QOS_2: &[u8] = b"\x34\x06\x00\x01t\x00\x08y";

#[test]
fn nothing_is_answered_before_the_caller_says_so() {
    for version in [V3_1, V3_1_1] {
        let mut client = manual(version);
        assert_eq!(tickets(&mut client, b"\x30\x04\x00\x01tx"), []);
        let first = tickets(&mut client, QOS_1)[0];
        let second = tickets(&mut client, QOS_2)[0];
        assert_eq!(sent(&mut client), []);
        client.acknowledge(NOW, first).unwrap();
        assert_eq!(sent(&mut client), [0x40, 2, 0, 7]);
        client.acknowledge(NOW, second).unwrap();
        assert_eq!(sent(&mut client), [0x50, 2, 0, 8]);
        told(&mut client, &[0x62, 2, 0, 8]);
        assert_eq!(sent(&mut client), [0x70, 2, 0, 8]);
        for ticket in [first, second, Ticket(99)] {
            assert_eq!(client.acknowledge(NOW, ticket), Err(RequestError::NothingToAcknowledge));
        }
    }
}

#[test]
fn answers_go_in_the_order_of_the_messages() {
    let mut client = manual(V3_1_1);
    let got = tickets(&mut client, &[QOS_1, QOS_2, b"\x32\x06\x00\x01t\x00\x09z"].concat());
    client.acknowledge(NOW, got[2]).unwrap();
    client.acknowledge(NOW, got[1]).unwrap();
    assert_eq!(sent(&mut client), []);
    client.acknowledge(NOW, got[0]).unwrap();
    assert_eq!(sent(&mut client), [0x40, 2, 0, 7, 0x50, 2, 0, 8, 0x40, 2, 0, 9]);
}

#[test]
fn the_receive_maximum_holds_the_server_back() {
    let qos_1 = |identifier| [0x32, 7, 0, 1, b't', 0, identifier, 0, b'x'];
    let mut client = manual(V5_0);
    let got = tickets(&mut client, &[qos_1(1), qos_1(2)].concat());
    client.acknowledge(NOW, got[0]).unwrap();
    assert_eq!(tickets(&mut client, &qos_1(3)).len(), 1);
    assert_eq!(told(&mut client, &qos_1(4)), ["closed Violation(ReceiveMaximumExceeded)"]);
    assert_eq!(sent(&mut client), [0x40, 2, 0, 1, 0xE0, 1, 0x93]);
    // QoS 2 holds its place until PUBCOMP.
    let mut client = manual(V5_0);
    let got = tickets(&mut client, b"\x34\x07\x00\x01t\x00\x08\x00y\x34\x07\x00\x01t\x00\x09\x00y");
    client.acknowledge(NOW, got[0]).unwrap();
    told(&mut client, &[0x62, 2, 0, 8]);
    assert_eq!(tickets(&mut client, &qos_1(3)).len(), 1);
    assert_eq!(told(&mut client, &qos_1(4)), ["closed Violation(ReceiveMaximumExceeded)"]);
}

#[test]
fn qos_1_is_told_again_on_the_next_connection() {
    let mut client = manual(V3_1_1);
    let first = tickets(&mut client, QOS_1)[0];
    lose(&mut client);
    assert_eq!(client.acknowledge(NOW, first), Err(RequestError::NothingToAcknowledge));
    reconnect(&mut client, &connack(V3_1_1, true));
    let second = tickets(&mut client, b"\x3a\x06\x00\x01t\x00\x07x")[0];
    assert_ne!(first, second);
    client.acknowledge(NOW, second).unwrap();
    assert_eq!(sent(&mut client), [0x40, 2, 0, 7]);
}

#[test]
fn qos_2_is_told_once_and_keeps_its_ticket() {
    let again = b"\x3c\x06\x00\x01t\x00\x08y";
    // Acknowledged after it came again, between the connections, and before the first one ended.
    let mut client = manual(V3_1_1);
    let ticket = tickets(&mut client, QOS_2)[0];
    assert_eq!(told(&mut client, again), [""; 0]);
    lose(&mut client);
    reconnect(&mut client, &connack(V3_1_1, true));
    assert_eq!(told(&mut client, again), [""; 0]);
    assert_eq!(sent(&mut client), []);
    client.acknowledge(NOW, ticket).unwrap();
    assert_eq!(sent(&mut client), [0x50, 2, 0, 8]);

    let mut client = manual(V3_1_1);
    let ticket = tickets(&mut client, QOS_2)[0];
    lose(&mut client);
    client.acknowledge(NOW, ticket).unwrap();
    reconnect(&mut client, &connack(V3_1_1, true));
    assert_eq!(told(&mut client, again), [""; 0]);
    assert_eq!(sent(&mut client), [0x50, 2, 0, 8]);

    let mut client = manual(V3_1_1);
    let got = tickets(&mut client, &[QOS_1, QOS_2].concat());
    client.acknowledge(NOW, got[1]).unwrap();
    lose(&mut client);
    reconnect(&mut client, &connack(V3_1_1, true));
    assert_eq!(told(&mut client, again), [""; 0]);
    assert_eq!(sent(&mut client), [0x50, 2, 0, 8]);
}

#[test]
fn a_new_session_ends_all_tickets() {
    let mut client = manual(V3_1_1);
    let ticket = tickets(&mut client, QOS_2)[0];
    lose(&mut client);
    reconnect(&mut client, &connack(V3_1_1, false));
    assert_eq!(client.acknowledge(NOW, ticket), Err(RequestError::NothingToAcknowledge));
    assert_eq!(tickets(&mut client, QOS_2).len(), 1);
}

#[test]
fn a_pubrel_that_comes_too_soon_takes_the_ticket() {
    let mut client = manual(V3_1_1);
    let got = tickets(&mut client, &[QOS_2, QOS_1].concat());
    told(&mut client, &[0x62, 2, 0, 8]);
    assert_eq!(client.acknowledge(NOW, got[0]), Err(RequestError::NothingToAcknowledge));
    client.acknowledge(NOW, got[1]).unwrap();
    assert_eq!(sent(&mut client), [0x70, 2, 0, 8, 0x40, 2, 0, 7]);
}
