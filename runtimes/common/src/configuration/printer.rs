//! Prints settings with their meaning, as TOML.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::keys::{Keys, Whole};

/// Collects lines; see [`Keys`].
#[derive(Default)]
pub(super) struct Printer {
    pub(super) text: String,
}

impl Printer {
    /// Starts a table.
    pub(super) fn heading(&mut self, heading: &str, about: &str) {
        self.text.push_str(&format!("\n# {about}\n{heading}\n"));
    }

    /// One setting.
    pub(super) fn line(&mut self, key: &str, value: impl Display, about: &str) {
        self.text.push_str(&format!("# {about}\n{key} = {value}\n"));
    }
}

impl Keys for Printer {
    fn whole<N: Whole>(&mut self, key: &'static str, value: &mut N, range: RangeInclusive<N>, about: &str) {
        let (least, most): (i128, i128) = ((*range.start()).into(), (*range.end()).into());
        let value: i128 = (*value).into();
        self.line(key, value, &format!("{about} From {least} to {most}."));
    }

    fn boolean(&mut self, key: &'static str, value: &mut bool, about: &str) {
        self.line(key, *value, about);
    }

    fn text(&mut self, key: &'static str, value: &mut Option<String>, about: &str) {
        let text = value.as_deref().unwrap_or_default();
        self.line(key, format!("{text:?}"), about);
    }

    fn choice<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        value: &mut T,
        words: &[(&'static str, T)],
        about: &str,
    ) {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let chosen = words.iter().find(|(_, word)| word == value).map_or("", |(word, _)| word);
        self.line(key, format!("\"{chosen}\""), &format!("{about} One of {}.", all.join(", ")));
    }
}
