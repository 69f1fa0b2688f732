//! Texts that clients choose: topics, filters, identifiers, names; and the payload of a will.

use hushwing_core::ProtocolVersion::{self, V3_1, V5_0};
use hushwing_core::wire::{Connect, Packet, Properties, PropertiesBuffer, Property, Publish, QoS, Will};
use hushwing_core::{Config, Limits, Policy};

use crate::case::{
    Heard, VERSIONS, config, edges, heard, parting, refusal, subscribe_to, subscriptions, try_connect,
};
use crate::world::{World, hello, message};

fn acknowledged(version: ProtocolVersion) -> Heard {
    // No matching subscribers, where that can be said.
    heard([if version == V5_0 { "PUBACK 10" } else { "PUBACK 00" }])
}

/// A topic name of so many bytes, or levels, in PUBLISH, in a will, and in a filter.
fn topics(config: &Config, limit: usize, topic: impl Fn(usize) -> String) {
    for version in VERSIONS {
        edges(
            config,
            limit,
            |_| acknowledged(version),
            |_| parting(version, "90"),
            |world, size| {
                let publisher = world.client(version, "p");
                world.publish(publisher, &topic(size), "", QoS::AtLeastOnce);
                world.heard(publisher)
            },
        );
        edges(
            config,
            limit,
            |_| heard(["CONNACK 00"]),
            |_| refusal(version, "90", false),
            |world, size| try_connect(world, &with_will(version, &topic(size), b"")),
        );
        let granted = |_| (heard(["SUBACK 00 00"]), 2);
        edges(
            config,
            limit,
            granted,
            |_| (parting(version, "8f"), 0),
            |world, size| {
                let subscriber = world.kept_client(version, "s");
                subscribe_to(world, subscriber, version, &["ok", &topic(size)]);
                // Nothing is subscribed if a filter is not acceptable.
                (world.heard(subscriber), subscriptions(world, "s"))
            },
        );
    }
}

fn with_will<'a>(version: ProtocolVersion, topic: &'a str, payload: &'a [u8]) -> Connect<'a> {
    let properties = Properties::EMPTY;
    let will = Will { topic, payload, qos: QoS::AtMostOnce, retain: false, properties };
    Connect { will: Some(will), ..hello(version, "w") }
}

#[test]
pub(crate) fn topic_bytes() {
    let config = config(Limits { topic_bytes: 20, ..Limits::default() });
    topics(&config, 20, |size| "x".repeat(size));
    // Bytes, not characters.
    edges(
        &config,
        20,
        |_| acknowledged(V5_0),
        |_| parting(V5_0, "90"),
        |world, size| {
            let publisher = world.client(V5_0, "p");
            let topic = "ü".repeat(size / 2) + if size % 2 == 0 { "" } else { "x" };
            world.publish(publisher, &topic, "", QoS::AtLeastOnce);
            world.heard(publisher)
        },
    );
}

#[test]
pub(crate) fn topic_levels() {
    let config = config(Limits { topic_levels: 4, ..Limits::default() });
    topics(&config, 4, |levels| vec!["a"; levels].join("/"));
    // Levels may be empty: so short a topic is looked at, too.
    topics(&config, 4, |levels| "/".repeat(levels - 1));
}

#[test]
fn a_topic_behind_an_alias_has_the_same_limits() {
    let config = config(Limits { topic_bytes: 20, ..Limits::default() });
    edges(
        &config,
        20,
        |_| acknowledged(V5_0),
        |_| parting(V5_0, "90"),
        |world, size| {
            let publisher = world.client(V5_0, "p");
            let mut properties = PropertiesBuffer::new();
            properties.push(Property::TopicAlias(1));
            let (topic, properties) = ("x".repeat(size), properties.as_properties());
            world.say(
                publisher,
                &Packet::Publish(Publish { properties, ..message(&topic, "", QoS::AtLeastOnce) }),
            );
            world.heard(publisher)
        },
    );
}

#[test]
pub(crate) fn client_identifier_bytes() {
    let config = config(Limits { client_identifier_bytes: 30, ..Limits::default() });
    for version in VERSIONS {
        let within = |_| (heard(["CONNACK 00"]), true);
        edges(
            &config,
            30,
            within,
            |_| (refusal(version, "85", true), false),
            |world, size| {
                let name = "x".repeat(size);
                let heard = try_connect(world, &hello(version, &name));
                (heard, world.broker.session(&name).is_some())
            },
        );
    }
}

