//! A subscriber that never reads costs what the limits say, and nobody else anything.

use hushwing_core::ProtocolVersion::{V3_1_1, V5_0};
use hushwing_core::wire::QoS;
use hushwing_core::{ConnectionId, DropReason, Limits, Output};

use crate::case::{Heard, config};
use crate::world::World;

const PAYLOAD_BYTES: usize = 500;
const MESSAGES: usize = 2_000;

fn limits() -> Limits {
    Limits {
        transmit_mark_bytes: 16 * 1024,
        qos0_backlog_bytes: 64 * 1024,
        queue_messages: 200,
        queue_bytes: 64 * 1024,
        in_flight_maximum: 20,
        routes_remembered: 16,
        ..Limits::default()
    }
}

/// Messages that so many bytes have room for, each with its topic.
fn room(bytes: u32) -> usize {
    bytes as usize / (PAYLOAD_BYTES + "t/1".len())
}

/// What so many stored messages, and places in a queue for them, cost at most: tables double when they are full.
fn cost(messages: usize) -> usize {
    const PLACE_BYTES_MAX: usize = 64;
    const MESSAGE_BYTES_MAX: usize = 144;
    const HEADER_BYTES: usize = 32;
    let texts = PAYLOAD_BYTES + "t/1".len() + HEADER_BYTES;
    messages * texts + messages.next_power_of_two() * (PLACE_BYTES_MAX + MESSAGE_BYTES_MAX)
}

/// A broker with a publisher and some subscribers to the same topic; the last of them reads nothing if `deaf`.
struct Scene {
    world: World,
    publisher: ConnectionId,
    subscribers: Vec<ConnectionId>,
    last: ConnectionId,
}

impl Scene {
    fn new(qos: QoS, deaf: bool) -> Self {
        let mut world = World::new(config(limits()));
        let publisher = world.client(V3_1_1, "publisher");
        let mut subscribers: Vec<ConnectionId> = Vec::new();
        for number in 0..5 {
            let version = if number % 2 == 0 { V5_0 } else { V3_1_1 };
            let subscriber = world.kept_client(version, &format!("s{number}"));
            world.subscribe(subscriber, "t/+", qos);
            world.heard(subscriber);
            subscribers.push(subscriber);
        }
        let last = subscribers.pop().expect("some");
        if deaf {
            world.hold_back(last);
        }
        Self { world, publisher, subscribers, last }
    }

    /// Publishes one message; everybody who reads has it before anything else happens, time included.
    #[track_caller]
    fn publish(&mut self, number: usize, qos: QoS) {
        let payload = format!("{number:0PAYLOAD_BYTES$}");
        let before = self.world.now;
        self.world.publish(self.publisher, "t/1", &payload, qos);
        for subscriber in &self.subscribers {
            assert_eq!(self.world.take_messages(*subscriber), [&*payload]);
        }
        let heard = self.world.heard(self.publisher);
        assert_eq!(heard, if qos == QoS::AtMostOnce { vec![] } else { vec!["PUBACK 00"] });
        assert!(self.world.reads(self.publisher));
        assert_eq!(self.world.now, before);
    }
}

#[test]
fn a_subscriber_that_never_reads_costs_its_bound_and_nobody_elses_latency() {
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
        let (mut scene, mut without) = (Scene::new(qos, true), Scene::new(qos, false));
        without.subscribers.push(without.last);
        let mut most = 0;
        for number in 0..MESSAGES {
            scene.publish(number, qos);
            without.publish(number, qos);
            most = most.max(scene.world.broker.memory().saturating_sub(without.world.broker.memory()));
        }
        let limits = limits();
        let client = scene.world.broker.client("s4").expect("connected");
        // Frames are encoded up to the mark, or the window; as many wait as there is room for; the rest is lost.
        let (frame, encoded, waits) = match qos {
            QoS::AtMostOnce => {
                let frame = PAYLOAD_BYTES + 9;
                let encoded = (limits.transmit_mark_bytes as usize).div_ceil(frame);
                (frame, encoded, room(limits.qos0_backlog_bytes))
            }
            _ => (PAYLOAD_BYTES + 11, limits.in_flight_maximum.into(), room(limits.queue_bytes)),
        };
        assert_eq!(client.waiting_bytes as usize, encoded * frame, "{qos:?}");
        assert_eq!((client.waiting_messages + client.session.queued_messages) as usize, waits, "{qos:?}");
        let dropped = scene.world.broker.stats().counters.dropped.of(DropReason::QueueFull) as usize;
        assert_eq!(dropped, MESSAGES - encoded - waits, "{qos:?}");
        // A message in flight is kept until it is acknowledged; a buffer has room for twice what is in it.
        let kept = if qos == QoS::AtMostOnce { waits } else { encoded + waits };
        let (least, bound) = (kept * PAYLOAD_BYTES, 2 * encoded * frame + cost(kept) + 2 * 1_024);
        assert!((least..=bound).contains(&most), "{qos:?}: {most}, {least} to {bound}");
        // What it gets in the end comes in order, and once.
        scene.world.let_through(scene.last);
        let messages = scene.world.take_messages(scene.last);
        let numbers: Vec<usize> = messages.iter().map(|payload| payload.parse().expect("a number")).collect();
        assert_eq!(numbers.len(), encoded + waits);
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        // All of it is given back, but for buffers that are kept for the next.
        let left = scene.world.broker.memory().saturating_sub(without.world.broker.memory());
        assert!(left <= 2 * encoded * frame + 4 * 1_024, "{left}");
    }
}

#[test]
fn many_of_them_cost_as_much_each_and_are_not_in_each_others_way() {
    let mut world = World::new(config(limits()));
    let publisher = world.client(V3_1_1, "publisher");
    let reader = world.client(V5_0, "reader");
    world.subscribe(reader, "#", QoS::AtMostOnce);
    world.heard(reader);
    let deaf: Vec<ConnectionId> = (0..50)
        .map(|number| {
            let subscriber = world.client(V5_0, &format!("s{number}"));
            world.subscribe(subscriber, "#", QoS::AtMostOnce);
            world.heard(subscriber);
            world.hold_back(subscriber);
            subscriber
        })
        .collect();
    let before = world.broker.memory();
    for number in 0..500 {
        let payload = format!("{number:0PAYLOAD_BYTES$}");
        world.publish(publisher, "t/1", &payload, QoS::AtMostOnce);
        assert_eq!(world.take_messages(reader), [payload]);
    }
    let all = world.broker.memory() - before;
    // Each has its buffer and its places; the messages themselves are there once for all.
    let waits = room(limits().qos0_backlog_bytes);
    let each =
        2 * (limits().transmit_mark_bytes as usize + PAYLOAD_BYTES) + waits.next_power_of_two() * 64 + 1_024;
    assert!(all <= deaf.len() * each + cost(waits), "{all}, at most {each} each");
    // After a while they are gone, and their memory with them.
    world.wait(u64::from(limits().progress_timeout_seconds));
    assert_eq!(world.broker.stats().clients, 2);
    deaf.into_iter().for_each(|subscriber| world.cut(subscriber));
    assert!(world.broker.memory() <= before + 64 * 1024, "{} {before}", world.broker.memory());
    world.publish(publisher, "t/1", "still", QoS::AtMostOnce);
    assert_eq!(world.take_messages(reader), ["still"]);
    let nothing: Option<Output> = world.broker.poll_output();
    assert_eq!((nothing, world.heard(publisher)), (None, Heard::new()));
}
