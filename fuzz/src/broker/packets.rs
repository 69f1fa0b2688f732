//! Packets that clients send, out of a few bytes each: small identifiers, few topics, all versions.

use std::num::NonZeroU16;

use hushwing_core::ProtocolVersion;
use hushwing_core::wire::{
    Acknowledgement, Connect, Disconnect, Packet, Properties, PropertiesBuffer, Property, Publish, QoS,
    ReasonCode, Subscribe, SubscribeFiltersBuffer, SubscriptionOptions, Unsubscribe,
    UnsubscribeFiltersBuffer, Will,
};

use super::model::View;
use super::session::Due;
use crate::bytes::Bytes;

const VERSIONS: [ProtocolVersion; 3] =
    [ProtocolVersion::V3_1, ProtocolVersion::V3_1_1, ProtocolVersion::V5_0];
const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", ""];
const TOPICS: [&str; 8] = ["t", "t/u", "t/u/v", "u", "/", "$x/t", "t/", "$direct/a/t"];
const FILTERS: [&str; 12] =
    ["t", "t/u", "t/#", "+", "#", "+/u", "u", "$x/#", "$share/g/t/#", "$share/g/#", "t/+/v", "$share/h/u"];

/// What was published so far.
#[derive(Default)]
pub(super) struct Packets {
    /// The payload of the message published last.
    number: u32,
}

/// `byte` as a choice of one of `from`.
fn one_of<T: Copy>(from: &[T], byte: u8) -> T {
    from[usize::from(byte) % from.len()]
}

fn qos(byte: u8) -> QoS {
    QoS::from_bits(byte & 0b11).unwrap_or(QoS::ExactlyOnce)
}

/// 1 to 4: few, so that they collide.
fn identifier(byte: u8) -> NonZeroU16 {
    NonZeroU16::new(u16::from(byte % 4) + 1).expect("at least 1")
}

impl Packets {
    /// The packet of this kind that `bytes` choose for a client that knows what is in `view`.
    pub(super) fn draw(&mut self, kind: u8, view: View, bytes: &mut Bytes<'_>) -> Vec<u8> {
        let version = view.version.unwrap_or(ProtocolVersion::V5_0);
        match kind {
            0 => self.connect(bytes),
            1 => subscribe(version, bytes),
            2 => unsubscribe(version, bytes),
            3..=5 => self.publish(version, bytes),
            6 | 7 => acknowledge(view, version, bytes),
            _ => other(version, bytes),
        }
    }

    fn payload(&mut self, byte: u8) -> Vec<u8> {
        self.number += 1;
        let mut payload = self.number.to_be_bytes().to_vec();
        // Some are large.
        payload.resize(if byte & 0b1100_0000 == 0b1100_0000 { 3_000 } else { 4 }, b'.');
        payload
    }

    fn connect(&mut self, bytes: &mut Bytes<'_>) -> Vec<u8> {
        let (choice, settings) = (bytes.byte(), bytes.byte());
        let version = one_of(&VERSIONS, choice);
        let mut client_identifier = one_of(&NAMES, choice / 3);
        if client_identifier.is_empty() && version == ProtocolVersion::V3_1 {
            client_identifier = "f";
        }
        let clean_start = client_identifier.is_empty() || settings & 1 != 0;
        let mut properties = PropertiesBuffer::new();
        let mut will_properties = PropertiesBuffer::new();
        if version == ProtocolVersion::V5_0 {
            connect_properties(settings, &mut properties);
            if settings & 128 != 0 {
                will_properties.push(Property::WillDelayInterval(20));
            }
        }
        let payload = self.payload(0);
        let will = (settings & 2 != 0).then(|| Will {
            topic: one_of(&TOPICS, settings >> 5),
            payload: &payload,
            qos: qos(settings >> 3),
            retain: settings & 32 != 0,
            properties: will_properties.as_properties(),
        });
        let connect = Connect {
            version,
            clean_start,
            keep_alive_seconds: if settings & 4 == 0 { 0 } else { 30 },
            client_identifier,
            properties: properties.as_properties(),
            will,
            user_name: None,
            password: None,
        };
        encoded(&Packet::Connect(connect), version)
    }

