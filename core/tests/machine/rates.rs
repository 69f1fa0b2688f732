//! How fast a client may publish: whoever is faster is read no faster, at times that are exact to the microsecond.

use std::sync::Arc;
use std::time::Duration;

use hushwing_core::wire::{Connect, Disconnect, Packet, Properties, Publish, QoS, ReasonCode};
use hushwing_core::{
    Answer, CloseCause, Command, Config, ConnectionId, Decision, DisconnectReason, Event, Input, Instant,
    Limits, Listener, Origin, Output, ProtocolVersion, ReachedLimit, Rules, Violation,
};

use crate::world::World;

const VERSIONS: [ProtocolVersion; 3] =
    [ProtocolVersion::V3_1, ProtocolVersion::V3_1_1, ProtocolVersion::V5_0];
const QOS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

/// Ten messages a second, all of them at once if need be.
fn ten_a_second() -> Limits {
    Limits { publish_messages_per_second: 10, ..Limits::default() }
}

/// A publisher, and a subscriber with the connection 9 that takes at once whatever comes.
struct Publisher {
    world: World,
    version: ProtocolVersion,
    qos: QoS,
    /// How many messages it has sent.
    sent: u16,
}

impl Publisher {
    fn new(limits: Limits) -> Self {
        Self::speaking(ProtocolVersion::V5_0, QoS::AtMostOnce, Config { limits, ..Config::default() })
    }

    fn speaking(version: ProtocolVersion, qos: QoS, config: Config) -> Self {
        let mut world = World::with(config);
        world.connect(9);
        world.subscribe_at(9, "t", QoS::AtMostOnce);
        world.drain(9);
        let mut publisher = Self { world, version, qos, sent: 0 };
        publisher.connect(1, 0);
        publisher
    }

    fn connect(&mut self, id: u64, keep_alive_seconds: u16) {
        let connection = ConnectionId(id);
        self.world
            .broker
            .handle_input(self.world.now, Input::Opened { connection, origin: Origin::default() });
        let connect = Packet::Connect(Connect {
            version: self.version,
            clean_start: true,
            keep_alive_seconds,
            client_identifier: &format!("publisher {id}"),
            properties: Properties::EMPTY,
            will: None,
            user_name: None,
            password: None,
        });
        self.receive(id, &self.encoded(&connect));
        self.world.outputs.clear();
    }

    fn encoded(&self, packet: &Packet<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        packet.encode(self.version, &mut bytes);
        bytes
    }

    fn receive(&mut self, id: u64, bytes: &[u8]) {
        let connection = ConnectionId(id);
        self.world.broker.handle_input(self.world.now, Input::Received { connection, bytes });
        self.check(id);
    }

    fn check(&mut self, id: u64) {
        self.world.drain(id);
        self.world.drain(9);
        assert_eq!(self.world.broker.memory(), self.world.broker.memory_walk());
    }

