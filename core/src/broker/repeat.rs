//! The hot path: a publisher that repeats its topic. What was found out about the topic (valid, allowed, who
//! receives it) is remembered, and the packet leaves as it came, at QoS 1 and 2 under another packet identifier.

use super::Broker;
use super::clients::Clients;
use super::plain::PlainPublish;
use super::receive::Flow;
use crate::connection::outgoing_topic_alias::WORTHWHILE_FROM_BYTES;
use crate::connection::transmit::SHARED_FROM_BYTES;
use crate::connection::{ConnectionIndex, Phase};
use crate::session::SessionIndex;
use crate::session::outgoing::Outgoing;
use crate::time::Instant;
use crate::violation::Violation;
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
        let maximum = self.clients.promised(index).maximum_packet_size_bytes as usize;
        let at_once = self.clients.config.limits.receivers_per_turn as usize;
        let Some(route) = self.routes.current(connection.route) else { return bytes };
        let receivers = route.receivers();
        if receivers.no_local() || receivers.len() > at_once {
            return bytes;
        }
        let (mut packets, mut copies) = (0, 0);
        let topic = route.topic();
        let aliased = topic.len() >= WORTHWHILE_FROM_BYTES;
        while let Some(plain) = PlainPublish::at_start(bytes, topic.as_bytes(), properties) {
            if plain.packet.len() > maximum || plain.qos > QoS::AtMostOnce {
                break;
            }
            let publication = plain.publication(topic, publisher);
            let (mut stored, mut all_as_it_came) = (None, true);
            self.clients.frames.clear();
            for receiver in receivers.as_slice() {
                self.identifiers.clear();
                self.identifiers.extend(receivers.identifiers(receiver));
                let as_it_came = self.identifiers.is_empty()
                    && self.clients.forward(receiver.session, plain.packet, properties, aliased);
                if as_it_came {
                    copies += 1;
                    continue;
                }
                all_as_it_came = false;
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
            if !all_as_it_came {
                // All records made by one packet are one group, and its forms are no other's.
                self.clients.commit();
            }
            packets += 1;
            self.clients.turn.count(receivers.len());
            bytes = bytes.get(plain.packet.len()..).unwrap_or_default();
            if self.clients.turn.is_over() {
                break;
            }
        }
        self.published_repeated(now, index, packets, copies);
        bytes
    }

    /// So many packets came that way, and left in so many copies as they came.
    fn published_repeated(&mut self, now: Instant, index: ConnectionIndex, packets: u64, copies: u64) {
        let counters = &mut self.clients.counters;
        counters.packets_in.count_publishes(QoS::AtMostOnce, packets);
        counters.packets_out.count_publishes(QoS::AtMostOnce, copies);
        if packets > 0 {
            self.relieve_growth(now);
            self.pause_publisher(now, index);
        }
    }

    /// The same for packets at QoS 1 and 2, which are acknowledged one by one.
    ///
    /// # Errors
    ///
    /// The violation that the first packet of `bytes` is, or any after it.
    pub(super) fn publish_repeated_acknowledged<'b>(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        mut bytes: &'b [u8],
    ) -> Result<&'b [u8], Violation> {
        while let Some(plain) = self.repeated(index, bytes)
            && let Some((publish, packet_identifier)) = plain.acknowledged()
        {
            let flow = if publish.qos == QoS::ExactlyOnce {
                self.publish_exactly_once(now, index, &publish, packet_identifier, Some(&plain))?
            } else {
                self.publish_at_least_once(now, index, &publish, packet_identifier, Some(&plain))?
            };
            if flow == Flow::Wait {
                break;
            }
            self.handled(now, bytes);
            self.pause_publisher(now, index);
            bytes = bytes.get(plain.packet.len()..).unwrap_or_default();
        }
        Ok(bytes)
    }

    /// The packet at the start of `bytes`, if it is a plain one that nobody has to judge, to the topic of the
    /// connection's last one.
    #[inline(always)]
    fn repeated<'b>(&self, index: ConnectionIndex, bytes: &'b [u8]) -> Option<PlainPublish<'b>> {
        let connection = self.clients.connections.get(index)?;
        if !self.clients.reads(connection)
            || connection.phase != Phase::Connected
            || connection.rules.is_some()
        {
            return None;
        }
        let route = self.routes.current(connection.route)?;
        let properties = connection.version.has_properties();
        let plain = PlainPublish::at_start(bytes, route.topic_bytes(), properties)?;
        let promised = self.clients.promises.get(connection.promised)?;
        let fits = plain.packet.len() <= promised.maximum_packet_size_bytes as usize;
        (fits && promised.capabilities.allows_qos(plain.qos)).then_some(plain)
    }
}

impl Clients {
    /// Appends a packet, as it came, to what waits for a subscriber that takes it at once; whether it does.
    /// `aliased`: the topic is one that gets a topic alias where the client takes any.
    #[inline]
    fn forward(&mut self, session: SessionIndex, packet: &[u8], properties: bool, aliased: bool) -> bool {
        let Some(found) = self.sessions.get(session) else { return false };
        let waits = |of: &Outgoing| !of.replays.is_empty() || of.queue.has_at_most_once();
        if found.outgoing.as_deref().is_some_and(waits) {
            return false;
        }
        let Some(index) = found.connection() else { return false };
        let mark = self.config.limits.transmit_mark_bytes as usize;
        self.writer().0.append_if(index, packet, None, |connection| {
            connection.open
                && connection.phase == Phase::Connected
                && connection.version.has_properties() == properties
                && packet.len() <= connection.maximum_packet_size as usize
                && packet.len() < SHARED_FROM_BYTES
                && !(aliased && connection.outgoing_topic_alias_maximum > 0)
                && connection.work.as_ref().is_none_or(|work| work.backlog.is_empty())
                && connection.waiting_bytes() < mark
        })
    }
}
