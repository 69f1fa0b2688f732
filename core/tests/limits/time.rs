//! Limits of time: each to the microsecond.

use std::sync::Arc;

use hushwing_core::ProtocolVersion::{self, V3_1_1, V5_0};
use hushwing_core::wire::{Connect, Disconnect, Packet, PropertiesBuffer, Property, QoS, ReasonCode, Will};
use hushwing_core::{
    Answer, Ask, Authentication, Command, Config, ConnectionId, Decision, Limits, Listener, Rule, Rules,
};

use crate::case::{Bystanders, Heard, VERSIONS, config, heard, parting, refusal};
use crate::world::{World, hello};

const SECOND: u64 = 1_000_000;

/// A connection that is given `seconds` for something that it does not do hears nothing one microsecond before
/// they are over, and this when they are.
#[track_caller]
fn over_after(world: &mut World, connection: ConnectionId, seconds: u64, told: &[String]) {
    world.wait_micros(seconds * SECOND - 1);
    assert_eq!(world.heard(connection), Heard::new(), "before {seconds} s");
    world.wait_micros(1);
    assert_eq!(world.heard(connection), told, "after {seconds} s");
}

fn connect_bytes(version: ProtocolVersion) -> Vec<u8> {
    let mut bytes = Vec::new();
    Packet::Connect(hello(version, "c")).encode(version, &mut bytes);
    bytes
}

#[test]
pub(crate) fn connect_timeout_seconds() {
    let config = config(Limits { connect_timeout_seconds: 7, ..Limits::default() });
    for version in VERSIONS {
        let bytes = connect_bytes(version);
        // However many bytes came, and however slowly.
        for sent in [0, 1, 2, bytes.len() - 1] {
            let mut world = World::new(config.clone());
            let bystanders = Bystanders::new(&mut world);
            let connection = world.open(version);
            world.wait(3);
            world.send(connection, &bytes[..sent]);
            over_after(&mut world, connection, 4, &heard(["closed"]));
            world.send(connection, &bytes[sent..]);
            assert!(world.broker.client("c").is_none());
            bystanders.are_served(&mut world);
        }
        let mut world = World::new(config.clone());
        let connection = world.open(version);
        world.wait_micros(7 * SECOND - 1);
        world.send(connection, &bytes);
        assert_eq!(world.heard(connection), ["CONNACK 00"]);
        world.wait(100);
        assert_eq!(world.heard(connection), Heard::new());
    }
}

fn asking(rules: Rules, authentication: Authentication) -> Config {
    let listener = Listener { authentication, rules: Arc::new(rules) };
    let limits = Limits { answer_timeout_seconds: 7, connect_timeout_seconds: 3, ..Limits::default() };
    Config { listeners: vec![listener], ..config(limits) }
}

fn ask_about(filter: &str) -> Rules {
    let rule = Rule { action: None, filter: filter.into(), decision: Decision::Ask };
    Rules { rules: vec![rule], otherwise: Decision::Allow }
}

#[test]
pub(crate) fn answer_timeout_seconds() {
    for version in VERSIONS {
        // Whether it may connect.
        let mut world = World::new(asking(Rules::ALLOW_ALL, Authentication::Ask));
        let connection = world.open(version);
        world.say(connection, &Packet::Connect(hello(version, "c")));
        assert!(matches!(world.asked()[..], [Ask::Authenticate(_)]));
        assert!(!world.reads(connection));
        over_after(&mut world, connection, 7, &refusal(version, "88", true));
        world.answer(Answer::Accept { rules: None, data: None });
        assert_eq!((world.heard(connection), world.broker.stats().clients), (heard(["closed"]), 0));
        // Whether it may publish or subscribe.
        for publishes in [true, false] {
            let mut world = World::new(asking(ask_about("t"), Authentication::Anonymous));
            let bystanders = Bystanders::new(&mut world);
            let client = world.client(version, "c");
            if publishes {
                world.publish(client, "t", "", QoS::AtLeastOnce);
            } else {
                world.subscribe(client, "t", QoS::AtLeastOnce);
            }
            assert!(matches!(world.asked()[..], [Ask::Authorize { .. }]));
            bystanders.are_served(&mut world);
            // 0x88 is for CONNACK alone.
            over_after(&mut world, client, 7, &parting(version, "80"));
            world.answer(Answer::Decisions(vec![true]));
            bystanders.are_served(&mut world);
            assert_eq!(world.heard(client), ["closed"]);
        }
    }
}

