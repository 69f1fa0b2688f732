//! Messages that wait for one client.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use crate::id::Position;
use crate::message::MessageIndex;
use crate::wire::QoS;

/// One copy of a message for one client, not yet sent.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) message: MessageIndex,
    /// Its number in the journal; 0 if it has none.
    pub(crate) entry: u64,
    /// Not sent before this group is persisted.
    pub(crate) wait: Position,
    /// Bytes that it counts against the queue's limit.
    pub(crate) bytes: u32,
    /// Of this delivery: the lower of the publisher's and the subscription's ([MQTT-3.8.4-8]).
    pub(crate) qos: QoS,
    /// The RETAIN bit of this delivery.
    pub(crate) retain: bool,
    /// Sent because of a SUBSCRIBE, not of a PUBLISH: the queue's limits do not drop it.
    pub(crate) replayed: bool,
    /// Subscription Identifiers of this delivery.
    pub(crate) identifiers: Option<Box<[u32]>>,
}

impl Queued {
    pub(crate) fn identifiers(&self) -> &[u32] {
        self.identifiers.as_deref().unwrap_or_default()
    }

    /// Bytes that a queue's limit is about.
    pub(crate) fn limited_bytes(&self) -> usize {
        if self.replayed { 0 } else { self.bytes as usize }
    }

    /// Heap bytes behind this value.
    pub(crate) fn heap_cost(&self) -> usize {
        size_of_val(self.identifiers())
    }
}

/// QoS 1 and 2 messages in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: VecDeque<Queued>,
    /// Bytes and number of those that the limits are about.
    bytes: usize,
    limited: usize,
    heap: usize,
}

impl Queue {
    pub(crate) fn push(&mut self, queued: Queued) {
        self.count(&queued, true);
        self.entries.push_back(queued);
    }

    pub(crate) fn pop(&mut self) -> Option<Queued> {
        let queued = self.entries.pop_front()?;
        self.count(&queued, false);
        if self.entries.is_empty() {
            self.entries.shrink_to_fit();
        }
        Some(queued)
    }

    /// The last one that came.
    pub(crate) fn pop_newest(&mut self) -> Option<Queued> {
        let queued = self.entries.pop_back()?;
        self.count(&queued, false);
        Some(queued)
    }

    /// The oldest that the limits may drop.
    pub(crate) fn pop_oldest_limited(&mut self) -> Option<Queued> {
        let index = self.entries.iter().position(|queued| !queued.replayed)?;
        let queued = self.entries.remove(index)?;
        self.count(&queued, false);
        Some(queued)
    }

    pub(crate) fn back(&self) -> Option<&Queued> {
        self.entries.back()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Messages that count against the limit.
    pub(crate) fn limited_messages(&self) -> usize {
        self.limited
    }

    /// Bytes that count against the limit.
    pub(crate) fn limited_bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn heap_cost(&self) -> usize {
        self.entries.capacity() * size_of::<Queued>() + self.heap
    }

    fn count(&mut self, queued: &Queued, comes: bool) {
        let limited = usize::from(!queued.replayed);
        let (bytes, heap) = (queued.limited_bytes(), queued.heap_cost());
        if comes {
            self.limited += limited;
            self.bytes += bytes;
            self.heap += heap;
        } else {
            self.limited -= limited;
            self.bytes -= bytes;
            self.heap -= heap;
        }
    }
}
