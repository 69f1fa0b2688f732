//! Packets that make or end a promise wait until its record is on stable storage.

use super::clients::Clients;
use super::plain;
use crate::connection::answers::OnRelease;
use crate::connection::{Connection, ConnectionIndex, Phase, pause};
use crate::fault::Fault;
use crate::id::Position;
use crate::output::Output;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Packet, TooLarge};

/// What a packet promises, or ends: each waits for the record that would be missing after a crash. Other
/// packets wait for nothing: PUBLISH at QoS 0 and 1 of a message that came in below QoS 2, PINGRESP,
/// DISCONNECT, AUTH. After PUBACK, PUBCOMP or a refusing PUBREC of a subscriber nothing is sent; its
/// record is written at once, and a crash before it is stored only repeats the delivery, as the standard
/// allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Promise {
    /// PUBACK: the message is in every session that keeps it, and retained. Else it is lost.
    Puback,
    /// PUBREC: the same, and its packet identifier is known. Else it is lost, or taken twice.
    Pubrec,
    /// PUBCOMP: the packet identifier is forgotten. Else the client's next use of it is swallowed.
    Pubcomp,
    /// PUBLISH at QoS 2: its packet identifier is known. Else it is sent again under another one: twice.
    PublishExactlyOnce,
    /// PUBLISH of a message that came in at QoS 2, or of a will: the packet identifier is known, the will is
    /// gone. Else it is forwarded twice ([MQTT-4.3.3-10] of 5.0).
    Forward,
    /// PUBREL: PUBREC was received. Else PUBLISH is sent again: twice.
    Pubrel,
    /// An answer that repeats an earlier one, or speaks of what is no longer known: the session's last
    /// record. Else it overtakes the record that it speaks of.
    RepeatedAnswer,
    /// CONNACK: the session and its will as they are from now on. Else a promised session is gone, an ended
    /// one is back.
    Connack,
    /// SUBACK and UNSUBACK: the subscription. Else it is forgotten.
    Suback,
    /// Closing after a client's DISCONNECT: the will is gone, the expiry changed. Else a will taken back is
    /// published, an ended session is back.
    Close,
}

impl Promise {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Puback,
        Self::Pubrec,
        Self::Pubcomp,
        Self::PublishExactlyOnce,
        Self::Forward,
        Self::Pubrel,
        Self::RepeatedAnswer,
        Self::Connack,
        Self::Suback,
        Self::Close,
    ];
}

impl Clients {
    /// The group at hand, if anything was recorded in it: what a packet of this `promise` waits for.
    pub(super) fn wait_for_group(&self, promise: Promise) -> Position {
        self.held(promise, self.journal.group())
    }

    /// Everything recorded so far: what CONNACK waits for, since an older session of the same client may have
    /// ended in any earlier group.
    pub(super) fn wait_for_all(&self, promise: Promise) -> Position {
        if self.config.planted().is(Fault::ConnackBeforeClearing) && self.journal.clears_session() {
            return Position::NONE;
        }
        self.held(promise, self.journal.latest())
    }

    /// The last record of a session.
    pub(super) fn wait_for_session(&self, promise: Promise, session: SessionIndex) -> Position {
        self.held(promise, self.sessions.get(session).map_or(Position::NONE, |session| session.latest))
    }

    fn held(&self, promise: Promise, position: Position) -> Position {
        if self.config.planted().is(Fault::Unheld(promise)) { Position::NONE } else { position }
    }

    /// Sends an answer: now, or behind those that wait, once everything up to `wait` is persisted.
    pub(super) fn answer(
        &mut self,
        index: ConnectionIndex,
        wait: Position,
        packet: &Packet<'_>,
        on_release: OnRelease,
    ) -> Result<(), TooLarge> {
        if self.config.planted().leaves_out(packet) {
            return Ok(());
        }
        let Some(connection) = self.connections.get_mut(index) else { return Ok(()) };
        let (version, maximum) = (connection.version, connection.maximum_packet_size);
        let first = connection.work.as_ref().is_none_or(|work| work.answers.is_empty());
        let may_leave = connection.open || on_release == OnRelease::Opens;
        if first && may_leave && wait <= self.journal.persisted() {
            if let Some(bytes) = plain::encoded(packet).filter(|bytes| bytes.len() <= maximum as usize) {
                let (mut writer, _) = self.writer();
                writer.append(index, &bytes, None);
                writer.counters.packets_out.count(bytes[0]);
                self.answer_left(index, on_release);
                return Ok(());
            }
            self.write(index, |out| packet.encode_within(version, maximum, out))?;
            self.answer_left(index, on_release);
            return Ok(());
        }
        let mut encoded = core::mem::take(&mut self.frames.scratch);
        encoded.clear();
        let fits = packet.encode_within(version, maximum, &mut encoded);
        if fits.is_ok() {
            self.hold(index, wait, &encoded, on_release);
        }
        self.frames.scratch = encoded;
        fits
    }