/// Whatever else a question about topics is answered with, it is no permission.
#[test]
fn an_answer_that_decides_nothing_refuses() {
    let answers = [
        Answer::Refuse(ReasonCode::QuotaExceeded),
        Answer::Redirect { permanent: false, server_reference: Some("elsewhere".into()) },
        Answer::Continue(None),
        Answer::Decisions(Vec::new()),
        Answer::Decisions(vec![false, true]),
    ];
    for answer in answers {
        for version in VERSIONS {
            let mut world = World::new(asking(ask_about("t"), Authentication::Anonymous));
            let (client, other) = (world.client(version, "c"), world.client(V5_0, "o"));
            // A filter that reaches beyond the rule is not asked about.
            world.subscribe(other, "#", QoS::AtLeastOnce);
            world.heard(other);
            world.publish(client, "t", "", QoS::AtLeastOnce);
            world.answer(answer.clone());
            // 3.x cannot be told (docs/decisions.md D15).
            let refused = if version == V5_0 { "PUBACK 87" } else { "PUBACK 00" };
            assert_eq!((world.heard(client), world.heard(other)), (heard([refused]), heard([])));
            world.subscribe(client, "t", QoS::AtLeastOnce);
            world.answer(answer.clone());
            let refused = match version {
                V5_0 => "SUBACK 87",
                V3_1_1 => "SUBACK 80",
                ProtocolVersion::V3_1 => "SUBACK 01",
            };
            assert_eq!(world.heard(client), [refused]);
            assert_eq!(world.broker.session("c").map(|session| session.subscriptions), Some(0));
            // The connection goes on.
            world.say(client, &Packet::Pingreq);
            assert_eq!((world.heard(client), world.reads(client)), (heard(["Pingresp"]), true));
        }
    }
}

/// The keep alive that is in force for a client that asks for this one.
fn keep_alive(config: &Config, version: ProtocolVersion, keep_alive_seconds: u16) -> u16 {
    let mut world = World::new(config.clone());
    let client = world.connect(&Connect { keep_alive_seconds, ..hello(version, "c") });
    let seconds = world.broker.client("c").map_or(0, |client| client.keep_alive_seconds);
    // One and a half times as long, to the microsecond.
    if seconds > 0 {
        world.wait_micros(u64::from(seconds) * SECOND * 3 / 2 - 1);
        assert_eq!(world.heard(client), Heard::new());
        world.wait_micros(1);
        assert_eq!(world.heard(client), parting(version, "8d"));
    } else {
        world.wait(1_000_000);
        assert_eq!(world.heard(client), Heard::new());
    }
    seconds
}

#[test]
pub(crate) fn keep_alive_seconds_5_0() {
    let limited = config(Limits { keep_alive_seconds_5_0: 30, ..Limits::default() });
    for (asked, given) in [(0, 30), (1, 1), (29, 29), (30, 30), (31, 30), (u16::MAX, 30)] {
        assert_eq!(keep_alive(&limited, V5_0, asked), given, "{asked}");
        // 3.x cannot be told (docs/decisions.md D21).
        assert_eq!(keep_alive(&limited, V3_1_1, asked), asked);
    }
    let unlimited = config(Limits { keep_alive_seconds_5_0: 0, ..Limits::default() });
    for asked in [0, 31, u16::MAX] {
        assert_eq!(keep_alive(&unlimited, V5_0, asked), asked);
    }
}

fn expiry(seconds: u32) -> PropertiesBuffer {
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::SessionExpiryInterval(seconds));
    properties
}

/// How long the session of this client is kept; `None` for ever.
fn kept_for(world: &mut World, name: &str) -> Option<u64> {
    let session = world.broker.session(name).expect("kept");
    let seconds = session.ends_at?.since(session.since).as_secs();
    world.wait_micros(seconds * SECOND - 1);
    assert!(world.broker.session(name).is_some(), "before {seconds} s");
    world.wait_micros(1);
    assert!(world.broker.session(name).is_none(), "after {seconds} s");
    Some(seconds)
}

#[test]
pub(crate) fn session_expiry_seconds_5_0() {
    let config = config(Limits { session_expiry_seconds_5_0: 100, ..Limits::default() });
    for (asked, given) in [(99, 99), (100, 100), (101, 100), (u32::MAX, 100)] {
        let (mut world, properties) = (World::new(config.clone()), expiry(asked));
        let properties = properties.as_properties();
        let client = world.connect(&Connect { properties, ..hello(V5_0, "c") });
        world.cut(client);
        assert_eq!(kept_for(&mut world, "c"), Some(given));
        // DISCONNECT may ask for another one.
        let first = expiry(1);
        let client = world.connect(&Connect { properties: first.as_properties(), ..hello(V5_0, "c") });
        world.say(client, &Packet::Disconnect(Disconnect { reason: ReasonCode::Success, properties }));
        assert_eq!(kept_for(&mut world, "c"), Some(given));
    }
    // 3.x has a limit of its own.
    let mut world = World::new(config);
    let client = world.kept_client(V3_1_1, "c");
    world.cut(client);
    assert_eq!(kept_for(&mut world, "c"), None);
}

