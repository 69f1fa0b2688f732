//! Generated packets of every type and version, and generated garbage.

use std::num::NonZeroU16;

use hushwing_core::ProtocolVersion;
use hushwing_core::wire::{
    Acknowledgement, Auth, Connack, Connect, Disconnect, Packet, PacketType, Properties, PropertiesBuffer,
    Property, PropertyContext, PropertyIdentifier, Publish, QoS, ReasonCode, RetainHandling, Sender, Suback,
    Subscribe, SubscribeFiltersBuffer, SubscriptionOptions, Unsuback, Unsubscribe, UnsubscribeFiltersBuffer,
    Will, frame_length, split_frame,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::golden::harmless;
use crate::{SENDERS, V3_1, V3_1_1, V5_0, VERSIONS, decode};

/// What packets are made of. Each packet takes what it has a field for.
#[derive(Clone, Debug)]
pub(crate) struct Ingredients {
    pub(crate) version: ProtocolVersion,
    pub(crate) sender: Sender,
    pub(crate) packet_type: PacketType,
    bits: [bool; 4],
    qos: QoS,
    packet_identifier: NonZeroU16,
    number: u16,
    texts: [String; 2],
    topic: String,
    bytes: [Vec<u8>; 2],
    properties: Vec<(usize, u32, String, String, Vec<u8>)>,
    filters: Vec<(String, u8, u8)>,
    reason: usize,
}

pub(crate) fn ingredients() -> impl Strategy<Value = Ingredients> {
    let text = "[ -~éß日\u{1F989}\u{FEFF}]{0,12}";
    let property = (0..27usize, any::<u32>(), text, text, vec(any::<u8>(), 0..9));
    let shape = (0..3usize, 0..2usize, 0..15usize, any::<[bool; 4]>(), 0..3u8, 1..=u16::MAX, any::<u16>());
    let texts = ([text, text], "[a-z/é$ ]{1,12}", [vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..9)]);
    let lists =
        (vec(property, 0..8), vec(("(\\+|[a-z]{1,4})(/(\\+|[a-z]{0,3})){0,3}(/#)?", 0..3u8, 0..12u8), 1..5));
    (shape, texts, lists, 0..43usize).prop_map(
        |(shape, (texts, topic, bytes), (properties, filters), reason)| Ingredients {
            version: VERSIONS[shape.0],
            sender: SENDERS[shape.1],
            packet_type: PacketType::ALL[shape.2],
            bits: shape.3,
            qos: QoS::from_bits(shape.4).expect("below 3"),
            packet_identifier: NonZeroU16::new(shape.5).expect("not 0"),
            number: shape.6,
            texts,
            topic,
            bytes,
            properties,
            filters,
            reason,
        },
    )
}

