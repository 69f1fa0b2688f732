//! A whole broker on `std::net`: one thread, one loop, no async runtime.
//!
//! ```sh
//! cargo run -p hushwing-core --example poll_loop -- 127.0.0.1:1884
//! mosquitto_sub -p 1884 -t 'a/#' & mosquitto_pub -p 1884 -t a/b -m hello
//! ```
//!
//! The loop asks every socket in turn, which is fine for a few hundred clients. A driver for many would ask the
//! operating system which sockets are ready, and change nothing else.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it is a driver: it owns the clock, and draws the seed"
)]

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hushwing_core::{Broker, CloseCause, Config, ConnectionId, Input, Instant, Origin, Output, PeerId};

/// How long a connection that was told to go may take to close.
const LINGER: Duration = Duration::from_secs(2);

struct Socket {
    stream: TcpStream,
    /// Whether the machine wants its input.
    reads: bool,
    /// Bytes wait for it.
    writes: bool,
    /// When it is closed at the latest, once the machine is done with it.
    closes_at: Option<Instant>,
}

struct Driver {
    broker: Broker,
    sockets: BTreeMap<ConnectionId, Socket>,
    next: u64,
    started: (SystemTime, std::time::Instant),
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:1883".into());
    let listener = TcpListener::bind(&address)?;
    listener.set_nonblocking(true)?;
    println!("listening on {}", listener.local_addr()?);
    let seed = RandomState::new().hash_one(std::process::id());
    let mut driver = Driver {
        broker: Broker::new(Arc::new(Config::default()), PeerId(0), seed),
        sockets: BTreeMap::new(),
        next: 0,
        started: (SystemTime::now(), std::time::Instant::now()),
    };
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let busy = driver.turn(&listener, &mut buffer)?;
        if !busy {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Driver {
    /// The wall clock at the start, and the monotonic time since.
    fn now(&self) -> Instant {
        let start = self.started.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = (start + self.started.1.elapsed()).as_micros();
        Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// One buffer from each readable socket, what is due, then one write to each that has something.
    fn turn(&mut self, listener: &TcpListener, buffer: &mut [u8]) -> io::Result<bool> {
        let mut busy = self.accept(listener)?;
        for id in self.sockets.keys().copied().collect::<Vec<_>>() {
            busy |= self.read(id, buffer);
        }
        let now = self.now();
        if self.broker.poll_timeout().is_some_and(|timeout| timeout <= now) {
            self.broker.handle_timeout(now);
            self.drain();
        }
        if self.broker.work_pending() {
            self.broker.handle_work(now);
            self.drain();
            busy = true;
        }
        for id in self.sockets.keys().copied().collect::<Vec<_>>() {
            busy |= self.write(id);
        }
        Ok(busy)
    }

    fn accept(&mut self, listener: &TcpListener) -> io::Result<bool> {
        let (stream, address) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        self.next += 1;
        let connection = ConnectionId(self.next);
        let socket = Socket { stream, reads: true, writes: false, closes_at: None };
        self.sockets.insert(connection, socket);
        let origin = Origin { address: Some(address), ..Origin::default() };
        self.broker.handle_input(self.now(), Input::Opened { connection, origin });
        self.drain();
        Ok(true)
    }

    fn read(&mut self, id: ConnectionId, buffer: &mut [u8]) -> bool {
        let now = self.now();
        let Some(socket) = self.sockets.get_mut(&id) else { return false };
        if socket.closes_at.is_some_and(|at| at <= now) {
            self.closed(id, CloseCause::Local);
            return true;
        }
        if !socket.reads && socket.closes_at.is_none() {
            return false;
        }
        let discards = socket.closes_at.is_some();
        match socket.stream.read(buffer) {
            Ok(0) => self.closed(id, CloseCause::Peer),
            Ok(_) if discards => {}
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                self.broker.handle_input(now, Input::Received { connection: id, bytes });
                self.drain();
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => self.closed(id, CloseCause::Failed),
        }
        true
    }

    fn write(&mut self, id: ConnectionId) -> bool {
        let now = self.now();
        let Some(socket) = self.sockets.get_mut(&id).filter(|socket| socket.writes) else { return false };
        while let Some(transmit) = self.broker.transmit(now, id) {
            match socket.stream.write(transmit.first()) {
                Ok(count) => transmit.advance(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => {
                    self.closed(id, CloseCause::Failed);
                    return true;
                }
            }
        }
        socket.writes = false;
        if socket.closes_at.is_some() {
            // Unread input at a close would destroy what was just written: wait for the peer.
            let _ = socket.stream.shutdown(Shutdown::Write);
        }
        self.drain();
        true
    }

    /// Does what the machine wants done.
    fn drain(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            let now = self.now();
            match output {
                Output::Transmit { connection } => self.with(connection, |socket| socket.writes = true),
                Output::Read { connection, enabled } => {
                    self.with(connection, |socket| socket.reads = enabled)
                }
                Output::Close { connection } => self.with(connection, |socket| {
                    socket.closes_at = Some(now.after(LINGER));
                    socket.writes = true;
                }),
                Output::Event(event) => println!("{event:?}"),
                // Without a journal, listeners that ask, or a shutdown, none of these is said.
                Output::Persist { .. } | Output::Ask { .. } | Output::Stopped => {}
            }
        }
    }

    fn with(&mut self, id: ConnectionId, change: impl FnOnce(&mut Socket)) {
        if let Some(socket) = self.sockets.get_mut(&id) {
            change(socket);
        }
    }

    fn closed(&mut self, id: ConnectionId, cause: CloseCause) {
        if self.sockets.remove(&id).is_some() {
            self.broker.handle_input(self.now(), Input::Closed { connection: id, cause });
            self.drain();
        }
    }
}
