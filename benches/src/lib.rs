//! A whole broker in memory with its clients, for the benchmarks and for the tests that count allocations.
//!
//! A [`World`] drives the broker as a real driver would: a turn hands one buffer of at most 64 KiB from each
//! client to the broker, then takes everything that waits for each client. What leaves is only counted, or
//! handed to clients that answer ([`World::converse`]).

mod answer;
mod load;
pub mod traffic;

use std::sync::Arc;

use hushwing_core::{Broker, Config, ConnectionId, Hooks, Input, Instant, Origin, Output, PeerId};

pub use answer::answer;
pub use load::{Conversation, Load};

/// What a driver reads from a socket at once.
pub const INPUT_BYTES: usize = 64 * 1024;

/// Microseconds between two turns.
const TURN_MICROS: u64 = 1_000;

/// A broker, the clock, and what left.
pub struct World {
    broker: Broker,
    now: Instant,
    waiting: Vec<ConnectionId>,
    connections: u64,
    /// Bytes that left the broker so far.
    pub bytes_out: u64,
}

impl World {
    /// A broker without a journal.
    pub fn new() -> Self {
        let broker = Broker::new(Arc::new(Config::default()), PeerId(0), 7);
        Self {
            broker,
            now: Instant::from_micros(1_700_000_000_000_000),
            waiting: Vec::new(),
            connections: 0,
            bytes_out: 0,
        }
    }

    /// A connection identifier that was not used yet: 1, 2, …
    pub fn next_connection(&mut self) -> ConnectionId {
        self.connections += 1;
        ConnectionId(self.connections)
    }

    /// From now on the broker asks these hooks.
    pub fn set_hooks(&mut self, hooks: Box<dyn Hooks + Send>) {
        self.broker.set_hooks(hooks);
    }

    /// The broker.
    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// A connection is there and says `bytes`; what it is told is counted only.
    pub fn open(&mut self, connection: ConnectionId, bytes: &[u8]) {
        self.broker.handle_input(self.now, Input::Opened { connection, origin: Origin::default() });
        self.receive(connection, bytes);
        self.finish_turn(|_, _| {});
    }

    /// One buffer of one connection.
    pub fn receive(&mut self, connection: ConnectionId, bytes: &[u8]) {
        self.broker.handle_input(self.now, Input::Received { connection, bytes });
        self.drain();
    }

    /// Ends a turn: pending work, then all that waits for each connection is given to `taken`, slice by slice.
    pub fn finish_turn(&mut self, mut taken: impl FnMut(ConnectionId, &[u8])) {
        self.now = Instant::from_micros(self.now.as_micros() + TURN_MICROS);
        if self.broker.poll_timeout().is_some_and(|due| due <= self.now) {
            self.broker.handle_timeout(self.now);
            self.drain();
        }
        while self.broker.work_pending() {
            self.broker.handle_work(self.now);
            self.drain();
        }
        while let Some(connection) = self.waiting.pop() {
            while let Some(transmit) = self.broker.transmit(self.now, connection) {
                let mut slices = [&[][..]; 16];
                let filled = transmit.slices(&mut slices);
                let written: usize = slices[..filled].iter().map(|slice| slice.len()).sum();
                for slice in &slices[..filled] {
                    taken(connection, slice);
                }
                transmit.advance(written);
                self.bytes_out += written as u64;
                self.drain();
            }
            self.drain();
        }
    }

    /// Turns until nobody has anything to say: each client answers what it gets as the standard asks, see
    /// [`answer`]. `buffers` holds, for each connection by its number, what arrived and what it says next.
    pub fn converse(&mut self, buffers: &mut [Buffers]) {
        loop {
            self.finish_turn(|connection, bytes| {
                buffers[connection.0 as usize].arrived.extend_from_slice(bytes);
            });
            let mut silent = true;
            for (number, Buffers { arrived, says }) in buffers.iter_mut().enumerate() {
                says.clear();
                answer(arrived, says);
                arrived.clear();
                if !says.is_empty() {
                    silent = false;
                    self.receive(ConnectionId(number as u64), says);
                }
            }
            if silent {
                return;
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Transmit { connection } => self.waiting.push(connection),
                // Nobody says more before the end of the turn, when all is handled.
                Output::Event(_) | Output::Read { .. } => {}
                other => panic!("nothing else is expected here: {other:?}"),
            }
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// What one client has in hand.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    /// Whole packets that arrived in this turn.
    pub arrived: Vec<u8>,
    /// What the client says in the next one.
    pub says: Vec<u8>,
}
