use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::topic::filter::matches;
use crate::topic::filter::tests::{any_filter, any_topic};
use crate::topic::{Receiver, ReceiversBuffer};

/// A tree with shared subscriptions only, and the plainest thing that it could be.
struct Model {
    tree: SubscriptionTree,
    lists: BTreeMap<u32, SubscriptionList>,
    away: BTreeSet<u32>,
    groups: BTreeMap<String, Members>,
}

/// The members of a group, whose turn it is first.
#[derive(Clone, Debug, Default)]
struct Members {
    connected: VecDeque<u32>,
    away: VecDeque<u32>,
}

impl Members {
    fn of(&mut self, away: bool) -> &mut VecDeque<u32> {
        if away { &mut self.away } else { &mut self.connected }
    }

    fn choose(&mut self, among: Among, standing: &BTreeMap<u32, Standing>) -> Option<u32> {
        let at = |members: &VecDeque<u32>, wanted| members.iter().position(|of| standing[of] == wanted);
        let best = |members| at(members, Standing::Ready).or(at(members, Standing::Busy));
        let full = |members| at(members, Standing::Full);
        let (connected, away) = (&self.connected, &self.away);
        let (ring, position) = match best(connected) {
            Some(position) => (&mut self.connected, position),
            None if among == Among::Connected => return None,
            None => match (best(away), full(connected), full(away)) {
                (Some(position), _, _) | (None, None, Some(position)) => (&mut self.away, position),
                (None, Some(position), _) => (&mut self.connected, position),
                (None, None, None) => return None,
            },
        };
        ring.rotate_left(position);
        ring.rotate_left(1);
        ring.back().copied()
    }
}

impl Model {
    fn new() -> Self {
        let (lists, groups) = (BTreeMap::new(), BTreeMap::new());
        Self { tree: SubscriptionTree::new(3), lists, away: BTreeSet::new(), groups }
    }

    fn insert(&mut self, session: u32, name: &str) {
        let list = self.lists.entry(session).or_default();
        let replaced = self.tree.insert(list, SessionIndex(session), name, Subscription::default());
        let members = self.groups.entry(name.to_string()).or_default();
        let known = members.connected.contains(&session) || members.away.contains(&session);
        assert_eq!(replaced.is_some(), known);
        if !known {
            members.connected.push_back(session);
            if self.away.contains(&session) {
                self.tree.set_connected(list, false);
                self.turn_to_the_end(session);
            }
        }
    }

    /// What [`SubscriptionTree::set_connected`] does, the last made membership first: the order among groups
    /// does not show.
    fn turn_to_the_end(&mut self, session: u32) {
        for members in self.groups.values_mut() {
            let known = members.connected.contains(&session) || members.away.contains(&session);
            members.connected.retain(|of| *of != session);
            members.away.retain(|of| *of != session);
            if known {
                members.of(self.away.contains(&session)).push_back(session);
            }
        }
    }

    fn set_connected(&mut self, session: u32, connected: bool) {
        if connected {
            self.away.remove(&session);
        } else {
            self.away.insert(session);
        }
        self.tree.set_connected(self.lists.entry(session).or_default(), connected);
        self.turn_to_the_end(session);
    }

    fn remove(&mut self, session: u32, name: &str) {
        let list = self.lists.entry(session).or_default();
        let removed = self.tree.remove(list, SessionIndex(session), name).is_some();
        let members = self.groups.entry(name.to_string()).or_default();
        let known = members.connected.contains(&session) || members.away.contains(&session);
        assert_eq!(removed, known);
        members.connected.retain(|of| *of != session);
        members.away.retain(|of| *of != session);
        self.forget_empty_groups();
    }

    fn clear(&mut self, session: u32) {
        let mut seen = vec![];
        self.tree.clear(self.lists.entry(session).or_default(), |filter| seen.push(filter.to_string()));
        seen.sort();
        let mut expected = vec![];
        for (name, members) in &mut self.groups {
            let before = members.connected.len() + members.away.len();
            members.connected.retain(|of| *of != session);
            members.away.retain(|of| *of != session);
            if members.connected.len() + members.away.len() < before {
                expected.push(name.clone());
            }
        }
        assert_eq!(seen, expected);
        self.forget_empty_groups();
    }

