//! Operations on up to eight connections of one broker, with a naive model of what each client may be sent.

mod answers;
mod client;
mod model;
mod packets;
mod session;

use std::collections::BTreeMap;
use std::sync::Arc;

use hushwing_core::{
    Broker, CloseCause, Config, ConnectionId, Event, Input, Instant, Origin, Output, PeerId, Position,
};

use self::model::Model;
use self::packets::Packets;
use crate::bytes::Bytes;

const CONNECTIONS: usize = 8;

/// Pieces of work that no input of this size needs.
const ENDLESS: usize = 100_000;

/// What a broker may hold beyond its limit: empty tables, and what is needed to tell its clients so.
const SLACK_BYTES: usize = 256 * 1024;

/// Opens, feeds, stalls, cuts and closes connections, lets time pass, the disk lag and work wait, as the bytes say.
/// After each operation the broker has kept its side of the driver's contract, and each client was sent only what
/// the model allows.
pub fn broker(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut world = World::new(bytes.byte());
    while !bytes.is_empty() {
        world.step(&mut bytes);
        world.write_all();
        world.check();
    }
    world.everything_leaves();
    world.check();
}

/// One socket.
struct Socket {
    id: ConnectionId,
    /// Bytes wait, and were announced.
    announced: bool,
    /// How many bytes it takes after each operation.
    room: usize,
    /// Whether the broker wants to read, what it did not want yet, and how many bytes of the next packet come late.
    is_read: bool,
    unread: Vec<u8>,
    late: usize,
}

struct World {
    broker: Broker,
    config: Arc<Config>,
    now: Instant,
    opened: u64,
    /// Those that are open, oldest first.
    sockets: Vec<Socket>,
    packets: Packets,
    model: Model,
    written: Position,
    persisted: Position,
}

fn config(choice: u8) -> Config {
    let mut config = Config { journal: choice & 1 != 0, ..Config::default() };
    if choice & 2 != 0 {
        // Small enough to be reached.
        config.limits.queue_messages = 3;
        config.limits.transmit_mark_bytes = 64;
        config.limits.qos0_backlog_bytes = 200;
        config.limits.in_flight_maximum = 2;
        config.limits.receive_maximum = 2;
        config.limits.routes_remembered = 2;
        config.limits.receivers_per_turn = 2;
        config.limits.retained_per_turn = 1;
    }
    if choice & 4 != 0 {
        config.limits.publish_messages_per_second = 1;
        config.limits.publish_bytes_per_second = 30;
    }
    if choice & 8 != 0 {
        config.limits.memory_bytes = 128 * 1024;
    }
    config.policy.full_queue_drops_oldest = choice & 16 != 0;
    config.policy.queue_qos0_offline = choice & 32 != 0;
    config
}

impl World {
    fn new(choice: u8) -> Self {
        let config = Arc::new(config(choice));
        Self {
            broker: Broker::new(config.clone(), PeerId(0), u64::from(choice)),
            config,
            now: Instant::from_micros(1_700_000_000_000_000),
            opened: 0,
            sockets: Vec::new(),
            packets: Packets::default(),
            model: Model::default(),
            written: Position::NONE,
            persisted: Position::NONE,
        }
    }

    fn step(&mut self, bytes: &mut Bytes<'_>) {
        let operation = bytes.byte();
        let chosen = usize::from(operation >> 4);
        let socket = self.sockets.get(chosen % self.sockets.len().max(1)).map(|socket| socket.id);
        match (operation & 0b1111, socket) {
            (0, _) if self.sockets.len() < CONNECTIONS => {
                let opened = self.open();
                self.packet(opened, 0, bytes);
            }
            (kind @ 1..=8, Some(connection)) => self.packet(connection, kind, bytes),
            (9, Some(connection)) => {
                let length = usize::from(bytes.byte() % 8);
                self.feed(connection, bytes.take(length));
            }
            (10, Some(connection)) => {
                let cause = if chosen & 8 == 0 { CloseCause::Peer } else { CloseCause::Failed };
                self.close(connection, cause);
            }
            (11, _) => {
                let seconds = u64::from(bytes.byte());
                self.pass(Instant::from_micros(self.now.as_micros() + 1_000_000 * seconds));
            }
            (12, _) => self.persist(bytes.byte()),
            (13, _) => self.work(),
            (14, Some(connection)) => {
                let room = bytes.byte();
                // All or nothing are the common cases.
                let room = if room == u8::MAX { usize::MAX } else { usize::from(room / 2) };
                self.socket(connection).expect("open").room = room;
            }
            (15, Some(connection)) => {
                self.socket(connection).expect("open").late = usize::from(bytes.byte() % 32);
            }
            _ => self.persist(0),
        }
    }

    fn socket(&mut self, connection: ConnectionId) -> Option<&mut Socket> {
        self.sockets.iter_mut().find(|socket| socket.id == connection)
    }

    fn open(&mut self) -> ConnectionId {
        self.opened += 1;
        let id = ConnectionId(self.opened);
        let socket =
            Socket { id, announced: false, room: usize::MAX, is_read: true, unread: Vec::new(), late: 0 };
        self.sockets.push(socket);
        self.model.opened(id);
        self.input(Input::Opened { connection: id, origin: Origin::default() });
        id
    }

    fn close(&mut self, connection: ConnectionId, cause: CloseCause) {
        self.sockets.retain(|socket| socket.id != connection);
        self.model.closed(connection);
        self.input(Input::Closed { connection, cause });
    }

