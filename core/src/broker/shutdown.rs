//! The broker goes: every promise is kept first, then everybody is told.

use alloc::vec::Vec;

use super::Broker;
use super::clients::Clients;
use crate::connection::{ConnectionIndex, Phase, pause};
use crate::event::DisconnectReason;
use crate::output::Output;
use crate::time::Instant;
use crate::wire::ReasonCode;

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shutdown {
    /// Nobody asked for it.
    No,
    /// Nothing is read any more; acknowledgements that were promised wait for the journal.
    Settling,
    /// Everybody was told to go.
    Closing,
    /// The driver may stop.
    Done,
}

impl Shutdown {
    pub(super) fn accepts(self) -> bool {
        self == Self::No
    }
}

impl Broker {
    pub(super) fn begin_shutdown(&mut self, now: Instant) {
        if !self.shutdown.accepts() {
            return;
        }
        self.shutdown = Shutdown::Settling;
        for index in self.all_connections() {
            self.clients.pause(index, pause::SHUTDOWN, true);
        }
        self.clients.commit();
        self.continue_shutdown(now);
    }

    /// Takes the next step that is possible. To be called after everything that may have made one possible.
    pub(super) fn continue_shutdown(&mut self, now: Instant) {
        if self.shutdown.accepts() {
            return;
        }
        let settled = self.clients.is_settled() && self.clients.turn.is_nobody_waiting();
        if self.shutdown == Shutdown::Settling && settled {
            self.shutdown = Shutdown::Closing;
            for index in self.all_connections() {
                self.shut_out(now, index);
                self.clients.commit();
            }
        }
        // Closing made wills, which may still be on their way.
        let settled = self.clients.is_settled();
        if self.shutdown == Shutdown::Closing && settled && self.clients.connections.len() == 0 {
            self.shutdown = Shutdown::Done;
            self.clients.outputs.push_back(Output::Stopped);
        }
    }

    /// Closes a connection because the broker goes ([MQTT-3.14.0-1] of 5.0: with DISCONNECT if it may).
    pub(super) fn shut_out(&mut self, now: Instant, index: ConnectionIndex) {
        match self.clients.connections.get(index).map(|connection| connection.phase) {
            Some(Phase::Connected) => self.disconnect_client(now, index, ReasonCode::ServerShuttingDown),
            Some(_) => {
                self.close_connection(now, index, DisconnectReason::Refused(ReasonCode::ServerUnavailable));
            }
            None => {}
        }
    }

    pub(super) fn all_connections(&self) -> Vec<ConnectionIndex> {
        self.clients.connections.iter().map(|(index, _)| index).collect()
    }
}

impl Clients {
    /// Whether every promise is kept and every message has reached everybody.
    fn is_settled(&self) -> bool {
        self.journal.is_settled() && self.fan_outs.is_empty()
    }
}
