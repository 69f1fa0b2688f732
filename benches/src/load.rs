//! Brokers with clients that are ready to talk.

use std::num::NonZeroU16;

use hushwing_core::wire::QoS;
use hushwing_core::{ConnectionId, Hooks, ProtocolVersion};

use crate::traffic::{connect, publish, repeated, subscribe};
use crate::{Buffers, INPUT_BYTES, World};

const VERSION: ProtocolVersion = ProtocolVersion::V3_1_1;

/// A multiplier that visits every topic once, in an order that looks random: it is prime to their number.
const STRIDE: usize = 61_803;

/// QoS 0 messages, and who gets them.
pub struct Load {
    world: World,
    /// What the publishers say in each turn; after the last comes the first again.
    turns: Vec<Vec<(ConnectionId, Vec<u8>)>>,
    next: usize,
    /// What the broker reads from, as a driver reads from its sockets.
    buffer: Vec<u8>,
    /// Deliveries of each turn.
    pub deliveries: u64,
}

impl Load {
    /// From now on the broker asks these hooks.
    pub fn set_hooks(&mut self, hooks: Box<dyn Hooks + Send>) {
        self.world.set_hooks(hooks);
    }

    /// `pairs` topics of one publisher and one subscriber each; 64 KiB from every publisher in a turn.
    pub fn one_to_one(pairs: usize) -> Self {
        let mut world = World::new();
        let mut turn = Vec::new();
        let mut deliveries = 0;
        for pair in 0..pairs {
            let topic = format!("bench/{pair:04}");
            join(&mut world, &format!("subscriber-{pair}"), std::slice::from_ref(&topic), QoS::AtMostOnce);
            let publisher = join(&mut world, &format!("publisher-{pair}"), &[], QoS::AtMostOnce);
            let (bytes, count) = repeated(&publish(&topic, QoS::AtMostOnce, None, VERSION), INPUT_BYTES);
            turn.push((publisher, bytes));
            deliveries += count as u64;
        }
        Self { world, turns: vec![turn], next: 0, buffer: Vec::new(), deliveries }
    }

    /// `topics` topics (a multiple of 20, prime to the stride of 61,803), 20 subscribers with an equal part of them each, and
    /// 20 publishers that publish to them in an order that looks random.
    pub fn random_topics(topics: usize) -> Self {
        const CLIENTS: usize = 20;
        let mut world = World::new();
        let name = |topic: usize| format!("devices/{:05}/state", topic % topics);
        for subscriber in 0..CLIENTS {
            let own: Vec<String> = (subscriber..topics).step_by(CLIENTS).map(name).collect();
            join(&mut world, &format!("subscriber-{subscriber}"), &own, QoS::AtMostOnce);
        }
        let length = publish(&name(0), QoS::AtMostOnce, None, VERSION).len();
        let count = INPUT_BYTES / length;
        let publishers: Vec<_> = (0..CLIENTS)
            .map(|publisher| join(&mut world, &format!("publisher-{publisher}"), &[], QoS::AtMostOnce))
            .collect();
        let mut position = 0;
        let mut input = || {
            let mut bytes = Vec::with_capacity(INPUT_BYTES);
            for _ in 0..count {
                bytes.extend(publish(&name(position), QoS::AtMostOnce, None, VERSION));
                position += STRIDE;
            }
            bytes
        };
        let turns = topics.div_ceil(count * CLIENTS) * 3;
        let turns =
            (0..turns).map(|_| publishers.iter().map(|&publisher| (publisher, input())).collect()).collect();
        Self { world, turns, next: 0, buffer: Vec::new(), deliveries: (count * CLIENTS) as u64 }
    }

    /// One publisher, and `subscribers` that all get every message. One turn is one message.
    pub fn fan_out(subscribers: usize) -> Self {
        let mut world = World::new();
        let topic = "bench/everybody";
        for subscriber in 0..subscribers {
            join(&mut world, &format!("subscriber-{subscriber}"), &[topic.to_owned()], QoS::AtMostOnce);
        }
        let publisher = join(&mut world, "publisher", &[], QoS::AtMostOnce);
        let bytes = publish(topic, QoS::AtMostOnce, None, VERSION);
        Self {
            world,
            turns: vec![vec![(publisher, bytes)]],
            next: 0,
            buffer: Vec::new(),
            deliveries: subscribers as u64,
        }
    }

    /// Everybody says what is to be said once.
    ///
    /// # Panics
    ///
    /// If not every message was delivered.
    pub fn turn(&mut self) {
        let mut said = 0;
        let before = self.world.bytes_out;
        for (publisher, bytes) in &self.turns[self.next] {
            self.buffer.clear();
            self.buffer.extend_from_slice(bytes);
            self.world.receive(*publisher, &self.buffer);
            said += bytes.len() as u64;
        }
        self.next = (self.next + 1) % self.turns.len();
        self.world.finish_turn(|_, _| {});
        let copies = if self.turns.len() == 1 && self.turns[0].len() == 1 { self.deliveries } else { 1 };
        assert_eq!(self.world.bytes_out - before, said * copies, "a message was lost or dropped");
    }
}

/// QoS 1 or 2 messages between pairs of clients that acknowledge.
pub struct Conversation {
    world: World,
    buffers: Vec<Buffers>,
    publishers: Vec<(ConnectionId, Vec<u8>)>,
    /// Deliveries of each turn.
    pub deliveries: u64,
}

impl Conversation {
    /// From now on the broker asks these hooks.
    pub fn set_hooks(&mut self, hooks: Box<dyn Hooks + Send>) {
        self.world.set_hooks(hooks);
    }

    /// `pairs` topics of one publisher and one subscriber each; every publisher sends 100 messages, and the turn
    /// ends when all is acknowledged everywhere.
    pub fn one_to_one(pairs: usize, qos: QoS) -> Self {
        const MESSAGES: u16 = 100;
        let mut world = World::new();
        let mut publishers = Vec::new();
        for pair in 0..pairs {
            let topic = format!("bench/{pair:04}");
            join(&mut world, &format!("subscriber-{pair}"), std::slice::from_ref(&topic), qos);
            let publisher = join(&mut world, &format!("publisher-{pair}"), &[], qos);
            let packet = |number| publish(&topic, qos, NonZeroU16::new(number), VERSION);
            publishers.push((publisher, (1..=MESSAGES).flat_map(packet).collect()));
        }
        let buffers = vec![Buffers::default(); pairs * 2 + 1];
        Self { world, buffers, publishers, deliveries: pairs as u64 * u64::from(MESSAGES) }
    }

    /// Everybody publishes, and acknowledges, until nothing is left to say.
    pub fn turn(&mut self) {
        for (publisher, bytes) in &self.publishers {
            self.world.receive(*publisher, bytes);
        }
        self.world.converse(&mut self.buffers);
    }
}

/// Connects a client and subscribes; connections are numbered from 1.
fn join(world: &mut World, client_identifier: &str, filters: &[String], qos: QoS) -> ConnectionId {
    let connection = world.next_connection();
    world.open(connection, &connect(client_identifier, VERSION));
    for filter in filters {
        world.receive(connection, &subscribe(filter, qos, VERSION));
        world.finish_turn(|_, _| {});
    }
    connection
}
