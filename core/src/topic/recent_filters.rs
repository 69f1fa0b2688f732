//! The wildcard filters that changed last, so that a remembered route can catch up with them.

use alloc::string::String;
use alloc::vec::Vec;

use super::filter;

/// How many changes are kept. A route that lags behind further is found anew.
const KEPT: usize = 64;

/// The last [`KEPT`] changes, each with a running number.
#[derive(Debug, Default)]
pub(super) struct RecentFilters {
    ring: Vec<String>,
    count: u64,
    text_bytes: usize,
}

impl RecentFilters {
    /// How many changes there were so far.
    #[inline]
    pub(super) fn count(&self) -> u64 {
        self.count
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
    }

    /// Whether a change from number `checked` on may concern `topic`.
    pub(super) fn concern(&self, checked: u64, topic: &str) -> bool {
        if self.count - checked > KEPT as u64 {
            return true;
        }
        let mut newer = (checked..self.count).map(place_of);
        newer.any(|place| self.ring.get(place).is_none_or(|text| filter::matches(text, topic)))
    }

    pub(super) fn cost(&self) -> usize {
        self.ring.capacity() * size_of::<String>() + self.text_bytes
    }

    pub(super) fn cost_walk(&self) -> usize {
        self.ring.capacity() * size_of::<String>() + self.ring.iter().map(String::capacity).sum::<usize>()
    }
}

fn place_of(number: u64) -> usize {
    (number % KEPT as u64) as usize
}
