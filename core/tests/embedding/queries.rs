//! Questions: lists in pages, and what is known of one.

use std::num::NonZeroU32;

use hushwing_core::ProtocolVersion::{V3_1_1, V5_0};
use hushwing_core::query::{Cursor, Page};
use hushwing_core::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use hushwing_core::wire::{
    Connect, Packet, PropertiesBuffer, Property, Publish, RetainHandling, SubscriptionOptions, Will,
};
use hushwing_core::{Command, Config, Instant, Publication};

use crate::world::{START, World, hello, message};

/// All entries of a list, taken in pages of `limit`, and how many pages there were.
fn all<T, C: Clone>(limit: usize, page: impl Fn(Option<C>, usize) -> Page<T, C>) -> (Vec<T>, usize) {
    let (mut items, mut after) = (Vec::new(), None);
    for pages in 1.. {
        let Page { items: more, next } = page(after, limit);
        assert!(more.len() <= limit.max(1));
        items.extend(more);
        if next.is_none() {
            return (items, pages);
        }
        after = next;
    }
    unreachable!("pages end")
}

fn later(seconds: u64) -> Instant {
    Instant::from_micros(START.as_micros() + seconds * 1_000_000)
}

#[test]
fn clients_and_sessions_come_in_pages() {
    let mut world = World::new(Config::default());
    assert_eq!(world.broker.clients(None, 10), Page { items: Vec::new(), next: None });
    let names: Vec<String> = (0..700).map(|number| format!("client-{number}")).collect();
    for name in &names {
        world.kept_client(V5_0, name);
    }
    let silent = world.open(V5_0);
    for gone in [5, 400] {
        let connection = world.broker.client(&names[gone]).expect("connected").connection;
        world.cut(connection);
    }
    for limit in [0, 1, 7, 256, 1_000_000] {
        let (clients, _) = all(limit, |after, limit| world.broker.clients(after, limit));
        let listed: Vec<&str> = clients.iter().map(|client| &*client.session.client_identifier).collect();
        let connected =
            names.iter().enumerate().filter(|(number, _)| ![5, 400].contains(number)).map(|(_, name)| name);
        assert!(listed.iter().eq(connected), "limit {limit}");
        let (sessions, _) = all(limit, |after, limit| world.broker.sessions(after, limit));
        assert!(sessions.iter().map(|session| &session.client_identifier).eq(&names), "limit {limit}");
    }
    assert!(world.broker.client(&names[5]).is_none());
    assert!(world.broker.session(&names[5]).is_some_and(|session| session.connection.is_none()));
    assert!(world.broker.session("client-700").is_none());
    world.cut(silent);
}

#[test]
fn a_page_costs_a_bounded_amount_of_work() {
    let mut world = World::new(Config::default());
    let connections: Vec<_> = (0..9_000).map(|_| world.open(V5_0)).collect();
    // Only the last one is a client: the others are looked at and left out.
    world.say(connections[8_999], &Packet::Connect(hello(V5_0, "last")));
    let first = world.broker.clients(None, 10);
    assert_eq!(first.items, []);
    assert!(first.next.is_some());
    let (clients, pages) = all(10, |after, limit| world.broker.clients(after, limit));
    assert_eq!(clients.len(), 1);
    assert!((3..=4).contains(&pages), "{pages}");
    // The same for retained messages that the filter does not match.
    for number in 0..9_000 {
        let topic = format!("{number}/x");
        let publication = Publication { topic, payload: vec![1], retain: true, ..Publication::default() };
        world.broker.handle_input(world.now, hushwing_core::Input::Command(Command::Publish(publication)));
    }
    let page = world.broker.retained(world.now, "+/y", None, 10);
    assert!(page.items.is_empty() && page.next.is_some());
    let retained = |filter: &'static str| {
        let broker = &world.broker;
        all(10, move |after: Option<String>, limit| broker.retained(START, filter, after.as_deref(), limit))
    };
    assert_eq!(retained("+/y").0, []);
    assert_eq!(retained("8999/#").0.len(), 1);
}

