//! Packets in their commonest form, found in a few instructions. Whatever looks different in any way goes the
//! usual way, where it is judged.

use core::num::NonZeroU16;
use core::str::from_utf8;

use super::deliver::Publication;
use crate::id::Position;
use crate::message::MessageView;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::wire::{Acknowledgement, Packet, PacketType, Properties, Publish, QoS, ReasonCode};

/// A PUBLISH without DUP, RETAIN and properties, to a topic that is known: the same bytes, but for the packet
/// identifier, are for every subscriber of the publisher's version.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlainPublish<'b> {
    pub(super) packet: &'b [u8],
    pub(super) qos: QoS,
    /// Whether packets have properties in the publisher's version.
    pub(super) properties: bool,
    /// 0 at QoS 0.
    packet_identifier: u16,
    topic: &'b [u8],
    payload: &'b [u8],
}

impl<'b> PlainPublish<'b> {
    /// The packet at the start of `bytes`, if it is one of this kind, whole and to this topic. `properties`:
    /// whether packets have some in the publisher's version.
    #[inline(always)]
    pub(super) fn at_start(bytes: &'b [u8], topic: &[u8], properties: bool) -> Option<Self> {
        let (&first, rest) = bytes.split_first()?;
        let qos = match first {
            0x30 => QoS::AtMostOnce,
            0x32 => QoS::AtLeastOnce,
            0x34 => QoS::ExactlyOnce,
            _ => return None,
        };
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
        if name != topic {
            return None;
        }
        let (packet_identifier, body) = match qos {
            QoS::AtMostOnce => (0, body),
            _ => body.split_first_chunk().map(|(bytes, body)| (u16::from_be_bytes(*bytes), body))?,
        };
        let payload = if properties { body.strip_prefix(&[0])? } else { body };
        let packet = bytes.get(..1 + header + remaining_length)?;
        Some(Self { packet, qos, properties, packet_identifier, topic: name, payload })
    }

    /// As a message at QoS 0.
    #[inline]
    pub(super) fn publication<'t>(&self, topic: &'t str, publisher: Option<SessionIndex>) -> Publication<'t>
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
            plain: None,
        }
    }

    /// Where the packet identifier stands, at QoS 1 and 2.
    #[inline]
    pub(super) fn packet_identifier_at(&self) -> usize {
        self.packet.len() - self.payload.len() - usize::from(self.properties) - 2
    }

    /// As a packet at QoS 1 or 2, and its packet identifier, which is not 0 then.
    #[inline(always)]
    pub(super) fn acknowledged(&self) -> Option<(Publish<'b>, NonZeroU16)> {
        let packet_identifier = NonZeroU16::new(self.packet_identifier)?;
        let publish = Publish {
            duplicate: false,
            qos: self.qos,
            retain: false,
            topic: from_utf8(self.topic).ok()?,
            packet_identifier: Some(packet_identifier),
            properties: Properties::EMPTY,
            payload: self.payload,
        };
        Some((publish, packet_identifier))
    }
}