#[test]
pub(crate) fn session_expiry_seconds_3() {
    for version in &VERSIONS[..2] {
        for (limit, given) in [(0, None), (100, Some(100))] {
            let mut world =
                World::new(config(Limits { session_expiry_seconds_3: limit, ..Limits::default() }));
            let client = world.kept_client(*version, "c");
            world.cut(client);
            match given {
                // It ends with its connection.
                None => assert!(world.broker.session("c").is_none()),
                given => assert_eq!(kept_for(&mut world, "c"), given),
            }
            // Clean Session 1 asks for none.
            let client = world.client(*version, "d");
            world.cut(client);
            assert!(world.broker.session("d").is_none());
        }
    }
}

/// A will cannot be put off for longer than its session lives.
#[test]
fn a_will_is_delayed_as_long_as_its_session_may_last() {
    let mut world = World::new(config(Limits { session_expiry_seconds_5_0: 100, ..Limits::default() }));
    let watcher = world.client(V5_0, "watcher");
    world.subscribe(watcher, "w", QoS::AtMostOnce);
    world.heard(watcher);
    let (mut delay, kept) = (PropertiesBuffer::new(), expiry(u32::MAX));
    delay.push(Property::WillDelayInterval(1_000));
    let will = Will {
        topic: "w",
        payload: b"!",
        qos: QoS::AtMostOnce,
        retain: false,
        properties: delay.as_properties(),
    };
    let connect = Connect { will: Some(will), properties: kept.as_properties(), ..hello(V5_0, "c") };
    let client = world.connect(&connect);
    world.cut(client);
    assert_eq!(kept_for(&mut world, "c"), Some(100));
    assert_eq!(world.heard(watcher), ["PUBLISH 0 w: !"]);
}

fn progressing() -> Config {
    config(Limits {
        progress_timeout_seconds: 7,
        progress_bytes: 20,
        transmit_mark_bytes: 10,
        ..Limits::default()
    })
}

/// PUBLISH at QoS 0 of 100 bytes.
fn packet() -> Vec<u8> {
    let mut bytes = vec![0x30, 98, 0, 1, b't'];
    bytes.resize(100, 0);
    bytes
}

/// A client that may be silent for ever has sent three bytes of a packet.
fn half_said(version: ProtocolVersion) -> (World, ConnectionId) {
    let mut world = World::new(progressing());
    let client = world.client(version, "c");
    // A whole one first: nothing is waited for between packets.
    world.send(client, &packet());
    world.wait(100);
    world.send(client, &packet()[..3]);
    (world, client)
}

#[test]
pub(crate) fn progress_bytes() {
    let config = progressing();
    for version in VERSIONS {
        let told = |bytes| if bytes < 20 { parting(version, "80") } else { Heard::new() };
        for bytes in [19, 20, 21] {
            let mut world = World::new(config.clone());
            let bystanders = Bystanders::new(&mut world);
            let client = world.client(version, "c");
            world.send(client, &packet()[..3]);
            // They may come one by one; what came before does not count.
            for byte in &packet()[3..3 + bytes] {
                world.send(client, &[*byte]);
            }
            world.wait_micros(7 * SECOND - 1);
            assert_eq!(world.heard(client), Heard::new());
            world.wait_micros(1);
            assert_eq!(world.heard(client), told(bytes), "{bytes}");
            bystanders.are_served(&mut world);
            // And as many again in the next seven seconds.
            world.wait(7);
            assert_eq!(world.heard(client).last().map(String::as_str), Some("closed"));
        }
    }
}

#[test]
pub(crate) fn progress_timeout_seconds() {
    for version in VERSIONS {
        let (mut world, client) = half_said(version);
        over_after(&mut world, client, 7, &parting(version, "80"));
        // A packet that is whole in time, and then nothing.
        let (mut world, client) = half_said(version);
        world.wait_micros(7 * SECOND - 1);
        world.send(client, &packet()[3..]);
        world.wait(1_000);
        assert_eq!(world.heard(client), Heard::new());
    }
}

#[test]
fn every_packet_has_as_much_time_as_the_first() {
    for version in VERSIONS {
        let mut world = World::new(progressing());
        let client = world.client(version, "c");
        // The rest of one comes with the start of the next, every four seconds: each is whole in time.
        world.send(client, &[0xC0]);
        for _ in 0..10 {
            world.wait(4);
            world.send(client, &[0, 0xC0]);
            assert_eq!(world.heard(client), ["Pingresp"]);
        }
        over_after(&mut world, client, 7, &parting(version, "80"));
    }
}

#[test]
fn no_time_at_all_is_over_at_once() {
    let mut config = asking(ask_about("t"), Authentication::Anonymous);
    config.limits = Limits { progress_timeout_seconds: 0, ..progressing().limits };
    let mut world = World::new(config);
    let client = world.client(V3_1_1, "c");
    world.send(client, &[packet(), packet()[..3].to_vec()].concat());
    world.wait(1);
    world.answer(Answer::Decisions(vec![true]));
    world.wait(1);
    assert_eq!(world.heard(client), ["closed"]);
}

