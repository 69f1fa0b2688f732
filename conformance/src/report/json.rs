//! For programs: an array with an object for each statement.

use serde::Serialize;

use super::{Results, Row, Verdict};
use crate::runner;

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    version: &'static str,
    verdict: &'static str,
    seconds: f64,
    transcript: String,
}

/// `[{"id", "version", "verdict", "seconds", "transcript"}]`. The transcript of a statement that was not tested says
/// why; that of one that failed has only the conversations that failed.
///
/// # Errors
/// None in practice; what the encoder says.
pub fn json(results: &Results<'_>) -> Result<String, String> {
    let entries: Vec<Entry<'_>> = results
        .versions
        .iter()
        .flat_map(|of| of.rows().map(|row| (of.version, row)))
        .map(|(version, row)| Entry {
            id: &row.id,
            version: version.name(),
            verdict: row.verdict.name(),
            seconds: (row.duration.as_secs_f64() * 1e3).round() / 1e3,
            transcript: transcript(results, row),
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&entries).map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text)
}

fn transcript(results: &Results<'_>, row: &Row) -> String {
    if !row.reason.is_empty() {
        return format!("{}: {}\n", row.verdict.words(), row.reason);
    }
    let own = row.conversations.iter().filter_map(|index| results.conversations.get(*index));
    own.filter(|report| match report.verdict {
        runner::Verdict::Failed(_) => true,
        runner::Verdict::Passed => row.verdict == Verdict::Passed,
        runner::Verdict::NotSupported(_) => false,
    })
    .map(|report| match &report.verdict {
        runner::Verdict::Failed(_) => format!("{report}\n"),
        _ => format!("{report}\n{}\n", report.transcript),
    })
    .collect()
}
