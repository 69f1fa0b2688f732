//! The client and the broker of this crate, back to back in memory: bytes in pieces of any size, connections
//! that end at any byte. QoS 2 arrives exactly once and in order, QoS 1 at least once, QoS 0 at most once.

use std::sync::Arc;

use hushwing_core::client::{Client, Event, Options, Publication};
use hushwing_core::wire::{Properties, QoS, SubscriptionOptions};
use hushwing_core::{
    Broker, CloseCause, Config, ConnectionId, Input, Instant, Origin, Output, PeerId, ProtocolVersion,
};
use proptest::prelude::*;

const CLIENTS: usize = 2;
const PUBLISHER: usize = 0;
const SUBSCRIBER: usize = 1;
const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

/// A connection as the broker has it.
#[derive(Default)]
struct Wire {
    id: Option<ConnectionId>,
    /// From the broker, not yet at the client.
    down: Vec<u8>,
}

struct World {
    broker: Broker,
    clients: [Client; CLIENTS],
    wires: [Wire; CLIENTS],
    connections: u64,
    published: Vec<(QoS, String)>,
    got: Vec<(QoS, String)>,
}

impl World {
    fn new(version: ProtocolVersion) -> Self {
        let client = |name: &str| {
            Client::new(Options {
                version,
                client_identifier: name.into(),
                clean_start: false,
                session_expiry_interval_seconds: 1_000,
                receive_maximum: 3,
                ..Options::default()
            })
        };
        let mut broker = Broker::new(Arc::new(Config::default()), PeerId(0), 7);
        broker.restored(NOW);
        let mut world = Self {
            broker,
            clients: [client("publisher"), client("subscriber")],
            wires: Default::default(),
            connections: 0,
            published: Vec::new(),
            got: Vec::new(),
        };
        world.settle();
        let options = SubscriptionOptions { qos: QoS::ExactlyOnce, ..SubscriptionOptions::default() };
        world.clients[SUBSCRIBER].subscribe(NOW, &[("t", options)], Properties::EMPTY).unwrap();
        world.settle();
        world
    }

    fn publish(&mut self, qos: QoS) {
        let payload = self.published.len().to_string();
        let publication = Publication { qos, ..Publication::new("t", payload.as_bytes()) };
        self.clients[PUBLISHER].publish(NOW, &publication).unwrap();
        self.published.push((qos, payload));
    }

    fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(NOW, input);
        while self.broker.work_pending() {
            self.broker.handle_work(NOW);
        }
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Transmit { connection } => self.drain(connection),
                Output::Close { connection } => {
                    // By a takeover; never one that a client still uses.
                    assert!(
                        self.wires.iter().all(|wire| wire.id != Some(connection)),
                        "{connection:?} is closed"
                    );
                }
                _ => {}
            }
        }
    }

    fn drain(&mut self, connection: ConnectionId) {
        while let Some(transmit) = self.broker.transmit(NOW, connection) {
            let bytes = transmit.first().to_vec();
            transmit.advance(bytes.len());
            if let Some(wire) = self.wires.iter_mut().find(|wire| wire.id == Some(connection)) {
                wire.down.extend(bytes);
            }
        }
    }

    fn connect(&mut self, client: usize) {
        if self.wires[client].id.is_none() && self.clients[client].connect(NOW).is_ok() {
            self.connections += 1;
            let connection = ConnectionId(self.connections);
            self.wires[client] = Wire { id: Some(connection), down: Vec::new() };
            self.input(Input::Opened { connection, origin: Origin::default() });
        }
    }

    /// The bytes on their way are lost, whichever side notices first.
    fn lose(&mut self, client: usize, broker_first: bool) {
        let Some(connection) = self.wires[client].id.take() else { return };
        let closed = Input::Closed { connection, cause: CloseCause::Failed };
        if broker_first {
            self.input(closed);
            self.clients[client].connection_lost(NOW);
        } else {
            self.clients[client].connection_lost(NOW);
            self.events(client);
            // The next connection takes the session over.
            self.connect(client);
            self.up(client, usize::MAX);
            self.input(closed);
        }
        self.events(client);
    }

    fn up(&mut self, client: usize, most: usize) {
        let Some(connection) = self.wires[client].id else { return };
        let bytes: Vec<u8> = self.clients[client].transmit().iter().take(most).copied().collect();
        self.clients[client].advance(bytes.len());
        if !bytes.is_empty() {
            self.input(Input::Received { connection, bytes: &bytes });
        }
    }

    fn down(&mut self, client: usize, most: usize) {
        let down = &mut self.wires[client].down;
        let bytes: Vec<u8> = down.drain(..most.min(down.len())).collect();
        self.clients[client].receive(NOW, &bytes);
        self.events(client);
    }

    fn events(&mut self, client: usize) {
        while let Some(event) = self.clients[client].poll_event() {
            match event {
                Event::Message(message) => {
                    self.got.push((message.qos, String::from_utf8(message.payload.into()).unwrap()));
                }
                Event::Failed { failure, .. } => panic!("{failure}"),
                _ => {}
            }
        }
    }

    /// No more faults: everything that is owed arrives.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            for client in 0..CLIENTS {
                self.connect(client);
                self.up(client, usize::MAX);
                self.down(client, usize::MAX);
            }
            let quiet = |client: usize| {
                self.clients[client].is_connected()
                    && self.clients[client].transmit().is_empty()
                    && self.wires[client].down.is_empty()
            };
            if (0..CLIENTS).all(quiet) {
                return;
            }
        }
        panic!("no end of it");
    }

    fn check(&self) {
        assert_eq!(self.clients[PUBLISHER].unfinished(), 0);
        let of = |list: &[(QoS, String)], qos| -> Vec<String> {
            list.iter().filter(|(of, _)| *of == qos).map(|(_, payload)| payload.clone()).collect()
        };
        assert_eq!(of(&self.got, QoS::ExactlyOnce), of(&self.published, QoS::ExactlyOnce));
        let mut first_copies: Vec<String> = Vec::new();
        for payload in of(&self.got, QoS::AtLeastOnce) {
            if !first_copies.contains(&payload) {
                first_copies.push(payload);
            }
        }
        assert_eq!(first_copies, of(&self.published, QoS::AtLeastOnce));
        let at_most_once = of(&self.got, QoS::AtMostOnce);
        let mut known = of(&self.published, QoS::AtMostOnce);
        known.retain(|payload| at_most_once.contains(payload));
        assert_eq!(at_most_once, known);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Publish(QoS),
    Up(usize, usize),
    Down(usize, usize),
    Lose(usize, bool),
    Connect(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let qos = prop_oneof![Just(QoS::AtMostOnce), Just(QoS::AtLeastOnce), Just(QoS::ExactlyOnce)];
    let pieces = || prop_oneof![3 => 1..40_usize, 1 => Just(usize::MAX)];
    prop_oneof![
        4 => qos.prop_map(Step::Publish),
        8 => (0..CLIENTS, pieces()).prop_map(|(client, most)| Step::Up(client, most)),
        8 => (0..CLIENTS, pieces()).prop_map(|(client, most)| Step::Down(client, most)),
        1 => (0..CLIENTS, any::<bool>()).prop_map(|(client, broker)| Step::Lose(client, broker)),
        2 => (0..CLIENTS).prop_map(Step::Connect),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_pieces_and_any_losses(
        version in prop_oneof![
            Just(ProtocolVersion::V3_1),
            Just(ProtocolVersion::V3_1_1),
            Just(ProtocolVersion::V5_0),
        ],
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let mut world = World::new(version);
        for step in steps {
            match step {
                Step::Publish(qos) => world.publish(qos),
                Step::Up(client, most) => world.up(client, most),
                Step::Down(client, most) => world.down(client, most),
                Step::Lose(client, broker_first) => world.lose(client, broker_first),
                Step::Connect(client) => world.connect(client),
            }
        }
        world.settle();
        world.check();
    }
}
