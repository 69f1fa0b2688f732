use std::time::Duration;

use super::Rules;
use crate::targets::Setup;
use crate::version::Version::{self, V3_1_1, V5_0};
use crate::wire::property::{Property, id};
use crate::wire::{
    Connack, Connect, Outgoing, Packet, Properties, Publish, PublishBuilder, Suback, Will, disconnect_with,
    publish, subscribe,
};

const START: Duration = Duration::ZERO;

/// Rules, and connections that are opened one after the other.
struct Script(Rules, usize);

impl Script {
    fn new(setup: Setup) -> Self {
        Self(Rules::new("own".into(), setup, true), 0)
    }

    fn connect(&mut self, hello: Connect, connack: Connack, now: Duration) -> Result<usize, String> {
        self.0.open();
        self.1 += 1;
        let index = self.1 - 1;
        self.send(index, &hello, now);
        self.0.came(index, V5_0, &Packet::Connack(connack), now)?;
        Ok(index)
    }

    fn client(&mut self, name: &str) -> usize {
        self.connect(Connect::new(name), connack(false, vec![]), START).expect("a good CONNACK")
    }

    fn subscriber(&mut self, filter: &str, options: u8) -> usize {
        let index = self.client("ownb");
        self.send(index, &subscribe(1).filter(filter, options), START);
        let suback =
            Suback { packet_identifier: 1, properties: Properties::default(), codes: vec![options & 3] };
        self.0.came(index, V5_0, &Packet::Suback(suback), START).expect("a good SUBACK");
        index
    }

    fn send(&mut self, index: usize, packet: &dyn Outgoing, now: Duration) {
        self.0.sent(index, V5_0, &packet.encode(V5_0), now);
    }

    fn came(&mut self, index: usize, change: impl FnOnce(&mut Publish)) -> Result<(), String> {
        let mut publish = Publish {
            duplicate: false,
            qos: 1,
            retain: false,
            topic: "own/a".into(),
            packet_identifier: 1,
            properties: Properties::default(),
            payload: b"x".to_vec(),
            size: 0,
        };
        change(&mut publish);
        self.0.came(index, V5_0, &Packet::Publish(publish), START)
    }
}

fn connack(session_present: bool, properties: Vec<Property>) -> Connack {
    Connack { session_present, code: 0, properties: Properties(properties), size: 0 }
}

#[test]
fn session_present_is_what_earlier_connections_left() {
    let mut script = Script::new(Setup::Open);
    let hello = || Connect::new("owna").resume().session_expiry(10);
    let seconds = Duration::from_secs;
    let mut connects =
        |hello: Connect, present, now| script.connect(hello, connack(present, vec![]), now).is_ok();
    assert!(!connects(hello(), true, START), "nobody was there");
    assert!(connects(hello(), false, START));
    assert!(!connects(hello(), false, seconds(9)), "it has not expired");
    assert!(!connects(Connect::new("owna"), true, seconds(9)), "Clean Start");
    assert!(connects(hello(), true, seconds(9)));
    // Since when its connection is gone is not known.
    assert!(connects(hello(), true, seconds(20)) && connects(hello(), false, seconds(40)));
    assert!(connects(Connect::new("owna").resume(), true, seconds(41)));
    assert!(!connects(hello(), true, seconds(41)), "it ended with its connection");
    assert!(connects(Connect::new("of somebody else").resume(), true, START));
}

#[test]
fn a_session_whose_expiry_was_changed_is_not_known() {
    let mut script = Script::new(Setup::Open);
    let hello = || Connect::new("owna").resume().session_expiry(10);
    let index = script.connect(hello(), connack(false, vec![]), START).expect("a good CONNACK");
    script.send(index, &disconnect_with(0, vec![Property::four(id::SESSION_EXPIRY_INTERVAL, 0)]), START);
    assert!(script.connect(hello(), connack(false, vec![]), START).is_ok());
}

#[test]
fn connack_answers_connect() {
    let mut script = Script::new(Setup::Open);
    let method = || Property::text(id::AUTHENTICATION_METHOD, "m");
    let mut connects =
        |hello: Connect, properties| script.connect(hello, connack(false, properties), START).is_ok();
    assert!(connects(Connect::new("owna").property(method()), vec![method()]));
    assert!(!connects(Connect::new("owna").property(method()), vec![]));
    assert!(!connects(Connect::new("owna"), vec![method()]));
    assert!(!connects(Connect::new("owna"), vec![Property::text(id::AUTHENTICATION_DATA, "d")]));
    assert!(!connects(Connect::new("owna"), vec![Property::text(id::RESPONSE_INFORMATION, "r")]));
    assert!(!connects(Connect::new(""), vec![]));
    assert!(connects(Connect::new(""), vec![Property::text(id::ASSIGNED_CLIENT_IDENTIFIER, "new")]));
    assert!(!connects(Connect::new("owna"), vec![Property::text(id::ASSIGNED_CLIENT_IDENTIFIER, "new")]));
}

#[test]
fn connack_says_what_the_server_cannot_do() {
    let no_sharing = || Property::byte(id::SHARED_SUBSCRIPTION_AVAILABLE, 0);
    let connects = |setup, properties| {
        Script::new(setup).connect(Connect::new("owna"), connack(false, properties), START).is_ok()
    };
    assert!(connects(Setup::NoSharedSubscriptions, vec![no_sharing()]));
    assert!(!connects(Setup::NoSharedSubscriptions, vec![]));
    assert!(connects(Setup::Open, vec![]));
    assert!(!connects(Setup::Open, vec![no_sharing()]));
}

