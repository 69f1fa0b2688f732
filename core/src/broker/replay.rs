//! Retained messages for a subscription that was just made (section 3.3.1.3 of 3.1.1 and 5.0).

use super::Broker;
use super::deliver::Copy;
use crate::event::DropReason;
use crate::message::{Message, MessageIndex};
use crate::retained::NextMatch;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::tree::Subscription;
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

impl Broker {
    /// Sends every retained message that `filter` matches. Nothing is dropped for want of room in a queue.
    pub(super) fn replay(
        &mut self,
        now: Instant,
        session: SessionIndex,
        filter: &str,
        subscription: &Subscription,
    ) {
        let mut budget = usize::MAX;
        let mut after: Option<&str> = None;
        while let NextMatch::Found(topic, retained) = self.retained.next_match(filter, after, &mut budget) {
            after = Some(topic);
            let client = self.clients.sessions.get(session).map(|session| &*session.client_identifier);
            // [MQTT-3.8.3-3] of 5.0 makes no exception for retained messages.
            let own = client == Some(&*retained.publisher) && !retained.publisher.is_empty();
            if subscription.options.no_local && own {
                continue;
            }
            let message = retained.message;
            let Some(stored) = self.clients.messages.get(message) else { continue };
            if stored.expires_at > now {
                let qos = stored.qos.min(subscription.options.qos);
                self.clients.replay_one(now, session, message, qos, subscription);
            }
        }
    }
}

impl super::clients::Clients {
    fn replay_one(
        &mut self,
        now: Instant,
        session: SessionIndex,
        message: MessageIndex,
        qos: QoS,
        subscription: &Subscription,
    ) {
        let identifier = subscription.identifier.map(core::num::NonZeroU32::get);
        // [MQTT-3.3.1-8] of both: RETAIN is 1, whatever Retain As Published says (5.0 section 3.8.3.1).
        let copy = Copy { qos, retain: true, replayed: true, identifiers: identifier.as_slice() };
        let wait = self.messages.get(message).map_or(crate::id::Position::NONE, |message| message.wait);
        if qos > QoS::AtMostOnce {
            return self.enqueue(now, session, message, &copy, wait);
        }
        let Some(index) = self.sessions.get(session).and_then(|session| session.connection()) else {
            if self.config.policy.queue_qos0_offline {
                self.enqueue(now, session, message, &copy, wait);
            }
            return;
        };
        if !self.takes_at_once(index, wait) {
            return self.push_backlog(index, message, &copy, wait);
        }
        let messages = core::mem::take(&mut self.messages);
        let written = messages.get(message).map_or(Ok(()), |stored: &Message| {
            self.frames.clear();
            self.write_publish(now, index, &stored.view(), Some(&stored.payload), &copy.form())
        });
        self.messages = messages;
        if written.is_err() {
            self.dropped(index, DropReason::TooLarge);
        }
    }
}
