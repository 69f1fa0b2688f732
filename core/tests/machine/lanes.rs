//! Packets in their commonest form are handled in a few instructions. A limit to how fast clients publish, however
//! high, has every message looked at, and an acknowledgement with a reason code is not of that form: nobody can
//! tell which way a packet went.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;

use hushwing_core::wire::{
    Acknowledgement, Connect, Packet, Properties, PropertiesBuffer, Property, Publish, QoS, ReasonCode,
    Sender, Subscribe, SubscribeFiltersBuffer, SubscriptionOptions, Unsubscribe, UnsubscribeFiltersBuffer,
    split_frame,
};
use hushwing_core::{
    Broker, Command, Config, ConnectionId, Counters, Input, Instant, Limits, Origin, Output, PeerId,
    Position, ProtocolVersion,
};
use proptest::prelude::*;

use crate::world::NOW;

const CLIENTS: usize = 4;
const TOPICS: [&str; 5] = ["a", "a/b", "b/c", "a/much/longer/topic/that/gets/an/alias", "b"];
const FILTERS: [&str; 8] = ["a", "a/b", "#", "a/#", "+/c", "$share/g/a/b", "a/much/+/topic/#", "b"];

#[derive(Clone, Debug)]
struct Message {
    topic: usize,
    qos: u8,
    packet_identifier: u16,
    payload: usize,
    /// One of many is not plain.
    unlike: u8,
}

#[derive(Clone, Debug)]
enum Step {
    Connect {
        version: u8,
        clean: bool,
        small: bool,
        receive_maximum: u16,
    },
    Publish {
        messages: Vec<Message>,
        cut: usize,
    },
    Subscribe {
        filter: usize,
        qos: u8,
        options: u8,
    },
    Unsubscribe {
        filter: usize,
    },
    /// Takes what came and says so, if it is to be acknowledged.
    Acknowledge,
    Stray {
        first: u8,
        packet_identifier: u8,
    },
    Take,
    Persist,
    Wait {
        seconds: u64,
    },
    Reload {
        topic_bytes: u16,
        packet_bytes: u32,
        qos: u8,
    },
    Work,
}

/// One of two brokers that are told the same.
struct Half {
    broker: Broker,
    fast: bool,
    outputs: Vec<Output>,
    position: Position,
    received: Vec<Vec<u8>>,
    now: Instant,
}

fn limits(fast: bool) -> Limits {
    Limits {
        publish_messages_per_second: if fast { 0 } else { u32::MAX },
        transmit_mark_bytes: 2_000,
        qos0_backlog_bytes: 3_000,
        queue_messages: 5,
        in_flight_maximum: 3,
        receive_maximum: 4,
        receivers_per_turn: 3,
        ..Limits::default()
    }
}

impl Half {
    fn new(fast: bool, journal: bool) -> Self {
        let config = Config { limits: limits(fast), journal, ..Config::default() };
        Self {
            broker: Broker::new(Arc::new(config), PeerId(0), 1),
            fast,
            outputs: Vec::new(),
            position: Position::NONE,
            received: vec![Vec::new(); CLIENTS],
            now: NOW,
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(self.now, input);
        self.poll();
    }

    fn poll(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            if let Output::Persist { position, .. } = &output {
                self.position = *position;
            }
            self.outputs.push(output);
        }
        assert_eq!(self.broker.memory(), self.broker.memory_walk());
    }

    fn take(&mut self, connection: ConnectionId, client: usize) {
        while let Some(transmit) = self.broker.transmit(self.now, connection) {
            let received = &mut self.received[client];
            while !transmit.is_empty() {
                received.extend_from_slice(transmit.first());
                transmit.advance(transmit.first().len());
            }
            self.poll();
        }
        self.poll();
    }

    fn reload(&mut self, topic_bytes: u16, maximum_packet_size_bytes: u32, qos: QoS, journal: bool) {
        let limits = Limits { topic_bytes, maximum_packet_size_bytes, ..limits(self.fast) };
        let mut config = Config { limits, journal, ..Config::default() };
        config.policy.maximum_qos = qos;
        self.input(Input::Command(Command::Reload(Arc::new(config))));
    }

