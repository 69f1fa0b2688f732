//! One network connection: what is known about it between two packets. An idle one owns no buffer.

pub(crate) mod answers;
pub(crate) mod capabilities;
pub(crate) mod exchange;
pub(crate) mod outgoing_topic_alias;
pub(crate) mod promises;
pub(crate) mod rate;
pub(crate) mod topic_alias;
pub(crate) mod transmit;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use self::answers::Answers;
use self::exchange::Exchange;
use self::outgoing_topic_alias::OutgoingTopicAliases;
use self::promises::PromiseIndex;
use self::rate::Rate;
use self::topic_alias::TopicAliases;
use self::transmit::Transmit;
use crate::ask::Answer;
use crate::id::{ConnectionId, Question};
use crate::input::Origin;
use crate::rules::Rules;
use crate::session::SessionIndex;
use crate::session::queue::Queue;
use crate::slab::{OptionalIndex, Slab};
use crate::time::Instant;
use crate::topic::route::RouteHint;
use crate::version::ProtocolVersion;

/// Names a connection inside the machine; used again after it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionIndex(pub(crate) u32);

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No CONNECT was accepted yet. Nothing else is taken ([MQTT-3.1.0-1]).
    Opening,
    /// CONNECT was accepted. CONNACK may still wait for the journal.
    Connected,
    /// The client said DISCONNECT; closing waits for the journal. Its input is ignored ([MQTT-3.14.4-1]).
    Disconnecting,
    /// The driver was told to close.
    Closing,
}

/// Why a connection is not read; each a bit.
pub(crate) mod pause {
    /// The embedder was asked something about it.
    pub(crate) const QUESTION: u8 = 1;
    /// Too many answers to it wait for the journal.
    pub(crate) const ANSWERS: u8 = 2;
    /// It does not take what it asked for.
    pub(crate) const OUTPUT: u8 = 4;
    /// The broker is about to stop.
    pub(crate) const SHUTDOWN: u8 = 8;
    /// It publishes, and memory is short.
    pub(crate) const MEMORY: u8 = 16;
    /// Its last message has not reached everybody yet.
    pub(crate) const FAN_OUT: u8 = 32;
    /// It publishes faster than it may.
    pub(crate) const RATE: u8 = 64;
    /// It has had its turn: the rest of what it said waits for the next one.
    pub(crate) const TURN: u8 = 128;
    /// Those that are no fault of the client: while it is not read, its silence proves nothing
    /// (`docs/decisions.md` D58).
    pub(crate) const OF_THIS_SIDE: u8 = ANSWERS | FAN_OUT | SHUTDOWN | TURN;
}

/// One connection. Small, because most connections of a broker are idle.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    pub(crate) last_packet_at: Instant,
    /// The deadline in the timer table; [`Instant::FAR_FUTURE`] for none.
    pub(crate) armed: Instant,
    /// Bytes on their way; given back to the pool when they are gone.
    pub(crate) transmit: Option<Box<Transmit>>,
    /// What only a busy connection has.
    pub(crate) work: Option<Box<Work>>,
    /// What the client may do; `None`: everything.
    pub(crate) rules: Option<Arc<Rules>>,
    /// Where its last topic was found.
    pub(crate) route: RouteHint,
    session: OptionalIndex,
    /// The client's Maximum Packet Size.
    pub(crate) maximum_packet_size: u32,
    /// The heap cost that the memory account holds for `work`.
    pub(crate) counted: u32,
    /// The keep alive in force; 0 for none.
    pub(crate) keep_alive_seconds: u16,
    /// QoS 1 and 2 PUBLISH packets of this connection without their last acknowledgement.
    pub(crate) unacknowledged: u16,
    pub(crate) version: ProtocolVersion,
    pub(crate) phase: Phase,
    /// Reasons not to read, as bits of [`pause`].
    pub(crate) paused: u8,
    /// Whether CONNACK has left.
    pub(crate) open: bool,
    /// Whether the driver knows that bytes wait.
    pub(crate) announced: bool,
    /// Request Problem Information: whether acknowledgements may explain themselves.
    pub(crate) problem_information: bool,
    /// What CONNACK promised.
    pub(crate) promised: PromiseIndex,
    /// How many topic aliases the server may set.
    pub(crate) outgoing_topic_alias_maximum: u8,
}

/// Something that has to move on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// When it is looked at again.
    pub(crate) until: Instant,
    /// How it stood, or how far it came.
    pub(crate) bytes: u32,
}

