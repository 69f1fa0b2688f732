//! Who subscribes to what: a tree with a node for each level of each filter.

use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use super::filter;
use super::node::{NodeIndex, Nodes, Search};
use super::shared_subscription::Group;
use super::subscriber::{Chain, NONE, Subscriber, Subscribers};
use super::subscription_list::SubscriptionList;
use super::symbol::Symbol;
use crate::fault::Planted;
use crate::slab::Slab;
use crate::wire::SubscriptionOptions;

/// A session, by its place in the table of sessions; as a receiver, it may be a [group](Self::group) instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionIndex(pub u32);

/// What a session asked for with a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// QoS, No Local, Retain As Published, Retain Handling.
    pub options: SubscriptionOptions,
    /// The Subscription Identifier (5.0 section 3.8.2.1.2).
    pub identifier: Option<NonZeroU32>,
}

/// All subscriptions. One for each pair of session and filter [MQTT-3.8.4-3]; subscribing, replacing and
/// unsubscribing take as long as the filter has levels, whatever the number of subscribers. Those with a
/// filter `$share/ShareName/filter` are members of a group, and the group is what is found for a topic.
///
/// Whoever changes it tells the [`Routes`](super::Routes), too.
///
/// ```
/// use hushwing_core::topic::{SessionIndex, Subscription, SubscriptionList, SubscriptionTree};
///
/// let mut tree = SubscriptionTree::new(42);
/// let (owl, mouse) = (SessionIndex(0), SessionIndex(1));
/// let (mut of_owl, mut of_mouse) = (SubscriptionList::EMPTY, SubscriptionList::EMPTY);
/// tree.insert(&mut of_owl, owl, "wood/+/noise", Subscription::default());
/// tree.insert(&mut of_mouse, mouse, "wood/#", Subscription::default());
///
/// let mut found = Vec::new();
/// tree.matches("wood/oak/noise", |session, _| found.push(session));
/// found.sort_unstable();
/// assert_eq!(found, [owl, mouse]);
///
/// tree.remove(&mut of_mouse, mouse, "wood/#");
/// assert_eq!((tree.len(), tree.get(mouse, "wood/#")), (1, None));
/// ```
#[derive(Debug)]
pub struct SubscriptionTree {
    pub(super) nodes: Nodes,
    pub(super) subscribers: Subscribers,
    pub(super) groups: Slab<Group>,
    /// Bytes behind the groups.
    pub(super) groups_heap: usize,
    search: Search,
    path: Vec<Symbol>,
}

impl SubscriptionTree {
    /// An empty tree. `seed` keys the hashing of what clients choose.
    pub fn new(seed: u64) -> Self {
        Self {
            nodes: Nodes::new(seed),
            subscribers: Subscribers::new(seed),
            groups: Slab::new(),
            groups_heap: 0,
            search: Search::default(),
            path: Vec::new(),
        }
    }

    /// Makes the mistake that is planted.
    pub(crate) fn plant(&mut self, planted: Planted) {
        self.nodes.planted = planted;
    }

    /// Subscribes `session` to `filter`; gives the subscription that this replaces. `filter` must be valid
    /// ([`super::filter::validate`]), `list` that of the session. A new member of a group counts as connected
    /// ([`Self::set_connected`]).
    pub fn insert(
        &mut self,
        list: &mut SubscriptionList,
        session: SessionIndex,
        filter: &str,
        subscription: Subscription,
    ) -> Option<Subscription> {
        let node = self.nodes.ensure(filter);
        if let Some(index) = self.subscribers.find(node, session) {
            let record = self.subscribers.get_mut(index)?;
            return Some(core::mem::replace(&mut record.subscription, subscription));
        }
        let index = self.subscribers.add(node, session, subscription);
        let first_of_session = self.subscribers.append(Chain::Session, list.first, index);
        list.count += 1;
        if let Ok(Some((_, alone))) = filter::parse_shared(filter) {
            self.join(filter, alone, index);
            // The memberships of a session come before its other subscriptions.
            list.first = index;
            return None;
        }
        let first = self.subscribers.append(Chain::Node, self.nodes.first(node), index);
        self.nodes.set_first(node, first);
        list.first = first_of_session;
        None
    }

    /// Ends the subscription of `session` with this very `filter` [MQTT-3.10.4-1], and gives it.
    pub fn remove(
        &mut self,
        list: &mut SubscriptionList,
        session: SessionIndex,
        filter: &str,
    ) -> Option<Subscription> {
        let node = self.nodes.find(filter)?;
        let index = self.subscribers.find(node, session)?;
        list.first = self.subscribers.unlink(Chain::Session, list.first, index);
        list.count = list.count.saturating_sub(1);
        self.drop_record(index).map(|record| record.subscription)
    }

