//! What a run says about each statement of the standard, and the forms in which it can be read.

mod chapters;
mod choice;
mod date;
mod html;
mod json;
mod junit;
mod progress;
mod rows;
mod text;

pub use choice::Choice;
pub use date::today;
pub use html::html;
pub use json::json;
pub use junit::junit;
pub use progress::Progress;
pub use rows::Row;
pub use text::text;

use crate::exceptions::Exceptions;
use crate::runner::Report;
use crate::version::Version;

/// What is known about a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Some conversation that covers it failed.
    Failed,
    /// No conversation could be had with this target.
    NotSupported,
    /// There is no conversation that would show it.
    NotTestable,
    /// Every conversation that covers it and could be had went as the standard says.
    Passed,
}

impl Verdict {
    /// All of them, in the order in which reports count them.
    pub const ALL: [Self; 4] = [Self::Passed, Self::Failed, Self::NotSupported, Self::NotTestable];

    /// `passed`, `failed`, `not-supported` or `not-testable`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotSupported => "not-supported",
            Self::NotTestable => "not-testable",
        }
    }

    /// The same for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotSupported => "not supported",
            Self::NotTestable => "not testable",
        }
    }
}

/// What ran, where and when.
#[derive(Clone, Debug)]
pub struct About {
    /// The target, in words.
    pub target: String,
    /// The day, as `2026-11-20`.
    pub date: String,
    /// How long the whole run took.
    pub seconds: f64,
}

/// A run, by version, chapter and statement.
#[derive(Debug)]
pub struct Results<'a> {
    /// What ran, where and when.
    pub about: About,
    /// Every conversation, in the order in which they were begun.
    pub conversations: &'a [Report],
    /// The versions that were asked for.
    pub versions: Vec<OfVersion>,
}

/// What is known about a version.
#[derive(Debug)]
pub struct OfVersion {
    /// Which version.
    pub version: Version,
    /// Its chapters, in the order of the standard.
    pub chapters: Vec<Chapter>,
}

/// What is known about a chapter of the standard.
#[derive(Debug)]
pub struct Chapter {
    /// `3.1 CONNECT`.
    pub name: String,
    /// Its statements, in the order of the standard.
    pub rows: Vec<Row>,
}

impl Chapter {
    /// How many statements have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }
}

impl OfVersion {
    /// How many statements have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.chapters.iter().map(|chapter| chapter.count(verdict)).sum()
    }

    /// Its statements.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.chapters.iter().flat_map(|chapter| &chapter.rows)
    }
}

impl<'a> Results<'a> {
    /// Sorts what the scripts did by the statements that they cover.
    pub fn new(about: About, conversations: &'a [Report], choice: &Choice, exceptions: &Exceptions) -> Self {
        let of_version = |version| OfVersion {
            version,
            chapters: rows::chapters(version, conversations, choice, exceptions),
        };
        let versions = choice.versions().into_iter().map(of_version).collect();
        Self { about, conversations, versions }
    }

    /// How many statements of all versions have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.versions.iter().map(|version| version.count(verdict)).sum()
    }
}
