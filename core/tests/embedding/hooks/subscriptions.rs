//! Decisions about subscribing and unsubscribing.

use hushwing_core::ProtocolVersion::{V3_1, V3_1_1, V5_0};
use hushwing_core::hooks::{SubscribeDecision, SubscribeWish, UnsubscribeDecision};
use hushwing_core::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use hushwing_core::wire::{Packet, Publish, QoS, ReasonCode};
use hushwing_core::{Config, ProtocolVersion};

use super::{on_subscribe, on_unsubscribe};
use crate::world::{World, message};

fn refusing(reason: ReasonCode) -> World {
    World::hooked(Config::default(), on_subscribe(move |_| SubscribeDecision::Refuse(reason)))
}

fn changing(filter: Option<&'static str>, qos: Option<QoS>) -> World {
    let change =
        move |_: &SubscribeWish<'_>| SubscribeDecision::Change { filter: filter.map(Into::into), qos };
    World::hooked(Config::default(), on_subscribe(change))
}

/// What SUBACK says, and the filters that the client has then.
fn outcome(world: &mut World, version: ProtocolVersion, filter: &str, qos: QoS) -> (String, Vec<String>) {
    let client = world.client(version, "a");
    world.subscribe(client, filter, qos);
    let heard = world.heard(client);
    let subscriptions = world.broker.subscriptions_of("a", None, 10).expect("a session").items;
    let described =
        |of: hushwing_core::query::SubscriptionInfo| format!("{} {}", of.options.qos.bits(), of.filter);
    (heard.join(", "), subscriptions.into_iter().map(described).collect())
}

#[test]
fn a_subscription_is_refused_in_the_words_of_the_version() {
    for (reason, v5) in [
        (ReasonCode::NotAuthorized, "SUBACK 87"),
        (ReasonCode::QuotaExceeded, "SUBACK 97"),
        // Not for SUBACK.
        (ReasonCode::ServerBusy, "SUBACK 80"),
        (ReasonCode::GrantedQoS2, "SUBACK 80"),
    ] {
        for (version, expected) in [(V5_0, v5), (V3_1_1, "SUBACK 80"), (V3_1, "SUBACK 01")] {
            let none: Vec<String> = Vec::new();
            let outcome = outcome(&mut refusing(reason), version, "t", AtLeastOnce);
            assert_eq!(outcome, (expected.to_owned(), none), "{reason}");
        }
    }
}

#[test]
fn the_granted_qos_may_be_lower_but_not_higher() {
    for (asked, changed, granted) in [
        (ExactlyOnce, AtLeastOnce, 1),
        (AtLeastOnce, AtMostOnce, 0),
        (AtMostOnce, ExactlyOnce, 0),
        (AtLeastOnce, ExactlyOnce, 1),
    ] {
        for version in [V3_1_1, V5_0] {
            let outcome = outcome(&mut changing(None, Some(changed)), version, "t", asked);
            assert_eq!(outcome, (format!("SUBACK 0{granted}"), vec![format!("{granted} t")]));
        }
    }
}

#[test]
fn a_filter_may_become_narrower() {
    for (filter, narrower) in
        [("#", "mine/#"), ("a/+", "a/b"), ("a/#", "a/+/c"), ("a", "a"), ("$share/g/#", "$share/g/mine/#")]
    {
        let mut world = changing(Some(narrower), None);
        let outcome = outcome(&mut world, V5_0, filter, AtLeastOnce);
        assert_eq!(outcome, ("SUBACK 01".to_owned(), vec![format!("1 {narrower}")]));
        assert_eq!(world.hook_failures(), [""; 0]);
    }
}

#[test]
fn a_filter_that_is_not_narrower_is_a_refusal_and_a_mistake() {
    for (filter, other) in [
        ("a", "b"),
        ("a/+", "a/#"),
        ("a/b", "a/+"),
        ("+", "$SYS"),
        ("a/#", "a/b#"),
        ("#", ""),
        ("$share/g/a", "a"),
        ("$share/g/a", "$share/h/a"),
        ("a", "$share/g/a"),
        ("#", "$share//a"),
    ] {
        let mut world = changing(Some(other), None);
        let outcome = outcome(&mut world, V5_0, filter, AtLeastOnce);
        assert_eq!(outcome, ("SUBACK 83".to_owned(), Vec::<String>::new()), "{filter} as {other}");
        let failures = world.hook_failures();
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert!(failures[0].contains(filter), "{failures:?}");
    }
}

#[test]
fn retained_messages_follow_the_changed_subscription() {
    let mut world = changing(Some("r/1"), Some(AtMostOnce));
    let publisher = world.client(V5_0, "p");
    for topic in ["r/1", "r/2"] {
        let retained = Publish { retain: true, ..message(topic, "kept", AtLeastOnce) };
        world.say(publisher, &Packet::Publish(retained));
    }
    let client = world.client(V5_0, "a");
    world.subscribe(client, "r/+", AtLeastOnce);
    assert_eq!(world.heard(client), ["SUBACK 00", "PUBLISH 0 retained r/1: kept"]);
    world.publish(publisher, "r/2", "live", AtMostOnce);
    assert_eq!(world.heard(client), [""; 0]);
}

#[test]
fn limits_hold_for_a_changed_filter() {
    let narrower =
        |_: &SubscribeWish<'_>| SubscribeDecision::Change { filter: Some("a/b".into()), qos: None };
    let mut config = Config::default();
    config.limits.topic_levels = 1;
    let mut world = World::hooked(config, on_subscribe(narrower));
    assert_eq!(outcome(&mut world, V5_0, "#", AtLeastOnce).0, "SUBACK 83");
}

#[test]
fn unsubscribing_is_refused_only_where_unsuback_can_say_so() {
    for (reason, v5) in [
        (ReasonCode::NotAuthorized, "UNSUBACK 87"),
        (ReasonCode::QuotaExceeded, "UNSUBACK 80"),
        (ReasonCode::NoSubscriptionExisted, "UNSUBACK 80"),
    ] {
        for (version, expected, left) in [(V5_0, v5, 1), (V3_1_1, "UNSUBACK", 0), (V3_1, "UNSUBACK", 0)] {
            let refuse = on_unsubscribe(move |_| UnsubscribeDecision::Refuse(reason));
            let mut world = World::hooked(Config::default(), refuse);
            let client = world.client(version, "a");
            world.subscribe(client, "t", AtMostOnce);
            world.heard(client);
            world.unsubscribe(client, "t");
            assert_eq!(world.heard(client), [expected]);
            assert_eq!(world.broker.session("a").map(|session| session.subscriptions), Some(left));
        }
    }
}

#[test]
fn unsubscribing_follows_a_changed_filter() {
    for (changed, expected, failures) in [
        ("a/b", "UNSUBACK 00", 0),
        ("a/c", "UNSUBACK 11", 0),
        ("b", "UNSUBACK 83", 1),
        ("a/#/b", "UNSUBACK 83", 1),
    ] {
        let mut hooks = on_unsubscribe(move |_| UnsubscribeDecision::Change { filter: changed.into() });
        hooks.subscribe =
            Some(Box::new(|_| SubscribeDecision::Change { filter: Some("a/b".into()), qos: None }));
        let mut world = World::hooked(Config::default(), hooks);
        let client = world.client(V5_0, "a");
        world.subscribe(client, "a/+", AtMostOnce);
        world.heard(client);
        world.unsubscribe(client, "a/+");
        assert_eq!(world.heard(client), [expected], "{changed}");
        assert_eq!(world.hook_failures().len(), failures, "{changed}");
    }
}
