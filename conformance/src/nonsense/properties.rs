//! Properties (5.0 section 2.2.2).

use hushwing_core::Violation as V;

use super::{Nonsense, ONLY_5_0, Occasion, PACKET_IDENTIFIER, Setting, TOPIC, connected, greeting, hello};
use crate::wire::property::id;
use crate::wire::{Outgoing, Property, Will, auth, disconnect_with, publish, subscribe};

/// A PUBLISH with these properties.
fn publish_with<const N: usize>(properties: [Property; N], on: Occasion) -> Vec<u8> {
    properties
        .into_iter()
        .fold(publish(format!("{TOPIC}/a")), |packet, one| packet.property(one))
        .encode(on.version)
}

/// A SUBSCRIBE with this property.
fn subscribe_with(property: Property, on: Occasion) -> Vec<u8> {
    subscribe(PACKET_IDENTIFIER).property(property).filter(format!("{TOPIC}/a"), 0).encode(on.version)
}

/// A CONNECT with these properties.
fn connect_with<const N: usize>(properties: [Property; N], on: Occasion) -> Vec<u8> {
    properties.into_iter().fold(hello(on), |packet, one| packet.property(one)).encode(on.version)
}

/// A CONNECT with this property in its will.
fn will_with(property: Property, on: Occasion) -> Vec<u8> {
    hello(on).will(Will::new(format!("{TOPIC}/will"), "").property(property)).encode(on.version)
}

/// More than any packet may have.
fn many_user_properties() -> [Property; 65] {
    std::array::from_fn(|_| Property::user("n", ""))
}

/// Longer than it may be where limits are small.
fn long_user_property() -> Property {
    Property::user("nonsense", vec![b'n'; 2_000])
}

pub(super) const TABLE: &[Nonsense] = &[
    connected(V::PropertyUnknown, ONLY_5_0, |on| publish_with([Property::byte(0x00, 0)], on)),
    connected(V::PropertyUnknown, ONLY_5_0, |on| subscribe_with(Property::byte(0x2B, 0), on)),
    greeting(V::PropertyUnknown, ONLY_5_0, |on| connect_with([Property::byte(0x7F, 0)], on)),
    connected(V::PropertyNotAllowed, ONLY_5_0, |on| {
        publish_with([Property::four(id::SESSION_EXPIRY_INTERVAL, 0)], on)
    }),
    connected(V::PropertyNotAllowed, ONLY_5_0, |on| {
        subscribe_with(Property::text(id::CONTENT_TYPE, "n"), on)
    }),
    connected(V::PropertyNotAllowed, ONLY_5_0, |on| {
        disconnect_with(0, vec![Property::text(id::SERVER_REFERENCE, "n")]).encode(on.version)
    }),
    greeting(V::PropertyNotAllowed, ONLY_5_0, |on| connect_with([Property::byte(id::MAXIMUM_QOS, 2)], on)),
    connected(V::PropertyRepeated, ONLY_5_0, |on| {
        publish_with([Property::text(id::CONTENT_TYPE, "n"), Property::text(id::CONTENT_TYPE, "n")], on)
    }),
    greeting(V::PropertyRepeated, ONLY_5_0, |on| {
        connect_with([Property::two(id::RECEIVE_MAXIMUM, 1), Property::two(id::RECEIVE_MAXIMUM, 1)], on)
    }),
    greeting(V::PropertyNotBoolean, ONLY_5_0, |on| {
        connect_with([Property::byte(id::REQUEST_PROBLEM_INFORMATION, 2)], on)
    }),
    greeting(V::PropertyNotBoolean, ONLY_5_0, |on| {
        connect_with([Property::byte(id::REQUEST_RESPONSE_INFORMATION, 0xFF)], on)
    }),
    connected(V::PayloadFormatIndicatorInvalid, ONLY_5_0, |on| {
        publish_with([Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 2)], on)
    }),
    greeting(V::PayloadFormatIndicatorInvalid, ONLY_5_0, |on| {
        will_with(Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 2), on)
    }),
    greeting(V::ReceiveMaximumZero, ONLY_5_0, |on| hello(on).receive_maximum(0).encode(on.version)),
    greeting(V::MaximumPacketSizeZero, ONLY_5_0, |on| hello(on).maximum_packet_size(0).encode(on.version)),
    connected(V::SubscriptionIdentifierZero, ONLY_5_0, |on| {
        subscribe_with(Property::variable(id::SUBSCRIPTION_IDENTIFIER, 0), on)
    }),
    connected(V::SubscriptionIdentifierFromClient, ONLY_5_0, |on| {
        publish_with([Property::variable(id::SUBSCRIPTION_IDENTIFIER, 1)], on)
    }),
    connected(V::ResponseTopicEmpty, ONLY_5_0, |on| {
        publish_with([Property::text(id::RESPONSE_TOPIC, "")], on)
    }),
    connected(V::ResponseTopicWildcard, ONLY_5_0, |on| {
        publish_with([Property::text(id::RESPONSE_TOPIC, "n/+")], on)
    }),
    greeting(V::ResponseTopicWildcard, ONLY_5_0, |on| will_with(Property::text(id::RESPONSE_TOPIC, "#"), on)),
    greeting(V::AuthenticationDataWithoutMethod, ONLY_5_0, |on| {
        connect_with([Property::text(id::AUTHENTICATION_DATA, "n")], on)
    }),
    connected(V::AuthenticationMethodMissing, ONLY_5_0, |_| vec![0xF0, 0x00]),
    connected(V::AuthenticationMethodMissing, ONLY_5_0, |on| {
        auth(0x19, vec![Property::text(id::AUTHENTICATION_DATA, "n")]).encode(on.version)
    }),
    connected(V::TooManyUserProperties, ONLY_5_0, |on| publish_with(many_user_properties(), on)),
    greeting(V::TooManyUserProperties, ONLY_5_0, |on| connect_with(many_user_properties(), on)),
    connected(V::PropertiesTooLong, ONLY_5_0, |on| publish_with([long_user_property()], on))
        .needs(Setting::SmallLimits),
    connected(V::PropertiesTooLong, ONLY_5_0, |on| subscribe_with(long_user_property(), on))
        .needs(Setting::SmallLimits),
    greeting(V::PropertiesTooLong, ONLY_5_0, |on| will_with(long_user_property(), on))
        .needs(Setting::SmallLimits),
];
