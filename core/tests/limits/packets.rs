//! Packets: their size, their properties, their filters, their topic aliases.

use std::num::NonZeroU16;

use hushwing_core::ProtocolVersion::{self, V3_1_1, V5_0};
use hushwing_core::wire::{
    Connect, Disconnect, Packet, Properties, PropertiesBuffer, Property, Publish, QoS, ReasonCode, Subscribe,
    SubscribeFiltersBuffer, Unsubscribe, UnsubscribeFiltersBuffer, Will,
};
use hushwing_core::{ConnectionId, Limits};

use crate::case::{
    Heard, VERSIONS, config, edges, heard, parting, refusal, subscribe_to, subscriptions, try_connect,
};
use crate::world::{World, hello, message, text};

/// A PUBLISH at QoS 1 of so many bytes in all.
fn publish_of(world: &mut World, publisher: ConnectionId, version: ProtocolVersion, size: usize) {
    let rest = 2 + 2 + 1 + 2 + usize::from(version == V5_0);
    world.publish(publisher, "t", &"x".repeat(size - rest), QoS::AtLeastOnce);
}

#[test]
pub(crate) fn maximum_packet_size_bytes() {
    let config = config(Limits { maximum_packet_size_bytes: 100, ..Limits::default() });
    for version in VERSIONS {
        let taken = if version == V5_0 { "PUBACK 10" } else { "PUBACK 00" };
        edges(
            &config,
            100,
            |_| heard([taken]),
            |_| parting(version, "95"),
            |world, size| {
                let publisher = world.client(version, "p");
                publish_of(world, publisher, version, size);
                world.heard(publisher)
            },
        );
    }
}

/// The violation is seen in the fixed header, whichever way its bytes come: nothing is collected for it.
#[test]
fn a_packet_that_is_announced_too_large_is_not_waited_for() {
    let config = config(Limits { maximum_packet_size_bytes: 200, ..Limits::default() });
    // 1 + 2 + 197 bytes are 200.
    for (remaining_length, split) in [(196_u8, 0), (197, 0), (198, 0), (198, 1), (198, 2), (196, 2)] {
        for version in VERSIONS {
            let mut world = World::new(config.clone());
            let client = world.client(version, "c");
            let header = [0x30, remaining_length, 0x01];
            for part in [&header[..split], &header[split..]] {
                assert_eq!(world.heard(client), Heard::new());
                world.send(client, part);
            }
            let too_large = remaining_length > 197;
            assert_eq!(world.heard(client), if too_large { parting(version, "95") } else { Heard::new() });
        }
    }
}

#[test]
fn a_fixed_header_that_is_wrong_is_wrong_in_two_pieces_too() {
    // Reserved type; flags of PINGREQ; a fifth length byte; PUBLISH at QoS 3, which has to be whole.
    for (bytes, code) in
        [(&[0xC1, 0][..], "81"), (&[0x30, 0x80, 0x80, 0x80, 0x80], "81"), (&[0x36, 3, 0, 1, b't'], "81")]
    {
        for split in 1..bytes.len() {
            for version in VERSIONS {
                let mut world = World::new(config(Limits::default()));
                let client = world.client(version, "c");
                world.send(client, &bytes[..split]);
                world.send(client, &bytes[split..]);
                assert_eq!(world.heard(client), parting(version, code), "{bytes:x?} {split} {version}");
                // What comes behind it is nobody's business.
                world.send(client, &[0xC0, 0]);
                assert_eq!(world.heard(client), ["closed"]);
            }
        }
    }
}

/// A CONNECT of so many bytes in all.
fn connect_of(world: &mut World, version: ProtocolVersion, size: usize) -> Heard {
    let empty = Connect { user_name: Some("u"), password: Some(b""), ..hello(version, "c") };
    let mut bytes = Vec::new();
    Packet::Connect(empty).encode(version, &mut bytes);
    // One more length byte, since there is more.
    let password = vec![b'x'; size - bytes.len() - 1];
    try_connect(world, &Connect { password: Some(&password), ..empty })
}

