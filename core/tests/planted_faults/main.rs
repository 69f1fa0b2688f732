//! What faults do that the simulation has to find: a conversation that goes one way without, and another with each.

mod world;

use hushwing_core::wire::{PacketType, QoS};
use hushwing_core::{Fault, Limits};
use world::{Entry, KEPT, World};

const AT_LEAST: QoS = QoS::AtLeastOnce;
const EXACTLY: QoS = QoS::ExactlyOnce;

/// The conversation says the first without a fault, and the second with this one.
#[track_caller]
fn differs(fault: Fault, conversation: fn(&mut World) -> Vec<String>, right: &[&str], wrong: &[&str]) {
    let said = |fault| conversation(&mut World::new(fault, Limits::default()));
    assert_eq!(said(None), right, "without a fault");
    assert_eq!(said(Some(fault)), wrong, "with {fault:?}");
}

/// Client 1, `s`, subscribes to `t`; client 2, `p`, is there, too.
fn two(world: &mut World, receive_maximum: u16) {
    world.connect(1, "s", Entry { receive_maximum, ..KEPT });
    world.subscribe(1, "t", EXACTLY, false);
    world.connect(2, "p", KEPT);
    world.get(1);
    world.get(2);
}

/// The connection of `s` ends, and another one begins.
fn returns(world: &mut World, receive_maximum: u16) {
    world.cut(1);
    world.connect(1, "s", Entry { receive_maximum, ..KEPT });
}

fn identifier_reused_in_release(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.publish(2, "t", "a", EXACTLY);
    world.acknowledge(1, PacketType::Pubrec, 1);
    world.get(1);
    world.publish_as(2, "t", "b", EXACTLY, 2, false, None);
    world.get(1)
}

fn in_flight_order_lost(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.publish(2, "t", "a", AT_LEAST);
    world.publish(2, "t", "b", AT_LEAST);
    world.get(1);
    returns(world, 10);
    world.get(1)
}

fn queue_before_in_flight(world: &mut World) -> Vec<String> {
    two(world, 2);
    for payload in ["a", "b", "c"] {
        world.publish(2, "t", payload, AT_LEAST);
    }
    world.get(1);
    returns(world, 2);
    world.get(1)
}

fn window_grows(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.publish(2, "t", "a", EXACTLY);
    world.acknowledge(1, PacketType::Pubrec, 1);
    returns(world, 1);
    for payload in ["b", "c"] {
        world.publish(2, "t", payload, AT_LEAST);
    }
    world.get(1);
    world.acknowledge(1, PacketType::Pubcomp, 1);
    world.get(1)
}

fn pubrel_waits_for_window(world: &mut World) -> Vec<String> {
    two(world, 2);
    world.publish_as(2, "t", "a", EXACTLY, 1, false, None);
    world.publish_as(2, "t", "b", EXACTLY, 2, false, None);
    world.acknowledge(1, PacketType::Pubrec, 2);
    returns(world, 1);
    world.get(1)
}

fn incoming_forgotten_at_takeover(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.publish(2, "t", "a", EXACTLY);
    world.connect(3, "p", KEPT);
    world.publish(3, "t", "a", EXACTLY);
    world.get(1)
}

fn replay_forgotten(world: &mut World) -> Vec<String> {
    two(world, 1);
    for topic in ["r/a", "r/b"] {
        world.publish_as(2, topic, topic, AT_LEAST, 1, true, None);
    }
    world.subscribe(1, "r/+", AT_LEAST, false);
    world.get(1);
    returns(world, 10);
    world.get(1)
}

fn will_twice_at_takeover(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.connect(3, "w", Entry { will_delay_seconds: Some(0), ..KEPT });
    world.connect(4, "w", KEPT);
    world.get(1)
}

fn will_lost_with_session(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.connect(3, "w", Entry { will_delay_seconds: Some(10), expiry_seconds: 5, ..KEPT });
    world.cut(3);
    world.wait(20);
    world.get(1)
}

fn cancelled_by_disconnect(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.connect(3, "w", Entry { will_delay_seconds: Some(0), ..KEPT });
    world.disconnect(3);
    world.crash();
    world.connect(1, "s", KEPT);
    world.get(1)
}

fn cancelled_by_return(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.connect(3, "w", Entry { will_delay_seconds: Some(10), ..KEPT });
    world.cut(3);
    world.connect(3, "w", KEPT);
    world.crash();
    world.wait(20);
    world.connect(1, "s", KEPT);
    world.get(1)
}

fn no_local_ignored_in_queue(world: &mut World) -> Vec<String> {
    world.connect(1, "s", Entry { receive_maximum: 1, ..KEPT });
    world.connect(2, "p", KEPT);
    world.subscribe(1, "own", AT_LEAST, true);
    world.subscribe(1, "t", AT_LEAST, false);
    world.publish(1, "own", "at once", AT_LEAST);
    world.publish(2, "t", "a", AT_LEAST);
    world.publish(1, "own", "queued", AT_LEAST);
    world.get(1);
    world.acknowledge(1, PacketType::Puback, 1);
    world.get(1)
}

