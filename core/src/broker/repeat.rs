//! The hot path: a publisher that repeats its topic at QoS 0. What was found out about the topic (valid,
//! allowed, who receives it) is remembered, and the packet leaves as it came.

use super::Broker;
use super::clients::Clients;
use super::deliver::Publication;
use crate::connection::outgoing_topic_alias::WORTHWHILE_FROM_BYTES;
use crate::connection::transmit::SHARED_FROM_BYTES;
use crate::connection::{ConnectionIndex, Phase};
use crate::id::Position;
use crate::message::MessageView;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::wire::QoS;

impl Broker {
    /// Handles the packets at the start of `bytes` as long as each is a plain QoS 0 PUBLISH to the topic that
    /// the connection published to last. What is left is for the usual way.
    pub(super) fn publish_repeated<'b>(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        mut bytes: &'b [u8],
    ) -> &'b [u8] {
        let Some(connection) = self.clients.connections.get(index) else { return bytes };
        if connection.phase != Phase::Connected
            || connection.rules.is_some()
            || self.clients.hooks.see_messages()
        {
            return bytes;
        }
        let (properties, publisher) = (connection.version.has_properties(), connection.session());
        let maximum = self.clients.config.limits.maximum_packet_size_bytes as usize;
        let at_once = self.clients.config.limits.receivers_per_turn as usize;
        let Some(route) = self.routes.current(connection.route) else { return bytes };
        let receivers = route.receivers();
        if receivers.no_local() || receivers.len() > at_once {
            return bytes;
        }
        let before = bytes.len();
        let (mut packets, mut copies, mut copied_bytes) = (0, 0, 0);
        let topic = route.topic();
        let aliased = topic.len() >= WORTHWHILE_FROM_BYTES;
        while let Some(plain) = Plain::at_start(bytes, topic, properties) {
            if plain.packet.len() > maximum {
                break;
            }
            let publication = plain.publication(topic, publisher);
            let mut stored = None;
            self.clients.frames.clear();
            for receiver in receivers.as_slice() {
                self.identifiers.clear();
                self.identifiers.extend(receivers.identifiers(receiver));
                let as_it_came = self.identifiers.is_empty()
                    && self.clients.forward(receiver.session, plain.packet, properties, aliased);
                if as_it_came {
                    copies += 1;
                    copied_bytes += plain.packet.len() as u64;
                    continue;
                }
                match receiver.session.group() {
                    None => {
                        let identifiers = &self.identifiers;
                        self.clients.deliver_to(now, &publication, receiver, identifiers, &mut stored);
                    }
                    Some(group) => {
                        let tree = &mut self.tree;
                        self.clients.deliver_to_group(now, tree, &publication, group, &mut stored);
                    }
                }
            }
            stored.into_iter().for_each(|index| self.clients.release_message(index));
            packets += 1;
            bytes = bytes.get(plain.packet.len()..).unwrap_or_default();
        }
        let counters = &mut self.clients.counters;
        counters.packets_in.count_publishes(QoS::AtMostOnce, packets);
        counters.packets_out.count_publishes(QoS::AtMostOnce, copies);
        counters.bytes_out += copied_bytes;
        if bytes.len() < before
            && let Some(connection) = self.clients.connections.get_mut(index)
        {
            connection.last_packet_at = now;
        }
        bytes
    }
}

/// A PUBLISH at QoS 0 without RETAIN and without properties: the same bytes for every subscriber of the
/// publisher's version.
struct Plain<'b> {
    packet: &'b [u8],
    payload: &'b [u8],
}

impl<'b> Plain<'b> {
    /// The packet at the start of `bytes`, if it is one of this kind, whole and to this topic.
    #[inline]
    fn at_start(bytes: &'b [u8], topic: &str, properties: bool) -> Option<Self> {
        const PUBLISH: u8 = 0x30;
        let (&first, rest) = bytes.split_first()?;
        if first != PUBLISH {
            return None;
        }
        let (remaining_length, header) = match *rest {
            [low @ 0..0x80, ..] => (usize::from(low), 1),
            [low, high @ 1..0x80, ..] => (usize::from(low & 0x7F) | usize::from(high) << 7, 2),
            _ => return None,
        };
        let body = rest.get(header..header + remaining_length)?;
        let (length, body) = body.split_first_chunk::<2>()?;
        if usize::from(u16::from_be_bytes(*length)) != topic.len() {
            return None;
        }
        let (name, body) = body.split_at_checked(topic.len())?;
        if name != topic.as_bytes() {
            return None;
        }
        let payload = if properties { body.strip_prefix(&[0])? } else { body };
        Some(Self { packet: bytes.get(..1 + header + remaining_length)?, payload })
    }

    fn publication<'t>(&self, topic: &'t str, publisher: Option<SessionIndex>) -> Publication<'t>
    where
        'b: 't,
    {
        Publication {
            view: MessageView {
                topic,
                payload: self.payload,
                properties: &[],
                expires_at: Instant::FAR_FUTURE,
            },
            qos: QoS::AtMostOnce,
            retain: false,
            wait: Position::NONE,
            publisher,
            only: None,
        }
    }
}

impl Clients {
    /// Appends a packet, as it came, to what waits for a subscriber that takes it at once; whether it does.
    /// `aliased`: the topic is one that gets a topic alias where the client takes any.
    #[inline]
    fn forward(&mut self, session: SessionIndex, packet: &[u8], properties: bool, aliased: bool) -> bool {
        if self.is_replaying(session) {
            return false;
        }
        let Some(index) = self.sessions.get(session).and_then(|session| session.connection()) else {
            return false;
        };
        let Some(connection) = self.connections.get_mut(index) else { return false };
        let takes = connection.open
            && connection.phase == Phase::Connected
            && connection.version.has_properties() == properties
            && packet.len() <= connection.maximum_packet_size as usize
            && packet.len() < SHARED_FROM_BYTES
            && !(aliased && connection.outgoing_topic_alias_maximum > 0)
            && connection.work.as_ref().is_none_or(|work| work.backlog.is_empty());
        let Some(transmit) = connection.transmit.as_mut().filter(|_| takes && connection.announced) else {
            return false;
        };
        if transmit.len() >= self.config.limits.transmit_mark_bytes as usize {
            return false;
        }
        self.owned_bytes += transmit.append(packet);
        true
    }
}
