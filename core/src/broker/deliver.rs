//! From a publication to the clients that receive it.

use alloc::vec::Vec;

use super::Broker;
use super::clients::Clients;
use super::copy::Copy;
use super::encode::Form;
use super::plain::PlainPublish;
use super::pressure::Pressure;
use crate::connection::{ConnectionIndex, Phase};
use crate::event::{DropReason, ReachedLimit};
use crate::fault::Fault;
use crate::id::Position;
use crate::message::{Message, MessageIndex, MessageView};
use crate::session::SessionIndex;
use crate::session::queue::{Details, Queued};
use crate::time::Instant;
use crate::topic::Receiver;
use crate::topic::route::RouteHint;
use crate::wire::QoS;

/// A message on its way through the machine, still where it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Publication<'a> {
    pub(super) view: MessageView<'a>,
    pub(super) qos: QoS,
    pub(super) retain: bool,
    /// What its copies wait for.
    pub(super) wait: Position,
    pub(super) publisher: Option<SessionIndex>,
    /// The only sessions that get it, in ascending order; `None` for all.
    pub(super) only: Option<&'a [SessionIndex]>,
    /// The packet that it came in, if that says no more than it.
    pub(super) plain: Option<&'a PlainPublish<'a>>,
}

/// What became of a publication.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delivered {
    /// How many sessions receive it.
    pub(super) receivers: usize,
    /// Whether they are still being served: the acknowledgement waits.
    pub(super) unfinished: bool,
    /// Where its route is remembered, for the publisher's next message.
    pub(super) route: RouteHint,
}

impl Broker {
    /// Sends a publication to everyone who subscribes to its topic. `stored` is the message if it was stored
    /// before.
    pub(super) fn deliver(
        &mut self,
        now: Instant,
        publication: &Publication<'_>,
        hint: RouteHint,
        stored: Option<MessageIndex>,
    ) -> Delivered {
        if let Some(only) = publication.only {
            return self.deliver_restricted(now, publication, only, stored);
        }
        let topic = publication.view.topic;
        let planted = self.clients.config.planted();
        let found = self.routes.lookup(hint, topic).or_else(|| {
            self.gathered.gather(&mut self.tree, &planted.searched(topic), None);
            // While memory is short, what only saves time stays forgotten.
            let room = self.clients.pressure == Pressure::None;
            room.then(|| self.routes.remember(topic, self.gathered.as_receivers())).flatten()
        });
        let mut receivers = match found.and_then(|hint| self.routes.get(hint)) {
            Some(route) => route.receivers(),
            None => self.gathered.as_receivers(),
        };
        let overlooked = |of: SessionIndex| {
            planted.is(Fault::NoLocalIgnored)
                || planted.is(Fault::NoLocalIgnoredInQueue)
                    && !self.clients.sends_at_once(of, publication.wait)
        };
        // [MQTT-3.8.3-3] of 5.0
        if let Some(publisher) =
            publication.publisher.filter(|of| receivers.differ_for(*of) && !overlooked(*of))
        {
            self.gathered.gather(&mut self.tree, topic, Some(publisher));
            receivers = self.gathered.as_receivers();
        }
        if receivers.len() > self.clients.config.limits.receivers_per_turn as usize {
            let message = self.clients.stored_for_long(publication, stored);
            let mut stored = Some(message);
            for group in receivers.as_slice().iter().filter_map(|receiver| receiver.session.group()) {
                self.clients.deliver_to_group(now, &mut self.tree, publication, group, &mut stored);
            }
            self.clients.begin_fan_out(publication, receivers, message);
            let route = found.unwrap_or_default();
            return Delivered { receivers: receivers.len(), unfinished: true, route };
        }
        self.clients.turn.count(receivers.len());
        let mut stored = stored.inspect(|index| self.clients.messages.retain(*index));
        for receiver in receivers.as_slice() {
            if let Some(group) = receiver.session.group() {
                self.clients.deliver_to_group(now, &mut self.tree, publication, group, &mut stored);
                continue;
            }
            self.identifiers.clear();
            self.identifiers.extend(receivers.identifiers(receiver));
            self.clients.deliver_to(now, publication, receiver, &self.identifiers, &mut stored);
        }
        if let Some(index) = stored {
            self.clients.release_message(index);
        }
        Delivered { receivers: receivers.len(), unfinished: false, route: found.unwrap_or_default() }
    }
}