#[test]
fn a_client_that_is_not_read_cannot_go_on_with_its_packet() {
    let mut config = asking(ask_about("t"), Authentication::Anonymous);
    config.limits = Limits { answer_timeout_seconds: 1_000, ..progressing().limits };
    let mut world = World::new(config);
    let client = world.client(V3_1_1, "c");
    // A whole one that is asked about, and the start of the next.
    world.send(client, &[packet(), packet()[..3].to_vec()].concat());
    assert!(!world.reads(client));
    world.wait(100);
    world.answer(Answer::Decisions(vec![true]));
    assert!(world.reads(client));
    over_after(&mut world, client, 7, &heard(["closed"]));
}

#[test]
fn a_client_that_is_read_no_more_since_the_broker_goes_is_told_that() {
    let mut world = World::new(Config { journal: true, ..progressing() });
    let subscriber = world.kept_client(V5_0, "s");
    world.subscribe(subscriber, "t", QoS::AtLeastOnce);
    world.cut(subscriber);
    let client = world.client(V5_0, "c");
    world.disk_stalls = true;
    world.publish(client, "t", "", QoS::AtLeastOnce);
    world.send(client, &packet()[..3]);
    world.command(Command::Shutdown);
    world.wait(100);
    assert_eq!(world.heard(client), Heard::new());
    world.disk_stalls = false;
    world.store();
    assert_eq!(world.heard(client), ["PUBACK 00", "DISCONNECT 8b", "closed"]);
}

/// A client whose socket takes nothing is sent so many messages of ten bytes.
fn deaf(version: ProtocolVersion, qos: QoS, messages: usize) -> (World, ConnectionId) {
    let mut world = World::new(progressing());
    let subscriber = world.kept_client(version, "s");
    world.subscribe(subscriber, "t", qos);
    world.heard(subscriber);
    world.hold_back(subscriber);
    let publisher = world.client(V3_1_1, "p");
    let payload = "x".repeat(10 - 5 - usize::from(version == V5_0) - 2 * usize::from(qos.bits() > 0));
    (0..messages).for_each(|_| world.publish(publisher, "t", &payload, qos));
    (world, subscriber)
}

#[test]
fn a_client_that_takes_nothing_loses_its_connection_but_not_its_session() {
    for version in VERSIONS {
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
            let (mut world, subscriber) = deaf(version, qos, 3);
            let bystanders = Bystanders::new(&mut world);
            world.wait_micros(7 * SECOND - 1);
            assert!(world.broker.client("s").is_some());
            world.wait_micros(1);
            assert!(world.broker.client("s").is_none());
            // Should its socket take it yet, it learns why.
            world.let_through(subscriber);
            let heard = world.heard(subscriber);
            assert_eq!(heard[1..], parting(version, "80"), "{heard:?}");
            // What was promised is there when it comes back.
            let session = world.broker.session("s").expect("kept");
            let kept = session.queued_messages + session.in_flight_messages;
            assert_eq!(kept, if qos == QoS::AtMostOnce { 0 } else { 3 });
            bystanders.are_served(&mut world);
        }
    }
}

#[test]
fn a_client_that_takes_a_little_is_slow_and_stays() {
    let (mut world, _) = deaf(V5_0, QoS::AtMostOnce, 30);
    let connection = world.broker.client("s").expect("connected").connection;
    // A byte every six seconds.
    for _ in 0..50 {
        world.wait(6);
        world.broker.transmit(world.now, connection).expect("it waits").advance(1);
        while world.broker.poll_output().is_some() {}
        assert!(world.broker.client("s").is_some());
    }
    world.wait(7);
    world.wait(7);
    assert!(world.broker.client("s").is_none());
    // A buffer that is not full is nobody's burden.
    let (mut world, _) = deaf(V5_0, QoS::AtMostOnce, 0);
    let subscriber = world.broker.client("s").expect("connected").connection;
    world.hold_back(subscriber);
    world.say(subscriber, &Packet::Pingreq);
    world.wait(1_000);
    assert!(world.broker.client("s").is_some());
}

/// Answers fill a buffer, too.
#[test]
fn a_client_that_asks_and_does_not_listen_loses_its_connection() {
    let (mut world, subscriber) = deaf(V5_0, QoS::AtMostOnce, 0);
    for _ in 0..5 {
        world.say(subscriber, &Packet::Pingreq);
    }
    world.wait_micros(7 * SECOND - 1);
    assert!(world.broker.client("s").is_some());
    world.wait_micros(1);
    assert!(world.broker.client("s").is_none());
}
