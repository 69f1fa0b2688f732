//! Shared subscriptions (5.0 section 4.8.2): which member of a group gets a message, and who gets it instead
//! when that one leaves (`docs/decisions.md` D50 to D52).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use super::Broker;
use super::clients::Clients;
use super::copy::{Copy, Share};
use super::deliver::Publication;
use super::encode::{Form, encoded_size};
use super::hold::Promise;
use crate::connection::{ConnectionIndex, Phase};
use crate::fault::Fault;
use crate::id::Position;
use crate::message::{MessageIndex, MessageView};
use crate::record::{Key, Record};
use crate::session::queue::{Queue, Queued};
use crate::session::{Session, SessionIndex};
use crate::time::Instant;
use crate::topic::{Among, GroupIndex, Standing, Subscription, SubscriptionTree};
use crate::wire::QoS;

/// What a PUBLISH has at most besides topic, properties and payload: fixed header, two lengths, packet
/// identifier, Message Expiry Interval, Subscription Identifier.
const OVERHEAD_BYTES_MAX: usize = 5 + 2 + 4 + 2 + 5 + 5;

/// A message for one member of a group.
#[derive(Clone, Copy, Debug)]
struct Offer<'a> {
    view: MessageView<'a>,
    qos: QoS,
    retain: bool,
    wait: Position,
    /// The only sessions that may get it; `None` for all.
    only: Option<&'a [SessionIndex]>,
}

impl Offer<'_> {
    /// Bytes that it takes in a queue.
    fn size(&self) -> usize {
        self.view.topic.len() + self.view.payload.len() + self.view.properties.len()
    }

    /// The copy of a member, before it is said for whom it is kept.
    fn copy<'c>(&self, subscription: &Subscription, identifier: &'c Option<u32>) -> Copy<'c> {
        Copy {
            // [MQTT-4.8.2-3] of 5.0
            qos: self.qos.min(subscription.options.qos),
            // [MQTT-3.3.1-12], [MQTT-3.3.1-13] of 5.0
            retain: self.retain && subscription.options.retain_as_published,
            replayed: false,
            // [MQTT-3.3.4-3] of 5.0: that of the member alone.
            identifiers: identifier.as_slice(),
            share: None,
        }
    }
}

impl Clients {
    /// Gives a publication to one member of a group, if there is one that can take it.
    pub(super) fn deliver_to_group(
        &mut self,
        now: Instant,
        tree: &mut SubscriptionTree,
        publication: &Publication<'_>,
        group: GroupIndex,
        stored: &mut Option<MessageIndex>,
    ) {
        let Publication { view, qos, retain, wait, only, .. } = *publication;
        let offer = Offer { view, qos, retain, wait, only };
        let planted = self.config.planted();
        if planted.is(Fault::SharedToAll) {
            return self.deliver_to_members(now, tree, publication, group, stored);
        }
        let Some((session, subscription)) = self.choose(now, tree, group, Among::All, &offer) else { return };
        let identifier = subscription.identifier.map(NonZeroU32::get);
        let name = tree.group_name(group);
        let mut copy = offer.copy(&subscription, &identifier);
        if planted.is(Fault::SharedQoSNotLowered) {
            copy.qos = qos;
        }
        // What is not for all members is not handed on: it stays with the one that has it.
        let name = name.as_ref().filter(|_| only.is_none());
        let share = self.share(tree, group, name, copy.qos);
        self.deliver_copy(now, publication, session, &Copy { share, ..copy }, stored);
    }

    /// Gives a publication to all members of a group: the fault of this name.
    fn deliver_to_members(
        &mut self,
        now: Instant,
        tree: &mut SubscriptionTree,
        publication: &Publication<'_>,
        group: GroupIndex,
        stored: &mut Option<MessageIndex>,
    ) {
        let mut members = Vec::new();
        tree.choose(group, Among::All, |session, subscription| {
            let qos = publication.qos.min(subscription.options.qos);
            members
                .push((session, Copy { qos, retain: false, replayed: false, identifiers: &[], share: None }));
            Standing::Unable
        });
        for (session, copy) in members {
            self.deliver_copy(now, publication, session, &copy, stored);
        }
    }

