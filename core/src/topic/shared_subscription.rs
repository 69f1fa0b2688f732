//! Shared subscriptions (5.0 section 4.8.2): groups of sessions, of which one receives each message.
//!
//! A member is a record of the tree like any other subscriber, under the node of its whole filter,
//! `$share/ShareName/filter`, where no search for a topic comes by. The group is a subscriber of the filter
//! alone: to a route it is one receiver, whatever becomes of its members.

use alloc::sync::Arc;

use super::subscriber::{Chain, NONE, Subscriber};
use super::subscription_list::SubscriptionList;
use super::tree::{SessionIndex, Subscription, SubscriptionTree};

/// Marks the number of a group where there is else that of a session, or of a subscriber.
const GROUP: u32 = 1 << 31;

/// Members that are asked, for one message, whether they take it: a group may have any number.
const ASKED_MAX: usize = 64;

/// A group, by its place in the table of groups. Used again after its last member has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupIndex(u32);

impl GroupIndex {
    /// As the receiver that it is to a route.
    pub(super) const fn as_receiver(self) -> SessionIndex {
        SessionIndex(GROUP | self.0)
    }

    /// The group whose members a node names, from what the node has for its first subscriber.
    const fn of_node(first: u32) -> Option<Self> {
        if first == NONE || first & GROUP == 0 { None } else { Some(Self(first & !GROUP)) }
    }
}

impl SessionIndex {
    /// The group that this receiver is, if it is no session.
    #[inline]
    pub const fn group(self) -> Option<GroupIndex> {
        if self.0 & GROUP == 0 { None } else { Some(GroupIndex(self.0 & !GROUP)) }
    }
}

/// How a member can take the message at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// At once.
    Ready,
    /// It will wait in its queue.
    Busy,
    /// Its queue has no room.
    Full,
    /// Not at all.
    Unable,
}

/// The members that are looked at for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// All: those that are connected before those that are away, those with room before those without.
    All,
    /// Those that are connected and have room.
    Connected,
}

/// One group.
#[derive(Debug)]
pub(super) struct Group {
    /// The whole filter.
    name: Arc<str>,
    /// Its own record, under the node of the filter alone.
    record: u32,
    /// The member whose turn it is among those that are connected, and among those that are away. Each
    /// begins a ring.
    connected: u32,
    away: u32,
}

impl Group {
    /// Bytes behind it: the name and its counters.
    fn heap_cost(&self) -> usize {
        self.name.len() + 2 * size_of::<usize>()
    }
}

/// What a round of questions found.
#[derive(Default)]
struct Found {
    taker: Option<u32>,
    full: Option<u32>,
}

impl SubscriptionTree {
    /// The group with this name, `$share/ShareName/filter`.
    pub fn group(&self, name: &str) -> Option<GroupIndex> {
        GroupIndex::of_node(self.nodes.first(self.nodes.find(name)?))
    }

    /// The name of a group.
    pub fn group_name(&self, group: GroupIndex) -> Option<Arc<str>> {
        self.groups.get(group.0).map(|group| group.name.clone())
    }

    /// Whether the session with this list is a member of any group.
    pub fn is_member(&self, list: &SubscriptionList) -> bool {
        self.subscribers.get(list.first).is_some_and(|record| self.group_of(record).is_some())
    }

    /// The session with this list gained, or lost, its connection. Its groups go by that.
    pub fn set_connected(&mut self, list: &SubscriptionList, connected: bool) {
        let mut here = list.first;
        // The memberships of a session are at the start of its chain.
        for _ in 0..list.count {
            let Some(record) = self.subscribers.get(here) else { return };
            let (Some(group), next) = (self.group_of(record), record.next(Chain::Session)) else { return };
            self.unlink_member(group, here);
            self.link_member(group, here, connected);
            here = next;
        }
    }

    /// The member that gets the message at hand, and its subscription. Members take turns: the next one that
    /// takes it at once, else the next one that has room for it. `standing` is asked about each.
    pub fn choose(
        &mut self,
        group: GroupIndex,
        among: Among,
        mut standing: impl FnMut(SessionIndex, &Subscription) -> Standing,
    ) -> Option<(SessionIndex, Subscription)> {
        let &Group { connected, away, .. } = self.groups.get(group.0)?;
        let here = self.ask(connected, &mut standing);
        let (chosen, is_connected) = match (here.taker, among) {
            (Some(taker), _) => (taker, true),
            (None, Among::Connected) => return None,
            (None, Among::All) => {
                let there = self.ask(away, &mut standing);
                match (there.taker, here.full) {
                    (None, Some(full)) => (full, true),
                    (taker, _) => (taker.or(there.full)?, false),
                }
            }
        };
        let record = self.subscribers.get(chosen)?;
        let (session, subscription, next) = (record.session, record.subscription, record.next(Chain::Node));
        let group = self.groups.get_mut(group.0)?;
        *(if is_connected { &mut group.connected } else { &mut group.away }) = next;
        Some((session, subscription))
    }

