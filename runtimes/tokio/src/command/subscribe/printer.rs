//! Standard output of `hushwing sub`.

use std::io::{self, Write};
use std::time::SystemTime;

use hushwing_common::tools::format::Format;
use hushwing_core::client::Message;

/// Written at the latest when it is so much.
const FULL_BYTES: usize = 64 * 1024;

pub(super) struct Printer<'a> {
    format: &'a Format,
    waiting: Vec<u8>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(format: &'a Format) -> Self {
        Self { format, waiting: Vec::new() }
    }

    /// Prints a message, soon.
    ///
    /// # Errors
    /// The format does not fit the message, with a sentence.
    pub(super) fn print(&mut self, message: &Message<'_>) -> Result<(), String> {
        self.format.print(message, SystemTime::now(), &mut self.waiting)
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= FULL_BYTES
    }

    /// Writes what waits. An error means that nobody reads any more.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut output = io::stdout().lock();
        output.write_all(&self.waiting)?;
        self.waiting.clear();
        output.flush()
    }
}
