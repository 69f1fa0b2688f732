//! SUBSCRIBE and UNSUBSCRIBE.

use super::script::{NOW, connack, connected, connected_with, events, options, publish, sent, told};
use crate::client::{Client, Limits, Options, RequestError};
use crate::version::ProtocolVersion::{V3_1_1, V5_0};
use crate::wire::{Properties, PropertiesBuffer, Property, QoS, RetainHandling, SubscriptionOptions};

const PLAIN: SubscriptionOptions = SubscriptionOptions {
    qos: QoS::AtLeastOnce,
    no_local: false,
    retain_as_published: false,
    retain_handling: RetainHandling::SendAlways,
};

fn subscribe(client: &mut Client, filter: &str) -> Result<u64, RequestError> {
    client.subscribe(NOW, &[(filter, PLAIN)], Properties::EMPTY).map(|ticket| ticket.0)
}

#[test]
fn there_and_back_again() {
    let mut client = connected(V3_1_1);
    let filters = [("a/#", PLAIN), ("b", SubscriptionOptions { qos: QoS::AtMostOnce, ..PLAIN })];
    let ticket = client.subscribe(NOW, &filters, Properties::EMPTY).unwrap();
    assert_eq!(sent(&mut client), b"\x82\x0c\x00\x01\x00\x03a/#\x01\x00\x01b\x00");
    assert_eq!(told(&mut client, &[0x90, 4, 0, 1, 1, 0x80]), ["subscribed 1 [1, 128]"]);
    assert_eq!(ticket.0, 1);
    client.unsubscribe(NOW, &["a/#", "b"], Properties::EMPTY).unwrap();
    assert_eq!(sent(&mut client), b"\xa2\x0a\x00\x02\x00\x03a/#\x00\x01b");
    assert_eq!(told(&mut client, &[0xB0, 2, 0, 2]), ["unsubscribed 2 []"]);
}

#[test]
fn options_and_identifier() {
    let mut client = connected(V5_0);
    let options = SubscriptionOptions {
        qos: QoS::ExactlyOnce,
        no_local: true,
        retain_as_published: true,
        retain_handling: RetainHandling::DoNotSend,
    };
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::SubscriptionIdentifier(300));
    client.subscribe(NOW, &[("a", options)], properties.as_properties()).unwrap();
    assert_eq!(sent(&mut client), b"\x82\x0a\x00\x01\x03\x0b\xac\x02\x00\x01a\x2e");
    let mut client = connected(V3_1_1);
    let refused = client.subscribe(NOW, &[("a", options)], Properties::EMPTY);
    assert_eq!(refused, Err(RequestError::SubscriptionOptionsNotSupported));
}

#[test]
fn what_cannot_be_subscribed() {
    let mut client = Client::new(options(V5_0));
    assert_eq!(subscribe(&mut client, "a"), Err(RequestError::NotConnected));
    let mut client = connected(V5_0);
    assert_eq!(client.subscribe(NOW, &[], Properties::EMPTY), Err(RequestError::NoFilters));
    assert_eq!(subscribe(&mut client, "a/#/b"), Err(RequestError::TopicFilterInvalid));
    let no_local = SubscriptionOptions { no_local: true, ..PLAIN };
    assert!(client.subscribe(NOW, &[("$share/g/a", no_local)], Properties::EMPTY).is_err());
    assert_eq!(sent(&mut client), []);
    // Wildcard, identifier and shared subscriptions are not available.
    let poor = [0x20, 9, 0, 0, 6, 0x28, 0, 0x29, 0, 0x2A, 0];
    let mut client = connected_with(options(V5_0), &poor);
    assert_eq!(subscribe(&mut client, "a/+"), Err(RequestError::WildcardSubscriptionsNotSupported));
    assert_eq!(subscribe(&mut client, "$share/g/a"), Err(RequestError::SharedSubscriptionsNotSupported));
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::SubscriptionIdentifier(1));
    let identified = client.subscribe(NOW, &[("a", PLAIN)], properties.as_properties());
    assert_eq!(identified, Err(RequestError::SubscriptionIdentifiersNotSupported));
    assert_eq!(subscribe(&mut client, "a"), Ok(1));
}

#[test]
fn unanswered_requests_are_bounded_and_fail_with_the_connection() {
    let limits = Limits { requests_maximum: 2, ..Limits::default() };
    let mut client = connected_with(Options { limits, ..options(V5_0) }, &connack(V5_0, false));
    assert_eq!(subscribe(&mut client, "a"), Ok(1));
    assert_eq!(subscribe(&mut client, "b"), Ok(2));
    assert_eq!(subscribe(&mut client, "c"), Err(RequestError::TooManyRequests));
    client.connection_lost(NOW);
    let lost = "the connection ended before the answer came";
    assert_eq!(
        events(&mut client),
        ["closed Lost".into(), alloc::format!("failed 1: {lost}"), alloc::format!("failed 2: {lost}")]
    );
}

#[test]
fn one_space_of_identifiers() {
    let mut client = connected(V3_1_1);
    publish(&mut client, "x", QoS::AtLeastOnce);
    subscribe(&mut client, "a").unwrap();
    // SUBACK for the publication, PUBACK for the subscription: neither is right.
    let lines = told(&mut client, &[0x90, 3, 0, 1, 0]);
    assert_eq!(lines[0], "closed Violation(AcknowledgementOfWrongKind)");
    assert_eq!(lines[1], "failed 2: the connection ended before the answer came");
    let mut client = connected(V3_1_1);
    subscribe(&mut client, "a").unwrap();
    assert_eq!(told(&mut client, &[0x40, 2, 0, 1])[0], "closed Violation(AcknowledgementOfWrongKind)");
}
