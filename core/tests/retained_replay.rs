//! Retained messages for a new subscription: in bounded pieces, as the socket takes them, each once.

use std::collections::BTreeMap;
use std::sync::Arc;

use hushwing_core::wire::{
    Connect, Packet, Properties, Publish, QoS, Sender, Subscribe, SubscribeFiltersBuffer,
    SubscriptionOptions, split_frame,
};
use hushwing_core::{Broker, Config, ConnectionId, Input, Instant, Origin, Output, PeerId, ProtocolVersion};

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);
const RETAINED: usize = 20_000;
const V: ProtocolVersion = ProtocolVersion::V3_1_1;

struct World {
    broker: Broker,
    received: BTreeMap<ConnectionId, Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let broker = Broker::new(Arc::new(Config::default()), PeerId(0), 1);
        Self { broker, received: BTreeMap::new() }
    }

    fn send(&mut self, id: u64, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(V, &mut bytes);
        self.broker.handle_input(NOW, Input::Received { connection: ConnectionId(id), bytes: &bytes });
    }

    fn connect(&mut self, id: u64) {
        let connection = ConnectionId(id);
        self.broker.handle_input(NOW, Input::Opened { connection, origin: Origin::default() });
        let name = format!("client-{id}");
        self.send(
            id,
            &Packet::Connect(Connect {
                version: V,
                clean_start: true,
                keep_alive_seconds: 0,
                client_identifier: &name,
                properties: Properties::EMPTY,
                will: None,
                user_name: None,
                password: None,
            }),
        );
        self.drain(id);
    }

    fn publish(&mut self, id: u64, topic: &str, payload: &str, retain: bool) {
        self.send(
            id,
            &Packet::Publish(Publish {
                duplicate: false,
                qos: QoS::AtMostOnce,
                retain,
                topic,
                packet_identifier: None,
                properties: Properties::EMPTY,
                payload: payload.as_bytes(),
            }),
        );
    }

    fn subscribe(&mut self, id: u64, filter: &str) {
        let mut filters = SubscribeFiltersBuffer::default();
        filters.push(filter, SubscriptionOptions::default(), V);
        let packet_identifier = 1.try_into().unwrap();
        let filters = filters.as_filters();
        self.send(
            id,
            &Packet::Subscribe(Subscribe { packet_identifier, properties: Properties::EMPTY, filters }),
        );
    }

    /// Has the socket of one client take everything that is encoded now, and refills once.
    fn take(&mut self, id: u64) -> usize {
        let connection = ConnectionId(id);
        let Some(transmit) = self.broker.transmit(NOW, connection) else { return 0 };
        let received = self.received.entry(connection).or_default();
        let before = received.len();
        while !transmit.is_empty() {
            received.extend_from_slice(transmit.first());
            transmit.advance(transmit.first().len());
        }
        received.len() - before
    }

    fn drain(&mut self, id: u64) {
        while self.broker.poll_output().is_some() {}
        while self.take(id) > 0 {}
    }

    /// The topics and payloads that one client received so far.
    fn messages(&self, id: u64) -> Vec<(String, String, bool)> {
        let mut bytes = &self.received[&ConnectionId(id)][..];
        let mut messages = Vec::new();
        while let Some(frame) = split_frame(bytes, Some(V), u32::MAX).unwrap() {
            if let Packet::Publish(publish) = Packet::decode(&frame, V, Sender::Server).unwrap() {
                let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
                messages.push((publish.topic.to_owned(), payload, publish.retain));
            }
            bytes = &bytes[frame.length..];
        }
        messages
    }
}

fn with_retained() -> World {
    let mut world = World::new();
    world.connect(1);
    for number in 0..RETAINED {
        world.publish(1, &format!("store/{number:05}"), "old", true);
    }
    world
}

#[test]
fn a_reader_that_stands_still_costs_its_bound_and_nobody_waits() {
    let mut world = with_retained();
    world.connect(2);
    world.connect(3);
    let before = world.broker.memory();
    world.subscribe(2, "#");
    let mut pieces = 0;
    while world.broker.work_pending() {
        world.broker.handle_work(NOW);
        pieces += 1;
        // Others are served between any two pieces.
        world.send(3, &Packet::Pingreq);
        while world.broker.poll_output().is_some() {}
        assert!(world.take(3) > 0);
    }
    assert!(pieces > 1, "{pieces}");
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
    let mark = Config::default().limits.transmit_mark_bytes as usize;
    assert!(world.broker.memory() - before < 3 * mark, "{}", world.broker.memory() - before);
}

#[test]
fn each_retained_message_comes_once_and_before_what_follows_it() {
    let mut world = with_retained();
    world.connect(2);
    world.subscribe(2, "store/+");
    // One topic that the cursor has not reached is published to live, another is retained anew.
    world.publish(1, "store/19990", "live", false);
    world.publish(1, "store/19991", "new", true);
    loop {
        while world.broker.poll_output().is_some() {}
        let taken = world.take(2);
        if world.broker.work_pending() {
            world.broker.handle_work(NOW);
        } else if taken == 0 {
            break;
        }
    }
    let messages = world.messages(2);
    let of = |topic: &str| -> Vec<(&str, bool)> {
        messages
            .iter()
            .filter(|(of, ..)| of == topic)
            .map(|(_, payload, retain)| (&**payload, *retain))
            .collect()
    };
    assert_eq!(of("store/19990"), [("old", true), ("live", false)]);
    assert_eq!(of("store/19991"), [("new", false)]);
    assert_eq!(messages.len(), RETAINED + 1);
    assert!((0..RETAINED).all(|number| !of_any(&messages, &format!("store/{number:05}")).is_empty()));
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

fn of_any<'a>(messages: &'a [(String, String, bool)], topic: &str) -> &'a [(String, String, bool)] {
    let found = messages.iter().position(|(of, ..)| of == topic);
    found.map_or(&[], |at| &messages[at..=at])
}
