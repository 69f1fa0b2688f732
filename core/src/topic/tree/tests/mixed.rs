//! Ordinary and shared subscriptions of the same filters, side by side in one tree.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};

use proptest::prelude::*;

use crate::topic::filter::tests::{any_filter, any_topic, naive_matches};
use crate::topic::shared_subscription::{Among, Standing};
use crate::topic::{ReceiversBuffer, SessionIndex, Subscription, SubscriptionList, SubscriptionTree};

const SESSIONS: u32 = 4;

#[derive(Clone, Debug)]
enum Step {
    Subscribe(u32, String),
    Unsubscribe(u32, String),
    EndSession(u32),
    SetConnected(u32, bool),
    Publish(String),
}

/// A tree, and who has which subscription.
struct Model {
    tree: SubscriptionTree,
    lists: BTreeMap<u32, SubscriptionList>,
    subscriptions: BTreeSet<(u32, String)>,
}

impl Model {
    fn take(&mut self, step: Step) {
        match step {
            Step::Subscribe(session, name) => {
                let list = self.lists.entry(session).or_default();
                let before = self.tree.insert(list, SessionIndex(session), &name, Subscription::default());
                assert_eq!(before.is_none(), self.subscriptions.insert((session, name)));
            }
            Step::Unsubscribe(session, name) => {
                let list = self.lists.entry(session).or_default();
                let removed = self.tree.remove(list, SessionIndex(session), &name);
                assert_eq!(removed.is_some(), self.subscriptions.remove(&(session, name)));
            }
            Step::EndSession(session) => {
                self.tree.clear(self.lists.entry(session).or_default(), |_| ());
                self.subscriptions.retain(|(of, _)| *of != session);
            }
            Step::SetConnected(session, connected) => {
                self.tree.set_connected(self.lists.entry(session).or_default(), connected);
            }
            Step::Publish(topic) => self.publish(&topic),
        }
        assert_eq!(self.tree.len(), self.subscriptions.len());
        assert_eq!(self.tree.cost(), self.tree.cost_walk());
    }

    /// Once to each session that has an ordinary subscription, and once to somebody of each group (5.0 section 4.8.2).
    fn publish(&mut self, topic: &str) {
        let (mut alone, mut groups) = (BTreeSet::new(), BTreeMap::<String, BTreeSet<u32>>::new());
        for (session, name) in &self.subscriptions {
            let inner = name.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
            if !naive_matches(inner.map_or(name, |(_, filter)| filter), topic) {
                continue;
            }
            match inner {
                Some(_) => groups.entry(name.clone()).or_default().insert(*session),
                None => alone.insert(*session),
            };
        }
        let mut buffer = ReceiversBuffer::new();
        buffer.gather(&mut self.tree, topic, None);
        let found = buffer.as_receivers();
        assert_eq!(found.len(), alone.len() + groups.len(), "{topic}");
        for receiver in found.as_slice() {
            let Some(group) = receiver.session.group() else {
                assert!(alone.remove(&receiver.session.0), "{topic}");
                continue;
            };
            let name = self.tree.group_name(group).unwrap().to_string();
            let chosen = self.tree.choose(group, Among::All, |_, _| Standing::Ready).map(|(of, _)| of.0);
            let members = groups.remove(&name);
            assert!(members.is_some_and(|of| of.contains(&chosen.unwrap())), "{name} at {topic}");
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let session = 0..SESSIONS;
    let shared = (0..2_u8, any_filter()).prop_map(|(share, filter)| format!("$share/g{share}/{filter}"));
    let name = prop_oneof![any_filter(), shared];
    prop_oneof![
        6 => (session.clone(), name.clone()).prop_map(|(session, name)| Step::Subscribe(session, name)),
        3 => (session.clone(), name).prop_map(|(session, name)| Step::Unsubscribe(session, name)),
        1 => session.clone().prop_map(Step::EndSession),
        1 => (session, any::<bool>()).prop_map(|(session, connected)| Step::SetConnected(session, connected)),
        4 => any_topic().prop_map(Step::Publish),
    ]
}

proptest! {
    #[test]
    fn groups_and_sessions_are_found_side_by_side(steps in prop::collection::vec(any_step(), 0..150)) {
        let mut model =
            Model { tree: SubscriptionTree::new(5), lists: BTreeMap::new(), subscriptions: BTreeSet::new() };
        steps.into_iter().for_each(|step| model.take(step));
    }
}
