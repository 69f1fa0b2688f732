//! PUBLISH packets to clients: one encoding for each distinct form of the message at hand, then a copy for
//! each subscriber.

use alloc::vec::Vec;
use core::num::NonZeroU16;
use core::ops::Range;

use bytes::Bytes;

use super::clients::Clients;
use super::deliver::Publication;
use crate::connection::ConnectionIndex;
use crate::connection::outgoing_topic_alias::WORTHWHILE_FROM_BYTES;
use crate::connection::transmit::SHARED_FROM_BYTES;
use crate::message::{MessageIndex, MessageView};
use crate::time::Instant;
use crate::version::ProtocolVersion;
use crate::wire::{Properties, PropertiesBuffer, Property, Publish, QoS, TooLarge};

/// What differs between two deliveries of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form<'a> {
    pub(super) qos: QoS,
    pub(super) packet_identifier: Option<NonZeroU16>,
    pub(super) duplicate: bool,
    pub(super) retain: bool,
    pub(super) identifiers: &'a [u32],
}

/// The forms of one message that were encoded, for whoever gets the same.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    made: Vec<Made>,
    /// The message that they are forms of, if it is stored.
    of: Option<MessageIndex>,
    /// Whether they are forms of the publication at hand.
    at_hand: bool,
    /// The payload as it is shared, if it is large and somebody got it.
    shared: Option<Bytes>,
    /// For encodings that nobody shares.
    pub(super) scratch: Vec<u8>,
}

#[derive(Debug)]
struct Made {
    properties: bool,
    qos: QoS,
    retain: bool,
    /// Everything that is copied, the payload too if it is small.
    copied: Range<usize>,
    /// Where the packet identifier stands, from the start of `copied`.
    packet_identifier_at: usize,
    /// The size of the whole packet.
    length: usize,
}

impl Frames {
    /// From now on these are forms of the publication at hand.
    pub(super) fn take_up(&mut self) {
        if !self.at_hand {
            self.clear();
            self.at_hand = true;
        }
    }

    /// The publication at hand is stored.
    pub(super) fn stored(&mut self, index: MessageIndex) {
        self.take_up();
        self.of = Some(index);
    }

    /// From now on these are forms of a stored message.
    pub(super) fn take_up_stored(&mut self, index: MessageIndex) {
        if self.of != Some(index) {
            self.clear();
            self.of = Some(index);
        }
    }

    /// A stored message is gone; its place may be another's soon.
    pub(super) fn gone(&mut self, index: MessageIndex) {
        if self.of == Some(index) {
            self.of = None;
        }
    }

    /// Another message is at hand.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.made.clear();
        self.of = None;
        self.at_hand = false;
        self.shared = None;
    }

    pub(super) fn cost(&self) -> usize {
        self.bytes.capacity() + self.made.capacity() * size_of::<Made>() + self.scratch.capacity()
    }

    fn made(
        &mut self,
        now: Instant,
        version: ProtocolVersion,
        view: &MessageView<'_>,
        form: &Form<'_>,
    ) -> Option<(&Made, &[u8])> {
        let properties = version.has_properties();
        let same =
            |made: &Made| made.properties == properties && made.qos == form.qos && made.retain == form.retain;
        if !self.made.iter().any(same) {
            self.make(now, version, view, form);
        }
        let made = self.made.iter().find(|made| same(made))?;
        Some((made, self.bytes.get(made.copied.clone())?))
    }

    fn make(&mut self, now: Instant, version: ProtocolVersion, view: &MessageView<'_>, form: &Form<'_>) {
        let start = self.bytes.len();
        encode_head(now, version, view, form, None, &mut self.bytes);
        let head = self.bytes.len() - start;
        if view.payload.len() < SHARED_FROM_BYTES {
            self.bytes.extend_from_slice(view.payload);
        }
        let fixed_header = head_start(self.bytes.get(start..).unwrap_or_default());
        self.made.push(Made {
            properties: version.has_properties(),
            qos: form.qos,
            retain: form.retain,
            copied: start..self.bytes.len(),
            packet_identifier_at: fixed_header + 2 + view.topic.len(),
            length: head + view.payload.len(),
        });
    }

    /// The payload to share, copied once; the stored one where the message is stored.
    pub(super) fn payload(&mut self, payload: &[u8], stored: Option<&Bytes>) -> Bytes {
        let shared = &mut self.shared;
        let copy = || shared.get_or_insert_with(|| Bytes::copy_from_slice(payload)).clone();
        stored.cloned().unwrap_or_else(copy)
    }
}

/// Bytes of the fixed header at the start of a packet that was encoded here.
fn head_start(packet: &[u8]) -> usize {
    2 + packet.iter().skip(1).take(3).take_while(|byte| **byte >= 0x80).count()
}

/// The size of a PUBLISH packet.
pub(super) fn encoded_size(
    now: Instant,
    version: ProtocolVersion,
    view: &MessageView<'_>,
    form: &Form<'_>,
) -> usize {
    let mut head = Vec::new();
    encode_head(now, version, view, form, None, &mut head);
    head.len() + view.payload.len()
}