#[test]
pub(crate) fn connect_packet_size_bytes() {
    // The version of so large a packet is not looked for, so nobody is told.
    let limits = Limits { connect_packet_size_bytes: 300, ..Limits::default() };
    for version in VERSIONS {
        edges(
            &config(limits.clone()),
            300,
            |_| heard(["CONNACK 00"]),
            |_| heard(["closed"]),
            |world, size| connect_of(world, version, size),
        );
    }
    // The limit of all packets holds for CONNECT, too.
    let limits = Limits { maximum_packet_size_bytes: 250, ..limits };
    edges(
        &config(limits),
        250,
        |_| heard(["CONNACK 00"]),
        |_| heard(["closed"]),
        |world, size| connect_of(world, V3_1_1, size),
    );
}

/// So many User Properties, with values of so many bytes.
fn user_properties_of(count: usize, bytes: usize) -> PropertiesBuffer {
    let mut properties = PropertiesBuffer::new();
    (0..count).for_each(|_| properties.push(Property::UserProperty("k", &"v".repeat(bytes))));
    properties
}

/// What a 5.0 client hears that says these properties in every packet that may have them, and whether a
/// subscription came of it.
fn in_every_packet(world: &mut World, properties: Properties<'_>) -> (Vec<Heard>, u32) {
    let packet_identifier = NonZeroU16::MIN;
    let mut filters = SubscribeFiltersBuffer::new();
    filters.push("f", text(QoS::AtMostOnce, "f").1, V5_0);
    let mut unsubscribed = UnsubscribeFiltersBuffer::new();
    unsubscribed.push("f");
    let acknowledgement =
        hushwing_core::wire::Acknowledgement { packet_identifier, reason: ReasonCode::Success, properties };
    let packets = [
        Packet::Publish(Publish { properties, ..message("t", "", QoS::AtLeastOnce) }),
        Packet::Subscribe(Subscribe { packet_identifier, properties, filters: filters.as_filters() }),
        Packet::Unsubscribe(Unsubscribe {
            packet_identifier,
            properties,
            filters: unsubscribed.as_filters(),
        }),
        Packet::Puback(acknowledgement),
        Packet::Pubrec(acknowledgement),
        Packet::Pubrel(acknowledgement),
        Packet::Pubcomp(acknowledgement),
        Packet::Disconnect(Disconnect { reason: ReasonCode::Success, properties }),
    ];
    let mut all = Vec::new();
    for (number, packet) in packets.iter().enumerate() {
        let client = world.kept_client(V5_0, &format!("c{number}"));
        world.say(client, packet);
        all.push(world.heard(client));
    }
    all.push(try_connect(world, &Connect { properties, ..hello(V5_0, "connect") }));
    let will = Will { topic: "w", payload: b"", qos: QoS::AtMostOnce, retain: false, properties };
    all.push(try_connect(world, &Connect { will: Some(will), ..hello(V5_0, "will") }));
    (all, subscriptions(world, "c1"))
}

fn all_taken() -> (Vec<Heard>, u32) {
    let all = [
        heard(["PUBACK 10"]),
        heard(["SUBACK 00"]),
        heard(["UNSUBACK 11"]),
        heard([]),
        heard(["PUBREL 92"]),
        heard(["PUBCOMP 92"]),
        heard([]),
        heard(["closed"]),
        heard(["CONNACK 00"]),
        heard(["CONNACK 00"]),
    ];
    (all.into(), 1)
}

fn none_taken() -> (Vec<Heard>, u32) {
    let mut all = vec![parting(V5_0, "97"); 8];
    all.extend(vec![refusal(V5_0, "97", false); 2]);
    (all, 0)
}

#[test]
pub(crate) fn user_properties() {
    let config = config(Limits { user_properties: 5, ..Limits::default() });
    edges(
        &config,
        5,
        |_| all_taken(),
        |_| none_taken(),
        |world, count| in_every_packet(world, user_properties_of(count, 1).as_properties()),
    );
}

