//! Brokers with clients that are ready to talk.

use std::num::NonZeroU16;
use std::time::Instant;

use hushwing_core::wire::QoS;
use hushwing_core::{ConnectionId, Hooks, ProtocolVersion};

use crate::traffic::{connect, publish, repeated, subscribe, unsubscribe};
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
    changes: Option<Changes>,
    /// How many get each message.
    copies: u64,
    /// Deliveries of each turn.
    pub deliveries: u64,
}

impl Load {
    fn new(world: World, turns: Vec<Vec<(ConnectionId, Vec<u8>)>>, messages: usize, copies: usize) -> Self {
        let (copies, deliveries) = (copies as u64, (messages * copies) as u64);
        Self { world, turns, next: 0, buffer: Vec::new(), changes: None, copies, deliveries }
    }

    /// From now on the broker asks these hooks.
    pub fn set_hooks(&mut self, hooks: Box<dyn Hooks + Send>) {
        self.world.set_hooks(hooks);
    }

    /// From now on another client subscribes and unsubscribes all the time.
    pub fn with_changes(mut self) -> Self {
        self.changes = Some(Changes::new(&mut self.world));
        self
    }

    /// `pairs` topics of one publisher and one subscriber each; 64 KiB from every publisher in a turn.
    pub fn one_to_one(pairs: usize) -> Self {
        let mut world = World::new();
        let mut turn = Vec::new();
        let mut messages = 0;
        for pair in 0..pairs {
            let topic = format!("bench/{pair:04}");
            join(&mut world, &format!("subscriber-{pair}"), std::slice::from_ref(&topic), QoS::AtMostOnce);
            let publisher = join(&mut world, &format!("publisher-{pair}"), &[], QoS::AtMostOnce);
            let (bytes, count) = repeated(&publish(&topic, QoS::AtMostOnce, None, VERSION), INPUT_BYTES);
            turn.push((publisher, bytes));
            messages += count;
        }
        Self::new(world, vec![turn], messages, 1)
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
        Self::in_turn(world, CLIENTS, topics, name, 1)
    }

    /// `filters` filters with wildcards in four shapes, a multiple of four and prime to the stride, held by eight
    /// subscribers. Every message is for four filters, one of each shape, of four subscribers.
    pub fn wildcards(filters: usize) -> Self {
        let mut world = World::new();
        let homes = filters / 4;
        let room = |home: usize| (home * 7 + 3) % homes;
        for subscriber in 0..8 {
            let own: Vec<String> = (subscriber / 4..homes)
                .step_by(2)
                .map(|home| match subscriber % 4 {
                    0 => format!("home/h{home}/+/state"),
                    1 => format!("home/h{home}/#"),
                    2 => format!("home/+/r{}/state", room(home)),
                    _ => format!("home/h{home}/+/#"),
                })
                .collect();
            join(&mut world, &format!("subscriber-{subscriber}"), &own, QoS::AtMostOnce);
        }
        let name = |position: usize| format!("home/h{}/r{}/state", position % homes, room(position % homes));
        Self::in_turn(world, 1, homes, name, 4)
    }

    /// Publishers that go through all topics in an order that looks random, 64 KiB from each in a turn.
    fn in_turn(
        mut world: World,
        publishers: usize,
        topics: usize,
        name: impl Fn(usize) -> String,
        copies: usize,
    ) -> Self {
        let publishers: Vec<_> = (0..publishers)
            .map(|publisher| join(&mut world, &format!("publisher-{publisher}"), &[], QoS::AtMostOnce))
            .collect();
        let longest = publish(&name(topics - 1), QoS::AtMostOnce, None, VERSION).len() + 2;
        let count = INPUT_BYTES / longest;
        let mut position = 0;
        let mut input = || {
            let mut bytes = Vec::with_capacity(INPUT_BYTES);
            for _ in 0..count {
                bytes.extend(publish(&name(position), QoS::AtMostOnce, None, VERSION));
                position += STRIDE;
            }
            bytes
        };
        let turns = topics.div_ceil(count * publishers.len()) * 3;
        let turns =
            (0..turns).map(|_| publishers.iter().map(|&publisher| (publisher, input())).collect()).collect();
        let messages = count * publishers.len();
        Self::new(world, turns, messages, copies)
    }

    /// One publisher, and `subscribers` that all get every message. One turn is `messages` messages.
    pub fn fan_out(subscribers: usize, messages: usize) -> Self {
        let mut world = World::new();
        let topic = "bench/everybody";
        for subscriber in 0..subscribers {
            join(&mut world, &format!("subscriber-{subscriber}"), &[topic.to_owned()], QoS::AtMostOnce);
        }
        let publisher = join(&mut world, "publisher", &[], QoS::AtMostOnce);
        let bytes = publish(topic, QoS::AtMostOnce, None, VERSION).repeat(messages);
        Self::new(world, vec![vec![(publisher, bytes)]], messages, subscribers)
    }

    /// Everybody says what is to be said once.
    ///
    /// # Panics
    ///
    /// If not every message was delivered.
    pub fn turn(&mut self) {
        self.changes.iter_mut().for_each(|changes| changes.catch_up(&mut self.world));
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
        assert_eq!(self.world.bytes_out - before, said * self.copies, "a message was lost or dropped");
    }
}

/// QoS 1 or 2 messages between pairs of clients that acknowledge.
pub struct Conversation {
    world: World,
    buffers: Vec<Buffers>,
    publishers: Vec<(ConnectionId, Vec<u8>)>,
    changes: Option<Changes>,
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
        Self { world, buffers, publishers, changes: None, deliveries: pairs as u64 * u64::from(MESSAGES) }
    }

    /// From now on another client subscribes and unsubscribes all the time.
    pub fn with_changes(mut self) -> Self {
        self.changes = Some(Changes::new(&mut self.world));
        self
    }

    /// Everybody publishes, and acknowledges, until nothing is left to say.
    pub fn turn(&mut self) {
        self.changes.iter_mut().for_each(|changes| changes.catch_up(&mut self.world));
        for (publisher, bytes) in &self.publishers {
            self.world.receive(*publisher, bytes);
        }
        self.world.converse(&mut self.buffers);
    }
}

/// A client that makes and ends 1,000 subscriptions a second, with wildcards, that concern nobody else.
struct Changes {
    connection: ConnectionId,
    since: Instant,
    made: u128,
}

impl Changes {
    fn new(world: &mut World) -> Self {
        let connection = join(world, "changes", &[], QoS::AtMostOnce);
        Self { connection, since: Instant::now(), made: 0 }
    }

    /// Makes and ends as many as are due by the real clock: the benchmarks measure real time.
    fn catch_up(&mut self, world: &mut World) {
        while self.made < self.since.elapsed().as_millis() {
            let filter = format!("elsewhere/{}/+/#", self.made % 1_000);
            world.receive(self.connection, &subscribe(&filter, QoS::AtMostOnce, VERSION));
            world.receive(self.connection, &unsubscribe(&filter, VERSION));
            world.finish_turn(|_, _| {});
            self.made += 1;
        }
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