    fn counters(&self) -> Counters {
        // Bytes come as they are sent, and these differ.
        Counters { bytes_in: 0, ..self.broker.stats().counters }
    }
}

struct Client {
    connection: ConnectionId,
    version: ProtocolVersion,
    /// Bytes that were looked at.
    read: usize,
}

struct Pair {
    halves: [Half; 2],
    clients: Vec<Client>,
    connections: u64,
    journal: bool,
}

fn qos(bits: u8) -> QoS {
    QoS::from_bits(bits % 3).unwrap()
}

impl Pair {
    fn new(journal: bool) -> Self {
        let mut pair = Self {
            halves: [Half::new(true, journal), Half::new(false, journal)],
            clients: Vec::new(),
            connections: 0,
            journal,
        };
        for version in 0..CLIENTS {
            let client = Client { connection: ConnectionId(0), version: ProtocolVersion::V5_0, read: 0 };
            pair.clients.push(client);
            pair.connect(version, version as u8, version % 2 == 0, false, u16::MAX);
        }
        pair
    }

    fn both(&mut self, mut each: impl FnMut(&mut Half)) {
        self.halves.iter_mut().for_each(&mut each);
    }

    fn send(&mut self, client: usize, bytes: &[u8]) {
        let connection = self.clients[client].connection;
        self.both(|half| half.input(Input::Received { connection, bytes }));
    }

    /// Sends acknowledgements of four bytes each; those that take the usual way with a reason code that says the
    /// same, where the version knows one.
    fn send_acknowledgements(&mut self, client: usize, plain: &[u8]) {
        let Client { connection, version, .. } = self.clients[client];
        let long: Vec<u8> = plain.chunks(4).flat_map(|of| [of[0], 3, of[2], of[3], 0]).collect();
        self.both(|half| {
            let bytes = if half.fast || version != ProtocolVersion::V5_0 { plain } else { &long };
            half.input(Input::Received { connection, bytes });
        });
    }

    fn say(&mut self, client: usize, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(self.clients[client].version, &mut bytes);
        self.send(client, &bytes);
    }

    fn connect(&mut self, client: usize, version: u8, clean: bool, small: bool, receive_maximum: u16) {
        use ProtocolVersion::{V3_1, V3_1_1, V5_0};
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let version = [V5_0, V3_1_1, V5_0, V3_1][usize::from(version % 4)];
        let mut properties = PropertiesBuffer::new();
        if version == V5_0 {
            properties.push(Property::SessionExpiryInterval(if clean { 0 } else { 1_000 }));
            properties.push(Property::TopicAliasMaximum(if clean { 5 } else { 0 }));
            properties.push(Property::ReceiveMaximum(receive_maximum.max(1)));
            if small {
                properties.push(Property::MaximumPacketSize(40));
            }
        }
        self.clients[client] = Client { connection, version, read: 0 };
        self.both(|half| {
            half.received[client].clear();
            half.input(Input::Opened { connection, origin: Origin::default() });
        });
        let connect = Connect {
            version,
            clean_start: clean,
            keep_alive_seconds: 20,
            client_identifier: &format!("c{client}"),
            properties: properties.as_properties(),
            will: None,
            user_name: None,
            password: None,
        };
        self.say(client, &Packet::Connect(connect));
    }

    fn publish(&mut self, client: usize, messages: &[Message], cut: usize) {
        let version = self.clients[client].version;
        let mut bytes = Vec::new();
        for message in messages {
            let mut properties = PropertiesBuffer::new();
            let mut topic = TOPICS[message.topic];
            if version == ProtocolVersion::V5_0 {
                match message.unlike {
                    0 => properties.push(Property::MessageExpiryInterval(10)),
                    1 => properties.push(Property::TopicAlias(1)),
                    2 => {
                        properties.push(Property::TopicAlias(1));
                        topic = "";
                    }
                    _ => {}
                }
            }
            let qos = qos(message.qos);
            let acknowledged = qos > QoS::AtMostOnce;
            let packet = Publish {
                duplicate: message.unlike == 3 && acknowledged,
                qos,
                retain: message.unlike == 4,
                topic,
                packet_identifier: acknowledged
                    .then_some(NonZeroU16::new(message.packet_identifier).unwrap()),
                properties: properties.as_properties(),
                payload: &vec![b'x'; message.payload],
            };
            Packet::Publish(packet).encode(version, &mut bytes);
        }
        let (head, tail) = bytes.split_at(cut.min(bytes.len()));
        self.send(client, head);
        self.send(client, tail);
    }