/// What only a busy connection has: half a packet, answers that wait, a question that is open.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// The start of a packet whose rest has not come, or input that waits for an answer.
    pub(crate) tail: Vec<u8>,
    /// Packets that wait for the journal.
    pub(crate) answers: Answers,
    /// QoS 0 messages that the socket does not take, or that wait for the journal.
    pub(crate) backlog: Queue,
    /// Topics that the client gave numbers.
    pub(crate) aliases: TopicAliases,
    /// Topics that the server gave numbers.
    pub(crate) outgoing_aliases: Option<Box<OutgoingTopicAliases>>,
    /// Where it came from, until CONNECT is accepted.
    pub(crate) origin: Option<Box<Origin>>,
    /// What the embedder was asked, and until when it may answer.
    pub(crate) question: Option<(Question, Instant)>,
    /// How fast it publishes, if there is a limit to that and it has published.
    pub(crate) rate: Option<Box<Rate>>,
    /// What is seen of a packet that is not whole: bytes that came since.
    pub(crate) half: Option<Progress>,
    /// What is seen of a full transmit buffer: how many bytes were taken at the start.
    pub(crate) full: Option<Progress>,
    /// Until when it may stay unread for want of memory.
    pub(crate) unread_until: Option<Instant>,
    /// What it answered, until the packet that waits is handled.
    pub(crate) answer: Option<Answer>,
    /// Its enhanced authentication, if it has any.
    pub(crate) exchange: Option<Box<Exchange>>,
    /// The identifier that a client without one will be assigned.
    pub(crate) assigned: Option<Box<str>>,
}

impl Work {
    /// Whether no packet may be handled: the embedder was asked, or the next message is too early.
    pub(crate) fn waits(&self) -> bool {
        self.question.is_some() || self.rate.as_ref().is_some_and(|rate| rate.resume_at.is_some())
    }

    fn is_empty(&self) -> bool {
        self.tail.is_empty()
            && self.answers.is_empty()
            && self.backlog.is_empty()
            && self.aliases.heap_cost() == 0
            && self.outgoing_aliases.is_none()
            && self.origin.is_none()
            && self.question.is_none()
            && self.answer.is_none()
            && self.exchange.is_none()
            && self.rate.is_none()
            && self.unread_until.is_none()
            && self.full.is_none()
            && self.assigned.is_none()
    }

    fn cost(&self) -> usize {
        let identity = |origin: &Origin| origin.identity.as_ref().map_or(0, |text| text.len() + 16);
        size_of::<Self>()
            + self.tail.capacity()
            + self.answers.heap_cost()
            + self.backlog.heap_cost()
            + self.aliases.heap_cost()
            + self.outgoing_aliases.as_ref().map_or(0, |aliases| aliases.cost())
            + self.origin.as_ref().map_or(0, |origin| size_of::<Origin>() + identity(origin))
            + self.exchange.as_ref().map_or(0, |exchange| exchange.cost())
            + self.rate.as_ref().map_or(0, |_| size_of::<Rate>())
            + self.assigned.as_ref().map_or(0, |text| text.len())
    }
}

impl Connection {
    pub(crate) fn new(id: ConnectionId, origin: Origin, now: Instant) -> Self {
        Self {
            id,
            last_packet_at: now,
            armed: Instant::FAR_FUTURE,
            transmit: None,
            rules: None,
            route: RouteHint::default(),
            session: OptionalIndex::NONE,
            maximum_packet_size: u32::MAX,
            counted: 0,
            keep_alive_seconds: 0,
            unacknowledged: 0,
            work: Some(Box::new(Work { origin: Some(Box::new(origin)), ..Work::default() })),
            version: ProtocolVersion::V3_1_1,
            phase: Phase::Opening,
            paused: 0,
            open: false,
            announced: false,
            problem_information: true,
            promised: PromiseIndex::NONE,
            outgoing_topic_alias_maximum: 0,
        }
    }

    /// Whose session it serves; none before CONNECT was accepted and after DISCONNECT.
    pub(crate) fn session(&self) -> Option<SessionIndex> {
        self.session.get().map(SessionIndex)
    }

    pub(crate) fn set_session(&mut self, session: Option<SessionIndex>) {
        self.session = session.map(|index| index.0).into();
    }

    pub(crate) fn take_session(&mut self) -> Option<SessionIndex> {
        let session = self.session();
        self.session = OptionalIndex::NONE;
        session
    }

