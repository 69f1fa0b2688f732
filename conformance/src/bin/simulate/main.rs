//! Simulates worlds: `simulate --seeds 1000 --hours 1`. The exit code is 0 only when nothing failed.

mod arguments;
mod failures;
#[cfg(feature = "planted-faults")]
mod faults;
mod progress;

use std::io::{IsTerminal, Write};
use std::process::{Command, ExitCode};
use std::time::Instant;

use arguments::{Arguments, HELP, Task, arguments};
use conformance::report::today;
use conformance::simulation::replay::{Replay, Verdict};
use conformance::simulation::search::Search;
use conformance::simulation::{Outcome, report, simulate};
use progress::Progress;

/// Nothing could be run.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    match arguments(std::env::args().skip(1)) {
        Ok(Some(arguments)) => run(&arguments).unwrap_or_else(|message| complain(&[message], "")),
        Ok(None) => {
            say(HELP);
            ExitCode::SUCCESS
        }
        Err(messages) => complain(&messages, HELP),
    }
}

fn complain(messages: &[String], help: &str) -> ExitCode {
    let lines: String = messages.iter().map(|message| format!("simulate: {message}\n")).collect();
    let _ = write!(std::io::stderr(), "{lines}{help}");
    ExitCode::from(UNUSABLE)
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    match &arguments.task {
        Task::Search => search(arguments),
        Task::Seed(seed) => {
            let outcome = simulate(*seed, &arguments.settings, arguments.trace);
            tell(&outcome, arguments.trace);
            Ok(code(outcome.failure.is_none()))
        }
        Task::File(path) => {
            let replay = Replay::read(path)?;
            let (verdict, outcome) = replay.run(arguments.trace)?;
            tell(&outcome, arguments.trace);
            say(&format!("it was: {}\n{}\n", replay.sentence, verdict.words()));
            Ok(code(verdict == Verdict::Gone))
        }
        Task::Faults => faults(arguments),
    }
}

fn search(arguments: &Arguments) -> Result<ExitCode, String> {
    let Arguments { seeds, first_seed, threads, .. } = *arguments;
    let search = Search { settings: arguments.settings.clone(), first_seed, seeds, threads };
    let progress = Progress::new(seeds);
    let started = Instant::now();
    let found = search.run(&|found, outcome| progress.report(found, outcome));
    progress.end(&found);
    let elapsed = started.elapsed();
    failures::explain(&found, &arguments.settings, threads, &commit())?;
    say(&report::table(&found.reach, is_coloured()));
    say(&format!("{}\n", report::ledger(&today(), &command(), &commit(), &found, elapsed)));
    Ok(code(found.failures.is_empty()))
}

/// One world.
fn tell(outcome: &Outcome, trace: bool) {
    match &outcome.failure {
        Some(failure) => {
            if trace {
                say(&failure.trace);
            }
            let seconds = failure.at_micros / 1_000_000;
            let (seed, event, message) = (failure.seed, failure.event, &failure.message);
            say(&format!("seed {seed}, event {event}, {seconds} s: {message}\n"));
        }
        None => say("nothing was wrong\n"),
    }
    say(&format!("{} packets, digest {:016x}\n", outcome.reach.packets, outcome.digest));
}

#[cfg(not(feature = "planted-faults"))]
fn faults(_: &Arguments) -> Result<ExitCode, String> {
    Err("--faults: none can be planted in this build: build it with --features planted-faults".to_owned())
}

#[cfg(feature = "planted-faults")]
fn faults(arguments: &Arguments) -> Result<ExitCode, String> {
    Ok(faults::faults(arguments))
}

/// What was asked for.
fn command() -> String {
    let words: Vec<String> = std::env::args().skip(1).collect();
    format!("`simulate {}`", words.join(" ")).replace(" `", "`")
}

/// What was built, if a repository can say.
fn commit() -> String {
    let said = Command::new("git")
        .args([
            "-C",
            env!("CARGO_MANIFEST_DIR"),
            "describe",
            "--always",
            "--dirty",
            "--abbrev=12",
            "--exclude=*",
        ])
        .output();
    let said = said.ok().filter(|said| said.status.success());
    said.map_or_else(|| "unknown".to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

fn is_coloured() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Nobody is the worse for a report that nobody can read.
fn say(text: &str) {
    let _ = write!(std::io::stdout(), "{text}");
}

fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
