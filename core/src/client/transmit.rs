//! Bytes on their way to the transport.

use alloc::vec::Vec;

/// Beyond this size an empty buffer is given back: one large packet must not hold memory for ever.
const KEPT_BYTES: usize = 64 * 1024;

/// Encoded packets, and how much of them the transport took.
#[derive(Debug, Default)]
pub(super) struct Transmit {
    bytes: Vec<u8>,
    taken: usize,
}

impl Transmit {
    pub(super) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len().saturating_sub(self.taken)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn advance(&mut self, written: usize) {
        self.taken = self.taken.saturating_add(written).min(self.bytes.len());
        if self.is_empty() {
            self.clear();
        }
    }

    /// Where to append the next packet.
    pub(super) fn tail(&mut self) -> &mut Vec<u8> {
        // Room in front is used again once it is the larger part, so that each byte is moved at most once on
        // average.
        if self.taken > self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        &mut self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.taken = 0;
        if self.bytes.capacity() > KEPT_BYTES {
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone_and_the_rest_stays() {
        let mut transmit = Transmit::default();
        transmit.tail().extend_from_slice(b"abcdef");
        transmit.advance(4);
        assert_eq!(transmit.waiting(), b"ef");
        transmit.tail().extend_from_slice(b"gh");
        assert_eq!(transmit.waiting(), b"efgh");
        transmit.advance(9);
        assert!(transmit.is_empty());
    }

    #[test]
    fn a_large_buffer_is_given_back() {
        let mut transmit = Transmit::default();
        transmit.tail().resize(KEPT_BYTES * 4, 0);
        transmit.advance(KEPT_BYTES * 4);
        assert_eq!(transmit.bytes.capacity(), 0);
    }
}
