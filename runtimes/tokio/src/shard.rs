//! One machine, its connections, and what it wants done with them.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use foldhash::fast::FixedState;
use hushwing_common::clock::Clock;
use hushwing_common::log;
use hushwing_core::wire::ReasonCode;
use hushwing_core::{
    Answer, Broker, CloseCause, Command, Config, ConnectionId, Event, Input, Instant, Origin, Output, PeerId,
};
use tokio::io::ReadBuf;
use tokio::sync::Notify;

use crate::stream::Stream;

/// Read at once from one connection, and taken from it in one turn.
const READ_BYTES: usize = 64 * 1024;

/// Written to one connection in one turn; what is left waits until the others had theirs.
const WRITE_BYTES: usize = 256 * 1024;

/// Slices of one vectored write.
const SLICES: usize = 32;

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
    /// Wakes the task that ends the turn.
    turn: Rc<Notify>,
    /// Wakes whoever waits for the end.
    progress: Rc<Notify>,
    stopped: bool,
}

/// What an open connection needs. It has no buffers of its own.
struct Connection {
    stream: Pin<Box<dyn Stream>>,
    about: log::About,
    /// Wakes the task of this connection.
    waker: Option<Waker>,
    reading: bool,
    /// The stream takes no more bytes: the connection's own task waits for it.
    blocked: bool,
    /// A write failed: the connection's own task ends it.
    failed: bool,
    /// The machine is done with it.
    closing: bool,
}

impl Connection {
    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

/// Why a connection needs no more reading.
pub(crate) enum End {
    /// The machine said so: [`Output::Close`].
    Close,
    /// The transport ended.
    Lost(CloseCause),
}

/// How far [`Shard::poll_write`] came.
enum Written {
    /// Nothing is left.
    All,
    /// This turn had enough; there may be more.
    Enough,
}

/// What [`Shard::end_turn`] left.
pub(crate) struct Left {
    /// There is more to do at once.
    pub(crate) more: bool,
    /// When the machine wants to be called again.
    pub(crate) timeout: Option<Instant>,
}

impl Shard {
    pub(crate) fn new(config: Arc<Config>, seed: u64) -> Self {
        let mut broker = Broker::new(config, PeerId(0), seed);
        let clock = Clock::starting_at(broker.restored(Clock::wall()));
        let mut shard = Self {
            broker,
            clock,
            connections: HashMap::default(),
            next_connection: 0,
            scratch: vec![0; READ_BYTES].into_boxed_slice(),
            to_write: Vec::new(),
            turn: Rc::default(),
            progress: Rc::default(),
            stopped: false,
        };
        shard.drain_outputs(shard.clock.now());
        shard
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// Notified when a turn has something to end.
    pub(crate) fn turn(&self) -> Rc<Notify> {
        self.turn.clone()
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
        for (_, connection) in self.connections.drain() {
            connection.wake();
        }
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    pub(crate) fn open(&mut self, stream: Box<dyn Stream>, origin: Origin) -> ConnectionId {
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let connection = Connection {
            stream: Pin::from(stream),
            about: log::About { address: origin.address, version: None },
            waker: None,
            reading: true,
            blocked: false,
            failed: false,
            closing: false,
        };
        self.connections.insert(id, connection);
        self.input(Input::Opened { connection: id, origin });
        id
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
        self.turn.notify_one();
    }

    /// Does what the machine wants done; written is at the end of the turn.
    fn drain_outputs(&mut self, now: Instant) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Transmit { connection } => self.to_write.push(connection),
                Output::Read { connection, enabled } => {
                    if let Some(connection) = self.connections.get_mut(&connection) {
                        connection.reading = enabled;
                        connection.wake();
                    }
                }
                Output::Close { connection } => {
                    if let Some(connection) = self.connections.get_mut(&connection) {
                        connection.closing = true;
                        connection.wake();
                    }
                }
                // No store exists yet: what is not kept is as safe as it will ever be.
                Output::Persist { position, records: _ } => {
                    self.broker.handle_input(now, Input::Persisted { position });
                }
                // No authenticator exists yet.
                Output::Ask { question, about: _ } => {
                    let answer = Answer::Refuse(ReasonCode::NotAuthorized);
                    self.broker.handle_input(now, Input::Answer { question, answer });
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
            Event::Dropped { .. } | Event::CommandFailed { .. } => None,
        };
        log::event(event, about.unwrap_or_default());
    }

    /// Ends a turn: timers, a piece of unfinished work, then one write to each connection that has bytes.
    pub(crate) fn end_turn(&mut self) -> Left {
        let now = self.clock.now();
        if self.broker.poll_timeout().is_some_and(|at| at <= now) {
            self.broker.handle_timeout(now);
            self.drain_outputs(now);
        }
        if self.broker.work_pending() {
            self.broker.handle_work(now);
            self.drain_outputs(now);
        }
        let mut due = std::mem::take(&mut self.to_write);
        for id in due.drain(..) {
            self.write_due(now, id);
        }
        // What came up meanwhile goes into the old list, whose memory is there already.
        due.append(&mut self.to_write);
        self.to_write = due;
        let timeout = self.broker.poll_timeout();
        let overdue = timeout.is_some_and(|at| at <= now);
        Left { more: self.broker.work_pending() || !self.to_write.is_empty() || overdue, timeout }
    }

    /// Writes straight away, without asking first whether the stream takes bytes. If it does not, the
    /// connection's own task waits for it.
    fn write_due(&mut self, now: Instant, id: ConnectionId) {
        // Its own task writes where one of these is set, and must stay the one that the stream wakes.
        let own = |connection: &Connection| connection.blocked || connection.failed || connection.closing;
        if self.connections.get(&id).is_none_or(own) {
            return;
        }
        match self.poll_write(now, id, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(Written::All)) => {}
            Poll::Ready(Ok(Written::Enough)) => self.to_write.push(id),
            Poll::Ready(Err(_)) => self.hand_over(id, |connection| connection.failed = true),
            Poll::Pending => self.hand_over(id, |connection| connection.blocked = true),
        }
    }

