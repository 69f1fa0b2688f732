//! Packets of the clients and of the broker.

use std::num::NonZeroU16;

use hushwing_core::ProtocolVersion;
use hushwing_core::wire::{
    Acknowledgement, Connect, Disconnect, Packet, Properties, PropertiesBuffer, Property, Publish, QoS,
    ReasonCode, RetainHandling, Subscribe, SubscribeFiltersBuffer, SubscriptionOptions, Unsubscribe,
    UnsubscribeFiltersBuffer, Will,
};

use super::action::{self, TOPICS};
use super::delivery::{Delivery, Message};
use super::naive::Say;
use super::session::{Stage, Subscription};

const V5_0: ProtocolVersion = ProtocolVersion::V5_0;

fn encode(packet: Packet<'_>, version: ProtocolVersion) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(version, &mut bytes);
    bytes
}

/// The packet of a client that this comes to; acknowledgements are [`acknowledge`].
pub(crate) fn packet(client: usize, version: ProtocolVersion, say: &Say) -> Vec<u8> {
    match say {
        Say::Connect { connect, payload, .. } => self::connect(client, version, connect, payload.as_deref()),
        Say::Disconnect { code, expiry_seconds } => {
            let mut properties = PropertiesBuffer::new();
            let expiry = expiry_seconds.map(Property::SessionExpiryInterval);
            expiry.into_iter().for_each(|property| properties.push(property));
            let reason = ReasonCode::from_byte(*code).expect("a reason code");
            encode(Packet::Disconnect(Disconnect { reason, properties: properties.as_properties() }), version)
        }
        Say::Subscribe(filter, subscription) => subscribe(version, filter, *subscription),
        Say::Unsubscribe(filter) => {
            let mut filters = UnsubscribeFiltersBuffer::new();
            filters.push(filter);
            let (packet_identifier, filters) = (NonZeroU16::MIN, filters.as_filters());
            let properties = Properties::EMPTY;
            encode(Packet::Unsubscribe(Unsubscribe { packet_identifier, properties, filters }), version)
        }
        Say::Publish { packet_identifier, message, duplicate } => {
            publish(version, *packet_identifier, message, *duplicate)
        }
        Say::Release(packet_identifier) => acknowledge(version, 6, *packet_identifier, false),
        Say::Lose | Say::Acknowledge { .. } => panic!("{say:?} is no packet by itself"),
    }
}

fn connect(
    client: usize,
    version: ProtocolVersion,
    connect: &action::Connect,
    payload: Option<&str>,
) -> Vec<u8> {
    let (mut properties, mut of_will) = (PropertiesBuffer::new(), PropertiesBuffer::new());
    if version == V5_0 {
        properties.push(Property::SessionExpiryInterval(connect.expiry_seconds));
        let maximum = connect.receive_maximum.map(Property::ReceiveMaximum);
        maximum.into_iter().for_each(|property| properties.push(property));
        let delay = connect.will.map(|will| Property::WillDelayInterval(will.delay_seconds));
        delay.into_iter().for_each(|property| of_will.push(property));
    }
    let will = connect.will.map(|will| Will {
        topic: TOPICS[will.topic],
        payload: payload.unwrap_or_default().as_bytes(),
        qos: qos(will.qos),
        retain: will.retain,
        properties: of_will.as_properties(),
    });
    let packet = Connect {
        version,
        clean_start: connect.clean,
        keep_alive_seconds: 0,
        client_identifier: &format!("client{client}"),
        properties: properties.as_properties(),
        will,
        user_name: None,
        password: None,
    };
    encode(Packet::Connect(packet), version)
}

fn subscribe(version: ProtocolVersion, filter: &str, of: Subscription) -> Vec<u8> {
    let mut properties = PropertiesBuffer::new();
    let identifier = of.identifier.map(Property::SubscriptionIdentifier);
    identifier.into_iter().for_each(|property| properties.push(property));
    let options = SubscriptionOptions {
        qos: qos(of.qos),
        no_local: of.no_local,
        retain_as_published: of.retain_as_published,
        retain_handling: RetainHandling::from_bits(of.retain_handling).expect("below 3"),
    };
    let mut filters = SubscribeFiltersBuffer::new();
    filters.push(filter, options, version);
    let (packet_identifier, filters) = (NonZeroU16::MIN, filters.as_filters());
    let properties = properties.as_properties();
    encode(Packet::Subscribe(Subscribe { packet_identifier, properties, filters }), version)
}

fn publish(version: ProtocolVersion, packet_identifier: u16, of: &Message, duplicate: bool) -> Vec<u8> {
    let mut properties = PropertiesBuffer::new();
    let expiry = of.expiry.map(|(_, seconds)| Property::MessageExpiryInterval(seconds));
    expiry.into_iter().for_each(|property| properties.push(property));
    let packet = Publish {
        duplicate,
        qos: qos(of.qos),
        retain: of.retain,
        topic: &of.topic,
        packet_identifier: NonZeroU16::new(packet_identifier).filter(|_| of.qos > 0),
        properties: properties.as_properties(),
        payload: of.payload.as_bytes(),
    };
    encode(Packet::Publish(packet), version)
}

fn qos(bits: u8) -> QoS {
    QoS::from_bits(bits).expect("below 3")
}

/// The type of the acknowledgement for a delivery.
pub(crate) fn answer_to(delivery: &Delivery, stage: Stage) -> u8 {
    match (stage, delivery.qos) {
        (Stage::Publish, 1) => 4,
        (Stage::Publish, _) => 5,
        (Stage::Release, _) => 7,
    }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP, by its number.
pub(crate) fn acknowledge(
    version: ProtocolVersion,
    packet_type: u8,
    packet_identifier: u16,
    refuse: bool,
) -> Vec<u8> {
    let of = Acknowledgement {
        packet_identifier: NonZeroU16::new(packet_identifier).expect("not 0"),
        reason: if refuse { ReasonCode::UnspecifiedError } else { ReasonCode::Success },
        properties: Properties::EMPTY,
    };
    let packet = match packet_type {
        4 => Packet::Puback(of),
        5 => Packet::Pubrec(of),
        6 => Packet::Pubrel(of),
        _ => Packet::Pubcomp(of),
    };
    encode(packet, version)
}
