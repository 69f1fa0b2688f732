//! The worlds of many seeds, several at a time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Failure, Outcome, Reach, Settings, simulate};

/// Which seeds.
#[derive(Clone, Debug)]
pub struct Search {
    /// How each world is set up.
    pub settings: Settings,
    /// The first seed.
    pub first_seed: u64,
    /// How many.
    pub seeds: u64,
    /// How many worlds at a time. What is found does not depend on it.
    pub threads: usize,
}

/// What came of them.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Worlds that have ended.
    pub seeds: u64,
    /// What they reached together.
    pub reach: Reach,
    /// Microseconds that went by in them.
    pub micros: u64,
    /// Those that went wrong, by seed.
    pub failures: Vec<Failure>,
}

impl Search {
    /// Simulates all of them. `watch` hears of each world when it has ended, with all that was found so far.
    pub fn run(&self, watch: &(dyn Fn(&Found, &Outcome) + Sync)) -> Found {
        let found = Mutex::new(Found::default());
        at_once(self.threads, self.seeds, |index| {
            let outcome = simulate(self.first_seed.saturating_add(index), &self.settings, false);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.add(&outcome);
            watch(&found, &outcome);
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.failures.sort_by_key(|failure| failure.seed);
        found
    }
}

impl Found {
    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.reach.add(&outcome.reach);
        self.micros += outcome.micros;
        self.failures.extend(outcome.failure.clone());
    }

    /// Simulated hours.
    pub fn hours(&self) -> f64 {
        self.micros as f64 / super::HOUR as f64
    }
}

/// What `work` makes of every number below `count`, on so many threads, in the order of the numbers.
pub fn at_once<T: Send>(threads: usize, count: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let (next, made) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    let result = work(index);
                    made.lock().unwrap_or_else(PoisonError::into_inner).insert(index, result);
                }
            });
        }
    });
    made.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}
