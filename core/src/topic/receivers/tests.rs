use alloc::collections::BTreeMap;
use alloc::vec;
use core::num::NonZeroU32;

use proptest::prelude::*;

use super::*;
use crate::topic::filter::matches;
use crate::topic::filter::tests::{any_filter, any_topic};
use crate::topic::tree::Subscription;
use crate::topic::tree::tests::{Model, any_subscription};
use crate::wire::SubscriptionOptions;

fn subscription(qos: QoS, no_local: bool, identifier: u32) -> Subscription {
    let options = SubscriptionOptions { qos, no_local, ..SubscriptionOptions::default() };
    Subscription { options, identifier: NonZeroU32::new(identifier) }
}

#[test]
fn mqtt_3_3_4_2_overlapping_subscriptions_give_one_receiver() {
    let mut model = Model::new();
    model.insert(1, "a/#", subscription(QoS::AtLeastOnce, false, 5));
    model.insert(2, "a/#", subscription(QoS::AtMostOnce, false, 0));
    model.insert(1, "a/+", subscription(QoS::ExactlyOnce, true, 7));
    model.insert(1, "a/b", subscription(QoS::AtMostOnce, false, 7));
    let mut buffer = ReceiversBuffer::new();
    buffer.gather(&mut model.tree, "a/b", None);
    let receivers = buffer.as_receivers();
    let [one, two] = receivers.as_slice() else { panic!("{receivers:?}") };
    assert_eq!((one.session, one.qos, one.no_local), (SessionIndex(1), QoS::ExactlyOnce, true));
    assert_eq!((two.session, two.qos, two.no_local), (SessionIndex(2), QoS::AtMostOnce, false));
    // The same identifier twice stays twice (5.0 section 3.3.2.3.8).
    assert_eq!(receivers.identifiers(one).collect::<Vec<_>>(), [5, 7, 7]);
    assert_eq!(receivers.identifiers(two).count(), 0);
    assert!(receivers.differ_for(SessionIndex(1)) && !receivers.differ_for(SessionIndex(2)));
    // [MQTT-3.8.3-3]
    buffer.gather(&mut model.tree, "a/b", Some(SessionIndex(1)));
    let receivers = buffer.as_receivers();
    let one = receivers.as_slice().first().unwrap();
    assert_eq!((one.qos, one.no_local), (QoS::AtLeastOnce, false));
    assert_eq!(receivers.identifiers(one).collect::<Vec<_>>(), [5, 7]);
}

#[test]
fn many_receivers_of_two_filters_come_once_each() {
    let mut model = Model::new();
    for session in 0..1_000 {
        model.insert(session, "a", subscription(QoS::AtMostOnce, false, session + 1));
        model.insert(999 - session, "+", subscription(QoS::AtLeastOnce, false, 1_000));
    }
    let mut buffer = ReceiversBuffer::new();
    buffer.gather(&mut model.tree, "a", None);
    let cost = buffer.cost();
    for _ in 0..5 {
        buffer.gather(&mut model.tree, "a", None);
        let receivers = buffer.as_receivers();
        assert_eq!(receivers.len(), 1_000);
        for receiver in receivers.as_slice() {
            let mut identifiers = receivers.identifiers(receiver).collect::<Vec<_>>();
            identifiers.sort_unstable();
            assert_eq!(identifiers, [receiver.session.0 + 1, 1_000]);
            assert_eq!(receiver.qos, QoS::AtLeastOnce);
        }
    }
    assert_eq!(buffer.cost(), cost);
    // Nothing of a large set stays behind in a small one.
    model.insert(0, "b/c", Subscription::default());
    buffer.gather(&mut model.tree, "b/c", None);
    assert_eq!(buffer.as_receivers().len(), 1);
    buffer.gather(&mut model.tree, "$none", None);
    assert!(buffer.as_receivers().is_empty());
}

proptest! {
    #[test]
    fn receivers_are_the_matches_merged(
        subscriptions in prop::collection::vec((0..40_u32, any_filter(), any_subscription()), 0..150),
        topic in any_topic(),
        publisher in prop::option::of(0..40_u32),
    ) {
        let mut model = Model::new();
        for (session, filter, subscription) in subscriptions {
            model.insert(session, &filter, subscription);
        }
        let mut expected: BTreeMap<u32, (QoS, bool, bool, Vec<u32>)> = BTreeMap::new();
        for ((session, filter), subscription) in &model.subscriptions {
            let options = subscription.options;
            if !matches(filter, &topic) || options.no_local && publisher == Some(*session) {
                continue;
            }
            let entry = expected.entry(*session).or_insert((QoS::AtMostOnce, false, false, vec![]));
            entry.0 = entry.0.max(options.qos);
            entry.1 |= options.retain_as_published;
            entry.2 |= options.no_local;
            entry.3.extend(subscription.identifier.map(NonZeroU32::get));
            entry.3.sort_unstable();
        }
        let mut buffer = ReceiversBuffer::new();
        buffer.gather(&mut model.tree, &topic, publisher.map(SessionIndex));
        let mut remembered = RememberedReceivers::default();
        remembered.replace(buffer.as_receivers());
        for receivers in [buffer.as_receivers(), remembered.as_receivers()] {
            prop_assert_eq!(receivers.len(), expected.len());
            prop_assert_eq!(receivers.no_local(), expected.values().any(|entry| entry.2));
            for receiver in receivers.as_slice() {
                let mut identifiers = receivers.identifiers(receiver).collect::<Vec<_>>();
                identifiers.sort_unstable();
                let found = (receiver.qos, receiver.retain_as_published, receiver.no_local, identifiers);
                prop_assert_eq!(Some(&found), expected.get(&receiver.session.0));
            }
        }
    }
}
