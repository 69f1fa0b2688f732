//! What was said in a script, byte by byte and in words.

use std::fmt::Write;
use std::time::Duration;

/// The longest packet that is shown whole.
const SHOWN_BYTES: usize = 256;

/// The conversation of one script.
#[derive(Clone, Debug, Default)]
pub struct Transcript(String);

impl Transcript {
    /// One packet: when, whose connection, in which direction, its bytes and what it is.
    pub(super) fn packet(&mut self, at: Duration, who: &str, sent: bool, bytes: &[u8], what: &str) {
        let direction = if sent { "->" } else { "<-" };
        self.note(at, who, &format!("{direction} {what}"));
        for line in bytes[..bytes.len().min(SHOWN_BYTES)].chunks(32) {
            let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(self.0, "                    {}", hex.join(" "));
        }
        if bytes.len() > SHOWN_BYTES {
            let _ = writeln!(self.0, "                    … ({} bytes in all)", bytes.len());
        }
    }

    /// Something that happened.
    pub(super) fn note(&mut self, at: Duration, who: &str, what: &str) {
        let _ = writeln!(self.0, "{:>10.3}s {who:>6} {what}", at.as_secs_f64());
    }

    /// The whole of it.
    pub fn into_text(self) -> String {
        self.0
    }
}
