//! Published messages that the machine has to keep: each stored once, however many queues name it.

use alloc::boxed::Box;

use bytes::Bytes;

use crate::id::Position;
use crate::slab::Slab;
use crate::time::Instant;
use crate::wire::QoS;

/// A message as its publisher meant it, without what belongs to one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: Box<str>,
    pub(crate) payload: Bytes,
    /// Encoded properties that are forwarded unaltered (5.0 [MQTT-3.3.2-4], [MQTT-3.3.2-15] to
    /// [MQTT-3.3.2-20]); neither Topic Alias nor Message Expiry Interval.
    pub(crate) properties: Box<[u8]>,
    pub(crate) qos: QoS,
    /// The RETAIN bit of the publisher.
    pub(crate) retain: bool,
    /// When a copy that was not yet sent is to be dropped; [`Instant::FAR_FUTURE`] for never.
    pub(crate) expires_at: Instant,
    /// No copy leaves before this group is persisted: the message came in at QoS 2, or is a will, and would
    /// be forwarded twice after a crash.
    pub(crate) wait: Position,
}

impl Message {
    /// Bytes that count against a queue: what the client will receive.
    pub(crate) fn size(&self) -> usize {
        self.topic.len() + self.payload.len() + self.properties.len()
    }

    /// Heap bytes; a shared payload has a header of its own.
    fn heap_cost(&self) -> usize {
        const SHARED_PAYLOAD_HEADER: usize = 32;
        self.size() + SHARED_PAYLOAD_HEADER
    }

    /// The message as it is encoded and routed.
    pub(crate) fn view(&self) -> MessageView<'_> {
        MessageView {
            topic: &self.topic,
            payload: &self.payload,
            properties: &self.properties,
            expires_at: self.expires_at,
        }
    }
}

/// What the encoder needs of a message, stored or still in the read buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageView<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) properties: &'a [u8],
    pub(crate) expires_at: Instant,
}

/// Names a stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MessageIndex(pub(crate) u32);

impl MessageIndex {
    /// Names no message: of a delivery that is not, or no longer, stored.
    pub(crate) const NONE: Self = Self(u32::MAX);
}

/// A stored message, how many tables name it, and its number in the journal.
#[derive(Debug)]
struct Stored {
    message: Message,
    references: u32,
    /// 0: not recorded.
    record: u64,
}

/// All stored messages.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    slab: Slab<Stored>,
    heap_bytes: usize,
}

impl Messages {
    /// Stores a message with one reference.
    pub(crate) fn insert(&mut self, message: Message) -> MessageIndex {
        self.heap_bytes += message.heap_cost();
        MessageIndex(self.slab.insert(Stored { message, references: 1, record: 0 }))
    }

    pub(crate) fn get(&self, index: MessageIndex) -> Option<&Message> {
        self.slab.get(index.0).map(|stored| &stored.message)
    }

    pub(crate) fn retain(&mut self, index: MessageIndex) {
        if let Some(stored) = self.slab.get_mut(index.0) {
            stored.references += 1;
        }
    }

    /// Gives back one reference. The record to delete, if that was the last one of a recorded message.
    pub(crate) fn release(&mut self, index: MessageIndex) -> Option<u64> {
        let stored = self.slab.get_mut(index.0)?;
        stored.references -= 1;
        if stored.references > 0 {
            return None;
        }
        let stored = self.slab.remove(index.0)?;
        self.heap_bytes -= stored.message.heap_cost();
        (stored.record != 0).then_some(stored.record)
    }

    /// The number of the message in the journal; 0 if it has none.
    pub(crate) fn record(&self, index: MessageIndex) -> u64 {
        self.slab.get(index.0).map_or(0, |stored| stored.record)
    }

    pub(crate) fn set_record(&mut self, index: MessageIndex, record: u64) {
        if let Some(stored) = self.slab.get_mut(index.0) {
            stored.record = record;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn cost(&self) -> usize {
        self.slab.cost() + self.heap_bytes
    }

    pub(crate) fn cost_walk(&self) -> usize {
        self.slab.cost() + self.slab.iter().map(|(_, stored)| stored.message.heap_cost()).sum::<usize>()
    }
}