    /// The next messages, each with its number and so many bytes more.
    fn messages(&mut self, count: u16, padding: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            self.sent += 1;
            let payload = format!("{}{}", self.sent, " ".repeat(padding));
            let packet = Packet::Publish(Publish {
                duplicate: false,
                qos: self.qos,
                retain: false,
                topic: "t",
                packet_identifier: (self.qos > QoS::AtMostOnce).then(|| self.sent.try_into().unwrap()),
                properties: Properties::EMPTY,
                payload: payload.as_bytes(),
            });
            bytes.extend(self.encoded(&packet));
        }
        bytes
    }

    fn publish(&mut self, count: u16) {
        let bytes = self.messages(count, 0);
        self.receive(1, &bytes);
    }

    /// One PUBLISH of exactly so many bytes.
    fn publish_bytes(&mut self, length: usize) {
        let smallest = self.messages(1, 0).len();
        self.sent -= 1;
        // The Remaining Length grows a byte with its first digit of 128, and another.
        let grown = [0, 1, 2].into_iter().find_map(|grown| {
            let packet = self.messages(1, length - smallest - grown);
            self.sent -= 1;
            (packet.len() == length).then_some(packet)
        });
        self.sent += 1;
        self.receive(1, &grown.expect("a packet of this length"));
    }

    /// How many messages have come out. They did so in their order.
    fn received(&self) -> u16 {
        let messages = self.world.messages(9);
        for ((_, payload, _), number) in messages.iter().zip(1..) {
            assert_eq!(payload.trim(), number.to_string());
        }
        messages.len().try_into().unwrap()
    }

    fn after_micros(&mut self, micros: u64) {
        self.world.now = self.world.now.after(Duration::from_micros(micros));
        self.world.broker.handle_timeout(self.world.now);
        self.check(1);
    }

    fn after_millis(&mut self, millis: u64) {
        self.after_micros(millis * 1_000);
    }

    /// What the driver was told about reading since the last time, for every publisher.
    fn told(&mut self) -> Vec<bool> {
        let outputs = std::mem::take(&mut self.world.outputs);
        let about_reading = |output| match output {
            Output::Read { enabled, .. } => Some(enabled),
            _ => None,
        };
        outputs.into_iter().filter_map(about_reading).collect()
    }

    fn closed_for(&mut self) -> Option<DisconnectReason> {
        std::mem::take(&mut self.world.outputs).into_iter().find_map(|output| match output {
            Output::Event(Event::Disconnected { reason, .. }) => Some(reason),
            _ => None,
        })
    }

    fn waits_until(&self) -> Option<Instant> {
        self.world.broker.poll_timeout()
    }

    fn reload(&mut self, limits: Limits) {
        let config = Arc::new(Config { limits, ..Config::default() });
        self.world.broker.handle_input(self.world.now, Input::Command(Command::Reload(config)));
        self.check(1);
    }
}

#[test]
fn one_message_too_many_waits_in_every_version_at_every_qos() {
    for version in VERSIONS {
        for qos in QOS {
            for count in [9, 10, 11] {
                let config = Config { limits: ten_a_second(), ..Config::default() };
                let mut publisher = Publisher::speaking(version, qos, config);
                publisher.publish(count);
                assert_eq!(publisher.received(), count.min(10));
                if count < 11 {
                    assert_eq!(publisher.told(), [true; 0]);
                    continue;
                }
                assert_eq!(publisher.told(), [false]);
                assert_eq!(
                    publisher.waits_until(),
                    Some(publisher.world.now.after(Duration::from_millis(100)))
                );
                assert!(!publisher.world.broker.client("publisher 1").unwrap().reading);
                publisher.after_micros(99_999);
                assert_eq!((publisher.received(), publisher.told()), (10, vec![]));
                publisher.after_micros(1);
                assert_eq!((publisher.received(), publisher.told()), (11, vec![true]));
                assert!(publisher.world.broker.client("publisher 1").unwrap().reading);
            }
        }
    }
}

#[test]
fn what_waits_comes_at_the_rate_and_in_order() {
    let mut publisher = Publisher::new(ten_a_second());
    publisher.publish(50);
    for number in 10..50 {
        assert_eq!(publisher.received(), number);
        publisher.after_micros(99_999);
        assert_eq!(publisher.received(), number);
        publisher.after_micros(1);
    }
    assert_eq!(publisher.received(), 50);
    // The driver heard of it twice, not with every message.
    assert_eq!(publisher.told(), [false, true]);
}

#[test]
fn at_the_rate_nobody_waits() {
    let mut publisher = Publisher::new(ten_a_second());
    publisher.publish(10);
    for number in 11..100 {
        publisher.after_millis(100);
        publisher.publish(1);
        assert_eq!(publisher.received(), number);
    }
    assert_eq!(publisher.told(), [true; 0]);
    // A second of rest, and all of the burst is there again.
    publisher.after_millis(1_000);
    publisher.publish(10);
    assert_eq!(publisher.told(), [true; 0]);
    publisher.publish(1);
    assert_eq!(publisher.told(), [false]);
}

/// A third of a second is no whole number of microseconds: never too early.
#[test]
fn what_does_not_come_out_even_is_rounded_up() {
    let mut publisher = Publisher::new(Limits { publish_messages_per_second: 3, ..Limits::default() });
    publisher.publish(4);
    assert_eq!(publisher.waits_until(), Some(publisher.world.now.after(Duration::from_micros(333_334))));
}

