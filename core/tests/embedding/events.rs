//! Events: each kind where it belongs, and nowhere if it is masked off.

use std::sync::Arc;

use hushwing_core::ProtocolVersion::{V3_1_1, V5_0};
use hushwing_core::wire::QoS::{AtLeastOnce, AtMostOnce};
use hushwing_core::wire::{
    Connect, Disconnect, Packet, PropertiesBuffer, Property, ReasonCode, SubscriptionOptions, Will,
};
use hushwing_core::{
    Authentication, Command, Config, ConnectionId, DisconnectReason, DropReason, Event, EventMask, Listener,
    ReachedLimit, SessionEnd, Violation,
};

use crate::world::{World, hello, text};

fn world(events: EventMask) -> World {
    let refusing = Listener { authentication: Authentication::Refuse, ..Listener::default() };
    let listeners = vec![Listener::default(), refusing];
    World::new(Config { events, listeners, ..Config::default() })
}

fn a() -> Arc<str> {
    "a".into()
}

/// CONNECT of a client whose session lasts 60 seconds.
fn for_a_minute(clean_start: bool, expiry: &PropertiesBuffer) -> Connect<'_> {
    Connect { clean_start, properties: expiry.as_properties(), ..hello(V5_0, "a") }
}

fn a_minute() -> PropertiesBuffer {
    let mut expiry = PropertiesBuffer::new();
    expiry.push(Property::SessionExpiryInterval(60));
    expiry
}

const SESSIONS: EventMask = EventMask { sessions: true, ..EventMask::NONE };

#[test]
fn the_life_of_a_session() {
    let mut world = world(SESSIONS);
    let expiry = a_minute();
    let created = || Event::SessionCreated { client_identifier: a() };
    let resumed = || Event::SessionResumed { client_identifier: a() };
    let ended = |cause| Event::SessionEnded { client_identifier: a(), cause };

    let first = world.connect(&for_a_minute(false, &expiry));
    assert_eq!(world.events(), [created()]);
    let second = world.connect(&for_a_minute(false, &expiry));
    let taken_over = Event::SessionTakenOver { client_identifier: a(), from: first, by: second };
    assert_eq!(world.events(), [taken_over, resumed()]);
    world.cut(second);
    assert_eq!(world.events(), []);
    let third = world.connect(&for_a_minute(true, &expiry));
    assert_eq!(world.events(), [ended(SessionEnd::Replaced), created()]);
    world.cut(third);
    world.wait(61);
    assert_eq!(world.events(), [ended(SessionEnd::Expired)]);
    let fourth = world.client(V5_0, "a");
    world.cut(fourth);
    assert_eq!(world.events(), [created(), ended(SessionEnd::Closed)]);
    world.connect(&for_a_minute(true, &expiry));
    world.events();
    let reason = ReasonCode::AdministrativeAction;
    world.command(Command::EndSession { client_identifier: "a".into(), reason });
    assert_eq!(world.events(), [ended(SessionEnd::Command)]);
}

#[test]
fn connections_come_and_go() {
    let mut world = world(EventMask { connections: true, ..EventMask::NONE });
    let connection = world.connect(&Connect { keep_alive_seconds: 9, ..hello(V3_1_1, "a") });
    let connected = Event::Connected {
        connection,
        client_identifier: a(),
        version: V3_1_1,
        session_present: false,
        keep_alive_seconds: 9,
    };
    assert_eq!(world.events(), [connected]);
    let disconnected =
        |connection, reason| Event::Disconnected { connection, client_identifier: a(), reason };
    let properties = hello(V3_1_1, "a").properties;
    world.say(connection, &Packet::Disconnect(Disconnect { reason: ReasonCode::Success, properties }));
    let left = DisconnectReason::Client(ReasonCode::Success);
    assert_eq!(world.events(), [disconnected(connection, left)]);
    let connection = world.client(V5_0, "a");
    world.say(connection, &Packet::Connect(hello(V5_0, "a")));
    let violation = DisconnectReason::Violation(Violation::SecondConnect);
    assert_eq!(world.events()[1..], [disconnected(connection, violation)]);
}

#[test]
fn subscriptions_are_told_whoever_makes_them() {
    let mut world = world(EventMask { subscriptions: true, ..EventMask::NONE });
    let connection = world.client(V5_0, "a");
    let (_, options) = text(AtLeastOnce, "t");
    let subscribed = |options| Event::Subscribed { client_identifier: a(), filter: "t".into(), options };
    let unsubscribed = || Event::Unsubscribed { client_identifier: a(), filter: "t".into() };
    world.subscribe(connection, "t", AtLeastOnce);
    assert_eq!(world.events(), [subscribed(options)]);
    let other = SubscriptionOptions { no_local: true, ..SubscriptionOptions::default() };
    world.command(Command::Subscribe {
        client_identifier: "a".into(),
        filter: "t".into(),
        options: other,
        identifier: None,
    });
    assert_eq!(world.events(), [subscribed(other)]);
    world.unsubscribe(connection, "t");
    world.unsubscribe(connection, "t");
    assert_eq!(world.events(), [unsubscribed()]);
    world.subscribe(connection, "t", AtLeastOnce);
    world.command(Command::Unsubscribe { client_identifier: "a".into(), filter: "t".into() });
    assert_eq!(world.events(), [subscribed(options), unsubscribed()]);
}

