//! What a client is owed leaves as far as its window, its socket and the journal allow.

use core::num::NonZeroU16;

use super::clients::Clients;
use super::encode::Form;
use super::hold::Promise;
use crate::connection::{ConnectionIndex, Phase};
use crate::event::{DropReason, Event};
use crate::fault::Fault;
use crate::id::Position;
use crate::message::Message;
use crate::record::{Key, Record};
use crate::session::SessionIndex;
use crate::session::outgoing::{InFlight, Stage};
use crate::session::queue::Queued;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Acknowledgement, Packet, Properties, QoS, ReasonCode, TooLarge};

/// What became of the next thing to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It left, or was dropped: on to the next.
    Done,
    /// Nothing more can leave now.
    Stop,
}

impl Clients {
    /// Sends what may be sent: first what waits at QoS 0, then what is in flight and was not sent on this
    /// connection, then the queue.
    pub(super) fn send(&mut self, now: Instant, index: ConnectionIndex) {
        let Some(connection) = self.connections.get(index) else { return };
        if !connection.open || connection.phase != Phase::Connected {
            return;
        }
        if connection.work.as_ref().is_some_and(|work| !work.backlog.is_empty()) {
            while self.has_room(index) && self.send_backlog(now, index) == Step::Done {}
            self.settle_backlog(index);
        }
        let Some(session) = connection_session(self, index) else { return };
        if self.sessions.get(session).is_none_or(|session| session.outgoing.is_none()) {
            return;
        }
        let mut budget = self.config.limits.retained_per_turn as usize;
        while self.has_room(index) && self.send_next(now, index, session, &mut budget) == Step::Done {}
        self.watch_output(now, index);
        self.recount_session(session);
    }

    /// The account after some of the QoS 0 messages that wait have left.
    fn settle_backlog(&mut self, index: ConnectionIndex) {
        if let Some(connection) = self.connections.get(index)
            && connection.work.as_ref().is_none_or(|work| work.backlog.is_empty())
        {
            self.backlogged.remove(&connection.id);
        }
        self.recount_connection(index);
    }

    pub(super) fn has_room(&self, index: ConnectionIndex) -> bool {
        let mark = self.config.limits.transmit_mark_bytes as usize;
        self.connections.get(index).is_some_and(|connection| connection.waiting_bytes() < mark)
    }

    fn send_backlog(&mut self, now: Instant, index: ConnectionIndex) -> Step {
        let persisted = self.journal.persisted();
        let Some(connection) = self.connections.get_mut(index) else { return Step::Stop };
        let Some(work) = connection.work.as_mut() else { return Step::Stop };
        let Some(first) = work.backlog.front() else { return Step::Stop };
        if first.wait > persisted {
            self.holds.insert((first.wait, connection.id));
            return Step::Stop;
        }
        let Some(queued) = work.backlog.pop() else { return Step::Stop };
        self.send_at_most_once(now, index, &queued);
        Step::Done
    }

    /// Sends a stored message at QoS 0 and lets go of it.
    pub(super) fn send_at_most_once(&mut self, now: Instant, index: ConnectionIndex, queued: &Queued) {
        let form = Form {
            qos: QoS::AtMostOnce,
            packet_identifier: None,
            duplicate: false,
            retain: queued.retain,
            identifiers: queued.identifiers(),
        };
        let written = if self.is_expired(now, queued) {
            Err(DropReason::Expired)
        } else {
            self.write_message(now, index, queued, &form)
        };
        if let Err(reason) = written {
            self.dropped(index, reason);
        }
        self.release_message(queued.message);
    }

