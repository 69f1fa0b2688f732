//! What a search says of itself: while it runs, at its end, and of what it found.

use std::fmt::Write;
use std::time::Duration;

use super::Reach;
use super::search::Found;
use super::shrink::Shrunk;

/// Lines of a trace that are shown; the file has them all.
const SHOWN: usize = 60;

/// How far a search of so many seeds has come.
pub fn progress(found: &Found, seeds: u64, elapsed: Duration) -> String {
    let (hours, minutes) = (found.hours(), elapsed.as_secs_f64() / 60.0);
    format!(
        "{}/{seeds} seeds  {hours:.0} h, {:.0} h a minute  {} packets, {:.0} an hour  {} failed",
        found.seeds,
        ratio(hours, minutes),
        found.reach.packets,
        ratio(found.reach.packets as f64, hours),
        found.failures.len(),
    )
}

/// What was reached, how often. What was not is red, or marked.
pub fn table(reach: &Reach, coloured: bool) -> String {
    let mut out = String::new();
    let lines = reach.lines();
    for (name, count) in &lines {
        let _ = match (count, coloured) {
            (0, true) => writeln!(out, "\x1b[1;31m{count:>12}  {name}\x1b[0m"),
            (0, false) => writeln!(out, "{:>12}  {name}", "ZERO"),
            _ => writeln!(out, "{count:>12}  {name}"),
        };
    }
    let zeros = lines.iter().filter(|(_, count)| *count == 0).count();
    let _ = writeln!(out, "{} counters, {zeros} of them at zero", lines.len());
    out
}

/// A line for the ledger of runs: date, command, commit, seeds, hours, packets, failures, seconds.
pub fn ledger(date: &str, command: &str, commit: &str, found: &Found, elapsed: Duration) -> String {
    format!(
        "| {date} | {command} | {commit} | {} | {:.1} | {} | {} | {:.0} |",
        found.seeds,
        found.hours(),
        found.reach.packets,
        found.failures.len(),
        elapsed.as_secs_f64(),
    )
}

/// A failure and its shrunk trace.
pub fn story(shrunk: &Shrunk) -> String {
    let (failure, settings) = (&shrunk.failure, &shrunk.settings);
    let left: Vec<String> = (0..settings.clients)
        .filter(|client| !settings.muted.contains(client))
        .map(|client| format!("c{client}"))
        .collect();
    let lines: Vec<&str> = failure.trace.lines().collect();
    let shown = lines.len().saturating_sub(SHOWN);
    let mut out = format!("seed {}, event {}: {}\n", failure.seed, failure.event, failure.message);
    let _ = writeln!(
        out,
        "shrunk in {} tries to {} of {} clients: {}",
        shrunk.tries,
        left.len(),
        settings.clients,
        left.join(" ")
    );
    if shown > 0 {
        let _ = writeln!(out, "  … {shown} lines before");
    }
    lines.iter().skip(shown).for_each(|line| {
        let _ = writeln!(out, "  {line}");
    });
    out
}

fn ratio(part: f64, of: f64) -> f64 {
    if of > 0.0 { part / of } else { 0.0 }
}