impl Clients {
    pub(super) fn deliver_to(
        &mut self,
        now: Instant,
        publication: &Publication<'_>,
        receiver: &Receiver,
        identifiers: &[u32],
        stored: &mut Option<MessageIndex>,
    ) {
        if self.is_replaying(receiver.session) {
            self.replay_before(now, receiver.session, publication);
        }
        // [MQTT-3.3.1-12], [MQTT-3.3.1-13] of 5.0; [MQTT-3.3.1-9] of 3.1.1, where nobody can ask for it.
        let planted = self.config.planted();
        let copy = Copy {
            qos: if planted.is(Fault::QoSNotLowered) {
                publication.qos
            } else if planted.is(Fault::QoSLost) {
                QoS::AtMostOnce
            } else {
                publication.qos.min(receiver.qos)
            },
            retain: publication.retain
                && (receiver.retain_as_published || planted.is(Fault::RetainForwarded))
                && !planted.is(Fault::RetainAsPublishedIgnored),
            replayed: false,
            identifiers,
            share: None,
        };
        self.deliver_copy(now, publication, receiver.session, &copy, stored);
    }

    /// Sends a copy of a publication to a session, or has it wait there.
    pub(super) fn deliver_copy(
        &mut self,
        now: Instant,
        publication: &Publication<'_>,
        session: SessionIndex,
        copy: &Copy<'_>,
        stored: &mut Option<MessageIndex>,
    ) {
        if !self.hooked_deliver(session, &publication.view, copy) {
            return;
        }
        let planted = self.config.planted();
        let own = publication.publisher == Some(session) && planted.is(Fault::NoLocalAlways);
        let away = self.sessions.get(session).is_none_or(|session| session.connection().is_none());
        if own || away && planted.is(Fault::OfflineMessagesLost) {
            return;
        }
        let copy = &Copy { identifiers: planted.identified(copy.identifiers), ..*copy };
        if copy.qos > QoS::AtMostOnce {
            if self.pass_on(now, publication, session, copy) {
                return;
            }
            let message = self.store(publication, stored);
            return self.enqueue(now, session, message, copy, publication.wait);
        }
        let Some(found) = self.sessions.get(session) else { return };
        match found.connection() {
            // [MQTT-4.6.0-6]: nothing overtakes what waits since the client was away.
            Some(_) if found.queues_at_most_once() => {
                let message = self.store(publication, stored);
                self.enqueue(now, session, message, copy, publication.wait);
            }
            Some(index) if self.takes_at_once(index, publication.wait) => {
                let duplicate = planted.is(Fault::DuplicateAtQoS0);
                let form = Form { duplicate, ..copy.form() };
                self.frames.take_up();
                if self.write_publish(now, index, &publication.view, None, &form).is_err() {
                    self.dropped(index, DropReason::TooLarge);
                }
            }
            Some(index) => {
                let message = self.store(publication, stored);
                self.push_backlog(index, message, copy, publication.wait);
                self.watch_output(now, index);
            }
            None if self.config.policy.queue_qos0_offline => {
                let message = self.store(publication, stored);
                self.enqueue(now, session, message, copy, publication.wait);
            }
            None => {}
        }
    }

    /// Whether a QoS 0 message can be encoded right behind what waits for the socket.
    pub(super) fn takes_at_once(&self, index: ConnectionIndex, wait: Position) -> bool {
        let mark = self.config.limits.transmit_mark_bytes as usize;
        wait <= self.journal.persisted()
            && self.connections.get(index).is_some_and(|connection| {
                connection.open
                    && connection.phase == Phase::Connected
                    && connection.waiting_bytes() < mark
                    && connection.work.as_ref().is_none_or(|work| work.backlog.is_empty())
            })
    }

    /// The publication as a stored message, stored once.
    pub(super) fn store(
        &mut self,
        publication: &Publication<'_>,
        stored: &mut Option<MessageIndex>,
    ) -> MessageIndex {
        *stored.get_or_insert_with(|| {
            let view = &publication.view;
            self.frames.take_up();
            let index = self.messages.insert(Message {
                topic: view.topic.into(),
                payload: self.frames.payload(view.payload, None),
                properties: view.properties.into(),
                qos: publication.qos,
                retain: publication.retain,
                expires_at: view.expires_at,
                wait: publication.wait,
            });
            self.frames.stored(index);
            index
        })
    }

    /// The publication as a stored message with one more reference.
    fn stored_for_long(
        &mut self,
        publication: &Publication<'_>,
        stored: Option<MessageIndex>,
    ) -> MessageIndex {
        if let Some(index) = stored {
            self.messages.retain(index);
            return index;
        }
        self.store(publication, &mut None)
    }