    fn subscribe(&mut self, client: usize, filter: usize, bits: u8, options: u8) {
        let version = self.clients[client].version;
        let properties =
            NonZeroU32::new(u32::from(options >> 3)).filter(|_| version == ProtocolVersion::V5_0);
        let mut buffer = PropertiesBuffer::new();
        if let Some(identifier) = properties {
            buffer.push(Property::SubscriptionIdentifier(identifier.get()));
        }
        let filter = FILTERS[filter];
        let five = version == ProtocolVersion::V5_0;
        let options = SubscriptionOptions {
            qos: qos(bits),
            no_local: five && options & 1 != 0 && !filter.starts_with("$share"),
            retain_as_published: five && options & 2 != 0,
            ..SubscriptionOptions::default()
        };
        let mut filters = SubscribeFiltersBuffer::new();
        filters.push(filter, options, version);
        let (packet_identifier, filters) = (NonZeroU16::MIN, filters.as_filters());
        let properties = buffer.as_properties();
        self.say(client, &Packet::Subscribe(Subscribe { packet_identifier, properties, filters }));
    }

    fn take(&mut self, client: usize) {
        let connection = self.clients[client].connection;
        self.both(|half| half.take(connection, client));
    }

    fn acknowledge(&mut self, client: usize) {
        self.take(client);
        let Client { version, read, .. } = self.clients[client];
        let received = self.halves[0].received[client].clone();
        let (mut rest, mut bytes) = (received.get(read..).unwrap_or_default(), Vec::new());
        while let Ok(Some(frame)) = split_frame(rest, Some(version), u32::MAX) {
            let answer = |identifier: NonZeroU16| Acknowledgement {
                packet_identifier: identifier,
                reason: ReasonCode::Success,
                properties: Properties::EMPTY,
            };
            match Packet::decode(&frame, version, Sender::Server).unwrap() {
                Packet::Publish(Publish { packet_identifier: Some(identifier), qos, .. }) => {
                    let packet = match qos {
                        QoS::ExactlyOnce => Packet::Pubrec(answer(identifier)),
                        _ => Packet::Puback(answer(identifier)),
                    };
                    packet.encode(version, &mut bytes);
                }
                Packet::Pubrec(of) => {
                    Packet::Pubrel(answer(of.packet_identifier)).encode(version, &mut bytes)
                }
                Packet::Pubrel(of) => {
                    Packet::Pubcomp(answer(of.packet_identifier)).encode(version, &mut bytes)
                }
                _ => {}
            }
            rest = &rest[frame.length..];
        }
        self.clients[client].read = received.len() - rest.len();
        self.send_acknowledgements(client, &bytes);
    }

