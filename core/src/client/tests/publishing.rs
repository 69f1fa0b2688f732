//! Publications to the server.

use alloc::string::String;

use super::script::{
    NOW, connack, connected, connected_with, events, options, publication, publish, reconnect, sent, told,
};
use crate::client::{Client, Limits, Options, Publication, RequestError};
use crate::version::ProtocolVersion::{V3_1, V3_1_1, V5_0};
use crate::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use crate::wire::{PropertiesBuffer, Property};

#[test]
fn qos_0_is_sent_and_forgotten() {
    for version in [V3_1, V3_1_1] {
        let mut client = connected(version);
        publish(&mut client, "x", AtMostOnce);
        assert_eq!(client.unfinished(), 0);
        assert_eq!(sent(&mut client), b"\x30\x04\x00\x01tx");
    }
}

#[test]
fn qos_1_ends_with_puback() {
    let mut client = connected(V5_0);
    assert_eq!(publish(&mut client, "x", AtLeastOnce), 1);
    assert_eq!(sent(&mut client), b"\x32\x07\x00\x01t\x00\x01\x00x");
    assert_eq!(client.unfinished(), 1);
    assert_eq!(told(&mut client, &[0x40, 3, 0, 1, 0x10]), ["published 1 0x10"]);
    assert_eq!(client.unfinished(), 0);
    // Again, and for what never was: nothing.
    assert_eq!(told(&mut client, &[0x40, 2, 0, 1, 0x40, 2, 0, 9]), [""; 0]);
}

#[test]
fn qos_2_ends_with_pubcomp() {
    let mut client = connected(V3_1_1);
    publish(&mut client, "x", ExactlyOnce);
    assert_eq!(sent(&mut client), b"\x34\x06\x00\x01t\x00\x01x");
    assert_eq!(told(&mut client, &[0x50, 2, 0, 1]), [""; 0]);
    assert_eq!(sent(&mut client), [0x62, 2, 0, 1]);
    // PUBREC again: PUBREL again.
    told(&mut client, &[0x50, 2, 0, 1]);
    assert_eq!(sent(&mut client), [0x62, 2, 0, 1]);
    assert_eq!(told(&mut client, &[0x70, 2, 0, 1]), ["published 1 0x00"]);
    assert_eq!(client.unfinished(), 0);
}

#[test]
fn a_refusal_in_pubrec_ends_it() {
    let mut client = connected(V5_0);
    publish(&mut client, "x", ExactlyOnce);
    sent(&mut client);
    assert_eq!(told(&mut client, &[0x50, 3, 0, 1, 0x97]), ["published 1 0x97"]);
    assert_eq!(sent(&mut client), []);
    assert_eq!(client.unfinished(), 0);
}

#[test]
fn pubrec_for_the_unknown() {
    let mut client = connected(V5_0);
    told(&mut client, &[0x50, 2, 0, 9]);
    assert_eq!(sent(&mut client), [0x62, 3, 0, 9, 0x92]);
}

#[test]
fn answers_of_the_wrong_kind() {
    for (qos, answer) in [(ExactlyOnce, 0x40), (AtLeastOnce, 0x50), (ExactlyOnce, 0x70)] {
        let mut client = connected(V3_1_1);
        publish(&mut client, "x", qos);
        assert_eq!(told(&mut client, &[answer, 2, 0, 1]), ["closed Violation(AcknowledgementOfWrongKind)"]);
    }
}

#[test]
fn the_window_of_the_server() {
    // Receive Maximum 2.
    let mut client = connected_with(options(V5_0), &[0x20, 6, 0, 0, 3, 0x21, 0, 2]);
    for payload in ["a", "b", "c", "d"] {
        publish(&mut client, payload, if payload == "b" { ExactlyOnce } else { AtLeastOnce });
    }
    // Behind a closed window, QoS 0 keeps its place.
    publish(&mut client, "e", AtMostOnce);
    let first = sent(&mut client);
    assert_eq!(first, b"\x32\x07\x00\x01t\x00\x01\x00a\x34\x07\x00\x01t\x00\x02\x00b");
    assert_eq!(client.unsent(), 3);
    // PUBREC frees nothing, PUBACK does.
    told(&mut client, &[0x50, 2, 0, 2]);
    assert_eq!(sent(&mut client), [0x62, 2, 0, 2]);
    told(&mut client, &[0x40, 2, 0, 1]);
    assert_eq!(sent(&mut client), b"\x32\x07\x00\x01t\x00\x03\x00c");
    told(&mut client, &[0x70, 2, 0, 2]);
    assert_eq!(sent(&mut client), b"\x32\x07\x00\x01t\x00\x04\x00d\x30\x05\x00\x01t\x00e");
}

#[test]
fn what_the_server_does_not_take() {
    // Maximum QoS 1, Retain Available 0, Maximum Packet Size 12.
    let connack = [0x20, 12, 0, 0, 9, 0x24, 1, 0x25, 0, 0x27, 0, 0, 0, 12];
    let mut client = connected_with(options(V5_0), &connack);
    let refused =
        |client: &mut Client, publication: Publication<'_>| client.publish(NOW, &publication).unwrap_err();
    assert_eq!(
        refused(&mut client, publication("x", ExactlyOnce)),
        RequestError::QoSNotSupported { maximum: AtLeastOnce }
    );
    let retained = Publication { retain: true, ..publication("x", AtMostOnce) };
    assert_eq!(refused(&mut client, retained), RequestError::RetainNotSupported);
    assert_eq!(refused(&mut client, publication("12345", AtLeastOnce)), RequestError::PacketTooLarge);
    assert_eq!(sent(&mut client), []);
    publish(&mut client, "1234", AtLeastOnce);
    assert_eq!(sent(&mut client).len(), 12);
}