    /// The member that gets a message.
    fn choose(
        &self,
        now: Instant,
        tree: &mut SubscriptionTree,
        group: GroupIndex,
        among: Among,
        offer: &Offer<'_>,
    ) -> Option<(SessionIndex, Subscription)> {
        tree.choose(group, among, |session, subscription| self.standing(now, session, subscription, offer))
    }

    /// What is known about the group with a copy that may have to be handed on.
    fn share<'a>(
        &self,
        tree: &SubscriptionTree,
        group: GroupIndex,
        name: Option<&'a Arc<str>>,
        qos: QoS,
    ) -> Option<Share<'a>> {
        let name = name.filter(|_| qos > QoS::AtMostOnce)?;
        let is_kept = |session| self.sessions.get(session).is_some_and(Session::is_kept);
        Some(Share { name, keeps: self.journal.is_enabled() && tree.keeps(group, is_kept) })
    }

    /// How a member can take a message.
    fn standing(
        &self,
        now: Instant,
        session: SessionIndex,
        subscription: &Subscription,
        offer: &Offer<'_>,
    ) -> Standing {
        let Some(found) = self.sessions.get(session) else { return Standing::Unable };
        if offer.only.is_some_and(|only| only.binary_search(&session).is_err()) {
            return Standing::Unable;
        }
        let qos = offer.qos.min(subscription.options.qos);
        match found.connection() {
            // Section 3.1.2.11.4 of 5.0: somebody else may be able to.
            Some(index) if !self.fits(now, index, subscription, offer) => Standing::Unable,
            Some(_) if qos == QoS::AtMostOnce && found.queues_at_most_once() => {
                self.standing_in_queue(found, offer)
            }
            Some(index) if qos == QoS::AtMostOnce => self.standing_at_most_once(index, offer),
            Some(index) if self.is_ready(index, found) => Standing::Ready,
            // It ends at this very moment.
            None if !found.is_kept() => Standing::Unable,
            None if qos == QoS::AtMostOnce && !self.config.policy.queue_qos0_offline => Standing::Unable,
            _ => self.standing_in_queue(found, offer),
        }
    }

    fn standing_at_most_once(&self, index: ConnectionIndex, offer: &Offer<'_>) -> Standing {
        if self.takes_at_once(index, offer.wait) {
            return Standing::Ready;
        }
        let work = self.connections.get(index).and_then(|connection| connection.work.as_ref());
        let limits = &self.config.limits;
        let room = work.is_none_or(|work| {
            let bytes = work.backlog.limited_bytes().saturating_add(offer.size());
            work.backlog.limited_messages() < limits.queue_messages as usize
                && bytes <= limits.qos0_backlog_bytes as usize
        });
        if room { Standing::Busy } else { Standing::Full }
    }

    fn standing_in_queue(&self, session: &Session, offer: &Offer<'_>) -> Standing {
        let limits = &self.config.limits;
        let room = session.outgoing.as_ref().is_none_or(|outgoing| {
            let bytes = outgoing.queue.limited_bytes().saturating_add(offer.size());
            outgoing.queue.limited_messages() < limits.queue_messages as usize
                && bytes <= limits.queue_bytes as usize
        });
        if room { Standing::Busy } else { Standing::Full }
    }

    /// Whether a QoS 1 or 2 message would be given a packet identifier at once.
    pub(super) fn is_ready(&self, index: ConnectionIndex, session: &Session) -> bool {
        let is_open = |open, phase| open && phase == Phase::Connected;
        let maximum = self.config.limits.in_flight_maximum;
        self.connections.get(index).is_some_and(|connection| is_open(connection.open, connection.phase))
            && self.has_room(index)
            && session.outgoing.as_ref().is_none_or(|outgoing| outgoing.takes_at_once(maximum))
    }

    /// Whether a copy is within the Maximum Packet Size of a member.
    fn fits(
        &self,
        now: Instant,
        index: ConnectionIndex,
        subscription: &Subscription,
        offer: &Offer<'_>,
    ) -> bool {
        let Some(connection) = self.connections.get(index) else { return false };
        let maximum = connection.maximum_packet_size as usize;
        if offer.size().saturating_add(OVERHEAD_BYTES_MAX) <= maximum {
            return true;
        }
        let identifier = subscription.identifier.map(NonZeroU32::get);
        let copy = offer.copy(subscription, &identifier);
        let packet_identifier = (copy.qos > QoS::AtMostOnce).then_some(core::num::NonZeroU16::MIN);
        let form = Form { qos: copy.qos, packet_identifier, ..copy.form() };
        encoded_size(now, connection.version, &offer.view, &form) <= maximum
    }

    /// Sends a copy of a message that is stored, or queues it.
    fn deliver_stored(
        &mut self,
        now: Instant,
        session: SessionIndex,
        message: MessageIndex,
        copy: &Copy<'_>,
        wait: Position,
    ) {
        if !self.hooked_deliver_stored(session, message, copy) {
            return;
        }
        let Some(found) = self.sessions.get(session) else { return };
        match found.connection() {
            Some(index) if copy.qos == QoS::AtMostOnce && !found.queues_at_most_once() => {
                self.push_backlog(index, message, copy, wait);
                self.send(now, index);
            }
            _ => self.enqueue(now, session, message, copy, wait),
        }
    }
}

