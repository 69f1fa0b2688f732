//! Retained messages by topic (section 3.3.1.3), and the bounded walk that a new subscription needs.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

/// What [`RetainedStore::next_match`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextMatch<'a, V> {
    /// The next topic that the filter matches. Go on after it.
    Found(&'a str, &'a V),
    /// No further topic matches.
    Exhausted,
    /// The budget is spent; nothing up to this topic (which does not match) was left out. Go on after it.
    BudgetSpent(&'a str),
}

/// One value for each topic, in the order of the topics' bytes.
#[derive(Debug)]
pub struct RetainedStore<V> {
    by_topic: BTreeMap<Box<str>, V>,
}

impl<V> Default for RetainedStore<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> RetainedStore<V> {
    /// An empty store.
    pub const fn new() -> Self {
        Self { by_topic: BTreeMap::new() }
    }

    /// Sets the value of `topic`; gives the one that this replaces.
    pub fn insert(&mut self, topic: &str, value: V) -> Option<V> {
        self.by_topic.insert(topic.into(), value)
    }

    /// Takes the value of `topic` out.
    pub fn remove(&mut self, topic: &str) -> Option<V> {
        self.by_topic.remove(topic)
    }

    /// The value of `topic`.
    pub fn get(&self, topic: &str) -> Option<&V> {
        self.by_topic.get(topic)
    }

    /// The value of `topic`, to change it.
    pub fn get_mut(&mut self, topic: &str) -> Option<&mut V> {
        self.by_topic.get_mut(topic)
    }

    /// All values, in the order of the topics' bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.by_topic.iter().map(|(topic, value)| (&**topic, value))
    }

    /// How many topics have a value.
    pub fn len(&self) -> usize {
        self.by_topic.len()
    }

    /// Whether no topic has a value.
    pub fn is_empty(&self) -> bool {
        self.by_topic.is_empty()
    }

    /// The first topic behind `after` (in byte order; `None`: from the start) that `filter` matches. Each
    /// entry looked at takes one from `budget`; entries that the shape of the filter rules out are jumped
    /// over. The store may change between calls.
    pub fn next_match<'a>(
        &'a self,
        filter: &str,
        after: Option<&str>,
        budget: &mut usize,
    ) -> NextMatch<'a, V> {
        let _ = (filter, after, budget);
        NextMatch::Exhausted
    }

    /// Bytes held: topics, and their places in the map at its least filling. What the values hold on the
    /// heap is not in it.
    pub fn cost(&self) -> usize {
        0
    }

    /// [`Self::cost`], by a walk through everything.
    pub fn cost_walk(&self) -> usize {
        0
    }
}