fn topic_alias_kept(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.publish_as(2, "t", "a", QoS::AtMostOnce, 0, false, Some(1));
    world.cut(2);
    world.connect(2, "p", KEPT);
    world.publish_as(2, "", "b", QoS::AtMostOnce, 0, false, Some(1));
    world.get(1)
}

fn route_kept(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.publish(2, "t", "a", AT_LEAST);
    world.unsubscribe(1, "t");
    world.get(1);
    world.publish(2, "t", "b", AT_LEAST);
    world.get(1)
}

fn sending_keeps_alive(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.cut(1);
    world.connect(1, "s", Entry { keep_alive_seconds: 10, ..KEPT });
    world.wait(10);
    world.publish(2, "t", "a", QoS::AtMostOnce);
    world.get(1);
    world.wait(10);
    world.get(1)
}

fn connack_before_clearing(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.slow = true;
    world.connect(3, "s", Entry { clean: true, expiry_seconds: 0, ..KEPT });
    world.get(3)
}

fn group_cut(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.cut(1);
    world.slow = true;
    world.publish(2, "t", "a", EXACTLY);
    world.persist(1);
    world.crash();
    world.slow = false;
    world.connect(2, "p", KEPT);
    world.publish(2, "t", "a", EXACTLY);
    world.connect(1, "s", KEPT);
    world.get(1)
}

fn repeated_pubrec_unheld(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.slow = true;
    world.publish(2, "t", "a", EXACTLY);
    world.publish(2, "t", "a", EXACTLY);
    world.get(2)
}

fn unknown_pubcomp_unheld(world: &mut World) -> Vec<String> {
    two(world, 10);
    world.publish(2, "t", "a", EXACTLY);
    world.get(2);
    world.slow = true;
    world.acknowledge(2, PacketType::Pubrel, 1);
    world.acknowledge(2, PacketType::Pubrel, 1);
    world.get(2)
}

#[test]
fn a_byte_too_many_is_counted() {
    let limits = Limits { transmit_mark_bytes: 1, queue_messages: 1, ..Limits::default() };
    let surplus = |fault| {
        let mut world = World::new(fault, limits.clone());
        two(&mut world, 10);
        // The first is encoded, the second waits and is dropped for the third.
        for payload in ["a", "b", "c"] {
            world.publish(2, "t", payload, QoS::AtMostOnce);
        }
        world.broker.memory() - world.broker.memory_walk()
    };
    assert_eq!((surplus(None), surplus(Some(Fault::MemoryMiscounted))), (0, 1));
}

macro_rules! conversations {
    ($($name:ident $fault:ident [$($right:literal),*] [$($wrong:literal),*];)*) => {
        mod with_and_without {
            use super::*;
            $(
                #[test]
                fn $name() {
                    differs(Fault::$fault, super::$name, &[$($right),*], &[$($wrong),*]);
                }
            )*
        }

        #[test]
        fn each_has_a_conversation() {
            let here = [Fault::MemoryMiscounted, $(Fault::$fault),*];
            assert!(Fault::SIMULATED.iter().all(|fault| here.contains(fault)));
        }
    };
}

conversations! {
    identifier_reused_in_release IdentifierReusedInRelease ["publish 2 b"] ["publish 1 b"];
    in_flight_order_lost InFlightOrderLost
        ["connack 1", "publish 1 a again", "publish 2 b again"]
        ["connack 1", "publish 2 b again", "publish 1 a again"];
    queue_before_in_flight QueueBeforeInFlight
        ["connack 1", "publish 1 a again", "publish 2 b again"]
        ["connack 1", "publish 3 c", "publish 1 a again"];
    window_grows WindowGrows [] ["publish 3 c"];
    pubrel_waits_for_window PubrelWaitsForWindow
        ["connack 1", "publish 1 a again", "pubrel 2"] ["connack 1", "publish 1 a again"];
    incoming_forgotten_at_takeover IncomingForgottenAtTakeover
        ["publish 1 a"] ["publish 1 a", "publish 2 a"];
    replay_forgotten ReplayForgotten
        ["connack 1", "publish 1 r/a again", "publish 2 r/b"] ["connack 1", "publish 1 r/a again"];
    will_twice_at_takeover WillTwiceAtTakeover ["publish 1 will"] ["publish 1 will", "publish 2 will"];
    will_lost_with_session WillLostWithSession ["publish 1 will"] [];
    cancelled_by_disconnect CancelledWillReturns ["connack 1"] ["connack 1", "publish 1 will"];
    cancelled_by_return CancelledWillReturns ["connack 1"] ["connack 1", "publish 1 will"];
    no_local_ignored_in_queue NoLocalIgnoredInQueue [] ["publish 2 queued"];
    topic_alias_kept TopicAliasKept ["publish a"] ["publish a", "publish b"];
    route_kept RouteKept [] ["publish 2 b"];
    sending_keeps_alive SendingKeepsAlive ["disconnect 0x8d", "closed"] [];
    connack_before_clearing ConnackBeforeClearing [] ["connack 0"];
    group_cut GroupCut ["connack 1", "publish 1 a"] ["connack 1"];
    repeated_pubrec_unheld RepeatedPubrecUnheld [] ["pubrec 1"];
    unknown_pubcomp_unheld UnknownPubcompUnheld [] ["pubcomp 1"];
}
