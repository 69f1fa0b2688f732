//! A broker in memory and its clients, which say packets and see what they get as short texts. Shared by test
//! programs: `tests/limits` has it by its path.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::sync::Arc;

use hushwing_core::ProtocolVersion::{self, V5_0};
use hushwing_core::wire::{
    Acknowledgement, Connect, Packet, Properties, Publish, QoS, ReasonCode, Sender, Subscribe,
    SubscribeFiltersBuffer, SubscriptionOptions, Unsubscribe, UnsubscribeFiltersBuffer, split_frame,
};
use hushwing_core::{
    Answer, Ask, Broker, CloseCause, Command, Config, ConnectionId, Event, Hooks, Input, Instant, Origin,
    Output, PeerId, Position, Question, Record,
};

pub(crate) const START: Instant = Instant::from_micros(1_700_000_000_000_000);

pub(crate) struct World {
    pub(crate) broker: Broker,
    pub(crate) now: Instant,
    peers: BTreeMap<ConnectionId, Peer>,
    events: Vec<Event>,
    /// The broker may stop.
    pub(crate) stopped: bool,
    /// Clients whose sockets take nothing.
    held_back: BTreeSet<ConnectionId>,
    /// Clients that are not read from.
    unread: BTreeSet<ConnectionId>,
    /// What is still to be answered.
    questions: Vec<(Question, Ask)>,
    /// Work that is pending stays so until [`World::work`] is called.
    pub(crate) idle: bool,
    /// What is recorded is not stored before [`World::store`] is called.
    pub(crate) disk_stalls: bool,
    unstored: Option<Position>,
    /// Everything that was recorded, in its order.
    pub(crate) records: Vec<Record>,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

struct Peer {
    version: ProtocolVersion,
    arrived: Vec<u8>,
    closing: bool,
    /// The transport is gone.
    gone: bool,
}

impl Peer {
    /// Shows every packet that came.
    #[track_caller]
    fn each(&self, mut show: impl FnMut(&Packet<'_>)) {
        let mut bytes = &self.arrived[..];
        while let Some(frame) = split_frame(bytes, Some(self.version), u32::MAX).expect("well formed") {
            show(&Packet::decode(&frame, self.version, Sender::Server).expect("well formed"));
            bytes = &bytes[frame.length..];
        }
        assert!(bytes.is_empty(), "half a packet: {bytes:?}");
    }
}

pub(crate) fn text(qos: QoS, filter: &str) -> (String, SubscriptionOptions) {
    (filter.to_owned(), SubscriptionOptions { qos, ..SubscriptionOptions::default() })
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        Self::with(Broker::new(Arc::new(config), PeerId(0), 7))
    }

    /// A broker that asks these hooks.
    pub(crate) fn hooked(config: Config, hooks: impl Hooks + Send + 'static) -> Self {
        let mut world = Self::new(config);
        world.broker.set_hooks(Box::new(hooks));
        world
    }

    pub(crate) fn with(broker: Broker) -> Self {
        Self {
            broker,
            now: START,
            peers: BTreeMap::new(),
            events: Vec::new(),
            stopped: false,
            held_back: BTreeSet::new(),
            unread: BTreeSet::new(),
            questions: Vec::new(),
            idle: false,
            disk_stalls: false,
            unstored: None,
            records: Vec::new(),
            bytes_in: 0,
            bytes_out: 0,
        }
    }

    /// A connection on which nothing was said.
    pub(crate) fn open(&mut self, version: ProtocolVersion) -> ConnectionId {
        self.open_at(version, 0)
    }

    /// The same at a listener by its number.
    pub(crate) fn open_at(&mut self, version: ProtocolVersion, listener: u16) -> ConnectionId {
        let connection = ConnectionId(self.peers.len() as u64 + 1);
        self.peers.insert(connection, Peer { version, arrived: Vec::new(), closing: false, gone: false });
        self.input(Input::Opened { connection, origin: Origin { listener, ..Origin::default() } });
        connection
    }

    /// A client that was accepted, with a session that ends with its connection.
    pub(crate) fn client(&mut self, version: ProtocolVersion, client_identifier: &str) -> ConnectionId {
        self.connect(&hello(version, client_identifier))
    }

