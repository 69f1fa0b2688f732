//! When which hook is called.

use std::sync::{Arc, Mutex};

use hushwing_core::ProtocolVersion::{V3_1_1, V5_0};
use hushwing_core::hooks::{
    AcceptDecision, ConnectDecision, ConnectingClient, DeliverDecision, DeliveredCopy, PublishDecision,
    PublishedMessage, SubscribeDecision, SubscribeWish, UnsubscribeDecision, UnsubscribeWish,
};
use hushwing_core::wire::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use hushwing_core::wire::{Connect, Packet, PropertiesBuffer, Property, Publish, ReasonCode, Will};
use hushwing_core::{
    Broker, CloseCause, Command, Config, ConnectionId, DisconnectReason, HookMask, Hooks, Origin,
    Publication, SessionEnd, Violation,
};

use crate::world::{World, hello, message};

/// Writes down every call, and lets everything pass.
#[derive(Clone)]
struct Log {
    calls: Arc<Mutex<Vec<String>>>,
    wants: HookMask,
}

impl Log {
    fn new(wants: HookMask) -> Self {
        Self { calls: Arc::default(), wants }
    }

    fn add(&self, call: String) {
        self.calls.lock().expect("one thread").push(call);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().expect("one thread"))
    }
}

impl Hooks for Log {
    fn wants(&self) -> HookMask {
        self.wants
    }

    fn on_accept(&mut self, connection: ConnectionId, origin: &Origin) -> AcceptDecision {
        self.add(format!("accept {} at {}", connection.0, origin.listener));
        AcceptDecision::Allow
    }

    fn on_connect(&mut self, client: &ConnectingClient<'_>) -> ConnectDecision {
        let ConnectingClient { connection, origin, client_identifier, connect } = *client;
        let user = connect.user_name.unwrap_or("nobody");
        self.add(format!("connect {} at {} {client_identifier} {user}", connection.0, origin.listener));
        ConnectDecision::Allow
    }

    fn on_disconnect(
        &mut self,
        connection: ConnectionId,
        client_identifier: &str,
        reason: &DisconnectReason,
    ) {
        self.add(format!("disconnect {} {client_identifier} {reason:?}", connection.0));
    }

    fn on_subscribe(&mut self, wish: &SubscribeWish<'_>) -> SubscribeDecision {
        let SubscribeWish { connection, client_identifier, filter, options, identifier } = *wish;
        let qos = options.qos.bits();
        self.add(format!("subscribe {} {client_identifier} {filter} {qos} {identifier:?}", connection.0));
        SubscribeDecision::Allow
    }

    fn on_unsubscribe(&mut self, wish: &UnsubscribeWish<'_>) -> UnsubscribeDecision {
        self.add(format!("unsubscribe {} {} {}", wish.connection.0, wish.client_identifier, wish.filter));
        UnsubscribeDecision::Allow
    }

    fn on_publish(&mut self, message: &PublishedMessage<'_>) -> PublishDecision {
        let connection = message.connection.map(|id| id.0);
        let payload = String::from_utf8_lossy(message.payload);
        let (name, topic) = (message.client_identifier, message.topic);
        let (qos, retain) = (message.qos.bits(), message.retain);
        self.add(format!("publish {connection:?} {name} {topic} {payload} {qos} {retain}"));
        PublishDecision::Accept
    }

    fn on_deliver(&mut self, copy: &DeliveredCopy<'_>) -> DeliverDecision {
        let payload = String::from_utf8_lossy(copy.payload);
        let (name, topic, qos, retain) = (copy.client_identifier, copy.topic, copy.qos.bits(), copy.retain);
        self.add(format!("deliver {name} {topic} {payload} {qos} {retain}"));
        DeliverDecision::Allow
    }

    fn on_session_end(&mut self, client_identifier: &str, cause: SessionEnd) {
        self.add(format!("session end {client_identifier} {cause:?}"));
    }

    fn on_close(&mut self, connection: ConnectionId, cause: CloseCause) {
        self.add(format!("close {} {cause:?}", connection.0));
    }

    fn on_error(&mut self, connection: ConnectionId, client_identifier: &str, violation: Violation) {
        self.add(format!("error {} {client_identifier} {violation:?}", connection.0));
    }
}

