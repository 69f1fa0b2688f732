//! Commands: what an operator can do to clients and sessions.

use std::num::NonZeroU32;
use std::sync::Arc;

use hushwing_core::ProtocolVersion::{V3_1, V3_1_1, V5_0};
use hushwing_core::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use hushwing_core::wire::{
    Connect, Packet, PropertiesBuffer, Property, Publish, QoS, ReasonCode, SubscriptionOptions, Will,
};
use hushwing_core::{Action, Command, Config, ConnectionId, Decision, Listener, Publication, Rule, Rules};

use crate::world::{World, hello, message};

fn publication(topic: &str, payload: &str, qos: QoS) -> Publication {
    Publication { topic: topic.into(), payload: payload.into(), qos, retain: false, properties: Vec::new() }
}

fn direct(client_identifier: &str, publication: Publication) -> Command {
    Command::PublishDirect { client_identifier: client_identifier.into(), publication }
}

fn subscribe(client_identifier: &str, filter: &str, qos: QoS) -> Command {
    let options = SubscriptionOptions { qos, ..SubscriptionOptions::default() };
    Command::Subscribe {
        client_identifier: client_identifier.into(),
        filter: filter.into(),
        options,
        identifier: None,
    }
}

fn unsubscribe(client_identifier: &str, filter: &str) -> Command {
    Command::Unsubscribe { client_identifier: client_identifier.into(), filter: filter.into() }
}

fn end_session(client_identifier: &str) -> Command {
    let reason = ReasonCode::AdministrativeAction;
    Command::EndSession { client_identifier: client_identifier.into(), reason }
}

fn world(journal: bool) -> World {
    World::new(Config { journal, ..Config::default() })
}

/// Both with and without a journal.
fn both(test: impl Fn(World)) {
    test(world(false));
    test(world(true));
}

#[test]
fn a_direct_message_goes_to_one_client_whatever_is_subscribed() {
    both(|mut world| {
        let (a, b) = (world.client(V5_0, "a"), world.client(V3_1_1, "b"));
        world.subscribe(b, "#", ExactlyOnce);
        world.subscribe(b, "news", ExactlyOnce);
        world.heard(b);
        for (qos, text) in [(AtMostOnce, "0"), (AtLeastOnce, "1"), (ExactlyOnce, "2")] {
            world.command(direct("a", publication("news", "for a", qos)));
            assert_eq!(world.heard(a), [format!("PUBLISH {text} news: for a")]);
        }
        assert_eq!(world.heard(b), [""; 0]);
        assert_eq!(world.failures(), [""; 0]);
    });
}

#[test]
fn a_direct_message_waits_for_a_client_that_is_away() {
    both(|mut world| {
        let a = world.kept_client(V5_0, "a");
        world.cut(a);
        world.command(direct("a", publication("news", "one", AtLeastOnce)));
        world.command(direct("a", publication("news", "lost", AtMostOnce)));
        let a = world.open(V5_0);
        world.say(a, &Packet::Connect(Connect { clean_start: false, ..hello(V5_0, "a") }));
        assert_eq!(world.heard(a), ["CONNACK 00, present", "PUBLISH 1 news: one"]);
    });
}

#[test]
fn a_direct_message_needs_a_session_a_topic_and_no_retain() {
    both(|mut world| {
        let a = world.client(V5_0, "a");
        world.command(direct("nobody", publication("news", "x", AtLeastOnce)));
        world.command(direct("a", publication("news/#", "x", AtLeastOnce)));
        world.command(direct("a", Publication { retain: true, ..publication("news", "x", AtLeastOnce) }));
        world.command(Command::Publish(publication("$direct/nobody/x", "x", AtLeastOnce)));
        let failures = world.failures();
        assert_eq!(failures.len(), 4, "{failures:?}");
        assert!(failures[0].contains("`nobody`") && failures[2].contains("retained"), "{failures:?}");
        assert_eq!(world.heard(a), [""; 0]);
        // The same by topic.
        world.command(Command::Publish(publication("$direct/a/x", "y", AtMostOnce)));
        assert_eq!(world.heard(a), ["PUBLISH 0 $direct/a/x: y"]);
    });
}

/// Clients of this world may say everything, and direct messages as the rules say.
fn with_rules(rules: &[(Option<Action>, &str, Decision)]) -> World {
    let rule = |&(action, filter, decision): &_| Rule { action, filter: String::from(filter), decision };
    let rules = Rules { rules: rules.iter().map(rule).collect(), otherwise: Decision::Allow };
    let listener = Listener { rules: Arc::new(rules), ..Listener::default() };
    World::new(Config { listeners: vec![listener], ..Config::default() })
}