    /// The busy part, made if it is not there.
    pub(crate) fn work(&mut self) -> &mut Work {
        self.work.get_or_insert_default()
    }

    /// Gives the busy part back if nothing is in it.
    pub(crate) fn rest(&mut self) {
        if self.work.as_ref().is_some_and(|work| work.is_empty()) {
            self.work = None;
        }
    }

    /// When its next message may be handled, if that waits for the rate limit.
    pub(crate) fn resume_at(&self) -> Option<Instant> {
        self.work.as_ref()?.rate.as_ref()?.resume_at
    }

    /// See [`Transmit::taken`].
    pub(crate) fn taken_bytes(&self) -> u32 {
        self.transmit.as_ref().map_or(0, |transmit| transmit.taken())
    }

    /// Whether it is not read for a reason of this side that says nothing about time.
    pub(crate) fn is_held_up(&self) -> bool {
        self.paused & pause::OF_THIS_SIDE != 0
    }

    /// Bytes in its transmit buffer.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.transmit.as_ref().map_or(0, |transmit| transmit.len())
    }

    /// Heap bytes besides the transmit buffer, which is counted where it changes.
    pub(crate) fn heap_cost(&self) -> usize {
        self.work.as_ref().map_or(0, |work| work.cost())
    }

    pub(crate) fn transmit_cost(&self) -> usize {
        self.transmit.as_ref().map_or(0, |transmit| transmit.cost())
    }
}

/// All connections, found by the driver's names.
#[derive(Debug)]
pub(crate) struct Connections {
    slab: Slab<Connection>,
    by_id: HashTable<u32>,
    hasher: FixedState,
    /// The one that was asked for last: a driver says several things about one connection in a row.
    last: ConnectionIndex,
}

impl Connections {
    pub(crate) fn new(seed: u64) -> Self {
        let hasher = FixedState::with_seed(seed);
        Self { slab: Slab::default(), by_id: HashTable::new(), hasher, last: ConnectionIndex(0) }
    }

    pub(crate) fn insert(&mut self, connection: Connection) -> ConnectionIndex {
        let hash = self.hasher.hash_one(connection.id);
        let index = self.slab.insert(connection);
        let (slab, hasher) = (&self.slab, &self.hasher);
        self.by_id.insert_unique(hash, index, |index| {
            slab.get(*index).map_or(0, |connection| hasher.hash_one(connection.id))
        });
        ConnectionIndex(index)
    }

    /// [`Self::find`], quick if it is the same as last time.
    pub(crate) fn find_again(&mut self, id: ConnectionId) -> Option<ConnectionIndex> {
        if self.get(self.last).is_none_or(|connection| connection.id != id) {
            self.last = self.find(id)?;
        }
        Some(self.last)
    }

    pub(crate) fn find(&self, id: ConnectionId) -> Option<ConnectionIndex> {
        let same = |index: &u32| self.slab.get(*index).is_some_and(|connection| connection.id == id);
        self.by_id.find(self.hasher.hash_one(id), same).map(|index| ConnectionIndex(*index))
    }

    pub(crate) fn remove(&mut self, index: ConnectionIndex) -> Option<Connection> {
        let connection = self.slab.remove(index.0)?;
        if let Ok(entry) =
            self.by_id.find_entry(self.hasher.hash_one(connection.id), |found| *found == index.0)
        {
            entry.remove();
        }
        Some(connection)
    }

    pub(crate) fn get(&self, index: ConnectionIndex) -> Option<&Connection> {
        self.slab.get(index.0)
    }

    pub(crate) fn get_mut(&mut self, index: ConnectionIndex) -> Option<&mut Connection> {
        self.slab.get_mut(index.0)
    }

    /// A hash of a topic that strangers cannot foresee.
    pub(crate) fn hash_topic(&self, topic: &str) -> u64 {
        self.hasher.hash_one(topic)
    }

    /// In the order of their indexes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ConnectionIndex, &Connection)> {
        self.slab.iter().map(|(index, connection)| (ConnectionIndex(index), connection))
    }

    /// See [`Slab::slots`].
    pub(crate) fn slots(&self, from: u32) -> impl Iterator<Item = (u32, Option<&Connection>)> {
        self.slab.slots(from)
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    /// The tables themselves; what a connection owns is counted where it changes.
    pub(crate) fn cost(&self) -> usize {
        self.slab.cost() + self.by_id.allocation_size()
    }
}

// Most connections are idle, and there may be a million of them.
const _: () = assert!(size_of::<Connection>() <= 88 || size_of::<usize>() != 8);
