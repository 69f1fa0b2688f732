//! Enhanced authentication (section 4.12), by a method called `steps`: what the client says decides.

use crate::harness::{Broker, Client, check_eq, fail};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::property::{Properties, Property, id};
use crate::wire::{
    Connect, Outgoing, Packet, Will, acknowledge, auth, disconnect_with, pingreq, publish, subscribe,
    unsubscribe,
};

pub(super) const SCRIPTS: &[Script] = &[
    script!(steps_to_connack)
        .in_5_0(&["MQTT-4.12.0-2", "MQTT-4.12.0-3", "MQTT-4.12.0-5", "MQTT-3.15.2-1"])
        .with_setup(Setup::Authenticator),
    script!(accepted_at_once).in_5_0(&["MQTT-4.12.0-5"]).with_setup(Setup::Authenticator),
    script!(rejected_at_any_step).in_5_0(&["MQTT-4.12.0-4", "MQTT-3.2.2-7"]).with_setup(Setup::Authenticator),
    script!(method_that_the_embedder_does_not_know)
        .in_5_0(&["MQTT-4.12.0-1", "MQTT-3.2.2-7"])
        .with_setup(Setup::Authenticator),
    script!(without_method)
        .in_5_0(&["MQTT-4.12.0-6", "MQTT-4.12.0-7", "X50-067"])
        .with_setup(Setup::Authenticator),
    script!(another_method).in_5_0(&["MQTT-4.12.0-5", "X50-068"]).with_setup(Setup::Authenticator),
    script!(only_auth_and_disconnect_before_connack)
        .in_5_0(&["MQTT-3.1.2-30", "MQTT-3.1.0-2"])
        .with_setup(Setup::Authenticator),
    script!(auth_that_nobody_waits_for)
        .in_5_0(&["MQTT-4.12.0-3", "MQTT-4.12.1-1"])
        .with_setup(Setup::Authenticator),
    script!(client_that_does_not_go_on)
        .in_5_0(&["X50-023"])
        .with_setup(Setup::Authenticator)
        .virtual_time_only(),
    script!(embedder_that_does_not_answer)
        .in_5_0(&["MQTT-4.12.0-4"])
        .with_setup(Setup::Authenticator)
        .virtual_time_only(),
    script!(connect_counts_at_the_end)
        .in_5_0(&["MQTT-3.1.3-6", "MQTT-3.1.4-3", "MQTT-3.2.2-3"])
        .with_setup(Setup::Authenticator),
    script!(authenticated_anew)
        .in_5_0(&["MQTT-4.12.1-1", "MQTT-4.12.0-5", "MQTT-3.15.2-1"])
        .with_setup(Setup::Authenticator),
    script!(authenticated_anew_by_other_rules).in_5_0(&["MQTT-4.12.1-1"]).with_setup(Setup::Authenticator),
    script!(not_authenticated_anew)
        .in_5_0(&["MQTT-4.12.1-2", "MQTT-3.1.2-8"])
        .with_setup(Setup::Authenticator),
    script!(keep_alive_while_authenticated_anew)
        .in_5_0(&["MQTT-3.1.2-22", "MQTT-4.12.1-2"])
        .with_setup(Setup::Authenticator)
        .virtual_time_only(),
    script!(auth_that_does_not_fit)
        .in_5_0(&["MQTT-3.1.2-24", "MQTT-3.15.2-2", "MQTT-3.15.2-3"])
        .with_setup(Setup::Authenticator),
];

const CONTINUE: u8 = 0x18;
const AGAIN: u8 = 0x19;

fn method() -> Property {
    Property::text(id::AUTHENTICATION_METHOD, "steps")
}

fn data(text: &str) -> Property {
    Property::text(id::AUTHENTICATION_DATA, text)
}

/// A CONNECT that begins with these words.
fn begins(broker: &Broker, words: &str) -> Connect {
    broker.hello("a").property(method()).property(data(words))
}

fn says(code: u8, words: &str) -> impl Outgoing {
    auth(code, vec![method(), data(words)])
}

