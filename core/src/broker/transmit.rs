//! Handing bytes to the driver, and refilling as sockets take them.

use super::Broker;
use crate::connection::transmit::Transmit;
use crate::connection::{ConnectionIndex, Phase, pause};
use crate::fault::Fault;
use crate::id::ConnectionId;
use crate::time::Instant;

use super::clients::Clients;
use super::pressure::Pressure;

impl Broker {
    /// What waits for this connection: write it, [`Transmit::advance`] by what the socket took, and call
    /// again until `None`. What is queued for the client is encoded only as the socket takes it.
    pub fn transmit(&mut self, now: Instant, connection: ConnectionId) -> Option<&mut Transmit> {
        let index = self.clients.connections.find_again(connection)?;
        self.clients.refill(now, index);
        self.clients.commit();
        if self.clients.pressure != Pressure::None {
            self.relieve_memory(now);
        }
        self.continue_shutdown(now);
        if self.clients.connections.get(index)?.waiting_bytes() > 0 {
            if self.config().planted().is(Fault::SendingKeepsAlive) {
                self.clients.hear_from(now, index);
            }
            return self.clients.connections.get_mut(index)?.transmit.as_deref_mut();
        }
        self.clients.give_back(index);
        None
    }
}

impl Clients {
    /// Encodes more of what is queued if there is room below the mark.
    fn refill(&mut self, now: Instant, index: ConnectionIndex) {
        let mark = self.config.limits.transmit_mark_bytes as usize;
        let Some(connection) = self.connections.get(index) else { return };
        if connection.waiting_bytes() >= mark {
            return;
        }
        let is_deaf = connection.paused & pause::OUTPUT != 0;
        self.output_moves(index);
        if is_deaf {
            self.pause(index, pause::OUTPUT, false);
        }
        self.send(now, index);
        self.watch_output(now, index);
    }

    /// Whether a client that does not take what it asked for is read no more: beyond the mark everything is
    /// an answer, since deliveries stop there.
    pub(super) fn pause_if_deaf(&mut self, index: ConnectionIndex) {
        let limit = 2 * self.config.limits.transmit_mark_bytes as usize;
        let deaf = |waiting: usize, phase| waiting >= limit && phase == Phase::Connected;
        if self.connections.get(index).is_some_and(|of| deaf(of.waiting_bytes(), of.phase)) {
            self.pause(index, pause::OUTPUT, true);
        }
    }

    /// Puts an empty transmit buffer back into the pool.
    pub(super) fn give_back(&mut self, index: ConnectionIndex) {
        let Some(connection) = self.connections.get_mut(index) else { return };
        connection.announced = false;
        let Some(mut transmit) = connection.transmit.take() else { return };
        self.owned_bytes -= transmit.cost();
        transmit.reset();
        let oversized = transmit.is_oversized(self.config.limits.transmit_mark_bytes as usize);
        let bytes = self.pool_bytes + transmit.cost();
        if !oversized && bytes <= self.config.limits.transmit_pool_bytes as usize {
            self.pool_bytes = bytes;
            self.pool.push(transmit);
        }
    }
}
