mod mixed;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::topic::filter::matches;
use crate::topic::filter::tests::{any_filter, any_topic};
use crate::wire::{QoS, RetainHandling};

/// A tree, the lists of its sessions, and what should be in it.
pub(crate) struct Model {
    pub(crate) tree: SubscriptionTree,
    pub(crate) lists: BTreeMap<u32, SubscriptionList>,
    pub(crate) subscriptions: BTreeMap<(u32, String), Subscription>,
}

impl Model {
    pub(crate) fn new() -> Self {
        let tree = SubscriptionTree::new(7);
        Self { tree, lists: BTreeMap::new(), subscriptions: BTreeMap::new() }
    }

    pub(crate) fn insert(&mut self, session: u32, filter: &str, subscription: Subscription) {
        let list = self.lists.entry(session).or_default();
        let replaced = self.tree.insert(list, SessionIndex(session), filter, subscription);
        assert_eq!(replaced, self.subscriptions.insert((session, filter.to_string()), subscription));
    }

    pub(crate) fn remove(&mut self, session: u32, filter: &str) {
        let list = self.lists.entry(session).or_default();
        let removed = self.tree.remove(list, SessionIndex(session), filter);
        assert_eq!(removed, self.subscriptions.remove(&(session, filter.to_string())));
    }

    fn clear(&mut self, session: u32) {
        let mut seen = vec![];
        self.tree.clear(self.lists.entry(session).or_default(), |filter| seen.push(filter.to_string()));
        seen.sort();
        assert_eq!(seen, self.filters_of(session));
        self.subscriptions.retain(|(of, _), _| *of != session);
    }

    fn filters_of(&self, session: u32) -> Vec<String> {
        let of_session = self.subscriptions.keys().filter(|(of, _)| *of == session);
        of_session.map(|(_, filter)| filter.clone()).collect()
    }

    fn check(&mut self, topic: &str) {
        let mut found = vec![];
        self.tree.matches(topic, |session, subscription| found.push((session.0, subscription)));
        let key = |entry: &(u32, Subscription)| (entry.0, entry.1.options.bits(), entry.1.identifier);
        found.sort_by_key(key);
        let matching = self.subscriptions.iter().filter(|((_, filter), _)| matches(filter, topic));
        let mut expected: Vec<_> = matching.map(|((session, _), entry)| (*session, *entry)).collect();
        expected.sort_by_key(key);
        assert_eq!(found, expected, "{topic}");
        for session in self.lists.keys().copied().collect::<Vec<_>>() {
            let mut own = vec![];
            self.tree.matches_of(SessionIndex(session), topic, |entry| own.push((session, entry)));
            own.sort_by_key(key);
            let expected = expected.iter().filter(|entry| entry.0 == session).copied();
            assert_eq!(own, expected.collect::<Vec<_>>());
        }
        self.check_lists();
        assert_eq!(self.tree.cost(), self.tree.cost_walk());
        assert_eq!(self.tree.len(), self.subscriptions.len());
    }

    fn check_lists(&self) {
        for (session, list) in &self.lists {
            let mut seen = BTreeSet::new();
            self.tree.for_each(list, |filter, subscription| {
                assert_eq!(self.subscriptions.get(&(*session, filter.to_string())), Some(&subscription));
                assert_eq!(self.tree.get(SessionIndex(*session), filter), Some(subscription));
                assert!(seen.insert(filter.to_string()));
            });
            assert_eq!(seen.len(), list.len() as usize);
            assert_eq!(seen.len(), self.filters_of(*session).len());
        }
    }
}

pub(crate) fn any_subscription() -> impl Strategy<Value = Subscription> {
    (0..3_u8, any::<bool>(), any::<bool>(), 0..3_u8, 0..5_u32).prop_map(
        |(qos, no_local, retain_as_published, retain_handling, identifier)| Subscription {
            options: SubscriptionOptions {
                qos: QoS::from_bits(qos).unwrap(),
                no_local,
                retain_as_published,
                retain_handling: RetainHandling::from_bits(retain_handling).unwrap(),
            },
            identifier: NonZeroU32::new(identifier),
        },
    )
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u32, String, Subscription),
    Remove(u32, String),
    Clear(u32),
    Match(String),
}

fn any_step() -> impl Strategy<Value = Step> {
    let session = 0..5_u32;
    prop_oneof![
        6 => (session.clone(), any_filter(), any_subscription())
            .prop_map(|(session, filter, subscription)| Step::Insert(session, filter, subscription)),
        3 => (session.clone(), any_filter()).prop_map(|(session, filter)| Step::Remove(session, filter)),
        1 => session.prop_map(Step::Clear),
        3 => any_topic().prop_map(Step::Match),
    ]
}

proptest! {
    #[test]
    fn the_tree_is_a_list_of_filters(steps in prop::collection::vec(any_step(), 0..150)) {
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Insert(session, filter, subscription) => model.insert(session, &filter, subscription),
                Step::Remove(session, filter) => model.remove(session, &filter),
                Step::Clear(session) => model.clear(session),
                Step::Match(topic) => model.check(&topic),
            }
        }
        model.check("a/b");
        for session in 0..5 {
            model.clear(session);
        }
        prop_assert!(model.tree.is_empty());
        prop_assert_eq!(model.tree.nodes.in_use(), (1, 0));
    }
}

#[test]
fn subscriptions_come_in_the_order_in_which_they_were_made() {
    let mut model = Model::new();
    for session in [3, 1, 2] {
        for filter in ["z", "a", "+"] {
            model.insert(session, filter, Subscription::default());
        }
    }
    model.remove(1, "a");
    model.insert(1, "z", Subscription { identifier: NonZeroU32::new(9), ..Subscription::default() });
    model.insert(1, "a", Subscription::default());
    let mut filters = vec![];
    model.tree.for_each(&model.lists[&1], |filter, _| filters.push(filter.to_string()));
    assert_eq!(filters, ["z", "+", "a"]);
    let mut sessions = vec![];
    model.tree.matches("z", |session, _| sessions.push(session.0));
    assert_eq!(sessions, [3, 1, 2, 3, 1, 2]);
}

#[test]
fn nothing_recurses_on_depth() {
    let filter = format!("a{}", "/+".repeat(30_000));
    let topic = format!("a{}", "/".repeat(30_000));
    let mut model = Model::new();
    model.insert(0, &filter, Subscription::default());
    model.check(&topic);
    model.clear(0);
    assert_eq!(model.tree.nodes.in_use(), (1, 0));
}
