//! Topic Names, Topic Filters, and what is asked for with them.

use hushwing_core::Violation as V;

use super::{
    ALL, BEFORE_5_0, FROM_3_1_1, Nonsense, ONLY_5_0, Occasion, PACKET_IDENTIFIER, Setting, TOPIC, connected,
    greeting, hello, visit,
};
use crate::wire::{Outgoing, Will, publish, subscribe, unsubscribe};

/// A PUBLISH to this topic.
fn to(topic: impl AsRef<[u8]>, on: Occasion) -> Vec<u8> {
    publish(topic).encode(on.version)
}

/// A SUBSCRIBE of this filter.
fn asks(filter: impl AsRef<[u8]>, options: u8, on: Occasion) -> Vec<u8> {
    subscribe(PACKET_IDENTIFIER).filter(filter, options).encode(on.version)
}

/// An UNSUBSCRIBE of this filter.
fn leaves(filter: impl AsRef<[u8]>, on: Occasion) -> Vec<u8> {
    unsubscribe(PACKET_IDENTIFIER).filter(filter).encode(on.version)
}

/// Longer than a server takes it.
fn long() -> String {
    format!("{TOPIC}/{}", "n".repeat(4_096))
}

/// With more levels than a server takes.
fn deep() -> String {
    format!("{TOPIC}{}", "/".repeat(128))
}

/// So many Topic Filters are too many for one packet.
const TOO_MANY_FILTERS: usize = 1_001;

pub(super) const TABLE: &[Nonsense] = &[
    connected(V::TopicNameEmpty, ALL, |on| to("", on)),
    connected(V::TopicNameWildcard, ALL, |on| to("nonsense/+", on)),
    connected(V::TopicNameWildcard, ALL, |on| to("nonsense#", on)),
    connected(V::TopicTooLong, ALL, |on| to(long(), on)),
    greeting(V::TopicTooLong, ALL, |on| hello(on).will(Will::new(long(), "")).encode(on.version)),
    connected(V::TopicTooManyLevels, ALL, |on| to(deep(), on)),
    greeting(V::TopicTooManyLevels, ALL, |on| hello(on).will(Will::new(deep(), "")).encode(on.version)),
    connected(V::TopicFilterEmpty, ALL, |on| asks("", 0, on)),
    connected(V::TopicFilterEmpty, ALL, |on| leaves("", on)),
    connected(V::TopicFilterMultiLevelWildcard, ALL, |on| asks("nonsense/#/a", 0, on)),
    connected(V::TopicFilterMultiLevelWildcard, ALL, |on| leaves("nonsense#", on)),
    connected(V::TopicFilterSingleLevelWildcard, ALL, |on| asks("nonsense+", 0, on)),
    connected(V::TopicFilterSingleLevelWildcard, ALL, |on| leaves("+nonsense", on)),
    connected(V::FilterTooLong, ALL, |on| asks(long(), 0, on)),
    connected(V::FilterTooManyLevels, ALL, |on| asks(deep(), 0, on)),
    connected(V::ShareNameEmpty, ONLY_5_0, |on| asks("$share//nonsense", 0, on)),
    connected(V::ShareNameInvalid, ONLY_5_0, |on| asks("$share/+/nonsense", 0, on)),
    connected(V::ShareNameInvalid, ONLY_5_0, |on| asks("$share/#", 0, on)),
    connected(V::ShareNameInvalid, ONLY_5_0, |on| asks("$share/nonsense", 0, on)),
    connected(V::SharedSubscriptionsNotSupported, ONLY_5_0, |on| asks("$share/n/nonsense", 0, on))
        .needs(Setting::FewCapabilities),
    connected(V::SharedSubscriptionNoLocal, ONLY_5_0, |on| asks("$share/n/nonsense", 0x04, on))
        .unless(&[Setting::FewCapabilities]),
    connected(V::TopicAliasInvalid, ONLY_5_0, |on| publish(format!("{TOPIC}/a")).alias(0).encode(on.version)),
    connected(V::TopicAliasInvalid, ONLY_5_0, |on| {
        publish(format!("{TOPIC}/a")).alias(u16::MAX).encode(on.version)
    }),
    connected(V::TopicAliasInvalid, ONLY_5_0, |on| publish("").alias(u16::MAX).encode(on.version)),
    visit(V::TopicAliasUnknown, ONLY_5_0, |on| {
        [hello(on).encode(on.version), publish("").alias(1).encode(on.version)].concat()
    }),
    // SUBSCRIBE and UNSUBSCRIBE.
    connected(V::SubscribeEmpty, FROM_3_1_1, |on| subscribe(PACKET_IDENTIFIER).encode(on.version)),
    connected(V::SubscriptionOptionsReservedBits, BEFORE_5_0, |on| asks("nonsense", 0x04, on)),
    connected(V::SubscriptionOptionsReservedBits, ALL, |on| asks("nonsense", 0x40, on)),
    connected(V::SubscriptionOptionsReservedBits, ALL, |on| asks("nonsense", 0x80, on)),
    connected(V::SubscriptionQoS3, ALL, |on| asks("nonsense", 0x03, on)),
    connected(V::RetainHandling3, ONLY_5_0, |on| asks("nonsense", 0x30, on)),
    connected(V::UnsubscribeEmpty, FROM_3_1_1, |on| unsubscribe(PACKET_IDENTIFIER).encode(on.version)),
    connected(V::WildcardsNotSupported, ONLY_5_0, |on| asks("nonsense/+", 0, on))
        .needs(Setting::FewCapabilities),
    connected(V::SubscriptionIdentifiersNotSupported, ONLY_5_0, |on| {
        subscribe(PACKET_IDENTIFIER).identifier(1).filter("nonsense", 0).encode(on.version)
    })
    .needs(Setting::FewCapabilities),
    connected(V::TooManyFilters, ALL, |on| {
        let filters = (0..TOO_MANY_FILTERS).map(|_| "nonsense");
        filters.fold(subscribe(PACKET_IDENTIFIER), |packet, one| packet.filter(one, 0)).encode(on.version)
    }),
    connected(V::TooManyFilters, ALL, |on| {
        let filters = (0..TOO_MANY_FILTERS).map(|_| "nonsense");
        filters.fold(unsubscribe(PACKET_IDENTIFIER), |packet, one| packet.filter(one)).encode(on.version)
    }),
];
