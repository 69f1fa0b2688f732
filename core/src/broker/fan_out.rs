//! A message for very many receivers goes out in pieces, while others are served. Each session is matched at
//! its turn: nothing after its UNSUBSCRIBE. What is still owed is recorded with the message, so that a crash in
//! between loses nobody. Its publisher waits until all is done: order is promised per publisher and topic
//! ([MQTT-4.6.0-5], [MQTT-4.6.0-6] of 3.1.1), and nothing of others has to wait for it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::num::NonZeroU16;

use super::Broker;
use super::clients::Clients;
use super::deliver::Publication;
use super::hold::Promise;
use super::publish::reason_for;
use crate::connection::{ConnectionIndex, Phase, pause};
use crate::id::ConnectionId;
use crate::message::{MessageIndex, MessageView};
use crate::record::{FanOutRow, Key, Record, Row};
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::{Receiver, Receivers};
use crate::wire::{Acknowledgement, Packet, Properties, QoS};

/// Messages that have not reached all their receivers yet, the oldest first.
#[derive(Debug, Default)]
pub(super) struct FanOuts {
    list: VecDeque<FanOut>,
}

/// One of them.
#[derive(Debug)]
struct FanOut {
    message: MessageIndex,
    /// Its number in the journal; 0 if it has none.
    number: u64,
    /// Sessions by their numbers, the next one last.
    receivers: Vec<(u64, SessionIndex)>,
    /// The number of the last session among them.
    until: u64,
    total: usize,
    /// The number of the publisher's session, for No Local; 0 for none.
    publisher: u64,
    owed: Option<Owed>,
}

/// The publisher that waits, and the packet identifier that it waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    pub(super) connection: ConnectionId,
    pub(super) packet_identifier: Option<NonZeroU16>,
}

impl FanOuts {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn cost(&self) -> usize {
        let receivers = |fan_out: &FanOut| fan_out.receivers.capacity() * size_of::<(u64, SessionIndex)>();
        self.list.capacity() * size_of::<FanOut>() + self.list.iter().map(receivers).sum::<usize>()
    }
}

impl Clients {
    /// From now on a publication is on its way to these receivers.
    pub(super) fn begin_fan_out(
        &mut self,
        publication: &Publication<'_>,
        receivers: Receivers<'_>,
        message: MessageIndex,
    ) {
        let recorded = publication.qos > QoS::AtMostOnce && self.journal.is_enabled();
        let number = if recorded { self.journal.number() } else { 0 };
        if recorded {
            self.record_message(message);
        }
        let publisher = publication.publisher.and_then(|index| self.sessions.get(index));
        let publisher = publisher.map_or(0, |session| session.record);
        // Groups have theirs already.
        let sessions = receivers.as_slice().iter().map(|receiver| receiver.session);
        let sessions = sessions.filter(|session| session.group().is_none());
        self.push_fan_out(sessions, message, number, publisher, 0);
    }

    fn push_fan_out(
        &mut self,
        sessions: impl Iterator<Item = SessionIndex>,
        message: MessageIndex,
        number: u64,
        publisher: u64,
        after: u64,
    ) {
        let numbered = |index| self.sessions.get(index).map(|session| (session.record, index));
        let mut receivers: Vec<(u64, SessionIndex)> = sessions.filter_map(numbered).collect();
        receivers.sort_unstable_by(|one, other| other.cmp(one));
        let until = receivers.first().map_or(0, |(number, _)| *number);
        let total = receivers.len();
        let fan_out = FanOut { message, number, receivers, until, total, publisher, owed: None };
        self.record_fan_out(&fan_out, after);
        self.fan_outs.list.push_back(fan_out);
    }

    /// The publisher of the last message waits until it has reached everybody.
    pub(super) fn wait_for_fan_out(&mut self, index: ConnectionIndex, packet_identifier: Option<NonZeroU16>) {
        let Some(connection) = self.connections.get(index).map(|connection| connection.id) else { return };
        if let Some(last) = self.fan_outs.list.back_mut() {
            last.owed = Some(Owed { connection, packet_identifier });
            self.pause(index, pause::FAN_OUT, true);
        }
    }

    /// Puts back one that a crash interrupted: all receivers whose numbers are beyond `after`.
    pub(super) fn restore_fan_out(
        &mut self,
        row: &FanOutRow,
        message: MessageIndex,
        receivers: impl Iterator<Item = SessionIndex>,
    ) {
        let sessions = &self.sessions;
        let ahead: Vec<SessionIndex> = receivers
            .filter(|index| {
                let number = sessions.get(*index).map_or(0, |session| session.record);
                number > row.after && number <= row.until
            })
            .collect();
        self.messages.retain(message);
        self.push_fan_out(ahead.into_iter(), message, row.fan_out, row.publisher, row.after);
    }