    /// Adds a QoS 0 message to what a connection does not take at once.
    pub(super) fn push_backlog(
        &mut self,
        index: ConnectionIndex,
        message: MessageIndex,
        copy: &Copy<'_>,
        wait: Position,
    ) {
        let limit = self.config.limits.queue_messages as usize;
        let limit_bytes = self.config.limits.qos0_backlog_bytes as usize;
        let queued = self.queued(message, copy, 0, wait);
        let persisted = self.journal.persisted();
        let Some(connection) = self.connections.get_mut(index) else { return };
        connection.work().backlog.push(queued);
        self.backlogged.insert(connection.id);
        if wait > persisted {
            self.holds.insert((wait, connection.id));
        }
        let backlog = &mut connection.work().backlog;
        if backlog.is_too_full(limit, limit_bytes) {
            for victim in backlog.make_room(limit, limit_bytes) {
                self.release_message(victim.message);
                self.dropped(index, DropReason::QueueFull);
                self.owned_bytes += usize::from(self.config.planted().is(Fault::MemoryMiscounted));
            }
        }
        self.recount_connection(index);
    }

    /// Adds a message to a session's queue, and sends it if it can be sent.
    pub(super) fn enqueue(
        &mut self,
        now: Instant,
        session: SessionIndex,
        message: MessageIndex,
        copy: &Copy<'_>,
        wait: Position,
    ) {
        let recorded = copy.qos > QoS::AtMostOnce && self.is_recorded(session);
        let for_group = !recorded && copy.share.is_some_and(|share| share.keeps);
        // Once it is started, a QoS 2 message is not for the group any more ([MQTT-4.8.2-5] of 5.0): it is
        // recorded if it does not leave at once.
        let recorded = recorded || for_group && copy.qos == QoS::AtLeastOnce;
        let entry = if recorded { self.journal.number() } else { 0 };
        let queued = self.queued(message, copy, entry, wait);
        let Some(found) = self.sessions.get_mut(session) else { return };
        found.outgoing().queue.push(queued);
        if let Some(index) = found.connection() {
            self.send(now, index);
        }
        let entry = if for_group && !recorded { self.number_newest(session, message) } else { entry };
        self.settle_newest(session, message, entry);
        self.recount_session(session);
    }

    /// Gives the message that came last a number in the journal, if it did not leave. 0: it did.
    fn number_newest(&mut self, session: SessionIndex, message: MessageIndex) -> u64 {
        let outgoing = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut());
        let newest = outgoing.and_then(|outgoing| outgoing.queue.back_mut());
        let Some(newest) = newest.filter(|newest| newest.message == message) else { return 0 };
        newest.entry = self.journal.number();
        newest.entry
    }

    /// The message that came last did not leave: it is recorded, or the queue is too full for it.
    fn settle_newest(&mut self, session: SessionIndex, message: MessageIndex, entry: u64) {
        let limit = self.under_pressure(self.config.limits.queue_messages as usize);
        let limit_bytes = self.under_pressure(self.config.limits.queue_bytes as usize);
        let drops_oldest = self.config.policy.full_queue_drops_oldest;
        let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) else {
            return;
        };
        let queue = &mut outgoing.queue;
        let Some(newest) = queue.back().filter(|newest| newest.message == message && newest.entry == entry)
        else {
            return;
        };
        let newest = newest.clone();
        let full = queue.is_too_full(limit, limit_bytes);
        let victims = match (full, drops_oldest) {
            (false, _) => Vec::new(),
            (true, true) => queue.make_room(limit, limit_bytes),
            (true, false) => queue.pop_newest().into_iter().collect(),
        };
        let is_newest = |victim: &Queued| victim.entry == entry && victim.message == message;
        if !victims.iter().any(is_newest) {
            self.record_queued(session, &newest);
        }
        for victim in victims {
            if is_newest(&victim) {
                // It has no record yet.
                self.release_message(message);
            } else {
                self.forget_queued(session, &victim);
            }
            self.dropped_for(session, DropReason::QueueFull);
        }
        self.tell_full(session, full, limit, limit_bytes);
    }

    /// Tells that a queue is full, once until it is half empty.
    fn tell_full(&mut self, session: SessionIndex, full: bool, limit: usize, limit_bytes: usize) {
        let Some(outgoing) = self.sessions.get_mut(session).and_then(|of| of.outgoing.as_mut()) else {
            return;
        };
        let (told, queue) = (outgoing.told_full, &outgoing.queue);
        let half_empty = queue.limited_messages() <= limit / 2 && queue.limited_bytes() <= limit_bytes / 2;
        outgoing.told_full = full || told && !half_empty;
        if full && !told {
            self.tell_limit_reached(ReachedLimit::Queue, Some(session));
        }
    }

    /// One more reference to a stored message.
    pub(super) fn queued(
        &mut self,
        message: MessageIndex,
        copy: &Copy<'_>,
        entry: u64,
        wait: Position,
    ) -> Queued {
        self.messages.retain(message);
        let bytes = self.messages.get(message).map_or(0, Message::size);
        Queued {
            message,
            entry,
            wait,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            qos: copy.qos,
            retain: copy.retain,
            replayed: copy.replayed,
            details: Details::new(copy.identifiers, copy.share.map(|share| share.name)),
        }
    }
}
