//! The sessions that receive a message: one entry a session, however many of its filters match, and one a
//! group, which gives the message to one of its members.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::subscriber::{NONE, Subscriber};
use super::tree::{SessionIndex, Subscription, SubscriptionTree};
use crate::wire::QoS;

/// A session that receives what is published to a topic, and how (5.0 section 3.3.4, 3.1.1 section 3.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The session, or the [group](SessionIndex::group): what follows then means nothing.
    pub session: SessionIndex,
    /// The highest QoS of its matching subscriptions [MQTT-3.3.4-2].
    pub qos: QoS,
    /// Whether one of them wants the RETAIN flag as published.
    pub retain_as_published: bool,
    /// Whether one of them does not want what the session itself publishes.
    pub no_local: bool,
    first_identifier: u32,
    last_identifier: u32,
}

impl Receiver {
    /// A session none of whose subscriptions was looked at yet.
    pub(crate) fn new(session: SessionIndex) -> Self {
        Self {
            session,
            qos: QoS::AtMostOnce,
            retain_as_published: false,
            no_local: false,
            first_identifier: NONE,
            last_identifier: NONE,
        }
    }

    /// Another subscription of the session matches. Its identifier is the caller's business.
    pub(crate) fn add(&mut self, subscription: &Subscription) {
        let options = subscription.options;
        self.qos = self.qos.max(options.qos);
        self.retain_as_published |= options.retain_as_published;
        self.no_local |= options.no_local;
    }
}

/// A Subscription Identifier and where the next one of the same receiver is. A chain, because the filters of
/// one session need not be found one after the other.
#[derive(Clone, Copy, Debug)]
struct Identifier {
    value: u32,
    next: u32,
}

/// Receivers, to read.
#[derive(Clone, Copy, Debug)]
pub struct Receivers<'a> {
    receivers: &'a [Receiver],
    identifiers: &'a [Identifier],
    no_local: bool,
}

impl<'a> Receivers<'a> {
    /// The receivers, each session once.
    pub fn as_slice(&self) -> &'a [Receiver] {
        self.receivers
    }

    /// How many sessions receive.
    pub fn len(&self) -> usize {
        self.receivers.len()
    }

    /// Receivers and identifiers: the work of copying.
    pub(super) fn weight(&self) -> usize {
        self.receivers.len() + self.identifiers.len()
    }

    /// Whether nobody receives.
    pub fn is_empty(&self) -> bool {
        self.receivers.is_empty()
    }

    /// The Subscription Identifiers of all matching subscriptions of `receiver` [MQTT-3.3.4-4], which must be
    /// one of these.
    pub fn identifiers(&self, receiver: &Receiver) -> impl Iterator<Item = u32> + use<'a> {
        let identifiers = self.identifiers;
        let mut here = receiver.first_identifier;
        core::iter::from_fn(move || {
            let identifier = identifiers.get(here as usize)?;
            here = identifier.next;
            Some(identifier.value)
        })
    }

    /// Whether any of the subscriptions has No Local.
    pub fn no_local(&self) -> bool {
        self.no_local
    }

    /// Whether these are not the receivers of what `publisher` publishes, because a subscription of its own
    /// has No Local. Then [`ReceiversBuffer::gather`] with the publisher finds those that are.
    pub fn differ_for(&self, publisher: SessionIndex) -> bool {
        self.no_local
            && self.receivers.iter().any(|receiver| receiver.no_local && receiver.session == publisher)
    }
}

/// Receivers, as a route remembers them: mostly there is one, and it stands in place.
#[derive(Debug, Default)]
pub(super) enum RememberedReceivers {
    #[default]
    Nobody,
    One(Receiver),
    Many(Box<StoredReceivers>),
}

impl RememberedReceivers {
    pub(super) fn as_receivers(&self) -> Receivers<'_> {
        match self {
            Self::Nobody => Receivers { receivers: &[], identifiers: &[], no_local: false },
            Self::One(receiver) => {
                let receivers = core::slice::from_ref(receiver);
                Receivers { receivers, identifiers: &[], no_local: receiver.no_local }
            }
            Self::Many(stored) => stored.as_receivers(),
        }
    }

    /// Takes the place of what was in, in the same allocation if there is one that fits.
    pub(super) fn replace(&mut self, by: Receivers<'_>) {
        match (by.receivers, by.identifiers, &mut *self) {
            ([], ..) => *self = Self::Nobody,
            ([one], [], _) => *self = Self::One(*one),
            (_, _, Self::Many(stored)) => stored.replace(by),
            _ => {
                let mut stored = Box::<StoredReceivers>::default();
                stored.replace(by);
                *self = Self::Many(stored);
            }
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Nobody | Self::One(_) => 0,
            Self::Many(stored) => size_of::<StoredReceivers>() + stored.cost(),
        }
    }
}

/// Receivers, as they were gathered.
#[derive(Debug, Default)]
pub(super) struct StoredReceivers {
    receivers: Vec<Receiver>,
    identifiers: Vec<Identifier>,
    no_local: bool,
}