#[track_caller]
fn check_method(properties: &Properties, words: Option<&str>) {
    check_eq!(properties.text(id::AUTHENTICATION_METHOD), Some(&b"steps"[..]), "Authentication Method");
    check_eq!(properties.text(id::AUTHENTICATION_DATA), words.map(str::as_bytes), "Authentication Data");
}

/// AUTH with this code and these words.
#[track_caller]
fn expect_auth(client: &mut Client, code: u8, words: Option<&str>) {
    let packet = client.next_packet();
    let Packet::Auth(auth) = packet else { fail(format!("expected AUTH, got {packet}")) };
    check_eq!(auth.code, code, "code of AUTH");
    check_method(&auth.properties, words);
}

/// CONNACK that accepts, with these words.
#[track_caller]
fn expect_in(client: &mut Client, words: Option<&str>) {
    let connack = client.expect_accepted();
    check_method(&connack.properties, words);
}

/// A client that said `a` and is asked to go on.
#[track_caller]
fn half_way(broker: &Broker) -> Client {
    let mut client = broker.open();
    client.send(begins(broker, "a"));
    expect_auth(&mut client, CONTINUE, Some("a?"));
    client
}

#[track_caller]
fn inside(broker: &Broker, connect: Connect) -> Client {
    let mut client = broker.open();
    client.send(connect.property(method()).property(data("in")));
    expect_in(&mut client, Some("welcome"));
    client
}

fn steps_to_connack(broker: &Broker) {
    for last in [Some("welcome"), None] {
        let mut client = half_way(broker);
        client.send(says(CONTINUE, "b"));
        expect_auth(&mut client, CONTINUE, Some("b?"));
        client.send(auth(CONTINUE, vec![method()]));
        expect_auth(&mut client, CONTINUE, None);
        client.send(says(CONTINUE, if last.is_some() { "in" } else { "quietly" }));
        expect_in(&mut client, last);
        client.subscribe(broker.topic("a"), 0);
        client.publish(broker.topic("a"), "x", 1);
        client.receive(&broker.topic("a"), "x", 0);
        client.disconnect();
    }
}

fn accepted_at_once(broker: &Broker) {
    let mut client = inside(broker, broker.hello("a"));
    client.ping();
}

fn rejected_at_any_step(broker: &Broker) {
    for (words, code) in [("no", 0x87), ("bad", 0x86)] {
        let mut client = broker.open();
        client.send(begins(broker, words));
        client.expect_refused(code);
        let mut client = half_way(broker);
        client.send(says(CONTINUE, words));
        client.expect_refused(code);
    }
    let mut client = half_way(broker);
    client.send(says(CONTINUE, "elsewhere"));
    let connack = client.expect_connack();
    check_eq!(connack.code, 0x9C, "code of CONNACK");
    check_eq!(connack.properties.text(id::SERVER_REFERENCE), Some(&b"other.example"[..]), "Server Reference");
    client.expect_closed();
    // Nobody was let in by any of it.
    let mut client = half_way(broker);
    client.send(says(CONTINUE, "in"));
    let connack = client.expect_session_present(false);
    check_method(&connack.properties, Some("welcome"));
}

fn method_that_the_embedder_does_not_know(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").property(Property::text(id::AUTHENTICATION_METHOD, "Steps")));
    client.expect_refused(0x8C);
}

fn without_method(broker: &Broker) {
    let mut client = broker.client("a");
    let properties = client.connack().properties.clone();
    assert!(!properties.has(id::AUTHENTICATION_METHOD) && !properties.has(id::AUTHENTICATION_DATA));
    for code in [CONTINUE, AGAIN] {
        let mut client = broker.client("b");
        client.send(says(code, "in"));
        client.expect_violation(&[0x82]);
    }
    client.ping();
    // The embedder wants to go on with a client that cannot.
    let mut client = broker.open();
    client.send(broker.hello("a").user_name("more"));
    client.expect_refused(0x87);
}

fn another_method(broker: &Broker) {
    let other = |code| auth(code, vec![Property::text(id::AUTHENTICATION_METHOD, "step"), data("in")]);
    let mut client = half_way(broker);
    client.send(other(CONTINUE));
    client.expect_refused(0x82);
    let mut client = inside(broker, broker.hello("a"));
    client.send(other(AGAIN));
    client.expect_violation(&[0x82]);
    let mut client = inside(broker, broker.hello("a"));
    client.send(says(AGAIN, "a"));
    expect_auth(&mut client, CONTINUE, Some("a?"));
    client.send(other(CONTINUE));
    client.expect_violation(&[0x82]);
}

