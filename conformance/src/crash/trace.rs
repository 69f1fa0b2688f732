//! What happened, in words, and as one number.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A readable log, kept only when someone will read it, and a hash of all output.
#[derive(Clone, Debug)]
pub struct Trace {
    lines: Option<String>,
    hash: DefaultHasher,
}

impl Trace {
    /// With or without words.
    pub fn new(readable: bool) -> Self {
        Self { lines: readable.then(String::new), hash: DefaultHasher::new() }
    }

    /// Adds a line.
    pub fn line(&mut self, text: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            let _infallible = writeln!(lines, "{}", text());
        }
    }

    /// Adds to the hash.
    pub fn hash(&mut self, output: impl Hash) {
        output.hash(&mut self.hash);
    }

    /// The hash of everything that came out so far.
    pub fn digest(&self) -> u64 {
        self.hash.finish()
    }

    /// The log.
    pub fn text(&self) -> &str {
        self.lines.as_deref().unwrap_or_default()
    }
}
