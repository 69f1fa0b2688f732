//! From the rows of a store back to a broker.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::num::{NonZeroU16, NonZeroU32};

use super::Broker;
use super::retain::Retained;
use crate::event::SessionEnd;
use crate::id::Position;
use crate::message::{Message, MessageIndex};
use crate::record::{
    FanOutRow, Key, MessageRow, QueuedRow, Record, ReplayRow, RetainedRow, Row, SessionRow, SubscriptionRow,
    WillRow,
};
use crate::session::outgoing::Stage;
use crate::session::queue::{Details, Queued};
use crate::session::replay::Replay;
use crate::session::{Recorded, Session, SessionIndex};
use crate::time::Instant;
use crate::topic::tree::Subscription;
use crate::will::Will;

/// Rows as they come, in any order, each key once.
#[derive(Debug, Default)]
pub(super) struct Restoring {
    sessions: BTreeMap<u64, SessionRow>,
    wills: BTreeMap<u64, WillRow>,
    subscriptions: BTreeMap<(u64, Box<str>), SubscriptionRow>,
    messages: BTreeMap<u64, MessageRow>,
    queued: BTreeMap<u64, QueuedRow>,
    incoming: BTreeSet<(u64, u16)>,
    retained: BTreeMap<Box<str>, RetainedRow>,
    replays: BTreeMap<(u64, Box<str>), ReplayRow>,
    fan_outs: BTreeMap<u64, FanOutRow>,
}

impl Restoring {
    pub(super) fn add(&mut self, row: Row) {
        match row {
            Row::Session(row) => drop(self.sessions.insert(row.session, row)),
            Row::Will(row) => drop(self.wills.insert(row.session, row)),
            Row::Subscription(row) => {
                self.subscriptions.insert((row.session, row.filter.clone()), row);
            }
            Row::Message(row) => drop(self.messages.insert(row.message, row)),
            Row::Queued(row) => drop(self.queued.insert(row.entry, row)),
            Row::Incoming { session, packet_identifier } => {
                self.incoming.insert((session, packet_identifier));
            }
            Row::Retained(row) => drop(self.retained.insert(row.topic.clone(), row)),
            Row::FanOut(row) => drop(self.fan_outs.insert(row.fan_out, row)),
            Row::Replay(row) => drop(self.replays.insert((row.session, row.filter.clone()), row)),
        }
    }
}

/// Where the numbers of the journal are found in the machine.
#[derive(Debug, Default)]
struct Known {
    sessions: BTreeMap<u64, SessionIndex>,
    messages: BTreeMap<u64, MessageIndex>,
    /// Messages for groups, given to members that are no more.
    owed: Vec<Queued>,
}

impl Broker {
    /// Makes the broker what the rows say. Rows that speak of nothing are deleted from the journal. The
    /// instant to go on from: not before anything that happened.
    pub(super) fn rebuild(&mut self, restoring: Restoring, wall: Instant) -> Instant {
        let closed = restoring.sessions.values().filter_map(|row| row.closed_at);
        let now = closed.fold(wall, Instant::max);
        let mut known = Known::default();
        for row in restoring.messages.into_values() {
            self.restore_message(&mut known, row);
        }
        for row in restoring.sessions.into_values() {
            self.restore_session(&mut known, now, row);
        }
        for row in restoring.wills.into_values() {
            self.restore_will(&known, row);
        }
        for row in restoring.subscriptions.into_values() {
            self.restore_subscription(&known, &row);
        }
        for session in known.sessions.values().filter_map(|index| self.clients.sessions.get(*index)) {
            self.tree.set_connected(&session.subscriptions, false);
        }
        for row in restoring.queued.into_values() {
            self.restore_queued(&mut known, row);
        }
        for (session, packet_identifier) in restoring.incoming {
            self.restore_incoming(&known, session, packet_identifier);
        }
        for row in restoring.retained.into_values() {
            self.restore_retained(&known, row);
        }
        for row in restoring.replays.into_values() {
            self.restore_replay(&known, row);
        }
        for row in restoring.fan_outs.into_values() {
            self.clients.journal.number_seen(row.fan_out);
            match known.messages.get(&row.message).copied() {
                Some(message) => self.restore_fan_out(&row, message),
                None => self.clients.journal.record(Record::Delete(Key::FanOut(row.fan_out))),
            }
        }
        self.hand_on(now, known.owed);
        // What nobody named is forgotten.
        for index in known.messages.into_values() {
            self.clients.release_message(index);
        }
        for index in known.sessions.into_values() {
            self.clients.recount_session(index);
            self.clients.arm_session(index);
        }
        self.clients.commit();
        now
    }

    fn restore_message(&mut self, known: &mut Known, row: MessageRow) {
        self.clients.journal.number_seen(row.message);
        let index = self.clients.messages.insert(Message {
            topic: row.topic,
            payload: row.payload,
            properties: row.properties,
            qos: row.qos,
            retain: row.retain,
            expires_at: row.expires_at,
            wait: Position::NONE,
        });
        self.clients.messages.set_record(index, row.message);
        known.messages.insert(row.message, index);
    }