/// What is judged after this was published, in pieces, to a subscriber at QoS 2.
fn judge(message: PublishBuilder, change: impl FnOnce(&mut Publish)) -> Result<(), String> {
    let mut script = Script::new(Setup::Open);
    let subscriber = script.subscriber("own/+", 2);
    let publisher = script.client("ownp");
    for byte in message.encode(V5_0) {
        script.0.sent(publisher, V5_0, &[byte], START);
    }
    script.came(subscriber, change)
}

#[test]
fn a_message_is_as_it_was_published() {
    let message = || publish("own/a").payload("x").qos(1, 7).property(Property::user("k", "v")).expiry(10);
    let right = |of: &mut Publish| {
        of.properties.0 = vec![Property::four(id::MESSAGE_EXPIRY_INTERVAL, 10), Property::user("k", "v")];
    };
    assert_eq!(judge(message(), right), Ok(()));
    let wrong: [&dyn Fn(&mut Publish); 10] = [
        &|of| of.topic.push('x'),
        &|of| of.payload.push(b'x'),
        &|of| of.qos = 0,
        &|of| of.qos = 2,
        &|of| of.retain = true,
        &|of| of.duplicate = true,
        &|of| of.properties.0.truncate(1),
        &|of| of.properties.0[1] = Property::user("k", "w"),
        &|of| of.properties.0[0] = Property::four(id::MESSAGE_EXPIRY_INTERVAL, 11),
        &|of| of.properties.0.push(Property::two(id::TOPIC_ALIAS, 1)),
    ];
    for (number, wrong) in wrong.iter().enumerate() {
        let judged = judge(message(), |of| {
            right(of);
            wrong(of);
        });
        assert!(judged.is_err(), "number {number}");
    }
}

#[test]
fn a_will_and_a_message_by_alias_are_known() {
    let mut script = Script::new(Setup::Open);
    let subscriber = script.subscriber("own/+", 1);
    let will = Will::new("own/a", "gone").qos(2).delay(5);
    let index = script.connect(Connect::new("owna").will(will), connack(false, vec![]), START);
    let index = index.expect("a good CONNACK");
    assert!(script.came(subscriber, |of| of.payload = b"gone".to_vec()).is_ok());
    assert!(script.came(subscriber, |of| of.payload = b"by alias".to_vec()).is_err());
    script.send(index, &publish("own/a").qos(1, 7).alias(3), START);
    script.send(index, &publish("").qos(1, 8).payload("by alias").alias(3), START);
    assert!(script.came(subscriber, |of| of.payload = b"by alias".to_vec()).is_ok());
}

#[test]
fn messages_of_other_scripts_come_to_who_asks_for_them() {
    let comes = |filter: &str, topic: &str| {
        let mut script = Script::new(Setup::Open);
        let subscriber = script.subscriber(filter, 1);
        script.came(subscriber, |of| of.topic = topic.into()).is_ok()
    };
    assert!(comes("#", "other/a") && comes("$share/own/#", "other/a") && comes("#", "own2/a"));
    assert!(!comes("own/#", "other/a") && !comes("#", "own/a") && !comes("#", "$own/a"));
}

#[test]
fn nothing_comes_above_what_was_granted() {
    let mut script = Script::new(Setup::Open);
    let subscriber = script.subscriber("own/a", 0);
    let publisher = script.client("ownp");
    script.send(publisher, &publish("own/a").payload("x").qos(1, 7), START);
    assert!(script.came(subscriber, |_| ()).is_err());
    assert!(script.came(subscriber, |of| of.qos = 0).is_ok());
    // More was asked for.
    script.send(subscriber, &subscribe(2).filter("own/a", 1), START);
    assert!(script.came(subscriber, |_| ()).is_err());
}

#[test]
fn nonsense_is_passed_over() {
    let mut script = Script::new(Setup::Open);
    let subscriber = script.subscriber("own/a", 1);
    let publisher = script.client("ownp");
    // A PUBLISH cut short in its topic; then one that is whole.
    script.0.sent(publisher, V5_0, &[0x30, 3, 0, 9, b'o'], START);
    script.send(publisher, &publish("own/a").payload("x").qos(1, 7), START);
    assert!(script.came(subscriber, |_| ()).is_ok());
    // Behind a Remaining Length that has no end, nothing is a packet.
    script.0.sent(publisher, V5_0, &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1], START);
    script.send(publisher, &publish("own/a").payload("y").qos(1, 7), START);
    assert!(script.came(subscriber, |of| of.payload = b"y".to_vec()).is_err());
}

#[test]
fn before_5_0_there_is_a_shorter_form() {
    let mut rules = Rules::new("own".into(), Setup::Open, true);
    let kept = |version: Version| Connect::new("owna").resume().encode(version);
    for (index, present, fits) in [(0, true, false), (1, false, true), (2, false, false), (3, true, true)] {
        rules.open();
        rules.sent(index, V3_1_1, &kept(V3_1_1), START);
        let connack = Packet::Connack(connack(present, vec![]));
        assert_eq!(rules.came(index, V3_1_1, &connack, START).is_ok(), fits, "connection {index}");
    }
}