#[test]
fn what_waited_is_judged_when_the_server_is_known() {
    let mut client = Client::new(options(V5_0));
    assert_eq!(publish(&mut client, "x", ExactlyOnce), 1);
    assert_eq!(publish(&mut client, "y", AtMostOnce), 2);
    assert_eq!(publish(&mut client, "0123456789", AtMostOnce), 3);
    let connack = [0x20, 10, 0, 0, 7, 0x24, 0, 0x27, 0, 0, 0, 9];
    reconnect(&mut client, &connack);
    assert_eq!(sent(&mut client), b"\x30\x05\x00\x01t\x00y");
    assert_eq!(
        events(&mut client),
        [
            "failed 1: the server takes publications up to QoS 0 only",
            "failed 3: the packet is larger than the server takes"
        ]
    );
}

#[test]
fn ill_formed_publications() {
    let mut client = connected(V5_0);
    let refused =
        |client: &mut Client, publication: Publication<'_>| client.publish(NOW, &publication).unwrap_err();
    for topic in ["", "a/#", "+", "a\0"] {
        assert_eq!(refused(&mut client, Publication::new(topic, b"")), RequestError::TopicNameInvalid);
    }
    let long = "x".repeat(65_536);
    assert_eq!(refused(&mut client, Publication::new(&long, b"")), RequestError::TopicNameInvalid);
    let mut alias = PropertiesBuffer::new();
    alias.push(Property::TopicAlias(1));
    let properties = alias.as_properties();
    let aliased = Publication { properties, ..publication("x", AtMostOnce) };
    assert_eq!(refused(&mut client, aliased), RequestError::TopicAliasNotAllowed);
    let mut foreign = PropertiesBuffer::new();
    foreign.push(Property::SubscriptionIdentifier(1));
    let properties = foreign.as_properties();
    let identified = Publication { properties, ..publication("x", AtMostOnce) };
    assert!(matches!(refused(&mut client, identified), RequestError::PropertiesInvalid(_)));
    let mut content = PropertiesBuffer::new();
    content.push(Property::ContentType("c"));
    let properties = content.as_properties();
    let typed = Publication { properties, ..publication("x", AtMostOnce) };
    assert_eq!(refused(&mut connected(V3_1_1), typed), RequestError::PropertiesNotSupported);
    client.publish(NOW, &typed).unwrap();
    assert_eq!(sent(&mut client), b"\x30\x09\x00\x01t\x04\x03\x00\x01cx");
}

#[test]
fn the_queue_is_bounded() {
    let limits = Limits { queue_messages: 2, queue_bytes: 10, ..Limits::default() };
    let mut client = Client::new(Options { limits, ..options(V5_0) });
    publish(&mut client, "a", AtMostOnce);
    let large = publication("123456789", AtMostOnce);
    assert_eq!(client.publish(NOW, &large), Err(RequestError::QueueFull));
    publish(&mut client, "b", AtLeastOnce);
    assert_eq!(client.publish(NOW, &publication("", AtMostOnce)), Err(RequestError::QueueFull));
    reconnect(&mut client, &connack(V5_0, false));
    assert_eq!(sent(&mut client), b"\x30\x05\x00\x01t\x00a\x32\x07\x00\x01t\x00\x01\x00b");
    assert_eq!(client.unsent(), 0);
    // There is room again.
    client.connection_lost(NOW);
    publish(&mut client, "12345678", AtMostOnce);
}

#[test]
fn a_slow_transport_makes_publications_wait() {
    let limits = Limits { transmit_mark_bytes: 10, ..Limits::default() };
    let mut client = connected_with(Options { limits, ..options(V3_1_1) }, &connack(V3_1_1, false));
    for payload in ["a", "b", "c"] {
        publish(&mut client, payload, AtMostOnce);
    }
    assert_eq!(client.unsent(), 1);
    assert_eq!(client.transmit().len(), 12);
    client.advance(2);
    assert_eq!(client.unsent(), 1);
    client.advance(1);
    assert_eq!(client.unsent(), 0);
    assert_eq!(
        String::from_utf8_lossy(&sent(&mut client)),
        "\u{0}\u{1}ta0\u{4}\u{0}\u{1}tb0\u{4}\u{0}\u{1}tc"[1..]
    );
}

#[test]
fn few_may_be_in_flight() {
    let limits = Limits { in_flight_maximum: 1, ..Limits::default() };
    let mut client = connected_with(Options { limits, ..options(V3_1_1) }, &connack(V3_1_1, false));
    publish(&mut client, "a", AtLeastOnce);
    publish(&mut client, "b", AtLeastOnce);
    assert_eq!(sent(&mut client).len(), 8);
    told(&mut client, &[0x40, 2, 0, 1]);
    assert_eq!(sent(&mut client).len(), 8);
}
