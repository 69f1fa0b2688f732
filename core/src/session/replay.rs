//! Retained messages on their way to a subscription that was just made: a cursor, not a queue. It waits for
//! the client's window and socket and drops nothing.

use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};

use crate::topic::Subscription;

/// How far the retained messages of one SUBSCRIBE have been sent.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    pub(crate) filter: Box<str>,
    pub(crate) subscription: Subscription,
    /// Only messages with smaller stamps are sent: later ones came live.
    pub(crate) before: u64,
    /// The last topic that was dealt with, in the order of bytes; `None` at the start.
    pub(crate) after: Option<Box<str>>,
    /// Topics behind the cursor that were sent already, because a live message followed.
    pub(crate) early: BTreeSet<Box<str>>,
}

impl Replay {
    /// Whether the cursor still has `topic` before it.
    pub(crate) fn is_ahead(&self, topic: &str) -> bool {
        self.after.as_deref().is_none_or(|after| after < topic) && !self.early.contains(topic)
    }

    /// The cursor has passed `topic`.
    pub(crate) fn pass(&mut self, topic: &str) {
        self.early.remove(topic);
        self.after = Some(topic.into());
    }

    fn heap_cost(&self) -> usize {
        const ORDERED_ENTRY: usize = 2 * size_of::<Box<str>>() + 8;
        let early = self.early.iter().map(|topic| topic.len() + ORDERED_ENTRY).sum::<usize>();
        self.filter.len() + self.after.as_ref().map_or(0, |after| after.len()) + early
    }
}

/// The replays of one session, in the order of their SUBSCRIBEs.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    replays: VecDeque<Replay>,
    /// Whether a queued message went last: replays and the queue take turns.
    pub(crate) is_next: bool,
}

impl Replays {
    /// Begins another one; it replaces that of the same filter, which it covers.
    pub(crate) fn begin(&mut self, replay: Replay) {
        self.end(&replay.filter);
        self.replays.push_back(replay);
    }

    /// Ends that of a filter; whether there was one.
    pub(crate) fn end(&mut self, filter: &str) -> bool {
        let before = self.replays.len();
        self.replays.retain(|replay| &*replay.filter != filter);
        self.replays.len() < before
    }

    pub(crate) fn first_mut(&mut self) -> Option<&mut Replay> {
        self.replays.front_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Replay> {
        self.replays.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Replay> {
        self.replays.iter_mut()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.replays.is_empty()
    }

    pub(crate) fn heap_cost(&self) -> usize {
        self.replays.capacity() * size_of::<Replay>()
            + self.replays.iter().map(Replay::heap_cost).sum::<usize>()
    }
}