impl StoredReceivers {
    pub(super) fn as_receivers(&self) -> Receivers<'_> {
        Receivers { receivers: &self.receivers, identifiers: &self.identifiers, no_local: self.no_local }
    }

    /// Takes the place of what was in, in the same allocation unless that is too small, or much too large.
    pub(super) fn replace(&mut self, by: Receivers<'_>) {
        refill(&mut self.receivers, by.receivers);
        refill(&mut self.identifiers, by.identifiers);
        self.no_local = by.no_local;
    }

    pub(super) fn cost(&self) -> usize {
        self.receivers.capacity() * size_of::<Receiver>()
            + self.identifiers.capacity() * size_of::<Identifier>()
    }

    fn push(&mut self, record: &Subscriber) -> u32 {
        let mut receiver = Receiver::new(record.session);
        receiver.add(&record.subscription);
        self.receivers.push(receiver);
        let position = self.receivers.len() - 1;
        self.add_identifier(position, record);
        position as u32
    }

    /// Adds another subscription of a session that is in already.
    fn merge(&mut self, position: u32, record: &Subscriber) {
        if let Some(receiver) = self.receivers.get_mut(position as usize) {
            receiver.add(&record.subscription);
        }
        self.add_identifier(position as usize, record);
    }

    fn add_identifier(&mut self, position: usize, record: &Subscriber) {
        self.no_local |= record.subscription.options.no_local;
        let Some(identifier) = record.subscription.identifier else { return };
        let Some(receiver) = self.receivers.get_mut(position) else { return };
        let index = self.identifiers.len() as u32;
        match self.identifiers.get_mut(receiver.last_identifier as usize) {
            Some(last) => last.next = index,
            None => receiver.first_identifier = index,
        }
        receiver.last_identifier = index;
        self.identifiers.push(Identifier { value: identifier.get(), next: NONE });
    }
}

fn refill<T: Copy>(buffer: &mut Vec<T>, by: &[T]) {
    if buffer.capacity() > by.len().saturating_mul(4).max(4) {
        *buffer = Vec::new();
    }
    buffer.clear();
    buffer.reserve_exact(by.len());
    buffer.extend_from_slice(by);
}

/// Up to this many receivers, looking through them is quicker than a table.
const LOOKED_THROUGH: usize = 16;

/// The receivers of one topic, as they are gathered. Used again and again, so that gathering allocates
/// nothing.
#[derive(Debug)]
pub struct ReceiversBuffer {
    gathered: StoredReceivers,
    /// Positions by session, once there are more than [`LOOKED_THROUGH`].
    by_session: HashTable<u32>,
    hasher: FixedState,
}

impl Default for ReceiversBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl ReceiversBuffer {
    /// An empty buffer. Allocates nothing.
    pub fn new() -> Self {
        // Sessions are numbered by the broker: nobody can choose numbers that collide.
        let hasher = FixedState::with_seed(0);
        Self { gathered: StoredReceivers::default(), by_session: HashTable::new(), hasher }
    }

    /// Replaces what is in by the receivers of `topic`, in an order that follows from the history of the
    /// tree alone. With `publisher`, subscriptions of that session with No Local are left out
    /// [MQTT-3.8.3-3]; without, they are in (what a route remembers).
    pub fn gather(&mut self, tree: &mut SubscriptionTree, topic: &str, publisher: Option<SessionIndex>) {
        self.clear();
        tree.search(topic);
        let filters = tree.found();
        let only_filter = filters.len() == 1;
        for record in filters.flatten() {
            if record.subscription.options.no_local && publisher == Some(record.session) {
                continue;
            }
            if only_filter {
                // Where one filter matches, no session comes twice.
                self.gathered.push(record);
            } else {
                self.add(record);
            }
        }
    }

    /// What was gathered.
    pub fn as_receivers(&self) -> Receivers<'_> {
        self.gathered.as_receivers()
    }

    /// Bytes held, in use or not.
    pub fn cost(&self) -> usize {
        self.gathered.cost() + self.by_session.allocation_size()
    }

    fn clear(&mut self) {
        self.gathered.receivers.clear();
        self.gathered.identifiers.clear();
        self.gathered.no_local = false;
        if !self.by_session.is_empty() {
            self.by_session.clear();
        }
    }

    fn add(&mut self, record: &Subscriber) {
        match self.position(record.session) {
            Some(position) => self.gathered.merge(position, record),
            None => {
                let position = self.gathered.push(record);
                self.note(position);
            }
        }
    }

    fn position(&self, session: SessionIndex) -> Option<u32> {
        let receivers = &self.gathered.receivers;
        if self.by_session.is_empty() {
            let position = receivers.iter().position(|receiver| receiver.session == session)?;
            return u32::try_from(position).ok();
        }
        let is_it = |&position: &u32| {
            receivers.get(position as usize).is_some_and(|receiver| receiver.session == session)
        };
        self.by_session.find(self.hasher.hash_one(session.0), is_it).copied()
    }

    /// Notes where the receiver is that was just added: all of them, once they are too many to look through.
    fn note(&mut self, position: u32) {
        let Self { gathered, by_session, hasher } = self;
        let receivers = &gathered.receivers;
        let first = match by_session.is_empty() {
            true if receivers.len() <= LOOKED_THROUGH => return,
            true => 0,
            false => position,
        };
        let hash_of = |&position: &u32| {
            receivers.get(position as usize).map_or(0, |receiver| hasher.hash_one(receiver.session.0))
        };
        for position in first..=position {
            by_session.insert_unique(hash_of(&position), position, hash_of);
        }
    }
}

#[cfg(test)]
mod tests;