/// Encodes everything but the payload. What is left of the message's life is settled here
/// ([MQTT-3.3.2-6] of 5.0).
fn encode_head(
    now: Instant,
    version: ProtocolVersion,
    view: &MessageView<'_>,
    form: &Form<'_>,
    alias: Option<u16>,
    out: &mut Vec<u8>,
) {
    let expires = version.has_properties() && view.expires_at < Instant::FAR_FUTURE;
    let mut composed = PropertiesBuffer::new();
    let properties = if expires || alias.is_some() || !form.identifiers.is_empty() {
        if let Some(alias) = alias {
            composed.push(Property::TopicAlias(alias));
        }
        if expires {
            let seconds = view.expires_at.since(now).as_micros().div_ceil(1_000_000);
            composed.push(Property::MessageExpiryInterval(u32::try_from(seconds).unwrap_or(u32::MAX)));
        }
        composed.append(Properties::from_validated(view.properties));
        // [MQTT-3.3.4-3], [MQTT-3.3.4-4] of 5.0: all identifiers of the subscriptions that match.
        for identifier in form.identifiers {
            composed.push(Property::SubscriptionIdentifier(*identifier));
        }
        composed.as_properties()
    } else {
        Properties::from_validated(view.properties)
    };
    let publish = Publish {
        duplicate: form.duplicate,
        qos: form.qos,
        retain: form.retain,
        topic: view.topic,
        packet_identifier: form.packet_identifier,
        properties,
        payload: view.payload,
    };
    publish.encode_head(version, out);
}

impl Clients {
    /// Appends the packet that a publication came in, if it is just what this client is to get.
    pub(super) fn write_as_it_came(
        &mut self,
        index: ConnectionIndex,
        publication: &Publication<'_>,
        form: &Form<'_>,
    ) -> bool {
        let Some(plain) = publication.plain else { return false };
        let same = plain.qos == form.qos && form.identifiers.is_empty() && !form.retain && !form.duplicate;
        let packet_identifier = form.packet_identifier.map(|number| (plain.packet_identifier_at(), number));
        let aliased = publication.view.topic.len() >= WORTHWHILE_FROM_BYTES;
        let (mut writer, _) = self.writer();
        let written = writer.append_if(index, plain.packet, packet_identifier, |connection| {
            same && connection.version.has_properties() == plain.properties
                && plain.packet.len() <= connection.maximum_packet_size as usize
                && plain.packet.len() < SHARED_FROM_BYTES
                && !(aliased && connection.outgoing_topic_alias_maximum > 0)
        });
        writer.counters.packets_out.count_publishes(form.qos, u64::from(written));
        written
    }

    /// Appends a PUBLISH of the message at hand. [`TooLarge`]: it exceeds the client's Maximum Packet Size
    /// and nothing was appended ([MQTT-3.1.2-24] of 5.0).
    pub(super) fn write_publish(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        view: &MessageView<'_>,
        stored: Option<&Bytes>,
        form: &Form<'_>,
    ) -> Result<(), TooLarge> {
        let Some(connection) = self.connections.get(index) else { return Ok(()) };
        let takes_aliases = connection.outgoing_topic_alias_maximum > 0 && !form.duplicate;
        let ageless = self.config.planted().ageless(view);
        let view = ageless.as_ref().unwrap_or(view);
        if takes_aliases && view.topic.len() >= WORTHWHILE_FROM_BYTES {
            return self.write_aliased(now, index, view, stored, form);
        }
        self.write_form(now, index, view, stored, form, None)
    }

    /// The same with this topic alias, if any. The topic of `view` is empty where the alias stands for it.
    pub(super) fn write_form(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        view: &MessageView<'_>,
        stored: Option<&Bytes>,
        form: &Form<'_>,
        alias: Option<u16>,
    ) -> Result<(), TooLarge> {
        let Some(connection) = self.connections.get(index) else { return Ok(()) };
        let (version, maximum) = (connection.version, connection.maximum_packet_size as usize);
        let (mut writer, frames) = self.writer();
        let shares = view.payload.len() >= SHARED_FROM_BYTES;
        let common = form.identifiers.is_empty() && !form.duplicate && alias.is_none();
        if common {
            let (made, bytes) = frames.made(now, version, view, form).ok_or(TooLarge)?;
            if made.length > maximum {
                return Err(TooLarge);
            }
            let at = made.packet_identifier_at;
            writer.append(index, bytes, form.packet_identifier.map(|identifier| (at, identifier)));
        } else {
            frames.scratch.clear();
            encode_head(now, version, view, form, alias, &mut frames.scratch);
            if frames.scratch.len() + view.payload.len() > maximum {
                return Err(TooLarge);
            }
            frames.scratch.extend_from_slice(if shares { &[] } else { view.payload });
            writer.append(index, &frames.scratch, None);
        }
        writer.counters.packets_out.count_publishes(form.qos, 1);
        if shares {
            let payload = frames.payload(view.payload, stored);
            writer.change(index, |transmit| transmit.share(payload));
        }
        Ok(())
    }
}
