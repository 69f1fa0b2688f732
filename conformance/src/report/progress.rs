//! How far a run has come, while it runs.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard};

use crate::runner::{Report, Verdict};

/// Says on standard error how far a run has come: one line that changes on a terminal, otherwise a line for each
/// script.
#[derive(Debug)]
pub struct Progress {
    all: usize,
    terminal: bool,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    not_supported: usize,
}

impl Progress {
    /// Of so many scripts.
    pub fn new(all: usize) -> Self {
        Self { all, terminal: std::io::stderr().is_terminal(), counts: Mutex::default() }
    }

    /// One more has ended.
    pub fn report(&self, report: &Report) {
        let mut counts = self.counts();
        match report.verdict {
            Verdict::Passed => counts.passed += 1,
            Verdict::Failed(_) => counts.failed += 1,
            Verdict::NotSupported(_) => counts.not_supported += 1,
        }
        let line = line(&counts, self.all, report, self.terminal);
        // A report that nobody can read is none the worse for it.
        let _ = write!(std::io::stderr(), "{line}");
    }

    /// All have ended.
    pub fn end(&self) {
        if self.terminal {
            let _ = writeln!(std::io::stderr());
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn line(counts: &Counts, all: usize, report: &Report, terminal: bool) -> String {
    let Counts { passed, failed, not_supported } = counts;
    let done = passed + failed + not_supported;
    let (version, path) = (report.version.name(), report.script.path());
    if terminal {
        let counts = format!("{done}/{all}  {passed} passed, {failed} failed, {not_supported} not supported");
        // Back to the start of the line, and erase what was there.
        return format!("\r\x1b[2K{counts}  {version} {path:.40}");
    }
    let verdict = match report.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed(_) => "FAILED",
        Verdict::NotSupported(_) => "not supported",
    };
    format!("{done:>4}/{all}  {verdict:<13}  {version:<5}  {path}\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counts, line};
    use crate::Version;
    use crate::runner::{Report, Verdict};

    #[test]
    fn a_line_on_paper_and_one_that_changes() {
        let scripts = crate::all_scripts();
        let script = scripts.first().expect("a script");
        let (verdict, transcript) = (Verdict::Passed, String::new());
        let report =
            Report { script: *script, version: Version::V5_0, verdict, duration: Duration::ZERO, transcript };
        let counts = Counts { passed: 8, failed: 1, not_supported: 2 };
        let path = script.path();
        assert_eq!(line(&counts, 20, &report, false), format!("  11/20  passed         5.0    {path}\n"));
        let changing = line(&counts, 20, &report, true);
        assert!(changing.starts_with("\r\x1b[2K11/20  8 passed, 1 failed, 2 not supported  5.0 "));
        assert!(!changing.contains('\n'));
    }
}
