//! The tools as processes. Every wait has an end.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use crate::running::{PATIENCE, Running, hushwing};

/// A broker, and the tools that talk to it.
pub(crate) struct World {
    pub(crate) broker: Running,
    port: String,
}

impl World {
    pub(crate) fn start() -> Self {
        let broker = Running::start(&["-p", "0", "--ephemeral"]);
        let port = broker.addresses()[0].port().to_string();
        Self { broker, port }
    }

    pub(crate) fn port(&self) -> &str {
        &self.port
    }

    /// A tool that is not waited for in any other way.
    fn command(&self, tool: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.env_remove("RUST_LOG").stdin(Stdio::null());
        let seconds = PATIENCE.as_secs().to_string();
        command.args([&seconds, env!("CARGO_BIN_EXE_hushwing"), tool, "-h", "127.0.0.1", "-p", &self.port]);
        command.args(arguments);
        command
    }

    /// `hushwing pub` to its end, which has to be a success.
    pub(crate) fn publish(&self, arguments: &[&str]) {
        let output = self.command("pub", arguments).output().unwrap();
        assert_eq!(told(&output), (Some(0), String::new(), String::new()), "pub {arguments:?}");
    }

    /// `hushwing pub` with this standard input.
    pub(crate) fn publish_input(&self, arguments: &[&str], input: &[u8]) {
        let mut command = self.command("pub", arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "pub {arguments:?}");
    }

    /// A tool to its end: exit code, standard output, standard error.
    pub(crate) fn run(&self, tool: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
        told(&self.command(tool, arguments).output().unwrap())
    }

    /// `hushwing sub`, as soon as its subscriptions are in force.
    pub(crate) fn subscribe(&self, arguments: &[&str]) -> Subscriber {
        let subscriber = self.subscribe_later(arguments);
        subscriber.debug_line("received SUBACK");
        subscriber
    }

    /// `hushwing sub`, wherever it is.
    pub(crate) fn subscribe_later(&self, arguments: &[&str]) -> Subscriber {
        let mut command = hushwing(&["sub", "-h", "127.0.0.1", "-p", &self.port]);
        command.args(arguments);
        Subscriber::spawn(command)
    }
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A `hushwing sub` that runs; killed if a test forgets it.
pub(crate) struct Subscriber {
    pub(crate) child: Child,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
}

impl Subscriber {
    /// With -d: its standard error says how far it is.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.arg("-d").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = pieces(child.stdout.take().unwrap());
        let stderr = pieces(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    /// Waits for a line of standard error.
    pub(crate) fn debug_line(&self, text: &str) -> String {
        loop {
            let line = self.stderr.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with {text:?}"));
            let line = String::from_utf8(line).unwrap();
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The next line that it prints.
    pub(crate) fn line(&self) -> String {
        let line = self.stdout.recv_timeout(PATIENCE).expect("a line in time");
        String::from_utf8(line).unwrap().trim_end_matches('\n').into()
    }

    /// Waits for its end: exit code, and what it printed since the last line taken.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<u8>) {
        let mut printed = Vec::new();
        loop {
            match self.stdout.recv_timeout(PATIENCE) {
                Ok(piece) => printed.extend(piece),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it printed {printed:?}"),
            }
        }
        (self.child.wait().unwrap().code(), printed)
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        // Already gone in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines with their ends, as they come.
fn pieces(stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = Vec::new();
            match stream.read_until(b'\n', &mut line) {
                Ok(length) if length > 0 && sender.send(line).is_ok() => {}
                _ => break,
            }
        }
    });
    receiver
}
