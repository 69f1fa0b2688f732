//! Which wildcard filters changed, so that a remembered route can see whether that concerns it.
//!
//! A filter concerns only topics that begin with its levels before the first wildcard. Changes are counted by
//! such beginnings: a topic none of whose beginnings was counted since is not concerned, whatever else changed
//! meanwhile. Of the rest, the last changes are compared one by one.

use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::filter;

/// How many changes are kept as they are.
const KEPT: usize = 64;
/// Counters of beginnings, by their hashes: a power of two.
const COUNTERS: usize = 4_096;
/// Levels of a beginning. A longer one counts as this many.
const LEVELS: usize = 4;

/// When a route was found true: equal to that of later, unless a change may concern it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Changes so far.
    pub(super) count: u64,
    /// The sum of the counters of all beginnings of the topic: they only ever grow.
    beginnings: u64,
}

/// All changes so far.
#[derive(Debug)]
pub(super) struct FilterChanges {
    ring: Vec<String>,
    count: u64,
    text_bytes: usize,
    /// [`COUNTERS`], or none as long as nothing changed.
    counters: Vec<u64>,
    /// Changes of filters that begin with a wildcard.
    anywhere: u64,
    hasher: FixedState,
}

impl FilterChanges {
    pub(super) fn new(seed: u64) -> Self {
        let hasher = FixedState::with_seed(seed);
        Self { ring: Vec::new(), count: 0, text_bytes: 0, counters: Vec::new(), anywhere: 0, hasher }
    }

    /// How many changes there were so far.
    #[inline]
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Now, for a topic.
    pub(super) fn moment(&self, topic: &str) -> Moment {
        Moment { count: self.count, beginnings: self.beginnings(topic) }
    }

    /// Takes in a change.
    pub(super) fn push(&mut self, filter: &str) {
        let place = place_of(self.count);
        self.count += 1;
        if self.ring.len() < KEPT {
            self.ring.push(String::new());
        }
        if let Some(text) = self.ring.get_mut(place) {
            self.text_bytes -= text.capacity();
            text.clear();
            text.push_str(filter);
            self.text_bytes += text.capacity();
        }
        if self.counters.is_empty() {
            self.counters = alloc::vec![0; COUNTERS];
        }
        let beginning = literal_beginning(filter).and_then(|text| beginnings(text).last());
        let place = beginning.map(|text| self.place_of_beginning(text));
        match place.and_then(|place| self.counters.get_mut(place)) {
            Some(counter) => *counter += 1,
            None => self.anywhere += 1,
        }
    }

    /// Whether nothing that changed since `moment` concerns `topic`; then the moment may be now.
    pub(super) fn pass_by(&self, moment: Moment, topic: &str) -> Option<Moment> {
        let now = self.moment(topic);
        if now.beginnings == moment.beginnings {
            return Some(now);
        }
        if self.count - moment.count > KEPT as u64 {
            return None;
        }
        let mut newer = (moment.count..self.count).map(place_of);
        let concerned =
            newer.any(|place| self.ring.get(place).is_none_or(|text| filter::matches(text, topic)));
        (!concerned).then_some(now)
    }

    pub(super) fn cost(&self) -> usize {
        self.cost_of_tables() + self.text_bytes
    }

    pub(super) fn cost_walk(&self) -> usize {
        self.cost_of_tables() + self.ring.iter().map(String::capacity).sum::<usize>()
    }

    fn cost_of_tables(&self) -> usize {
        self.ring.capacity() * size_of::<String>() + self.counters.capacity() * size_of::<u64>()
    }

    fn beginnings(&self, topic: &str) -> u64 {
        let counter = |text| self.counters.get(self.place_of_beginning(text)).copied().unwrap_or_default();
        self.anywhere + beginnings(topic).map(counter).sum::<u64>()
    }

    fn place_of_beginning(&self, text: &str) -> usize {
        self.hasher.hash_one(text.as_bytes()) as usize % COUNTERS
    }
}

/// The first levels of a filter, up to its first wildcard; `None` if that is the first.
fn literal_beginning(filter: &str) -> Option<&str> {
    let wildcard = filter.find(['+', '#'])?;
    filter.get(..wildcard)?.strip_suffix('/')
}

/// The first level, the first two, and so on; not more than [`LEVELS`].
fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.match_indices('/').map(|(end, _)| end);
    ends.chain([text.len()]).take(LEVELS).filter_map(|end| text.get(..end))
}

fn place_of(number: u64) -> usize {
    (number % KEPT as u64) as usize
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;
    use crate::topic::filter::tests::{any_filter, any_topic};

    #[test]
    fn a_beginning_ends_before_the_first_wildcard() {
        let of =
            |filter: &'static str| literal_beginning(filter).map(|text| beginnings(text).last().unwrap());
        assert_eq!(of("#"), None);
        assert_eq!(of("+/a"), None);
        assert_eq!(of("/+"), Some(""));
        assert_eq!(of("a/#"), Some("a"));
        assert_eq!(of("a/b/+/c"), Some("a/b"));
        assert_eq!(of("a/b/c/d/#"), Some("a/b/c/d"));
        assert_eq!(of("a/b/c/d/e/+"), Some("a/b/c/d"));
    }

    #[test]
    fn changes_elsewhere_pass_by_however_many_they_are() {
        let mut changes = FilterChanges::new(3);
        let moment = changes.moment("devices/7/state");
        for number in 0..10 * KEPT {
            changes.push(&format!("elsewhere/{}/+", number % 10));
        }
        let now = changes.pass_by(moment, "devices/7/state").unwrap();
        assert_eq!(now.count, changes.count());
        changes.push("devices/+/other");
        assert_eq!(changes.pass_by(now, "devices/7/state"), Some(changes.moment("devices/7/state")));
        changes.push("devices/7/#");
        assert_eq!(changes.pass_by(now, "devices/7/state"), None);
        assert_eq!(changes.cost(), changes.cost_walk());
    }

    proptest! {
        #[test]
        fn no_change_that_matches_passes_by(
            topic in any_topic(),
            before in proptest::collection::vec(any_filter(), 0..10),
            after in proptest::collection::vec(any_filter(), 0..100),
        ) {
            let mut changes = FilterChanges::new(3);
            before.iter().filter(|text| filter::is_wildcard(text)).for_each(|text| changes.push(text));
            let moment = changes.moment(&topic);
            let after = after.iter().filter(|text| filter::is_wildcard(text));
            after.clone().for_each(|text| changes.push(text));
            let concerned = after.clone().any(|text| filter::matches(text, &topic));
            let passed = changes.pass_by(moment, &topic);
            prop_assert!(!concerned || passed.is_none());
            prop_assert!(concerned || passed.is_some() || after.count() > KEPT);
        }
    }
}