#[test]
fn clients_send_no_direct_messages_without_a_right_that_says_so() {
    for rules in [
        &[][..],
        &[(None, "#", Decision::Allow)],
        &[(None, "$direct/#", Decision::Allow)],
        &[(Some(Action::Publish), "$direct/#", Decision::Allow)],
        &[(Some(Action::PublishDirect), "$direct/b/#", Decision::Allow)],
        &[(Some(Action::PublishDirect), "$direct/#", Decision::Deny)],
    ] {
        let mut world = with_rules(rules);
        let (a, old, b) = (world.client(V5_0, "a"), world.client(V3_1_1, "old"), world.client(V5_0, "b"));
        world.subscribe(b, "$direct/#", ExactlyOnce);
        world.heard(b);
        world.publish(b, "$direct/a/x", "x", AtLeastOnce);
        assert_eq!(world.heard(b), ["PUBACK 87"], "{rules:?}");
        world.publish(b, "$direct/a/x", "x", ExactlyOnce);
        assert_eq!(world.heard(b), ["PUBREC 87"], "{rules:?}");
        world.publish(b, "$direct/a/x", "x", AtMostOnce);
        world.publish(old, "$direct/a/x", "x", AtLeastOnce);
        assert_eq!(world.heard(old), ["PUBACK 00"]);
        assert_eq!(world.heard(a), [""; 0], "{rules:?}");
        assert_eq!(world.heard(b), [""; 0], "{rules:?}");
    }
}

#[test]
fn a_client_with_the_right_sends_direct_messages() {
    let mut world = with_rules(&[(Some(Action::PublishDirect), "$direct/+/chat", Decision::Allow)]);
    let (a, b) = (world.client(V5_0, "a"), world.client(V3_1, "b"));
    let spy = world.client(V5_0, "spy");
    for filter in ["#", "$direct/#", "$direct/b/chat", "$direct/+/+"] {
        world.subscribe(spy, filter, ExactlyOnce);
    }
    world.heard(spy);
    world.publish(a, "$direct/b/chat", "hello", AtLeastOnce);
    world.publish(a, "$direct/b/chat", "again", AtMostOnce);
    assert_eq!(world.heard(a), ["PUBACK 00"]);
    assert_eq!(world.heard(b), ["PUBLISH 1 $direct/b/chat: hello", "PUBLISH 0 $direct/b/chat: again"]);
    // Only what the rule covers, nothing retained, and only to somebody.
    world.publish(a, "$direct/b/other", "x", AtLeastOnce);
    world.say(a, &Packet::Publish(Publish { retain: true, ..message("$direct/b/chat", "x", AtLeastOnce) }));
    world.publish(a, "$direct/c/chat", "x", AtLeastOnce);
    assert_eq!(world.heard(a), ["PUBACK 87", "PUBACK 87", "PUBACK 10"]);
    assert_eq!(world.heard(b), [""; 0]);
    assert_eq!(world.heard(spy), [""; 0]);
}

#[test]
fn a_will_is_a_direct_message_by_the_same_right() {
    let will = |retain| {
        let payload = b"gone";
        Some(Will {
            topic: "$direct/b/will",
            payload,
            properties: hushwing_core::wire::Properties::EMPTY,
            qos: AtLeastOnce,
            retain,
        })
    };
    let mut world = with_rules(&[(Some(Action::PublishDirect), "$direct/b/#", Decision::Allow)]);
    let b = world.client(V5_0, "b");
    let a = world.connect(&Connect { will: will(false), ..hello(V5_0, "a") });
    world.cut(a);
    assert_eq!(world.heard(b), ["PUBLISH 1 $direct/b/will: gone"]);
    let refused = world.open(V5_0);
    world.say(refused, &Packet::Connect(Connect { will: will(true), ..hello(V5_0, "a") }));
    assert_eq!(world.heard(refused), ["CONNACK 87", "closed"]);
    let mut world = self::world(false);
    let refused = world.open(V5_0);
    world.say(refused, &Packet::Connect(Connect { will: will(false), ..hello(V5_0, "a") }));
    assert_eq!(world.heard(refused), ["CONNACK 87", "closed"]);
}

