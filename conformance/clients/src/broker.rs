//! The broker under test.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};

use crate::peer::PATIENCE;
use crate::process::profile;

/// `host:port` of a running broker to test instead of starting `hushwing`.
const OTHER_BROKER: &str = "HUSHWING_TEST_BROKER";

/// A running broker. It is killed when this is dropped; if the test is failing, what it said is printed.
pub struct Broker {
    address: SocketAddr,
    process: Option<Process>,
}

struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Broker {
    /// Starts `target/<profile>/hushwing` on a free port, with nothing kept on disk. `cargo test --workspace`
    /// builds it. With `HUSHWING_TEST_BROKER=host:port` nothing is started and that broker is used.
    pub fn start() -> Self {
        match std::env::var(OTHER_BROKER) {
            Ok(name) => Self { address: resolve(&name), process: None },
            Err(_) => Self::start_hushwing(),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn start_hushwing() -> Self {
        let program = hushwing();
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0", "--ephemeral"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "cannot start {}: {error}; run `cargo test --workspace`, or build it with \
                     `cargo build -p hushwing-tokio`",
                    program.display()
                )
            });
        let said = Arc::new(Mutex::new(String::new()));
        let (sender, receiver) = mpsc::channel();
        listen_to(child.stdout.take().expect("piped"), &said, &sender);
        listen_to(child.stderr.take().expect("piped"), &said, &sender);
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut broker = Self { address: nowhere, process: Some(Process { child, said }) };
        broker.address = receiver.recv_timeout(PATIENCE).expect("the broker says where it listens");
        broker
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return };
        // It may have ended by itself; then there is nothing to do but to collect it.
        let _ = process.child.kill();
        let _ = process.child.wait();
        if std::thread::panicking() {
            let said = process.said.lock().map(|said| said.clone()).unwrap_or_default();
            eprintln!("the broker said:\n{said}");
        }
    }
}

fn hushwing() -> PathBuf {
    profile().join(format!("hushwing{}", std::env::consts::EXE_SUFFIX))
}

fn resolve(name: &str) -> SocketAddr {
    let found = name.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.unwrap_or_else(|| panic!("{OTHER_BROKER}={name}: not a host:port"))
}

/// Reads `pipe` to its end, so that the broker never waits for a full pipe, and reports the first address in it.
fn listen_to(pipe: impl Read + Send + 'static, said: &Arc<Mutex<String>>, found: &mpsc::Sender<SocketAddr>) {
    let (said, found) = (Arc::clone(said), found.clone());
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if let Some(address) = address_in(&line) {
                // Nobody waits for the second one.
                let _ = found.send(address);
            }
            if let Ok(mut said) = said.lock() {
                said.push_str(&line);
                said.push('\n');
            }
        }
    });
}

/// The address in a line such as `hushwing 0.1.0 listens on 127.0.0.1:41883 (tcp)`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, after) = line.split_once("listens on ")?;
    after.split_whitespace().find_map(|word| word.trim_matches(['(', ')', ',', '.']).parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_address() {
        let line = "hushwing 0.1.0 listens on 127.0.0.1:41883 (tcp)";
        assert_eq!(address_in(line), Some(SocketAddr::from(([127, 0, 0, 1], 41883))));
        assert_eq!(address_in("127.0.0.1:1 connected"), None);
        assert_eq!(address_in("listens on nothing"), None);
    }
}
