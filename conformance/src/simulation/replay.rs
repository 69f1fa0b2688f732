//! A failure as a file that replays it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::shrink::{Shrunk, kind};
use super::{Outcome, Settings, simulate};

/// The world of a failure, and what was wrong in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The seed.
    pub seed: u64,
    /// Clients of the world.
    pub clients: usize,
    /// Simulated hours.
    pub hours: u64,
    /// Clients that do nothing.
    #[serde(default)]
    pub muted: BTreeSet<usize>,
    /// The fault that was planted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What was wrong.
    pub sentence: String,
    /// At which event.
    pub event: u64,
    /// The hash of all bytes that the broker wrote until then, in hexadecimal.
    pub digest: String,
    /// Of which commit the broker and the world were.
    pub commit: String,
}

/// What a replay shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same bytes, the same sentence.
    Same,
    /// The same kind of failure, but not the same bytes: the broker or the world has changed.
    Alike,
    /// Something else is wrong.
    Other,
    /// Nothing is wrong.
    Gone,
}

impl Replay {
    /// Of a failure.
    pub fn new(shrunk: &Shrunk, commit: String) -> Self {
        let settings = &shrunk.settings;
        Self {
            seed: shrunk.failure.seed,
            clients: settings.clients,
            hours: settings.hours,
            muted: settings.muted.clone(),
            fault: fault_name(settings),
            sentence: shrunk.failure.message.clone(),
            event: shrunk.failure.event,
            digest: format!("{:016x}", shrunk.digest),
            commit,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the disk said.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        std::fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
    }

    /// How the world was set up.
    ///
    /// # Errors
    /// The fault is none that can be planted here.
    pub fn settings(&self) -> Result<Settings, String> {
        let mut settings = Settings {
            clients: self.clients,
            hours: self.hours,
            minutes: None,
            muted: self.muted.clone(),
            #[cfg(feature = "planted-faults")]
            fault: None,
        };
        if let Some(name) = &self.fault {
            plant(&mut settings, name)?;
        }
        Ok(settings)
    }

    /// Simulates it again.
    ///
    /// # Errors
    /// The fault is none that can be planted here.
    pub fn run(&self, readable: bool) -> Result<(Verdict, Outcome), String> {
        let outcome = simulate(self.seed, &self.settings()?, readable);
        let verdict = match &outcome.failure {
            None => Verdict::Gone,
            Some(now)
                if now.message == self.sentence && format!("{:016x}", outcome.digest) == self.digest =>
            {
                Verdict::Same
            }
            Some(now) if kind(&now.message) == kind(&self.sentence) => Verdict::Alike,
            Some(_) => Verdict::Other,
        };
        Ok((verdict, outcome))
    }
}

impl Verdict {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Same => "the failure is still there, byte for byte",
            Self::Alike => "a failure of the same kind is still there; the broker or the world has changed",
            Self::Other => "that failure is gone, another one is there",
            Self::Gone => "the failure is gone",
        }
    }
}

/// Plants the fault of this name.
///
/// # Errors
/// There is none, and how they are called.
#[cfg(feature = "planted-faults")]
pub fn plant(settings: &mut Settings, name: &str) -> Result<(), String> {
    let all = super::faults::THIRTY.iter().map(|(_, fault, _)| (format!("{fault:?}"), *fault));
    match all.clone().find(|(of, _)| of == name) {
        Some((_, fault)) => {
            settings.fault = Some(fault);
            Ok(())
        }
        None => {
            let names: Vec<String> = all.map(|(of, _)| of).collect();
            Err(format!("there is no fault {name}, only {}", names.join(", ")))
        }
    }
}

/// Plants the fault of this name.
///
/// # Errors
/// None can be planted in this build.
#[cfg(not(feature = "planted-faults"))]
pub fn plant(_: &mut Settings, name: &str) -> Result<(), String> {
    Err(format!("{name} cannot be planted in this build: build it with --features planted-faults"))
}

/// The name of the fault that is planted.
#[cfg(feature = "planted-faults")]
fn fault_name(settings: &Settings) -> Option<String> {
    settings.fault.map(|fault| format!("{fault:?}"))
}

#[cfg(not(feature = "planted-faults"))]
fn fault_name(_: &Settings) -> Option<String> {
    None
}