impl Broker {
    /// Gives what an ended session owed for its groups to other members. A group without any has ended, and
    /// its messages with it.
    pub(super) fn hand_on(&mut self, now: Instant, owed: Vec<Queued>) {
        for queued in owed {
            let lost = self.config().planted().is(Fault::SharedNotHandedOn);
            if (lost || !self.pass_on(now, &queued, Among::All)) && queued.entry != 0 {
                self.clients.journal.record(Record::Delete(Key::Queued(queued.entry)));
            }
            self.clients.release_message(queued.message);
        }
    }

    /// Gives what a session has in its queue for its groups, or for the one of this name, to members that are
    /// connected and have room. What there is nobody for stays.
    pub(super) fn relieve(&mut self, now: Instant, session: SessionIndex, group: Option<&str>) {
        let concerned =
            |queued: &Queued| queued.group().is_some_and(|name| group.is_none_or(|wanted| **name == *wanted));
        let Some(outgoing) = self.clients.session(session).and_then(|of| of.outgoing.as_mut()) else {
            return;
        };
        if !outgoing.queue.iter().any(concerned) {
            return;
        }
        let mut queue = core::mem::take(&mut outgoing.queue);
        let mut left = Queue::default();
        while let Some(queued) = queue.pop() {
            if concerned(&queued) && self.pass_on(now, &queued, Among::Connected) {
                self.clients.release_message(queued.message);
            } else {
                left.push(queued);
            }
        }
        if let Some(outgoing) = self.clients.session(session).and_then(|of| of.outgoing.as_mut()) {
            outgoing.queue = left;
        }
        self.clients.release_outgoing(session);
        self.clients.recount_session(session);
    }

    /// Gives a message that was for a group to another member, if one takes it: false if not.
    fn pass_on(&mut self, now: Instant, queued: &Queued, among: Among) -> bool {
        let Some(name) = queued.group() else { return false };
        let Some(group) = self.tree.group(name) else { return false };
        let messages = &self.clients.messages;
        let Some(message) = messages.get(queued.message).filter(|message| message.expires_at > now) else {
            return false;
        };
        let offer = Offer {
            view: message.view(),
            qos: message.qos,
            retain: message.retain,
            // The old member may have had it from another, whose record of it is not gone yet.
            wait: message.wait.max(queued.wait),
            only: None,
        };
        let chosen = self.clients.choose(now, &mut self.tree, group, among, &offer);
        let Some((session, subscription)) = chosen else { return false };
        let identifier = subscription.identifier.map(NonZeroU32::get);
        let copy = offer.copy(&subscription, &identifier);
        let (share, wait) = (self.clients.share(&self.tree, group, Some(name), copy.qos), offer.wait);
        if queued.entry != 0 {
            self.clients.journal.record(Record::Delete(Key::Queued(queued.entry)));
        }
        // After a crash the old member would have it still.
        let wait = wait.max(self.clients.wait_for_group(Promise::Forward));
        self.clients.deliver_stored(now, session, queued.message, &Copy { share, ..copy }, wait);
        true
    }
}