    /// A client whose session is kept.
    pub(crate) fn kept_client(&mut self, version: ProtocolVersion, client_identifier: &str) -> ConnectionId {
        // Session Expiry Interval: for ever.
        let properties = if version == V5_0 { &[0x11, 0xFF, 0xFF, 0xFF, 0xFF][..] } else { &[] };
        let properties = Properties::from_validated(properties);
        self.connect(&Connect { clean_start: false, properties, ..hello(version, client_identifier) })
    }

    #[track_caller]
    pub(crate) fn connect(&mut self, connect: &Connect<'_>) -> ConnectionId {
        let connection = self.open(connect.version);
        self.say(connection, &Packet::Connect(*connect));
        let heard = self.heard(connection);
        assert!(heard.first().is_some_and(|first| first.starts_with("CONNACK 00")), "{heard:?}");
        connection
    }

    pub(crate) fn say(&mut self, connection: ConnectionId, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(self.peers[&connection].version, &mut bytes);
        self.send(connection, &bytes);
    }

    /// Bytes, whole packets or not.
    pub(crate) fn send(&mut self, connection: ConnectionId, bytes: &[u8]) {
        self.bytes_in += bytes.len() as u64;
        self.input(Input::Received { connection, bytes });
    }

    pub(crate) fn subscribe(&mut self, connection: ConnectionId, filter: &str, qos: QoS) {
        self.subscribe_with(connection, filter, text(qos, filter).1);
    }

    /// At QoS 1, without its own messages.
    pub(crate) fn subscribe_no_local(&mut self, connection: ConnectionId, filter: &str) {
        let options = SubscriptionOptions { no_local: true, ..text(QoS::AtLeastOnce, filter).1 };
        self.subscribe_with(connection, filter, options);
    }

    fn subscribe_with(&mut self, connection: ConnectionId, filter: &str, options: SubscriptionOptions) {
        let mut filters = SubscribeFiltersBuffer::new();
        filters.push(filter, options, self.peers[&connection].version);
        self.say(
            connection,
            &Packet::Subscribe(Subscribe {
                packet_identifier: NonZeroU16::MIN,
                properties: Properties::EMPTY,
                filters: filters.as_filters(),
            }),
        );
    }

    pub(crate) fn unsubscribe(&mut self, connection: ConnectionId, filter: &str) {
        let mut filters = UnsubscribeFiltersBuffer::new();
        filters.push(filter);
        self.say(
            connection,
            &Packet::Unsubscribe(Unsubscribe {
                packet_identifier: NonZeroU16::MIN,
                properties: Properties::EMPTY,
                filters: filters.as_filters(),
            }),
        );
    }

    /// Packet identifier 7 where one is needed.
    pub(crate) fn publish(&mut self, connection: ConnectionId, topic: &str, payload: &str, qos: QoS) {
        self.say(connection, &Packet::Publish(message(topic, payload, qos)));
    }

    /// From now on the socket of this client takes nothing.
    pub(crate) fn hold_back(&mut self, connection: ConnectionId) {
        self.held_back.insert(connection);
    }

    /// From now on the socket of this client takes everything again, and what has waited.
    pub(crate) fn let_through(&mut self, connection: ConnectionId) {
        self.held_back.remove(&connection);
        self.drain_from(vec![connection]);
    }

    /// Whether the driver was told to read from this client.
    pub(crate) fn reads(&self, connection: ConnectionId) -> bool {
        !self.unread.contains(&connection)
    }

    /// What is asked and was not answered.
    pub(crate) fn asked(&self) -> Vec<&Ask> {
        self.questions.iter().map(|(_, about)| about).collect()
    }

    /// Answers the oldest question.
    pub(crate) fn answer(&mut self, answer: Answer) {
        let (question, _) = self.questions.remove(0);
        self.input(Input::Answer { question, answer });
    }

    /// Does one piece of the work that is pending.
    pub(crate) fn work(&mut self) {
        self.broker.handle_work(self.now);
        self.drain();
    }

    /// What was recorded is on stable storage.
    pub(crate) fn store(&mut self) {
        while let Some(position) = self.unstored.take() {
            self.input(Input::Persisted { position });
        }
    }