    /// Leaves the rest to the connection's own task.
    fn hand_over(&mut self, id: ConnectionId, mark: impl FnOnce(&mut Connection)) {
        if let Some(connection) = self.connections.get_mut(&id) {
            mark(connection);
            connection.wake();
        }
    }

    /// Writes what the machine has for this connection, but not much more than `WRITE_BYTES`.
    fn poll_write(
        &mut self,
        now: Instant,
        id: ConnectionId,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Written>> {
        let mut left = WRITE_BYTES;
        while left > 0 {
            let Some(connection) = self.connections.get_mut(&id) else { break };
            let stream = connection.stream.as_mut();
            let Some(transmit) = self.broker.transmit(now, id) else {
                let flushed = stream.poll_flush(context);
                self.drain_outputs(now);
                return flushed.map_ok(|()| Written::All);
            };
            let mut slices = [&[][..]; SLICES];
            let count = transmit.slices(&mut slices);
            let written = match slices.get(..count) {
                Some([one]) => stream.poll_write(context, one),
                _ => {
                    let slices = slices.map(IoSlice::new);
                    stream.poll_write_vectored(context, slices.get(..count).unwrap_or(&slices))
                }
            };
            if let Poll::Ready(Ok(count)) = written {
                transmit.advance(count);
            }
            self.drain_outputs(now);
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => left = left.saturating_sub(count),
            }
        }
        Poll::Ready(Ok(Written::Enough))
    }

    /// Serves one connection until it ends: reads what is there, and waits for a stream that took no more.
    pub(crate) fn poll_connection(&mut self, id: ConnectionId, context: &mut Context<'_>) -> Poll<End> {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Poll::Ready(End::Lost(CloseCause::Local));
        };
        match &mut connection.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => connection.waker = Some(context.waker().clone()),
        }
        if connection.blocked {
            let now = self.clock.now();
            match self.poll_write(now, id, context) {
                Poll::Pending => {}
                Poll::Ready(Ok(_)) => self.go_on_writing(id),
                Poll::Ready(Err(_)) => return Poll::Ready(End::Lost(CloseCause::Failed)),
            }
        }
        self.poll_read(id, context)
    }

    /// The stream takes bytes again: it is written at the end of turns, as every other.
    fn go_on_writing(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.blocked = false;
            self.to_write.push(id);
            self.turn.notify_one();
        }
    }

    /// Reads all that is there, at most one buffer of it.
    fn poll_read(&mut self, id: ConnectionId, context: &mut Context<'_>) -> Poll<End> {
        let mut left = READ_BYTES;
        loop {
            let Some(connection) = self.connections.get_mut(&id) else {
                return Poll::Ready(End::Lost(CloseCause::Local));
            };
            if connection.closing {
                return Poll::Ready(End::Close);
            }
            if connection.failed {
                return Poll::Ready(End::Lost(CloseCause::Failed));
            }
            if !connection.reading {
                return Poll::Pending;
            }
            if left == 0 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let mut buffer = ReadBuf::new(&mut self.scratch);
            if ready!(connection.stream.as_mut().poll_read(context, &mut buffer)).is_err() {
                return Poll::Ready(End::Lost(CloseCause::Failed));
            }
            let bytes = buffer.filled();
            if bytes.is_empty() {
                // A client that only finished sending still wants its answers.
                let now = self.clock.now();
                let _ = self.poll_write(now, id, &mut Context::from_waker(Waker::noop()));
                return Poll::Ready(End::Lost(CloseCause::Peer));
            }
            left = left.saturating_sub(bytes.len());
            let now = self.clock.now();
            self.broker.handle_input(now, Input::Received { connection: id, bytes });
            self.drain_outputs(now);
            self.turn.notify_one();
        }
    }

    /// Writes everything that is left for a connection that closes, then shuts down sending.
    pub(crate) fn poll_finish(
        &mut self,
        id: ConnectionId,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let now = self.clock.now();
        if let Written::Enough = ready!(self.poll_write(now, id, context))?
            && self.connections.contains_key(&id)
        {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.connections.get_mut(&id) {
            Some(connection) => connection.stream.as_mut().poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Reads and discards until the peer closes.
    pub(crate) fn poll_discard(&mut self, id: ConnectionId, context: &mut Context<'_>) -> Poll<()> {
        let mut left = READ_BYTES;
        while let Some(connection) = self.connections.get_mut(&id) {
            let mut buffer = ReadBuf::new(&mut self.scratch);
            let read = ready!(connection.stream.as_mut().poll_read(context, &mut buffer));
            let count = buffer.filled().len();
            if read.is_err() || count == 0 {
                break;
            }
            left = left.saturating_sub(count);
            if left == 0 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}
