//! Bytes on their way to one socket: small parts copied together, large payloads shared.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::num::NonZeroU16;

use bytes::{Buf, Bytes};

/// Payloads from this size on are shared instead of copied: below, copying is cheaper than one more slice of
/// a vectored write.
pub(crate) const SHARED_FROM_BYTES: usize = 1024;

/// Consumed bytes that may stand before the first waiting one until the rest is moved to the front.
const COMPACT_FROM_BYTES: usize = 64 * 1024;

/// What waits for one socket. Write [`Transmit::slices`], in order, then [`Transmit::advance`] by what the
/// socket took.
#[derive(Debug, Default)]
pub struct Transmit {
    /// Everything that was copied; bytes before `head` are gone.
    copied: Vec<u8>,
    head: usize,
    /// Shared payloads, each with the index in `copied` that it stands before.
    shared: VecDeque<(usize, Bytes)>,
    shared_bytes: usize,
    /// Bytes that were taken so far; starts over when it overflows.
    taken: u32,
    /// What `cost` says of `shared_bytes`: as of the last append, since the driver's `advance` goes unseen by
    /// the memory account.
    shared_counted: usize,
}

impl Transmit {
    /// Fills `out` with what to hand to a vectored write, in order, and returns how many slices it set.
    /// More may wait than `out` has room for.
    pub fn slices<'a>(&'a self, out: &mut [&'a [u8]]) -> usize {
        let mut filled = 0;
        let mut from = self.head;
        let parts = self.shared.iter().map(|(before, bytes)| (*before, &bytes[..]));
        for (before, bytes) in parts.chain(core::iter::once((self.copied.len(), &[][..]))) {
            for slice in [self.copied.get(from..before).unwrap_or_default(), bytes] {
                if slice.is_empty() {
                    continue;
                }
                let Some(place) = out.get_mut(filled) else { return filled };
                *place = slice;
                filled += 1;
            }
            from = before;
        }
        filled
    }

    /// The first slice, for sockets without vectored writes.
    pub fn first(&self) -> &[u8] {
        let until = self.shared.front().map_or(self.copied.len(), |(before, _)| *before);
        match self.copied.get(self.head..until) {
            Some(copied) if !copied.is_empty() => copied,
            _ => self.shared.front().map_or(&[], |(_, bytes)| bytes),
        }
    }

    /// Takes away the first `written` bytes: the socket, or a bounded buffer before it, has them.
    pub fn advance(&mut self, mut written: usize) {
        self.taken = self.taken.wrapping_add(written as u32);
        while written > 0 {
            let until = self.shared.front().map_or(self.copied.len(), |(before, _)| *before);
            let copied = until.saturating_sub(self.head).min(written);
            self.head += copied;
            written -= copied;
            let Some((_, bytes)) = self.shared.front_mut().filter(|_| written > 0) else { break };
            let shared = bytes.len().min(written);
            bytes.advance(shared);
            self.shared_bytes -= shared;
            written -= shared;
            if bytes.is_empty() {
                self.shared.pop_front();
            }
        }
        if self.is_empty() {
            self.copied.clear();
            self.head = 0;
        }
    }

    /// Bytes that were taken: to see whether any were since.
    pub(crate) fn taken(&self) -> u32 {
        self.taken
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.copied.len() - self.head + self.shared_bytes
    }

    /// Where to append what is copied.
    pub(crate) fn tail(&mut self) -> &mut Vec<u8> {
        self.compact();
        self.shared_counted = self.shared_bytes;
        &mut self.copied
    }

    /// Appends a copy of `bytes`, with a packet identifier, if any, in the place that stands before it. By how
    /// much [`Transmit::cost`] grows.
    #[inline]
    pub(crate) fn append(&mut self, bytes: &[u8], packet_identifier: Option<(usize, NonZeroU16)>) -> usize {
        self.compact();
        let (start, capacity) = (self.copied.len(), self.copied.capacity());
        self.copied.extend_from_slice(bytes);
        if let Some((at, packet_identifier)) = packet_identifier
            && let Some(place) = self.copied.get_mut(start + at..start + at + 2)
        {
            place.copy_from_slice(&packet_identifier.get().to_be_bytes());
        }
        self.copied.capacity() - capacity
    }

    /// Appends a payload without copying it.
    pub(crate) fn share(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.shared_bytes += bytes.len();
            self.shared_counted = self.shared_bytes;
            self.shared.push_back((self.copied.len(), bytes));
        }
    }

    /// Bytes of memory, this value included: it lives in a box. Shared payloads count in full, those that left
    /// since the last append too.
    pub(crate) fn cost(&self) -> usize {
        size_of::<Self>()
            + self.copied.capacity()
            + self.shared.capacity() * size_of::<(usize, Bytes)>()
            + self.shared_counted
    }

    /// Makes an empty buffer ready for another connection.
    pub(crate) fn reset(&mut self) {
        self.shared_counted = self.shared_bytes;
    }

    /// Whether the buffer grew too large to be worth keeping.
    pub(crate) fn is_oversized(&self, bytes: usize) -> bool {
        self.copied.capacity() > bytes || self.shared.capacity() > 64
    }

    /// Moves what waits to the front once enough before it is gone.
    #[inline]
    fn compact(&mut self) {
        if self.head > COMPACT_FROM_BYTES && self.head > self.copied.len() / 2 {
            self.move_to_front();
        }
    }

    fn move_to_front(&mut self) {
        self.copied.drain(..self.head);
        for (before, _) in &mut self.shared {
            *before -= self.head;
        }
        self.head = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn collected(transmit: &Transmit) -> Vec<u8> {
        let mut slices = [&[][..]; 64];
        let count = transmit.slices(&mut slices);
        slices[..count].concat()
    }

    proptest! {
        #[test]
        fn bytes_leave_in_order(steps in proptest::collection::vec((any::<bool>(), 0..3000_usize, 0..4000_usize), 0..40)) {
            let mut transmit = Transmit::default();
            let mut model = Vec::new();
            let mut next = 0_u8;
            for (shared, append, written) in steps {
                let bytes: Vec<u8> = (0..append).map(|_| { next = next.wrapping_add(1); next }).collect();
                model.extend_from_slice(&bytes);
                if shared { transmit.share(bytes.into()) } else { transmit.tail().extend_from_slice(&bytes) }
                let written = written.min(model.len());
                transmit.advance(written);
                model.drain(..written);
                prop_assert_eq!(transmit.len(), model.len());
                prop_assert_eq!(transmit.is_empty(), model.is_empty());
                prop_assert!(model.starts_with(transmit.first()));
                prop_assert_eq!(transmit.first().is_empty(), model.is_empty());
                prop_assert_eq!(collected(&transmit), model.clone());
            }
        }
    }

    #[test]
    fn consumed_bytes_do_not_pile_up() {
        let mut transmit = Transmit::default();
        for _ in 0..10_000 {
            transmit.tail().extend_from_slice(&[1; 1000]);
            transmit.advance(transmit.len() - 1);
        }
        assert!(transmit.cost() < 4 * COMPACT_FROM_BYTES, "{}", transmit.cost());
    }
}
