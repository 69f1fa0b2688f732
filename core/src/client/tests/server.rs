//! A server just large enough for two clients that keep their sessions: whatever one publishes, every session
//! that has subscribed gets, at the QoS of the publication.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::num::NonZeroU16;

use crate::version::ProtocolVersion;
use crate::wire::{
    Acknowledgement, Connack, Packet, Properties, Publish, QoS, ReasonCode, Sender, Suback, split_frame,
};

pub(super) const CLIENTS: usize = 2;
/// What the server has in flight to each client at most.
const WINDOW: usize = 3;

#[derive(Debug)]
struct Delivery {
    identifier: NonZeroU16,
    qos: QoS,
    payload: Vec<u8>,
    released: bool,
}

#[derive(Debug, Default)]
struct Session {
    exists: bool,
    subscribed: bool,
    incoming: BTreeSet<NonZeroU16>,
    queue: VecDeque<(QoS, Vec<u8>)>,
    in_flight: Vec<Delivery>,
    latest_identifier: u16,
}

#[derive(Debug, Default)]
struct Connection {
    open: bool,
    input: Vec<u8>,
    output: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Server {
    version: ProtocolVersion,
    sessions: [Session; CLIENTS],
    connections: [Connection; CLIENTS],
}

impl Server {
    pub(super) fn new(version: ProtocolVersion) -> Self {
        Self { version, sessions: Default::default(), connections: Default::default() }
    }

    pub(super) fn opened(&mut self, client: usize) {
        self.connections[client] = Connection { open: true, ..Connection::default() };
    }

    pub(super) fn lost(&mut self, client: usize) {
        self.connections[client] = Connection::default();
    }

    pub(super) fn output(&mut self, client: usize, most: usize) -> Vec<u8> {
        let output = &mut self.connections[client].output;
        output.drain(..most.min(output.len())).collect()
    }

    pub(super) fn output_waits(&self, client: usize) -> bool {
        !self.connections[client].output.is_empty()
    }

    pub(super) fn received(&mut self, client: usize, bytes: &[u8]) {
        self.connections[client].input.extend_from_slice(bytes);
        loop {
            let input = core::mem::take(&mut self.connections[client].input);
            let frame = split_frame(&input, Some(self.version), 1_000).unwrap();
            let length = frame.map_or(0, |frame| {
                let packet = Packet::decode(&frame, self.version, Sender::Client).unwrap();
                self.handle(client, packet);
                frame.length
            });
            self.connections[client].input = input[length..].to_vec();
            if length == 0 {
                break;
            }
        }
    }

    fn send(&mut self, client: usize, packet: &Packet<'_>) {
        if self.connections[client].open {
            packet.encode(self.version, &mut self.connections[client].output);
        }
    }

    fn handle(&mut self, client: usize, packet: Packet<'_>) {
        let session = &mut self.sessions[client];
        match packet {
            Packet::Connect(_) => self.connect(client),
            Packet::Publish(publish) => self.publish(client, &publish),
            Packet::Pubrel(pubrel) => {
                session.incoming.remove(&pubrel.packet_identifier);
                self.send(client, &Packet::Pubcomp(answer(pubrel.packet_identifier)));
            }
            Packet::Puback(puback) => {
                session.in_flight.retain(|delivery| delivery.identifier != puback.packet_identifier);
                self.pump(client);
            }
            Packet::Pubrec(pubrec) => {
                let identifier = pubrec.packet_identifier;
                if let Some(delivery) = session.in_flight.iter_mut().find(|it| it.identifier == identifier) {
                    delivery.released = true;
                }
                self.send(client, &Packet::Pubrel(answer(identifier)));
            }
            Packet::Pubcomp(pubcomp) => {
                session.in_flight.retain(|delivery| delivery.identifier != pubcomp.packet_identifier);
                self.pump(client);
            }
            Packet::Subscribe(subscribe) => {
                session.subscribed = true;
                let (packet_identifier, properties) = (subscribe.packet_identifier, Properties::EMPTY);
                self.send(client, &Packet::Suback(Suback { packet_identifier, properties, reasons: &[2] }));
            }
            other => panic!("the server did not expect {other:?}"),
        }
    }

    fn connect(&mut self, client: usize) {
        let session_present = core::mem::replace(&mut self.sessions[client].exists, true);
        let connack = Connack { session_present, reason: ReasonCode::Success, properties: Properties::EMPTY };
        self.send(client, &Packet::Connack(connack));
        for delivery in core::mem::take(&mut self.sessions[client].in_flight) {
            if delivery.released {
                self.send(client, &Packet::Pubrel(answer(delivery.identifier)));
            } else {
                self.deliver(client, true, delivery.qos, Some(delivery.identifier), &delivery.payload);
            }
            self.sessions[client].in_flight.push(delivery);
        }
        self.pump(client);
    }

    fn publish(&mut self, client: usize, publish: &Publish<'_>) {
        let mut is_new = true;
        match (publish.qos, publish.packet_identifier) {
            (QoS::AtLeastOnce, Some(identifier)) => self.send(client, &Packet::Puback(answer(identifier))),
            (QoS::ExactlyOnce, Some(identifier)) => {
                is_new = self.sessions[client].incoming.insert(identifier);
                self.send(client, &Packet::Pubrec(answer(identifier)));
            }
            _ => {}
        }
        for receiver in 0..CLIENTS {
            if is_new && self.sessions[receiver].subscribed {
                self.sessions[receiver].queue.push_back((publish.qos, publish.payload.into()));
                self.pump(receiver);
            }
        }
    }

    fn pump(&mut self, client: usize) {
        while self.connections[client].open && self.sessions[client].in_flight.len() < WINDOW {
            let session = &mut self.sessions[client];
            let Some((qos, payload)) = session.queue.pop_front() else { break };
            if qos == QoS::AtMostOnce {
                self.deliver(client, false, qos, None, &payload);
                continue;
            }
            // Few identifiers, so that they are used again soon.
            session.latest_identifier = session.latest_identifier % 7 + 1;
            let Some(identifier) = NonZeroU16::new(session.latest_identifier) else { continue };
            if session.in_flight.iter().any(|delivery| delivery.identifier == identifier) {
                session.queue.push_front((qos, payload));
                continue;
            }
            session.in_flight.push(Delivery { identifier, qos, payload: payload.clone(), released: false });
            self.deliver(client, false, qos, Some(identifier), &payload);
        }
    }

    fn deliver(
        &mut self,
        client: usize,
        duplicate: bool,
        qos: QoS,
        packet_identifier: Option<NonZeroU16>,
        payload: &[u8],
    ) {
        let properties = Properties::EMPTY;
        let publish =
            Publish { duplicate, qos, retain: false, topic: "t", packet_identifier, properties, payload };
        self.send(client, &Packet::Publish(publish));
    }
}

fn answer(packet_identifier: NonZeroU16) -> Acknowledgement<'static> {
    Acknowledgement { packet_identifier, reason: ReasonCode::Success, properties: Properties::EMPTY }
}
