//! Reason Strings and Response Information: what a client asked for in CONNECT (sections 3.1.2.11.6 and
//! 3.1.2.11.7).

use crate::harness::{Broker, Client, check, check_eq};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::property::{Properties, Property, id};
use crate::wire::{Connect, Packet, disconnect_with, publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(refusals_say_why)
        .in_5_0(&["MQTT-3.1.2-29", "MQTT-3.4.2-2", "MQTT-3.5.2-2", "MQTT-3.9.2-1"])
        .with_setup(Setup::DeniedTopics),
    script!(words_fit_to_the_byte)
        .in_5_0(&[
            "MQTT-3.1.2-24",
            "MQTT-3.4.2-2",
            "MQTT-3.5.2-2",
            "MQTT-3.6.2-2",
            "MQTT-3.7.2-2",
            "MQTT-3.9.2-1",
            "MQTT-3.11.2-1",
            "MQTT-3.14.2-3",
        ])
        .with_setup(Setup::DeniedTopics),
    script!(refused_connect_says_why)
        .in_5_0(&["MQTT-3.1.2-29", "MQTT-3.2.2-19"])
        .with_setup(Setup::NobodyConnects),
    script!(disconnect_says_why).in_5_0(&["MQTT-3.14.2-3", "MQTT-4.13.1-1"]),
    script!(no_words_for_success).in_5_0(&["MQTT-3.1.2-29"]),
    script!(response_information_if_asked).in_5_0(&["MQTT-3.1.2-28"]).with_setup(Setup::ResponseInformation),
];

/// CONNECTs that want a Reason String, the last two of them in vain.
fn hellos(broker: &Broker) -> [(Connect, bool); 4] {
    let asks = |value| Property::byte(id::REQUEST_PROBLEM_INFORMATION, value);
    [
        (broker.hello("a"), true),
        (broker.hello("a").property(asks(1)), true),
        (broker.hello("a").property(asks(0)), false),
        (broker.hello("a").maximum_packet_size(24), false),
    ]
}

/// A sentence, or nothing. Our own broker has sentences.
#[track_caller]
fn check_words(broker: &Broker, properties: &Properties, wanted: bool) {
    let words = properties.text(id::REASON_STRING).map(|text| String::from_utf8_lossy(text).into_owned());
    let is_sentence = words.as_ref().is_some_and(|words| words.contains(' '));
    if broker.is_ours() || !wanted {
        assert_eq!((words.is_some(), is_sentence), (wanted, wanted), "Reason String {words:?}");
    }
}

/// Small enough for any client: Maximum Packet Size bounds only what the server sends.
fn accepted(broker: &Broker, hello: Connect) -> Client {
    let mut client = broker.open();
    client.send(hello);
    client.expect_accepted();
    client
}

/// The properties of a DISCONNECT that ends the connection.
#[track_caller]
fn disconnected(client: &mut Client, code: u8) -> Properties {
    let properties = client.expect_disconnect(code).properties;
    client.expect_closed();
    properties
}

fn refusals_say_why(broker: &Broker) {
    for (hello, wanted) in hellos(broker) {
        let mut client = accepted(broker, hello);
        client.send(subscribe(6).filter(broker.topic("a"), 0).filter(broker.topic("hidden/x"), 0));
        check_words(broker, &client.expect_suback(6, &[0, 0x87]).properties, wanted);
        client.send(publish(broker.topic("denied/x")).qos(1, 7));
        check_words(broker, &client.expect_code("PUBACK", 7, 0x87).properties, wanted);
        client.send(publish(broker.topic("denied/x")).qos(2, 8));
        check_words(broker, &client.expect_code("PUBREC", 8, 0x87).properties, wanted);
        client.disconnect();
    }
}

/// Makes the server answer with words: the properties, and the bytes of the packet without its Reason String.
type Provoke = fn(&Broker, &mut Client) -> (Properties, usize);

