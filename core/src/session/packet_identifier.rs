//! Packet identifiers of what the broker sends ([MQTT-2.2.1-4] of 5.0, [MQTT-2.3.1-4] of 3.1.1).

use core::num::NonZeroU16;

/// Hands out identifiers in ascending order, round and round, leaving out those in use.
#[derive(Debug)]
pub(crate) struct PacketIdentifiers {
    next: NonZeroU16,
    /// The list of those in use is no longer in ascending order, so that its ends do not say what is free.
    scattered: bool,
}

impl Default for PacketIdentifiers {
    fn default() -> Self {
        Self { next: NonZeroU16::MIN, scattered: false }
    }
}

impl PacketIdentifiers {
    /// An identifier that is not in use; `None` if all are. `ends` are the first and last of the list of those
    /// in use, in the order in which they were handed out.
    pub(crate) fn allocate(
        &mut self,
        ends: Option<(NonZeroU16, NonZeroU16)>,
        in_use: impl Fn(NonZeroU16) -> bool,
    ) -> Option<NonZeroU16> {
        self.scattered &= ends.is_some();
        // In an ascending list, turned round at most once, the next one is free unless it is the first.
        if ends.is_some_and(|(front, _)| front == self.next) {
            self.scattered = true;
        }
        if self.scattered {
            let mut tries = u16::MAX;
            while in_use(self.next) {
                tries = tries.checked_sub(1)?;
                self.next = following(self.next);
            }
        }
        let identifier = self.next;
        self.next = following(identifier);
        Some(identifier)
    }

    /// The list of those in use has another order: it came from the journal, or something was moved in it.
    pub(crate) fn scattered(&mut self) {
        self.scattered = true;
    }
}

fn following(identifier: NonZeroU16) -> NonZeroU16 {
    identifier.checked_add(1).unwrap_or(NonZeroU16::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::VecDeque;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_one_in_use(finished in proptest::collection::vec((0..40_usize, any::<bool>()), 1..3000)) {
            let mut identifiers = PacketIdentifiers { next: NonZeroU16::new(65_000).unwrap(), scattered: false };
            let mut list: VecDeque<NonZeroU16> = VecDeque::new();
            for (index, finish) in finished {
                if finish && index < list.len() {
                    list.remove(index);
                } else if list.len() < 60_000 {
                    let ends = list.front().copied().zip(list.back().copied());
                    let identifier = identifiers.allocate(ends, |of| list.contains(&of)).unwrap();
                    prop_assert!(!list.contains(&identifier));
                    list.push_back(identifier);
                }
            }
        }
    }

    #[test]
    fn a_stuck_identifier_is_left_out_round_after_round() {
        let mut identifiers = PacketIdentifiers::default();
        let stuck = [NonZeroU16::new(5).unwrap(), NonZeroU16::new(6).unwrap()];
        let ends = |last| Some((stuck[0], last));
        let mut last = stuck[1];
        for _ in 0..200_000 {
            let identifier = identifiers.allocate(ends(last), |of| stuck.contains(&of)).unwrap();
            if identifier.get() > 4 || identifiers.scattered {
                assert!(!stuck.contains(&identifier), "{identifier}");
            }
            last = identifier;
        }
    }

    #[test]
    fn none_is_left_when_all_are_in_use() {
        let mut identifiers = PacketIdentifiers { next: NonZeroU16::MIN, scattered: true };
        assert_eq!(identifiers.allocate(Some((NonZeroU16::MIN, NonZeroU16::MAX)), |_| true), None);
    }
}