impl Ingredients {
    /// The packet of this type, version and sender; nothing if there is none such.
    pub(crate) fn with_packet(&self, then: impl Fn(Packet<'_>, ProtocolVersion, Sender)) {
        let (version, sender) = (self.version, self.sender);
        if !self.packet_type.may_be_sent_by(sender, version) {
            return;
        }
        if self.packet_type == PacketType::Auth && version != V5_0 {
            return;
        }
        let properties = self.properties(self.context());
        let packet = self.packet(properties.as_properties());
        match packet {
            Some(packet) => then(packet, version, sender),
            None => self.with_list(properties.as_properties(), then),
        }
    }

    fn packet<'a>(&'a self, properties: Properties<'a>) -> Option<Packet<'a>> {
        let reason = self.reason();
        let packet_identifier = self.packet_identifier;
        let acknowledgement = Acknowledgement { packet_identifier, reason, properties };
        Some(match self.packet_type {
            PacketType::Connack => {
                let session_present = self.bits[0] && reason == ReasonCode::Success && self.version != V3_1;
                Packet::Connack(Connack { session_present, reason, properties })
            }
            PacketType::Publish => Packet::Publish(self.publish(properties)),
            PacketType::Puback => Packet::Puback(acknowledgement),
            PacketType::Pubrec => Packet::Pubrec(acknowledgement),
            PacketType::Pubrel => Packet::Pubrel(acknowledgement),
            PacketType::Pubcomp => Packet::Pubcomp(acknowledgement),
            PacketType::Pingreq => Packet::Pingreq,
            PacketType::Pingresp => Packet::Pingresp,
            PacketType::Disconnect => Packet::Disconnect(Disconnect { reason, properties }),
            PacketType::Auth => Packet::Auth(Auth { reason, properties }),
            _ => return None,
        })
    }

    /// The packets that need buffers of their own.
    fn with_list(&self, properties: Properties<'_>, then: impl Fn(Packet<'_>, ProtocolVersion, Sender)) {
        let (version, packet_identifier) = (self.version, self.packet_identifier);
        let mut filters = SubscribeFiltersBuffer::new();
        let mut names = UnsubscribeFiltersBuffer::new();
        for (filter, qos, options) in &self.filters {
            filters.push(filter, subscription_options(*qos, *options, version), version);
            names.push(filter);
        }
        let reasons: Vec<u8> = self.filters.iter().map(|_| self.reason().byte()).collect();
        let will_properties = self.properties(PropertyContext::Will);
        let packet = match self.packet_type {
            PacketType::Connect => Packet::Connect(self.connect(properties, will_properties.as_properties())),
            PacketType::Subscribe => {
                Packet::Subscribe(Subscribe { packet_identifier, properties, filters: filters.as_filters() })
            }
            PacketType::Suback => Packet::Suback(Suback { packet_identifier, properties, reasons: &reasons }),
            PacketType::Unsubscribe => Packet::Unsubscribe(Unsubscribe {
                packet_identifier,
                properties,
                filters: names.as_filters(),
            }),
            PacketType::Unsuback => {
                let reasons = if version == V5_0 { &reasons[..] } else { &[] };
                Packet::Unsuback(Unsuback { packet_identifier, properties, reasons })
            }
            other => panic!("{other:?}"),
        };
        then(packet, version, self.sender);
    }

    fn publish<'a>(&'a self, properties: Properties<'a>) -> Publish<'a> {
        let has_identifier = self.qos != QoS::AtMostOnce;
        Publish {
            duplicate: self.bits[0] && has_identifier,
            qos: self.qos,
            retain: self.bits[1],
            topic: if self.bits[2] && properties.topic_alias().is_some() { "" } else { &self.topic },
            packet_identifier: has_identifier.then_some(self.packet_identifier),
            properties,
            payload: &self.bytes[0],
        }
    }

    fn connect<'a>(&'a self, properties: Properties<'a>, will_properties: Properties<'a>) -> Connect<'a> {
        let will = Will {
            topic: &self.topic,
            payload: &self.bytes[0],
            qos: self.qos,
            retain: self.bits[1],
            properties: will_properties,
        };
        let user_name = self.bits[3].then_some(&self.texts[1][..]);
        let may_have_password = user_name.is_some() || self.version == V5_0;
        Connect {
            version: self.version,
            clean_start: self.bits[0],
            keep_alive_seconds: self.number,
            client_identifier: &self.texts[0],
            properties,
            will: self.bits[2].then_some(will),
            user_name,
            password: (may_have_password && self.number.is_multiple_of(2)).then_some(&self.bytes[1]),
        }
    }

    fn context(&self) -> PropertyContext {
        match self.packet_type {
            PacketType::Connect => PropertyContext::Connect,
            PacketType::Connack => PropertyContext::Connack,
            PacketType::Publish => PropertyContext::Publish(self.sender),
            PacketType::Puback => PropertyContext::Puback,
            PacketType::Pubrec => PropertyContext::Pubrec,
            PacketType::Pubrel => PropertyContext::Pubrel,
            PacketType::Pubcomp => PropertyContext::Pubcomp,
            PacketType::Suback => PropertyContext::Suback,
            PacketType::Subscribe => PropertyContext::Subscribe,
            PacketType::Unsuback => PropertyContext::Unsuback,
            PacketType::Unsubscribe | PacketType::Pingreq | PacketType::Pingresp => {
                PropertyContext::Unsubscribe
            }
            PacketType::Disconnect => PropertyContext::Disconnect(self.sender),
            PacketType::Auth => PropertyContext::Auth,
        }
    }

    fn reason(&self) -> ReasonCode {
        if self.version != V5_0 {
            return match self.packet_type {
                PacketType::Connack => ReasonCode::from_connack_return_code_3(self.reason as u8 % 6),
                PacketType::Suback => ReasonCode::from_byte([0, 1, 2, 0x80][self.reason % 4]),
                _ => Some(ReasonCode::Success),
            }
            .expect("a code before 5.0");
        }
        let allowed: Vec<_> = ReasonCode::ALL
            .iter()
            .filter(|reason| reason.allowed_in(self.packet_type, self.sender))
            .collect();
        if allowed.is_empty() { ReasonCode::Success } else { *allowed[self.reason % allowed.len()] }
    }

    fn properties(&self, context: PropertyContext) -> PropertiesBuffer {
        let mut buffer = PropertiesBuffer::new();
        if self.version != V5_0 {
            return buffer;
        }
        let mut seen = Vec::new();
        if context == PropertyContext::Auth || context == PropertyContext::Connect {
            buffer.push(Property::AuthenticationMethod(&self.texts[0]));
            seen.push(PropertyIdentifier::AuthenticationMethod);
        }
        for (index, number, name, value, bytes) in &self.properties {
            let identifier = PropertyIdentifier::ALL[*index];
            if !context.allows(identifier) || seen.contains(&identifier) && !context.may_repeat(identifier) {
                continue;
            }
            seen.push(identifier);
            buffer.push(property(identifier, *number, name, value, bytes, &self.topic));
        }
        buffer
    }
}

