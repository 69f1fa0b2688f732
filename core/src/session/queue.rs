//! Messages that wait for one client, in its session or, at QoS 0, on its connection.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

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
    /// What most deliveries do not have.
    pub(crate) details: Option<Arc<Details>>,
}

/// What only some deliveries have.
#[derive(Debug)]
pub(crate) struct Details {
    /// Subscription Identifiers.
    pub(crate) identifiers: Box<[u32]>,
    /// The group that the message was for, by its name.
    pub(crate) group: Option<Arc<str>>,
}

impl Details {
    /// `None` if there is nothing to say.
    pub(crate) fn new(identifiers: &[u32], group: Option<&Arc<str>>) -> Option<Arc<Self>> {
        let any = !identifiers.is_empty() || group.is_some();
        any.then(|| Arc::new(Self { identifiers: identifiers.into(), group: group.cloned() }))
    }
}

impl Queued {
    pub(crate) fn identifiers(&self) -> &[u32] {
        self.details.as_ref().map_or(&[], |details| &details.identifiers)
    }

    /// The name of the group that the message was for, `$share/ShareName/filter`, if it was for one.
    pub(crate) fn group(&self) -> Option<&Arc<str>> {
        self.details.as_ref()?.group.as_ref()
    }

    /// Bytes that a queue's limit is about.
    pub(crate) fn limited_bytes(&self) -> usize {
        if self.replayed { 0 } else { self.bytes as usize }
    }

    /// Heap bytes behind this value; the group has its name.
    pub(crate) fn heap_cost(&self) -> usize {
        const COUNTERS: usize = 2 * size_of::<usize>();
        self.details
            .as_ref()
            .map_or(0, |details| COUNTERS + size_of::<Details>() + size_of_val(&*details.identifiers))
    }
}

/// Messages in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: VecDeque<Queued>,
    /// Bytes and number of those that the limits are about.
    bytes: usize,
    limited: usize,
    /// How many of all are at QoS 0.
    at_most_once: usize,
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

    /// Whether there is more than the limits allow, and the last one that came counts against them.
    pub(crate) fn is_too_full(&self, messages: usize, bytes: usize) -> bool {
        (self.limited > messages || self.bytes > bytes) && self.back().is_some_and(|newest| !newest.replayed)
    }

    /// Takes out what has to make room for the last one that came: the oldest, until there is no more than the
    /// limits allow, or than there was before it came. One that would not fit into an empty queue drives out
    /// nobody: it goes itself.
    pub(crate) fn make_room(&mut self, messages: usize, bytes: usize) -> Vec<Queued> {
        let newest = self.back().map_or(0, Queued::limited_bytes);
        if messages == 0 || newest > bytes {
            return self.pop_newest().into_iter().collect();
        }
        let messages = messages.max(self.limited.saturating_sub(1));
        let bytes = bytes.max(self.bytes.saturating_sub(newest));
        let mut victims = Vec::new();
        while self.limited > messages || self.bytes > bytes {
            let Some(victim) = self.pop_oldest_limited() else { break };
            victims.push(victim);
        }
        victims
    }

    /// The oldest that the limits may drop.
    fn pop_oldest_limited(&mut self) -> Option<Queued> {
        let index = self.entries.iter().position(|queued| !queued.replayed)?;
        let queued = self.entries.remove(index)?;
        self.count(&queued, false);
        Some(queued)
    }

    /// In order of arrival.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Queued> {
        self.entries.iter()
    }

    /// The last one that came. Its size, and what is behind it, must stay as they are.
    pub(crate) fn back_mut(&mut self) -> Option<&mut Queued> {
        self.entries.back_mut()
    }

    pub(crate) fn front(&self) -> Option<&Queued> {
        self.entries.front()
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

    /// Whether a message at QoS 0 is among them.
    #[inline]
    pub(crate) fn has_at_most_once(&self) -> bool {
        self.at_most_once > 0
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
        let at_most_once = usize::from(queued.qos == QoS::AtMostOnce);
        let (bytes, heap) = (queued.limited_bytes(), queued.heap_cost());
        if comes {
            self.limited += limited;
            self.at_most_once += at_most_once;
            self.bytes += bytes;
            self.heap += heap;
        } else {
            self.limited -= limited;
            self.at_most_once -= at_most_once;
            self.bytes -= bytes;
            self.heap -= heap;
        }
    }
}