/// The four bytes that say the same as this packet in every version, if there are such.
#[inline]
pub(super) fn encoded(packet: &Packet<'_>) -> Option<[u8; 4]> {
    let (first, acknowledgement) = match packet {
        Packet::Puback(acknowledgement) => (0x40, acknowledgement),
        Packet::Pubrec(acknowledgement) => (0x50, acknowledgement),
        Packet::Pubrel(acknowledgement) => (0x62, acknowledgement),
        Packet::Pubcomp(acknowledgement) => (0x70, acknowledgement),
        _ => return None,
    };
    let plain = acknowledgement.reason == ReasonCode::Success && acknowledgement.properties.is_empty();
    let [high, low] = acknowledgement.packet_identifier.get().to_be_bytes();
    plain.then_some([first, 2, high, low])
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP of four bytes at the start of `bytes`: without a reason, that is, with
/// that of success.
#[inline]
pub(super) fn acknowledgement(bytes: &[u8]) -> Option<(PacketType, Acknowledgement<'static>)> {
    let [first, 2, high, low, ..] = *bytes else { return None };
    let packet_type = match first {
        0x40 => PacketType::Puback,
        0x50 => PacketType::Pubrec,
        0x62 => PacketType::Pubrel,
        0x70 => PacketType::Pubcomp,
        _ => return None,
    };
    let packet_identifier = NonZeroU16::new(u16::from_be_bytes([high, low]))?;
    let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
    Some((packet_type, Acknowledgement { packet_identifier, reason, properties }))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::version::ProtocolVersion;
    use crate::wire::{Packet, Sender, split_frame};

    fn decoded(bytes: &[u8], version: ProtocolVersion) -> Packet<'_> {
        let frame = split_frame(bytes, Some(version), u32::MAX).unwrap().unwrap();
        Packet::decode(&frame, version, Sender::Client).unwrap()
    }

    fn any_version() -> impl Strategy<Value = ProtocolVersion> {
        use ProtocolVersion::{V3_1, V3_1_1, V5_0};
        prop_oneof![Just(V3_1), Just(V3_1_1), Just(V5_0)]
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_the_decoder_finds(
            version in any_version(),
            first in prop_oneof![Just(0x30_u8), Just(0x32), Just(0x34), 0x30_u8..0x40],
            topic in "[a-c/]{1,9}",
            other in "[a-c/]{1,3}",
            payload in proptest::collection::vec(any::<u8>(), 0..200),
            packet_identifier in 1..=u16::MAX,
            cut in 0..250_usize,
        ) {
            let qos = QoS::from_bits(first >> 1 & 0b11).unwrap_or(QoS::AtMostOnce);
            let publish = Publish {
                duplicate: first & 0b1000 != 0 && qos > QoS::AtMostOnce,
                qos,
                retain: first & 1 != 0,
                topic: &topic,
                packet_identifier: NonZeroU16::new(packet_identifier).filter(|_| qos > QoS::AtMostOnce),
                properties: Properties::EMPTY,
                payload: &payload,
            };
            let mut bytes = Vec::new();
            Packet::Publish(publish).encode(version, &mut bytes);
            let whole = bytes.len();
            bytes.push(0x30);
            let properties = version.has_properties();
            let cut_off = bytes.get(..cut.min(whole - 1)).unwrap();
            prop_assert!(PlainPublish::at_start(cut_off, topic.as_bytes(), properties).is_none());
            prop_assert!(other == topic || PlainPublish::at_start(&bytes, other.as_bytes(), properties).is_none());
            let found = PlainPublish::at_start(&bytes, topic.as_bytes(), properties);
            prop_assert_eq!(found.is_some(), !publish.duplicate && !publish.retain);
            let Some(found) = found else { return Ok(()) };
            prop_assert_eq!(found.packet.len(), whole);
            prop_assert_eq!(found.publication(&topic, None).view.payload, &payload);
            prop_assert_eq!(decoded(&bytes, version), Packet::Publish(publish));
            if qos > QoS::AtMostOnce {
                let at = found.packet_identifier_at();
                prop_assert_eq!(&bytes[at..at + 2], packet_identifier.to_be_bytes());
            }
            let acknowledged = found.acknowledged().map(|(publish, _)| publish);
            prop_assert_eq!(acknowledged, (qos > QoS::AtMostOnce).then_some(publish));
        }

        #[test]
        fn what_four_bytes_cannot_say_is_left_to_the_encoder(kind in 0..4_usize) {
            let reason = ReasonCode::NoMatchingSubscribers;
            let refusal = Acknowledgement::new(NonZeroU16::MIN, reason);
            let packet = [Packet::Puback, Packet::Pubrec, Packet::Pubrel, Packet::Pubcomp][kind](refusal);
            prop_assert_eq!(encoded(&packet), None);
            prop_assert_eq!(encoded(&Packet::Pingresp), None);
        }

        #[test]
        fn an_acknowledgement_is_the_decoders(version in any_version(), bytes: [u8; 4], kind in 0..6_usize) {
            let [_, length, high, low] = bytes;
            let bytes = [[0x40, 0x50, 0x62, 0x70, 0x60, 0x41][kind], length % 4, high, low];
            let Some((packet_type, found)) = acknowledgement(&bytes) else {
                prop_assert!(kind > 3 || bytes[1] != 2 || (high, low) == (0, 0));
                return Ok(());
            };
            let expected = match packet_type {
                PacketType::Puback => Packet::Puback(found),
                PacketType::Pubrec => Packet::Pubrec(found),
                PacketType::Pubrel => Packet::Pubrel(found),
                _ => Packet::Pubcomp(found),
            };
            prop_assert_eq!(encoded(&expected), Some(bytes));
            prop_assert_eq!(decoded(&bytes, version), expected);
        }
    }
}