#[test]
pub(crate) fn properties_bytes() {
    let config = config(Limits { properties_bytes: 60, ..Limits::default() });
    edges(
        &config,
        60,
        |_| all_taken(),
        |_| none_taken(),
        |world, bytes| {
            // Identifier, two lengths, the key.
            in_every_packet(world, user_properties_of(1, bytes - 1 - 2 - 1 - 2).as_properties())
        },
    );
}

#[test]
pub(crate) fn filters_per_packet() {
    let config = config(Limits { filters_per_packet: 4, ..Limits::default() });
    for version in VERSIONS {
        let names = ["f0", "f1", "f2", "f3", "f4"];
        let granted = |count: usize| (heard([&format!("SUBACK{}", " 00".repeat(count))]), count as u32);
        edges(
            &config,
            4,
            granted,
            |_| (parting(version, "97"), 0),
            |world, count| {
                let subscriber = world.kept_client(version, "s");
                subscribe_to(world, subscriber, version, &names[..count]);
                (world.heard(subscriber), subscriptions(world, "s"))
            },
        );
        let codes = |count| if version == V5_0 { " 00".repeat(count) } else { String::new() };
        let gone = |count| (heard([&format!("UNSUBACK{}", codes(count))]), 5 - count as u32);
        edges(
            &config,
            4,
            gone,
            |_| (parting(version, "97"), 5),
            |world, count| {
                let subscriber = world.kept_client(version, "s");
                names.iter().for_each(|name| world.subscribe(subscriber, name, QoS::AtMostOnce));
                world.heard(subscriber);
                let mut filters = UnsubscribeFiltersBuffer::new();
                names[..count].iter().for_each(|name| filters.push(name));
                let (packet_identifier, properties) = (NonZeroU16::MIN, Properties::EMPTY);
                let filters = filters.as_filters();
                world.say(
                    subscriber,
                    &Packet::Unsubscribe(Unsubscribe { packet_identifier, properties, filters }),
                );
                (world.heard(subscriber), subscriptions(world, "s"))
            },
        );
    }
}

#[test]
pub(crate) fn topic_alias_maximum() {
    let config = config(Limits { topic_alias_maximum: 3, ..Limits::default() });
    edges(
        &config,
        3,
        |_| heard(["PUBACK 10"; 2]),
        |_| parting(V5_0, "94"),
        |world, alias| {
            let publisher = world.client(V5_0, "p");
            let mut properties = PropertiesBuffer::new();
            properties.push(Property::TopicAlias(alias as u16));
            let properties = properties.as_properties();
            for topic in ["t", ""] {
                world.say(
                    publisher,
                    &Packet::Publish(Publish { properties, ..message(topic, "", QoS::AtLeastOnce) }),
                );
            }
            world.heard(publisher)
        },
    );
}

/// A 5.0 client that takes topic aliases hears of so many topics, each three times. How many have an alias.
fn aliased(world: &mut World, topics: usize, takes: u16) -> usize {
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::TopicAliasMaximum(takes));
    let properties = properties.as_properties();
    let subscriber = world.connect(&Connect { properties, ..hello(V5_0, "s") });
    world.subscribe(subscriber, "worthwhile/#", QoS::AtMostOnce);
    let publisher = world.client(V5_0, "p");
    world.heard(subscriber);
    for _ in 0..3 {
        for topic in 0..topics {
            world.publish(publisher, &format!("worthwhile/{topic}"), "", QoS::AtMostOnce);
        }
    }
    let heard = world.heard(subscriber);
    assert_eq!(heard.len(), 3 * topics);
    heard.iter().filter(|packet| *packet == "PUBLISH 0 : ").count()
}

#[test]
pub(crate) fn outgoing_topic_alias_maximum() {
    let config = config(Limits { outgoing_topic_alias_maximum: 3, ..Limits::default() });
    edges(&config, 3, |topics| topics, |_| 3, |world, topics| aliased(world, topics, 9));
    // The client's own maximum.
    edges(&config, 2, |topics| topics, |_| 2, |world, topics| aliased(world, topics, 2));
}