    /// The next of the QoS 1 and 2 deliveries: what has a packet identifier goes before what is queued.
    fn send_next(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        session: SessionIndex,
        budget: &mut usize,
    ) -> Step {
        let (in_flight_maximum, planted) = (self.config.limits.in_flight_maximum, self.config.planted());
        // One that is not read cannot acknowledge: what is for it waits in its queue.
        let unread = self.is_unread(index);
        let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) else {
            return Step::Stop;
        };
        let next = outgoing.next().map(|next| (next.stage, next.packet_identifier));
        match next {
            Some((Stage::Release, _))
                if planted.is(Fault::PubrelWaitsForWindow) && outgoing.is_window_closed() =>
            {
                Step::Stop
            }
            Some((Stage::Release, packet_identifier)) => {
                outgoing.advance();
                self.send_pubrel_again(index, session, packet_identifier)
            }
            // [MQTT-4.4.0-1] of both: a window that is closed holds back PUBLISH only (5.0 section 4.9).
            Some((Stage::Publish, _)) if !outgoing.take_slot() => {
                if outgoing.bring_release_forward() {
                    Step::Done
                } else {
                    Step::Stop
                }
            }
            Some((Stage::Publish, _)) => self.send_in_flight(now, index, session),
            None if unread => Step::Stop,
            None => {
                let queued = !outgoing.queue.is_empty() && outgoing.may_admit(in_flight_maximum);
                let is_next = outgoing.replays.is_next || !queued;
                // Only what goes has had its turn: the window may close behind each.
                outgoing.replays.is_next |= queued;
                let replays = !outgoing.replays.is_empty() && is_next;
                if replays && self.replay_next(now, index, session, budget) == Step::Done {
                    self.replays_had_their_turn(session);
                    return Step::Done;
                }
                if !queued {
                    return Step::Stop;
                }
                self.admit_queued(now, index, session)
            }
        }
    }

    fn replays_had_their_turn(&mut self, session: SessionIndex) {
        if let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) {
            outgoing.replays.is_next = false;
        }
    }

    /// Sends the delivery at the cursor, unless it waits for the journal.
    fn send_in_flight(&mut self, now: Instant, index: ConnectionIndex, session: SessionIndex) -> Step {
        let persisted = self.journal.persisted();
        let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) else {
            return Step::Stop;
        };
        let Some(next) = outgoing.next_mut() else { return Step::Stop };
        if next.queued.wait > persisted {
            let wait = next.queued.wait;
            if let Some(connection) = self.connections.get(index) {
                self.holds.insert((wait, connection.id));
            }
            return Step::Stop;
        }
        let (packet_identifier, started) = (next.packet_identifier, next.started);
        let queued = next.queued.clone();
        let planted = self.config.planted();
        let form = Form {
            qos: queued.qos,
            packet_identifier: Some(planted.identifier(packet_identifier)),
            duplicate: started && !planted.is(Fault::ResentWithoutDuplicate)
                || planted.is(Fault::DuplicateAtFirst),
            retain: queued.retain,
            identifiers: queued.identifiers(),
        };
        // Expiry has no effect once the delivery has started (5.0 section 3.3.2.3.3, [MQTT-4.3.3-7]).
        let expired = !started && self.is_expired(now, &queued);
        let written =
            if expired { Err(DropReason::Expired) } else { self.write_message(now, index, &queued, &form) };
        let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) else {
            return Step::Stop;
        };
        match written {
            Ok(()) => outgoing.advance(),
            Err(reason) => {
                // [MQTT-3.1.2-25] of 5.0: as if its delivery were complete.
                if let Some(entry) = outgoing.drop_next() {
                    self.forget_in_flight(session, &entry);
                }
                self.dropped(index, reason);
            }
        }
        Step::Done
    }

    /// The first message of the queue leaves it.
    fn admit_queued(&mut self, now: Instant, index: ConnectionIndex, session: SessionIndex) -> Step {
        let persisted = self.journal.persisted();
        let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) else {
            return Step::Stop;
        };
        let reversed = self.config.planted().is(Fault::QueueReversed);
        let next = if reversed { outgoing.queue.back() } else { outgoing.queue.front() };
        // The others wait with their packet identifiers.
        let held = next.filter(|next| next.qos == QoS::AtMostOnce && next.wait > persisted);
        if let Some(wait) = held.map(|held| held.wait) {
            self.wake_when_persisted(index, wait);
            return Step::Stop;
        }
        let next = if reversed { outgoing.queue.pop_newest() } else { outgoing.queue.pop() };
        let Some(queued) = next else { return Step::Stop };
        if queued.qos == QoS::AtMostOnce {
            self.send_at_most_once(now, index, &queued);
            return Step::Done;
        }
        if self.is_expired(now, &queued) {
            self.forget_queued(session, &queued);
            self.dropped(index, DropReason::Expired);
            return Step::Done;
        }
        self.admit(session, queued)
    }

    /// Gives a message a packet identifier. It leaves in the next step, once its record is where it has to be.
    pub(super) fn admit(&mut self, session: SessionIndex, mut queued: Queued) -> Step {
        let planted = self.config.planted();
        self.number_in_order(session, &mut queued);
        let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) else {
            return Step::Stop;
        };
        let Some(InFlight { packet_identifier, queued, .. }) = outgoing.admit(queued, planted) else {
            return Step::Stop;
        };
        let (packet_identifier, recorded) = (*packet_identifier, queued.entry != 0);
        let queued = queued.clone();
        if recorded
            && queued.qos == QoS::ExactlyOnce
            && queued.group().is_some()
            && !self.is_recorded(session)
        {
            // It was recorded for its group alone, up to here ([MQTT-4.8.2-5] of 5.0).
            self.record(session, Record::Delete(Key::Queued(queued.entry)));
            self.set_unrecorded(session);
        } else {
            self.record_delivery(session, &queued, Stage::Publish, packet_identifier.get());
        }
        if recorded && queued.qos == QoS::ExactlyOnce {
            let wait = queued.wait.max(self.wait_for_group(Promise::PublishExactlyOnce));
            self.set_wait(session, wait);
        }
        Step::Done
    }

    /// [MQTT-4.6.0-1]: what is in flight comes back from the journal in the order of its numbers. A retained
    /// message that goes before one of the queue has the higher one: then that one gets another.
    fn number_in_order(&mut self, session: SessionIndex, queued: &mut Queued) {
        let outgoing = self.sessions.get(session).and_then(|of| of.outgoing.as_ref());
        let last =
            outgoing.and_then(|outgoing| outgoing.last_in_flight()).map_or(0, |last| last.queued.entry);
        if queued.entry < last && queued.entry != 0 && self.is_recorded(session) {
            self.record(session, Record::Delete(Key::Queued(queued.entry)));
            queued.entry = self.journal.number();
        }
    }

    fn set_unrecorded(&mut self, session: SessionIndex) {
        if let Some(next) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()?.next_mut()) {
            next.queued.entry = 0;
        }
    }

    fn set_wait(&mut self, session: SessionIndex, wait: Position) {
        if let Some(next) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()?.next_mut()) {
            next.queued.wait = wait;
        }
    }

    /// PUBREL for a PUBREC of an earlier connection ([MQTT-4.4.0-1]). What it speaks of is recorded, or waits
    /// in the same line of answers.
    fn send_pubrel_again(
        &mut self,
        index: ConnectionIndex,
        session: SessionIndex,
        packet_identifier: NonZeroU16,
    ) -> Step {
        if self.config.planted().is(Fault::PubrelNotResent) {
            return Step::Done;
        }
        let wait = self.wait_for_session(Promise::RepeatedAnswer, session);
        // A client that takes no packet of four bytes was not sent the PUBLISH either.
        let _fits = self.send_pubrel(index, packet_identifier, ReasonCode::Success, wait);
        Step::Done
    }

    pub(super) fn send_pubrel(
        &mut self,
        index: ConnectionIndex,
        packet_identifier: NonZeroU16,
        reason: ReasonCode,
        wait: Position,
    ) -> Result<(), Violation> {
        let acknowledgement = Acknowledgement { packet_identifier, reason, properties: Properties::EMPTY };
        self.reply(index, wait, &Packet::Pubrel(acknowledgement))
    }

    fn write_message(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        queued: &Queued,
        form: &Form<'_>,
    ) -> Result<(), DropReason> {
        let messages = core::mem::take(&mut self.messages);
        let written = messages.get(queued.message).map_or(Ok(()), |message| {
            self.frames.take_up_stored(queued.message);
            self.write_publish(now, index, &message.view(), Some(&message.payload), form)
        });
        self.messages = messages;
        written.map_err(|TooLarge| DropReason::TooLarge)
    }

    /// [MQTT-3.3.2-5] of 5.0: a copy that was not started by its deadline is not sent. At that moment it still is, for
    /// the deadline of a message that may not wait is when it comes (`docs/decisions.md` D8).
    fn is_expired(&self, now: Instant, queued: &Queued) -> bool {
        let planted = self.config.planted();
        let outlives = planted.is(Fault::ExpiredIsSent) || planted.is(Fault::RetainedOutlivesExpiry);
        let expired = |of: &Message| of.expires_at < now && !outlives;
        self.messages.get(queued.message).is_some_and(expired)
    }

    /// Tells that a client's copy of a message was dropped.
    pub(super) fn dropped(&mut self, index: ConnectionIndex, reason: DropReason) {
        if let Some(session) = connection_session(self, index) {
            self.dropped_for(session, reason);
        }
    }

    pub(super) fn dropped_for(&mut self, session: SessionIndex, reason: DropReason) {
        self.counters.dropped.count(reason);
        if !self.config.events.drops {
            return;
        }
        if let Some(session) = self.sessions.get(session) {
            let client_identifier = (&*session.client_identifier).into();
            self.event(Event::Dropped { client_identifier, reason });
        }
    }
}

fn connection_session(clients: &Clients, index: ConnectionIndex) -> Option<SessionIndex> {
    clients.connections.get(index)?.session()
}