fn subscription_options(qos: u8, bits: u8, version: ProtocolVersion) -> SubscriptionOptions {
    let qos = QoS::from_bits(qos).expect("below 3");
    if version != V5_0 {
        return SubscriptionOptions { qos, ..SubscriptionOptions::default() };
    }
    SubscriptionOptions {
        qos,
        no_local: bits & 1 != 0,
        retain_as_published: bits & 2 != 0,
        retain_handling: RetainHandling::from_bits(bits >> 2).expect("below 3"),
    }
}

fn property<'a>(
    identifier: PropertyIdentifier,
    number: u32,
    name: &'a str,
    value: &'a str,
    bytes: &'a [u8],
    topic: &'a str,
) -> Property<'a> {
    use PropertyIdentifier as Id;
    let short = (number >> 16) as u16;
    let yes = number.is_multiple_of(2);
    match identifier {
        Id::PayloadFormatIndicator => Property::PayloadFormatIndicator(u8::from(yes)),
        Id::MessageExpiryInterval => Property::MessageExpiryInterval(number),
        Id::ContentType => Property::ContentType(value),
        Id::ResponseTopic => Property::ResponseTopic(topic),
        Id::CorrelationData => Property::CorrelationData(bytes),
        Id::SubscriptionIdentifier => Property::SubscriptionIdentifier((number >> (number % 28 + 4)).max(1)),
        Id::SessionExpiryInterval => Property::SessionExpiryInterval(number),
        Id::AssignedClientIdentifier => Property::AssignedClientIdentifier(value),
        Id::ServerKeepAlive => Property::ServerKeepAlive(short),
        Id::AuthenticationMethod => Property::AuthenticationMethod(value),
        Id::AuthenticationData => Property::AuthenticationData(bytes),
        Id::RequestProblemInformation => Property::RequestProblemInformation(yes),
        Id::WillDelayInterval => Property::WillDelayInterval(number),
        Id::RequestResponseInformation => Property::RequestResponseInformation(yes),
        Id::ResponseInformation => Property::ResponseInformation(value),
        Id::ServerReference => Property::ServerReference(value),
        Id::ReasonString => Property::ReasonString(value),
        Id::ReceiveMaximum => Property::ReceiveMaximum(short.max(1)),
        Id::TopicAliasMaximum => Property::TopicAliasMaximum(short),
        Id::TopicAlias => Property::TopicAlias(short.max(1)),
        Id::MaximumQoS => Property::MaximumQoS(if yes { QoS::AtMostOnce } else { QoS::AtLeastOnce }),
        Id::RetainAvailable => Property::RetainAvailable(yes),
        Id::UserProperty => Property::UserProperty(name, value),
        Id::MaximumPacketSize => Property::MaximumPacketSize(number.max(1)),
        Id::WildcardSubscriptionAvailable => Property::WildcardSubscriptionAvailable(yes),
        Id::SubscriptionIdentifierAvailable => Property::SubscriptionIdentifierAvailable(yes),
        Id::SharedSubscriptionAvailable => Property::SharedSubscriptionAvailable(yes),
    }
}

