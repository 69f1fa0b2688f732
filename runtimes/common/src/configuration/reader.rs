//! Reads the settings of one table and remembers which keys there are, so that unknown ones are found.

use std::ops::RangeInclusive;

use super::keys::{Keys, Whole};
use super::problem::{Place, Problems};
use super::value::{Node, Table, Value, join};

/// Takes known keys out of a table; [`Reader::finish`] reports what is left.
pub(super) struct Reader<'a> {
    path: String,
    table: Table,
    known: Vec<&'static str>,
    pub(super) problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    /// Reads `table`, which stands at the key `path`.
    pub(super) fn new(path: String, table: Table, problems: &'a mut Problems) -> Self {
        Self { path, table, known: Vec::new(), problems }
    }

    /// The value of `key`, if there is one.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        self.table.remove(key).map(|(_, node)| node)
    }

    /// The text at `key`.
    pub(super) fn text(&mut self, key: &'static str, wanted: &str) -> Option<(Place, String)> {
        let Node { place, value } = self.take(key)?;
        match value {
            Value::Text(text) => Some((place, text)),
            other => {
                self.wrong(key, &place, &other, wanted);
                None
            }
        }
    }

    /// Walks over the table at `key` with `read`.
    pub(super) fn section(&mut self, key: &'static str, read: impl FnOnce(&mut Reader<'_>)) {
        let Some(Node { place, value }) = self.take(key) else { return };
        let path = join(&self.path, key);
        match value {
            Value::Table(table) => {
                let mut reader = Reader::new(path, table, self.problems);
                read(&mut reader);
                reader.finish();
            }
            other => self.wrong(key, &place, &other, &format!("a table, under the line [{path}]")),
        }
    }

    /// Says that the value of `key` is not what is wanted.
    pub(super) fn wrong(&mut self, key: &str, place: &Place, value: &Value, wanted: &str) {
        let path = join(&self.path, key);
        self.problems.push(place, format!("`{path}` is {}; write {wanted}", value.describe()));
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        for (key, (place, _)) in &self.table {
            let nearest = self
                .known
                .iter()
                .map(|known| (strsim::jaro_winkler(known, key), known))
                .filter(|(likeness, _)| *likeness > 0.8)
                .max_by(|(one, _), (other, _)| one.total_cmp(other));
            let advice = match nearest {
                Some((_, known)) => format!("did you mean `{}`?", join(&self.path, known)),
                None if self.known.len() > 8 => {
                    "leave it out; `hushwing config print-default` prints every key".into()
                }
                None => format!("leave it out, or write one of {}", list(self.known.iter().copied())),
            };
            self.problems.push(place, format!("there is no setting `{}`; {advice}", join(&self.path, key)));
        }
    }
}

impl Keys for Reader<'_> {
    fn whole<N: Whole>(&mut self, key: &'static str, value: &mut N, range: RangeInclusive<N>, _: &str) {
        let Some(Node { place, value: written }) = self.take(key) else { return };
        let (least, most): (i128, i128) = ((*range.start()).into(), (*range.end()).into());
        if let Value::Integer(number) = written
            && (least..=most).contains(&number)
            && let Ok(number) = N::try_from(number)
        {
            *value = number;
        } else {
            self.wrong(key, &place, &written, &format!("a whole number from {least} to {most}"));
        }
    }

    fn boolean(&mut self, key: &'static str, value: &mut bool, _: &str) {
        match self.take(key) {
            None => {}
            Some(Node { value: Value::Boolean(written), .. }) => *value = written,
            Some(Node { place, value: written }) => self.wrong(key, &place, &written, "true or false"),
        }
    }

    fn text(&mut self, key: &'static str, value: &mut Option<String>, _: &str) {
        if let Some((_, text)) = Reader::text(self, key, "a text, such as \"answers/\"") {
            *value = (!text.is_empty()).then_some(text);
        }
    }

    fn choice<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        value: &mut T,
        words: &[(&'static str, T)],
        _: &str,
    ) {
        let wanted = list(words.iter().map(|(word, _)| *word));
        let Some((place, text)) = self.text(key, &wanted) else { return };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, chosen)) => *value = *chosen,
            None => self.wrong(key, &place, &Value::Text(text), &wanted),
        }
    }
}

/// `"a", "b" or "c"`, each in the quotes that TOML wants.
fn list(words: impl ExactSizeIterator<Item = &'static str>) -> String {
    let last = words.len().saturating_sub(1);
    let mut text = String::new();
    for (index, word) in words.enumerate() {
        let between = match index {
            0 => "",
            index if index == last => " or ",
            _ => ", ",
        };
        text.push_str(&format!("{between}\"{word}\""));
    }
    text
}
