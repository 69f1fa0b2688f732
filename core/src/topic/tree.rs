//! Who subscribes to what: a tree with a node for each level of each filter.

use core::num::NonZeroU32;

use super::stand_in::SubscriptionOptions;
use super::subscription_list::SubscriptionList;

/// A session, by its place in the table of sessions.
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

/// All subscriptions.
#[derive(Debug)]
pub struct SubscriptionTree {}

impl SubscriptionTree {
    /// An empty tree. `seed` keys the hashing of what clients choose.
    pub fn new(seed: u64) -> Self {
        let _ = seed;
        Self {}
    }

    /// Subscribes `session` to `filter`; gives the subscription that this replaces. `filter` must be valid
    /// ([`super::filter::validate`]), `list` that of the session.
    pub fn insert(
        &mut self,
        list: &mut SubscriptionList,
        session: SessionIndex,
        filter: &str,
        subscription: Subscription,
    ) -> Option<Subscription> {
        let _ = (list, session, filter, subscription);
        None
    }

    /// Ends the subscription of `session` with this very `filter`, and gives it.
    pub fn remove(
        &mut self,
        list: &mut SubscriptionList,
        session: SessionIndex,
        filter: &str,
    ) -> Option<Subscription> {
        let _ = (list, session, filter);
        None
    }

    /// The subscription of `session` with this very `filter`.
    pub fn get(&self, session: SessionIndex, filter: &str) -> Option<Subscription> {
        let _ = (session, filter);
        None
    }

    /// Ends all subscriptions of the session with this list; `each` sees every filter.
    pub fn clear(&mut self, list: &mut SubscriptionList, each: impl FnMut(&str)) {
        let _ = (list, each);
    }

    /// All subscriptions of the session with this list, in the order in which they were made.
    pub fn for_each(&self, list: &SubscriptionList, each: impl FnMut(&str, Subscription)) {
        let _ = (list, each);
    }

    /// All subscriptions whose filter matches `topic`: as many of one session as it has matching filters.
    pub fn matches(&mut self, topic: &str, found: impl FnMut(SessionIndex, Subscription)) {
        let _ = (topic, found);
    }

    /// The subscriptions of `session` whose filters match `topic`, whatever the number of subscribers.
    pub fn matches_of(&mut self, session: SessionIndex, topic: &str, found: impl FnMut(Subscription)) {
        let _ = (session, topic, found);
    }

    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the tree holds.
    pub fn cost(&self) -> usize {
        0
    }

    /// [`Self::cost`], by a walk through everything.
    pub fn cost_walk(&self) -> usize {
        0
    }
}
