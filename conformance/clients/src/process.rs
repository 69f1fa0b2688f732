//! Programs that are run: what they print, and where things for them are made.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};

/// The lines that `child` prints, as they come. Its standard output must be piped.
pub(crate) fn lines_of(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    let pipe = BufReader::new(child.stdout.take().expect("piped"));
    std::thread::spawn(move || {
        for line in pipe.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Runs `command` to its end; if it fails, the last line of what it said.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let last = |text: &[u8]| String::from_utf8_lossy(text).lines().last().unwrap_or_default().to_owned();
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {} {}", last(&output.stdout), last(&output.stderr)))
}

/// `target/<profile>`, from the test's own executable: `target/<profile>/deps/<test>`.
pub(crate) fn profile() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test's executable");
    test.ancestors().nth(2).expect("target/<profile>/deps/<test>").to_owned()
}

/// A committed file of this package's `agents/`.
pub(crate) fn agent(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("agents").join(name)
}
