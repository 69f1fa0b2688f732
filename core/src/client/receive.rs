//! Bytes from the server, one packet after the other.

use alloc::vec::Vec;

use crate::client::acknowledgement::unexpected;
use crate::client::incoming::TopicAliases;
use crate::client::state::{Phase, State};
use crate::client::{CloseReason, Event, Message, Ticket};
use crate::violation::Violation;
use crate::wire::{Packet, PacketType, Publish, Sender, split_frame};

/// Beyond this size an empty buffer is given back.
const KEPT_BYTES: usize = 64 * 1024;

/// Bytes that came and were not all read yet.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    bytes: Vec<u8>,
    read: usize,
}

impl Inbound {
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read.min(self.bytes.len()));
        self.read = 0;
        if self.bytes.is_empty() && self.bytes.capacity() > KEPT_BYTES {
            self.bytes = Vec::new();
        }
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What a packet came to.
pub(super) enum Handled<'a> {
    Nothing,
    Event(Event<'a>),
    /// A message, its topic alias not resolved, and what the caller acknowledges it by.
    Message(Publish<'a>, Option<Ticket>),
}

/// Reads on until there is something to tell.
pub(super) fn poll<'a>(
    state: &mut State,
    inbound: &'a mut Inbound,
    aliases: &'a mut TopicAliases,
) -> Option<Event<'a>> {
    let Inbound { bytes, read } = inbound;
    let bytes: &'a [u8] = bytes;
    let (publish, ticket) = loop {
        if let Some(event) = state.events.pop_front() {
            return Some(event);
        }
        if state.phase == Phase::Idle {
            return None;
        }
        let packet = match next_packet(bytes, read, state) {
            Ok(packet) => packet?,
            Err(violation) => return Some(state.break_off(CloseReason::Violation(violation))),
        };
        match state.handle(packet, aliases) {
            Ok(Handled::Nothing) => {}
            Ok(Handled::Event(event)) => return Some(event),
            Ok(Handled::Message(publish, ticket)) => break (publish, ticket),
            Err(reason) => return Some(state.break_off(reason)),
        }
    };
    Some(Event::Message(message(publish, ticket, aliases)))
}

fn next_packet<'a>(
    bytes: &'a [u8],
    read: &mut usize,
    state: &State,
) -> Result<Option<Packet<'a>>, Violation> {
    let rest = bytes.get(*read..).unwrap_or_default();
    let most = state.options.maximum_packet_size_bytes;
    let Some(frame) = split_frame(rest, Some(state.version()), most)? else { return Ok(None) };
    *read = read.saturating_add(frame.length);
    Packet::decode(&frame, state.version(), Sender::Server).map(Some)
}

fn message<'a>(publish: Publish<'a>, ticket: Option<Ticket>, aliases: &'a TopicAliases) -> Message<'a> {
    let alias = publish.properties.topic_alias();
    let known = alias.and_then(|alias| aliases.get(&alias)).map(|topic| &**topic);
    Message {
        topic: if publish.topic.is_empty() { known.unwrap_or_default() } else { publish.topic },
        payload: publish.payload,
        qos: publish.qos,
        retain: publish.retain,
        duplicate: publish.duplicate,
        packet_identifier: publish.packet_identifier,
        properties: publish.properties,
        ticket,
    }
}

impl State {
    fn handle<'a>(
        &mut self,
        packet: Packet<'a>,
        aliases: &mut TopicAliases,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        // [MQTT-3.2.0-1] of 5.0, 3.1.1: CONNACK is the first packet, but for AUTH.
        if !self.is_connected() {
            return match packet {
                Packet::Connack(connack) => self.handle_connack(connack),
                Packet::Auth(auth) => self.handle_auth(auth),
                other => Err(unexpected(other.packet_type())),
            };
        }
        match packet {
            Packet::Publish(publish) => self.handle_publish(publish, aliases),
            Packet::Puback(puback) => self.handle_puback(puback),
            Packet::Pubrec(pubrec) => self.handle_pubrec(pubrec),
            Packet::Pubrel(pubrel) => {
                self.handle_pubrel(&pubrel);
                Ok(Handled::Nothing)
            }
            Packet::Pubcomp(pubcomp) => self.handle_pubcomp(pubcomp),
            Packet::Suback(suback) => self.handle_suback(suback),
            Packet::Unsuback(unsuback) => self.handle_unsuback(unsuback),
            Packet::Pingresp => {
                self.keep_alive.ping_answered();
                Ok(Handled::Nothing)
            }
            Packet::Disconnect(disconnect) if self.version().server_may_disconnect() => {
                self.handle_disconnect(disconnect)
            }
            Packet::Auth(auth) => self.handle_auth(auth),
            Packet::Disconnect(_) => Err(unexpected(PacketType::Disconnect)),
            other => Err(unexpected(other.packet_type())),
        }
    }
}