    /// The client breaks the connection without a word.
    pub(crate) fn cut(&mut self, connection: ConnectionId) {
        self.gone(connection, CloseCause::Failed);
    }

    fn gone(&mut self, connection: ConnectionId, cause: CloseCause) {
        if let Some(peer) = self.peers.get_mut(&connection).filter(|peer| !peer.gone) {
            peer.gone = true;
            self.input(Input::Closed { connection, cause });
        }
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.wait_micros(seconds * 1_000_000);
    }

    pub(crate) fn wait_micros(&mut self, micros: u64) {
        self.now = Instant::from_micros(self.now.as_micros() + micros);
        while self.broker.poll_timeout().is_some_and(|due| due <= self.now) {
            self.broker.handle_timeout(self.now);
            self.drain();
        }
    }

    /// What came for this client since it was asked last.
    #[track_caller]
    pub(crate) fn heard(&mut self, connection: ConnectionId) -> Vec<String> {
        let peer = self.peers.get_mut(&connection).expect("opened");
        let mut heard = Vec::new();
        peer.each(|packet| heard.push(describe(packet)));
        if peer.closing {
            heard.push("closed".to_owned());
        }
        peer.arrived.clear();
        heard
    }

    /// Has a client say PUBACK for the last QoS 1 message that came since it was last asked what it heard.
    pub(crate) fn acknowledge(&mut self, connection: ConnectionId) {
        let mut last = None;
        self.peers[&connection].each(|packet| {
            if let Packet::Publish(publish) = packet {
                last = publish.packet_identifier;
            }
        });
        let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
        let packet_identifier = last.expect("a message to acknowledge");
        self.say(connection, &Packet::Puback(Acknowledgement { packet_identifier, reason, properties }));
    }

    /// The payloads of the messages that this client hears, those included that come as it acknowledges others.
    pub(crate) fn take_messages(&mut self, connection: ConnectionId) -> Vec<String> {
        let mut payloads = Vec::new();
        loop {
            let (before, mut open) = (payloads.len(), Vec::new());
            self.peers[&connection].each(|packet| {
                if let Packet::Publish(publish) = packet {
                    payloads.push(String::from_utf8_lossy(publish.payload).into_owned());
                    open.extend(publish.packet_identifier);
                }
            });
            self.heard(connection);
            if payloads.len() == before {
                return payloads;
            }
            for packet_identifier in open {
                let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
                self.say(
                    connection,
                    &Packet::Puback(Acknowledgement { packet_identifier, reason, properties }),
                );
            }
        }
    }

    /// The Reason Strings that came for this client since it was last asked what it heard.
    pub(crate) fn explanations(&self, connection: ConnectionId) -> Vec<String> {
        let mut explanations = Vec::new();
        self.peers[&connection].each(|packet| {
            let properties = match packet {
                Packet::Connack(of) => of.properties,
                Packet::Puback(of) | Packet::Pubrec(of) => of.properties,
                Packet::Suback(of) => of.properties,
                _ => Properties::EMPTY,
            };
            explanations.extend(properties.reason_string().map(str::to_owned));
        });
        explanations
    }

    /// What was told since it was asked last.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// What hooks failed of, since it was asked last.
    pub(crate) fn hook_failures(&mut self) -> Vec<String> {
        let failures = self.events().into_iter().filter_map(|event| match event {
            Event::HookFailed { message } => Some(message),
            _ => None,
        });
        failures.collect()
    }

    /// What commands failed of, since it was asked last.
    pub(crate) fn failures(&mut self) -> Vec<String> {
        let failures = self.events().into_iter().filter_map(|event| match event {
            Event::CommandFailed { message } => Some(message),
            _ => None,
        });
        failures.collect()
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(self.now, input);
        self.drain();
        let closed: Vec<ConnectionId> =
            self.peers.iter().filter(|(_, peer)| peer.closing && !peer.gone).map(|(id, _)| *id).collect();
        for connection in closed {
            self.gone(connection, CloseCause::Local);
        }
    }

    fn drain(&mut self) {
        self.drain_from(Vec::new());
    }

