//! The clients of a broker: their connections and sessions, and everything that is owed to them. Who receives
//! what is published is decided above.

use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::encode::Frames;
use super::fan_out::FanOuts;
use super::hook::HookSlot;
use super::journal::Journal;
use super::mistake::KeptAliases;
use super::pressure::Pressure;
use super::retain::RetainedMessages;
use super::turn::Turn;
use crate::config::Config;
use crate::connection::promises::{Promised, Promises};
use crate::connection::transmit::Transmit;
use crate::connection::{Connection, ConnectionIndex, Connections, Phase};
use crate::event::Event;
use crate::id::{ConnectionId, PeerId, Position};
use crate::message::Messages;
use crate::output::Output;
use crate::random::Random;
use crate::session::{Session, SessionIndex, Sessions};
use crate::stats::Counters;
use crate::time::Instant;
use crate::timer::{TimerKey, TimerKind, Timers};

/// See the module.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(super) config: Arc<Config>,
    pub(super) connections: Connections,
    pub(super) promises: Promises,
    pub(super) sessions: Sessions,
    pub(super) messages: Messages,
    pub(super) retained: RetainedMessages,
    /// Connections whose retained messages are still being looked for.
    pub(super) unfinished: BTreeSet<ConnectionId>,
    /// Which of them had its turn last.
    pub(super) last_turn: ConnectionId,
    pub(super) timers: Timers,
    /// The deadline of the machine as a whole; [`Instant::FAR_FUTURE`] for none.
    pub(super) armed: Instant,
    pub(super) journal: Journal,
    /// Connections with something that waits for a position.
    pub(super) holds: BTreeSet<(Position, ConnectionId)>,
    pub(super) outputs: VecDeque<Output>,
    /// Empty transmit buffers.
    #[expect(clippy::vec_box, reason = "the boxes are what connections take from it and give back")]
    pub(super) pool: Vec<Box<Transmit>>,
    /// What they cost.
    pub(super) pool_bytes: usize,
    /// Connections that QoS 0 messages wait for.
    pub(super) backlogged: BTreeSet<ConnectionId>,
    /// Connections that are not read because memory is short.
    pub(super) unread: BTreeSet<ConnectionId>,
    /// Messages that have not reached all their receivers yet.
    pub(super) fan_outs: FanOuts,
    /// What was done in this turn.
    pub(super) turn: Turn,
    /// How short memory is.
    pub(super) pressure: Pressure,
    /// From how many growing bytes on the account is looked at again within one input.
    pub(super) look_again_at: usize,
    /// How often it could have been looked at since.
    pub(super) not_looked: u8,
    /// Encoded forms of the message at hand.
    pub(super) frames: Frames,
    /// What all connections and sessions own on the heap, transmit buffers included.
    pub(super) owned_bytes: usize,
    /// How many clients are connected.
    pub(super) connected: u64,
    pub(super) counters: Counters,
    pub(super) hooks: HookSlot,
    pub(super) kept_aliases: KeptAliases,
}

impl Clients {
    pub(super) fn new(config: Arc<Config>, me: PeerId, random: &mut Random) -> Self {
        let journal = Journal::new(config.journal, me);
        Self {
            config,
            connections: Connections::new(random.next()),
            promises: Promises::default(),
            sessions: Sessions::new(random.next()),
            messages: Messages::default(),
            retained: RetainedMessages::default(),
            unfinished: BTreeSet::new(),
            last_turn: ConnectionId(0),
            timers: Timers::new(),
            armed: Instant::FAR_FUTURE,
            journal,
            holds: BTreeSet::new(),
            outputs: VecDeque::new(),
            pool: Vec::new(),
            pool_bytes: 0,
            backlogged: BTreeSet::new(),
            unread: BTreeSet::new(),
            turn: Turn::default(),
            pressure: Pressure::None,
            look_again_at: 0,
            not_looked: 0,
            fan_outs: FanOuts::default(),
            frames: Frames::default(),
            owned_bytes: 0,
            connected: 0,
            counters: Counters::default(),
            hooks: HookSlot::default(),
            kept_aliases: KeptAliases::default(),
        }
    }