    fn publish(&mut self, version: ProtocolVersion, bytes: &mut Bytes<'_>) -> Vec<u8> {
        let (choice, settings) = (bytes.byte(), bytes.byte());
        let qos = qos(choice);
        let again = settings & 8 != 0 && self.number > 0;
        let payload = match settings & 0b11_0000 {
            _ if again => self.number.to_be_bytes().to_vec(),
            0b11_0000 => Vec::new(),
            _ => self.payload(settings),
        };
        let mut properties = PropertiesBuffer::new();
        let mut topic = one_of(&TOPICS, choice >> 3);
        if version == ProtocolVersion::V5_0 && settings & 0b11_0000 == 0b1_0000 {
            properties.push(Property::TopicAlias(u16::from(settings >> 6) + 1));
            topic = if choice & 4 == 0 { topic } else { "" };
        } else if version == ProtocolVersion::V5_0 && settings & 0b11_0000 == 0b10_0000 {
            properties.push(Property::MessageExpiryInterval(u32::from(settings >> 6) * 20 + 1));
        }
        let publish = Publish {
            duplicate: again && qos != QoS::AtMostOnce,
            qos,
            retain: settings & 4 != 0,
            topic,
            packet_identifier: (qos != QoS::AtMostOnce).then(|| identifier(settings)),
            properties: properties.as_properties(),
            payload: &payload,
        };
        encoded(&Packet::Publish(publish), version)
    }
}

fn connect_properties(settings: u8, properties: &mut PropertiesBuffer) {
    if settings & 8 != 0 {
        properties.push(Property::SessionExpiryInterval(60));
    }
    if settings & 16 != 0 {
        properties.push(Property::ReceiveMaximum(u16::from(settings >> 5) % 3 + 1));
    }
    if settings & 32 != 0 {
        properties.push(Property::TopicAliasMaximum(2));
    }
    if settings & 64 != 0 {
        properties.push(Property::MaximumPacketSize(1_000));
    }
}

fn subscribe(version: ProtocolVersion, bytes: &mut Bytes<'_>) -> Vec<u8> {
    let (choice, settings) = (bytes.byte(), bytes.byte());
    let mut filters = SubscribeFiltersBuffer::new();
    let mut properties = PropertiesBuffer::new();
    if version == ProtocolVersion::V5_0 && settings & 128 != 0 {
        properties.push(Property::SubscriptionIdentifier(u32::from(choice) + 1));
    }
    for number in 0..=settings >> 6 & 1 {
        let options = SubscriptionOptions::from_bits(settings & 0b11_1111);
        let mut options = options.unwrap_or(SubscriptionOptions { qos: qos(settings), ..Default::default() });
        let filter = one_of(&FILTERS, choice.wrapping_add(number * (choice >> 4)));
        // A protocol error for a shared one.
        options.no_local &= !filter.starts_with("$share/");
        filters.push(filter, options, version);
    }
    let packet_identifier = identifier(choice >> 4);
    let properties = properties.as_properties();
    let subscribe = Subscribe { packet_identifier, properties, filters: filters.as_filters() };
    encoded(&Packet::Subscribe(subscribe), version)
}

fn unsubscribe(version: ProtocolVersion, bytes: &mut Bytes<'_>) -> Vec<u8> {
    let choice = bytes.byte();
    let mut filters = UnsubscribeFiltersBuffer::new();
    filters.push(one_of(&FILTERS, choice));
    let packet_identifier = identifier(choice >> 4);
    let unsubscribe =
        Unsubscribe { packet_identifier, properties: Properties::EMPTY, filters: filters.as_filters() };
    encoded(&Packet::Unsubscribe(unsubscribe), version)
}

/// Mostly what is due; now and then what is not.
fn acknowledge(view: View, version: ProtocolVersion, bytes: &mut Bytes<'_>) -> Vec<u8> {
    let choice = bytes.byte();
    let (due, packet_identifier) = match view.due.get(usize::from(choice & 0b11) % view.due.len().max(1)) {
        Some(&(due, packet_identifier)) if choice < 240 => (due, packet_identifier),
        // A publisher's own.
        _ if choice < 240 => (Due::Pubrel, identifier(choice)),
        _ => (one_of(&[Due::Puback, Due::Pubrec, Due::Pubcomp], choice >> 2), identifier(choice)),
    };
    let refuses = choice & 0b1100 == 0b1100 && version == ProtocolVersion::V5_0;
    let reason = if refuses { ReasonCode::UnspecifiedError } else { ReasonCode::Success };
    let with = |reason| Acknowledgement::new(packet_identifier, reason);
    let packet = match due {
        Due::Puback => Packet::Puback(with(reason)),
        Due::Pubrec => Packet::Pubrec(with(reason)),
        Due::Pubrel => Packet::Pubrel(with(ReasonCode::Success)),
        Due::Pubcomp => Packet::Pubcomp(with(ReasonCode::Success)),
    };
    encoded(&packet, version)
}

fn other(version: ProtocolVersion, bytes: &mut Bytes<'_>) -> Vec<u8> {
    let choice = bytes.byte();
    let packet = match choice % 4 {
        0 => Packet::Disconnect(Disconnect { reason: ReasonCode::Success, properties: Properties::EMPTY }),
        1 => Packet::Pubrel(Acknowledgement::new(identifier(choice >> 2), ReasonCode::Success)),
        _ => Packet::Pingreq,
    };
    encoded(&packet, version)
}

fn encoded(packet: &Packet<'_>, version: ProtocolVersion) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(version, &mut bytes);
    bytes
}