    /// Whether some member of the group is kept beyond its connection; `is_kept` says it of those that have
    /// one. If there are too many to ask, yes.
    pub fn keeps(&self, group: GroupIndex, is_kept: impl Fn(SessionIndex) -> bool) -> bool {
        let Some(group) = self.groups.get(group.0) else { return false };
        // Who is away and still there is kept.
        group.away != NONE
            || self
                .subscribers
                .chain(Chain::Node, group.connected)
                .enumerate()
                .any(|(asked, record)| asked == ASKED_MAX || is_kept(record.session))
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Makes a record, which is in no chain of its node yet, a member of the group of this name. `filter` is
    /// what stands behind the ShareName.
    pub(super) fn join(&mut self, name: &str, filter: &str, index: u32) {
        let Some(node) = self.subscribers.get(index).map(|record| record.node) else { return };
        let group = GroupIndex::of_node(self.nodes.first(node)).unwrap_or_else(|| {
            let group = Group { name: name.into(), record: NONE, connected: NONE, away: NONE };
            self.groups_heap += group.heap_cost();
            let group = GroupIndex(self.groups.insert(group));
            self.nodes.set_first(node, GROUP | group.0);
            self.add_receiver(group, filter);
            group
        });
        self.link_member(group, index, true);
    }

    /// Takes a member's record out of its group, which ends with its last member. Whether it was one.
    pub(super) fn leave(&mut self, index: u32) -> bool {
        let Some(node) = self.subscribers.get(index).map(|record| record.node) else { return false };
        let Some(group) = GroupIndex::of_node(self.nodes.first(node)) else { return false };
        self.unlink_member(group, index);
        if self.groups.get(group.0).is_some_and(|group| group.connected == NONE && group.away == NONE)
            && let Some(group) = self.groups.remove(group.0)
        {
            self.groups_heap -= group.heap_cost();
            self.nodes.set_first(node, NONE);
            self.drop_record(group.record);
        }
        true
    }

    pub(super) fn groups_cost(&self) -> usize {
        self.groups.cost() + self.groups_heap
    }

    pub(super) fn groups_cost_walk(&self) -> usize {
        self.groups.cost() + self.groups.iter().map(|(_, group)| group.heap_cost()).sum::<usize>()
    }

    /// The group itself, as a subscriber of the filter.
    fn add_receiver(&mut self, group: GroupIndex, filter: &str) {
        let node = self.nodes.ensure_topic_filter(filter);
        let record = self.subscribers.add(node, group.as_receiver(), Subscription::default());
        let first = self.subscribers.append(Chain::Node, self.nodes.first(node), record);
        self.nodes.set_first(node, first);
        if let Some(group) = self.groups.get_mut(group.0) {
            group.record = record;
        }
    }

    fn group_of(&self, record: &Subscriber) -> Option<GroupIndex> {
        GroupIndex::of_node(self.nodes.first(record.node))
    }

    /// Puts a member at the end of a ring.
    fn link_member(&mut self, group: GroupIndex, index: u32, connected: bool) {
        let Some(group) = self.groups.get_mut(group.0) else { return };
        let first = if connected { &mut group.connected } else { &mut group.away };
        *first = self.subscribers.append(Chain::Node, *first, index);
    }

    /// Takes a member out of the ring that it is in.
    fn unlink_member(&mut self, group: GroupIndex, index: u32) {
        let Some(group) = self.groups.get_mut(group.0) else { return };
        // Of a ring that it does not begin, it is never the only one.
        let first = if group.away == index { &mut group.away } else { &mut group.connected };
        *first = self.subscribers.unlink(Chain::Node, *first, index);
    }

    /// Asks the members of a ring from `first` on.
    fn ask(&self, first: u32, standing: &mut impl FnMut(SessionIndex, &Subscription) -> Standing) -> Found {
        let (mut found, mut here) = (Found::default(), first);
        for _ in 0..ASKED_MAX {
            let Some(record) = self.subscribers.get(here) else { break };
            match standing(record.session, &record.subscription) {
                Standing::Ready => return Found { taker: Some(here), full: None },
                Standing::Busy => found.taker = found.taker.or(Some(here)),
                Standing::Full => found.full = found.full.or(Some(here)),
                Standing::Unable => {}
            }
            here = record.next(Chain::Node);
            if here == first {
                break;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
