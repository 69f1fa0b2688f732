//! How far a search has come, while it runs.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use conformance::simulation::Outcome;
use conformance::simulation::report;
use conformance::simulation::search::Found;

/// Says on standard error how far a search has come: one line that changes on a terminal, otherwise a line now and
/// then. A failure has a line of its own at once.
pub(crate) struct Progress {
    seeds: u64,
    terminal: bool,
    started: Instant,
    last: Mutex<Option<Instant>>,
}

impl Progress {
    /// Of so many seeds.
    pub(crate) fn new(seeds: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { seeds, terminal, started: Instant::now(), last: Mutex::default() }
    }

    /// One more world has ended.
    pub(crate) fn report(&self, found: &Found, outcome: &Outcome) {
        let erase = if self.terminal { "\r\x1b[2K" } else { "" };
        if let Some(failure) = &outcome.failure {
            // A report that nobody can read is none the worse for it.
            let _ = writeln!(std::io::stderr(), "{erase}FAILED  seed {}: {}", failure.seed, failure.message);
        }
        if self.is_due() {
            let end = if self.terminal { "" } else { "\n" };
            let line = report::progress(found, self.seeds, self.started.elapsed());
            let _ = write!(std::io::stderr(), "{erase}{line}{end}");
        }
    }

    /// All have ended.
    pub(crate) fn end(&self, found: &Found) {
        let erase = if self.terminal { "\r\x1b[2K" } else { "" };
        let line = report::progress(found, self.seeds, self.started.elapsed());
        let _ = writeln!(std::io::stderr(), "{erase}{line}");
    }

    fn is_due(&self) -> bool {
        let pause = Duration::from_millis(if self.terminal { 200 } else { 10_000 });
        let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let due = last.unwrap_or(self.started).elapsed() >= pause;
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}
