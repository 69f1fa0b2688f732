//! What happens next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A client does what comes to its mind.
    Act(u16),
    /// Bytes of a client reach the broker.
    Arrive(u64),
    /// Packets of the broker reach a client.
    Deliver(u64),
    /// The socket of a connection takes bytes again.
    Flush(u64),
    /// The broker learns that a connection is gone.
    Gone(u64),
    /// The disk finishes something.
    Disk,
    /// The embedder answers its oldest question.
    Answer,
    /// The operator does something.
    Operator,
    /// Something breaks.
    Fault,
    /// The broker starts again.
    Restart,
    /// Sweeping checks.
    Inspect,
}

/// Events by time; those of the same time in the order in which they were entered.
#[derive(Debug, Default)]
pub struct Agenda {
    heap: BinaryHeap<Reverse<(u64, u64, Event)>>,
    entered: u64,
}

impl Agenda {
    /// Enters an event.
    pub fn enter(&mut self, at_micros: u64, event: Event) {
        self.entered += 1;
        self.heap.push(Reverse((at_micros, self.entered, event)));
    }

    /// When the next one is due.
    pub fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the next one.
    pub fn take(&mut self) -> Option<(u64, Event)> {
        self.heap.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
