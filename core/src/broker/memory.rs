//! The memory account: what every table, queue and buffer holds. What owners of heap memory hold is added and
//! subtracted where it changes, the tables are asked; a full walk gives the same number at any time.

use alloc::boxed::Box;

use super::Broker;
use super::clients::Clients;
use crate::connection::transmit::Transmit;
use crate::id::{ConnectionId, Position, Question};
use crate::limits::Limits;
use crate::output::Output;

/// What an entry of an ordered set costs, nodes half full.
pub(super) const fn ordered_entry<T>() -> usize {
    2 * size_of::<T>() + 8
}

/// What remembered routes may hold: a small part of the limit, since they only save time.
pub(super) fn bytes_of_routes(limits: &Limits) -> usize {
    usize::try_from(limits.memory_bytes / 16).unwrap_or(usize::MAX)
}

impl Broker {
    /// Bytes of memory that the broker holds, by the cost functions of its tables.
    pub fn memory(&self) -> usize {
        self.tables() + self.clients.owned_bytes
    }

    /// The same by a walk through everything: for tests of the account.
    pub fn memory_walk(&self) -> usize {
        let clients = &self.clients;
        let connections = clients.connections.iter().map(|(_, of)| of.heap_cost() + of.transmit_cost());
        let sessions = clients.sessions.iter().map(|(_, session)| session.heap_cost());
        let walked = self.tree.cost_walk() + self.routes.cost_walk() + clients.retained.cost_walk();
        let asked = self.tree.cost() + self.routes.cost() + clients.retained.cost();
        let pooled = clients.pool.iter().map(|transmit| transmit.cost()).sum::<usize>();
        self.tables() - asked - clients.messages.cost() - clients.pool_bytes
            + pooled
            + walked
            + clients.messages.cost_walk()
            + connections.sum::<usize>()
            + sessions.sum::<usize>()
    }

    fn tables(&self) -> usize {
        self.tree.cost()
            + self.routes.cost()
            + self.gathered.cost()
            + self.identifiers.capacity() * size_of::<u32>()
            + self.questions.len() * ordered_entry::<(Question, ConnectionId)>()
            + self.clients.tables()
    }
}

impl Clients {
    fn tables(&self) -> usize {
        self.connections.cost()
            + self.sessions.cost()
            + self.messages.cost()
            + self.retained.cost()
            + (self.unfinished.len() + self.backlogged.len() + self.unread.len())
                * ordered_entry::<ConnectionId>()
            + self.timers.cost()
            + self.holds.len() * ordered_entry::<(Position, ConnectionId)>()
            + self.outputs.capacity() * size_of::<Output>()
            + self.pool_bytes
            + self.pool.capacity() * size_of::<Box<Transmit>>()
            + self.frames.cost()
            + self.promises.cost()
            + self.turn.cost()
            + self.fan_outs.cost()
    }
}
