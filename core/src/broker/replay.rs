//! Retained messages for a subscription that was just made (section 3.3.1.3 of 3.1.1 and 5.0): sent as the
//! client's window and socket allow, looked for in bounded pieces, none dropped.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::ops::Bound;

use super::clients::Clients;
use super::copy::Copy;
use super::deliver::Publication;
use super::send::Step;
use crate::connection::ConnectionIndex;
use crate::fault::Fault;
use crate::id::Position;
use crate::message::{Message, MessageIndex};
use crate::record::{Key, Record, ReplayRow, Row};
use crate::retained::NextMatch;
use crate::session::SessionIndex;
use crate::session::outgoing::Outgoing;
use crate::session::replay::Replay;
use crate::time::Instant;
use crate::topic::{Subscription, filter};
use crate::wire::{QoS, RetainHandling};

/// Whether a subscription gets the retained messages ([MQTT-3.3.1-9] to [MQTT-3.3.1-11] of 5.0; 3.1.1 always,
/// [MQTT-3.8.4-3]).
pub(super) const fn wants_retained(subscription: &Subscription, is_new: bool) -> bool {
    match subscription.options.retain_handling {
        RetainHandling::SendAlways => true,
        RetainHandling::SendIfNew => is_new,
        RetainHandling::DoNotSend => false,
    }
}

/// The next retained message that a replay has to send.
#[derive(Clone, Copy, Debug)]
struct Due {
    message: MessageIndex,
    qos: QoS,
    wait: Position,
    identifier: Option<u32>,
}

impl Clients {
    /// From now on the session is sent what is retained and matches `filter`.
    pub(super) fn begin_replay(&mut self, session: SessionIndex, filter: &str, subscription: Subscription) {
        if self.retained.store.is_empty() || self.config.planted().is(Fault::RetainedNotSent) {
            return;
        }
        let before = self.journal.number();
        let Some(found) = self.sessions.get_mut(session) else { return };
        found.outgoing().replays.begin(Replay {
            filter: filter.into(),
            subscription,
            before,
            after: None,
            early: Default::default(),
        });
        self.record_replay(session, filter);
        self.recount_session(session);
    }

    /// The subscription is gone: so is what it was still to be sent.
    pub(super) fn end_replay(&mut self, session: SessionIndex, filter: &str) {
        let Some(found) = self.sessions.get_mut(session) else { return };
        let (number, recorded) = (found.record, found.is_recorded());
        if found.outgoing.as_mut().is_some_and(|outgoing| outgoing.replays.end(filter)) {
            if recorded {
                self.record(session, Record::Delete(Key::Replay { session: number, filter: filter.into() }));
            }
            self.recount_session(session);
        }
    }

    /// Goes on with the next of the replays that were stopped only because they had looked at enough.
    pub(super) fn continue_replay(&mut self, now: Instant) {
        let after = (Bound::Excluded(self.last_turn), Bound::Unbounded);
        let next = self.unfinished.range(after).next().or_else(|| self.unfinished.first()).copied();
        let Some(id) = next else { return };
        self.last_turn = id;
        self.unfinished.remove(&id);
        if let Some(index) = self.connections.find(id) {
            self.send(now, index);
        }
    }

    /// Does the next thing about the first replay of a session that has one.
    pub(super) fn replay_next(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        session: SessionIndex,
        budget: &mut usize,
    ) -> Step {
        if *budget == 0 {
            if let Some(connection) = self.connections.get(index) {
                self.unfinished.insert(connection.id);
            }
            return Step::Stop;
        }
        let Some(found) = self.sessions.get_mut(session) else { return Step::Stop };
        let Some(outgoing) = found.outgoing.as_mut() else { return Step::Stop };
        let Some(replay) = outgoing.replays.first_mut() else { return Step::Stop };
        match self.retained.store.next_match(&replay.filter, replay.after.as_deref(), budget) {
            NextMatch::Exhausted => {
                let filter = replay.filter.clone();
                self.end_replay(session, &filter);
                self.release_outgoing(session);
                Step::Done
            }
            NextMatch::BudgetSpent(topic) => {
                replay.after = Some(topic.into());
                Step::Done
            }
            NextMatch::Found(topic, _) => {
                let topic: Box<str> = topic.into();
                self.replay_found(now, index, session, &topic)
            }
        }
    }

    /// The cursor stands before the retained message of `topic`.
    fn replay_found(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        session: SessionIndex,
        topic: &str,
    ) -> Step {
        let first = |outgoing: &Outgoing| outgoing.replays.iter().next().cloned();
        let found = self.sessions.get(session).and_then(|of| of.outgoing.as_ref()).and_then(|of| first(of));
        let Some(replay) = found else { return Step::Stop };
        let due = self.due(now, session, &replay, topic);
        if let Some(due) = due
            && self.replay_one(now, index, session, &due) == Step::Stop
        {
            return Step::Stop;
        }
        if let Some(first) = self.first_replay(session) {
            first.pass(topic);
        }
        if due.is_some_and(|due| due.qos > QoS::AtMostOnce) {
            self.record_replay(session, &replay.filter);
        }
        Step::Done
    }

    fn first_replay(&mut self, session: SessionIndex) -> Option<&mut Replay> {
        self.sessions.get_mut(session)?.outgoing.as_mut()?.replays.first_mut()
    }

    /// The replay of a filter, if it has not ended.
    fn replay_mut(&mut self, session: SessionIndex, filter: &str) -> Option<&mut Replay> {
        let outgoing = self.sessions.get_mut(session)?.outgoing.as_mut()?;
        outgoing.replays.iter_mut().find(|replay| &*replay.filter == filter)
    }