#[test]
fn subscribing_on_behalf_is_subscribing() {
    both(|mut world| {
        let a = world.client(V5_0, "a");
        let publisher = world.client(V5_0, "p");
        world.say(
            publisher,
            &Packet::Publish(Publish { retain: true, ..message("t/kept", "old", AtMostOnce) }),
        );
        world.command(Command::Subscribe {
            client_identifier: "a".into(),
            filter: "t/#".into(),
            options: SubscriptionOptions {
                qos: AtLeastOnce,
                no_local: true,
                ..SubscriptionOptions::default()
            },
            identifier: NonZeroU32::new(5),
        });
        assert_eq!(world.heard(a), ["PUBLISH 0 retained #5 t/kept: old"]);
        world.publish(publisher, "t/live", "new", ExactlyOnce);
        assert_eq!(world.heard(a), ["PUBLISH 1 #5 t/live: new"]);
        world.publish(a, "t/live", "own", AtMostOnce);
        assert_eq!(world.heard(a), [""; 0]);
        // The client has the subscription as if it had made it.
        world.unsubscribe(a, "t/#");
        assert_eq!(world.heard(a), ["UNSUBACK 00"]);
        world.subscribe(a, "u", AtLeastOnce);
        world.command(unsubscribe("a", "u"));
        world.publish(publisher, "u", "nobody", AtMostOnce);
        world.unsubscribe(a, "u");
        assert_eq!(world.heard(a), ["SUBACK 01", "UNSUBACK 11"]);
        assert_eq!(world.failures(), [""; 0]);
    });
}

#[test]
fn a_session_that_is_away_is_subscribed_too() {
    both(|mut world| {
        let (a, publisher) = (world.kept_client(V3_1_1, "a"), world.client(V3_1_1, "p"));
        for (topic, payload, qos) in [("k/0", "zero", AtMostOnce), ("k/1", "one", AtLeastOnce)] {
            let retained = Publish { retain: true, ..message(topic, payload, qos) };
            world.say(publisher, &Packet::Publish(retained));
        }
        world.cut(a);
        world.command(subscribe("a", "k/#", ExactlyOnce));
        world.publish(publisher, "k/live", "new", AtLeastOnce);
        let a = world.open(V3_1_1);
        world.say(a, &Packet::Connect(Connect { clean_start: false, ..hello(V3_1_1, "a") }));
        let mut heard = world.heard(a);
        heard[1..].sort();
        let expected = [
            "CONNACK 00, present",
            "PUBLISH 0 retained k/0: zero",
            "PUBLISH 1 k/live: new",
            "PUBLISH 1 retained k/1: one",
        ];
        assert_eq!(heard, expected);
    });
}

#[test]
fn groups_are_joined_on_behalf_too() {
    both(|mut world| {
        let (a, b) = (world.client(V5_0, "a"), world.kept_client(V5_0, "b"));
        let publisher = world.client(V5_0, "p");
        world.cut(b);
        for client in ["a", "b"] {
            world.command(subscribe(client, "$share/g/t", AtLeastOnce));
        }
        world.publish(publisher, "t", "one", AtLeastOnce);
        world.publish(publisher, "t", "two", AtLeastOnce);
        // Who is connected goes before who is away.
        assert_eq!(world.heard(a), ["PUBLISH 1 t: one", "PUBLISH 1 t: two"]);
        world.command(unsubscribe("a", "$share/g/t"));
        world.publish(publisher, "t", "three", AtLeastOnce);
        assert_eq!(world.heard(a), [""; 0]);
        assert_eq!(world.broker.session("b").map(|session| session.queued_messages), Some(1));
        assert_eq!(world.failures(), [""; 0]);
        // [MQTT-3.8.3-4] of 5.0
        let options = SubscriptionOptions { no_local: true, ..SubscriptionOptions::default() };
        let (client_identifier, filter) = ("a".into(), "$share/g/t".into());
        world.command(Command::Subscribe { client_identifier, filter, options, identifier: None });
        world.command(subscribe("a", "$share//t", AtLeastOnce));
        assert_eq!(world.failures().len(), 2);
    });
}

#[test]
fn a_3_1_1_session_gets_only_what_3_1_1_knows() {
    let mut world = world(false);
    let (a, publisher) = (world.client(V3_1_1, "a"), world.client(V5_0, "p"));
    world.command(Command::Subscribe {
        client_identifier: "a".into(),
        filter: "t".into(),
        options: SubscriptionOptions {
            qos: AtLeastOnce,
            no_local: true,
            retain_as_published: true,
            ..SubscriptionOptions::default()
        },
        identifier: NonZeroU32::new(5),
    });
    world.say(publisher, &Packet::Publish(Publish { retain: true, ..message("t", "x", AtMostOnce) }));
    world.publish(a, "t", "own", AtMostOnce);
    // [MQTT-3.3.1-9] of 3.1.1
    assert_eq!(world.heard(a), ["PUBLISH 0 t: x", "PUBLISH 0 t: own"]);
}