/// One topic again and again at QoS 0, in many inputs: the way that costs least.
#[test]
fn repeated_messages_count() {
    let mut publisher = Publisher::new(ten_a_second());
    for _ in 0..11 {
        publisher.publish(1);
    }
    assert_eq!((publisher.received(), publisher.told()), (10, vec![false]));
}

#[test]
fn a_packet_is_taken_if_a_byte_of_it_is_within_the_rate() {
    let limits = Limits { publish_bytes_per_second: 1_000, ..Limits::default() };
    for (length, waits_millis) in [(999, 0), (1_000, 1), (1_001, 2), (5_000, 4_001)] {
        let mut publisher = Publisher::new(limits.clone());
        publisher.publish_bytes(length);
        assert_eq!((publisher.received(), publisher.told()), (1, vec![]), "{length}");
        publisher.publish(1);
        if waits_millis > 0 {
            assert_eq!((publisher.received(), publisher.told()), (1, vec![false]), "{length}");
            publisher.after_micros(waits_millis * 1_000 - 1);
            assert_eq!(publisher.received(), 1, "{length}");
            publisher.after_micros(1);
            assert_eq!(publisher.told(), [true], "{length}");
        }
        assert_eq!(publisher.received(), 2, "{length}");
    }
}

#[test]
fn the_stricter_of_both_decides() {
    let limits = Limits { publish_bytes_per_second: 1_000, ..ten_a_second() };
    let mut publisher = Publisher::new(limits.clone());
    publisher.publish(11);
    assert_eq!(publisher.received(), 10);
    let mut publisher = Publisher::new(limits);
    publisher.publish_bytes(1_100);
    publisher.publish(1);
    assert_eq!(publisher.waits_until(), Some(publisher.world.now.after(Duration::from_millis(101))));
}

#[test]
fn a_burst_is_as_many_seconds_worth_as_is_set() {
    for (seconds, burst) in [(0, 10), (1, 10), (3, 30)] {
        let mut publisher = Publisher::new(Limits { publish_burst_seconds: seconds, ..ten_a_second() });
        publisher.publish(burst);
        assert_eq!((publisher.received(), publisher.told()), (burst, vec![]));
        publisher.publish(1);
        assert_eq!((publisher.received(), publisher.told()), (burst, vec![false]));
    }
}

#[test]
fn who_is_far_ahead_is_told_and_closed() {
    let limits = || Limits { publish_messages_per_second: 1, ..Limits::default() };
    for version in VERSIONS {
        for qos in QOS {
            for count in [9, 10, 11] {
                let config = Config { limits: limits(), ..Config::default() };
                let mut publisher = Publisher::speaking(version, qos, config);
                let before = publisher.world.received(1).len();
                publisher.publish(count);
                let too_fast = DisconnectReason::Violation(Violation::MessageRateTooHigh);
                assert_eq!(publisher.closed_for(), (count == 11).then_some(too_fast), "{version} {count}");
                let told = &publisher.world.received(1)[before..];
                let disconnect = told.windows(3).any(|three| three[0] == 0xE0 && three[2] == 0x96);
                assert_eq!(disconnect, version == ProtocolVersion::V5_0 && count == 11, "{told:02x?}");
                assert_eq!(publisher.received(), 1);
            }
        }
    }
}

#[test]
fn a_packet_that_would_keep_its_client_waiting_for_too_long_is_refused() {
    for (length, taken) in [(10_998, true), (10_999, true), (11_000, false)] {
        let limits = Limits { publish_bytes_per_second: 1_000, ..Limits::default() };
        let mut publisher = Publisher::new(limits);
        publisher.publish_bytes(length);
        assert_eq!(publisher.closed_for().is_none(), taken, "{length}");
        assert_eq!(publisher.received(), u16::from(taken));
    }
}

/// The longest wait that the limit allows is the longest that there is.
#[test]
fn how_far_ahead_a_client_may_be_is_a_setting() {
    for (count, closed) in [(20, false), (21, true)] {
        let limits =
            Limits { publish_messages_per_second: 1, pause_timeout_seconds: 20, ..Limits::default() };
        let mut publisher = Publisher::new(limits);
        publisher.publish(count);
        assert_eq!(publisher.closed_for().is_some(), closed);
    }
}

