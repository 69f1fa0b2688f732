//! A broker with a journal in memory, and clients of 5.0 that see packets as words.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use hushwing_core::record::{Key, Row};
use hushwing_core::wire::{
    Acknowledgement, Connect, Disconnect, Packet, PacketType, Properties, PropertiesBuffer, Property,
    Publish, QoS, ReasonCode, Sender, Subscribe, SubscribeFiltersBuffer, SubscriptionOptions, Unsubscribe,
    UnsubscribeFiltersBuffer, Will, split_frame,
};
use hushwing_core::{
    Broker, CloseCause, Config, ConnectionId, Fault, Input, Instant, Limits, Origin, Output, PeerId,
    Position, ProtocolVersion, Record,
};

const V: ProtocolVersion = ProtocolVersion::V5_0;

/// What a client says in CONNECT.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) clean: bool,
    pub(crate) expiry_seconds: u32,
    pub(crate) receive_maximum: u16,
    pub(crate) keep_alive_seconds: u16,
    /// The delay of a will at QoS 1 to the topic `t`.
    pub(crate) will_delay_seconds: Option<u32>,
}

/// A session that is gone on with, and kept.
pub(crate) const KEPT: Entry = Entry {
    clean: false,
    expiry_seconds: u32::MAX,
    receive_maximum: 10,
    keep_alive_seconds: 0,
    will_delay_seconds: None,
};

/// See the module.
pub(crate) struct World {
    pub(crate) broker: Broker,
    config: Arc<Config>,
    now: Instant,
    /// Nothing is persisted before [`World::persist`].
    pub(crate) slow: bool,
    stored: BTreeMap<Key, Row>,
    unstored: Vec<(Position, Vec<Record>)>,
    closing: Vec<ConnectionId>,
}

impl World {
    pub(crate) fn new(fault: Option<Fault>, limits: Limits) -> Self {
        let config = Arc::new(Config { limits, journal: true, fault, ..Config::default() });
        Self {
            broker: Broker::new(Arc::clone(&config), PeerId(0), 1),
            config,
            now: Instant::from_micros(1_700_000_000_000_000),
            slow: false,
            stored: BTreeMap::new(),
            unstored: Vec::new(),
            closing: Vec::new(),
        }
    }

