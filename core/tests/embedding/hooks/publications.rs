//! Decisions about messages.

use hushwing_core::ProtocolVersion::{V3_1, V3_1_1, V5_0};
use hushwing_core::hooks::{Change, PublishDecision, PublishedMessage};
use hushwing_core::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use hushwing_core::wire::{
    Acknowledgement, Connect, Packet, PropertiesBuffer, Property, Publish, QoS, ReasonCode, Will,
};
use hushwing_core::{Config, ConnectionId, ProtocolVersion};

use super::on_publish;
use crate::world::{World, hello, message};

fn deciding(journal: bool, decide: impl Fn() -> PublishDecision + Send + 'static) -> World {
    World::hooked(Config { journal, ..Config::default() }, on_publish(move |_| decide()))
}

fn changing(change: Change) -> World {
    deciding(true, move || PublishDecision::Change(Box::new(change.clone())))
}

/// A client that subscribes to everything, and one that publishes.
fn two(world: &mut World, version: ProtocolVersion) -> (ConnectionId, ConnectionId) {
    let (watcher, publisher) = (world.client(V5_0, "w"), world.client(version, "p"));
    world.subscribe(watcher, "#", ExactlyOnce);
    world.heard(watcher);
    (watcher, publisher)
}

fn pubrel(world: &mut World, client: ConnectionId) {
    let packet_identifier = 7.try_into().expect("not 0");
    let (reason, properties) = (ReasonCode::Success, hello(V5_0, "").properties);
    world.say(client, &Packet::Pubrel(Acknowledgement { packet_identifier, reason, properties }));
}

#[test]
fn a_dropped_message_is_acknowledged_and_goes_nowhere() {
    for journal in [false, true] {
        for version in [V3_1, V3_1_1, V5_0] {
            let mut world = deciding(journal, || PublishDecision::Drop);
            let (watcher, publisher) = two(&mut world, version);
            world.publish(publisher, "t", "x", AtMostOnce);
            world.publish(publisher, "t", "x", AtLeastOnce);
            world.publish(publisher, "t", "x", ExactlyOnce);
            pubrel(&mut world, publisher);
            assert_eq!(world.heard(publisher), ["PUBACK 00", "PUBREC 00", "PUBCOMP 00"]);
            world.say(publisher, &Packet::Publish(Publish { retain: true, ..message("t", "x", AtMostOnce) }));
            assert_eq!(world.heard(watcher), [""; 0]);
            assert_eq!(world.broker.stats().retained_messages, 0);
        }
    }
}

#[test]
fn a_refused_message_is_refused_in_5_0_and_acknowledged_in_3() {
    for (reason, code) in [
        (ReasonCode::NotAuthorized, "87"),
        (ReasonCode::PayloadFormatInvalid, "99"),
        (ReasonCode::TopicNameInvalid, "90"),
        // Not for PUBACK.
        (ReasonCode::ServerBusy, "83"),
        (ReasonCode::Success, "83"),
        (ReasonCode::NoMatchingSubscribers, "83"),
    ] {
        for version in [V3_1, V3_1_1, V5_0] {
            let mut world = deciding(true, move || PublishDecision::Refuse(reason));
            let (watcher, publisher) = two(&mut world, version);
            world.publish(publisher, "t", "x", AtMostOnce);
            world.publish(publisher, "t", "x", AtLeastOnce);
            world.publish(publisher, "t", "x", ExactlyOnce);
            let code = if version == V5_0 { code } else { "00" };
            assert_eq!(world.heard(publisher), [format!("PUBACK {code}"), format!("PUBREC {code}")]);
            assert_eq!(world.heard(watcher), [""; 0]);
            let client = world.broker.client("p").expect("still connected");
            assert_eq!((client.unacknowledged, client.session.incoming_exchanges), (0, 0));
        }
    }
}