#[test]
fn others_are_not_slowed_down() {
    let mut publisher = Publisher::new(ten_a_second());
    publisher.connect(2, 0);
    publisher.publish(11);
    assert_eq!((publisher.received(), publisher.told()), (10, vec![false]));
    // What is sent next overtakes what waits.
    let bytes = publisher.messages(1, 0);
    publisher.receive(2, &bytes);
    let last = publisher.world.messages(9).pop().unwrap().1;
    assert_eq!((last.as_str(), publisher.told()), ("12", vec![]));
}

#[test]
fn only_messages_count() {
    let mut publisher = Publisher::new(ten_a_second());
    for _ in 0..100 {
        publisher.receive(1, &[0xC0, 0]);
        publisher.world.subscribe_at(1, "other", QoS::AtMostOnce);
    }
    publisher.publish(10);
    assert_eq!((publisher.received(), publisher.told()), (10, vec![]));
    // Nor do they behind one that waits: this is not far ahead.
    let bytes = [publisher.messages(1, 0), [0xC0, 0].repeat(1_000)].concat();
    publisher.receive(1, &bytes);
    assert_eq!(publisher.told(), [false]);
    publisher.after_millis(100);
    assert_eq!((publisher.received(), publisher.told()), (11, vec![true]));
}

#[test]
fn what_comes_in_pieces_keeps_its_order() {
    let mut publisher = Publisher::new(ten_a_second());
    let mut bytes = publisher.messages(13, 100);
    let properties = Properties::EMPTY;
    let disconnect = Packet::Disconnect(Disconnect { reason: ReasonCode::Success, properties });
    bytes.extend(publisher.encoded(&disconnect));
    for byte in bytes {
        publisher.receive(1, &[byte]);
    }
    assert_eq!((publisher.received(), publisher.told()), (10, vec![false]));
    publisher.after_millis(200);
    assert_eq!((publisher.received(), publisher.closed_for()), (12, None));
    publisher.after_millis(100);
    let said = DisconnectReason::Client(ReasonCode::Success);
    assert_eq!((publisher.received(), publisher.closed_for()), (13, Some(said)));
}

/// It cannot show that it is there: what it sends is not read.
#[test]
fn the_keep_alive_does_not_run_while_a_client_waits() {
    let limits = Limits { publish_bytes_per_second: 1_000, ..Limits::default() };
    let mut publisher = Publisher::new(limits);
    publisher.connect(2, 1);
    publisher.sent = 0;
    let bytes = [publisher.messages(1, 8_000), publisher.messages(1, 0)].concat();
    publisher.receive(2, &bytes);
    for _ in 0..7 {
        publisher.after_millis(1_000);
        assert_eq!((publisher.received(), publisher.closed_for()), (1, None));
    }
    publisher.after_millis(1_000);
    assert_eq!((publisher.received(), publisher.closed_for()), (2, None));
    publisher.after_millis(1_400);
    assert_eq!(publisher.closed_for(), None);
    publisher.after_millis(100);
    let silent = DisconnectReason::Violation(Violation::KeepAliveElapsed);
    assert_eq!(publisher.closed_for(), Some(silent));
}

#[test]
fn another_rate_counts_from_now_on() {
    let rate = |publish_messages_per_second| Limits { publish_messages_per_second, ..Limits::default() };
    // Off.
    let mut publisher = Publisher::new(rate(10));
    publisher.publish(20);
    assert_eq!((publisher.received(), publisher.told()), (10, vec![false]));
    publisher.reload(rate(0));
    assert_eq!((publisher.received(), publisher.told()), (20, vec![true]));
    publisher.publish(1_000);
    assert_eq!((publisher.received(), publisher.told()), (1_020, vec![]));
    // On.
    publisher.reload(rate(10));
    publisher.publish(11);
    assert_eq!((publisher.received(), publisher.told()), (1_030, vec![false]));
    // Faster: what waits comes sooner.
    publisher.reload(rate(1_000));
    publisher.after_micros(999);
    assert_eq!(publisher.received(), 1_030);
    publisher.after_micros(1);
    assert_eq!((publisher.received(), publisher.told()), (1_031, vec![true]));
    // Slower: later.
    publisher.after_millis(1_000);
    publisher.publish(1_001);
    assert_eq!((publisher.received(), publisher.told()), (2_031, vec![false]));
    publisher.reload(rate(1));
    publisher.after_millis(999);
    assert_eq!(publisher.received(), 2_031);
    publisher.after_millis(1);
    assert_eq!((publisher.received(), publisher.told()), (2_032, vec![true]));
}

