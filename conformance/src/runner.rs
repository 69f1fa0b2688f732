//! Runs scripts against a target, several at a time.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{Broker, Failure, Steps, Unsupported};
use crate::script::Script;
use crate::targets::{Arrival, Setup, Target};
use crate::version::Version;
use crate::wire::{Connect, Decoded, Outgoing, Packet, decode};

/// How long a target may take to answer the first CONNECT.
const PROBE: Duration = Duration::from_secs(10);

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
    /// All that was said, byte by byte and in words; empty if the script did not run.
    pub transcript: String,
}

/// How a script went.
#[derive(Debug)]
pub enum Verdict {
    /// Every expectation was met.
    Passed,
    /// One was not: what was expected and what came instead.
    Failed(Failure),
    /// The target cannot be asked this.
    NotSupported(String),
}

impl Report {
    /// Whether an expectation was not met.
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_))
    }

    /// Of a script that was not run, and why.
    pub fn not_supported(script: &Script, version: Version, reason: String) -> Self {
        let verdict = Verdict::NotSupported(reason);
        Self { script: *script, version, verdict, duration: Duration::ZERO, transcript: String::new() }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, version) = (self.script.path(), self.version.name());
        match &self.verdict {
            Verdict::Passed => write!(f, "passed         {version:5} {path}"),
            Verdict::NotSupported(reason) => write!(f, "not supported  {version:5} {path}: {reason}"),
            Verdict::Failed(failure) => {
                let statements = self.script.statements(self.version).unwrap_or_default().join(" ");
                writeln!(f, "FAILED         {version:5} {path}")?;
                writeln!(f, "  statements   {statements}")?;
                writeln!(f, "  expectation  {}", failure.place)?;
                writeln!(f, "  {}", failure.message)?;
                write!(f, "{}", self.transcript)
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
    run_watched(target, chosen, at_a_time, &|_| ())
}

/// The same; `watch` sees each report as soon as it is there.
pub fn run_watched(
    target: &dyn Target,
    chosen: &[(Script, Version)],
    at_a_time: usize,
    watch: &(dyn Fn(&Report) + Sync),
) -> Vec<Report> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((script, version)) = chosen.get(index) else { break };
                    let report = run_one(target, script, *version, index);
                    watch(&report);
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
    run_as(target, script, version, prefix(version, index))
}

/// The same for a script that runs alone; and which step of it took what.
pub(crate) fn run_alone(target: &dyn Target, script: &Script, version: Version) -> (Report, Steps) {
    run_stepwise(target, script, version, prefix(version, 0))
}

/// Runs one script in one version; the names of its clients and topics begin with `prefix`, alphanumeric and short.
pub fn run_as(target: &dyn Target, script: &Script, version: Version, prefix: String) -> Report {
    run_stepwise(target, script, version, prefix).0
}

/// The same; and which step of the script took what.
fn run_stepwise(target: &dyn Target, script: &Script, version: Version, prefix: String) -> (Report, Steps) {
    let not_run = |reason| (Report::not_supported(script, version, reason), Steps::default());
    let instance = match target.start(script.setup) {
        Ok(instance) => instance,
        Err(reason) => return not_run(reason),
    };
    if script.virtual_time_only && !instance.is_virtual() {
        return not_run("it needs virtual time".into());
    }
    let started = Instant::now();
    let broker = Broker::new(instance, version, script.setup, prefix, target.is_ours());
    let verdict = verdict(script, &broker);
    let transcript = broker.transcript().into_text();
    let report = Report { script: *script, version, verdict, duration: started.elapsed(), transcript };
    (report, broker.steps())
}

fn verdict(script: &Script, broker: &Broker) -> Verdict {
    let played = catch_unwind(AssertUnwindSafe(|| {
        script.play(broker);
        broker.nothing_left();
    }));
    match played {
        Ok(()) => match broker.finish() {
            Ok(()) => Verdict::Passed,
            Err(message) => Verdict::Failed(Failure { message, place: "after the script".into() }),
        },
        Err(cause) => stopped(cause),
    }
}

/// What a script means that did not come to its end.
fn stopped(cause: Box<dyn Any + Send>) -> Verdict {
    let cause = match cause.downcast::<Failure>() {
        Ok(failure) => return Verdict::Failed(*failure),
        Err(cause) => cause,
    };
    match cause.downcast::<Unsupported>() {
        Ok(unsupported) => Verdict::NotSupported(unsupported.0),
        Err(cause) => Verdict::Failed(Failure { message: words(cause.as_ref()), place: "a panic".into() }),
    }
}

/// Whether a target answers, and in this version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It accepts a connection of this version.
    Speaks,
    /// It does not; what it did instead.
    Refuses(String),
    /// There is no connection, and why.
    Unreachable(String),
}

/// Connects once in this version and ends the connection.
pub fn probe(target: &dyn Target, version: Version) -> Probe {
    let mut instance = match target.start(Setup::Open) {
        Ok(instance) => instance,
        Err(reason) => return Probe::Unreachable(reason),
    };
    let link = match instance.open() {
        Ok(link) => link,
        Err(reason) => return Probe::Unreachable(reason),
    };
    instance.write(link, &Connect::new(prefix(version, 0) + "probe").encode(version));
    let mut bytes = Vec::new();
    let answer = loop {
        match decode(&bytes, version) {
            Ok(Decoded::Whole(Packet::Connack(connack), _)) if connack.code == 0 => break None,
            Ok(Decoded::Whole(packet, _)) => break Some(packet.to_string()),
            Ok(Decoded::Partial) => {}
            Err(_) => break Some(format!("{bytes:02x?}")),
        }
        match instance.read(link, PROBE) {
            Arrival::Bytes(more) => bytes.extend(more),
            Arrival::Closed => break Some("the end of the connection".to_owned()),
            Arrival::Nothing => break Some("no answer".to_owned()),
        }
    };
    instance.cut(link);
    answer.map_or(Probe::Speaks, |answer| {
        Probe::Refuses(format!("CONNECT of MQTT {} got {answer}", version.name()))
    })
}

fn words(cause: &(dyn Any + Send)) -> String {
    cause
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without words".into())
}

/// A name that no other script of this run, nor of another run against the same broker, has: up to 10
/// alphanumeric characters.
fn prefix(version: Version, index: usize) -> String {
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
    format!("{text}{}{index}", version.level())
}