pub(crate) fn encoded(packet: &Packet<'_>, version: ProtocolVersion) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(version, &mut bytes);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn what_is_encoded_is_decoded(ingredients in ingredients()) {
        ingredients.with_packet(|packet, version, sender| {
            let bytes = encoded(&packet, version);
            assert_eq!(bytes.len(), packet.encoded_length(version));
            assert_eq!(decode(&bytes, version, sender), Ok(packet));
        });
    }

    #[test]
    fn a_packet_is_found_wherever_the_stream_is_cut(
        ingredients in ingredients(),
        rest in vec(any::<u8>(), 0..9),
    ) {
        ingredients.with_packet(|packet, version, _| {
            let bytes = encoded(&packet, version);
            let stream = [&bytes[..], &rest].concat();
            let known = (packet.packet_type() != PacketType::Connect).then_some(version);
            for length in 0..=stream.len() {
                let frame = split_frame(&stream[..length], known, bytes.len() as u32).expect("legal");
                assert_eq!(frame.is_some(), length >= bytes.len());
                if let Some(frame) = frame {
                    assert_eq!(frame.length, bytes.len());
                    assert_eq!(frame.body, &bytes[bytes.len() - frame.header.remaining_length as usize..]);
                }
                let whole = frame_length(&stream[..length], known, bytes.len() as u32).expect("legal");
                assert!(whole.is_none_or(|whole| whole == bytes.len()));
                assert!(whole.is_some() || length < 5);
            }
            assert!(split_frame(&stream, known, bytes.len() as u32 - 1).is_err());
        });
    }

    #[test]
    fn a_head_and_a_payload_are_a_publish(ingredients in ingredients()) {
        let ingredients = Ingredients { packet_type: PacketType::Publish, ..ingredients };
        ingredients.with_packet(|packet, version, _| {
            let Packet::Publish(publish) = packet else { panic!() };
            let mut bytes = vec![7];
            publish.encode_head(version, &mut bytes);
            bytes.extend_from_slice(publish.payload);
            assert_eq!(&bytes[1..], encoded(&packet, version));
            assert_eq!(publish.encoded_length(version), bytes.len() - 1);
        });
    }

    #[test]
    fn a_change_to_a_packet_does_no_harm(
        ingredients in ingredients(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        ingredients.with_packet(|packet, version, _| {
            let mut bytes = encoded(&packet, version);
            for (place, new) in &changes {
                let place = place.index(bytes.len());
                bytes[place] = *new;
            }
            harmless(&bytes);
        });
    }

    #[test]
    fn garbage_does_no_harm(first in any::<u8>(), body in vec(any::<u8>(), 0..60)) {
        harmless(&crate::packet(first, &body));
        harmless(&body);
    }

    #[test]
    fn garbage_properties_do_no_harm(body in vec(prop_oneof![0..0x2Bu8, Just(0), any::<u8>()], 0..30)) {
        let of_server = PropertyContext::Publish(Sender::Server);
        for context in [PropertyContext::Connect, PropertyContext::Connack, of_server] {
            if let Ok(properties) = Properties::from_bytes(&body, context) {
                let mut again = PropertiesBuffer::new();
                properties.iter().for_each(|property| again.push(property));
                assert_eq!(again.into_bytes(), body);
            }
        }
        let unvalidated = Properties::from_validated(&body);
        assert!(unvalidated.iter().count() <= body.len());
        assert!(unvalidated.user_properties().count() <= body.len());
        let _ = unvalidated.shared_subscription_available();
    }
}

#[test]
fn every_type_of_every_version_is_generated() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    let seen = RefCell::new(BTreeSet::new());
    let mut runner = TestRunner::deterministic();
    for _ in 0..4_000 {
        let ingredients = ingredients().new_tree(&mut runner).expect("a value").current();
        ingredients.with_packet(|packet, version, sender| {
            seen.borrow_mut().insert((version, packet.packet_type(), sender == Sender::Client));
        });
    }
    for version in [V3_1, V3_1_1, V5_0] {
        for packet_type in PacketType::ALL {
            for sender in SENDERS {
                let exists = packet_type != PacketType::Auth || version == V5_0;
                let legal = packet_type.may_be_sent_by(sender, version) && exists;
                let key = (version, packet_type, sender == Sender::Client);
                assert_eq!(seen.borrow().contains(&key), legal, "{key:?}");
            }
        }
    }
}
