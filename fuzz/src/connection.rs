//! Operations on a broker with several connections.

use std::collections::BTreeMap;
use std::sync::Arc;

use hushwing_core::wire::{Packet, Sender, split_frame};
use hushwing_core::{
    Broker, CloseCause, Config, ConnectionId, Event, Input, Instant, Origin, Output, PeerId, Position,
    ProtocolVersion,
};

use crate::bytes::Bytes;

const CONNECTIONS: usize = 6;

/// Opens, feeds, closes and drains connections, lets time pass and the disk lag, as the bytes say: nothing panics,
/// the memory account equals a full walk, no timer makes the driver spin, nothing is sent on a connection that was
/// closed, and all that an accepted client is sent are packets that a server may send it.
pub fn connection(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut world = World::new(bytes.byte());
    while !bytes.is_empty() {
        world.step(&mut bytes);
        world.drain();
        assert_eq!(world.broker.memory(), world.broker.memory_walk());
    }
    world.everything_leaves();
}

struct World {
    broker: Broker,
    now: Instant,
    opened: u64,
    /// The connections that are open, oldest first.
    open: Vec<ConnectionId>,
    /// What each was sent and is not judged yet, and the version of those that were accepted.
    sent: BTreeMap<ConnectionId, Vec<u8>>,
    versions: BTreeMap<ConnectionId, ProtocolVersion>,
    waiting: Vec<ConnectionId>,
    written: Position,
}

impl World {
    fn new(choice: u8) -> Self {
        let mut config = Config { journal: choice & 1 != 0, ..Config::default() };
        if choice & 2 != 0 {
            // Small enough to be reached.
            config.limits.queue_messages = 3;
            config.limits.transmit_mark_bytes = 64;
            config.limits.qos0_backlog_bytes = 200;
            config.limits.in_flight_maximum = 2;
            config.limits.receive_maximum = 2;
            config.limits.routes_remembered = 2;
        }
        if choice & 4 != 0 {
            config.limits.publish_messages_per_second = 1;
            config.limits.publish_bytes_per_second = 30;
        }
        Self {
            broker: Broker::new(Arc::new(config), PeerId(0), u64::from(choice)),
            now: Instant::from_micros(1_700_000_000_000_000),
            opened: 0,
            open: Vec::new(),
            sent: BTreeMap::new(),
            versions: BTreeMap::new(),
            waiting: Vec::new(),
            written: Position::NONE,
        }
    }

    fn step(&mut self, bytes: &mut Bytes<'_>) {
        let operation = bytes.byte();
        let chosen = usize::from(operation >> 4);
        let connection = self.open.get(chosen % self.open.len().max(1)).copied();
        match (operation & 0b1111, connection) {
            (0, _) if self.open.len() < CONNECTIONS => self.open(),
            (1..=8, Some(connection)) => {
                let length = usize::from(bytes.byte());
                let bytes = bytes.take(length);
                self.input(Input::Received { connection, bytes });
            }
            (9, Some(connection)) => self.close(connection, CloseCause::Peer),
            (10, _) => {
                self.pass(Instant::from_micros(self.now.as_micros() + 1_000_000 * u64::from(bytes.byte())))
            }
            (11, _) => self.input(Input::Persisted { position: self.written }),
            (12, _) => self.broker.handle_work(self.now),
            (13, _) => self.write_all(usize::from(bytes.byte())),
            _ => self.write_all(usize::MAX),
        }
    }

    fn open(&mut self) {
        self.opened += 1;
        let connection = ConnectionId(self.opened);
        self.open.push(connection);
        self.input(Input::Opened { connection, origin: Origin::default() });
    }

    fn close(&mut self, connection: ConnectionId, cause: CloseCause) {
        self.open.retain(|&open| open != connection);
        self.waiting.retain(|&waits| waits != connection);
        self.input(Input::Closed { connection, cause });
    }

    fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(self.now, input);
    }

    /// Time goes on to `until`, and every timer fires when it is due.
    fn pass(&mut self, until: Instant) {
        while let Some(due) = self.broker.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.broker.handle_timeout(self.now);
            self.drain();
            while self.broker.work_pending() {
                self.broker.handle_work(self.now);
                self.drain();
            }
            assert!(self.broker.poll_timeout().is_none_or(|next| next > self.now), "the driver would spin");
        }
        self.now = until;
    }

    /// Every socket that something waits for takes at most `room` bytes.
    fn write_all(&mut self, room: usize) {
        for connection in std::mem::take(&mut self.waiting) {
            let mut room = room;
            while let Some(transmit) = self.broker.transmit(self.now, connection) {
                let written = transmit.first().len().min(room);
                self.sent.entry(connection).or_default().extend_from_slice(&transmit.first()[..written]);
                transmit.advance(written);
                room -= written;
                if room == 0 {
                    self.waiting.push(connection);
                    break;
                }
            }
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Transmit { connection } => {
                    assert!(self.open.contains(&connection), "{connection:?} is closed");
                    if !self.waiting.contains(&connection) {
                        self.waiting.push(connection);
                    }
                }
                Output::Close { connection } => {
                    assert!(self.open.contains(&connection), "{connection:?} is closed");
                    self.write_all(usize::MAX);
                    self.close(connection, CloseCause::Local);
                    self.judge(connection);
                }
                Output::Persist { position, records } => {
                    assert_eq!(position.0, self.written.0 + 1, "positions grow by one");
                    assert!(!records.is_empty());
                    self.written = position;
                }
                Output::Event(Event::Connected { connection, version, .. }) => {
                    self.versions.insert(connection, version);
                }
                Output::Read { .. } | Output::Event(_) => {}
                other @ (Output::Ask { .. } | Output::Stopped) => panic!("nobody asked for {other:?}"),
            }
        }
    }

    /// What was sent to `connection` are whole packets, and such as a server sends.
    fn judge(&mut self, connection: ConnectionId) {
        let (Some(sent), Some(&version)) = (self.sent.remove(&connection), self.versions.get(&connection))
        else {
            return;
        };
        let mut rest = &sent[..];
        while !rest.is_empty() {
            let frame = split_frame(rest, Some(version), u32::MAX).expect("a frame").expect("whole");
            if let Err(violation) = Packet::decode(&frame, version, Sender::Server) {
                panic!("{version:?} {:02x?}: {violation:?}", &rest[..frame.length]);
            }
            rest = &rest[frame.length..];
        }
    }

    /// The disk is done, and the sockets take everything.
    fn everything_leaves(&mut self) {
        self.input(Input::Persisted { position: self.written });
        self.drain();
        while self.broker.work_pending() || !self.waiting.is_empty() {
            if self.broker.work_pending() {
                self.broker.handle_work(self.now);
                self.drain();
            }
            self.write_all(usize::MAX);
            self.input(Input::Persisted { position: self.written });
            self.drain();
        }
        for connection in self.open.clone() {
            self.judge(connection);
        }
    }
}
