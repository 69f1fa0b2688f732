//! The core in memory, under virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hushwing_core as core;
use hushwing_core::{CloseCause, Config, ConnectionId, Input, Instant, Origin, Output, Position};

use super::{Arrival, Instance, Link, Setup, Target, authenticator};

/// A broker of its own for each script.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Whether promises wait for the journal, which here stores at once.
    pub journal: bool,
    /// Whether bytes go in and out one by one (long packets in somewhat larger pieces), not a write at a time.
    pub byte_by_byte: bool,
    /// The mistake that the core makes.
    #[cfg(feature = "planted-faults")]
    pub fault: Option<core::Fault>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            journal: true,
            byte_by_byte: false,
            #[cfg(feature = "planted-faults")]
            fault: None,
        }
    }
}

impl Target for Memory {
    fn name(&self) -> String {
        let journal = if self.journal { "with" } else { "without" };
        let pace = if self.byte_by_byte { ", byte by byte" } else { "" };
        format!("the core in memory, {journal} a journal{pace}")
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn start(&self, setup: Setup) -> Result<Box<dyn Instance>, String> {
        let config = Config { journal: self.journal, ..config(setup) };
        #[cfg(feature = "planted-faults")]
        let config = Config { fault: self.fault, ..config };
        Ok(Box::new(Driver {
            broker: core::Broker::new(Arc::new(config), core::PeerId(0), 42),
            // Some day in 2023, and not a round number of anything.
            now: Instant::from_micros(1_700_000_000_123_457),
            connections: BTreeMap::new(),
            opened: 0,
            persisted: None,
            questions: Vec::new(),
            byte_by_byte: self.byte_by_byte,
            complaint: None,
        }))
    }
}

/// The configuration that a script wants.
pub(crate) fn config(setup: Setup) -> Config {
    let mut listener = core::Listener::default();
    let mut policy = core::Policy::default();
    let mut limits = core::Limits::default();
    match setup {
        Setup::Open => {}
        Setup::LittleMemory => limits.memory_bytes = 512 * 1024,
        Setup::FewCapabilities => {
            policy.maximum_qos = core::wire::QoS::AtLeastOnce;
            policy.retain_available = false;
            policy.wildcard_subscriptions = false;
            policy.subscription_identifiers = false;
        }
        Setup::ResponseInformation => policy.response_information = Some("answers/".to_owned()),
        Setup::NoSharedSubscriptions => policy.shared_subscriptions = false,
        Setup::OnlyQoS0 => policy.maximum_qos = core::wire::QoS::AtMostOnce,
        Setup::DeniedTopics => {
            let deny = |action, filter: &str| core::Rule {
                action: Some(action),
                filter: filter.to_owned(),
                decision: core::Decision::Deny,
            };
            let rules =
                vec![deny(core::Action::Publish, "+/denied/#"), deny(core::Action::Subscribe, "+/hidden/#")];
            listener.rules = Arc::new(core::Rules { rules, otherwise: core::Decision::Allow });
        }
        Setup::Authenticator => listener.authentication = core::Authentication::Ask,
        Setup::NobodyConnects => listener.authentication = core::Authentication::Refuse,
    }
    Config { listeners: vec![listener], policy, limits, ..Config::default() }
}

/// Drives a broker by the contract at the top of its crate.
struct Driver {
    broker: core::Broker,
    now: Instant,
    connections: BTreeMap<ConnectionId, Socket>,
    opened: u64,
    /// The greatest position that was asked to be stored and not reported yet.
    persisted: Option<Position>,
    /// What was asked and not answered yet.
    questions: Vec<(core::Question, core::Ask)>,
    byte_by_byte: bool,
    /// What the broker did against its contract.
    complaint: Option<String>,
}

#[derive(Default)]
struct Socket {
    /// On the way to the broker, while it does not read.
    unread: Vec<u8>,
    /// On the way to the client.
    sent: Vec<u8>,
    paused: bool,
    writable: bool,
    /// The broker wants it closed.
    closing: bool,
    /// Gone: the broker has been told.
    gone: bool,
}

impl Driver {
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
                Output::Close { connection } => self.with(connection, |socket| socket.closing = true),
                Output::Persist { position, .. } => {
                    if self.persisted.is_some_and(|last| last >= position) {
                        self.complain("Persist out of order");
                    }
                    self.persisted = Some(position);
                }
                Output::Ask { question, about } => self.questions.push((question, about)),
                Output::Event(_) | Output::Stopped => {}
            }
        }
    }

    fn with(&mut self, connection: ConnectionId, change: impl FnOnce(&mut Socket)) {
        match self.connections.get_mut(&connection) {
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
        for (question, about) in std::mem::take(&mut self.questions) {
            if let Some(answer) = authenticator::answer(&about) {
                self.input(Input::Answer { question, answer });
                busy = true;
            }
        }
        if self.broker.poll_timeout().is_some_and(|due| due <= self.now) {
            self.broker.handle_timeout(self.now);
            self.drain();
            if self.broker.poll_timeout().is_some_and(|due| due <= self.now) && !self.broker.work_pending() {
                self.complain("poll_timeout is not later than now after handle_timeout");
            }
            busy = true;
        }
        if self.broker.work_pending() {
            self.broker.handle_work(self.now);
            self.drain();
            busy = true;
        }
        self.write() | busy | self.close()
    }

    /// One buffer of each connection that the broker reads.
    fn read(&mut self) -> bool {
        let readable = |socket: &Socket| !socket.unread.is_empty() && !socket.paused && !socket.closing;
        let next = self.connections.iter_mut().find(|(_, socket)| readable(socket));
        let Some((connection, socket)) = next else { return false };
        let (connection, bytes) = (*connection, std::mem::take(&mut socket.unread));
        let size = if self.byte_by_byte { 1 + bytes.len() / 256 } else { 64 * 1024 };
        let (first, rest) = bytes.split_at(size.min(bytes.len()));
        self.input(Input::Received { connection, bytes: first });
        if let Some(socket) = self.connections.get_mut(&connection) {
            socket.unread = rest.to_vec();
        }
        true
    }

    fn write(&mut self) -> bool {
        let writable = self.connections.iter().filter(|(_, socket)| socket.writable && !socket.gone);
        let writable: Vec<ConnectionId> = writable.map(|(connection, _)| *connection).collect();
        for connection in &writable {
            while let Some(transmit) = self.broker.transmit(self.now, *connection) {
                let mut slices = [&[] as &[u8]; 8];
                let count = transmit.slices(&mut slices);
                let mut bytes = slices[..count].concat();
                if self.byte_by_byte {
                    bytes.truncate(1 + bytes.len() / 256);
                }
                let empty = bytes.is_empty();
                transmit.advance(bytes.len());
                if let Some(socket) = self.connections.get_mut(connection) {
                    socket.sent.extend(bytes);
                }
                if empty {
                    self.complain("transmit gave no bytes, and not None");
                    break;
                }
                self.drain();
            }
            self.drain();
            if let Some(socket) = self.connections.get_mut(connection) {
                socket.writable = false;
            }
        }
        !writable.is_empty()
    }

    /// The peers of these read on and close at once.
    fn close(&mut self) -> bool {
        let closing = self.connections.iter().filter(|(_, socket)| socket.closing && !socket.gone);
        let closing: Vec<ConnectionId> = closing.map(|(connection, _)| *connection).collect();
        for connection in &closing {
            self.with(*connection, |socket| socket.writable = true);
        }
        self.write();
        for connection in &closing {
            self.gone(*connection, CloseCause::Local);
        }
        !closing.is_empty()
    }

    fn gone(&mut self, connection: ConnectionId, cause: CloseCause) {
        if let Some(socket) = self.connections.get_mut(&connection)
            && !socket.gone
        {
            socket.gone = true;
            self.input(Input::Closed { connection, cause });
        }
    }

    fn complain(&mut self, complaint: &str) {
        self.complaint.get_or_insert_with(|| complaint.to_owned());
    }

    fn socket(&mut self, link: Link) -> &mut Socket {
        self.connections.entry(id(link)).or_default()
    }
}