/// One call of each hook.
fn play(wants: HookMask, journal: bool) -> Vec<String> {
    let log = Log::new(wants);
    let mut world = World::hooked(Config { journal, ..Config::default() }, log.clone());
    let properties = hello(V5_0, "a").properties;
    let will = Will { topic: "w", payload: b"gone", properties, qos: AtMostOnce, retain: false };
    let a = world.connect(&Connect { will: Some(will), user_name: Some("ann"), ..hello(V5_0, "a") });
    let b = world.client(V3_1_1, "b");
    world.subscribe(b, "w", AtMostOnce);
    world.subscribe(b, "t", AtLeastOnce);
    world.publish(a, "t", "x", ExactlyOnce);
    world.unsubscribe(b, "t");
    world.say(a, &Packet::Connect(hello(V5_0, "a")));
    world.cut(b);
    log.take()
}

const EXPECTED: [&str; 16] = [
    "accept 1 at 0",
    "connect 1 at 0 a ann",
    "accept 2 at 0",
    "connect 2 at 0 b nobody",
    "subscribe 2 b w 0 None",
    "subscribe 2 b t 1 None",
    "publish Some(1) a t x 2 false",
    "deliver b t x 1 false",
    "unsubscribe 2 b t",
    "error 1 a SecondConnect",
    "disconnect 1 a Violation(SecondConnect)",
    "publish None a w gone 0 false",
    "deliver b w gone 0 false",
    "session end a Closed",
    "close 1 Local",
    "disconnect 2 b ConnectionLost",
];

#[test]
fn every_hook_is_called_in_its_place() {
    for journal in [false, true] {
        let calls = play(HookMask::ALL, journal);
        assert_eq!(calls[..16], EXPECTED);
        assert_eq!(calls[16..], ["session end b Closed", "close 2 Failed"]);
    }
}

#[test]
fn a_hook_that_is_not_wanted_is_not_called() {
    type Choose = fn(&mut HookMask) -> &mut bool;
    let hooks: [(&str, Choose); 10] = [
        ("accept ", |mask| &mut mask.accept),
        ("connect ", |mask| &mut mask.connect),
        ("disconnect ", |mask| &mut mask.disconnect),
        ("subscribe ", |mask| &mut mask.subscribe),
        ("unsubscribe ", |mask| &mut mask.unsubscribe),
        ("publish ", |mask| &mut mask.publish),
        ("deliver ", |mask| &mut mask.deliver),
        ("session end ", |mask| &mut mask.session_end),
        ("close ", |mask| &mut mask.close),
        ("error ", |mask| &mut mask.error),
    ];
    let all = play(HookMask::ALL, false);
    for (name, choose) in hooks {
        let mut mask = HookMask::NONE;
        *choose(&mut mask) = true;
        let expected: Vec<&String> = all.iter().filter(|call| call.starts_with(name)).collect();
        assert!(!expected.is_empty(), "{name}");
        assert!(play(mask, false).iter().eq(expected), "{name}");
    }
    assert_eq!(play(HookMask::NONE, false), [""; 0]);
}

#[test]
fn a_message_is_shown_once() {
    let log = Log::new(HookMask { publish: true, ..HookMask::NONE });
    let mut world = World::hooked(Config::default(), log.clone());
    let (a, b) = (world.client(V5_0, "a"), world.client(V5_0, "b"));
    world.subscribe(b, "t", AtMostOnce);
    // Repeated messages would take a short way.
    for payload in ["1", "2", "3"] {
        world.publish(a, "t", payload, AtMostOnce);
    }
    let calls = ["1", "2", "3"].map(|payload| format!("publish Some(1) a t {payload} 0 false"));
    assert_eq!(log.take(), calls);
    // The same packet identifier before PUBREL is the same message.
    world.publish(a, "t", "4", ExactlyOnce);
    world.say(a, &Packet::Publish(Publish { duplicate: true, ..message("t", "4", ExactlyOnce) }));
    assert_eq!(log.take(), ["publish Some(1) a t 4 2 false"]);
    // What the embedding program publishes is its own.
    let publication = Publication { topic: "t".into(), ..Publication::default() };
    world.command(Command::Publish(publication));
    assert_eq!(log.take(), [""; 0]);
    // A Topic Alias is resolved.
    let mut alias = PropertiesBuffer::new();
    alias.push(Property::TopicAlias(1));
    for topic in ["aliased", ""] {
        let properties = alias.as_properties();
        world.say(a, &Packet::Publish(Publish { properties, ..message(topic, "5", AtMostOnce) }));
    }
    assert_eq!(log.take(), ["publish Some(1) a aliased 5 0 false"; 2]);
}

