//! Decisions about single copies.

use hushwing_core::ProtocolVersion::V5_0;
use hushwing_core::hooks::{DeliverDecision, DeliveredCopy};
use hushwing_core::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use hushwing_core::wire::{Packet, Publish};
use hushwing_core::{Command, Config, DropReason, Event, Publication};

use super::on_deliver;
use crate::world::{World, message};

fn all_but_b(copy: &DeliveredCopy<'_>) -> DeliverDecision {
    if copy.client_identifier == "b" { DeliverDecision::Drop } else { DeliverDecision::Allow }
}

/// Client `b` is given nothing.
fn world(journal: bool) -> World {
    World::hooked(Config { journal, ..Config::default() }, on_deliver(all_but_b))
}

#[test]
fn a_dropped_copy_costs_one_client_only() {
    for journal in [false, true] {
        let mut world = world(journal);
        let (a, b, c) = (world.client(V5_0, "a"), world.kept_client(V5_0, "b"), world.client(V5_0, "c"));
        for client in [a, b, c] {
            world.subscribe(client, "t", ExactlyOnce);
            world.heard(client);
        }
        for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
            world.publish(a, "t", "x", qos);
            let expected = format!("PUBLISH {} t: x", qos.bits());
            assert!(world.heard(a).contains(&expected));
            assert_eq!((world.heard(b), world.heard(c)), (vec![], vec![expected]));
        }
        world.cut(b);
        world.publish(c, "t", "x", AtLeastOnce);
        assert_eq!(world.broker.session("b").map(|session| session.queued_messages), Some(0));
        assert_eq!(world.broker.stats().counters.dropped.of(DropReason::Hook), 4);
        let told = Event::Dropped { client_identifier: "b".into(), reason: DropReason::Hook };
        assert_eq!(world.events().into_iter().filter(|event| *event == told).count(), 4);
    }
}

#[test]
fn retained_and_direct_messages_are_decided_too() {
    for journal in [false, true] {
        let mut world = world(journal);
        let (a, b) = (world.client(V5_0, "a"), world.client(V5_0, "b"));
        for (topic, qos) in [("r/0", AtMostOnce), ("r/1", AtLeastOnce)] {
            world.say(a, &Packet::Publish(Publish { retain: true, ..message(topic, "kept", qos) }));
        }
        world.heard(a);
        for client in [a, b] {
            world.subscribe(client, "r/+", ExactlyOnce);
            let publication = Publication { topic: "d".into(), ..Publication::default() };
            let client_identifier = if client == a { "a".into() } else { "b".into() };
            world.command(Command::PublishDirect { client_identifier, publication });
        }
        let kept = ["SUBACK 02", "PUBLISH 0 retained r/0: kept", "PUBLISH 1 retained r/1: kept"];
        assert_eq!(world.heard(a), [&kept[..], &["PUBLISH 0 d: "]].concat());
        assert_eq!(world.heard(b), ["SUBACK 02"]);
        // A live message passes while retained ones are on their way, in vain as well.
        world.publish(a, "r/0", "live", AtMostOnce);
        assert_eq!((world.heard(a), world.heard(b)), (vec!["PUBLISH 0 r/0: live".to_owned()], vec![]));
    }
}

#[test]
fn a_message_that_passes_to_another_member_is_decided_again() {
    let mut world = world(true);
    let (b, a, publisher) =
        (world.kept_client(V5_0, "b"), world.kept_client(V5_0, "a"), world.client(V5_0, "p"));
    // `a` has the message in its queue and leaves: it would be for `b`.
    world.subscribe(a, "$share/g/t", AtLeastOnce);
    world.cut(a);
    world.publish(publisher, "t", "x", AtLeastOnce);
    assert_eq!(world.broker.session("a").map(|session| session.queued_messages), Some(1));
    world.subscribe(b, "$share/g/t", AtLeastOnce);
    world.heard(b);
    let reason = hushwing_core::wire::ReasonCode::AdministrativeAction;
    world.command(Command::EndSession { client_identifier: "a".into(), reason });
    assert_eq!(world.heard(b), [""; 0]);
    assert_eq!(world.broker.stats().counters.dropped.of(DropReason::Hook), 1);
    assert_eq!(world.broker.stats().stored_messages, 0);
}
