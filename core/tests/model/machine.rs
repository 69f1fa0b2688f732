//! The machine, and the sockets to its clients.

use std::collections::BTreeMap;
use std::sync::Arc;

use hushwing_core::record::{Key, Row};
use hushwing_core::wire::{Packet, Sender, split_frame};
use hushwing_core::{
    Broker, CloseCause, Config, ConnectionId, Input, Instant, Limits, Origin, Output, PeerId,
    ProtocolVersion, Record,
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::action::{Action, CLIENTS};
use super::delivery::{Answer, Told};
use super::naive::{Naive, SMALL_WINDOW, Say};
use super::peer::Peer;
use super::wire::packet;

const START: Instant = Instant::from_micros(1_700_000_000_000_000);
const PINGREQ: [u8; 2] = [0xC0, 0];

pub(crate) struct Machine {
    broker: Broker,
    now: Instant,
    opened: u64,
    config: Arc<Config>,
    /// What is on stable storage.
    stored: BTreeMap<Key, Row>,
    versions: [ProtocolVersion; CLIENTS],
    /// Who acknowledges at once.
    eager: [bool; CLIENTS],
    peers: [Peer; CLIENTS],
    /// Those that are open, oldest first: the last one of a client is the one that it uses.
    links: Vec<Link>,
}

struct Link {
    client: usize,
    connection: ConnectionId,
    version: ProtocolVersion,
    /// What came and was not looked at yet.
    bytes: Vec<u8>,
    /// Something waits for it.
    announced: bool,
    closing: bool,
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Self;
    type Reference = Naive;

    fn init_test(naive: &Naive) -> Self {
        let small = Limits {
            in_flight_maximum: SMALL_WINDOW,
            receivers_per_turn: 1,
            retained_per_turn: 1,
            routes_remembered: 4,
            ..Limits::default()
        };
        let limits = if naive.small { small } else { Limits::default() };
        let config = Arc::new(Config { journal: naive.journal, limits, ..Config::default() });
        Self {
            broker: Broker::new(Arc::clone(&config), PeerId(0), 1),
            config,
            stored: BTreeMap::new(),
            now: START,
            opened: 0,
            versions: naive.versions,
            eager: naive.eager,
            peers: Default::default(),
            links: Vec::new(),
        }
    }

    fn apply(mut machine: Self, naive: &Naive, action: Action) -> Self {
        machine.peers.iter_mut().for_each(|peer| peer.told = Told::default());
        machine.wait_until(naive.now);
        if let Some((client, say)) = &naive.said {
            machine.say(*client, say);
        }
        if matches!(action, Action::Crash) {
            machine.crash();
        }
        machine.eager = naive.eager;
        machine.exchange();
        for (client, expected) in naive.told.iter().enumerate() {
            let told = machine.peers[client].told.clone().sorted();
            assert_eq!(told, expected.clone().sorted(), "client {client}, after {action:?}");
        }
        machine
    }

    fn check_invariants(machine: &Self, _: &<Self::Reference as ReferenceStateMachine>::State) {
        assert_eq!(machine.broker.memory(), machine.broker.memory_walk());
    }
}

impl Machine {
    /// Time passes. So that nobody is taken for dead, everybody who is there pings before.
    fn wait_until(&mut self, milliseconds: u64) {
        let end = Instant::from_micros(START.as_micros() + milliseconds * 1_000);
        for client in 0..CLIENTS {
            self.send(client, &PINGREQ);
            self.exchange();
        }
        while let Some(due) = self.broker.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.broker.handle_timeout(self.now);
            self.exchange();
        }
        self.now = end;
    }

    fn crash(&mut self) {
        self.links.clear();
        self.broker = Broker::new(Arc::clone(&self.config), PeerId(0), self.opened);
        for row in self.stored.values() {
            let row = Row::decode(&row.encode()).expect("it was encoded");
            self.broker.restore(Record::Put(row));
        }
        assert_eq!(self.broker.restored(self.now), self.now);
    }

    fn store(&mut self, records: Vec<Record>) {
        for record in records {
            match record {
                Record::Put(row) => drop(self.stored.insert(row.key(), row)),
                Record::Delete(key) => drop(self.stored.remove(&key)),
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(self.now, input);
    }

    fn send(&mut self, client: usize, bytes: &[u8]) {
        if let Some(link) = self.links.iter().rev().find(|link| link.client == client) {
            let connection = link.connection;
            self.input(Input::Received { connection, bytes });
        }
    }

    fn say(&mut self, client: usize, say: &Say) {
        let version = self.versions[client];
        match say {
            Say::Lose => {
                let index = self.links.iter().position(|link| link.client == client).expect("connected");
                let connection = self.links.remove(index).connection;
                return self.input(Input::Closed { connection, cause: CloseCause::Peer });
            }
            Say::Acknowledge { delivery, stage, refuse } => {
                let bytes = self.peers[client].acknowledge(version, delivery, *stage, *refuse);
                return self.send(client, &bytes);
            }
            Say::Connect { resumes, .. } => {
                self.opened += 1;
                let connection = ConnectionId(self.opened);
                let (announced, closing) = (false, false);
                self.links.push(Link { client, connection, version, bytes: Vec::new(), announced, closing });
                self.peers[client].connects(*resumes);
                self.input(Input::Opened { connection, origin: Origin::default() });
                self.poll();
            }
            _ => {}
        }
        self.send(client, &packet(client, version, say));
    }

    /// Everything is stored, sent, taken and answered.
    fn exchange(&mut self) {
        loop {
            let mut busy = self.poll();
            while self.broker.work_pending() {
                self.broker.handle_work(self.now);
                busy |= self.poll();
            }
            for index in 0..self.links.len() {
                busy |= self.take(index);
                self.note_close(index);
            }
            busy |= self.close();
            let eager = self.eager;
            for client in (0..CLIENTS).filter(|client| eager[*client]) {
                let bytes = self.peers[client].acknowledge_all(self.versions[client]);
                busy |= !bytes.is_empty();
                self.send(client, &bytes);
            }
            if !busy {
                return;
            }
        }
    }

    /// Does what the outputs say.
    fn poll(&mut self) -> bool {
        let mut busy = false;
        while let Some(output) = self.broker.poll_output() {
            busy = true;
            match output {
                Output::Persist { position, records } => {
                    self.store(records);
                    self.input(Input::Persisted { position });
                }
                Output::Close { connection } => self.link(connection).closing = true,
                Output::Transmit { connection } => self.link(connection).announced = true,
                Output::Read { .. } | Output::Event(_) => {}
                other @ (Output::Ask { .. } | Output::Stopped) => panic!("nobody asked for {other:?}"),
            }
        }
        busy
    }

    fn link(&mut self, connection: ConnectionId) -> &mut Link {
        let link = self.links.iter_mut().find(|link| link.connection == connection);
        link.expect("it speaks of open connections only")
    }

    /// Takes what waits for one connection, and looks at it.
    fn take(&mut self, index: usize) -> bool {
        let link = &mut self.links[index];
        if !std::mem::take(&mut link.announced) && !link.closing {
            return false;
        }
        while let Some(transmit) = self.broker.transmit(self.now, link.connection) {
            while !transmit.is_empty() {
                let taken = transmit.first().len();
                link.bytes.extend_from_slice(transmit.first());
                transmit.advance(taken);
            }
        }
        let mut rest = &link.bytes[..];
        while let Some(frame) = split_frame(rest, Some(link.version), u32::MAX).expect("a packet") {
            let packet = Packet::decode(&frame, link.version, Sender::Server).expect("of a server");
            self.peers[link.client].receives(&packet);
            rest = &rest[frame.length..];
        }
        assert!(rest.is_empty(), "half a packet");
        link.bytes.clear();
        true
    }

    /// The client sees the end behind all that came.
    fn note_close(&mut self, index: usize) {
        let link = &self.links[index];
        if link.closing {
            self.peers[link.client].told.answers.push(Answer::Closed);
        }
    }

    fn close(&mut self) -> bool {
        let (closing, open) = std::mem::take(&mut self.links).into_iter().partition(|link| link.closing);
        self.links = open;
        let closing: Vec<Link> = closing;
        for link in &closing {
            self.input(Input::Closed { connection: link.connection, cause: CloseCause::Local });
        }
        !closing.is_empty()
    }
}
