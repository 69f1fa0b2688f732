//! From what the scripts did to what is known about each statement.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::chapters::{chapter, numbers};
use super::{Chapter, Choice, Verdict};
use crate::exceptions::Exceptions;
use crate::runner::{self, Report};
use crate::statements::{self, Statement};
use crate::version::Version;

/// A statement and what is known about it.
#[derive(Clone, Debug)]
pub struct Row {
    /// `MQTT-3.1.0-1`, or the name of a script that covers no statement.
    pub id: String,
    /// The section that it stands in; empty for a script.
    pub section: String,
    /// What it requires, in our words.
    pub requirement: String,
    /// What is known.
    pub verdict: Verdict,
    /// Why it is not supported or not testable; empty otherwise.
    pub reason: String,
    /// How long its conversations took, added up.
    pub duration: Duration,
    /// Its conversations, as places in [`super::Results::conversations`].
    pub conversations: Vec<usize>,
}

/// The statements that were chosen, by chapter.
pub(super) fn chapters(
    version: Version,
    reports: &[Report],
    choice: &Choice,
    exceptions: &Exceptions,
) -> Vec<Chapter> {
    let mut chapters: BTreeMap<(Vec<u32>, String), Chapter> = BTreeMap::new();
    for row in rows(version, reports, choice, exceptions) {
        let (number, name) = chapter(version, &row.section);
        let new = || Chapter { name: name.clone(), rows: Vec::new() };
        let chapter = chapters.entry((number, name.clone())).or_insert_with(new);
        chapter.rows.push(row);
    }
    let mut chapters: Vec<Chapter> = chapters.into_values().collect();
    for chapter in &mut chapters {
        // Numbered statements first, then the rules that have no number of their own.
        chapter.rows.sort_by_key(|row| (!row.id.starts_with("MQTT-"), numbers(&row.id)));
    }
    chapters
}

fn rows(version: Version, reports: &[Report], choice: &Choice, exceptions: &Exceptions) -> Vec<Row> {
    let here = || reports.iter().enumerate().filter(|(_, report)| report.version == version);
    let ids = |report: &Report| report.script.statements(version).unwrap_or_default();
    let named: BTreeSet<&str> = here()
        .filter(|(_, report)| choice.names(&report.script))
        .flat_map(|(_, report)| ids(report))
        .copied()
        .collect();
    let mut found = Vec::new();
    for statement in statements::of(version).into_values() {
        if !choice.statement(&statement.id) && !named.contains(statement.id.as_str()) {
            continue;
        }
        let conversations: Vec<usize> = here()
            .filter(|(_, report)| ids(report).contains(&&*statement.id))
            .map(|(index, _)| index)
            .collect();
        let reason = || no_script(version, &statement, exceptions);
        found.push(row(statement.clone(), conversations, reports, reason));
    }
    let without = here().filter(|(_, report)| ids(report).is_empty());
    found.extend(without.map(|(index, report)| {
        let requirement = "Goes as in the later versions; no statement of this version has a number.".into();
        let (id, section, testable) = (report.script.path(), String::new(), String::new());
        row(Statement { id, section, requirement, testable }, vec![index], reports, String::new)
    }));
    found
}

fn row(
    statement: Statement,
    conversations: Vec<usize>,
    reports: &[Report],
    no_script: impl Fn() -> String,
) -> Row {
    let Statement { id, section, requirement, .. } = statement;
    let own = || conversations.iter().filter_map(|index| reports.get(*index));
    let passed = || own().any(|report| matches!(report.verdict, runner::Verdict::Passed));
    let (verdict, reason) = if own().any(Report::failed) {
        (Verdict::Failed, String::new())
    } else if passed() {
        (Verdict::Passed, String::new())
    } else if conversations.is_empty() {
        (Verdict::NotTestable, no_script())
    } else {
        let reasons: BTreeSet<&str> = own().filter_map(why_not).collect();
        (Verdict::NotSupported, reasons.into_iter().collect::<Vec<_>>().join("; "))
    };
    let duration = own().map(|report| report.duration).sum();
    Row { id, section, requirement, verdict, reason, duration, conversations }
}

fn why_not(report: &Report) -> Option<&str> {
    match &report.verdict {
        runner::Verdict::NotSupported(reason) => Some(reason),
        _ => None,
    }
}

fn no_script(version: Version, statement: &Statement, exceptions: &Exceptions) -> String {
    match exceptions.get(&(version, statement.id.clone())) {
        Some(reason) => reason.clone(),
        None if statement.testable == "no" => "A server does not show it.".to_owned(),
        None => "No conversation covers it.".to_owned(),
    }
}