#[test]
fn copies_are_shown_once_however_they_travel() {
    let mut config = Config { journal: true, ..Config::default() };
    config.limits.receivers_per_turn = 2;
    config.limits.transmit_mark_bytes = 64;
    let log = Log::new(HookMask { deliver: true, ..HookMask::NONE });
    let mut world = World::hooked(config, log.clone());
    let publisher = world.client(V5_0, "p");
    for topic in ["r/1", "r/2", "r/3"] {
        let retained = Publish { retain: true, ..message(topic, "kept", AtLeastOnce) };
        world.say(publisher, &Packet::Publish(retained));
    }
    // Retained messages that wait for the window and the socket.
    let mut narrow = PropertiesBuffer::new();
    narrow.push(Property::ReceiveMaximum(1));
    let a = world.connect(&Connect { properties: narrow.as_properties(), ..hello(V5_0, "a") });
    world.subscribe(a, "r/+", AtLeastOnce);
    assert_eq!(log.take(), ["deliver a r/1 kept 1 true"]);
    world.acknowledge(a);
    world.acknowledge(a);
    assert_eq!(log.take(), ["deliver a r/2 kept 1 true", "deliver a r/3 kept 1 true"]);
    // More receivers than are served in one go; one is away.
    for name in ["k", "l", "m"] {
        let client = world.kept_client(V5_0, name);
        world.subscribe(client, "t", AtLeastOnce);
        if name == "m" {
            world.cut(client);
        }
    }
    world.publish(publisher, "t", "x", AtLeastOnce);
    assert_eq!(log.take(), ["k", "l", "m"].map(|name| format!("deliver {name} t x 1 false")));
    world.kept_client(V5_0, "m");
    assert_eq!(log.take(), [""; 0]);
    // To one client, and to one member of a group.
    let (client_identifier, topic) = ("a".into(), "d".into());
    let publication = Publication { topic, payload: b"x".to_vec(), ..Publication::default() };
    world.command(Command::PublishDirect { client_identifier, publication });
    assert_eq!(log.take(), ["deliver a d x 0 false"]);
    world.subscribe(a, "$share/g/s", AtMostOnce);
    world.publish(publisher, "s", "x", AtMostOnce);
    assert_eq!(log.take(), ["deliver a s x 0 false"]);
}

#[test]
fn a_broker_with_hooks_can_be_sent_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let world = World::hooked(Config::default(), Log::new(HookMask::ALL));
    is_send::<Broker>(&world.broker);
    assert!(format!("{:?}", world.broker).contains("HookSlot"));
}

/// Refuses everything that it is asked about, for want of a quota.
struct Strict;

impl Hooks for Strict {
    fn on_connect(&mut self, client: &ConnectingClient<'_>) -> ConnectDecision {
        match client.client_identifier {
            "a" => ConnectDecision::Allow,
            _ => ConnectDecision::Refuse(ReasonCode::QuotaExceeded),
        }
    }

    fn on_subscribe(&mut self, _wish: &SubscribeWish<'_>) -> SubscribeDecision {
        SubscribeDecision::Refuse(ReasonCode::QuotaExceeded)
    }

    fn on_publish(&mut self, _message: &PublishedMessage<'_>) -> PublishDecision {
        PublishDecision::Refuse(ReasonCode::QuotaExceeded)
    }
}

#[test]
fn nobody_is_told_a_reason_that_the_hook_did_not_have() {
    let mut world = World::hooked(Config::default(), Strict);
    let a = world.client(V5_0, "a");
    world.subscribe(a, "t", AtLeastOnce);
    world.publish(a, "t", "x", AtLeastOnce);
    world.publish(a, "t", "x", ExactlyOnce);
    let b = world.open(V5_0);
    world.say(b, &Packet::Connect(hello(V5_0, "b")));
    assert_eq!((world.explanations(a), world.explanations(b)), (vec![], vec![]));
    assert_eq!(world.heard(a), ["SUBACK 97", "PUBACK 97", "PUBREC 97"]);
    assert_eq!(world.heard(b), ["CONNACK 97", "closed"]);
    // The machine's own refusals are explained.
    world.publish(a, "$SYS/x", "x", AtLeastOnce);
    assert_eq!(world.explanations(a).len(), 1);
}
