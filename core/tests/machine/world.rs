//! A broker in memory and some clients, driven as a driver would.

use std::collections::BTreeMap;
use std::sync::Arc;

use hushwing_core::record::{Key, Row};
use std::num::NonZeroU16;

use hushwing_core::wire::{
    Acknowledgement, Connect, Packet, Properties, PropertiesBuffer, Property, Publish, QoS, ReasonCode,
    Sender, Subscribe, SubscribeFiltersBuffer, SubscriptionOptions, Unsubscribe, UnsubscribeFiltersBuffer,
    split_frame,
};
use hushwing_core::{
    Broker, Config, ConnectionId, Input, Instant, Limits, Origin, Output, PeerId, Position, ProtocolVersion,
    Record,
};

/// When every test begins.
pub(crate) const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);
const V: ProtocolVersion = ProtocolVersion::V5_0;

/// See the module.
pub(crate) struct World {
    pub(crate) broker: Broker,
    /// What happened since it was last asked.
    pub(crate) outputs: Vec<Output>,
    pub(crate) now: Instant,
    config: Arc<Config>,
    /// What the journal has on stable storage, and what it was given since.
    stored: BTreeMap<Key, Row>,
    unstored: Vec<(Position, Vec<Record>)>,
    received: BTreeMap<ConnectionId, Vec<u8>>,
}

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        Self::with(Config { limits, ..Config::default() })
    }

    /// One whose promises wait for [`World::persist`].
    pub(crate) fn with_journal(limits: Limits) -> Self {
        Self::with(Config { limits, journal: true, ..Config::default() })
    }

    pub(crate) fn with(config: Config) -> Self {
        let config = Arc::new(config);
        Self {
            broker: Broker::new(Arc::clone(&config), PeerId(0), 1),
            outputs: Vec::new(),
            now: NOW,
            config,
            stored: BTreeMap::new(),
            unstored: Vec::new(),
            received: BTreeMap::new(),
        }
    }

    /// Everything recorded so far is on stable storage.
    pub(crate) fn persist(&mut self) {
        self.poll();
        while !self.unstored.is_empty() {
            for (position, records) in std::mem::take(&mut self.unstored) {
                for record in records {
                    match record {
                        Record::Put(row) => drop(self.stored.insert(row.key(), row)),
                        Record::Delete(key) => drop(self.stored.remove(&key)),
                    }
                }
                self.broker.handle_input(self.now, Input::Persisted { position });
            }
            self.poll();
        }
    }

    /// The process ends and another one begins with what is on stable storage.
    pub(crate) fn crash(&mut self) {
        self.broker = Broker::new(Arc::clone(&self.config), PeerId(0), 2);
        self.outputs.clear();
        self.unstored.clear();
        self.received.clear();
        for row in self.stored.values() {
            let row = Row::decode(&row.encode()).unwrap();
            self.broker.restore(Record::Put(row));
        }
        self.now = self.broker.restored(self.now);
        self.persist();
    }

    /// How many rows the store has, and how many changes it was asked for since.
    pub(crate) fn stored_rows(&mut self) -> (usize, usize) {
        self.poll();
        (self.stored.len(), self.unstored.len())
    }

    pub(crate) fn send(&mut self, id: u64, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(V, &mut bytes);
        self.broker.handle_input(self.now, Input::Received { connection: ConnectionId(id), bytes: &bytes });
    }

    pub(crate) fn connect(&mut self, id: u64) {
        self.connect_as(id, &format!("client-{id}"), true);
    }

    /// A client with a name; without `clean_start` its session is kept.
    pub(crate) fn connect_as(&mut self, id: u64, name: &str, clean_start: bool) {
        let connection = ConnectionId(id);
        self.broker.handle_input(self.now, Input::Opened { connection, origin: Origin::default() });
        let mut properties = PropertiesBuffer::new();
        if !clean_start {
            properties.push(Property::SessionExpiryInterval(u32::MAX));
        }
        self.send(
            id,
            &Packet::Connect(Connect {
                version: V,
                clean_start,
                keep_alive_seconds: 0,
                client_identifier: name,
                properties: properties.as_properties(),
                will: None,
                user_name: None,
                password: None,
            }),
        );
        self.drain(id);
    }

    pub(crate) fn publish(&mut self, id: u64, topic: &str, payload: &str, qos: QoS, retain: bool) {
        self.send(
            id,
            &Packet::Publish(Publish {
                duplicate: false,
                qos,
                retain,
                topic,
                packet_identifier: (qos > QoS::AtMostOnce).then_some(1.try_into().unwrap()),
                properties: Properties::EMPTY,
                payload: payload.as_bytes(),
            }),
        );
    }

    /// Several PUBLISH packets in one piece, their packet identifiers from 1 on.
    pub(crate) fn publications(&self, topic: &str, payloads: &[String], qos: QoS) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (payload, packet_identifier) in payloads.iter().zip(1..) {
            let publish = Publish {
                duplicate: false,
                qos,
                retain: false,
                topic,
                packet_identifier: NonZeroU16::new(packet_identifier).filter(|_| qos > QoS::AtMostOnce),
                properties: Properties::EMPTY,
                payload: payload.as_bytes(),
            };
            Packet::Publish(publish).encode(V, &mut bytes);
        }
        bytes
    }

    pub(crate) fn subscribe(&mut self, id: u64, filter: &str) {
        self.subscribe_at(id, filter, QoS::AtLeastOnce);
    }

    pub(crate) fn subscribe_at(&mut self, id: u64, filter: &str, qos: QoS) {
        let mut filters = SubscribeFiltersBuffer::default();
        let options = SubscriptionOptions { qos, ..SubscriptionOptions::default() };
        filters.push(filter, options, V);
        let packet_identifier = 1.try_into().unwrap();
        let filters = filters.as_filters();
        self.send(
            id,
            &Packet::Subscribe(Subscribe { packet_identifier, properties: Properties::EMPTY, filters }),
        );
    }

    /// Has the socket of one client take everything that is encoded now, and refills once.
    pub(crate) fn take(&mut self, id: u64) -> usize {
        let connection = ConnectionId(id);
        let Some(transmit) = self.broker.transmit(self.now, connection) else { return 0 };
        let received = self.received.entry(connection).or_default();
        let before = received.len();
        while !transmit.is_empty() {
            received.extend_from_slice(transmit.first());
            transmit.advance(transmit.first().len());
        }
        received.len() - before
    }

    pub(crate) fn drain(&mut self, id: u64) {
        self.poll();
        while self.take(id) > 0 {}
        self.poll();
    }

    pub(crate) fn unsubscribe(&mut self, id: u64, filter: &str) {
        let mut filters = UnsubscribeFiltersBuffer::default();
        filters.push(filter);
        let (packet_identifier, filters) = (2.try_into().unwrap(), filters.as_filters());
        let properties = Properties::EMPTY;
        self.send(id, &Packet::Unsubscribe(Unsubscribe { packet_identifier, properties, filters }));
    }

    /// Does what a driver does after every call.
    pub(crate) fn poll(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Persist { position, records } => self.unstored.push((position, records)),
                output => self.outputs.push(output),
            }
        }
    }

    /// Everything that one client was sent so far.
    pub(crate) fn received(&self, id: u64) -> &[u8] {
        self.received.get(&ConnectionId(id)).map_or(&[], Vec::as_slice)
    }

    /// Has a subscriber take and acknowledge everything that comes at QoS 1; how many messages that were.
    pub(crate) fn take_and_acknowledge(&mut self, id: u64) -> usize {
        let mut read = self.received(id).len();
        let mut count = 0;
        loop {
            self.drain(id);
            let bytes = self.received(id)[read..].to_vec();
            let mut bytes = &bytes[..];
            if bytes.is_empty() {
                return count;
            }
            while let Some(frame) = split_frame(bytes, Some(V), u32::MAX).unwrap() {
                if let Packet::Publish(publish) = Packet::decode(&frame, V, Sender::Server).unwrap()
                    && let Some(packet_identifier) = publish.packet_identifier
                {
                    let reason = ReasonCode::Success;
                    let properties = Properties::EMPTY;
                    self.send(id, &Packet::Puback(Acknowledgement { packet_identifier, reason, properties }));
                    count += 1;
                }
                bytes = &bytes[frame.length..];
                read += frame.length;
            }
        }
    }

    /// The topics and payloads that one client received so far.
    pub(crate) fn messages(&self, id: u64) -> Vec<(String, String, bool)> {
        let mut bytes = self.received(id);
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

    /// What a client was told with the last packet that it got, if that is a refusing CONNACK or a DISCONNECT.
    pub(crate) fn farewell(&self, id: u64) -> Option<ReasonCode> {
        let mut bytes = self.received(id);
        let mut farewell = None;
        while let Some(frame) = split_frame(bytes, Some(V), u32::MAX).unwrap() {
            farewell = match Packet::decode(&frame, V, Sender::Server).unwrap() {
                Packet::Connack(connack) => Some(connack.reason).filter(|reason| reason.is_error()),
                Packet::Disconnect(disconnect) => Some(disconnect.reason),
                _ => None,
            };
            bytes = &bytes[frame.length..];
        }
        farewell
    }
}
