//! PUBLISH: a message on its way (section 3.3). Most packets are this one: one pass, no allocation.

use alloc::vec::Vec;
use core::num::NonZeroU16;

use super::decoder::Decoder;
use super::encoder::{fitting_text, properties_length, put_properties, saturating_u32, text_length};
use super::{
    Frame, Properties, PropertyContext, PropertyIdentifier, QoS, Sender, text, variable_byte_integer,
};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publish<'a> {
    /// DUP: this may be sent a second time.
    pub duplicate: bool,
    /// Quality of Service of this delivery.
    pub qos: QoS,
    /// RETAIN: to be kept as, or sent because it is, the topic's retained message.
    pub retain: bool,
    /// The Topic Name: never with wildcards, empty only in 5.0 where a Topic Alias stands in for it.
    pub topic: &'a str,
    /// The Packet Identifier; `None` at QoS 0 and only there.
    pub packet_identifier: Option<NonZeroU16>,
    /// The properties; empty before 5.0.
    pub properties: Properties<'a>,
    /// The payload.
    pub payload: &'a [u8],
}

impl<'a> Publish<'a> {
    /// Reads a PUBLISH. The flags of the frame's header are judged here.
    ///
    /// # Errors
    ///
    /// The first violation found, in the order of the bytes.
    #[inline]
    pub fn decode(frame: &Frame<'a>, version: ProtocolVersion, sender: Sender) -> Result<Self, Violation> {
        let flags = frame.header.flags;
        // [MQTT-3.3.1-4]
        let qos = QoS::from_bits((flags >> 1) & 0b11).ok_or(Violation::PublishQoS3)?;
        let duplicate = flags & 0b1000 != 0;
        // [MQTT-3.3.1-2] Binds the sender; the receiver takes it at its word.
        if duplicate && qos == QoS::AtMostOnce {
            return Err(Violation::PublishDuplicateAtQoS0);
        }
        let mut decoder = Decoder::new(frame.body);
        let topic = decoder.binary()?;
        let topic = if topic.is_empty() { "" } else { text::topic_name(topic)? };
        let packet_identifier = match qos {
            QoS::AtMostOnce => None,
            QoS::AtLeastOnce | QoS::ExactlyOnce => Some(decoder.packet_identifier()?),
        };
        let mut properties = Properties::EMPTY;
        let mut has_alias = false;
        if version.has_properties() {
            let (found, present) = Properties::decode(&mut decoder, PropertyContext::Publish(sender))?;
            properties = found;
            has_alias = present.has(PropertyIdentifier::TopicAlias);
        }
        // [MQTT-4.7.3-1]; 5.0 section 3.3.2.1
        if topic.is_empty() && !has_alias {
            return Err(Violation::TopicNameEmpty);
        }
        let retain = flags & 1 != 0;
        let payload = decoder.rest();
        Ok(Self { duplicate, qos, retain, topic, packet_identifier, properties, payload })
    }

    /// Bytes of the whole packet.
    #[inline]
    pub fn encoded_length(&self, version: ProtocolVersion) -> usize {
        let remaining = self.remaining_length(version);
        1 + variable_byte_integer::length(saturating_u32(remaining)) + remaining
    }

    /// Appends everything but the payload; the Remaining Length counts the payload. Appends nothing if the
    /// packet is larger than the protocol allows.
    #[inline]
    pub fn encode_head(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        let remaining = saturating_u32(self.remaining_length(version));
        if remaining > variable_byte_integer::MAXIMUM {
            return;
        }
        out.reserve(remaining as usize - self.payload.len() + 5);
        out.push(self.first_byte());
        variable_byte_integer::encode(remaining, out);
        self.encode_variable_header(version, out);
    }

    #[inline]
    pub(super) fn first_byte(&self) -> u8 {
        0x30 | u8::from(self.duplicate) << 3 | self.qos.bits() << 1 | u8::from(self.retain)
    }

    #[inline]
    pub(super) fn remaining_length(&self, version: ProtocolVersion) -> usize {
        // [MQTT-2.3.1-5] (3.1.1) [MQTT-2.2.1-2] (5.0)
        let identifier_length = if self.packet_identifier.is_some() { 2 } else { 0 };
        text_length(self.topic)
            + identifier_length
            + properties_length(self.properties, version)
            + self.payload.len()
    }

    #[inline]
    pub(super) fn encode_variable_header(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        let topic = fitting_text(self.topic);
        out.extend_from_slice(&(topic.len() as u16).to_be_bytes());
        out.extend_from_slice(topic.as_bytes());
        if let Some(packet_identifier) = self.packet_identifier {
            out.extend_from_slice(&packet_identifier.get().to_be_bytes());
        }
        put_properties(self.properties, version, out);
    }
}