    /// A session that was connected when the process ended counts as closed now.
    fn restore_session(&mut self, known: &mut Known, now: Instant, row: SessionRow) {
        self.clients.journal.number_seen(row.session);
        if let Some(older) = self.clients.sessions.find(&row.client_identifier) {
            // Two sessions of one client cannot both be right: the later one is, and has its place.
            known.sessions.retain(|_, index| *index != older);
            self.end_session(now, older, SessionEnd::Replaced);
        }
        let mut session = Session::new(&row.client_identifier, row.session);
        session.version = row.version;
        session.expiry_interval_seconds = row.expiry_interval_seconds;
        session.since = row.closed_at.unwrap_or(now);
        session.recorded = Recorded::Whole;
        let index = self.clients.sessions.insert(session);
        known.sessions.insert(row.session, index);
        if row.closed_at.is_none() {
            self.clients.record_session(index);
        }
    }

    fn restore_will(&mut self, known: &Known, row: WillRow) {
        let found = known.sessions.get(&row.session).and_then(|index| self.clients.session(*index));
        let Some(session) = found else {
            return self.clients.journal.record(Record::Delete(Key::Will(row.session)));
        };
        session.will = Some(Box::new(Will {
            topic: row.topic,
            payload: row.payload,
            properties: row.properties,
            qos: row.qos,
            retain: row.retain,
            delay_seconds: row.delay_seconds,
            message_expiry_seconds: row.message_expiry_seconds,
        }));
    }

    fn restore_subscription(&mut self, known: &Known, row: &SubscriptionRow) {
        let index = known.sessions.get(&row.session);
        let Some((index, session)) = index.and_then(|at| Some((*at, self.clients.sessions.get_mut(*at)?)))
        else {
            let key = Key::Subscription { session: row.session, filter: row.filter.clone() };
            return self.clients.journal.record(Record::Delete(key));
        };
        let subscription = Subscription { options: row.options, identifier: NonZeroU32::new(row.identifier) };
        self.tree.insert(&mut session.subscriptions, index, &row.filter, subscription);
        self.routes.changed(&row.filter);
    }

    /// Entries come in ascending order, which is the order of arrival.
    fn restore_queued(&mut self, known: &mut Known, row: QueuedRow) {
        self.clients.journal.number_seen(row.entry);
        let released = row.message == 0;
        let message = known.messages.get(&row.message).copied();
        let session = known.sessions.get(&row.session).copied();
        // Nobody who was not kept has a QoS 2 message here that was started.
        let for_group = !row.group.is_empty();
        let (Some(message), true) =
            (message.or(released.then_some(MessageIndex::NONE)), session.is_some() || for_group)
        else {
            return self.clients.journal.record(Record::Delete(Key::Queued(row.entry)));
        };
        if !released {
            self.clients.messages.retain(message);
        }
        let bytes = self.clients.messages.get(message).map_or(0, Message::size);
        let group = self.restored_group(&row.group);
        let queued = Queued {
            message,
            entry: row.entry,
            wait: Position::NONE,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            qos: row.qos,
            retain: row.retain,
            replayed: false,
            details: Details::new(&row.identifiers, group.as_ref()),
        };
        let Some(session) = session.and_then(|session| self.clients.session(session)) else {
            return known.owed.push(queued);
        };
        let stage = if released { Stage::Release } else { Stage::Publish };
        match NonZeroU16::new(row.packet_identifier) {
            Some(packet_identifier) => session.outgoing().restore(packet_identifier, stage, queued),
            None => session.outgoing().queue.push(queued),
        }
    }

    /// The name of a group, its own where it exists.
    fn restored_group(&self, name: &str) -> Option<Arc<str>> {
        let known = self.tree.group(name).and_then(|group| self.tree.group_name(group));
        known.or_else(|| (!name.is_empty()).then(|| name.into()))
    }

    fn restore_incoming(&mut self, known: &Known, session: u64, packet_identifier: u16) {
        let found = known.sessions.get(&session).and_then(|index| self.clients.session(*index));
        match (found, NonZeroU16::new(packet_identifier)) {
            (Some(session), Some(packet_identifier)) => {
                session.incoming().insert(packet_identifier, false);
            }
            _ => self.clients.journal.record(Record::Delete(Key::Incoming { session, packet_identifier })),
        }
    }

    fn restore_replay(&mut self, known: &Known, row: ReplayRow) {
        self.clients.journal.number_seen(row.before);
        let found = known.sessions.get(&row.session).and_then(|index| self.clients.session(*index));
        let Some(session) = found else {
            let key = Key::Replay { session: row.session, filter: row.filter };
            return self.clients.journal.record(Record::Delete(key));
        };
        session.outgoing().replays.begin(Replay {
            filter: row.filter,
            subscription: Subscription { options: row.options, identifier: NonZeroU32::new(row.identifier) },
            before: row.before,
            after: row.after,
            early: row.early.into_iter().collect(),
        });
    }

    fn restore_retained(&mut self, known: &Known, row: RetainedRow) {
        let Some(message) = known.messages.get(&row.message).copied() else {
            return self.clients.journal.record(Record::Delete(Key::Retained(row.topic)));
        };
        self.clients.messages.retain(message);
        let retained = Retained { message, publisher: row.publisher, stamp: row.stamp };
        self.clients.journal.number_seen(row.stamp);
        self.clients.put_retained(&row.topic, retained);
    }
}