    fn forget_empty_groups(&mut self) {
        self.groups.retain(|_, members| !members.connected.is_empty() || !members.away.is_empty());
    }

    /// Every group whose filter matches is found once, and gives the message to the member whose turn it is.
    fn publish(&mut self, topic: &str, among: Among, standing: &BTreeMap<u32, Standing>) {
        let mut buffer = ReceiversBuffer::new();
        buffer.gather(&mut self.tree, topic, None);
        let mut chosen = BTreeMap::new();
        for Receiver { session, .. } in buffer.as_receivers().as_slice() {
            let group = session.group().expect("nobody subscribes alone");
            let name = self.tree.group_name(group).unwrap();
            assert_eq!(self.tree.group(&name), Some(group));
            let taker = self.tree.choose(group, among, |session, _| standing[&session.0]);
            let taker = taker.map(|(session, _)| session.0);
            assert!(chosen.insert(name.to_string(), taker).is_none(), "{name} twice");
        }
        let mut expected = BTreeMap::new();
        for (name, members) in &mut self.groups {
            let (_, filter) = crate::topic::filter::parse_shared(name).unwrap().unwrap();
            if matches(filter, topic) {
                expected.insert(name.clone(), members.choose(among, standing));
            }
        }
        assert_eq!(chosen, expected, "{topic}");
    }

    fn check(&self) {
        assert_eq!(self.tree.cost(), self.tree.cost_walk());
        assert_eq!(self.tree.groups(), self.groups.len());
        let memberships = |members: &Members| members.connected.len() + members.away.len();
        assert_eq!(self.tree.len(), self.groups.values().map(memberships).sum::<usize>());
        for (session, list) in &self.lists {
            let is_member =
                |members: &Members| members.connected.contains(session) || members.away.contains(session);
            let expected: BTreeSet<&String> =
                self.groups.iter().filter(|(_, members)| is_member(members)).map(|(name, _)| name).collect();
            assert_eq!(self.tree.is_member(list), !expected.is_empty());
            let mut seen = 0;
            self.tree.for_each(list, |name, _| {
                seen += 1;
                assert!(expected.contains(&name.to_string()), "{name}");
            });
            assert_eq!(seen, expected.len());
        }
    }
}

const SESSIONS: u32 = 5;

#[derive(Clone, Debug)]
enum Step {
    Insert(u32, String),
    Remove(u32, String),
    Clear(u32),
    SetConnected(u32, bool),
    Publish(String, Among, BTreeMap<u32, Standing>),
}

fn any_name() -> impl Strategy<Value = String> {
    let filter = prop_oneof![8 => any_filter(), 1 => Just(String::from("$share/g/a"))];
    (0..2_u8, filter).prop_map(|(share, filter)| format!("$share/g{share}/{filter}"))
}

fn any_standing() -> impl Strategy<Value = BTreeMap<u32, Standing>> {
    let one = prop_oneof![
        4 => Just(Standing::Ready),
        2 => Just(Standing::Busy),
        1 => Just(Standing::Full),
        1 => Just(Standing::Unable)
    ];
    prop::collection::vec(one, SESSIONS as usize).prop_map(|all| (0..).zip(all).collect())
}

fn any_step() -> impl Strategy<Value = Step> {
    let session = 0..SESSIONS;
    let topic = prop_oneof![8 => any_topic(), 1 => Just(String::from("$share/g/a"))];
    let among = prop_oneof![3 => Just(Among::All), 1 => Just(Among::Connected)];
    prop_oneof![
        5 => (session.clone(), any_name()).prop_map(|(session, name)| Step::Insert(session, name)),
        2 => (session.clone(), any_name()).prop_map(|(session, name)| Step::Remove(session, name)),
        1 => session.clone().prop_map(Step::Clear),
        2 => (session, any::<bool>()).prop_map(|(session, connected)| Step::SetConnected(session, connected)),
        5 => (topic, among, any_standing()).prop_map(|(topic, among, of)| Step::Publish(topic, among, of)),
    ]
}

