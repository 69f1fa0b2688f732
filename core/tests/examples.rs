//! The broker of `examples/poll_loop.rs` as a process of its own, and the core's client on sockets.
//!
//! The examples that are tests themselves run with `cargo test` (`in_a_test.rs`).
#![allow(clippy::disallowed_methods, reason = "it is a driver: it owns the clock")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hushwing_core::client::{Client, CloseReason, Event, Options, Publication};
use hushwing_core::wire::{Properties, QoS, ReasonCode, SubscriptionOptions};
use hushwing_core::{Instant, ProtocolVersion};

/// For everything, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// A read that waits no longer lets the loop look at the time.
const READ: Duration = Duration::from_millis(20);

/// An example that runs as long as this value lives.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// `None`, said aloud, if Cargo has not built the example.
    fn start(name: &str) -> Option<Self> {
        let program = example(name);
        if !program.is_file() {
            let _ = writeln!(std::io::stderr(), "\nSKIPPED example {name}: no {}\n", program.display());
            return None;
        }
        let mut child = Command::new(program)
            .arg("127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("an example that starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut first = String::new();
        let read = lines.read_line(&mut first);
        // What it goes on to print must not block it.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        let address = first.trim().strip_prefix("listening on ").and_then(|text| text.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!("{read:?}: {first:?}");
        };
        Some(Self { child, address })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `target/<profile>/deps/examples-<hash>` → `target/<profile>/examples/<name>`
fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("a path");
    path.pop();
    path.pop();
    path.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// A client on a socket.
struct Socket {
    client: Client,
    stream: TcpStream,
    started: std::time::Instant,
    /// One line for each event.
    log: Vec<String>,
}

impl Socket {
    fn connect(address: SocketAddr, version: ProtocolVersion, client_identifier: &str) -> Self {
        let options = Options { version, client_identifier: client_identifier.into(), ..Options::default() };
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a connection");
        stream.set_read_timeout(Some(READ)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        let client = Client::new(options);
        let mut socket = Self { client, stream, started: std::time::Instant::now(), log: Vec::new() };
        let now = socket.now();
        socket.client.connect(now).expect("options that can be sent");
        socket.until("connected");
        socket
    }

    fn now(&self) -> Instant {
        Instant::default().after(self.started.elapsed())
    }

    /// Turns until an event is told of that has this line, or too much time has passed.
    fn until(&mut self, wanted: &str) {
        let begin = std::time::Instant::now();
        while !self.log.iter().any(|line| line == wanted) {
            assert!(begin.elapsed() < PATIENCE, "no {wanted:?} but {:?}", self.log);
            self.turn();
        }
        self.log.retain(|line| line != wanted);
    }

    fn turn(&mut self) {
        while !self.client.transmit().is_empty() {
            let written = self.stream.write(self.client.transmit()).expect("a socket that takes bytes");
            self.client.advance(written);
        }
        let mut buffer = [0; 4096];
        let now = self.now();
        match self.stream.read(&mut buffer) {
            Ok(0) => self.client.connection_lost(now),
            Ok(length) => self.client.receive(now, &buffer[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
        self.client.handle_timeout(now);
        while let Some(event) = self.client.poll_event() {
            self.log.push(match event {
                Event::Connected { .. } => "connected".into(),
                Event::Subscribed { .. } => "subscribed".into(),
                Event::Published { .. } => "published".into(),
                Event::Message(message) => {
                    format!("{} {}", message.topic, String::from_utf8_lossy(message.payload))
                }
                Event::Closed(CloseReason::Disconnected) => "disconnected".into(),
                other => format!("{other:?}"),
            });
        }
    }

    fn subscribe(&mut self, filter: &str) {
        let filters = [(filter, SubscriptionOptions { qos: QoS::ExactlyOnce, ..Default::default() })];
        self.client.subscribe(self.now(), &filters, Properties::EMPTY).expect("a filter");
        self.until("subscribed");
    }

    fn publish(&mut self, topic: &str, payload: &str, qos: QoS) {
        let publication = Publication { qos, ..Publication::new(topic, payload.as_bytes()) };
        self.client.publish(self.now(), &publication).expect("a publication");
        if qos > QoS::AtMostOnce {
            self.until("published");
        }
    }

    fn disconnect(mut self) {
        self.client.disconnect(self.now(), ReasonCode::Success, Properties::EMPTY).expect("a connection");
        self.until("disconnected");
    }
}

#[test]
fn the_poll_loop_serves_every_version_and_qos() {
    let Some(process) = Process::start("poll_loop") else { return };
    for version in [ProtocolVersion::V3_1, ProtocolVersion::V3_1_1, ProtocolVersion::V5_0] {
        let mut subscriber = Socket::connect(process.address, version, "subscriber");
        let mut publisher = Socket::connect(process.address, ProtocolVersion::V5_0, "publisher");
        subscriber.subscribe("house/#");
        publisher.publish("house/a", "0", QoS::AtMostOnce);
        publisher.publish("house/b", "1", QoS::AtLeastOnce);
        publisher.publish("garden", "not for everybody", QoS::AtLeastOnce);
        publisher.publish("house/c", "2", QoS::ExactlyOnce);
        for expected in ["house/a 0", "house/b 1", "house/c 2"] {
            subscriber.until(expected);
        }
        assert_eq!(subscriber.log, [""; 0]);
        publisher.disconnect();
        subscriber.disconnect();
    }
}