    fn poll(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Persist { position, records } => self.unstored.push((position, records)),
                Output::Close { connection } => self.closing.push(connection),
                _ => {}
            }
            if !self.slow {
                self.persist(usize::MAX);
            }
        }
    }

    /// The first groups that are not on stable storage yet are from now on.
    pub(crate) fn persist(&mut self, groups: usize) {
        for (position, records) in self.unstored.drain(..groups.min(self.unstored.len())) {
            for record in records {
                match record {
                    Record::Put(row) => drop(self.stored.insert(row.key(), row)),
                    Record::Delete(key) => drop(self.stored.remove(&key)),
                }
            }
            self.broker.handle_input(self.now, Input::Persisted { position });
        }
    }

    /// The process ends, and another one begins with what is on stable storage.
    pub(crate) fn crash(&mut self) {
        self.broker = Broker::new(Arc::clone(&self.config), PeerId(0), 2);
        self.unstored.clear();
        self.closing.clear();
        for row in self.stored.values() {
            self.broker.restore(Record::Put(Row::decode(&row.encode()).unwrap()));
        }
        self.now = self.broker.restored(self.now);
        self.poll();
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        let end = self.now.after(Duration::from_secs(seconds));
        while let Some(due) = self.broker.poll_timeout().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.broker.handle_timeout(self.now);
            self.poll();
        }
        self.now = end;
    }

    fn send(&mut self, id: u64, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(V, &mut bytes);
        self.broker.handle_input(self.now, Input::Received { connection: ConnectionId(id), bytes: &bytes });
        self.poll();
    }

    pub(crate) fn connect(&mut self, id: u64, client_identifier: &str, entry: Entry) {
        let connection = ConnectionId(id);
        self.broker.handle_input(self.now, Input::Opened { connection, origin: Origin::default() });
        let mut properties = PropertiesBuffer::new();
        properties.push(Property::SessionExpiryInterval(entry.expiry_seconds));
        properties.push(Property::ReceiveMaximum(entry.receive_maximum));
        let mut of_will = PropertiesBuffer::new();
        let will = entry.will_delay_seconds.map(|seconds| {
            of_will.push(Property::WillDelayInterval(seconds));
            Will {
                topic: "t",
                payload: b"will",
                qos: QoS::AtLeastOnce,
                retain: false,
                properties: of_will.as_properties(),
            }
        });
        let connect = Connect {
            version: V,
            clean_start: entry.clean,
            keep_alive_seconds: entry.keep_alive_seconds,
            client_identifier,
            properties: properties.as_properties(),
            will,
            user_name: None,
            password: None,
        };
        self.send(id, &Packet::Connect(connect));
    }

    pub(crate) fn disconnect(&mut self, id: u64) {
        let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
        self.send(id, &Packet::Disconnect(Disconnect { reason, properties }));
        self.cut(id);
    }

    pub(crate) fn cut(&mut self, id: u64) {
        let closed = Input::Closed { connection: ConnectionId(id), cause: CloseCause::Peer };
        self.broker.handle_input(self.now, closed);
        self.poll();
    }

    /// A message at QoS 1, or 2 if it has a packet identifier and `qos` says so.
    pub(crate) fn publish(&mut self, id: u64, topic: &str, payload: &str, qos: QoS) {
        self.publish_as(id, topic, payload, qos, 1, false, None);
    }

    #[expect(clippy::too_many_arguments, reason = "what PUBLISH has")]
    pub(crate) fn publish_as(
        &mut self,
        id: u64,
        topic: &str,
        payload: &str,
        qos: QoS,
        packet_identifier: u16,
        retain: bool,
        alias: Option<u16>,
    ) {
        let mut properties = PropertiesBuffer::new();
        alias.into_iter().for_each(|alias| properties.push(Property::TopicAlias(alias)));
        let packet_identifier = NonZeroU16::new(packet_identifier).filter(|_| qos > QoS::AtMostOnce);
        let publish = Publish {
            duplicate: false,
            qos,
            retain,
            topic,
            packet_identifier,
            properties: properties.as_properties(),
            payload: payload.as_bytes(),
        };
        self.send(id, &Packet::Publish(publish));
    }

    pub(crate) fn subscribe(&mut self, id: u64, filter: &str, qos: QoS, no_local: bool) {
        let mut filters = SubscribeFiltersBuffer::default();
        filters.push(filter, SubscriptionOptions { qos, no_local, ..SubscriptionOptions::default() }, V);
        let (packet_identifier, filters) = (NonZeroU16::MIN, filters.as_filters());
        let properties = Properties::EMPTY;
        self.send(id, &Packet::Subscribe(Subscribe { packet_identifier, properties, filters }));
    }

    pub(crate) fn unsubscribe(&mut self, id: u64, filter: &str) {
        let mut filters = UnsubscribeFiltersBuffer::default();
        filters.push(filter);
        let (packet_identifier, filters) = (NonZeroU16::MIN, filters.as_filters());
        let properties = Properties::EMPTY;
        self.send(id, &Packet::Unsubscribe(Unsubscribe { packet_identifier, properties, filters }));
    }

    pub(crate) fn acknowledge(&mut self, id: u64, packet_type: PacketType, packet_identifier: u16) {
        let packet_identifier = NonZeroU16::new(packet_identifier).unwrap();
        let reason = ReasonCode::Success;
        let acknowledgement = Acknowledgement { packet_identifier, reason, properties: Properties::EMPTY };
        let packet = match packet_type {
            PacketType::Puback => Packet::Puback(acknowledgement),
            PacketType::Pubrec => Packet::Pubrec(acknowledgement),
            PacketType::Pubrel => Packet::Pubrel(acknowledgement),
            _ => Packet::Pubcomp(acknowledgement),
        };
        self.send(id, &packet);
    }

    /// What a client was sent since it was last asked, in words; `closed` at the end of its connection.
    pub(crate) fn get(&mut self, id: u64) -> Vec<String> {
        let connection = ConnectionId(id);
        let mut bytes = Vec::new();
        while let Some(transmit) = self.broker.transmit(self.now, connection) {
            while !transmit.is_empty() {
                bytes.extend_from_slice(transmit.first());
                transmit.advance(transmit.first().len());
            }
            self.poll();
        }
        self.poll();
        let (mut words, mut bytes) = (Vec::new(), &bytes[..]);
        while let Some(frame) = split_frame(bytes, Some(V), u32::MAX).unwrap() {
            words.push(described(&Packet::decode(&frame, V, Sender::Server).unwrap()));
            bytes = &bytes[frame.length..];
        }
        words.extend(self.closing.contains(&connection).then(|| "closed".to_owned()));
        words
    }
}

fn described(packet: &Packet<'_>) -> String {
    match packet {
        Packet::Connack(connack) => format!("connack {}", u8::from(connack.session_present)),
        Packet::Publish(publish) => {
            let payload = String::from_utf8_lossy(publish.payload);
            let again = if publish.duplicate { " again" } else { "" };
            match publish.packet_identifier {
                Some(packet_identifier) => format!("publish {packet_identifier} {payload}{again}"),
                None => format!("publish {payload}{again}"),
            }
        }
        Packet::Puback(of) => format!("puback {}", of.packet_identifier),
        Packet::Pubrec(of) => format!("pubrec {}", of.packet_identifier),
        Packet::Pubrel(of) => format!("pubrel {}", of.packet_identifier),
        Packet::Pubcomp(of) => format!("pubcomp {}", of.packet_identifier),
        Packet::Suback(_) => "suback".to_owned(),
        Packet::Unsuback(_) => "unsuback".to_owned(),
        Packet::Disconnect(disconnect) => format!("disconnect {:#04x}", disconnect.reason.byte()),
        other => format!("{other:?}"),
    }
}