    fn record_fan_out(&mut self, fan_out: &FanOut, after: u64) {
        if fan_out.number != 0 {
            self.journal.record(Record::Put(Row::FanOut(FanOutRow {
                fan_out: fan_out.number,
                message: self.messages.record(fan_out.message),
                after,
                until: fan_out.until,
                publisher: fan_out.publisher,
            })));
        }
    }
}

impl Broker {
    /// Delivers the next piece of the oldest message on its way.
    pub(super) fn continue_fan_out(&mut self, now: Instant) {
        let Some(mut fan_out) = self.clients.fan_outs.list.pop_front() else { return };
        let Some(message) = self.clients.messages.get(fan_out.message).cloned() else { return };
        let at_once = self.config().limits.receivers_per_turn.max(1) as usize;
        let piece = fan_out.receivers.split_off(fan_out.receivers.len().saturating_sub(at_once));
        // That these have theirs is recorded first: a copy that left before would be sent again after a crash.
        self.clients.record_fan_out(&fan_out, piece.first().map_or(0, |(number, _)| *number));
        let recorded = fan_out.number != 0;
        let wait = if recorded { self.clients.wait_for_group(Promise::Forward) } else { message.wait };
        let publication = Publication {
            view: MessageView {
                topic: &message.topic,
                payload: &message.payload,
                properties: &message.properties,
                expires_at: message.expires_at,
            },
            qos: message.qos,
            retain: message.retain,
            wait,
            publisher: None,
            only: None,
            plain: None,
        };
        self.clients.frames.clear();
        let mut stored = Some(fan_out.message);
        for (number, session) in piece.into_iter().rev() {
            self.deliver_at_its_turn(now, &publication, number, session, fan_out.publisher, &mut stored);
        }
        if fan_out.receivers.is_empty() {
            return self.end_fan_out(now, &fan_out);
        }
        self.clients.fan_outs.list.push_front(fan_out);
    }

    /// Delivers to a session what it subscribes to now; whether it does.
    pub(super) fn deliver_at_its_turn(
        &mut self,
        now: Instant,
        publication: &Publication<'_>,
        number: u64,
        session: SessionIndex,
        publisher: u64,
        stored: &mut Option<MessageIndex>,
    ) -> bool {
        if self.clients.sessions.get(session).is_none_or(|session| session.record != number) {
            return false;
        }
        let identifiers = &mut self.identifiers;
        identifiers.clear();
        let mut receiver: Option<Receiver> = None;
        self.tree.matches_of(session, publication.view.topic, |subscription| {
            // [MQTT-3.8.3-3] of 5.0
            if subscription.options.no_local && number == publisher {
                return;
            }
            receiver.get_or_insert(Receiver::new(session)).add(&subscription);
            identifiers.extend(subscription.identifier.map(u32::from));
        });
        let Some(receiver) = receiver else { return false };
        self.clients.deliver_to(now, publication, &receiver, &self.identifiers, stored);
        true
    }

    /// Everybody has it: the publisher gets its acknowledgement, and is read again.
    fn end_fan_out(&mut self, now: Instant, fan_out: &FanOut) {
        let qos = self.clients.messages.get(fan_out.message).map_or(QoS::AtMostOnce, |message| message.qos);
        if fan_out.number != 0 {
            self.clients.journal.record(Record::Delete(Key::FanOut(fan_out.number)));
        }
        self.clients.release_message(fan_out.message);
        let Some(owed) = fan_out.owed else { return };
        // Nothing follows `Output::Close`, or an answer to DISCONNECT.
        let connected = |index: &ConnectionIndex| {
            self.clients.connections.get(*index).is_some_and(|of| of.phase == Phase::Connected)
        };
        let Some(index) = self.clients.connections.find(owed.connection).filter(connected) else { return };
        self.clients.pause(index, pause::FAN_OUT, false);
        self.clients.hear_from(now, index);
        if let Some(packet_identifier) = owed.packet_identifier {
            let reason = reason_for(fan_out.total);
            let answer = Acknowledgement { packet_identifier, reason, properties: Properties::EMPTY };
            let answered = if qos == QoS::ExactlyOnce {
                let wait = self.clients.wait_for_group(Promise::Pubrec);
                self.clients.reply(index, wait, &Packet::Pubrec(answer))
            } else {
                let wait = self.clients.wait_for_group(Promise::Puback);
                self.clients.reply_last(index, wait, &Packet::Puback(answer))
            };
            if let Err(violation) = answered {
                return self.violated(now, index, violation);
            }
        }
        self.clients.commit();
        self.resume(now, index);
    }

    /// Goes on with a message that a crash interrupted.
    pub(super) fn restore_fan_out(&mut self, row: &FanOutRow, message: MessageIndex) {
        let Some(topic) = self.clients.messages.get(message).map(|message| message.topic.clone()) else {
            return;
        };
        self.gathered.gather(&mut self.tree, &topic, None);
        let receivers = self.gathered.as_receivers();
        let sessions = receivers.as_slice().iter().map(|receiver| receiver.session);
        let sessions = sessions.filter(|session| session.group().is_none());
        self.clients.restore_fan_out(row, message, sessions);
    }
}
