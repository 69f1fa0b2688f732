//! What to do about a client that is not there.

use std::io::Write;

/// Whether `client` cannot be used. Then says so on standard error, past the test harness's capture; where
/// `CI=true` it fails the test instead, because there every client must be there.
pub fn unavailable(client: &str, reason: Option<String>) -> bool {
    let Some(reason) = reason else { return false };
    assert!(
        std::env::var_os("CI").is_none_or(|value| value != "true"),
        "{client} must be here in CI: {reason}"
    );
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // A line that cannot be written to standard error has no better place to go.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: no {client} here: {reason}");
    true
}
