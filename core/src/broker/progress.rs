//! Who has begun something has to go on with it: half a packet, and bytes that fill the transmit buffer, hold memory
//! that only the client can free (`docs/decisions.md` D57).

use super::clients::Clients;
use crate::connection::{Connection, ConnectionIndex, Phase, Progress};
use crate::time::Instant;
use crate::violation::Violation;

/// Until when a client has to go on with what it has begun, and what it broke if it did not.
pub(super) fn progress_deadlines(connection: &Connection) -> impl Iterator<Item = (Instant, Violation)> {
    let work = connection.work.as_ref();
    let half = work.and_then(|work| work.half).map(|half| (half.until, Violation::PacketTooSlow));
    let full = work.and_then(|work| work.full).map(|full| (full.until, Violation::OutputStalled));
    half.into_iter().chain(full)
}

impl Clients {
    /// When something that stands still now is looked at again: later, even if there is no time at all.
    fn progress_deadline(&self, now: Instant) -> Instant {
        now.after_seconds(self.config.limits.progress_timeout_seconds.max(1).into())
    }

    /// Bytes came. From now on the rest of a packet that is not whole is waited for.
    pub(super) fn watch_half(&mut self, now: Instant, index: ConnectionIndex, came: usize) {
        let until = self.progress_deadline(now);
        let Some(connection) = self.connections.get_mut(index) else { return };
        let Some(work) = connection.work.as_mut() else { return };
        if work.tail.is_empty() || connection.phase != Phase::Connected {
            work.half = None;
            return;
        }
        if let Some(half) = &mut work.half {
            half.bytes = half.bytes.saturating_add(u32::try_from(came).unwrap_or(u32::MAX));
            return;
        }
        work.half = Some(Progress { until, bytes: if connection.paused == 0 { 0 } else { u32::MAX } });
        self.arm_connection(index, until);
    }

    /// Something may have been encoded. From now on a client whose buffer is full has to take something.
    pub(super) fn watch_output(&mut self, now: Instant, index: ConnectionIndex) {
        let mark = self.config.limits.transmit_mark_bytes as usize;
        let until = self.progress_deadline(now);
        let Some(connection) = self.connections.get_mut(index) else { return };
        let full = connection.work.as_ref().is_some_and(|work| work.full.is_some());
        if full || connection.waiting_bytes() < mark || connection.phase != Phase::Connected {
            return;
        }
        let bytes = connection.taken_bytes();
        connection.work().full = Some(Progress { until, bytes });
        self.arm_connection(index, until);
        self.recount_connection(index);
    }

    /// There is room in the buffer again.
    pub(super) fn output_moves(&mut self, index: ConnectionIndex) {
        let work = self.connections.get_mut(index).and_then(|connection| connection.work.as_mut());
        if work.is_some_and(|work| work.full.take().is_some()) {
            self.recount_connection(index);
        }
    }

    /// Whether a client is given as much time again, for what it seems to have broken as its time was over: it
    /// did go on, or could not.
    pub(super) fn is_excused(&mut self, now: Instant, index: ConnectionIndex, violation: Violation) -> bool {
        let until = self.progress_deadline(now);
        let enough = self.config.limits.progress_bytes;
        let Some(connection) = self.connections.get_mut(index) else { return false };
        let (paused, taken) = (connection.paused != 0, connection.taken_bytes());
        let held_up = connection.is_held_up();
        let work = connection.work.as_mut();
        match violation {
            Violation::KeepAliveElapsed if held_up => {
                connection.last_packet_at = now;
                true
            }
            Violation::PacketTooSlow => work.is_some_and(|work| {
                let moves = work.tail.is_empty() || work.half.is_some_and(|half| half.bytes >= enough);
                // Once it is read again it has the rest of this time and all of the next.
                let bytes = if paused { u32::MAX } else { 0 };
                work.half = (!work.tail.is_empty()).then_some(Progress { until, bytes });
                moves || paused
            }),
            Violation::OutputStalled => work.is_some_and(|work| {
                let moves = work.full.is_some_and(|full| full.bytes != taken);
                work.full = Some(Progress { until, bytes: taken });
                moves
            }),
            _ => false,
        }
    }

    /// The keep alive of a connection starts anew.
    pub(super) fn hear_from(&mut self, now: Instant, index: ConnectionIndex) {
        if let Some(connection) = self.connections.get_mut(index) {
            connection.last_packet_at = now;
        }
    }
}
