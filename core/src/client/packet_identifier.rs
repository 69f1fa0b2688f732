//! The packet identifiers that this client chooses: one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE
//! (5.0 section 2.2.1).

use core::num::NonZeroU16;

use hashbrown::HashMap;

use crate::client::Ticket;

/// What an identifier stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A QoS 1 PUBLISH without PUBACK.
    Puback,
    /// A QoS 2 PUBLISH without PUBREC.
    Pubrec,
    /// A PUBREL without PUBCOMP.
    Pubcomp,
    /// A SUBSCRIBE without SUBACK.
    Suback(Ticket),
    /// An UNSUBSCRIBE without UNSUBACK.
    Unsuback(Ticket),
}

/// Identifiers in use. The client chooses them, so nobody can make them collide on purpose.
#[derive(Debug, Default)]
pub(super) struct PacketIdentifiers {
    used: HashMap<NonZeroU16, Use, foldhash::fast::FixedState>,
    latest: u16,
}

impl PacketIdentifiers {
    /// An identifier that nothing uses, for `for_what`; `None` when all 65,535 are taken.
    pub(super) fn allocate(&mut self, for_what: Use) -> Option<NonZeroU16> {
        // [MQTT-2.2.1-3] of 5.0, [MQTT-2.3.1-2] of 3.1.1: currently unused, not zero.
        if !self.any_free() {
            return None;
        }
        for _ in 0..=u16::MAX {
            self.latest = self.latest.wrapping_add(1);
            if let Some(identifier) = NonZeroU16::new(self.latest)
                && !self.used.contains_key(&identifier)
            {
                self.used.insert(identifier, for_what);
                return Some(identifier);
            }
        }
        None
    }

    pub(super) fn any_free(&self) -> bool {
        self.used.len() < usize::from(u16::MAX)
    }

    pub(super) fn get(&self, identifier: NonZeroU16) -> Option<Use> {
        self.used.get(&identifier).copied()
    }

    pub(super) fn change(&mut self, identifier: NonZeroU16, to: Use) {
        self.used.insert(identifier, to);
    }

    pub(super) fn free(&mut self, identifier: NonZeroU16) {
        self.used.remove(&identifier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_not_given_twice_until_it_is_free() {
        let mut identifiers = PacketIdentifiers::default();
        for expected in 1..=u16::MAX {
            assert_eq!(identifiers.allocate(Use::Puback).map(NonZeroU16::get), Some(expected));
        }
        assert_eq!(identifiers.allocate(Use::Puback), None);
        let freed = NonZeroU16::new(40_000).unwrap();
        identifiers.free(freed);
        assert_eq!(identifiers.allocate(Use::Pubrec), Some(freed));
        assert_eq!(identifiers.get(freed), Some(Use::Pubrec));
    }
}
