//! A `hushwing` that runs. It always takes free ports, and every wait has an end.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Generous: machines that test are busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// `hushwing` with these arguments and no RUST_LOG.
pub(crate) fn hushwing(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hushwing"));
    command.args(arguments).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// Runs to its end: exit code, standard output, standard error.
pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = hushwing(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A program that serves; killed if a test forgets it.
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    /// What it said when it had started.
    pub(crate) start_lines: Vec<String>,
}

impl Running {
    /// Starts, and waits for the three lines.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(hushwing(arguments))
    }

    /// Starts with so many file descriptors and no more.
    pub(crate) fn start_with_limit(file_descriptors: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = "ulimit -n \"$0\" && exec \"$@\"";
        command.args(["-c", script, file_descriptors, env!("CARGO_BIN_EXE_hushwing")]).args(arguments);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = lines_of(child.stdout.take().unwrap());
        let stderr = lines_of(child.stderr.take().unwrap());
        let start_lines = (0..3)
            .map(|_| {
                stdout
                    .recv_timeout(PATIENCE)
                    .unwrap_or_else(|_| panic!("{:?}", stderr.try_iter().collect::<Vec<_>>()))
            })
            .collect();
        Self { child, stdout, stderr, start_lines }
    }

    /// Where it listens, from its first line.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let (_, listed) = self.start_lines[0].split_once(" listens on ").unwrap();
        listed.split(", ").map(|one| one.strip_suffix(" (tcp)").unwrap().parse().unwrap()).collect()
    }

    /// A connection to its first listener.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addresses()[0]).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it by SIGTERM and returns what it wrote after the start: standard output, standard error.
    pub(crate) fn finish(mut self) -> (Vec<String>, Vec<String>) {
        self.signal("TERM");
        assert_eq!(self.wait().code(), Some(0));
        (self.stdout.iter().collect(), self.stderr.iter().collect())
    }

    /// Stops reading the log: after its next line the pipe is closed.
    pub(crate) fn close_log(&mut self) {
        self.stderr = channel().1;
    }

    /// The next line of the log that contains `text`.
    pub(crate) fn log_line(&self, text: &str) -> String {
        loop {
            let line = self.stderr.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