proptest! {
    #[test]
    fn every_message_goes_to_one_member_of_each_group(steps in prop::collection::vec(any_step(), 0..120)) {
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Insert(session, name) => model.insert(session, &name),
                Step::Remove(session, name) => model.remove(session, &name),
                Step::Clear(session) => model.clear(session),
                Step::SetConnected(session, connected) => model.set_connected(session, connected),
                Step::Publish(topic, among, standing) => model.publish(&topic, among, &standing),
            }
            model.check();
        }
        for session in 0..SESSIONS {
            model.clear(session);
        }
        prop_assert!(model.tree.is_empty());
        prop_assert_eq!(model.tree.nodes.in_use(), (1, 0));
    }
}

fn tree_of(members: impl IntoIterator<Item = u32>, name: &str) -> (SubscriptionTree, GroupIndex) {
    let mut tree = SubscriptionTree::new(1);
    for session in members {
        let mut list = SubscriptionList::EMPTY;
        tree.insert(&mut list, SessionIndex(session), name, Subscription::default());
    }
    let group = tree.group(name).unwrap();
    (tree, group)
}

#[test]
fn members_take_turns() {
    let (mut tree, group) = tree_of([4, 7, 2], "$share/g/a");
    let mut next = || tree.choose(group, Among::All, |_, _| Standing::Ready).unwrap().0.0;
    assert_eq!([next(), next(), next(), next()], [4, 7, 2, 4]);
    // Who is busy keeps the turn.
    let standing = |session: SessionIndex, _: &Subscription| {
        if session.0 == 7 { Standing::Busy } else { Standing::Ready }
    };
    let mut next = || tree.choose(group, Among::All, standing).unwrap().0.0;
    assert_eq!([next(), next(), next()], [2, 4, 2]);
}

#[test]
fn a_large_group_is_not_asked_whole() {
    let (mut tree, group) = tree_of(0..1_000, "$share/g/a");
    let mut asked = 0;
    let chosen = tree.choose(group, Among::All, |_, _| {
        asked += 1;
        Standing::Unable
    });
    assert_eq!((chosen, asked), (None, ASKED_MAX));
    assert!(tree.keeps(group, |_| false), "who is not asked may be kept");
    let (tree, group) = tree_of(0..ASKED_MAX as u32, "$share/g/a");
    assert!(!tree.keeps(group, |_| false));
    assert!(tree.keeps(group, |session| session.0 == ASKED_MAX as u32 - 1));
}

#[test]
fn who_shares_and_subscribes_receives_twice() {
    let mut tree = SubscriptionTree::new(1);
    let mut list = SubscriptionList::EMPTY;
    for filter in ["a", "$share/g/a", "+", "$share/h/+"] {
        tree.insert(&mut list, SessionIndex(3), filter, Subscription::default());
    }
    let mut buffer = ReceiversBuffer::new();
    buffer.gather(&mut tree, "a", None);
    let receivers: Vec<_> =
        buffer.as_receivers().as_slice().iter().map(|of| of.session.group().is_some()).collect();
    assert_eq!(receivers.iter().filter(|is_group| **is_group).count(), 2);
    assert_eq!(receivers.len(), 3);
    let mut filters = vec![];
    tree.for_each(&list, |filter, _| filters.push(filter.to_string()));
    assert_eq!(filters, ["$share/h/+", "$share/g/a", "a", "+"]);
}

#[test]
fn an_ill_formed_one_is_an_ordinary_filter_here() {
    let (mut tree, mut list) = (SubscriptionTree::new(1), SubscriptionList::EMPTY);
    for filter in ["$share", "$share/", "$share/g", "$share//a", "$share/g/"] {
        tree.insert(&mut list, SessionIndex(0), filter, Subscription::default());
        assert_eq!((tree.groups(), tree.group(filter)), (0, None), "{filter}");
        let mut found = 0;
        tree.matches(filter, |session, _| found += session.0 + 1);
        assert_eq!(found, 1, "{filter}");
    }
}
