//! QoS 2 packet identifiers from a client: the receiver's half of 3.1.1 and 5.0 section 4.3.3, method B.

use alloc::collections::VecDeque;
use core::num::NonZeroU16;

/// Identifiers that PUBREC was promised for and PUBREL did not come for, in ascending order.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    open: VecDeque<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    packet_identifier: NonZeroU16,
    /// It came, or came again, on this connection, and counts against its Receive Maximum.
    counts: bool,
}

impl Incoming {
    /// A connection begins: what older ones left open does not count against its Receive Maximum.
    pub(crate) fn connected(&mut self) {
        self.open.iter_mut().for_each(|open| open.counts = false);
    }

    /// Whether PUBLISH with this identifier came before ([MQTT-4.3.3-10] of 5.0: not a new message).
    pub(crate) fn contains(&self, packet_identifier: NonZeroU16) -> bool {
        self.position(packet_identifier).is_ok()
    }

    /// PUBLISH came. Whether it is new on this connection.
    pub(crate) fn insert(&mut self, packet_identifier: NonZeroU16, counts: bool) -> bool {
        match self.position(packet_identifier) {
            Ok(index) => match self.open.get_mut(index) {
                Some(open) if counts => !core::mem::replace(&mut open.counts, true),
                _ => false,
            },
            Err(index) => {
                self.open.insert(index, Open { packet_identifier, counts });
                counts
            }
        }
    }

    /// PUBREL came. Whether the identifier was known, and whether it counted.
    pub(crate) fn remove(&mut self, packet_identifier: NonZeroU16) -> Option<bool> {
        let open = self.open.remove(self.position(packet_identifier).ok()?)?;
        Some(open.counts)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = NonZeroU16> + '_ {
        self.open.iter().map(|open| open.packet_identifier)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Bytes, this value included: it lives in a box.
    pub(crate) fn cost(&self) -> usize {
        size_of::<Self>() + self.open.capacity() * size_of::<Open>()
    }

    /// Where it is, or would be. Clients count their identifiers up, so that mostly it is the first, or comes
    /// behind the last.
    fn position(&self, packet_identifier: NonZeroU16) -> Result<usize, usize> {
        let ends = self.open.front().zip(self.open.back());
        match ends.map(|(first, last)| (first.packet_identifier, last.packet_identifier)) {
            None => return Err(0),
            Some((first, _)) if packet_identifier == first => return Ok(0),
            Some((_, last)) if packet_identifier > last => return Err(self.open.len()),
            _ => {}
        }
        self.open.binary_search_by_key(&packet_identifier, |open| open.packet_identifier)
    }
}

#[cfg(test)]
mod tests;