const ANSWERS: [Provoke; 7] = [
    |broker, client| {
        client.send(publish(broker.topic("denied/x")).qos(1, 7));
        (client.expect_code("PUBACK", 7, 0x87).properties, 6)
    },
    |broker, client| {
        client.send(publish(broker.topic("denied/x")).qos(2, 7));
        (client.expect_code("PUBREC", 7, 0x87).properties, 6)
    },
    |_, client| {
        client.pubrec(7);
        (client.expect_unknown("PUBREL", 7).properties, 6)
    },
    |_, client| {
        client.pubrel(7);
        (client.expect_unknown("PUBCOMP", 7).properties, 6)
    },
    |broker, client| {
        client.send(subscribe(7).filter(broker.topic("hidden/x"), 0));
        (client.expect_suback(7, &[0x87]).properties, 6)
    },
    |broker, client| {
        client.send(unsubscribe(7).filter(broker.topic("unknown")));
        (client.expect_unsuback(7, &[0x11]).properties, 6)
    },
    |_, client| {
        client.send(publish("").alias(0));
        (disconnected(client, 0x94), 4)
    },
];

/// The Reason String is there if the packet is as large as the client takes, and not if it is a byte larger.
fn words_fit_to_the_byte(broker: &Broker) {
    let mut found = 0;
    for provoke in ANSWERS {
        let mut client = broker.client("a");
        let (properties, bare) = provoke(broker, &mut client);
        client.disconnect();
        let Some(words) = properties.text(id::REASON_STRING) else { continue };
        let size = (bare + 3 + words.len()) as u32;
        for (limit, there) in [(size, true), (size - 1, false), (size + 1, true)] {
            let mut client = broker.open();
            client.takes_at_most(limit);
            client.send(broker.hello("b").maximum_packet_size(limit));
            client.expect_accepted();
            let (properties, _) = provoke(broker, &mut client);
            check_words(broker, &properties, there);
            client.disconnect();
        }
        found += 1;
    }
    check!(found >= 4 || !broker.is_ours(), "{found} kinds of answers have words");
}

fn refused_connect_says_why(broker: &Broker) {
    for (hello, wanted) in hellos(broker) {
        let mut client = broker.open();
        client.send(hello);
        let connack = client.expect_connack();
        check_eq!(connack.code, 0x87, "code of CONNACK");
        check_words(broker, &connack.properties, wanted);
        client.expect_closed();
    }
    // So is one that breaks the rules.
    let mut client = broker.open();
    client.send(broker.hello("a").flags(0x01));
    match client.next_or_closed() {
        Some(Packet::Connack(connack)) => {
            check!(!broker.is_ours() || connack.code == 0x81, "CONNACK with code 0x{:02X}", connack.code);
            check_words(broker, &connack.properties, true);
        }
        other => check!(!broker.is_ours() && other.is_none(), "no CONNACK but {other:?}"),
    }
    client.expect_closed();
}

fn disconnect_says_why(broker: &Broker) {
    broker.only_ours("DISCONNECT always says why");
    for (hello, wanted) in hellos(broker) {
        let mut client = accepted(broker, hello.clone());
        client.send(publish(broker.topic("a")).alias(0));
        check_words(broker, &disconnected(&mut client, 0x94), wanted);
        let mut client = accepted(broker, hello);
        let mut newer = broker.client("a");
        check_words(broker, &disconnected(&mut client, 0x8E), wanted);
        newer.disconnect();
    }
}

fn no_words_for_success(broker: &Broker) {
    let mut client = broker.client("a");
    check_words(broker, &client.connack().properties.clone(), false);
    client.send(subscribe(6).filter(broker.topic("a"), 1));
    check_words(broker, &client.expect_suback(6, &[1]).properties, false);
    client.send(publish(broker.topic("a")).payload("x").qos(1, 7));
    check_words(broker, &client.expect_puback(7).properties, false);
    client.receive(&broker.topic("a"), "x", 1);
    client.send(disconnect_with(0, vec![]));
    client.expect_closed();
}

fn response_information_if_asked(broker: &Broker) {
    let asks = |value| Property::byte(id::REQUEST_RESPONSE_INFORMATION, value);
    for (hello, wanted) in [
        (broker.hello("a"), false),
        (broker.hello("a").property(asks(0)), false),
        (broker.hello("a").property(asks(1)), true),
    ] {
        let mut client = broker.connect(hello);
        let information = client.connack().properties.text(id::RESPONSE_INFORMATION).map(<[u8]>::to_vec);
        check_eq!(information, wanted.then(|| b"answers/".to_vec()), "Response Information");
        client.disconnect();
    }
}
