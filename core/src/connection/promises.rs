//! What CONNACK told a client about limits and about what there is (5.0 section 3.2.2.3). It holds for the connection,
//! whatever the configuration says later (`docs/decisions.md` D59). Few differ at a time, so each is kept once.

use alloc::vec::Vec;

use super::capabilities::Capabilities;
use crate::config::Config;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Promised {
    pub(crate) capabilities: Capabilities,
    pub(crate) receive_maximum: u16,
    pub(crate) topic_alias_maximum: u16,
    pub(crate) maximum_packet_size_bytes: u32,
}

impl Promised {
    /// What is promised to those who connect now.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            capabilities: Capabilities::new(&config.policy),
            receive_maximum: config.limits.receive_maximum,
            topic_alias_maximum: config.limits.topic_alias_maximum,
            maximum_packet_size_bytes: config.limits.maximum_packet_size_bytes,
        }
    }

    /// As much as either.
    fn or(self, other: Self) -> Self {
        Self {
            capabilities: self.capabilities.or(other.capabilities),
            receive_maximum: self.receive_maximum.max(other.receive_maximum),
            topic_alias_maximum: self.topic_alias_maximum.max(other.topic_alias_maximum),
            maximum_packet_size_bytes: self.maximum_packet_size_bytes.max(other.maximum_packet_size_bytes),
        }
    }
}

/// Names what a connection was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PromiseIndex(u8);

impl PromiseIndex {
    /// Nothing yet.
    pub(crate) const NONE: Self = Self(u8::MAX);
}

/// What all connections were promised, and how many each.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    held: Vec<(Promised, usize)>,
}

impl Promises {
    /// One more connection is promised this.
    pub(crate) fn hold(&mut self, promised: Promised) -> PromiseIndex {
        let find = |is: &dyn Fn(&(Promised, usize)) -> bool| self.held.iter().position(is);
        let place = find(&|held| held.0 == promised).or_else(|| find(&|held| held.1 == 0));
        let last = usize::from(PromiseIndex::NONE.0) - 1;
        let place = place.unwrap_or_else(|| self.held.len().min(last));
        match self.held.get_mut(place) {
            None => self.held.push((promised, 1)),
            Some((of, holders)) => {
                // There are no more places: whoever has this one may do what any of them was promised.
                *of = if *holders == 0 { promised } else { of.or(promised) };
                *holders += 1;
            }
        }
        u8::try_from(place).map_or(PromiseIndex::NONE, PromiseIndex)
    }

    /// A connection that was promised something is gone.
    pub(crate) fn release(&mut self, index: PromiseIndex) {
        if let Some((_, holders)) = self.held.get_mut(usize::from(index.0)) {
            *holders = holders.saturating_sub(1);
        }
    }

    pub(crate) fn get(&self, index: PromiseIndex) -> Option<Promised> {
        self.held.get(usize::from(index.0)).map(|(promised, _)| *promised)
    }

    pub(crate) fn cost(&self) -> usize {
        self.held.capacity() * size_of::<(Promised, usize)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn promised(receive_maximum: u16) -> Promised {
        Promised::new(&Config {
            limits: Limits { receive_maximum, ..Limits::default() },
            ..Config::default()
        })
    }

    #[test]
    fn a_place_is_free_again_when_nobody_holds_it() {
        let mut promises = Promises::default();
        let first = promises.hold(promised(1));
        assert_eq!(promises.hold(promised(1)), first);
        let second = promises.hold(promised(2));
        promises.release(first);
        assert_eq!((promises.get(first), promises.get(second)), (Some(promised(1)), Some(promised(2))));
        assert_ne!(promises.hold(promised(3)), first);
        promises.release(first);
        assert_eq!(promises.hold(promised(4)), first);
        promises.release(PromiseIndex::NONE);
        assert_eq!(promises.get(PromiseIndex::NONE), None);
        assert_eq!(promises.get(first), Some(promised(4)));
    }

    #[test]
    fn nobody_gets_less_than_was_promised_however_many_differ() {
        let mut promises = Promises::default();
        let indexes: Vec<PromiseIndex> = (1..=400).map(|number| promises.hold(promised(number))).collect();
        for (number, index) in (1..).zip(indexes) {
            let kept = promises.get(index).expect("held").receive_maximum;
            assert!(kept == number || number >= 255 && kept >= number, "{number}: {kept}");
        }
        assert_eq!(promises.held.len(), 255);
    }
}
