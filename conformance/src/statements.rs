//! The statements of the standard, as data: number, section, what it requires, whether a server shows it. The
//! numbers are OASIS's, the wording is ours; keys that begin with `X` are our own, for rules without a number.

use std::collections::{BTreeMap, BTreeSet};

use crate::exceptions::Exceptions;
use crate::script::Script;
use crate::version::Version;

/// One row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `MQTT-3.1.0-1`, `X50-001`.
    pub id: String,
    /// The section that it stands in.
    pub section: String,
    /// What it requires.
    pub requirement: String,
    /// `yes`, `indirect` or `no`: whether it shows on a server.
    pub testable: String,
}

/// The numbered statements of a version and the rules without a number, by id.
pub fn of(version: Version) -> BTreeMap<String, Statement> {
    let unnumbered = parse(include_str!("../statements/unnumbered.csv"));
    let (numbered, prefix) = match version {
        Version::V3_1 => ("", "X31-"),
        Version::V3_1_1 => (include_str!("../statements/v3_1_1.csv"), "X311-"),
        Version::V5_0 => (include_str!("../statements/v5_0.csv"), "X50-"),
    };
    let own = unnumbered.into_iter().filter(|row| row.id.starts_with(prefix));
    parse(numbered).into_iter().chain(own).map(|row| (row.id.clone(), row)).collect()
}

/// Every id that scripts name in this version.
pub fn covered(scripts: &[Script], version: Version) -> BTreeSet<&'static str> {
    scripts.iter().filter_map(|script| script.statements(version)).flatten().copied().collect()
}

/// How many statements there are, how many have a script and how many a reason for having none: a line for each
/// version.
pub fn counts(scripts: &[Script], exceptions: &Exceptions) -> String {
    let line = |version: Version| {
        let (rows, covered) = (of(version), covered(scripts, version));
        let numbered = rows.keys().filter(|id| id.starts_with("MQTT-")).count();
        let excused = exceptions.keys().filter(|(of, _)| *of == version).count();
        let scripts = scripts.iter().filter(|script| script.statements(version).is_some()).count();
        format!(
            "MQTT {:5}  {scripts} scripts; {} statements ({numbered} numbered, {} without a number): {} tested, \
             {excused} exceptions\n",
            version.name(),
            rows.len(),
            rows.len() - numbered,
            covered.len(),
        )
    };
    Version::ALL.into_iter().map(line).collect()
}

/// Rows of a list with columns id, section, requirement, testable; fields may be quoted.
fn parse(text: &str) -> Vec<Statement> {
    let row = |line: &str| {
        let mut fields = fields(line).into_iter();
        let mut field = || fields.next().unwrap_or_default();
        Statement { id: field(), section: field(), requirement: field(), testable: field() }
    };
    text.lines().skip(1).filter(|line| !line.is_empty()).map(row).collect()
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                fields.last_mut().into_iter().for_each(|field| field.push('"'));
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().into_iter().for_each(|field| field.push(other)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::{Version, fields, of};

    #[test]
    fn quoted_fields_may_hold_commas_and_quotes() {
        assert_eq!(fields(r#"a,"b, ""c""",d"#), ["a", r#"b, "c""#, "d"]);
    }

    #[test]
    fn the_lists_are_whole() {
        let numbered = |version| of(version).keys().filter(|id| id.starts_with("MQTT-")).count();
        assert_eq!((numbered(Version::V3_1_1), numbered(Version::V5_0)), (141, 251));
        let own = |version| of(version).keys().filter(|id| id.starts_with('X')).count();
        assert_eq!((own(Version::V3_1_1), own(Version::V5_0)), (11, 79));
    }
}