#[test]
fn subscriptions_that_cannot_be_made_are_refused() {
    let mut config = Config::default();
    config.limits.subscriptions_per_session = 1;
    let mut world = World::new(config);
    let a = world.client(V5_0, "a");
    world.command(subscribe("a", "one", AtMostOnce));
    assert_eq!(world.failures(), [""; 0]);
    world.command(subscribe("a", "two", AtMostOnce));
    world.command(subscribe("a", "a#", AtMostOnce));
    world.command(subscribe("a", &"x/".repeat(200), AtMostOnce));
    world.command(subscribe("b", "one", AtMostOnce));
    world.command(Command::Subscribe {
        client_identifier: "a".into(),
        filter: "one".into(),
        options: SubscriptionOptions::default(),
        identifier: NonZeroU32::new(1 << 28),
    });
    world.command(unsubscribe("a", "two"));
    world.command(unsubscribe("b", "one"));
    assert_eq!(world.failures().len(), 7);
    world.command(unsubscribe("a", "one"));
    assert_eq!(world.failures(), [""; 0]);
    assert_eq!(world.heard(a), [""; 0]);
}

fn will<'a>(topic: &'a str, payload: &'a [u8], properties: &'a PropertiesBuffer) -> Option<Will<'a>> {
    let properties = properties.as_properties();
    Some(Will { topic, payload, properties, qos: AtMostOnce, retain: false })
}

/// A kept client `a` with a delayed will and a subscription.
fn with_will(world: &mut World) -> ConnectionId {
    let (mut delay, mut expiry) = (PropertiesBuffer::new(), PropertiesBuffer::new());
    delay.push(Property::WillDelayInterval(1_000));
    expiry.push(Property::SessionExpiryInterval(u32::MAX));
    let a = world.connect(&Connect {
        clean_start: false,
        will: will("gone", b"a", &delay),
        properties: expiry.as_properties(),
        ..hello(V5_0, "a")
    });
    world.subscribe(a, "t", AtLeastOnce);
    world.heard(a);
    a
}

#[test]
fn ending_a_session_disconnects_publishes_the_will_and_forgets() {
    both(|mut world| {
        let watcher = world.client(V5_0, "w");
        world.subscribe(watcher, "gone", AtMostOnce);
        world.heard(watcher);
        for connected in [true, false] {
            let a = with_will(&mut world);
            if !connected {
                world.cut(a);
                world.publish(watcher, "t", "waits", AtLeastOnce);
                world.heard(watcher);
            }
            world.command(end_session("a"));
            let expected = if connected { &["DISCONNECT 98", "closed"][..] } else { &[] };
            assert_eq!(world.heard(a), expected);
            assert_eq!(world.heard(watcher), ["PUBLISH 0 gone: a"]);
            let a = world.open(V5_0);
            world.say(a, &Packet::Connect(Connect { clean_start: false, ..hello(V5_0, "a") }));
            assert_eq!(world.heard(a), ["CONNACK 00"]);
            world.publish(watcher, "t", "nobody", AtMostOnce);
            assert_eq!(world.heard(a), [""; 0]);
            // It ends with its connection.
            world.command(end_session("a"));
            assert_eq!(world.heard(a), ["DISCONNECT 98", "closed"]);
        }
        assert_eq!(world.failures(), [""; 0]);
        world.command(end_session("a"));
        assert_eq!(world.failures().len(), 1);
    });
}

#[test]
fn draining_refuses_new_clients_and_serves_the_others() {
    both(|mut world| {
        let a = world.kept_client(V5_0, "a");
        world.subscribe(a, "t", AtMostOnce);
        world.heard(a);
        world.command(Command::Drain(true));
        let versions = [(V5_0, "CONNACK 88"), (V3_1_1, "CONNACK 88"), (V3_1, "CONNACK 88")];
        for (version, refusal) in versions {
            for name in ["a", "new"] {
                let refused = world.open(version);
                world.say(refused, &Packet::Connect(hello(version, name)));
                assert_eq!(world.heard(refused), [refusal, "closed"]);
            }
        }
        world.publish(a, "t", "served", AtMostOnce);
        assert_eq!(world.heard(a), ["PUBLISH 0 t: served"]);
        world.command(Command::Drain(false));
        world.client(V3_1_1, "new");
        assert!(!world.stopped);
    });
}