#[test]
fn a_refusal_for_quota_closes_before_5_0() {
    let mut world = deciding(false, || PublishDecision::Refuse(ReasonCode::QuotaExceeded));
    let (new, old) = (world.client(V5_0, "new"), world.client(V3_1_1, "old"));
    for client in [new, old] {
        world.publish(client, "t", "x", AtLeastOnce);
    }
    assert_eq!((world.heard(new), world.heard(old)), (vec!["PUBACK 97".into()], vec!["closed".into()]));
}

#[test]
fn everything_about_a_message_may_be_changed() {
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::SubscriptionIdentifier(3));
    let change = |change: Change, expected: &str| {
        for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
            let mut world = changing(change.clone());
            let (watcher, publisher) = two(&mut world, V5_0);
            world.publish(publisher, "t", "x", qos);
            let expected = expected.replace('?', &qos.bits().to_string());
            assert_eq!(world.heard(watcher), [expected]);
            // The acknowledgement is that of the original.
            let acknowledged = [&[][..], &["PUBACK 00"], &["PUBREC 00"]][usize::from(qos.bits())];
            assert_eq!(world.heard(publisher), acknowledged);
            assert_eq!(world.hook_failures(), [""; 0]);
        }
    };
    change(Change::default(), "PUBLISH ? t: x");
    change(Change { topic: Some("u/v".into()), ..Change::default() }, "PUBLISH ? u/v: x");
    change(Change { payload: Some(b"other".to_vec()), ..Change::default() }, "PUBLISH ? t: other");
    change(Change { payload: Some(vec![]), ..Change::default() }, "PUBLISH ? t: ");
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        change(Change { qos: Some(qos), ..Change::default() }, &format!("PUBLISH {} t: x", qos.bits()));
    }
}

#[test]
fn properties_may_be_changed() {
    let mut said = PropertiesBuffer::new();
    said.push(Property::UserProperty("was", "said"));
    let mut instead = PropertiesBuffer::new();
    instead.push(Property::MessageExpiryInterval(5));
    instead.push(Property::ContentType("text"));
    let change = Change { properties: Some(instead.into_bytes()), ..Change::default() };
    for change in [change, Change { properties: Some(Vec::new()), ..Change::default() }] {
        let with_expiry = change.properties != Some(Vec::new());
        let mut world = changing(change);
        let (watcher, publisher) = two(&mut world, V5_0);
        let properties = said.as_properties();
        world.say(publisher, &Packet::Publish(Publish { properties, ..message("t", "x", AtMostOnce) }));
        let expected = if with_expiry { ", expires 5, text" } else { "" };
        assert_eq!(world.heard(watcher), [format!("PUBLISH 0 t: x{expected}")]);
    }
}

#[test]
fn retain_may_be_changed() {
    for (retain, kept) in [(true, 1), (false, 0)] {
        let mut world = changing(Change { retain: Some(retain), ..Change::default() });
        let (watcher, publisher) = two(&mut world, V3_1_1);
        let said = Publish { retain: !retain, ..message("t", "x", AtLeastOnce) };
        world.say(publisher, &Packet::Publish(said));
        assert_eq!(world.heard(watcher), ["PUBLISH 1 t: x"]);
        assert_eq!(world.broker.stats().retained_messages, kept);
    }
}

#[test]
fn a_change_that_cannot_be_is_a_refusal_and_a_mistake() {
    let topic = |topic: &str| Change { topic: Some(topic.into()), ..Change::default() };
    let properties = |property: Property<'_>| {
        let mut properties = PropertiesBuffer::new();
        properties.push(property);
        Change { properties: Some(properties.into_bytes()), ..Change::default() }
    };
    for change in [
        topic(""),
        topic("a/+"),
        topic("a\0"),
        topic(&"x".repeat(70_000)),
        topic(&"x/".repeat(200)),
        properties(Property::WillDelayInterval(1)),
        properties(Property::SubscriptionIdentifier(1)),
        Change { properties: Some(vec![0xFF]), ..Change::default() },
        Change { payload: Some(vec![0; 3_000_000]), ..Change::default() },
        Change { retain: Some(true), ..topic("$direct/w/x") },
    ] {
        for version in [V3_1_1, V5_0] {
            let mut world = changing(change.clone());
            let (watcher, publisher) = two(&mut world, version);
            world.publish(publisher, "t", "x", AtLeastOnce);
            world.publish(publisher, "t", "x", ExactlyOnce);
            let code = if version == V5_0 { "83" } else { "00" };
            assert_eq!(world.heard(publisher), [format!("PUBACK {code}"), format!("PUBREC {code}")]);
            assert_eq!(world.heard(watcher), [""; 0]);
            assert_eq!(world.hook_failures().len(), 2);
        }
    }
}