#[test]
fn a_message_that_was_asked_about_counts_once() {
    let rules = Arc::new(Rules { rules: Vec::new(), otherwise: Decision::Ask });
    let listeners = vec![Listener { rules, ..Listener::default() }];
    let config = Config { limits: ten_a_second(), listeners, ..Config::default() };
    let mut world = World::with(config);
    world.connect(1);
    for number in 1..=11 {
        world.publish(1, "t", "", QoS::AtMostOnce, false);
        world.poll();
        let question = world.outputs.drain(..).find_map(|output| match output {
            Output::Ask { question, .. } => Some(question),
            _ => None,
        });
        assert_eq!(question.is_some(), number <= 10, "{number}");
        if let Some(question) = question {
            let answer = Answer::Decisions(vec![true]);
            world.broker.handle_input(world.now, Input::Answer { question, answer });
        }
    }
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

/// It waits for two things: the message has to reach everybody, and the next one is too early.
#[test]
fn a_message_for_many_and_a_rate() {
    let mut publisher = Publisher::new(Limits { receivers_per_turn: 1, ..ten_a_second() });
    publisher.world.connect(8);
    publisher.world.subscribe_at(8, "t", QoS::AtMostOnce);
    publisher.publish(11);
    let mut turns = 0;
    while publisher.world.broker.work_pending() {
        publisher.world.broker.handle_work(publisher.world.now);
        publisher.check(8);
        turns += 1;
    }
    assert_eq!((publisher.received(), publisher.world.messages(8).len()), (10, 10));
    assert!(turns >= 20, "{turns}");
    publisher.after_millis(100);
    while publisher.world.broker.work_pending() {
        publisher.world.broker.handle_work(publisher.world.now);
    }
    publisher.check(8);
    assert_eq!((publisher.received(), publisher.world.messages(8).len()), (11, 11));
    assert_eq!(publisher.told().last(), Some(&true));
}

#[test]
fn it_is_told_once_until_the_client_had_a_rest() {
    let mut publisher = Publisher::new(ten_a_second());
    let events = |publisher: &mut Publisher| {
        let reached = Event::LimitReached {
            limit: ReachedLimit::PublishRate,
            client_identifier: Arc::from("publisher 1"),
        };
        let outputs = std::mem::take(&mut publisher.world.outputs);
        outputs.iter().filter(|output| **output == Output::Event(reached.clone())).count()
    };
    publisher.publish(20);
    assert_eq!(events(&mut publisher), 1);
    for _ in 0..15 {
        publisher.after_millis(100);
    }
    publisher.publish(20);
    assert_eq!(events(&mut publisher), 0);
    publisher.after_millis(3_000);
    publisher.publish(20);
    assert_eq!(events(&mut publisher), 1);
}

#[test]
fn a_client_that_leaves_while_it_waits_leaves_nothing() {
    for goes in [true, false] {
        let mut publisher = Publisher::new(ten_a_second());
        publisher.publish(15);
        if goes {
            let (connection, cause) = (ConnectionId(1), CloseCause::Peer);
            publisher.world.broker.handle_input(publisher.world.now, Input::Closed { connection, cause });
        } else {
            publisher.world.broker.handle_input(publisher.world.now, Input::Command(Command::Shutdown));
        }
        publisher.check(1);
        publisher.told();
        publisher.after_millis(60_000);
        assert_eq!((publisher.received(), publisher.told()), (10, vec![]));
        assert!(publisher.waits_until().is_none_or(|at| at > publisher.world.now));
    }
}