fn id(link: Link) -> ConnectionId {
    ConnectionId(link.0 as u64 + 1)
}

impl Instance for Driver {
    fn open(&mut self) -> Result<Link, String> {
        let link = Link(self.opened as usize);
        self.opened += 1;
        self.connections.insert(id(link), Socket::default());
        self.input(Input::Opened { connection: id(link), origin: Origin::default() });
        self.settle();
        Ok(link)
    }

    fn write(&mut self, link: Link, bytes: &[u8]) {
        let socket = self.socket(link);
        if !socket.gone {
            socket.unread.extend(bytes);
        }
        self.settle();
    }

    fn read(&mut self, link: Link, _: Duration) -> Arrival {
        let socket = self.socket(link);
        if !socket.sent.is_empty() {
            return Arrival::Bytes(std::mem::take(&mut socket.sent));
        }
        if socket.gone { Arrival::Closed } else { Arrival::Nothing }
    }

    fn cut(&mut self, link: Link) {
        self.gone(id(link), CloseCause::Peer);
        self.settle();
    }

    fn wait(&mut self, duration: Duration) {
        let end = self.now.after(duration);
        while let Some(due) = self.broker.poll_timeout().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    fn is_virtual(&self) -> bool {
        true
    }

    /// Everybody leaves; the memory account has to be right before and after.
    fn finish(&mut self) -> Result<(), String> {
        for link in 0..=self.opened as usize {
            let (count, walk) = (self.broker.memory(), self.broker.memory_walk());
            if count != walk {
                self.complain(&format!("the memory count is {count}, a full walk finds {walk}"));
            }
            if link < self.opened as usize {
                self.cut(Link(link));
            }
        }
        self.complaint.take().map_or(Ok(()), Err)
    }
}
