//! What happens when memory runs short, in this order: what only saves time is forgotten; QoS 0 messages that wait
//! are dropped; sessions with long queues lose what comes; publishers are not read; new work is refused with 0x97,
//! halves of packets too.

use super::Broker;
use super::clients::Clients;
use crate::connection::{Connection, ConnectionIndex, Phase, pause};
use crate::event::{DropReason, ReachedLimit};
use crate::time::Instant;
use crate::violation::Violation;

/// Packets and inputs after which the account is looked at, whatever has grown.
const LOOK_EVERY: u8 = 64;

/// What a packet whose rest has not come may hold, however short memory is: acknowledgements fit in.
const SMALL_HALF_BYTES: usize = 1_024;

/// How short memory is. In eighths of the limit: tight from seven on, exhausted from eight on, eased below six.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pressure {
    /// There is enough.
    #[default]
    None,
    /// Nobody may publish faster than others take.
    Tight,
    /// Nothing new is taken.
    Exhausted,
}

impl Broker {
    /// Looks at the memory account and acts on it. To be called after everything that may have made it grow.
    pub(super) fn relieve_memory(&mut self, now: Instant) {
        if self.eighths() >= 7 {
            self.clients.pool.clear();
            self.clients.pool_bytes = 0;
            if self.clients.pressure == Pressure::None {
                self.routes.forget();
            }
            while self.eighths() >= 7 && self.clients.drop_waiting_qos0() {}
        }
        let before = self.clients.pressure;
        self.clients.pressure = match (self.eighths(), before) {
            (8.., _) => Pressure::Exhausted,
            (7, _) => Pressure::Tight,
            (6, before) => before.min(Pressure::Tight),
            _ => Pressure::None,
        };
        match self.clients.pressure {
            Pressure::Exhausted if before < Pressure::Exhausted => {
                self.clients.tell_limit_reached(ReachedLimit::MemoryExhausted, None);
            }
            Pressure::Tight if before == Pressure::None => {
                self.clients.tell_limit_reached(ReachedLimit::MemoryTight, None);
            }
            _ => {}
        }
        let tight = usize::try_from(self.clients.config.limits.memory_bytes / 8 * 7).unwrap_or(usize::MAX);
        let room = tight.saturating_sub(self.memory());
        self.clients.not_looked = 0;
        self.clients.look_again_at = self.clients.growing_bytes().saturating_add(room / 2);
        if self.clients.pressure == Pressure::None && !self.clients.unread.is_empty() {
            self.read_again(now);
        }
    }

    /// The same, if what grows with messages has grown enough since the last look, or now and then: what
    /// connections and subscriptions make grow is small.
    pub(super) fn relieve_growth(&mut self, now: Instant) {
        self.clients.not_looked += 1;
        if self.clients.not_looked >= LOOK_EVERY
            || self.clients.growing_bytes() >= self.clients.look_again_at
            || self.clients.pressure != Pressure::None
        {
            self.relieve_memory(now);
        }
    }

    fn eighths(&self) -> u64 {
        let limit = self.clients.config.limits.memory_bytes.max(1);
        (self.memory() as u64).saturating_mul(8) / limit
    }

    /// Stops reading from a client that has just published, if memory is short. One that owes acknowledgements
    /// is read on: they free memory.
    pub(super) fn pause_publisher(&mut self, now: Instant, index: ConnectionIndex) {
        if self.clients.pressure == Pressure::None || self.clients.owes_acknowledgements(index) {
            return;
        }
        let timeout = self.config().limits.pause_timeout_seconds;
        let Some(connection) = self.clients.connection(index).filter(|of| of.phase == Phase::Connected)
        else {
            return;
        };
        if connection.paused & pause::MEMORY != 0 {
            return;
        }
        let id = connection.id;
        let deadline = now.after_seconds(timeout.into());
        connection.work().unread_until = Some(deadline);
        self.clients.unread.insert(id);
        self.clients.pause(index, pause::MEMORY, true);
        self.clients.arm_connection(index, deadline);
        self.clients.recount_connection(index);
    }

    /// A half of a packet holds memory that only its sender can free: while memory is short the sender is not
    /// read, and when there is none it has to go.
    pub(super) fn press_half(&mut self, now: Instant, index: ConnectionIndex) {
        if self.clients.pressure == Pressure::None {
            return;
        }
        let Some(connection) = self.clients.connections.get(index) else { return };
        let small = connection.work.as_ref().is_none_or(|work| work.tail.capacity() <= SMALL_HALF_BYTES);
        // Of one that is not read there comes no more.
        if small || connection.paused != 0 {
            return;
        }
        if self.clients.refuses_work() {
            self.violated(now, index, Violation::MemoryExhausted);
        } else {
            self.pause_publisher(now, index);
        }
    }

    /// There is memory again: everybody is read, and their keep alive starts anew.
    fn read_again(&mut self, now: Instant) {
        for id in core::mem::take(&mut self.clients.unread) {
            let Some(index) = self.clients.connections.find(id) else { continue };
            let Some(connection) = self.clients.connection(index) else { continue };
            connection.last_packet_at = now;
            connection.work().unread_until = None;
            self.clients.pause(index, pause::MEMORY, false);
            self.rearm_connection(index);
            self.clients.recount_connection(index);
            self.clients.send(now, index);
        }
    }
}

impl Clients {
    /// Whether new work is refused.
    pub(super) fn refuses_work(&self) -> bool {
        self.pressure == Pressure::Exhausted
    }

    /// What is left of a limit while memory is short.
    pub(super) fn under_pressure(&self, limit: usize) -> usize {
        match self.pressure {
            Pressure::None => limit,
            Pressure::Tight => limit / 4,
            Pressure::Exhausted => 0,
        }
    }

    /// Whether a client is not read for want of memory, so that it cannot acknowledge.
    pub(super) fn is_unread(&self, index: ConnectionIndex) -> bool {
        self.connections.get(index).is_none_or(|connection| connection.paused & pause::MEMORY != 0)
    }

    /// What messages make grow: the rest of the account grows by connections and subscriptions.
    fn growing_bytes(&self) -> usize {
        self.owned_bytes + self.messages.cost()
    }

    /// Drops what waits at QoS 0 for one connection; whether there was one.
    fn drop_waiting_qos0(&mut self) -> bool {
        let Some(id) = self.backlogged.pop_first() else { return false };
        if let Some(index) = self.connections.find(id) {
            for _ in 0..self.drop_backlog(index) {
                self.dropped(index, DropReason::MemoryExhausted);
            }
        }
        true
    }

    fn owes_acknowledgements(&self, index: ConnectionIndex) -> bool {
        let session = self.connections.get(index).and_then(Connection::session);
        let outgoing = session.and_then(|session| self.sessions.get(session)?.outgoing.as_ref());
        outgoing.is_some_and(|outgoing| outgoing.has_in_flight())
    }
}
