//! Retained messages: setting, replacing, removing, expiring (section 3.3.1.3 of 3.1.1 and 5.0).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;

use super::clients::Clients;
use super::deliver::Publication;
use super::memory::ordered_entry;
use crate::fault::Fault;
use crate::message::MessageIndex;
use crate::record::{Key, Record, RetainedRow, Row};
use crate::retained::RetainedStore;
use crate::time::Instant;
use crate::wire::Publish;

/// The retained message of a topic.
#[derive(Debug)]
pub(super) struct Retained {
    pub(super) message: MessageIndex,
    /// The client identifier of its publisher, for No Local; empty if the embedder published it.
    pub(super) publisher: Box<str>,
    /// When it came, among everything that is numbered: a SUBSCRIBE gets only what is older.
    pub(super) stamp: u64,
}

impl Retained {
    pub(super) fn heap_cost(&self) -> usize {
        self.publisher.len()
    }
}

/// All retained messages.
#[derive(Debug, Default)]
pub(super) struct RetainedMessages {
    pub(super) store: RetainedStore<Retained>,
    /// Bytes of their topics, payloads and properties.
    pub(super) bytes: u64,
    /// Bytes that their entries own besides.
    heap: usize,
    /// Those that expire, the earliest first.
    expiry: BTreeSet<(Instant, MessageIndex)>,
}

impl RetainedMessages {
    pub(super) fn cost(&self) -> usize {
        self.store.cost() + self.heap + self.expiry.len() * ordered_entry::<(Instant, MessageIndex)>()
    }

    pub(super) fn cost_walk(&self) -> usize {
        let heap = self.store.iter().map(|(_, retained)| retained.heap_cost()).sum::<usize>();
        self.store.cost_walk() + heap + self.expiry.len() * ordered_entry::<(Instant, MessageIndex)>()
    }
}

impl Clients {
    /// Makes a publication the retained message of its topic, or removes that of its topic. The stored
    /// message, for which the store holds the only reference.
    pub(super) fn retain(&mut self, publication: &Publication<'_>) -> Option<MessageIndex> {
        let topic = publication.view.topic;
        // [MQTT-3.3.1-6], [MQTT-3.3.1-7] of 5.0; [MQTT-3.3.1-10], [MQTT-3.3.1-11] of 3.1.1
        let planted = self.config.planted();
        if publication.view.payload.is_empty() {
            if !planted.is(Fault::RetainedNotRemoved) {
                self.unretain(topic);
            }
            return None;
        }
        if planted.is(Fault::RetainedNotReplaced) && self.retained.store.get(topic).is_some() {
            return None;
        }
        // Acknowledged messages were refused before. [MQTT-3.3.1-7] of 3.1.1: a QoS 0 message replaces the old
        // one even if it is not kept itself.
        if self.is_retained_full(publication) {
            self.unretain(topic);
            return None;
        }
        let mut stored = None;
        let message = self.store(publication, &mut stored);
        let publisher = publication.publisher.and_then(|index| self.sessions.get(index));
        let publisher: Box<str> = publisher.map_or_else(Box::default, |of| of.client_identifier.clone());
        let (number, stamp) = (self.record_message(message), self.journal.number());
        self.journal.record(Record::Put(Row::Retained(RetainedRow {
            topic: topic.into(),
            message: number,
            publisher: publisher.clone(),
            stamp,
        })));
        self.put_retained(topic, Retained { message, publisher, stamp });
        Some(message)
    }

    /// Puts a retained message in its place and lets go of the one before.
    pub(super) fn put_retained(&mut self, topic: &str, retained: Retained) {
        if let Some(message) = self.messages.get(retained.message) {
            self.retained.bytes += message.size() as u64;
            let expires_at = message.expires_at;
            if expires_at < Instant::FAR_FUTURE {
                self.retained.expiry.insert((expires_at, retained.message));
                self.arm_machine(expires_at);
            }
        }
        self.retained.heap += retained.heap_cost();
        if let Some(old) = self.retained.store.insert(topic, retained) {
            self.let_go(&old);
        }
    }

    /// Removes the retained message of a topic, if there is one.
    pub(super) fn unretain(&mut self, topic: &str) {
        if let Some(old) = self.retained.store.remove(topic) {
            self.journal.record(Record::Delete(Key::Retained(topic.into())));
            self.let_go(&old);
        }
    }

    fn let_go(&mut self, old: &Retained) {
        if let Some(message) = self.messages.get(old.message) {
            self.retained.bytes -= message.size() as u64;
            self.retained.expiry.remove(&(message.expires_at, old.message));
        }
        self.retained.heap -= old.heap_cost();
        self.release_message(old.message);
    }

    /// Whether PUBLISH asks to keep more than the limits allow.
    pub(super) fn exceeds_quota(&self, publish: &Publish<'_>) -> bool {
        if self.refuses_work() {
            return true;
        }
        let size = publish.topic.len() + publish.payload.len() + publish.properties.as_bytes().len();
        publish.retain && !publish.payload.is_empty() && self.retained_would_exceed(publish.topic, size)
    }

    fn is_retained_full(&self, publication: &Publication<'_>) -> bool {
        let view = &publication.view;
        let size = view.topic.len() + view.payload.len() + view.properties.len();
        self.retained_would_exceed(view.topic, size)
    }

    fn retained_would_exceed(&self, topic: &str, size: usize) -> bool {
        let limits = &self.config.limits;
        let old = self.retained.store.get(topic).and_then(|old| self.messages.get(old.message));
        let bytes = self.retained.bytes + size as u64 - old.map_or(0, |old| old.size() as u64);
        let more = old.is_none() && self.retained.store.len() >= limits.retained_messages as usize;
        more || bytes > limits.retained_bytes
    }

    /// Removes retained messages that have expired (section 3.3.2.3.3 of 5.0), and wakes up for the next.
    pub(super) fn expire_retained(&mut self, now: Instant) {
        while let Some((expires_at, message)) = self.retained.expiry.first().copied() {
            if self.config.planted().is(Fault::RetainedOutlivesExpiry) {
                return;
            }
            if expires_at > now {
                return self.arm_machine(expires_at);
            }
            let topic = self.messages.get(message).map(|message| message.topic.clone());
            topic.iter().for_each(|topic| self.unretain(topic));
            self.retained.expiry.remove(&(expires_at, message));
        }
    }
}