#[test]
fn what_comes_and_goes_between_pages_disturbs_nobody_else() {
    let mut world = World::new(Config::default());
    for number in 0..10 {
        world.client(V5_0, &format!("stays-{number}"));
        world.client(V5_0, &format!("goes-{number}"));
    }
    let mut listed = Vec::new();
    let mut after: Option<Cursor> = None;
    for turn in 0.. {
        let page = world.broker.sessions(after, 3);
        listed.extend(page.items.into_iter().map(|session| session.client_identifier));
        after = page.next;
        if after.is_none() {
            break;
        }
        if let Some(client) = world.broker.client(&format!("goes-{turn}")) {
            world.cut(client.connection);
        }
        world.client(V5_0, &format!("comes-{turn}"));
    }
    for number in 0..10 {
        let name = format!("stays-{number}");
        assert_eq!(listed.iter().filter(|listed| **listed == name).count(), 1, "{name}");
    }
}

#[test]
fn what_is_known_of_a_client() {
    let mut world = World::new(Config::default());
    let (mut delay, mut properties) = (PropertiesBuffer::new(), PropertiesBuffer::new());
    delay.push(Property::WillDelayInterval(1_000));
    properties.push(Property::SessionExpiryInterval(60));
    properties.push(Property::ReceiveMaximum(1));
    properties.push(Property::MaximumPacketSize(5_000));
    let a = world.connect(&Connect {
        keep_alive_seconds: 30,
        properties: properties.as_properties(),
        will: Some(Will {
            topic: "will",
            payload: b"x",
            properties: delay.as_properties(),
            qos: AtMostOnce,
            retain: false,
        }),
        ..hello(V5_0, "a")
    });
    world.wait(10);
    world.subscribe(a, "t", ExactlyOnce);
    let publisher = world.client(V3_1_1, "p");
    for payload in ["one", "two", "three"] {
        world.publish(publisher, "t", payload, AtLeastOnce);
    }
    world.publish(a, "u", "mine", ExactlyOnce);

    let client = world.broker.client("a").expect("connected");
    assert_eq!(client.connection, a);
    assert_eq!(client.last_packet_at, later(10));
    assert_eq!((client.keep_alive_seconds, client.maximum_packet_size_bytes), (30, 5_000));
    assert_eq!((client.receive_maximum, client.unacknowledged, client.reading), (1, 1, true));
    let session = client.session;
    assert_eq!((session.version, session.connection, session.since), (V5_0, Some(a), START));
    assert_eq!((session.expiry_interval_seconds, session.ends_at), (60, None));
    assert_eq!((session.subscriptions, session.has_will), (1, true));
    // One in the window of one, two behind it: topic and payload count.
    assert_eq!((session.in_flight_messages, session.queued_messages, session.queued_bytes), (1, 2, 4 + 6));
    assert_eq!(session.incoming_exchanges, 1);
    let publisher = world.broker.client("p").expect("connected");
    assert_eq!((publisher.session.expiry_interval_seconds, publisher.session.has_will), (0, false));
    assert_eq!(publisher.maximum_packet_size_bytes, u32::MAX);

    world.wait(5);
    world.cut(a);
    assert_eq!(world.broker.client("a"), None);
    let session = world.broker.session("a").expect("kept");
    assert_eq!((session.connection, session.since, session.ends_at), (None, later(15), Some(later(75))));
}

#[test]
fn what_waits_for_a_socket_is_seen() {
    let mut config = Config::default();
    config.limits.transmit_mark_bytes = 100;
    let mut world = World::new(config);
    let (a, publisher) = (world.client(V5_0, "a"), world.client(V5_0, "p"));
    world.subscribe(a, "t", AtMostOnce);
    world.hold_back(a);
    for _ in 0..10 {
        world.publish(publisher, "t", "0123456789", AtMostOnce);
    }
    let client = world.broker.client("a").expect("connected");
    // 16 bytes each; the mark is reached with the seventh.
    assert_eq!((client.waiting_bytes, client.waiting_messages), (7 * 16, 3));
}

