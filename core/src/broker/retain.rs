//! Retained messages: setting, replacing, removing, expiring (section 3.3.1.3 of 3.1.1 and 5.0).

use alloc::boxed::Box;

use super::Broker;
use super::deliver::Publication;
use crate::message::MessageIndex;
use crate::record::{Key, Record, RetainedRow, Row};
use crate::time::Instant;
use crate::wire::Publish;

/// The retained message of a topic.
#[derive(Debug)]
pub(super) struct Retained {
    pub(super) message: MessageIndex,
    /// The client identifier of its publisher, for No Local; empty if the embedder published it.
    pub(super) publisher: Box<str>,
}

impl Retained {
    pub(super) fn heap_cost(&self) -> usize {
        self.publisher.len()
    }
}

impl Broker {
    /// Makes a publication the retained message of its topic, or removes that of its topic. The stored
    /// message, for which the store holds the only reference.
    pub(super) fn retain(&mut self, publication: &Publication<'_>) -> Option<MessageIndex> {
        let topic = publication.view.topic;
        // [MQTT-3.3.1-6], [MQTT-3.3.1-7] of 5.0; [MQTT-3.3.1-10], [MQTT-3.3.1-11] of 3.1.1
        if publication.view.payload.is_empty() {
            self.unretain(topic);
            return None;
        }
        // Acknowledged messages were refused before. [MQTT-3.3.1-7] of 3.1.1: a QoS 0 message replaces the old
        // one even if it is not kept itself.
        if self.is_retained_full(publication) {
            self.unretain(topic);
            return None;
        }
        let mut stored = None;
        let message = self.clients.store(publication, &mut stored);
        let publisher = publication.publisher.and_then(|index| self.clients.sessions.get(index));
        let publisher: Box<str> = publisher.map_or_else(Box::default, |of| of.client_identifier.clone());
        let number = self.clients.record_message(message);
        self.clients.journal.record(Record::Put(Row::Retained(RetainedRow {
            topic: topic.into(),
            message: number,
            publisher: publisher.clone(),
        })));
        self.put_retained(topic, Retained { message, publisher });
        Some(message)
    }

    /// Puts a retained message in its place and lets go of the one before.
    pub(super) fn put_retained(&mut self, topic: &str, retained: Retained) {
        if let Some(message) = self.clients.messages.get(retained.message) {
            self.retained_bytes += message.size() as u64;
            let expires_at = message.expires_at;
            if expires_at < Instant::FAR_FUTURE {
                self.retained_expiry.insert((expires_at, retained.message));
                self.clients.arm_machine(expires_at);
            }
        }
        self.retained_heap += retained.heap_cost();
        if let Some(old) = self.retained.insert(topic, retained) {
            self.let_go(&old);
        }
    }

    /// Removes the retained message of a topic, if there is one.
    pub(super) fn unretain(&mut self, topic: &str) {
        if let Some(old) = self.retained.remove(topic) {
            self.clients.journal.record(Record::Delete(Key::Retained(topic.into())));
            self.let_go(&old);
        }
    }

    fn let_go(&mut self, old: &Retained) {
        if let Some(message) = self.clients.messages.get(old.message) {
            self.retained_bytes -= message.size() as u64;
            self.retained_expiry.remove(&(message.expires_at, old.message));
        }
        self.retained_heap -= old.heap_cost();
        self.clients.release_message(old.message);
    }

    /// Whether PUBLISH asks to keep more than the limits allow.
    pub(super) fn exceeds_retained_quota(&self, publish: &Publish<'_>) -> bool {
        let size = publish.topic.len() + publish.payload.len() + publish.properties.as_bytes().len();
        publish.retain && !publish.payload.is_empty() && self.retained_would_exceed(publish.topic, size)
    }

    fn is_retained_full(&self, publication: &Publication<'_>) -> bool {
        let view = &publication.view;
        let size = view.topic.len() + view.payload.len() + view.properties.len();
        self.retained_would_exceed(view.topic, size)
    }

    fn retained_would_exceed(&self, topic: &str, size: usize) -> bool {
        let limits = &self.config().limits;
        let old = self.retained.get(topic).and_then(|old| self.clients.messages.get(old.message));
        let bytes = self.retained_bytes + size as u64 - old.map_or(0, |old| old.size() as u64);
        let more = old.is_none() && self.retained.len() >= limits.retained_messages as usize;
        more || bytes > limits.retained_bytes
    }

    /// Removes retained messages that have expired (section 3.3.2.3.3 of 5.0), and wakes up for the next.
    pub(super) fn expire_retained(&mut self, now: Instant) {
        while let Some((expires_at, message)) = self.retained_expiry.first().copied() {
            if expires_at > now {
                return self.clients.arm_machine(expires_at);
            }
            let topic = self.clients.messages.get(message).map(|message| message.topic.clone());
            topic.iter().for_each(|topic| self.unretain(topic));
            self.retained_expiry.remove(&(expires_at, message));
        }
    }
}
