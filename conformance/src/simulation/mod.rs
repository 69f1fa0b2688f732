//! Whole deployments in one thread under one seed, with faults: found by a seed, and by the same seed found again.

pub mod access;
pub mod agenda;
pub mod caught;
pub mod client;
#[cfg(feature = "planted-faults")]
pub mod faults;
#[cfg(feature = "planted-faults")]
pub mod hunt;
pub mod ledger;
pub mod oracle;
pub mod profile;
pub mod reach;
pub mod replay;
pub mod report;
pub mod said;
pub mod search;
pub mod shrink;
pub mod topics;
pub mod world;

use std::collections::BTreeSet;

use self::caught::caught;
pub use self::reach::Reach;
use self::world::World;

/// Microseconds of an hour.
pub(crate) const HOUR: u64 = 3_600_000_000;

/// Which worlds to simulate.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Clients of a world.
    pub clients: usize,
    /// Simulated hours. All faults end at the end of each, and what is owed has to arrive.
    pub hours: u64,
    /// Simulated minutes, instead of hours: for worlds that have to be quick.
    pub minutes: Option<u64>,
    /// Clients that do nothing: the others go on as they would with them, until it makes a difference to them.
    pub muted: BTreeSet<usize>,
    /// The fault that is planted.
    #[cfg(feature = "planted-faults")]
    pub fault: Option<hushwing_core::Fault>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clients: 50,
            hours: 1,
            minutes: None,
            muted: BTreeSet::new(),
            #[cfg(feature = "planted-faults")]
            fault: None,
        }
    }
}

/// A world that went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// At which event.
    pub event: u64,
    /// When, in microseconds since the world began.
    pub at_micros: u64,
    /// What was wrong.
    pub message: String,
    /// What happened until then, if it was asked for.
    pub trace: String,
}

/// What came of a world.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was reached.
    pub reach: Reach,
    /// The hash of all bytes that the broker wrote.
    pub digest: u64,
    /// Microseconds that went by in it.
    pub micros: u64,
    /// What was wrong, if anything was.
    pub failure: Option<Failure>,
}

/// Simulates the world of this seed. `readable`: with a trace in words.
pub fn simulate(seed: u64, settings: &Settings, readable: bool) -> Outcome {
    let mut world = World::new(seed, settings, readable);
    let mut hours = (1..=settings.hours).map(|hour| hour.saturating_mul(HOUR));
    let checked = caught(|| match settings.minutes {
        Some(minutes) => world.run_until(minutes.saturating_mul(HOUR / 60)),
        None => hours.try_for_each(|end| world.run_until(end)),
    });
    let failure = checked.err().map(|message| Failure {
        seed,
        event: world.events(),
        at_micros: world.now_micros(),
        message,
        trace: world.trace().text().to_owned(),
    });
    Outcome {
        reach: world.reach().clone(),
        digest: world.trace().digest(),
        micros: world.now_micros(),
        failure,
    }
}
