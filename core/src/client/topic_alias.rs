//! PUBLISH on its way into bytes: a topic alias where there is one (5.0 section 3.3.2.3.4), and what is left
//! of its life (section 3.3.2.3.3).
//!
//! Which topics have an alias: the first ones that are published on a connection, as many as the server and
//! [`crate::client::Limits::topic_aliases_maximum`] allow. They keep it until the connection ends: a client
//! of few topics saves all it can, and one of many never sends an alias only to replace it.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::client::ServerLimits;
use crate::client::transmit::Transmit;
use crate::version::ProtocolVersion;
use crate::wire::{Packet, Properties, PropertiesBuffer, Property, Publish, TooLarge};

/// The property takes three bytes: a topic that is no longer has nothing to gain.
const SHORTEST_TOPIC_BYTES: usize = 4;

/// The aliases that this client set, on this connection.
#[derive(Debug, Default)]
pub(super) struct OutgoingAliases {
    topics: BTreeMap<Box<str>, u16>,
}

impl OutgoingAliases {
    pub(super) fn clear(&mut self) {
        self.topics.clear();
    }

    /// The alias for a topic, and whether the server knows it already.
    fn choose(&self, topic: &str, most: u16) -> Option<(u16, bool)> {
        if most == 0 || topic.len() < SHORTEST_TOPIC_BYTES {
            return None;
        }
        if let Some(alias) = self.topics.get(topic) {
            return Some((*alias, true));
        }
        // [MQTT-3.3.2-8], [MQTT-3.3.2-9]: from 1 to the server's Topic Alias Maximum.
        let next = u16::try_from(self.topics.len()).ok()?.checked_add(1)?;
        (next <= most).then_some((next, false))
    }
}

/// Where a PUBLISH goes.
pub(super) struct PublishEncoder<'s> {
    pub(super) version: ProtocolVersion,
    pub(super) server: &'s ServerLimits,
    /// The client's own bound.
    pub(super) aliases_maximum: u16,
    pub(super) aliases: &'s mut OutgoingAliases,
    pub(super) transmit: &'s mut Transmit,
}

impl PublishEncoder<'_> {
    /// Appends the packet, its Message Expiry Interval replaced by `expiry_seconds` if that is given. Nothing
    /// changes if the server would not take its size ([MQTT-3.2.2-15]).
    pub(super) fn encode(self, packet: &Publish<'_>, expiry_seconds: Option<u32>) -> Result<(), TooLarge> {
        let most_bytes = self.server.maximum_packet_size_bytes;
        let aged = expiry_seconds.map(|seconds| with_expiry(packet.properties, seconds));
        let properties = aged.as_ref().map_or(packet.properties, PropertiesBuffer::as_properties);
        let most_aliases = self.server.topic_alias_maximum.min(self.aliases_maximum);
        if let Some((alias, known)) = self.aliases.choose(packet.topic, most_aliases) {
            let mut aliased = PropertiesBuffer::new();
            aliased.append(properties);
            aliased.push(Property::TopicAlias(alias));
            let topic = if known { "" } else { packet.topic };
            let packet = Publish { topic, properties: aliased.as_properties(), ..*packet };
            if Packet::Publish(packet).encode_within(self.version, most_bytes, self.transmit.tail()).is_ok() {
                if !known {
                    self.aliases.topics.insert(topic.into(), alias);
                }
                return Ok(());
            }
        }
        // Without the alias it may still be small enough.
        let packet = Publish { properties, ..*packet };
        Packet::Publish(packet).encode_within(self.version, most_bytes, self.transmit.tail())
    }
}

/// The same properties in the same order, with this Message Expiry Interval.
fn with_expiry(properties: Properties<'_>, seconds: u32) -> PropertiesBuffer {
    let mut buffer = PropertiesBuffer::new();
    for property in properties.iter() {
        buffer.push(match property {
            Property::MessageExpiryInterval(_) => Property::MessageExpiryInterval(seconds),
            other => other,
        });
    }
    buffer
}