    pub(super) fn connection(&mut self, index: ConnectionIndex) -> Option<&mut Connection> {
        self.connections.get_mut(index)
    }

    pub(super) fn session(&mut self, index: SessionIndex) -> Option<&mut Session> {
        self.sessions.get_mut(index)
    }

    /// What CONNACK promised to the client of a connection, or would promise now.
    pub(super) fn promised(&self, index: ConnectionIndex) -> Promised {
        let promised = self.connections.get(index).and_then(|of| self.promises.get(of.promised));
        promised.unwrap_or_else(|| Promised::new(&self.config))
    }

    /// The session of a connection that has one.
    pub(super) fn session_of(&mut self, index: ConnectionIndex) -> Option<(SessionIndex, &mut Session)> {
        let session = self.connections.get(index)?.session()?;
        self.sessions.get_mut(session).map(|found| (session, found))
    }

    /// Brings the memory account up to date with what a connection owns. To be called after every change of
    /// its busy part, which it also gives back if nothing is in it.
    pub(super) fn recount_connection(&mut self, index: ConnectionIndex) {
        if let Some(connection) = self.connections.get_mut(index) {
            connection.rest();
            let cost = connection.heap_cost();
            self.owned_bytes += cost;
            self.owned_bytes -= connection.counted as usize;
            connection.counted = u32::try_from(cost).unwrap_or(u32::MAX);
        }
    }

    /// The same for a session.
    pub(super) fn recount_session(&mut self, index: SessionIndex) {
        if let Some(session) = self.sessions.get_mut(index) {
            let cost = session.heap_cost();
            self.owned_bytes += cost;
            self.owned_bytes -= session.counted as usize;
            session.counted = u32::try_from(cost).unwrap_or(u32::MAX);
        }
    }

    /// Has a connection wake up at `deadline` at the latest.
    pub(super) fn arm_connection(&mut self, index: ConnectionIndex, deadline: Instant) {
        if let Some(connection) = self.connections.get_mut(index) {
            let key = TimerKey::new(TimerKind::Connection, index.0);
            self.timers.arm(&mut connection.armed, key, deadline);
        }
    }

    /// Has a session wake up when its will is due or it ends.
    pub(super) fn arm_session(&mut self, index: SessionIndex) {
        if let Some(session) = self.sessions.get_mut(index) {
            let deadline = session.deadline();
            if deadline < Instant::FAR_FUTURE {
                let key = TimerKey::new(TimerKind::Session, index.0);
                self.timers.arm(&mut session.armed, key, deadline);
            }
        }
    }

    /// Has the machine wake up at `deadline` at the latest.
    pub(super) fn arm_machine(&mut self, deadline: Instant) {
        self.timers.arm(&mut self.armed, TimerKey::new(TimerKind::Broker, 0), deadline);
    }

    /// Stops, or goes on, reading from a connection, for one of the reasons in `pause`.
    pub(super) fn pause(&mut self, index: ConnectionIndex, reason: u8, on: bool) {
        // After `Output::Close` the driver reads and discards, whatever was said before.
        let open = |connection: &&mut Connection| connection.phase != Phase::Closing;
        let Some(connection) = self.connections.get_mut(index).filter(open) else { return };
        let before = connection.paused;
        connection.paused = if on { before | reason } else { before & !reason };
        if (before == 0) != (connection.paused == 0) {
            let enabled = connection.paused == 0;
            self.outputs.push_back(Output::Read { connection: connection.id, enabled });
        }
    }

    pub(super) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Ends the group of records of this input: from now on its position can be persisted.
    pub(super) fn commit(&mut self) {
        self.frames.clear();
        self.compact_timers();
        if let Some((position, records)) = self.journal.commit() {
            self.outputs.push_back(Output::Persist { position, records });
        }
    }
}
