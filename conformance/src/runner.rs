//! Runs scripts against a target, several at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{Broker, Failure};
use crate::script::Script;
use crate::targets::Target;
use crate::version::Version;

/// A script in a version, and how it went.
#[derive(Debug)]
pub struct Report {
    /// The script.
    pub script: Script,
    /// The version it ran in.
    pub version: Version,
    /// How it went.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
}

/// How a script went.
#[derive(Debug)]
pub enum Verdict {
    /// Every expectation was met.
    Passed,
    /// One was not.
    Failed {
        /// What was expected and what came.
        failure: Failure,
        /// All that was said.
        transcript: String,
    },
    /// The target cannot be asked this.
    NotSupported(String),
}

impl Report {
    /// Whether an expectation was not met.
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed { .. })
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, version) = (self.script.path(), self.version.name());
        match &self.verdict {
            Verdict::Passed => write!(f, "passed         {version:5} {path}"),
            Verdict::NotSupported(reason) => write!(f, "not supported  {version:5} {path}: {reason}"),
            Verdict::Failed { failure, transcript } => {
                let statements = self.script.statements(self.version).unwrap_or_default().join(" ");
                writeln!(f, "FAILED         {version:5} {path}")?;
                writeln!(f, "  statements   {statements}")?;
                writeln!(f, "  expectation  {}", failure.place)?;
                writeln!(f, "  {}", failure.message)?;
                write!(f, "{transcript}")
            }
        }
    }
}

/// Every script in every version that it names, chosen by `choose`.
pub fn choose(scripts: &[Script], choose: impl Fn(&Script, Version) -> bool) -> Vec<(Script, Version)> {
    let in_version = |version: Version| {
        scripts
            .iter()
            .filter(move |script| script.statements(version).is_some())
            .map(move |it| (*it, version))
    };
    Version::ALL
        .into_iter()
        .flat_map(in_version)
        .filter(|(script, version)| choose(script, *version))
        .collect()
}

/// Runs the chosen scripts, `at_a_time` of them at once, and reports in their order.
pub fn run(target: &dyn Target, chosen: &[(Script, Version)], at_a_time: usize) -> Vec<Report> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((script, version)) = chosen.get(index) else { break };
                    let report = run_one(target, script, *version, index);
                    reports.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((index, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    reports.sort_by_key(|(index, _)| *index);
    reports.into_iter().map(|(_, report)| report).collect()
}

/// Runs one script in one version; `index` keeps it apart from others that run at the same time.
pub fn run_one(target: &dyn Target, script: &Script, version: Version, index: usize) -> Report {
    let started = Instant::now();
    let report = |verdict| Report { script: *script, version, verdict, duration: started.elapsed() };
    let instance = match target.start(script.setup) {
        Ok(instance) => instance,
        Err(reason) => return report(Verdict::NotSupported(reason)),
    };
    if script.virtual_time_only && !instance.is_virtual() {
        return report(Verdict::NotSupported("needs virtual time".into()));
    }
    let broker = Broker::new(instance, version, prefix(index), target.is_ours());
    let played = catch_unwind(AssertUnwindSafe(|| {
        script.play(&broker);
        broker.nothing_left();
    }));
    let failure = match played {
        Ok(()) => match broker.finish() {
            Ok(()) => return report(Verdict::Passed),
            Err(message) => Failure { message, place: "after the script".into() },
        },
        Err(cause) => match cause.downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(cause) => Failure { message: words(cause.as_ref()), place: "a panic".into() },
        },
    };
    report(Verdict::Failed { failure, transcript: broker.transcript().text().to_owned() })
}

fn words(cause: &(dyn std::any::Any + Send)) -> String {
    cause
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without words".into())
}

/// A name that no other script of this run, nor of another run against the same broker, has: up to 10
/// alphanumeric characters.
fn prefix(index: usize) -> String {
    use std::time::{SystemTime, UNIX_EPOCH};
    static RUN: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let run = RUN.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (now.as_micros() as u64) ^ u64::from(std::process::id())
    });
    let mut rest = run % 36_u64.pow(6);
    let mut text = String::new();
    for _ in 0..6 {
        text.push(char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize]));
        rest /= 36;
    }
    format!("{text}{index}")
}
