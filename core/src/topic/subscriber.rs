//! Who has which filter: a record for each pair of a session and a node of the tree, in a chain of the node
//! and in a chain of the session.

use core::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::node::NodeIndex;
use super::tree::{SessionIndex, Subscription};
use crate::slab::Slab;

/// No record.
pub(super) const NONE: u32 = u32::MAX;

/// A chain that a record is in. It is a ring, so that the last is found from the first.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chain {
    /// The subscribers of a node; of a node that names members, those of a kind.
    Node,
    /// The subscriptions of a session.
    Session,
}

#[derive(Clone, Copy, Debug)]
struct Links {
    next: u32,
    previous: u32,
}

/// One subscription. No wider than half a cache line: there are as many as clients, or more.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(super) node: NodeIndex,
    pub(crate) session: SessionIndex,
    pub(super) subscription: Subscription,
    of_node: Links,
    of_session: Links,
}

impl Subscriber {
    /// The next one of a chain that it is in.
    pub(super) fn next(&self, chain: Chain) -> u32 {
        self.links(chain).next
    }

    fn links(&self, chain: Chain) -> Links {
        match chain {
            Chain::Node => self.of_node,
            Chain::Session => self.of_session,
        }
    }

    fn links_mut(&mut self, chain: Chain) -> &mut Links {
        match chain {
            Chain::Node => &mut self.of_node,
            Chain::Session => &mut self.of_session,
        }
    }
}

/// All subscriptions.
#[derive(Debug)]
pub(super) struct Subscribers {
    records: Slab<Subscriber>,
    /// By node and session: a filter may have any number of subscribers, a session any number of filters.
    by_pair: HashTable<u32>,
    hasher: FixedState,
}

impl Subscribers {
    pub(super) fn new(seed: u64) -> Self {
        Self { records: Slab::new(), by_pair: HashTable::new(), hasher: FixedState::with_seed(seed) }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&Subscriber> {
        self.records.get(index)
    }

    pub(super) fn slots(&self, from: u32) -> impl Iterator<Item = (u32, Option<&Subscriber>)> {
        self.records.slots(from)
    }

    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut Subscriber> {
        self.records.get_mut(index)
    }

    /// The record of this pair.
    pub(super) fn find(&self, node: NodeIndex, session: SessionIndex) -> Option<u32> {
        let is_pair = |&index: &u32| {
            self.records.get(index).is_some_and(|record| record.node == node && record.session == session)
        };
        self.by_pair.find(pair_hash(&self.hasher, node, session), is_pair).copied()
    }

    /// A record for this pair, which has none. It is in no chain yet.
    pub(super) fn add(&mut self, node: NodeIndex, session: SessionIndex, subscription: Subscription) -> u32 {
        let alone = Links { next: NONE, previous: NONE };
        let record = Subscriber { node, session, subscription, of_node: alone, of_session: alone };
        let index = self.records.insert(record);
        let Self { records, by_pair, hasher } = self;
        let hash_of = |&index: &u32| {
            records.get(index).map_or(0, |record| pair_hash(hasher, record.node, record.session))
        };
        by_pair.insert_unique(pair_hash(hasher, node, session), index, hash_of);
        index
    }

    /// Removes a record that is in no chain any more.
    pub(super) fn remove(&mut self, index: u32) -> Option<Subscriber> {
        let record = self.records.remove(index)?;
        let hash = pair_hash(&self.hasher, record.node, record.session);
        if let Ok(entry) = self.by_pair.find_entry(hash, |&other| other == index) {
            entry.remove();
        }
        Some(record)
    }

    /// Puts `index` at the end of the chain that begins with `first`; gives the first one then.
    pub(super) fn append(&mut self, chain: Chain, first: u32, index: u32) -> u32 {
        let Some(Links { previous: last, .. }) = self.links(chain, first) else {
            self.set_links(chain, index, Links { next: index, previous: index });
            return index;
        };
        self.set_links(chain, index, Links { next: first, previous: last });
        self.set_next(chain, last, index);
        self.set_previous(chain, first, index);
        first
    }

    /// Takes `index` out of the chain that begins with `first`; gives the first one then, or [`NONE`].
    pub(super) fn unlink(&mut self, chain: Chain, first: u32, index: u32) -> u32 {
        let Some(Links { next, previous }) = self.links(chain, index) else { return first };
        if next == index {
            return NONE;
        }
        self.set_next(chain, previous, next);
        self.set_previous(chain, next, previous);
        if first == index { next } else { first }
    }

    /// The records of the chain that begins with `first`, in the order in which they were appended.
    #[inline]
    pub(super) fn chain(&self, chain: Chain, first: u32) -> impl Iterator<Item = &Subscriber> {
        let mut here = first;
        core::iter::from_fn(move || {
            let record = self.records.get(here)?;
            let next = record.links(chain).next;
            here = if next == first { NONE } else { next };
            Some(record)
        })
    }

    pub(super) fn cost(&self) -> usize {
        self.records.cost() + self.by_pair.allocation_size()
    }

    fn links(&self, chain: Chain, index: u32) -> Option<Links> {
        self.records.get(index).map(|record| record.links(chain))
    }

    fn set_links(&mut self, chain: Chain, index: u32, links: Links) {
        if let Some(record) = self.records.get_mut(index) {
            *record.links_mut(chain) = links;
        }
    }

    fn set_next(&mut self, chain: Chain, index: u32, next: u32) {
        if let Some(record) = self.records.get_mut(index) {
            record.links_mut(chain).next = next;
        }
    }

    fn set_previous(&mut self, chain: Chain, index: u32, previous: u32) {
        if let Some(record) = self.records.get_mut(index) {
            record.links_mut(chain).previous = previous;
        }
    }
}

fn pair_hash(hasher: &FixedState, node: NodeIndex, session: SessionIndex) -> u64 {
    hasher.hash_one(u64::from(node.0) << 32 | u64::from(session.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_takes_32_bytes() {
        let mut records = Slab::new();
        let links = Links { next: NONE, previous: NONE };
        records.insert(Subscriber {
            node: NodeIndex(0),
            session: SessionIndex(0),
            subscription: Subscription::default(),
            of_node: links,
            of_session: links,
        });
        assert_eq!(records.cost(), 256 * 32);
    }
}
