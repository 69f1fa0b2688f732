//! `hushwing pub` and `hushwing sub`: the core's client over a TCP connection.

mod driver;
mod feed;
mod publish;
mod subscribe;

use std::process::ExitCode;

use hushwing_common::tools::UsageError;
use tokio::runtime::Builder;

pub(crate) use publish::publish;
pub(crate) use subscribe::subscribe;

/// The exit code when the options do not go together.
const USAGE: u8 = 2;

/// The exit code when there is nothing more to say, as in Mosquitto's tools (MOSQ_ERR_NOMEM, and most
/// errors).
const FAILED: u8 = 1;

/// Why a tool ends without success.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure {
    code: u8,
    /// Without a full stop, so that more can follow.
    sentence: String,
}

impl Failure {
    fn new(code: u8, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        Self::new(USAGE, error.0)
    }
}

/// Runs a tool to its end and says why it failed, if it did.
fn run(quiet: bool, tool: impl Future<Output = Result<(), Failure>>) -> ExitCode {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(quiet, &Failure::new(FAILED, format!("the program cannot start: {error}"))),
    };
    let ended = runtime.block_on(tool);
    // A look-up of a host name may still go on.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(quiet, &failure),
    }
}

/// Wrong options are always told, other failures unless --quiet.
fn end(quiet: bool, failure: &Failure) -> ExitCode {
    if !quiet || failure.code == USAGE {
        // The words of mosquitto_sub, which scripts know.
        let before = if failure.code == subscribe::TIMED_OUT { "" } else { "Error: " };
        eprintln!("{before}{}", failure.sentence);
    }
    ExitCode::from(failure.code)
}

/// A random number for a client identifier.
fn random() -> Result<u64, Failure> {
    hushwing_common::seed::seed().map_err(|sentence| Failure::new(FAILED, sentence))
}
