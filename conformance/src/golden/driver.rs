//! A driver by the contract of the core, which hands bytes over in any pieces and can lose a connection at any byte.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hushwing_core as core;
use hushwing_core::{Broker, CloseCause, Config, ConnectionId, Input, Instant, Origin, Output, Position};

use crate::targets::{Setup, authenticator, memory};

/// What came on one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// All bytes.
    pub bytes: Vec<u8>,
    /// Whether the broker closed behind them.
    pub closed: bool,
}

pub(super) struct Driver {
    broker: Broker,
    now: Instant,
    sockets: Vec<Socket>,
    persisted: Option<Position>,
    questions: VecDeque<(core::Question, core::Ask)>,
    /// What the broker did against its contract.
    complaint: Option<String>,
}

#[derive(Default)]
struct Socket {
    answers: Answers,
    /// Pieces that the broker has not read yet.
    unread: VecDeque<Vec<u8>>,
    /// So many bytes are taken until the connection is lost.
    room: Option<usize>,
    paused: bool,
    writable: bool,
    closing: bool,
    gone: bool,
}

impl Driver {
    pub(super) fn new(setup: Setup, journal: bool) -> Self {
        let config = Config { journal, ..memory::config(setup) };
        Self {
            broker: Broker::new(Arc::new(config), core::PeerId(0), 42),
            now: Instant::from_micros(1_700_000_000_123_457),
            sockets: Vec::new(),
            persisted: None,
            questions: VecDeque::new(),
            complaint: None,
        }
    }

    /// Opens the next connection; it is lost when the client has taken `room` bytes.
    pub(super) fn open(&mut self, room: Option<usize>) -> usize {
        let link = self.sockets.len();
        self.sockets.push(Socket { room, ..Socket::default() });
        self.input(Input::Opened { connection: id(link), origin: Origin::default() });
        self.settle();
        link
    }

    /// Says the pieces of one write, one right after the other.
    pub(super) fn write<'a>(&mut self, link: usize, pieces: impl Iterator<Item = &'a [u8]>) {
        let pieces = pieces.filter(|piece| !piece.is_empty()).map(<[u8]>::to_vec);
        if let Some(socket) = self.sockets.get_mut(link).filter(|socket| !socket.gone) {
            socket.unread.extend(pieces);
        }
        self.settle();
    }

    /// The connection is lost.
    pub(super) fn cut(&mut self, link: usize) {
        self.gone(link, CloseCause::Peer);
        self.settle();
    }

    pub(super) fn wait(&mut self, duration: Duration) {
        let end = self.now.after(duration);
        while let Some(due) = self.broker.poll_timeout().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    pub(super) fn answers(&self, link: usize) -> Answers {
        self.sockets.get(link).map(|socket| socket.answers.clone()).unwrap_or_default()
    }

    pub(super) fn is_gone(&self, link: usize) -> bool {
        self.sockets.get(link).is_some_and(|socket| socket.gone)
    }

    /// Connections so far.
    pub(super) fn opened(&self) -> usize {
        self.sockets.len()
    }

    /// What the broker has done wrong up to now: against its contract, or in its memory account.
    pub(super) fn judge(&self) -> Result<(), String> {
        let (count, walk) = (self.broker.memory(), self.broker.memory_walk());
        match &self.complaint {
            Some(complaint) => Err(complaint.clone()),
            None if count != walk => Err(format!("the memory count is {count}, a full walk finds {walk}")),
            None => Ok(()),
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(self.now, input);
        self.drain();
    }

    /// Does what the outputs say, until there are none.
    fn drain(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Transmit { connection } => self.with(connection, |socket| socket.writable = true),
                Output::Read { connection, enabled } => {
                    self.with(connection, |socket| socket.paused = !enabled);
                }
                Output::Close { connection } => {
                    self.with(connection, |socket| (socket.closing, socket.writable) = (true, true));
                }
                Output::Persist { position, .. } => self.persisted = Some(position),
                Output::Ask { question, about } => self.questions.push_back((question, about)),
                Output::Event(_) | Output::Stopped => {}
            }
        }
    }

    fn with(&mut self, connection: ConnectionId, change: impl FnOnce(&mut Socket)) {
        match self.sockets.get_mut(link(connection)) {
            Some(socket) if !socket.gone => change(socket),
            _ => self.complain("an output for a connection that is gone"),
        }
    }

    /// Turns until nothing is left to do at this instant.
    fn settle(&mut self) {
        for _ in 0..1_000_000 {
            if !self.turn() {
                return;
            }
        }
        self.complain("the broker does not come to rest");
    }

    /// Whether anything was done.
    fn turn(&mut self) -> bool {
        let mut busy = self.read();
        if let Some(position) = self.persisted.take() {
            self.input(Input::Persisted { position });
            busy = true;
        }
        while let Some((question, about)) = self.questions.pop_front() {
            if let Some(answer) = authenticator::answer(&about) {
                self.input(Input::Answer { question, answer });
                busy = true;
            }
        }
        if self.broker.poll_timeout().is_some_and(|due| due <= self.now) {
            self.broker.handle_timeout(self.now);
            self.drain();
            busy = true;
        }
        if self.broker.work_pending() {
            self.broker.handle_work(self.now);
            self.drain();
            busy = true;
        }
        self.transmit() | busy
    }

    /// Everything that connections have to say, as long as they are read.
    fn read(&mut self) -> bool {
        let mut busy = false;
        for link in 0..self.sockets.len() {
            while let Some(piece) = self.next_piece(link) {
                self.input(Input::Received { connection: id(link), bytes: &piece });
                busy = true;
            }
        }
        busy
    }

    fn next_piece(&mut self, link: usize) -> Option<Vec<u8>> {
        let socket = self.sockets.get_mut(link)?;
        let reads = !socket.paused && !socket.closing && !socket.gone;
        if reads { socket.unread.pop_front() } else { None }
    }

    fn transmit(&mut self) -> bool {
        let mut busy = false;
        for link in 0..self.sockets.len() {
            if self.sockets[link].writable && !self.sockets[link].gone {
                self.transmit_to(link);
                busy = true;
            }
        }
        busy
    }

    /// The socket takes everything; or as much as it has room for, and is lost.
    fn transmit_to(&mut self, link: usize) {
        self.sockets[link].writable = false;
        while let Some(transmit) = self.broker.transmit(self.now, id(link)) {
            let Socket { answers: Answers { bytes, .. }, room, .. } = &mut self.sockets[link];
            let room = room.map_or(usize::MAX, |room| room - bytes.len());
            let taken = transmit.first().len().min(room);
            bytes.extend_from_slice(&transmit.first()[..taken]);
            transmit.advance(taken);
            self.drain();
            if taken == room {
                return self.gone(link, CloseCause::Peer);
            }
        }
        self.drain();
        if self.sockets[link].closing {
            self.sockets[link].answers.closed = true;
            self.gone(link, CloseCause::Local);
        }
    }

    fn gone(&mut self, link: usize, cause: CloseCause) {
        let Some(socket) = self.sockets.get_mut(link).filter(|socket| !socket.gone) else { return };
        socket.gone = true;
        self.input(Input::Closed { connection: id(link), cause });
    }

    fn complain(&mut self, complaint: &str) {
        self.complaint.get_or_insert_with(|| complaint.to_owned());
    }
}

fn id(link: usize) -> ConnectionId {
    ConnectionId(link as u64 + 1)
}

fn link(connection: ConnectionId) -> usize {
    usize::try_from(connection.0).unwrap_or_default().wrapping_sub(1)
}
