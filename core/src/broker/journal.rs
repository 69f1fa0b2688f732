//! Records of what must survive. All records made by one packet or timer are one group with one position.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::clients::Clients;
use crate::id::{PeerId, Position};
use crate::message::MessageIndex;
use crate::record::{Key, MessageRow, QueuedRow, Record, Row, SessionRow, SubscriptionRow, WillRow};
use crate::session::outgoing::{InFlight, Stage};
use crate::session::queue::Queued;
use crate::session::{Recorded, SessionIndex};
use crate::topic::tree::Subscription;

/// Where the journal stands.
#[derive(Debug)]
pub(super) struct Journal {
    enabled: bool,
    group: Vec<Record>,
    /// The position of the last group that was given out.
    committed: Position,
    persisted: Position,
    /// The last number given to a session, message or entry; its upper bits name this broker.
    number: u64,
}

impl Journal {
    pub(super) fn new(enabled: bool, me: PeerId) -> Self {
        let number = u64::from(me.0) << 48;
        Self { enabled, group: Vec::new(), committed: Position::NONE, persisted: Position::NONE, number }
    }

    pub(super) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    pub(super) fn record(&mut self, record: Record) {
        if self.enabled {
            self.group.push(record);
        }
    }

    /// The position that the records made since the last commit will have; none if there are none.
    pub(super) fn group(&self) -> Position {
        if self.group.is_empty() { Position::NONE } else { self.latest() }
    }

    /// The position of the last record made.
    pub(super) fn latest(&self) -> Position {
        Position(self.committed.0 + u64::from(!self.group.is_empty()))
    }

    /// Whether a session ends in the group at hand.
    pub(super) fn clears_session(&self) -> bool {
        self.group.iter().any(|record| matches!(record, Record::Delete(Key::Session(_))))
    }

    pub(super) fn commit(&mut self) -> Option<(Position, Vec<Record>)> {
        if self.group.is_empty() {
            return None;
        }
        self.committed = self.latest();
        Some((self.committed, core::mem::take(&mut self.group)))
    }

    pub(super) const fn persisted(&self) -> Position {
        self.persisted
    }

    /// A driver cannot persist what it was not given.
    pub(super) fn set_persisted(&mut self, position: Position) {
        self.persisted = self.persisted.max(position.min(self.committed));
    }

    /// Whether everything recorded is on stable storage.
    pub(super) fn is_settled(&self) -> bool {
        self.persisted == self.latest()
    }

    /// A number that was never used: unique over brokers and restarts.
    pub(super) fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Numbers up to this one are taken.
    pub(super) fn number_seen(&mut self, number: u64) {
        if number >> 48 == self.number >> 48 {
            self.number = self.number.max(number);
        }
    }
}

impl Clients {
    /// Adds a record about a session to the group at hand.
    pub(super) fn record(&mut self, session: SessionIndex, record: Record) {
        self.journal.record(record);
        let latest = self.journal.latest();
        if let Some(session) = self.sessions.get_mut(session).filter(|_| self.journal.is_enabled()) {
            session.latest = latest;
        }
    }

    /// Whether what a session is owed has to survive. A session that was kept before, and is not any more, has
    /// rows that only it can delete.
    pub(super) fn is_recorded(&self, session: SessionIndex) -> bool {
        self.journal.is_enabled()
            && self.sessions.get(session).is_some_and(|session| session.recorded == Recorded::Whole)
    }

    /// The session as it is now, if it ever outlived its connection or had a will. Its row goes when it ends.
    pub(super) fn record_session(&mut self, index: SessionIndex) {
        let Some(session) = self.sessions.get_mut(index) else { return };
        let wanted = match (session.is_kept(), &session.will) {
            (true, _) => Recorded::Whole,
            (false, Some(_)) => Recorded::Itself,
            (false, None) => Recorded::Nothing,
        };
        session.recorded = session.recorded.max(wanted);
        if !session.is_recorded() {
            return;
        }
        let row = SessionRow {
            session: session.record,
            client_identifier: session.client_identifier.clone(),
            version: session.version,
            expiry_interval_seconds: session.expiry_interval_seconds,
            closed_at: session.connection().is_none().then_some(session.since),
        };
        self.record(index, Record::Put(Row::Session(row)));
    }