    /// Sends an answer. The violation is that of a client that takes no packet of this size.
    pub(super) fn reply(
        &mut self,
        index: ConnectionIndex,
        wait: Position,
        packet: &Packet<'_>,
    ) -> Result<(), Violation> {
        let answered = self.answer(index, wait, packet, OnRelease::Nothing);
        answered.map_err(|TooLarge| Violation::AnswerTooLarge)
    }

    /// Sends the last answer that a packet identifier of the client gets.
    pub(super) fn reply_last(
        &mut self,
        index: ConnectionIndex,
        wait: Position,
        packet: &Packet<'_>,
    ) -> Result<(), Violation> {
        let answered = self.answer(index, wait, packet, OnRelease::FreesReceiveMaximum);
        answered.map_err(|TooLarge| Violation::AnswerTooLarge)
    }

    /// Sends an answer that promises nothing: before all that waits, but never before CONNACK
    /// ([MQTT-3.2.0-1]).
    pub(super) fn reply_at_once(
        &mut self,
        index: ConnectionIndex,
        packet: &Packet<'_>,
    ) -> Result<(), Violation> {
        if self.config.planted().leaves_out(packet) {
            return Ok(());
        }
        let Some(connection) = self.connections.get(index) else { return Ok(()) };
        if !connection.open {
            return self.reply(index, Position::NONE, packet);
        }
        let (version, maximum) = (connection.version, connection.maximum_packet_size);
        let written = self.write(index, |out| packet.encode_within(version, maximum, out));
        written.map_err(|TooLarge| Violation::AnswerTooLarge)
    }

    /// Closes the connection behind its last answer, once everything up to `wait` is persisted.
    pub(super) fn close_behind_answers(&mut self, index: ConnectionIndex, wait: Position) {
        self.hold(index, wait, &[], OnRelease::Closes);
        self.release_answers(index);
    }

    fn hold(&mut self, index: ConnectionIndex, wait: Position, encoded: &[u8], on_release: OnRelease) {
        let Some(connection) = self.connections.get_mut(index) else { return };
        connection.work().answers.push(wait, encoded, on_release);
        let (id, waiting) = (connection.id, connection.work().answers.len());
        if wait > self.journal.persisted() {
            self.holds.insert((wait, id));
        }
        if waiting >= usize::from(self.config.limits.receive_maximum) {
            self.pause(index, pause::ANSWERS, true);
        }
        self.recount_connection(index);
    }

    /// The journal is on stable storage up to `position`: whatever waited for it goes on.
    pub(super) fn persisted(&mut self, now: Instant, position: Position) {
        self.journal.set_persisted(position);
        while let Some((wait, id)) = self.holds.first().copied().filter(|(wait, _)| *wait <= position) {
            self.holds.remove(&(wait, id));
            if let Some(index) = self.connections.find(id) {
                if self.connections.get(index).is_some_and(Connection::is_held_up) {
                    self.hear_from(now, index);
                }
                self.release_answers(index);
                self.send(now, index);
            }
        }
    }

    /// Sends the answers at the head of the line that wait for nothing any more.
    pub(super) fn release_answers(&mut self, index: ConnectionIndex) {
        let persisted = self.journal.persisted();
        while let Some(on_release) = self.release_first(index, persisted) {
            self.answer_left(index, on_release);
        }
        let Some(connection) = self.connections.get_mut(index) else { return };
        let id = connection.id;
        let (waiting, next) =
            connection.work.as_ref().map_or((0, None), |work| (work.answers.len(), work.answers.waits_for()));
        if let Some(wait) = next.filter(|wait| *wait > persisted) {
            self.holds.insert((wait, id));
        }
        if waiting < usize::from(self.config.limits.receive_maximum).div_ceil(2) {
            self.pause(index, pause::ANSWERS, false);
        }
        self.recount_connection(index);
    }

    fn release_first(&mut self, index: ConnectionIndex, persisted: Position) -> Option<OnRelease> {
        let connection = self.connections.get_mut(index)?;
        let wait = connection.work.as_ref()?.answers.waits_for()?;
        // Nothing is announced where nothing leaves: the connection may be closed already.
        let mut work = connection.work.take_if(|_| wait <= persisted)?;
        let released = self.write(index, |out| Ok(work.answers.release(persisted, out)));
        if let Some(connection) = self.connections.get_mut(index) {
            connection.work = Some(work);
        }
        released.ok().flatten()
    }

    fn answer_left(&mut self, index: ConnectionIndex, on_release: OnRelease) {
        let Some(connection) = self.connections.get_mut(index) else { return };
        match on_release {
            OnRelease::Nothing => {}
            OnRelease::FreesReceiveMaximum => {
                connection.unacknowledged = connection.unacknowledged.saturating_sub(1);
            }
            OnRelease::Opens => connection.open = true,
            OnRelease::Closes => {
                connection.phase = Phase::Closing;
                let id = connection.id;
                self.outputs.push_back(Output::Close { connection: id });
            }
        }
    }
}