fn only_auth_and_disconnect_before_connack(broker: &Broker) {
    let topic = broker.topic("a");
    let others: [&dyn Outgoing; 11] = [
        &pingreq(),
        &subscribe(7).filter(&topic, 0),
        &unsubscribe(7).filter(&topic),
        &publish(&topic),
        &publish(&topic).qos(1, 7),
        &publish(&topic).qos(2, 7),
        &acknowledge(0x40, 7),
        &acknowledge(0x50, 7),
        &acknowledge(0x62, 7),
        &acknowledge(0x70, 7),
        &begins(broker, "in"),
    ];
    for packet in others {
        let mut client = half_way(broker);
        client.send(packet);
        client.expect_refused(0x82);
    }
    // Behind its CONNECT, where the answer to it is not known yet.
    let mut client = broker.open();
    client.send_together(&[&begins(broker, "a"), &pingreq()]);
    expect_auth(&mut client, CONTINUE, Some("a?"));
    client.expect_refused(0x82);
    let mut client = half_way(broker);
    client.send(disconnect_with(0, vec![]));
    client.expect_closed();
}

fn auth_that_nobody_waits_for(broker: &Broker) {
    // To be authenticated anew before it was authenticated.
    let mut client = half_way(broker);
    client.send(says(AGAIN, "in"));
    client.expect_refused(0x82);
    // Two steps at once.
    let mut client = half_way(broker);
    client.send_together(&[&says(CONTINUE, "silence"), &says(CONTINUE, "in")]);
    client.expect_refused(0x82);
    // To go on with what has not begun, or is over.
    let mut client = inside(broker, broker.hello("a"));
    client.send(says(CONTINUE, "in"));
    client.expect_violation(&[0x82]);
    let mut client = inside(broker, broker.hello("a"));
    client.send_together(&[&says(AGAIN, "silence"), &says(AGAIN, "in")]);
    client.expect_violation(&[0x82]);
    // 0x00 is the server's.
    let mut client = inside(broker, broker.hello("a"));
    client.send(says(0x00, "in"));
    client.expect_violation(&[0x82]);
}

fn client_that_does_not_go_on(broker: &Broker) {
    let mut client = half_way(broker);
    broker.wait(9.9);
    client.send(says(CONTINUE, "b"));
    expect_auth(&mut client, CONTINUE, Some("b?"));
    broker.wait(9.9);
    client.expect_nothing();
    broker.wait(0.2);
    client.expect_refused(0x87);
    let mut client = inside(broker, broker.hello("a"));
    client.send(says(AGAIN, "a"));
    expect_auth(&mut client, CONTINUE, Some("a?"));
    broker.wait(9.9);
    client.ping();
    broker.wait(0.2);
    client.expect_violation(&[0x87]);
}

fn embedder_that_does_not_answer(broker: &Broker) {
    for first in [true, false] {
        let mut client = if first { broker.open() } else { half_way(broker) };
        if first {
            client.send(begins(broker, "silence"));
        } else {
            client.send(says(CONTINUE, "silence"));
        }
        broker.wait(9.9);
        client.expect_nothing();
        broker.wait(0.2);
        client.expect_refused(0x88);
    }
    let mut client = inside(broker, broker.hello("a"));
    client.send(says(AGAIN, "silence"));
    broker.wait(9.9);
    client.ping();
    broker.wait(0.2);
    // 0x88 is not one of DISCONNECT.
    client.expect_violation(&[0x80]);
}

