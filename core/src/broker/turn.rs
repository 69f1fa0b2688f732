//! One input is bounded work: a client whose packets in it were for very many receivers has had its turn, and goes
//! on with the rest when others have had theirs.

use alloc::collections::VecDeque;

use super::Broker;
use super::clients::Clients;
use crate::connection::{ConnectionIndex, pause};
use crate::id::ConnectionId;
use crate::limits::Limits;
use crate::time::Instant;

/// An input may be for so many times [`Limits::receivers_per_turn`] receivers: a turn has costs of its own, a write to each
/// of them among these.
const FULL_MESSAGES: usize = 16;

/// What was done in this turn, and who waits for the next one.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Copies of messages that may still be handed on in it.
    left: usize,
    /// Connections with packets that were not handled yet, the longest first.
    waiting: VecDeque<ConnectionId>,
}

impl Turn {
    /// Another input, or piece of work.
    #[inline]
    pub(super) fn begin(&mut self, limits: &Limits) {
        self.left = (limits.receivers_per_turn as usize).max(1).saturating_mul(FULL_MESSAGES);
    }

    #[inline]
    pub(super) fn count(&mut self, deliveries: usize) {
        self.left = self.left.saturating_sub(deliveries);
    }

    /// Whether enough was done: the next packet waits for another turn.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }

    pub(super) fn is_nobody_waiting(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn cost(&self) -> usize {
        self.waiting.capacity() * size_of::<ConnectionId>()
    }
}

impl Clients {
    /// A connection whose turn ended before its input did is not read until the rest is handled.
    pub(super) fn wait_for_turn(&mut self, index: ConnectionIndex) {
        let over = self.turn.is_over();
        let Some(connection) = self.connections.get(index).filter(|_| over) else { return };
        let more = connection.work.as_ref().is_some_and(|work| !work.tail.is_empty());
        if more && connection.paused & pause::TURN == 0 {
            self.turn.waiting.push_back(connection.id);
            self.pause(index, pause::TURN, true);
        }
    }
}

impl Broker {
    /// Goes on with the input of the connection that has waited longest.
    pub(super) fn continue_turn(&mut self, now: Instant) {
        let Some(id) = self.clients.turn.waiting.pop_front() else { return };
        if let Some(index) = self.clients.connections.find(id) {
            self.clients.pause(index, pause::TURN, false);
            self.resume(now, index);
        }
    }
}