#[test]
fn limits_hold_for_what_goes_on() {
    let mut config = Config::default();
    config.limits.retained_messages = 1;
    let keep = |message: &PublishedMessage<'_>| {
        let topic = Some(format!("kept/{}", message.topic));
        PublishDecision::Change(Box::new(Change { topic, retain: Some(true), ..Change::default() }))
    };
    let mut world = World::hooked(config, on_publish(keep));
    let publisher = world.client(V5_0, "p");
    for (topic, answer) in [("1", "PUBACK 10"), ("1", "PUBACK 10"), ("2", "PUBACK 97")] {
        world.publish(publisher, topic, "x", AtLeastOnce);
        assert_eq!(world.heard(publisher), [answer]);
    }
    assert_eq!(world.broker.retained(world.now, "#", None, 9).items[0].topic, "kept/1");
}

fn only(receivers: &[&str]) -> Change {
    Change { receivers: Some(receivers.iter().map(|name| (*name).into()).collect()), ..Change::default() }
}

#[test]
fn only_the_named_subscribers_get_it() {
    let mut world = changing(only(&["b", "a", "b", "stranger", "d"]));
    let clients = ["a", "b", "c", "d"].map(|name| world.kept_client(V5_0, name));
    let [a, b, c, d] = clients;
    for client in [a, b, c] {
        world.subscribe(client, "t/#", ExactlyOnce);
        world.subscribe(client, "t/+", AtMostOnce);
        world.heard(client);
    }
    world.cut(b);
    for qos in [AtMostOnce, AtLeastOnce] {
        world.publish(c, "t/x", "for a and b", qos);
    }
    assert_eq!(world.heard(a), ["PUBLISH 0 t/x: for a and b", "PUBLISH 1 t/x: for a and b"]);
    assert_eq!(world.heard(c), ["PUBACK 00"]);
    assert_eq!(world.heard(d), [""; 0]);
    assert_eq!(world.broker.session("b").map(|session| session.queued_messages), Some(1));
    // Nobody who may have it wants it.
    world.publish(c, "u", "x", AtLeastOnce);
    assert_eq!(world.heard(c), ["PUBACK 10"]);
}

#[test]
fn only_the_named_members_of_a_group_get_it() {
    let mut world = changing(only(&["b"]));
    let clients = ["a", "b", "c"].map(|name| world.kept_client(V5_0, name));
    for client in clients {
        world.subscribe(client, "$share/g/t", AtLeastOnce);
        world.heard(client);
    }
    let publisher = world.client(V5_0, "p");
    for payload in ["1", "2", "3"] {
        world.publish(publisher, "t", payload, AtLeastOnce);
    }
    let [a, b, c] = clients;
    assert_eq!(world.heard(b), ["1", "2", "3"].map(|payload| format!("PUBLISH 1 t: {payload}")));
    assert_eq!((world.heard(a), world.heard(c)), (vec![], vec![]));
    // It is not handed on to others either.
    world.cut(b);
    world.publish(publisher, "t", "4", AtLeastOnce);
    let reason = ReasonCode::AdministrativeAction;
    let client_identifier = "b".into();
    world.command(hushwing_core::Command::EndSession { client_identifier, reason });
    assert_eq!((world.heard(a), world.heard(c)), (vec![], vec![]));
    assert_eq!(world.broker.stats().stored_messages, 0);
}

