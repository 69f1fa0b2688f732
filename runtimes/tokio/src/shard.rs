//! One machine, its connections, and what it wants done with them.

mod read;
mod write;

use std::collections::HashMap;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

use foldhash::fast::FixedState;
use hushwing_common::clock::Clock;
use hushwing_common::log;
use hushwing_core::wire::ReasonCode;
use hushwing_core::{
    Answer, Broker, CloseCause, Command, Config, ConnectionId, Event, Input, Instant, Origin, Output, PeerId,
    Question,
};
use tokio::sync::Notify;

use self::read::READ_BYTES;
use crate::bell::{Bell, Bells};
use crate::question::Questions;
use crate::stream::Stream;

/// A machine with everything that serves it. Shared by the tasks of one thread, borrowed only between awaits.
pub(crate) struct Shard {
    broker: Broker,
    clock: Clock,
    connections: HashMap<ConnectionId, Connection, FixedState>,
    next_connection: u64,
    /// The one read buffer of the thread.
    scratch: Box<[u8]>,
    /// Connections that have bytes to write at the end of this turn.
    to_write: Vec<ConnectionId>,
    /// Connections that the machine is done with since the last turn.
    to_close: Vec<ConnectionId>,
    bells: Arc<Bells>,
    questions: Questions,
    /// Wakes whoever waits for the end.
    progress: Rc<Notify>,
    stopped: bool,
}

/// What an open connection needs. It has no buffers of its own.
struct Connection {
    stream: Pin<Box<dyn Stream>>,
    /// What the stream wakes: the bell of this connection, or the task that closes it.
    waker: Waker,
    about: log::About,
    reading: bool,
    /// The stream took no more bytes; it rings when it does.
    blocked: bool,
    /// The machine is done with it: a task of its own closes it.
    closing: bool,
}

/// What [`Shard::turn`] left.
pub(crate) struct Left {
    /// Connections to close.
    pub(crate) closing: Vec<ConnectionId>,
    /// There is more to do at once.
    pub(crate) more: bool,
    /// When the machine wants to be called again.
    pub(crate) timeout: Option<Instant>,
}

impl Shard {
    pub(crate) fn new(config: Arc<Config>, seed: u64, questions: Questions) -> Self {
        let mut broker = Broker::new(config, PeerId(0), seed);
        let clock = Clock::starting_at(broker.restored(Clock::wall()));
        let mut shard = Self {
            broker,
            clock,
            connections: HashMap::default(),
            next_connection: 0,
            scratch: vec![0; READ_BYTES].into_boxed_slice(),
            to_write: Vec::new(),
            to_close: Vec::new(),
            bells: Arc::default(),
            questions,
            progress: Rc::default(),
            stopped: false,
        };
        shard.drain_outputs(shard.clock.now());
        shard
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// Where streams ring.
    pub(crate) fn bells(&self) -> Arc<Bells> {
        self.bells.clone()
    }

    /// Notified when [`Shard::is_over`] may have changed.
    pub(crate) fn progress(&self) -> Rc<Notify> {
        self.progress.clone()
    }

    /// Whether the machine has stopped and every connection is closed.
    pub(crate) fn is_over(&self) -> bool {
        self.stopped && self.connections.is_empty()
    }

    pub(crate) fn connection_count(&self) -> usize {
        self.connections.len()
    }

    /// Drops all connections where they are.
    pub(crate) fn abandon(&mut self) {
        self.connections.clear();
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    pub(crate) fn answer(&mut self, question: Question, answer: Answer) {
        self.input(Input::Answer { question, answer });
    }

    /// Takes a connection in.
    pub(crate) fn open(&mut self, stream: Box<dyn Stream>, origin: Origin) {
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let connection = Connection {
            stream: Pin::from(stream),
            waker: self.bells.bell(id),
            about: log::About { address: origin.address, version: None },
            reading: true,
            blocked: false,
            closing: false,
        };
        self.connections.insert(id, connection);
        self.input(Input::Opened { connection: id, origin });
    }

    /// Says that the transport is gone, and forgets it.
    pub(crate) fn closed(&mut self, id: ConnectionId, cause: CloseCause) {
        if self.connections.contains_key(&id) {
            self.input(Input::Closed { connection: id, cause });
            self.connections.remove(&id);
            self.progress.notify_one();
        }
    }

    fn input(&mut self, input: Input<'_>) {
        let now = self.clock.now();
        self.broker.handle_input(now, input);
        self.drain_outputs(now);
        self.bells.call();
    }

    /// Does what the machine wants done; written is at the end of the turn.
    fn drain_outputs(&mut self, now: Instant) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Transmit { connection } => self.to_write.push(connection),
                Output::Read { connection, enabled } => {
                    if let Some(connection) = self.connections.get_mut(&connection) {
                        connection.reading = enabled;
                        connection.waker.wake_by_ref();
                    }
                }
                Output::Close { connection: id } => {
                    if let Some(connection) = self.connections.get_mut(&id) {
                        connection.closing = true;
                        self.to_close.push(id);
                    }
                }
                // No store exists yet: what is not kept is as safe as it will ever be.
                Output::Persist { position, records: _ } => {
                    self.broker.handle_input(now, Input::Persisted { position });
                }
                Output::Ask { question, about } => {
                    if !self.questions.ask(question, about) {
                        let answer = Answer::Refuse(ReasonCode::NotAuthorized);
                        self.broker.handle_input(now, Input::Answer { question, answer });
                    }
                }
                Output::Event(event) => self.log(&event),
                Output::Stopped => {
                    self.stopped = true;
                    self.progress.notify_one();
                }
            }
        }
    }

    fn log(&mut self, event: &Event) {
        let about = match event {
            Event::Connected { connection, version, .. } => {
                self.connections.get_mut(connection).map(|connection| {
                    connection.about.version = Some(*version);
                    connection.about
                })
            }
            Event::Disconnected { connection, .. } => self.connections.get(connection).map(|open| open.about),
            _ => None,
        };
        log::event(event, about.unwrap_or_default());
    }

    /// One turn: what these connections have to say, timers, a piece of unfinished work, then one write to
    /// each connection that has bytes.
    pub(crate) fn turn(&mut self, rung: &mut Vec<Arc<Bell>>) -> Left {
        for bell in rung.drain(..) {
            self.serve(bell.connection);
        }
        let now = self.clock.now();
        if self.broker.poll_timeout().is_some_and(|at| at <= now) {
            self.broker.handle_timeout(now);
            self.drain_outputs(now);
        }
        if self.broker.work_pending() {
            self.broker.handle_work(now);
            self.drain_outputs(now);
        }
        let mut due = mem::take(&mut self.to_write);
        for id in due.drain(..) {
            self.write(now, id);
        }
        // What came up meanwhile goes into the old list, whose memory is there already.
        due.append(&mut self.to_write);
        self.to_write = due;
        let timeout = self.broker.poll_timeout();
        let overdue = timeout.is_some_and(|at| at <= now);
        let more = self.broker.work_pending() || !self.to_write.is_empty() || overdue;
        Left { closing: mem::take(&mut self.to_close), more, timeout }
    }
}