    /// The subscription of `session` with this very `filter`.
    pub fn get(&self, session: SessionIndex, filter: &str) -> Option<Subscription> {
        let index = self.subscribers.find(self.nodes.find(filter)?, session)?;
        self.subscribers.get(index).map(|record| record.subscription)
    }

    /// Ends all subscriptions of the session with this list; `each` sees every filter.
    pub fn clear(&mut self, list: &mut SubscriptionList, mut each: impl FnMut(&str)) {
        let mut filter = String::new();
        while let Some(node) = self.subscribers.get(list.first).map(|record| record.node) {
            let index = list.first;
            self.nodes.write_filter(node, &mut self.path, &mut filter);
            list.first = self.subscribers.unlink(Chain::Session, index, index);
            self.drop_record(index);
            each(&filter);
        }
        *list = SubscriptionList::EMPTY;
    }

    /// All subscriptions of the session with this list: shared ones first, the last made before the others;
    /// then the rest in the order in which they were made.
    pub fn for_each(&self, list: &SubscriptionList, mut each: impl FnMut(&str, Subscription)) {
        let (mut path, mut filter) = (Vec::new(), String::new());
        for record in self.subscribers.chain(Chain::Session, list.first) {
            self.nodes.write_filter(record.node, &mut path, &mut filter);
            each(&filter, record.subscription);
        }
    }

    /// See [`Slab::slots`](crate::slab::Slab::slots).
    pub(crate) fn slots(&self, from: u32) -> impl Iterator<Item = (u32, Option<&Subscriber>)> {
        self.subscribers.slots(from)
    }

    /// The filter and the rest of a subscription that [`Self::slots`] gave.
    pub(crate) fn describe(&self, record: &Subscriber) -> (String, Subscription) {
        let (mut path, mut filter) = (Vec::new(), String::new());
        self.nodes.write_filter(record.node, &mut path, &mut filter);
        (filter, record.subscription)
    }

    /// All subscriptions whose filter matches `topic`: as many of one session as it has matching filters, and
    /// one for each group, whose members say for themselves what they want.
    pub fn matches(&mut self, topic: &str, mut found: impl FnMut(SessionIndex, Subscription)) {
        self.search(topic);
        for record in self.found().flatten() {
            found(record.session, record.subscription);
        }
    }

    /// The subscriptions of `session` whose filters match `topic`, whatever the number of subscribers; without
    /// those that it shares.
    pub fn matches_of(&mut self, session: SessionIndex, topic: &str, mut found: impl FnMut(Subscription)) {
        self.search(topic);
        for &node in &self.search.found {
            let index = self.subscribers.find(node, session);
            if let Some(record) = index.and_then(|index| self.subscribers.get(index)) {
                found(record.subscription);
            }
        }
    }

    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        // A group is a subscriber, but no subscription.
        self.subscribers.len() - self.groups.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held: pages of slots, hash tables as allocated, texts of levels that are longer than their slot,
    /// room for searching.
    pub fn cost(&self) -> usize {
        self.nodes.cost() + self.groups_cost() + self.cost_of_the_rest()
    }

    /// [`Self::cost`], by a walk through everything.
    pub fn cost_walk(&self) -> usize {
        self.nodes.cost_walk() + self.groups_cost_walk() + self.cost_of_the_rest()
    }

    /// Finds the filters that match `topic`, for [`Self::found`].
    #[inline]
    pub(super) fn search(&mut self, topic: &str) {
        self.nodes.search(topic, &mut self.search);
    }

    /// The subscribers of each filter that the last search found. A session is once in one filter.
    #[inline]
    pub(super) fn found(&self) -> impl ExactSizeIterator<Item = impl Iterator<Item = &Subscriber>> {
        let first = |&node: &NodeIndex| self.nodes.first(node);
        self.search.found.iter().map(move |node| self.subscribers.chain(Chain::Node, first(node)))
    }

    fn cost_of_the_rest(&self) -> usize {
        self.subscribers.cost() + self.search.cost() + self.path.capacity() * size_of::<Symbol>()
    }

    /// Removes a record that is in the chain of its node only, and the nodes that nothing needs then.
    pub(super) fn drop_record(&mut self, index: u32) -> Option<Subscriber> {
        let node = self.subscribers.get(index)?.node;
        if !self.leave(index) {
            let first = self.subscribers.unlink(Chain::Node, self.nodes.first(node), index);
            self.nodes.set_first(node, first);
        }
        if self.nodes.first(node) == NONE {
            self.nodes.prune(node);
        }
        self.subscribers.remove(index)
    }
}

#[cfg(test)]
pub(crate) mod tests;