    /// What is to be sent of the retained message of `topic`, if anything.
    fn due(&self, now: Instant, session: SessionIndex, replay: &Replay, topic: &str) -> Option<Due> {
        let retained = self.retained.store.get(topic)?;
        if retained.stamp > replay.before || !replay.is_ahead(topic) {
            return None;
        }
        let client = &*self.sessions.get(session)?.client_identifier;
        // [MQTT-3.8.3-3] of 5.0 makes no exception for retained messages.
        if replay.subscription.options.no_local && client == &*retained.publisher {
            return None;
        }
        let outlives = self.config.planted().is(Fault::RetainedOutlivesExpiry);
        let lives = |message: &&Message| message.expires_at > now || outlives;
        let message = self.messages.get(retained.message).filter(lives)?;
        Some(Due {
            message: retained.message,
            qos: message.qos.min(replay.subscription.options.qos).min(self.config.policy.maximum_qos),
            wait: message.wait,
            identifier: replay.subscription.identifier.map(NonZeroU32::get),
        })
    }

    /// Sends one retained message past the queue, if it can be sent now.
    fn replay_one(&mut self, now: Instant, index: ConnectionIndex, session: SessionIndex, due: &Due) -> Step {
        // [MQTT-3.3.1-8] of both: RETAIN is 1, whatever Retain As Published says (5.0 section 3.8.3.1).
        let planted = self.config.planted();
        let copy = Copy {
            qos: due.qos,
            retain: !planted.is(Fault::RetainedWithoutRetain),
            replayed: true,
            identifiers: planted.identified(due.identifier.as_slice()),
            share: None,
        };
        if due.qos == QoS::AtMostOnce {
            if !self.takes_at_once(index, due.wait) {
                self.wake_when_persisted(index, due.wait);
                return Step::Stop;
            }
            if !self.hooked_deliver_stored(session, due.message, &copy) {
                return Step::Done;
            }
            let queued = self.queued(due.message, &copy, 0, due.wait);
            self.send_at_most_once(now, index, &queued);
            return Step::Done;
        }
        let in_flight_maximum = self.config.limits.in_flight_maximum;
        let outgoing = self.sessions.get(session).and_then(|session| session.outgoing.as_ref());
        if !outgoing.is_some_and(|outgoing| outgoing.may_admit(in_flight_maximum)) {
            return Step::Stop;
        }
        if !self.hooked_deliver_stored(session, due.message, &copy) {
            return Step::Done;
        }
        let entry = if self.is_recorded(session) { self.journal.number() } else { 0 };
        let queued = self.queued(due.message, &copy, entry, due.wait);
        self.admit(session, queued)
    }

    pub(super) fn wake_when_persisted(&mut self, index: ConnectionIndex, wait: Position) {
        if wait > self.journal.persisted()
            && let Some(connection) = self.connections.get(index)
        {
            self.holds.insert((wait, connection.id));
        }
    }

    /// A live message is about to go to a session that is still being sent retained ones: the retained message
    /// of its topic goes first.
    pub(super) fn replay_before(
        &mut self,
        now: Instant,
        session: SessionIndex,
        publication: &Publication<'_>,
    ) {
        let topic = publication.view.topic;
        let Some(outgoing) = self.sessions.get(session).and_then(|of| of.outgoing.as_ref()) else { return };
        let concerned: Vec<Box<str>> = outgoing
            .replays
            .iter()
            .filter(|replay| filter::matches(&replay.filter, topic))
            .map(|replay| replay.filter.clone())
            .collect();
        for filter in concerned {
            let Some(replay) = self.replay_mut(session, &filter).map(|replay| replay.clone()) else {
                continue;
            };
            let Some(due) = self.due(now, session, &replay, topic) else { continue };
            // Said before it is sent: sending goes on with all replays, and one may reach this topic.
            if let Some(replay) = self.replay_mut(session, &filter) {
                replay.early.insert(topic.into());
            }
            self.record_replay(session, &filter);
            self.replay_early(now, session, &due);
        }
        self.recount_session(session);
    }

    /// Sends a retained message before its turn, by way of the queue, where the live message follows it.
    fn replay_early(&mut self, now: Instant, session: SessionIndex, due: &Due) {
        let copy = Copy {
            qos: due.qos,
            retain: true,
            replayed: true,
            identifiers: due.identifier.as_slice(),
            share: None,
        };
        if !self.hooked_deliver_stored(session, due.message, &copy) {
            return;
        }
        let connection = self.sessions.get(session).and_then(|session| session.connection());
        match connection {
            Some(index) if due.qos == QoS::AtMostOnce => {
                self.push_backlog(index, due.message, &copy, due.wait);
                self.send(now, index);
            }
            _ => self.enqueue(now, session, due.message, &copy, due.wait),
        }
    }

    /// Whether a session is still being sent retained messages.
    #[inline]
    pub(super) fn is_replaying(&self, session: SessionIndex) -> bool {
        let outgoing = self.sessions.get(session).and_then(|session| session.outgoing.as_ref());
        outgoing.is_some_and(|outgoing| !outgoing.replays.is_empty())
    }

    fn record_replay(&mut self, session: SessionIndex, filter: &str) {
        if !self.is_recorded(session) {
            return;
        }
        let Some(found) = self.sessions.get(session) else { return };
        let Some(outgoing) = found.outgoing.as_ref() else { return };
        let Some(replay) = outgoing.replays.iter().find(|replay| &*replay.filter == filter) else { return };
        let row = ReplayRow {
            session: found.record,
            filter: filter.into(),
            options: replay.subscription.options,
            identifier: replay.subscription.identifier.map_or(0, NonZeroU32::get),
            before: replay.before,
            after: replay.after.clone(),
            early: replay.early.iter().cloned().collect(),
        };
        self.record(session, Record::Put(Row::Replay(row)));
    }
}
