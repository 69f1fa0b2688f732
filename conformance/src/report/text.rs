//! For a terminal: each statement, what failed and how, the counts.

use std::fmt::Write;

use super::{Results, Row, Verdict};
use crate::runner::Report;

/// Everything; `coloured` for a terminal that understands it.
pub fn text(results: &Results<'_>, coloured: bool) -> String {
    let mut out = String::new();
    for of in &results.versions {
        for chapter in &of.chapters {
            let _ = writeln!(out, "MQTT {}, {}", of.version.name(), chapter.name);
            chapter.rows.iter().for_each(|row| statement(&mut out, row, coloured));
            out.push('\n');
        }
    }
    for report in results.conversations.iter().filter(|report| report.failed()) {
        let _ = writeln!(out, "{report}");
    }
    counts(&mut out, results);
    out
}

fn statement(out: &mut String, row: &Row, coloured: bool) {
    let words = format!("{:<14}", row.verdict.words());
    let words = match (coloured, row.verdict) {
        (false, _) => words,
        (true, Verdict::Passed) => format!("\x1b[32m{words}\x1b[0m"),
        (true, Verdict::Failed) => format!("\x1b[1;31m{words}\x1b[0m"),
        (true, _) => format!("\x1b[2m{words}\x1b[0m"),
    };
    let _ = writeln!(out, "  {words} {:<16} {}", row.id, row.requirement);
    if !row.reason.is_empty() {
        let _ = writeln!(out, "  {:14} {:<16} ({})", "", "", row.reason);
    }
}

fn counts(out: &mut String, results: &Results<'_>) {
    let _ = writeln!(
        out,
        "{:<38} {:>7} {:>7} {:>14} {:>13}",
        "", "passed", "failed", "not supported", "not testable"
    );
    let mut line = |name: &str, count: &dyn Fn(Verdict) -> usize| {
        let [passed, failed, not_supported, not_testable] = Verdict::ALL.map(count);
        let _ = writeln!(out, "{name:<38} {passed:>7} {failed:>7} {not_supported:>14} {not_testable:>13}");
    };
    for of in &results.versions {
        for chapter in &of.chapters {
            let name = format!("MQTT {:<5}  {}", of.version.name(), chapter.name);
            line(&name, &|verdict| chapter.count(verdict));
        }
        line(&format!("MQTT {}", of.version.name()), &|verdict| of.count(verdict));
    }
    let failed = results.conversations.iter().filter(|report| Report::failed(report)).count();
    let (target, seconds) = (&results.about.target, results.about.seconds);
    let all = results.conversations.len();
    let _ = writeln!(out, "{target}: {all} conversations in {seconds:.1} s, {failed} failed");
}