/// What CONNECT asks for is done when it is accepted, not before.
fn connect_counts_at_the_end(broker: &Broker) {
    let mut old = inside(broker, broker.hello("a").kept());
    old.subscribe(broker.topic("a"), 1);
    let mut client = broker.open();
    client.send(broker.hello("a").kept().property(method()).property(data("a")));
    expect_auth(&mut client, CONTINUE, Some("a?"));
    old.ping();
    client.send(says(CONTINUE, "in"));
    let connack = client.expect_session_present(true);
    check_method(&connack.properties, Some("welcome"));
    old.expect_violation(&[0x8E]);
    client.publish(broker.topic("a"), "x", 1);
    client.receive(&broker.topic("a"), "x", 1);
    // One without a name gets it at the end.
    let mut client = broker.open();
    client.send(Connect::new("").property(method()));
    expect_auth(&mut client, CONTINUE, None);
    client.send(says(CONTINUE, "in"));
    let connack = client.expect_accepted();
    check_method(&connack.properties, Some("welcome"));
    assert!(connack.properties.has(id::ASSIGNED_CLIENT_IDENTIFIER), "no Assigned Client Identifier");
}

fn authenticated_anew(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = inside(broker, broker.hello("a"));
    client.subscribe(&topic, 1);
    for _ in 0..3 {
        client.send(says(AGAIN, "a"));
        expect_auth(&mut client, CONTINUE, Some("a?"));
        // Everything goes on meanwhile.
        client.publish(&topic, "x", 1);
        client.receive(&topic, "x", 1);
        client.ping();
        client.send(says(CONTINUE, "in"));
        expect_auth(&mut client, 0x00, Some("welcome"));
        client.send(says(AGAIN, "quietly"));
        expect_auth(&mut client, 0x00, None);
    }
    client.publish(&topic, "y", 1);
    client.receive(&topic, "y", 1);
}

fn authenticated_anew_by_other_rules(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = inside(broker, broker.hello("a"));
    client.send(says(AGAIN, "narrow"));
    expect_auth(&mut client, 0x00, None);
    client.send(publish(&topic).qos(1, 7));
    client.expect_code("PUBACK", 7, 0x87);
    client.send(subscribe(8).filter(&topic, 0));
    client.expect_suback(8, &[0x87]);
    // These stay until others are given.
    client.send(says(AGAIN, "in"));
    expect_auth(&mut client, 0x00, Some("welcome"));
    client.send(publish(&topic).qos(1, 9));
    client.expect_code("PUBACK", 9, 0x87);
}

fn not_authenticated_anew(broker: &Broker) {
    let topic = broker.topic("will");
    let mut watcher = broker.client("w");
    watcher.subscribe(&topic, 0);
    for (words, code) in [("no", 0x87), ("bad", 0x87), ("elsewhere", 0x9C)] {
        for step in [AGAIN, CONTINUE] {
            let mut client = inside(broker, broker.hello("a").will(Will::new(&topic, "x")));
            if step == CONTINUE {
                client.send(says(AGAIN, "a"));
                expect_auth(&mut client, CONTINUE, Some("a?"));
            }
            client.send(says(step, words));
            let disconnect = client.expect_disconnect(code);
            let reference = (code == 0x9C).then_some(&b"other.example"[..]);
            check_eq!(disconnect.properties.text(id::SERVER_REFERENCE), reference, "Server Reference");
            client.expect_closed();
            watcher.receive(&topic, "x", 0);
        }
    }
}

fn keep_alive_while_authenticated_anew(broker: &Broker) {
    let mut client = inside(broker, broker.hello("a").keep_alive(4));
    client.send(says(AGAIN, "silence"));
    broker.wait(5.0);
    client.ping();
    broker.wait(4.0);
    client.ping();
    broker.wait(0.9);
    client.ping();
    broker.wait(0.2);
    client.expect_violation(&[0x80]);
    let mut client = inside(broker, broker.hello("a").keep_alive(4));
    client.send(says(AGAIN, "silence"));
    broker.wait(5.9);
    client.expect_nothing();
    broker.wait(0.2);
    client.expect_violation(&[0x8D]);
}

fn auth_that_does_not_fit(broker: &Broker) {
    let mut client = broker.open();
    client.send(begins(broker, &"x".repeat(50)).maximum_packet_size(50));
    client.takes_at_most(50);
    client.expect_refused(0x95);
    let mut client = inside(broker, broker.hello("a").maximum_packet_size(60));
    client.takes_at_most(60);
    client.send(says(AGAIN, &"x".repeat(60)));
    client.expect_violation(&[0x95]);
}
