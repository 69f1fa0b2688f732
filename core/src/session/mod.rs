//! What outlives a connection: subscriptions, messages owed, identifiers, the will (5.0 section 4.1).

pub(crate) mod incoming;
pub(crate) mod outgoing;
pub(crate) mod packet_identifier;
pub(crate) mod queue;
pub(crate) mod replay;

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use self::incoming::Incoming;
use self::outgoing::Outgoing;
use crate::connection::ConnectionIndex;
use crate::id::Position;
use crate::slab::{OptionalIndex, Slab};
use crate::time::Instant;
use crate::topic::SubscriptionList;
use crate::version::ProtocolVersion;
use crate::will::Will;

pub(crate) use crate::topic::tree::SessionIndex;

/// A Session Expiry Interval that never passes.
pub(crate) const NEVER_EXPIRES: u32 = u32::MAX;

/// The state of one client identifier.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client_identifier: Box<str>,
    /// Its number: unique over shards and restarts.
    pub(crate) record: u64,
    /// When its connection was accepted; without one, when the last one ended.
    pub(crate) since: Instant,
    /// The deadline in the timer table; [`Instant::FAR_FUTURE`] for none.
    pub(crate) armed: Instant,
    /// The last group that has a record of it.
    pub(crate) latest: Position,
    pub(crate) subscriptions: SubscriptionList,
    pub(crate) outgoing: Option<Box<Outgoing>>,
    pub(crate) incoming: Option<Box<Incoming>>,
    pub(crate) will: Option<Box<Will>>,
    connection: OptionalIndex,
    pub(crate) expiry_interval_seconds: u32,
    /// How many QoS 1 and 2 messages may be in flight on its connection.
    pub(crate) slots: u16,
    /// The heap cost that the memory account holds for it.
    pub(crate) counted: u32,
    pub(crate) version: ProtocolVersion,
    /// How much of it is in the journal.
    pub(crate) recorded: Recorded,
}

/// How much of a session the journal has. It grows only, until the session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Recorded {
    /// Nothing.
    Nothing,
    /// The session itself: it has, or had, a will.
    Itself,
    /// What it owes and knows, too: it outlives its connection, or once was to.
    Whole,
}

impl Session {
    pub(crate) fn new(client_identifier: &str, record: u64) -> Self {
        Self {
            client_identifier: client_identifier.into(),
            record,
            since: Instant::default(),
            armed: Instant::FAR_FUTURE,
            latest: Position::NONE,
            subscriptions: SubscriptionList::default(),
            outgoing: None,
            incoming: None,
            will: None,
            connection: OptionalIndex::NONE,
            expiry_interval_seconds: 0,
            slots: 0,
            counted: 0,
            version: ProtocolVersion::V3_1_1,
            recorded: Recorded::Nothing,
        }
    }

    /// The connection that serves it, if there is one.
    pub(crate) fn connection(&self) -> Option<ConnectionIndex> {
        self.connection.get().map(ConnectionIndex)
    }

    pub(crate) fn set_connection(&mut self, connection: Option<ConnectionIndex>) {
        self.connection = connection.map(|index| index.0).into();
    }

    /// Whether it outlives its connection (5.0 section 3.1.2.11.2).
    pub(crate) fn is_kept(&self) -> bool {
        self.expiry_interval_seconds > 0
    }

    /// Whether the journal has a row of it.
    pub(crate) fn is_recorded(&self) -> bool {
        self.recorded > Recorded::Nothing
    }

    /// When it ends, its connection having ended. A connected session never does ([MQTT-4.1.0-1] of 5.0).
    pub(crate) fn ends_at(&self) -> Instant {
        match self.expiry_interval_seconds {
            NEVER_EXPIRES => Instant::FAR_FUTURE,
            seconds => self.since.after_seconds(seconds.into()),
        }
    }

    /// When something is to be done about it: its will, or its end.
    pub(crate) fn deadline(&self) -> Instant {
        if self.connection().is_some() {
            return Instant::FAR_FUTURE;
        }
        let ends_at = self.ends_at();
        self.will.as_ref().map_or(ends_at, |will| will.due_at(self.since, ends_at))
    }

