//! Packets to a client that wait for the journal, in the order in which they have to leave.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::id::Position;

/// What else happens when an answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRelease {
    /// Nothing.
    Nothing,
    /// The client may send one more QoS 1 or 2 PUBLISH (5.0 section 4.9).
    FreesReceiveMaximum,
    /// The connection is open: CONNACK went out, anything may follow it ([MQTT-3.2.0-1]).
    Opens,
    /// The connection is closed behind the last answer, as the client's DISCONNECT asked.
    Closes,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    wait: Position,
    length: u32,
    on_release: OnRelease,
}

/// A line of encoded answers. Strictly first in, first out: acknowledgements keep their order
/// ([MQTT-4.6.0-2] to [MQTT-4.6.0-4]).
#[derive(Debug, Default)]
pub(crate) struct Answers {
    held: VecDeque<Held>,
    bytes: VecDeque<u8>,
}

impl Answers {
    pub(crate) fn push(&mut self, wait: Position, encoded: &[u8], on_release: OnRelease) {
        let length = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
        self.held.push_back(Held { wait, length, on_release });
        self.bytes.extend(encoded);
    }

    /// Moves the first answer to `out` if everything up to `persisted` is safe and it waits for no more.
    pub(crate) fn release(&mut self, persisted: Position, out: &mut Vec<u8>) -> Option<OnRelease> {
        let first = *self.held.front().filter(|first| first.wait <= persisted)?;
        self.held.pop_front();
        out.extend(
            self.bytes.drain(..usize::try_from(first.length).unwrap_or(usize::MAX).min(self.bytes.len())),
        );
        Some(first.on_release)
    }

    /// What the first answer waits for.
    pub(crate) fn waits_for(&self) -> Option<Position> {
        self.held.front().map(|first| first.wait)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    pub(crate) fn heap_cost(&self) -> usize {
        self.held.capacity() * size_of::<Held>() + self.bytes.capacity()
    }
}
