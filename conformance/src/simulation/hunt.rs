//! The search for planted faults: how many seeds it takes to find each.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hushwing_core::Fault;

use super::faults::THIRTY;
use super::search::at_once;
use super::{Failure, Settings, simulate};

/// Which worlds every fault is planted in.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// How each world is set up.
    pub settings: Settings,
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds are tried for one fault.
    pub seeds: u64,
    /// How many worlds at a time. What is found does not depend on it.
    pub threads: usize,
}

/// A fault, and whether it was found.
#[derive(Clone, Debug)]
pub struct Prey {
    /// Its number in the list.
    pub number: u8,
    /// The fault of the machine.
    pub fault: Fault,
    /// What it is.
    pub what: &'static str,
    /// How many seeds it took, and the failure.
    pub found: Option<(u64, Failure)>,
}

impl Hunt {
    /// Plants those faults of the list that are `chosen`, one at a time. `watch` hears of each that is done.
    pub fn run(&self, chosen: impl Fn(Fault) -> bool, watch: &(dyn Fn(&Prey) + Sync)) -> Vec<Prey> {
        let chosen: Vec<_> = THIRTY.iter().filter(|(_, fault, _)| chosen(*fault)).collect();
        let sound =
            Sound { settings: Settings { fault: None, ..self.settings.clone() }, known: Mutex::default() };
        at_once(self.threads, chosen.len() as u64, |index| {
            let (number, fault, what) = *chosen[index as usize];
            let prey = Prey { number, fault, what, found: self.find(fault, &sound) };
            watch(&prey);
            prey
        })
    }

    fn find(&self, fault: Fault, sound: &Sound) -> Option<(u64, Failure)> {
        let settings = Settings { fault: Some(fault), ..self.settings.clone() };
        (0..self.seeds).find_map(|index| {
            let seed = self.first_seed.saturating_add(index);
            let failure = simulate(seed, &settings, false).failure?;
            sound.is(seed).then_some((index + 1, failure))
        })
    }
}

/// A world that goes wrong without a fault does not tell of one.
struct Sound {
    settings: Settings,
    known: Mutex<BTreeMap<u64, bool>>,
}

impl Sound {
    fn is(&self, seed: u64) -> bool {
        let known = |known: &Mutex<BTreeMap<u64, bool>>| {
            known.lock().unwrap_or_else(PoisonError::into_inner).get(&seed).copied()
        };
        known(&self.known).unwrap_or_else(|| {
            let sound = simulate(seed, &self.settings, false).failure.is_none();
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, sound);
            sound
        })
    }
}