#[test]
pub(crate) fn user_name_bytes() {
    let config = config(Limits { user_name_bytes: 12, ..Limits::default() });
    for version in VERSIONS {
        edges(
            &config,
            12,
            |_| heard(["CONNACK 00"]),
            |_| refusal(version, "86", true),
            |world, size| {
                let name = "x".repeat(size);
                try_connect(world, &Connect { user_name: Some(&name), ..hello(version, "u") })
            },
        );
    }
}

#[test]
pub(crate) fn will_payload_bytes() {
    let config = config(Limits { will_payload_bytes: 50, ..Limits::default() });
    for version in VERSIONS {
        edges(
            &config,
            50,
            |_| heard(["CONNACK 00"]),
            |_| refusal(version, "97", false),
            |world, size| try_connect(world, &with_will(version, "w", &vec![7; size])),
        );
    }
}

fn controlled(refuse_control_characters: bool) -> Config {
    Config { policy: Policy { refuse_control_characters, ..Policy::default() }, ..Config::default() }
}

/// What becomes of a text in every place that has one, besides User Properties.
fn in_every_place(world: &mut World, version: ProtocolVersion, text: &str) -> [Heard; 6] {
    let client = |world: &mut World, name: &str| world.client(version, name);
    let publisher = client(world, "p");
    world.publish(publisher, text, "", QoS::AtLeastOnce);
    let subscriber = client(world, "s");
    world.subscribe(subscriber, text, QoS::AtMostOnce);
    let unsubscriber = client(world, "u");
    world.unsubscribe(unsubscriber, text);
    [
        world.heard(publisher),
        world.heard(subscriber),
        world.heard(unsubscriber),
        try_connect(world, &hello(version, text)),
        try_connect(world, &Connect { user_name: Some(text), ..hello(version, "n") }),
        try_connect(world, &with_will(version, text, b"")),
    ]
}

#[test]
fn control_characters_pass_unless_the_policy_refuses_them() {
    for version in VERSIONS {
        let within = [
            acknowledged(version),
            heard(["SUBACK 00"]),
            heard([if version == V5_0 { "UNSUBACK 11" } else { "UNSUBACK" }]),
            heard(["CONNACK 00"]),
            heard(["CONNACK 00"]),
            heard(["CONNACK 00"]),
        ];
        let told = refusal(version, "81", false);
        let beyond = [
            parting(version, "81"),
            parting(version, "81"),
            // It names what may be there from before.
            within[2].clone(),
            told.clone(),
            told.clone(),
            told,
        ];
        for (text, discouraged) in [
            ("\u{1}", true),
            ("\u{1f}", true),
            (" ", false),
            ("~", false),
            ("\u{7f}", true),
            ("\u{9f}", true),
            ("\u{a0}", false),
            ("\u{fdcf}", false),
            ("\u{fdd0}", true),
            ("\u{fffe}", true),
            ("\u{fffd}", false),
            ("\u{10ffff}", true),
        ] {
            let refused = in_every_place(&mut World::new(controlled(true)), version, text);
            assert_eq!(&refused, if discouraged { &beyond } else { &within }, "{text:?} {version}");
            let taken = in_every_place(&mut World::new(controlled(false)), version, text);
            assert_eq!(taken, within, "{text:?} {version}");
        }
    }
}

#[test]
fn control_characters_in_properties_are_texts_too() {
    for (refuses, expected) in [(true, parting(V5_0, "81")), (false, heard(["PUBACK 10"]))] {
        let mut world = World::new(controlled(refuses));
        let publisher = world.client(V5_0, "p");
        let mut properties = PropertiesBuffer::new();
        properties.push(Property::UserProperty("k", "\u{1}"));
        let properties = properties.as_properties();
        world.say(publisher, &Packet::Publish(Publish { properties, ..message("t", "", QoS::AtLeastOnce) }));
        assert_eq!(world.heard(publisher), expected);
    }
    // A version without properties has none to look at.
    assert!(!V3_1.has_properties());
}