    fn step(&mut self, client: usize, step: &Step) {
        let journal = self.journal;
        match *step {
            Step::Connect { version, clean, small, receive_maximum } => {
                self.connect(client, version, clean, small, receive_maximum);
            }
            Step::Publish { ref messages, cut } => self.publish(client, messages, cut),
            Step::Subscribe { filter, qos, options } => self.subscribe(client, filter, qos, options),
            Step::Unsubscribe { filter } => {
                let mut filters = UnsubscribeFiltersBuffer::new();
                filters.push(FILTERS[filter]);
                let (packet_identifier, filters) = (NonZeroU16::MIN, filters.as_filters());
                let properties = Properties::EMPTY;
                self.say(
                    client,
                    &Packet::Unsubscribe(Unsubscribe { packet_identifier, properties, filters }),
                );
            }
            Step::Acknowledge => self.acknowledge(client),
            Step::Stray { first, packet_identifier } => {
                let first = [0x40, 0x50, 0x62, 0x70, 0x62][usize::from(first % 5)];
                self.send_acknowledgements(client, &[first, 2, 0, packet_identifier % 5]);
            }
            Step::Take => self.take(client),
            Step::Persist => self.both(|half| {
                let position = half.position;
                half.input(Input::Persisted { position });
            }),
            Step::Wait { seconds } => self.both(|half| {
                half.now = half.now.after_seconds(seconds);
                half.broker.handle_timeout(half.now);
                half.poll();
            }),
            Step::Reload { topic_bytes, packet_bytes, qos: bits } => {
                self.both(|half| half.reload(topic_bytes, packet_bytes, qos(bits), journal));
            }
            Step::Work => self.both(|half| {
                for _ in 0..100 {
                    half.broker.handle_work(half.now);
                    half.poll();
                }
                assert!(!half.broker.work_pending());
            }),
        }
    }
}

fn any_message() -> impl Strategy<Value = Message> {
    let payload = prop_oneof![Just(0), Just(3), Just(40), Just(1_100)];
    (0..TOPICS.len(), 0..3_u8, 1..6_u16, payload, 0..30_u8).prop_map(
        |(topic, qos, packet_identifier, payload, unlike)| Message {
            topic,
            qos,
            packet_identifier,
            payload,
            unlike,
        },
    )
}

/// Mostly the same topic again and again.
fn any_messages() -> impl Strategy<Value = Vec<Message>> {
    let messages = prop::collection::vec((any_message(), any::<bool>()), 1..12);
    messages.prop_map(|messages| {
        let mut last = 0;
        let repeat = |(mut message, again): (Message, bool)| {
            message.topic = if again { last } else { message.topic };
            last = message.topic;
            message
        };
        messages.into_iter().map(repeat).collect()
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    let connect = (any::<u8>(), any::<bool>(), 0..6_u8, prop_oneof![Just(u16::MAX), 1..4_u16]);
    prop_oneof![
        2 => connect.prop_map(|(version, clean, small, receive_maximum)| {
            Step::Connect { version, clean, small: small == 0, receive_maximum }
        }),
        12 => (any_messages(), prop_oneof![Just(usize::MAX), 0..200_usize])
            .prop_map(|(messages, cut)| Step::Publish { messages, cut }),
        6 => (0..FILTERS.len(), 0..3_u8, prop_oneof![3 => Just(0), 1 => 0..16_u8])
            .prop_map(|(filter, qos, options)| Step::Subscribe { filter, qos, options }),
        2 => (0..FILTERS.len()).prop_map(|filter| Step::Unsubscribe { filter }),
        10 => Just(Step::Acknowledge),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(first, packet_identifier)| {
            Step::Stray { first, packet_identifier }
        }),
        3 => Just(Step::Take),
        4 => Just(Step::Persist),
        1 => (1..12_u64).prop_map(|seconds| Step::Wait { seconds }),
        1 => (prop_oneof![Just(4_096), 1..5_u16], prop_oneof![Just(2_000_000), 30..60_u32], 0..3_u8)
            .prop_map(|(topic_bytes, packet_bytes, qos)| Step::Reload { topic_bytes, packet_bytes, qos }),
        4 => Just(Step::Work),
    ]
}

proptest! {
    #[test]
    fn nobody_can_tell_which_way_a_packet_went(
        journal: bool,
        steps in prop::collection::vec((0..CLIENTS, any_step()), 1..60),
    ) {
        let mut pair = Pair::new(journal);
        for (client, step) in &steps {
            pair.step(*client, step);
            let [fast, usual] = &mut pair.halves;
            prop_assert_eq!(core::mem::take(&mut fast.outputs), core::mem::take(&mut usual.outputs), "{:?}", step);
            prop_assert_eq!(&fast.received, &usual.received);
            prop_assert_eq!(fast.counters(), usual.counters());
        }
    }
}