#[test]
fn subscriptions_are_listed_for_all_and_for_one() {
    let mut world = World::new(Config::default());
    let (a, b) = (world.client(V5_0, "a"), world.client(V3_1_1, "b"));
    for filter in ["z/#", "m/+", "a", "$share/g/m/+"] {
        world.subscribe(a, filter, ExactlyOnce);
    }
    world.subscribe(b, "m/+", AtLeastOnce);
    assert_eq!(world.broker.stats().subscriptions, 5);
    let options = SubscriptionOptions {
        qos: AtLeastOnce,
        no_local: true,
        retain_as_published: true,
        retain_handling: RetainHandling::DoNotSend,
    };
    world.command(Command::Subscribe {
        client_identifier: "a".into(),
        filter: "a".into(),
        options,
        identifier: NonZeroU32::new(9),
    });
    let (subscriptions, pages) = all(2, |after, limit| world.broker.subscriptions(after, limit));
    assert_eq!((subscriptions.len(), pages), (5, 3));
    let mut listed: Vec<(&str, &str)> =
        subscriptions.iter().map(|of| (&*of.client_identifier, &*of.filter)).collect();
    listed.sort_unstable();
    assert_eq!(listed, [("a", "$share/g/m/+"), ("a", "a"), ("a", "m/+"), ("a", "z/#"), ("b", "m/+")]);
    for limit in [0, 1, 2, 3, 4, 5] {
        let (of_a, pages) = all(limit, |after: Option<String>, limit| {
            world.broker.subscriptions_of("a", after.as_deref(), limit).expect("a session")
        });
        assert_eq!(
            of_a.iter().map(|of| &*of.filter).collect::<Vec<_>>(),
            ["$share/g/m/+", "a", "m/+", "z/#"]
        );
        assert_eq!(pages, 4_usize.div_ceil(limit.max(1)), "limit {limit}");
        assert_eq!((of_a[1].options, of_a[1].identifier), (options, Some(9)));
        assert_eq!((of_a[0].options.qos, of_a[0].identifier), (ExactlyOnce, None));
    }
    assert_eq!(world.broker.subscriptions_of("c", None, 1), None);
}

#[test]
fn retained_messages_are_listed_by_filter() {
    let mut world = World::new(Config::default());
    let a = world.client(V5_0, "a");
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::MessageExpiryInterval(10));
    properties.push(Property::ContentType("text"));
    for topic in ["r/2", "r/1", "s", "$x"] {
        let properties =
            if topic == "r/1" { properties.as_properties() } else { hello(V5_0, "a").properties };
        let retained = Publish { retain: true, properties, ..message(topic, topic, AtLeastOnce) };
        world.say(a, &Packet::Publish(retained));
    }
    let publication = Publication {
        topic: "r/0".into(),
        payload: b"mine".to_vec(),
        qos: ExactlyOnce,
        retain: true,
        properties: Vec::new(),
    };
    world.command(Command::Publish(publication));
    let topics = |now, filter: &str, limit| {
        let page = |after: Option<String>, limit| world.broker.retained(now, filter, after.as_deref(), limit);
        all(limit, page).0.into_iter().map(|retained| retained.topic).collect::<Vec<_>>()
    };
    for limit in [0, 1, 2, 10] {
        assert_eq!(topics(START, "#", limit), ["r/0", "r/1", "r/2", "s"]);
        assert_eq!(topics(START, "r/+", limit), ["r/0", "r/1", "r/2"]);
        assert_eq!(topics(START, "$x", limit), ["$x"]);
        assert_eq!(topics(later(10), "r/+", limit), ["r/0", "r/2"]);
    }
    let page = world.broker.retained(START, "r/#", None, 2);
    assert_eq!(page.next.as_deref(), Some("r/1"));
    let [zero, one] = &page.items[..] else { panic!("{page:?}") };
    assert_eq!((&*zero.payload, zero.qos, &zero.publisher), (&b"mine"[..], ExactlyOnce, &None));
    assert_eq!((zero.expires_at, zero.properties.len()), (None, 0));
    assert_eq!((&*one.payload, one.qos, one.publisher.as_deref()), (&b"r/1"[..], AtLeastOnce, Some("a")));
    assert_eq!(one.expires_at, Some(later(10)));
    let mut forwarded = PropertiesBuffer::new();
    forwarded.push(Property::ContentType("text"));
    assert_eq!(one.properties, forwarded.into_bytes());
}