    fn drain_from(&mut self, mut waiting: Vec<ConnectionId>) {
        loop {
            while let Some(output) = self.broker.poll_output() {
                match output {
                    Output::Transmit { connection } => waiting.push(connection),
                    Output::Close { connection } => {
                        waiting.push(connection);
                        self.peers.get_mut(&connection).expect("opened").closing = true;
                    }
                    Output::Persist { position, records } => {
                        self.records.extend(records);
                        if self.disk_stalls {
                            self.unstored = Some(position);
                        } else {
                            self.broker.handle_input(self.now, Input::Persisted { position });
                        }
                    }
                    Output::Event(event) => self.events.push(event),
                    Output::Read { connection, enabled: true } => {
                        self.unread.remove(&connection);
                    }
                    Output::Read { connection, enabled: false } => {
                        self.unread.insert(connection);
                    }
                    Output::Ask { question, about } => self.questions.push((question, about)),
                    Output::Stopped => self.stopped = true,
                }
            }
            if self.broker.work_pending() && !self.idle {
                self.broker.handle_work(self.now);
                continue;
            }
            let Some(connection) = waiting.pop() else { break };
            if self.held_back.contains(&connection) {
                continue;
            }
            while let Some(transmit) = self.broker.transmit(self.now, connection) {
                let peer = self.peers.get_mut(&connection).expect("opened");
                peer.arrived.extend_from_slice(transmit.first());
                let written = transmit.first().len();
                transmit.advance(written);
                self.bytes_out += written as u64;
            }
        }
        assert_eq!(self.broker.memory(), self.broker.memory_walk());
    }
}

pub(crate) fn hello(version: ProtocolVersion, client_identifier: &str) -> Connect<'_> {
    Connect {
        version,
        clean_start: true,
        keep_alive_seconds: 0,
        client_identifier,
        properties: Properties::EMPTY,
        will: None,
        user_name: None,
        password: None,
    }
}

pub(crate) fn message<'a>(topic: &'a str, payload: &'a str, qos: QoS) -> Publish<'a> {
    Publish {
        duplicate: false,
        qos,
        retain: false,
        topic,
        packet_identifier: if qos == QoS::AtMostOnce { None } else { NonZeroU16::new(7) },
        properties: Properties::EMPTY,
        payload: payload.as_bytes(),
    }
}

/// The kind of packet in capitals, codes in hexadecimal, what matters of a message.
fn describe(packet: &Packet<'_>) -> String {
    let codes = |codes: &[u8]| codes.iter().map(|code| format!(" {code:02x}")).collect::<String>();
    match packet {
        Packet::Connack(connack) => {
            let present = if connack.session_present { ", present" } else { "" };
            format!("CONNACK {:02x}{present}", connack.reason.byte())
        }
        Packet::Publish(publish) => {
            let retained = if publish.retain { " retained" } else { "" };
            let identifiers: String =
                publish.properties.subscription_identifiers().map(|number| format!(" #{number}")).collect();
            let payload = String::from_utf8_lossy(publish.payload);
            let expiry = publish.properties.message_expiry_interval();
            let expiry = expiry.map(|seconds| format!(", expires {seconds}")).unwrap_or_default();
            let content = publish.properties.content_type();
            let content = content.map(|kind| format!(", {kind}")).unwrap_or_default();
            let (qos, topic) = (publish.qos.bits(), publish.topic);
            format!("PUBLISH {qos}{retained}{identifiers} {topic}: {payload}{expiry}{content}")
        }
        Packet::Puback(of) => format!("PUBACK {:02x}", of.reason.byte()),
        Packet::Pubrec(of) => format!("PUBREC {:02x}", of.reason.byte()),
        Packet::Pubrel(of) => format!("PUBREL {:02x}", of.reason.byte()),
        Packet::Pubcomp(of) => format!("PUBCOMP {:02x}", of.reason.byte()),
        Packet::Suback(suback) => format!("SUBACK{}", codes(suback.reasons)),
        Packet::Unsuback(unsuback) => format!("UNSUBACK{}", codes(unsuback.reasons)),
        Packet::Disconnect(disconnect) => format!("DISCONNECT {:02x}", disconnect.reason.byte()),
        other => format!("{other:?}"),
    }
}
