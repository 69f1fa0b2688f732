//! A broker in memory and some clients, driven as a driver would.

use std::collections::BTreeMap;
use std::sync::Arc;

use hushwing_core::wire::{
    Acknowledgement, Connect, Packet, Properties, Publish, QoS, ReasonCode, Sender, Subscribe,
    SubscribeFiltersBuffer, SubscriptionOptions, split_frame,
};
use hushwing_core::{
    Broker, Config, ConnectionId, Input, Instant, Limits, Origin, Output, PeerId, ProtocolVersion,
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
    received: BTreeMap<ConnectionId, Vec<u8>>,
}

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        let config = Config { limits, ..Config::default() };
        let broker = Broker::new(Arc::new(config), PeerId(0), 1);
        Self { broker, outputs: Vec::new(), now: NOW, received: BTreeMap::new() }
    }

    pub(crate) fn send(&mut self, id: u64, packet: &Packet<'_>) {
        let mut bytes = Vec::new();
        packet.encode(V, &mut bytes);
        self.broker.handle_input(self.now, Input::Received { connection: ConnectionId(id), bytes: &bytes });
    }

    pub(crate) fn connect(&mut self, id: u64) {
        let connection = ConnectionId(id);
        self.broker.handle_input(self.now, Input::Opened { connection, origin: Origin::default() });
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

    pub(crate) fn subscribe(&mut self, id: u64, filter: &str) {
        let mut filters = SubscribeFiltersBuffer::default();
        let options = SubscriptionOptions { qos: QoS::AtLeastOnce, ..SubscriptionOptions::default() };
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

    /// Does what a driver does after every call.
    pub(crate) fn poll(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            self.outputs.push(output);
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