#[test]
fn refused_authentication_and_wills_are_told() {
    let mask = EventMask { authentication: true, wills: true, ..EventMask::NONE };
    let mut world = world(mask);
    let refused = world.open_at(V5_0, 1);
    world.say(refused, &Packet::Connect(hello(V5_0, "a")));
    let reason = ReasonCode::NotAuthorized;
    assert_eq!(
        world.events(),
        [Event::AuthenticationRefused { connection: refused, client_identifier: a(), reason }]
    );
    let properties = hello(V5_0, "a").properties;
    let will = Will { topic: "w", payload: b"x", properties, qos: AtMostOnce, retain: false };
    let connection = world.connect(&Connect { will: Some(will), ..hello(V5_0, "a") });
    assert_eq!(world.events(), []);
    world.cut(connection);
    assert_eq!(world.events(), [Event::WillPublished { client_identifier: a(), topic: "w".into() }]);
    let connection = world.connect(&Connect { will: Some(will), ..hello(V5_0, "a") });
    world.say(connection, &Packet::Disconnect(Disconnect { reason: ReasonCode::Success, properties }));
    assert_eq!(world.events(), []);
}

#[test]
fn a_full_queue_is_told_once_until_it_was_half_empty() {
    let mut config = Config { events: EventMask { limits: true, ..EventMask::NONE }, ..Config::default() };
    config.limits.queue_messages = 4;
    let mut world = World::new(config);
    let publisher = world.client(V5_0, "p");
    let away = |world: &mut World| {
        let client = world.kept_client(V5_0, "a");
        world.cut(client);
    };
    let client = world.kept_client(V5_0, "a");
    world.subscribe(client, "t", AtLeastOnce);
    world.cut(client);
    let full = || Event::LimitReached { limit: ReachedLimit::Queue, client_identifier: a() };
    for (messages, told) in [(4, 0), (1, 1), (9, 0)] {
        for _ in 0..messages {
            world.publish(publisher, "t", "x", AtLeastOnce);
        }
        assert_eq!(world.events(), vec![full(); told]);
    }
    // The client takes the four, which makes room for as many.
    away(&mut world);
    for (messages, told) in [(4, 0), (1, 1), (1, 0)] {
        for _ in 0..messages {
            world.publish(publisher, "t", "x", AtLeastOnce);
        }
        assert_eq!(world.events(), vec![full(); told]);
    }
}

#[test]
fn short_memory_is_told_once() {
    let mut config = Config { events: EventMask { limits: true, ..EventMask::NONE }, ..Config::default() };
    config.limits.memory_bytes = 400_000;
    let mut world = World::new(config);
    let client = world.kept_client(V5_0, "a");
    world.subscribe(client, "t", AtLeastOnce);
    world.cut(client);
    let mut told = Vec::new();
    for _ in 0..2_000 {
        let topic = "t".into();
        let publication = hushwing_core::Publication {
            topic,
            payload: vec![0; 1_000],
            qos: AtLeastOnce,
            ..hushwing_core::Publication::default()
        };
        world.command(Command::Publish(publication));
        told.extend(world.events());
    }
    let memory = |limit| Event::LimitReached { limit, client_identifier: "".into() };
    assert!(told.contains(&memory(ReachedLimit::MemoryTight)), "{told:?}");
    assert!(told.len() <= 3, "{told:?}");
}

/// One of everything.
fn eventful(mask: EventMask) -> Vec<Event> {
    let mut world = world(mask);
    let properties = hello(V5_0, "a").properties;
    let will = Will { topic: "w", payload: b"x", properties, qos: AtMostOnce, retain: false };
    let a = world.connect(&Connect { will: Some(will), ..hello(V5_0, "a") });
    let mut small = PropertiesBuffer::new();
    small.push(Property::MaximumPacketSize(20));
    let b = world.connect(&Connect { properties: small.as_properties(), ..hello(V5_0, "b") });
    world.subscribe(b, "t", AtMostOnce);
    world.publish(a, "t", "much more than twenty bytes", AtMostOnce);
    world.cut(a);
    let refused = world.open_at(V5_0, 1);
    world.say(refused, &Packet::Connect(hello(V5_0, "c")));
    world.events()
}

#[test]
fn a_kind_that_is_masked_off_is_never_made() {
    assert_eq!(EventMask::default(), EventMask::ALL);
    let all = eventful(EventMask::ALL);
    let kinds: [(EventMask, fn(&Event) -> bool); 6] = [
        (EventMask { connections: true, ..EventMask::NONE }, |event| {
            matches!(event, Event::Connected { .. } | Event::Disconnected { .. })
        }),
        (EventMask { authentication: true, ..EventMask::NONE }, |event| {
            matches!(event, Event::AuthenticationRefused { .. })
        }),
        (SESSIONS, |event| matches!(event, Event::SessionCreated { .. } | Event::SessionEnded { .. })),
        (EventMask { subscriptions: true, ..EventMask::NONE }, |event| {
            matches!(event, Event::Subscribed { .. })
        }),
        (EventMask { wills: true, ..EventMask::NONE }, |event| matches!(event, Event::WillPublished { .. })),
        (EventMask { drops: true, ..EventMask::NONE }, |event| {
            matches!(event, Event::Dropped { reason: DropReason::TooLarge, .. })
        }),
    ];
    for (mask, is_of_kind) in kinds {
        let expected: Vec<Event> = all.iter().filter(|event| is_of_kind(event)).cloned().collect();
        assert!(!expected.is_empty(), "{mask:?}: {all:?}");
        assert_eq!(eventful(mask), expected, "{mask:?}");
    }
    assert_eq!(eventful(EventMask::NONE), []);
    // A command is always answered.
    let mut world = world(EventMask::NONE);
    let reason = ReasonCode::AdministrativeAction;
    world.command(Command::Disconnect { client_identifier: "a".into(), reason });
    assert_eq!(world.failures().len(), 1);
    assert_eq!(world.open(V5_0), ConnectionId(1));
}
