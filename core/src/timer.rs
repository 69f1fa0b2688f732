//! Deadlines of many things, the earliest first.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;

use crate::time::Instant;

/// What has a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TimerKind {
    /// A network connection.
    Connection = 0,
    /// A session.
    Session = 1,
    /// Something of the machine as a whole.
    Broker = 2,
}

/// One owner of a deadline, by its kind and its place in the table of its kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey(u32);

const INDEX_BITS: u32 = 30;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

impl TimerKey {
    /// `index` must be below 2^30.
    pub const fn new(kind: TimerKind, index: u32) -> Self {
        Self((kind as u32) << INDEX_BITS | index & INDEX_MASK)
    }

    /// The kind of the owner.
    pub const fn kind(self) -> TimerKind {
        match self.0 >> INDEX_BITS {
            0 => TimerKind::Connection,
            1 => TimerKind::Session,
            _ => TimerKind::Broker,
        }
    }

    /// The place of the owner in the table of its kind.
    pub const fn index(self) -> u32 {
        self.0 & INDEX_MASK
    }
}

impl core::fmt::Debug for TimerKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}({})", self.kind(), self.index())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    deadline: Instant,
    key: TimerKey,
}

/// The deadlines. Each owner keeps `armed` beside itself: the deadline that it last gave in here,
/// [`Instant::FAR_FUTURE`] for none. An entry that differs from its owner's `armed` is stale and says nothing.
#[derive(Debug, Default)]
pub struct Timers {
    entries: BinaryHeap<Reverse<Entry>>,
    /// How many entries are stale, at least.
    stale: usize,
}

impl Timers {
    /// No deadlines.
    pub const fn new() -> Self {
        Self { entries: BinaryHeap::new(), stale: 0 }
    }

    /// Has `key` fire at `deadline` at the latest. If it is armed earlier this does nothing: it fires early,
    /// and the owner arms it again.
    pub fn arm(&mut self, armed: &mut Instant, key: TimerKey, deadline: Instant) {
        if deadline >= *armed {
            return;
        }
        self.disarm(armed);
        *armed = deadline;
        self.entries.push(Reverse(Entry { deadline, key }));
    }

    /// Takes the deadline back.
    pub fn disarm(&mut self, armed: &mut Instant) {
        if *armed != Instant::FAR_FUTURE {
            *armed = Instant::FAR_FUTURE;
            self.stale += 1;
        }
    }

    /// The next owner whose deadline is not later than `now`, the earliest first. Its entry is gone: the
    /// owner sets its `armed` to [`Instant::FAR_FUTURE`] at once, without [`Self::disarm`]. `armed_of` is
    /// [`Instant::FAR_FUTURE`] for owners that are no more.
    pub fn pop_due(&mut self, now: Instant, armed_of: impl Fn(TimerKey) -> Instant) -> Option<TimerKey> {
        let _ = (now, armed_of);
        None
    }

    /// The earliest deadline. Exact after [`Self::pop_due`] gave `None`; after changes it may be one that is
    /// stale, which is never too late.
    pub fn next(&self) -> Option<Instant> {
        self.entries.peek().map(|entry| entry.0.deadline)
    }

    /// Bytes held.
    pub fn cost(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }
}
