//! The subscription tree against a naive one.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use hushwing_core::topic::{SessionIndex, Subscription, SubscriptionList, SubscriptionTree, filter};
use hushwing_core::wire::{QoS, SubscriptionOptions};

use crate::bytes::Bytes;

const SESSIONS: usize = 4;

/// Inserts, removals, ended sessions and searches, in any order: the tree finds what a list of all subscriptions
/// finds, and its memory account equals a full walk.
pub fn topic_tree(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut tree = SubscriptionTree::new(u64::from(bytes.byte()));
    let mut lists: [SubscriptionList; SESSIONS] = std::array::from_fn(|_| SubscriptionList::default());
    let mut model: BTreeMap<(u32, String), Subscription> = BTreeMap::new();
    while !bytes.is_empty() {
        let operation = bytes.byte();
        let session = usize::from(operation >> 2) % SESSIONS;
        let (list, number) = (&mut lists[session], session as u32);
        let text = text(&mut bytes);
        match operation % 4 {
            0 if filter::validate(&text).is_ok() => {
                let subscription = subscription(bytes.byte());
                let replaced = tree.insert(list, SessionIndex(number), &text, subscription);
                assert_eq!(replaced, model.insert((number, text), subscription));
            }
            1 if filter::validate(&text).is_ok() => {
                let removed = tree.remove(list, SessionIndex(number), &text);
                assert_eq!(removed, model.remove(&(number, text)));
            }
            2 if text.len().is_multiple_of(4) => {
                let mut ended = Vec::new();
                tree.clear(list, |filter| ended.push((number, filter.to_owned())));
                ended.sort();
                let expected: Vec<_> = model.keys().filter(|(owner, _)| *owner == number).cloned().collect();
                assert_eq!(ended, expected);
                model.retain(|(owner, _), _| *owner != number);
            }
            _ => search(&mut tree, &model, &text),
        }
        assert_eq!(tree.len(), model.len());
        assert_eq!(tree.cost(), tree.cost_walk());
    }
}

fn search(tree: &mut SubscriptionTree, model: &BTreeMap<(u32, String), Subscription>, topic: &str) {
    if hushwing_core::topic::name::validate(topic).is_err() {
        return;
    }
    let mut found = Vec::new();
    tree.matches(topic, |session, subscription| found.push((session.0, subscription)));
    let key = |(session, subscription): &(u32, Subscription)| (*session, format!("{subscription:?}"));
    let naive = model.iter().filter(|((_, filter), _)| naive_match(filter, topic));
    let mut expected: Vec<_> = naive.map(|((session, _), subscription)| (*session, *subscription)).collect();
    found.sort_by_key(key);
    expected.sort_by_key(key);
    assert_eq!(found, expected, "{topic:?}");
}

/// Section 4.7, as it stands there.
pub(crate) fn naive_match(filter: &str, topic: &str) -> bool {
    fn levels(filter: &[&str], topic: &[&str]) -> bool {
        match (filter, topic) {
            (["#"], _) | ([], []) => true,
            ([first, filter @ ..], [level, topic @ ..]) => {
                (*first == "+" || first == level) && levels(filter, topic)
            }
            _ => false,
        }
    }
    let split = |text: &'_ str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (filter_levels, topic_levels) = (split(filter), split(topic));
    let filter_levels: Vec<&str> = filter_levels.iter().map(String::as_str).collect();
    let topic_levels: Vec<&str> = topic_levels.iter().map(String::as_str).collect();
    // [MQTT-4.7.2-1]
    let hidden = topic.starts_with('$') && filter.starts_with(['+', '#']);
    !hidden && levels(&filter_levels, &topic_levels)
}

/// A short text of the characters that matter: a length, then a byte a character.
fn text(bytes: &mut Bytes<'_>) -> String {
    let length = usize::from(bytes.byte() % 12);
    bytes.take(length).iter().map(|&byte| char::from(b"abc//+#$"[usize::from(byte % 8)])).collect()
}

fn subscription(byte: u8) -> Subscription {
    let qos = QoS::from_bits(byte & 0b11).unwrap_or_default();
    let options = SubscriptionOptions { qos, no_local: byte & 4 != 0, ..SubscriptionOptions::default() };
    Subscription { options, identifier: NonZeroU32::new(u32::from(byte >> 4)) }
}
