//! Two clients glued back to back through the small server: bytes in pieces of any size, connections that end
//! at any byte. QoS 2 arrives exactly once and in order, QoS 1 at least once, QoS 0 at most once.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::script::{NOW, publication};
use super::server::{CLIENTS, Server};
use crate::client::{Client, Event, Limits, Options, Ticket};
use crate::version::ProtocolVersion::{self, V3_1_1, V5_0};
use crate::wire::{Properties, QoS, SubscriptionOptions};

const PUBLISHER: usize = 0;
const SUBSCRIBER: usize = 1;

struct World {
    clients: [Client; CLIENTS],
    server: Server,
    published: Vec<(QoS, String)>,
    got: Vec<(QoS, String)>,
    /// Tickets of the publisher that are not done.
    open: Vec<Ticket>,
    /// Bytes that arrived so far, by either way.
    moved: usize,
    /// Whose connection ends when so many bytes arrived.
    cut: Option<(usize, usize)>,
}

impl World {
    fn new(version: ProtocolVersion) -> Self {
        let client = |name: &str| {
            Client::new(Options {
                version,
                client_identifier: name.into(),
                clean_start: false,
                session_expiry_interval_seconds: 1_000,
                keep_alive_seconds: 0,
                limits: Limits { in_flight_maximum: 4, ..Limits::default() },
                ..Options::default()
            })
        };
        let mut world = Self {
            clients: [client("publisher"), client("subscriber")],
            server: Server::new(version),
            published: Vec::new(),
            got: Vec::new(),
            open: Vec::new(),
            moved: 0,
            cut: None,
        };
        world.settle();
        let options = SubscriptionOptions { qos: QoS::ExactlyOnce, ..SubscriptionOptions::default() };
        world.clients[SUBSCRIBER].subscribe(NOW, &[("t", options)], Properties::EMPTY).unwrap();
        world.settle();
        world.moved = 0;
        world
    }

    fn publish(&mut self, qos: QoS) {
        let payload = format!("{}", self.published.len());
        let ticket = self.clients[PUBLISHER].publish(NOW, &publication(&payload, qos)).unwrap();
        if qos > QoS::AtMostOnce {
            self.open.push(ticket);
        }
        self.published.push((qos, payload));
    }

    fn connect(&mut self, client: usize) {
        if self.clients[client].connect(NOW).is_ok() {
            self.server.opened(client);
        }
    }

    fn lose(&mut self, client: usize) {
        self.server.lost(client);
        self.clients[client].connection_lost(NOW);
        self.events(client);
    }

    fn up(&mut self, client: usize, most: usize) {
        let piece: Vec<u8> = self.clients[client].transmit().iter().take(most).copied().collect();
        self.clients[client].advance(piece.len());
        self.server.received(client, &piece);
        self.count(piece.len());
    }

    fn down(&mut self, client: usize, most: usize) {
        let piece = self.server.output(client, most);
        self.clients[client].receive(NOW, &piece);
        self.events(client);
        self.count(piece.len());
    }

    fn count(&mut self, bytes: usize) {
        self.moved += bytes;
        if let Some((client, after)) = self.cut
            && self.moved >= after
        {
            self.cut = None;
            self.lose(client);
        }
    }

    fn events(&mut self, client: usize) {
        while let Some(event) = self.clients[client].poll_event() {
            match event {
                Event::Message(message) => {
                    self.got.push((message.qos, String::from_utf8(message.payload.into()).unwrap()));
                }
                Event::Published { ticket, .. } => {
                    let before = self.open.len();
                    self.open.retain(|open| *open != ticket);
                    assert_eq!(self.open.len() + 1, before, "told twice");
                }
                Event::Failed { failure, .. } => panic!("{failure}"),
                _ => {}
            }
        }
    }

    /// No more faults: everything that is owed arrives.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            for client in 0..CLIENTS {
                self.connect(client);
                self.up(client, 1);
                self.down(client, 1);
            }
            let quiet = |client: usize| {
                self.clients[client].is_connected()
                    && self.clients[client].transmit().is_empty()
                    && !self.server.output_waits(client)
            };
            if (0..CLIENTS).all(quiet) {
                return;
            }
        }
        panic!("no end of it");
    }

    fn check(&self) {
        assert!(self.open.is_empty(), "never done: {:?}", self.open);
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

/// One conversation; how many bytes it took.
fn conversation(version: ProtocolVersion, cut: Option<(usize, usize)>) -> usize {
    let mut world = World::new(version);
    world.cut = cut;
    for qos in [QoS::ExactlyOnce, QoS::AtLeastOnce, QoS::ExactlyOnce, QoS::AtMostOnce, QoS::ExactlyOnce] {
        world.publish(qos);
    }
    world.settle();
    world.check();
    world.moved
}

#[test]
fn a_connection_that_ends_at_any_byte() {
    for version in [V3_1_1, V5_0] {
        let bytes = conversation(version, None);
        assert!(bytes > 100, "{bytes}");
        for client in 0..CLIENTS {
            for after in 1..=bytes {
                conversation(version, Some((client, after)));
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Publish(QoS),
    Up(usize, usize),
    Down(usize, usize),
    Lose(usize),
    Connect(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let qos = prop_oneof![Just(QoS::AtMostOnce), Just(QoS::AtLeastOnce), Just(QoS::ExactlyOnce)];
    prop_oneof![
        4 => qos.prop_map(Step::Publish),
        8 => (0..CLIENTS, 1..40_usize).prop_map(|(client, most)| Step::Up(client, most)),
        8 => (0..CLIENTS, 1..40_usize).prop_map(|(client, most)| Step::Down(client, most)),
        1 => (0..CLIENTS).prop_map(Step::Lose),
        2 => (0..CLIENTS).prop_map(Step::Connect),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_pieces_and_any_losses(
        five in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let mut world = World::new(if five { V5_0 } else { V3_1_1 });
        for step in steps {
            match step {
                Step::Publish(qos) => world.publish(qos),
                Step::Up(client, most) => world.up(client, most),
                Step::Down(client, most) => world.down(client, most),
                Step::Lose(client) => world.lose(client),
                Step::Connect(client) => world.connect(client),
            }
        }
        world.settle();
        world.check();
    }
}
