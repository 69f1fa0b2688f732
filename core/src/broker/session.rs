//! The life of a session beyond its connection: it loses it, waits, ends (5.0 section 4.1).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Broker;
use super::clients::Clients;
use crate::event::SessionEnd;
use crate::fault::Fault;
use crate::record::{Key, Record};
use crate::session::SessionIndex;
use crate::session::outgoing::InFlight;
use crate::session::queue::Queued;
use crate::time::Instant;

impl Broker {
    /// The connection of a session has ended. The session ends with it, or its clocks start.
    pub(super) fn detach(&mut self, now: Instant, index: SessionIndex) {
        let Some(session) = self.clients.sessions.get_mut(index) else { return };
        session.set_connection(None);
        self.clients.connected -= 1;
        session.since = now;
        self.tree.set_connected(&session.subscriptions, false);
        let is_member = self.tree.is_member(&session.subscriptions);
        if !session.is_kept() {
            // [MQTT-3.1.2-23] of 5.0, [MQTT-3.1.2-6] of 3.1.1
            return self.end_session(now, index, SessionEnd::Closed);
        }
        if self.config().planted().is(Fault::ReplayForgotten) {
            self.clients.end_replays(index);
        }
        self.clients.release_outgoing(index);
        self.clients.recount_session(index);
        self.clients.record_session(index);
        // Section 4.8.2 of 5.0: what was not started need not wait for this client. While the broker goes,
        // it would only be handed round.
        if is_member && self.shutdown.accepts() {
            self.relieve(now, index, None);
        }
        self.session_due(now, index);
    }

    /// Does what is due about a session that has no connection, and wakes up for the rest.
    pub(super) fn session_due(&mut self, now: Instant, index: SessionIndex) {
        let Some(session) = self.clients.sessions.get(index).filter(|session| session.connection().is_none())
        else {
            return;
        };
        let (deadline, ends_at) = (session.deadline(), session.ends_at());
        if ends_at <= now {
            return self.end_session(now, index, SessionEnd::Expired);
        }
        if deadline <= now {
            self.publish_will(now, index);
        }
        self.clients.arm_session(index);
    }

    /// A session is over: its will goes out if it has not ([MQTT-3.1.2-8] of 5.0), what it was to have for its
    /// groups goes to other members (section 4.8.2 of 5.0), everything else is forgotten.
    pub(super) fn end_session(&mut self, now: Instant, index: SessionIndex, cause: SessionEnd) {
        if self.config().planted().is(Fault::WillLostWithSession) && self.will_is_early(now, index) {
            self.remove_will(index);
        }
        self.publish_will(now, index);
        self.clients.tell_session_ended(index, cause);
        let Some(session) = self.clients.sessions.get_mut(index) else { return };
        let (number, recorded) = (session.record, session.is_recorded());
        let (routes, journal) = (&mut self.routes, &mut self.clients.journal);
        self.tree.clear(&mut session.subscriptions, |filter| {
            routes.changed(filter);
            if recorded {
                journal.record(Record::Delete(Key::Subscription { session: number, filter: filter.into() }));
            }
        });
        let owed = self.clients.forget_session(index, number, recorded);
        self.hand_on(now, owed);
    }
}

impl Clients {
    /// Forgets a session, but for what it is owed for its groups.
    fn forget_session(&mut self, index: SessionIndex, number: u64, recorded: bool) -> Vec<Queued> {
        let owed = self.forget_deliveries(index);
        self.forget_incoming(index);
        if recorded {
            self.journal.record(Record::Delete(Key::Session(number)));
        }
        self.recount_session(index);
        if let Some(mut session) = self.sessions.remove(index) {
            self.timers.disarm(&mut session.armed);
            self.owned_bytes -= session.counted as usize;
        }
        owed
    }

    /// Forgets the QoS 2 packet identifiers that a session received.
    pub(super) fn forget_incoming(&mut self, index: SessionIndex) {
        let Some(session) = self.sessions.get_mut(index) else { return };
        let (number, recorded) = (session.record, session.is_recorded());
        if let Some(incoming) = session.incoming.take().filter(|_| recorded) {
            for packet_identifier in incoming.iter().map(core::num::NonZeroU16::get) {
                self.journal.record(Record::Delete(Key::Incoming { session: number, packet_identifier }));
            }
        }
        self.recount_session(index);
    }

    /// Lets go of everything that a session is owed. What was for one of its groups, and may be somebody
    /// else's, in its order.
    fn forget_deliveries(&mut self, index: SessionIndex) -> Vec<Queued> {
        let mut owed = Vec::new();
        let Some(mut outgoing) = self.sessions.get_mut(index).and_then(|session| session.outgoing.take())
        else {
            return owed;
        };
        let in_flight: Vec<InFlight> = outgoing.drain_in_flight().collect();
        for entry in in_flight {
            let started =
                self.config.planted().is(Fault::SharedStartedHandedOn) && entry.queued.group().is_some();
            if entry.may_be_handed_on() || started {
                owed.push(entry.queued);
            } else {
                self.forget_in_flight(index, &entry);
            }
        }
        while let Some(queued) = outgoing.queue.pop() {
            if queued.group().is_some() {
                owed.push(queued);
            } else {
                self.forget_queued(index, &queued);
            }
        }
        let number =
            self.sessions.get(index).filter(|session| session.is_recorded()).map(|session| session.record);
        for (replay, session) in outgoing.replays.iter().zip(number.iter().cycle()) {
            let key = Key::Replay { session: *session, filter: replay.filter.clone() };
            self.journal.record(Record::Delete(key));
        }
        self.recount_session(index);
        owed
    }

    /// The client identifier of a session, for telling about it.
    pub(super) fn client_identifier(&self, index: Option<SessionIndex>) -> Box<str> {
        let session = index.and_then(|index| self.sessions.get(index));
        session.map_or_else(Box::default, |session| session.client_identifier.clone())
    }
}
