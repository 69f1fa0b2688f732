//! A subscriber that never reads costs what the limits say, and nobody else anything.

use hushwing_core::ProtocolVersion::{V3_1_1, V5_0};
use hushwing_core::wire::QoS;
use hushwing_core::{ConnectionId, Limits, Output};

use crate::case::{Heard, config};
use crate::world::World;

const PAYLOAD_BYTES: usize = 500;

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

/// What one message of a queue costs besides its topic, properties and payload: its place in the queue, the message
/// itself, a header. Tables double when they are full.
const ENTRY_BYTES_MAX: usize = 2 * 256;

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
        for number in 0..2_000 {
            scene.publish(number, qos);
            without.publish(number, qos);
            most = most.max(
                scene.world.broker.memory() - without.world.broker.memory().min(scene.world.broker.memory()),
            );
        }
        let limits = limits();
        // One frame may begin just below the mark; a buffer has room for twice what is in it.
        let encoded = 2 * (limits.transmit_mark_bytes as usize + PAYLOAD_BYTES + 16);
        let (bytes, entries) = match qos {
            QoS::AtMostOnce => (limits.qos0_backlog_bytes, limits.qos0_backlog_bytes / PAYLOAD_BYTES as u32),
            _ => (limits.queue_bytes, limits.queue_bytes / PAYLOAD_BYTES as u32),
        };
        let in_flight = usize::from(limits.in_flight_maximum) * (PAYLOAD_BYTES + ENTRY_BYTES_MAX);
        let bound = encoded + bytes as usize + entries as usize * ENTRY_BYTES_MAX + in_flight;
        assert!(most <= bound, "{qos:?}: {most}, at most {bound}");
        // It does cost something.
        assert!(most >= bytes as usize, "{qos:?}: {most}");
        let client = scene.world.broker.client("s4").expect("connected");
        assert!(client.waiting_bytes < u64::from(limits.transmit_mark_bytes) + PAYLOAD_BYTES as u64 + 16);
        assert!(client.session.queued_bytes <= u64::from(limits.queue_bytes));
        assert!(client.session.in_flight_messages <= u64::from(limits.in_flight_maximum));
        // What it got in the end came in order; nothing was sent twice.
        scene.world.let_through(scene.last);
        let numbers: Vec<usize> = scene
            .world
            .take_messages(scene.last)
            .iter()
            .map(|payload| payload.parse().expect("a number"))
            .collect();
        assert!(numbers.is_sorted() && numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        // All of it is given back.
        let left = scene.world.broker.memory().saturating_sub(without.world.broker.memory());
        assert!(left <= encoded + 4 * 1024, "{left}");
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
    let each = (world.broker.memory() - before) / deaf.len();
    // The messages themselves are there once for all.
    let places = limits().qos0_backlog_bytes as usize / PAYLOAD_BYTES * 2 * 64;
    assert!(each <= 2 * (limits().transmit_mark_bytes as usize + 1_024) + places + 4 * 1024, "{each}");
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
