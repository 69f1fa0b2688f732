//! What is wrong with a configuration, said so that it can be put right.

use std::fmt;
use std::ops::Range;

/// Where text came from: a file, or an argument of the command line.
#[derive(Debug)]
pub(super) struct Source {
    /// The path of the file, or the argument as it was typed.
    pub(super) name: String,
    /// The text of a file. `None` for arguments: their name shows it all.
    pub(super) text: Option<String>,
}

/// A stretch of a [`Source`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Index into [`Problems::sources`].
    pub(super) source: usize,
    /// Bytes of its text.
    pub(super) span: Range<usize>,
}

/// Everything that is wrong, in the order of the sources.
#[derive(Debug, Default)]
pub struct Problems {
    pub(super) sources: Vec<Source>,
    list: Vec<Problem>,
}

#[derive(Debug, PartialEq, Eq)]
struct Problem {
    place: Place,
    sentence: String,
    /// The text could not even be read here: whatever else is wrong at this place comes from that.
    syntax: bool,
}

impl Problems {
    pub(super) fn add_source(&mut self, name: String, text: Option<String>) -> usize {
        self.sources.push(Source { name, text });
        self.sources.len() - 1
    }

    pub(super) fn push(&mut self, place: &Place, sentence: String) {
        self.list.push(Problem { place: place.clone(), sentence, syntax: false });
    }

    pub(super) fn push_syntax(&mut self, place: &Place, sentence: String) {
        self.list.push(Problem { place: place.clone(), sentence, syntax: true });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many things are wrong.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// By source and place; nothing twice.
    pub(super) fn sort(&mut self) {
        self.list.sort_by_key(|problem| (problem.place.source, problem.place.span.start, !problem.syntax));
        self.list.dedup_by(|later, earlier| {
            let same_start = later.place.source == earlier.place.source
                && later.place.span.start == earlier.place.span.start;
            later == earlier || (same_start && earlier.syntax)
        });
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { place, sentence, .. }) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let Some(source) = self.sources.get(place.source) else { continue };
            match &source.text {
                None => writeln!(f, "{}: {sentence}", source.name)?,
                Some(text) => {
                    write_with_snippet(f, &source.name, text, place.span.start, place.span.end, sentence)?
                }
            }
        }
        Ok(())
    }
}

/// `NAME, line N: SENTENCE`, then the line with carets under what is meant.
fn write_with_snippet(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    text: &str,
    start: usize,
    end: usize,
    sentence: &str,
) -> fmt::Result {
    let before = text.get(..start).unwrap_or(text);
    let number = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let meant = text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default();
    let indent: String = before
        .get(line_start..)
        .unwrap_or_default()
        .chars()
        .map(|character| if character == '\t' { '\t' } else { ' ' })
        .collect();
    let carets = "^".repeat(meant.chars().count().max(1));
    let margin = " ".repeat(number.to_string().len());
    writeln!(f, "{name}, line {number}: {sentence}")?;
    writeln!(f, "{margin} |")?;
    writeln!(f, "{number} | {line}")?;
    writeln!(f, "{margin} | {indent}{carets}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_the_place() {
        let mut problems = Problems::default();
        let text = "first = 1\n\tsecond = \"täglich\"\n".to_string();
        let start = text.find('"').unwrap();
        let source = problems.add_source("a.toml".into(), Some(text));
        problems.push(&Place { source, span: start..start + 10 }, "what is wrong".into());
        problems.push(&Place { source, span: 0..5 }, "also the first".into());
        problems.push(&Place { source, span: 0..5 }, "also the first".into());
        problems.sort();
        assert_eq!(problems.len(), 2);
        insta::assert_snapshot!(problems);
    }

    #[test]
    fn survives_places_outside_the_text() {
        let mut problems = Problems::default();
        let source = problems.add_source("a.toml".into(), Some("a".into()));
        problems.push(&Place { source, span: 9..12 }, "what is wrong".into());
        insta::assert_snapshot!(problems);
    }
}