    fn packet(&mut self, connection: ConnectionId, kind: u8, bytes: &mut Bytes<'_>) {
        let packet = self.packets.draw(kind, self.model.view(connection), bytes);
        self.feed(connection, &packet);
    }

    /// The client sends these bytes; those that come late come with the next.
    fn feed(&mut self, connection: ConnectionId, bytes: &[u8]) {
        let Some(socket) = self.socket(connection) else { return };
        socket.unread.extend_from_slice(bytes);
        let late = std::mem::take(&mut socket.late);
        let ready = socket.unread.len().saturating_sub(late);
        self.read(connection, ready);
    }

    fn read(&mut self, connection: ConnectionId, length: usize) {
        let Some(socket) = self.socket(connection).filter(|socket| socket.is_read) else { return };
        let bytes: Vec<u8> = socket.unread.drain(..length).collect();
        if !bytes.is_empty() {
            self.model.fed(connection, &bytes);
            self.input(Input::Received { connection, bytes: &bytes });
        }
    }

    /// One call, and all that comes out of it.
    fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(self.now, input);
        self.drain();
    }

    fn work(&mut self) {
        self.broker.handle_work(self.now);
        self.drain();
    }

    fn persist(&mut self, lag: u8) {
        let position = Position(self.written.0.saturating_sub(u64::from(lag % 4)));
        if position > self.persisted {
            self.persisted = position;
            self.input(Input::Persisted { position });
        }
    }

    /// Time goes on to `until`, and every timer fires when it is due.
    fn pass(&mut self, until: Instant) {
        while let Some(due) = self.broker.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.broker.handle_timeout(self.now);
            self.drain();
            assert!(self.broker.poll_timeout().is_none_or(|next| next > self.now), "the driver would spin");
            self.work_ends();
            self.write_all();
        }
        self.now = until;
    }

    fn work_ends(&mut self) {
        let mut pieces = 0;
        while self.broker.work_pending() {
            self.work();
            pieces += 1;
            assert!(pieces < ENDLESS, "work without end");
        }
    }

    /// Every socket that something waits for takes what it has room for.
    fn write_all(&mut self) {
        let announced: Vec<_> = self.sockets.iter().filter(|socket| socket.announced).collect();
        let announced: Vec<_> = announced.iter().map(|socket| (socket.id, socket.room)).collect();
        for (connection, room) in announced {
            self.write(connection, room);
            self.drain();
        }
    }

    fn write(&mut self, connection: ConnectionId, mut room: usize) {
        while room > 0 {
            let Some(transmit) = self.broker.transmit(self.now, connection) else {
                if let Some(socket) = self.socket(connection) {
                    socket.announced = false;
                }
                return;
            };
            let length = transmit.first().len().min(room);
            assert!(length > 0, "{connection:?}: bytes are announced, and there are none");
            self.model.sent(connection, &transmit.first()[..length]);
            transmit.advance(length);
            room -= length;
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Transmit { connection } => {
                    let socket = self.socket(connection).expect("bytes for a connection that is open");
                    assert!(
                        !std::mem::replace(&mut socket.announced, true),
                        "{connection:?}: announced twice"
                    );
                }
                Output::Read { connection, enabled } => {
                    let socket = self.socket(connection).expect("a pause of a connection that is open");
                    assert_ne!(socket.is_read, enabled, "{connection:?}: it is so already");
                    socket.is_read = enabled;
                }
                Output::Close { connection } => self.told_to_close(connection),
                Output::Persist { position, records } => {
                    assert!(self.config.journal, "records without a journal");
                    assert_eq!(position.0, self.written.0 + 1, "positions grow by one");
                    assert!(!records.is_empty());
                    self.written = position;
                }
                Output::Event(event) => self.event(event),
                other @ (Output::Ask { .. } | Output::Stopped) => panic!("nobody asked for {other:?}"),
            }
        }
    }

    fn told_to_close(&mut self, connection: ConnectionId) {
        let socket = self.socket(connection).expect("the end of a connection that is open");
        let room = socket.room;
        self.write(connection, room);
        self.close(connection, CloseCause::Local);
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected { connection, session_present, .. } => {
                self.model.connected(connection, session_present);
            }
            Event::HookFailed { message } | Event::CommandFailed { message } => panic!("{message}"),
            _ => {}
        }
    }

    fn check(&self) {
        let (memory, most) = (self.broker.memory(), self.config.limits.memory_bytes as usize);
        assert_eq!(memory, self.broker.memory_walk());
        assert!(memory <= most + most / 4 + SLACK_BYTES, "{memory} bytes in use, {most} may be");
    }

    /// The disk is done, the sockets take everything, and nothing is left to do.
    fn everything_leaves(&mut self) {
        for turn in 0.. {
            assert!(turn < ENDLESS, "bytes without end");
            self.sockets.iter_mut().for_each(|socket| socket.room = usize::MAX);
            let readable: BTreeMap<_, _> =
                self.sockets.iter().map(|socket| (socket.id, socket.unread.len())).collect();
            readable.into_iter().for_each(|(connection, length)| self.read(connection, length));
            self.work_ends();
            self.write_all();
            self.persist(0);
            let is_busy = |socket: &Socket| socket.announced || socket.is_read && !socket.unread.is_empty();
            if !self.sockets.iter().any(is_busy)
                && !self.broker.work_pending()
                && self.persisted == self.written
            {
                break;
            }
        }
        self.model.finished();
    }
}