    /// The will of a session as it is now.
    pub(super) fn record_will(&mut self, index: SessionIndex) {
        let Some(session) = self.sessions.get(index) else { return };
        let record = match &session.will {
            Some(will) => Record::Put(Row::Will(WillRow {
                session: session.record,
                topic: will.topic.clone(),
                payload: will.payload.clone(),
                properties: will.properties.clone(),
                qos: will.qos,
                retain: will.retain,
                delay_seconds: will.delay_seconds,
                message_expiry_seconds: will.message_expiry_seconds,
            })),
            None => Record::Delete(Key::Will(session.record)),
        };
        self.record(index, record);
    }

    pub(super) fn record_subscription(
        &mut self,
        index: SessionIndex,
        filter: &str,
        to: Option<Subscription>,
    ) {
        if !self.is_recorded(index) {
            return;
        }
        let Some(session) = self.sessions.get(index).map(|session| session.record) else { return };
        let filter: Box<str> = filter.into();
        let record = match to {
            Some(subscription) => Record::Put(Row::Subscription(SubscriptionRow {
                session,
                filter,
                options: subscription.options,
                identifier: subscription.identifier.map_or(0, Into::into),
            })),
            None => Record::Delete(Key::Subscription { session, filter }),
        };
        self.record(index, record);
    }

    /// The number of a message in the journal, which has it from this group on if it had not before.
    pub(super) fn record_message(&mut self, index: MessageIndex) -> u64 {
        let known = self.messages.record(index);
        if known != 0 || !self.journal.is_enabled() {
            return known;
        }
        let number = self.journal.number();
        let Some(message) = self.messages.get(index) else { return 0 };
        self.journal.record(Record::Put(Row::Message(MessageRow {
            message: number,
            topic: message.topic.clone(),
            payload: message.payload.clone(),
            properties: message.properties.clone(),
            qos: message.qos,
            retain: message.retain,
            expires_at: message.expires_at,
        })));
        self.messages.set_record(index, number);
        number
    }

    /// A delivery that has no packet identifier yet.
    pub(super) fn record_queued(&mut self, session: SessionIndex, queued: &Queued) {
        self.record_delivery(session, queued, Stage::Publish, 0);
    }

    /// A delivery with its packet identifier.
    pub(super) fn record_delivery(
        &mut self,
        session: SessionIndex,
        queued: &Queued,
        stage: Stage,
        packet_identifier: u16,
    ) {
        if queued.entry == 0 {
            return;
        }
        let Some(number) = self.sessions.get(session).map(|session| session.record) else { return };
        let message = match stage {
            Stage::Publish => self.record_message(queued.message),
            Stage::Release => 0,
        };
        let row = QueuedRow {
            entry: queued.entry,
            session: number,
            message,
            qos: queued.qos,
            retain: queued.retain,
            identifiers: queued.identifiers().into(),
            packet_identifier,
            group: queued.group().map_or_else(Box::default, |name| (**name).into()),
        };
        self.record(session, Record::Put(Row::Queued(row)));
    }

    /// A delivery is over: it, and its message if nobody else needs it, are forgotten.
    pub(super) fn forget_queued(&mut self, session: SessionIndex, queued: &Queued) {
        if queued.entry != 0 {
            self.record(session, Record::Delete(Key::Queued(queued.entry)));
        }
        self.release_message(queued.message);
    }

    /// The same for one that was given a packet identifier; after PUBREC its message is gone already.
    pub(super) fn forget_in_flight(&mut self, session: SessionIndex, entry: &InFlight) {
        match entry.stage {
            Stage::Publish => self.forget_queued(session, &entry.queued),
            Stage::Release if entry.queued.entry != 0 => {
                self.record(session, Record::Delete(Key::Queued(entry.queued.entry)));
            }
            Stage::Release => {}
        }
    }

    /// Gives back one reference to a message.
    pub(super) fn release_message(&mut self, index: MessageIndex) {
        self.frames.gone(index);
        if let Some(number) = self.messages.release(index) {
            self.journal.record(Record::Delete(Key::Message(number)));
        }
    }
}