#[test]
fn a_restricted_message_for_very_many_goes_out_at_once() {
    let mut config = Config { journal: true, ..Config::default() };
    config.limits.receivers_per_turn = 2;
    let restrict = |_: &PublishedMessage<'_>| PublishDecision::Change(Box::new(only(&["c3", "c7", "p"])));
    let mut world = World::hooked(config, on_publish(restrict));
    let clients: Vec<ConnectionId> = (0..9).map(|number| world.client(V5_0, &format!("c{number}"))).collect();
    for client in &clients {
        world.subscribe(*client, "t", AtLeastOnce);
        world.heard(*client);
    }
    let publisher = world.client(V5_0, "p");
    world.subscribe_no_local(publisher, "t");
    world.heard(publisher);
    world.publish(publisher, "t", "x", AtLeastOnce);
    assert_eq!(world.heard(publisher), ["PUBACK 00"]);
    for (number, client) in clients.into_iter().enumerate() {
        let expected = if [3, 7].contains(&number) { vec!["PUBLISH 1 t: x".to_owned()] } else { vec![] };
        assert_eq!(world.heard(client), expected);
    }
}

#[test]
fn a_message_may_become_one_for_a_single_client() {
    for (receivers, expected) in
        [(None, true), (Some(vec!["w".into()]), true), (Some(vec!["p".into()]), false)]
    {
        let topic = Some("$direct/w/x".into());
        let mut world = changing(Change { topic, receivers, ..Change::default() });
        let (watcher, publisher) = two(&mut world, V5_0);
        world.publish(publisher, "t", "x", AtLeastOnce);
        let heard = if expected { vec!["PUBLISH 1 $direct/w/x: x".to_owned()] } else { vec![] };
        assert_eq!(world.heard(watcher), heard);
        assert_eq!(world.heard(publisher), [if expected { "PUBACK 00" } else { "PUBACK 10" }]);
    }
}

/// Has a client with a will break its connection.
fn leave(world: &mut World) {
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::MessageExpiryInterval(60));
    properties.push(Property::ContentType("text"));
    let properties = properties.as_properties();
    let will = Will { topic: "will", payload: b"gone", properties, qos: QoS::AtLeastOnce, retain: false };
    let client = world.connect(&Connect { will: Some(will), ..hello(V5_0, "a") });
    world.cut(client);
}

#[test]
fn wills_are_decided_too() {
    let change = |change: Change| PublishDecision::Change(Box::new(change));
    let mut short = PropertiesBuffer::new();
    short.push(Property::MessageExpiryInterval(5));
    let short = short.into_bytes();
    for (decision, expected) in [
        (PublishDecision::Accept, Some("PUBLISH 1 will: gone, expires 60, text")),
        (PublishDecision::Drop, None),
        (PublishDecision::Refuse(ReasonCode::NotAuthorized), None),
        (change(Change { topic: Some("+".into()), ..Change::default() }), None),
        (
            change(Change { topic: Some("other".into()), qos: Some(AtMostOnce), ..Change::default() }),
            Some("PUBLISH 0 other: gone, expires 60, text"),
        ),
        (
            change(Change { properties: Some(short), ..Change::default() }),
            Some("PUBLISH 1 will: gone, expires 5"),
        ),
        (change(only(&["nobody"])), None),
        (change(only(&["w"])), Some("PUBLISH 1 will: gone, expires 60, text")),
    ] {
        for journal in [false, true] {
            let decision = decision.clone();
            let mut world = deciding(journal, move || decision.clone());
            let (watcher, _) = two(&mut world, V5_0);
            leave(&mut world);
            assert_eq!(world.heard(watcher), expected.map(str::to_owned).into_iter().collect::<Vec<_>>());
            assert_eq!(world.broker.session("a"), None);
        }
    }
}