    /// The sender's half, made if it is not there.
    pub(crate) fn outgoing(&mut self) -> &mut Outgoing {
        let slots = self.slots;
        self.outgoing.get_or_insert_with(|| {
            let mut outgoing = Box::<Outgoing>::default();
            outgoing.connected(slots);
            outgoing
        })
    }

    /// Whether messages at QoS 0 wait in its queue: others go behind them ([MQTT-4.6.0-6]).
    #[inline]
    pub(crate) fn queues_at_most_once(&self) -> bool {
        self.outgoing.as_ref().is_some_and(|outgoing| outgoing.queue.has_at_most_once())
    }

    pub(crate) fn incoming(&mut self) -> &mut Incoming {
        self.incoming.get_or_insert_default()
    }

    /// Heap bytes, besides its subscriptions, which the tree counts, and the messages, which are counted once.
    pub(crate) fn heap_cost(&self) -> usize {
        self.client_identifier.len()
            + self.outgoing.as_ref().map_or(0, |outgoing| outgoing.cost())
            + self.incoming.as_ref().map_or(0, |incoming| incoming.cost())
            + self.will.as_ref().map_or(0, |will| will.cost())
    }
}

/// All sessions, found by client identifier.
#[derive(Debug)]
pub(crate) struct Sessions {
    slab: Slab<Session>,
    by_client_identifier: HashTable<u32>,
    /// Client identifiers come from strangers: the hash is keyed and resists floods.
    hasher: SipHasher13,
}

impl Sessions {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            slab: Slab::default(),
            by_client_identifier: HashTable::new(),
            hasher: SipHasher13::new_with_keys(seed, !seed),
        }
    }

    pub(crate) fn insert(&mut self, session: Session) -> SessionIndex {
        let hash = hash(&self.hasher, &session.client_identifier);
        let index = self.slab.insert(session);
        let (slab, hasher) = (&self.slab, &self.hasher);
        let hash_of =
            |index: &u32| slab.get(*index).map_or(0, |of| self::hash(hasher, &of.client_identifier));
        self.by_client_identifier.insert_unique(hash, index, hash_of);
        SessionIndex(index)
    }

    pub(crate) fn find(&self, client_identifier: &str) -> Option<SessionIndex> {
        let same = |index: &u32| {
            self.slab.get(*index).is_some_and(|session| &*session.client_identifier == client_identifier)
        };
        let hash = hash(&self.hasher, client_identifier);
        self.by_client_identifier.find(hash, same).map(|index| SessionIndex(*index))
    }

    pub(crate) fn remove(&mut self, index: SessionIndex) -> Option<Session> {
        let session = self.slab.remove(index.0)?;
        let hash = hash(&self.hasher, &session.client_identifier);
        if let Ok(entry) = self.by_client_identifier.find_entry(hash, |found| *found == index.0) {
            entry.remove();
        }
        Some(session)
    }

    pub(crate) fn get(&self, index: SessionIndex) -> Option<&Session> {
        self.slab.get(index.0)
    }

    pub(crate) fn get_mut(&mut self, index: SessionIndex) -> Option<&mut Session> {
        self.slab.get_mut(index.0)
    }

    /// In the order of their indexes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionIndex, &Session)> {
        self.slab.iter().map(|(index, session)| (SessionIndex(index), session))
    }

    /// See [`Slab::slots`].
    pub(crate) fn slots(&self, from: u32) -> impl Iterator<Item = (u32, Option<&Session>)> {
        self.slab.slots(from)
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    /// The tables themselves; what a session owns is counted where it changes.
    pub(crate) fn cost(&self) -> usize {
        self.slab.cost() + self.by_client_identifier.allocation_size()
    }
}

fn hash(hasher: &SipHasher13, client_identifier: &str) -> u64 {
    let mut hasher = *hasher;
    client_identifier.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Connection;

    /// What most clients of a broker cost: see the memory test of the benchmarks.
    #[test]
    fn sessions_and_connections_are_small() {
        assert!(size_of::<Session>() <= 96, "{}", size_of::<Session>());
        assert!(size_of::<Connection>() <= 88, "{}", size_of::<Connection>());
    }
}
