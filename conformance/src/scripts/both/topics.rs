//! Topic Names and Topic Filters (section 4.7).

use crate::harness::{Broker, check, check_eq, fail};
use crate::script::{Script, script};
use crate::wire::{Acknowledge, Packet, pingreq, publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(filters_match_topics)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.3.2-3", "MQTT-4.7.1-2", "MQTT-4.7.1-3"])
        .in_5_0(&["MQTT-3.3.2-3", "MQTT-4.7.1-1", "MQTT-4.7.1-2"]),
    script!(ill_formed_wildcards)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.7.1-2", "MQTT-4.7.1-3"])
        .in_5_0(&["MQTT-4.7.1-1", "MQTT-4.7.1-2"]),
    script!(wildcards_leave_dollar_topics_alone)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.7.2-1"])
        .in_5_0(&["MQTT-4.7.2-1"]),
    script!(topics_of_the_server_are_not_for_clients).in_3_1_1(&["X311-010"]).in_5_0(&["X50-105"]),
    script!(topics_have_a_character)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.7.3-1"])
        .in_5_0(&["MQTT-4.7.3-1"]),
    script!(topics_match_as_they_are)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-4.7.3-4"])
        .in_5_0(&["MQTT-4.7.3-4"]),
    script!(long_topics).in_3_1(&["X31-010"]).in_3_1_1(&["MQTT-4.7.3-3"]).in_5_0(&["MQTT-4.7.3-3"]),
];

/// Filters below the script's own level, topics that they match, topics that they do not.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    (
        "sport/tennis/player1/#",
        &["sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon"],
        &["sport/tennis/player2", "sport/tennis", "sport/tennis/player11"],
    ),
    ("sport/#", &["sport", "sport/", "sport//", "sport/a/b/c"], &["sports", "Sport", "/sport"]),
    (
        "sport/tennis/+",
        &["sport/tennis/player1", "sport/tennis/"],
        &["sport/tennis/player1/ranking", "sport/tennis"],
    ),
    ("sport/+", &["sport/", "sport/x"], &["sport", "sport/x/"]),
    ("+", &["sport", "", "$x"], &["sport/", "/finance"]),
    ("+/+", &["/finance", "/", "a/b"], &["a", "a/b/c"]),
    ("/+", &["/finance", "/"], &["finance", "/finance/"]),
    ("+/tennis/#", &["sport/tennis", "/tennis/x", "x/tennis/y/z"], &["tennis", "a/b/tennis"]),
    ("sport/+/player1", &["sport/tennis/player1", "sport//player1"], &["sport/player1", "sport/a/b/player1"]),
    ("#", &["a", "a/b", "/", "$SYS", ""], &[]),
    ("a/$b", &["a/$b"], &["a/b"]),
];

fn filters_match_topics(broker: &Broker) {
    let mut publisher = broker.client("p");
    for (filter, matching, others) in TABLE {
        let mut client = broker.client("a");
        client.subscribe(broker.topic(filter), 0);
        for topic in others.iter().chain(*matching) {
            publisher.send(publish(broker.topic(topic)).payload(filter));
        }
        publisher.ping();
        for topic in *matching {
            client.receive(&broker.topic(topic), filter, 0);
        }
        client.expect_nothing();
        client.disconnect();
    }
}

fn ill_formed_wildcards(broker: &Broker) {
    let ill_formed = [
        "a#", "#a", "a/#/b", "##", "#/a", "a/b#", "a/#b", "a/##", "#/", "#/#", "a/#/", "a/#/#", "+#", "#+",
        "/#/", "a+", "+a", "+a/b", "a/b+/c", "a/+b", "++", "+/++", "a/+b/c", "a/b+", "+ /a", "/+a", "/a+",
    ];
    for filter in ill_formed.map(|rest| broker.topic(rest)) {
        let mut client = broker.client("a");
        client.send(subscribe(1).filter(&filter, 0));
        if broker.is_ours() {
            client.expect_violation(&[0x8F, 0x81]);
            let mut client = broker.client("a");
            client.send(unsubscribe(1).filter(broker.topic("good")).filter(&filter));
            client.expect_violation(&[0x8F, 0x81]);
            continue;
        }
        // A lenient server may answer with a failure instead.
        match client.next_or_closed() {
            None => {}
            Some(Packet::Suback(suback)) => {
                check!(suback.codes.iter().all(|code| *code >= 0x80), "{filter} granted")
            }
            Some(Packet::Disconnect(_)) => client.expect_closed(),
            Some(other) => fail(format!("SUBSCRIBE to {filter} is answered with {other}")),
        }
    }
    let mut client = broker.client("b");
    for filter in ["#", "/#", "a/#", "+", "+/a/#", "a/+/b", "/+", "+/+/+"] {
        client.subscribe(broker.topic(filter), 0);
    }
}

fn wildcards_leave_dollar_topics_alone(broker: &Broker) {
    // Names that begin with `$` cannot stand below this script's own level.
    let topic = format!("${}/x", broker.prefix());
    let mut wild = broker.client("w");
    wild.passes_over_strangers();
    wild.subscribe("#", 0);
    wild.subscribe("+/x", 0);
    wild.subscribe("+/#", 0);
    let mut literal = broker.client("l");
    literal.subscribe(format!("${}/#", broker.prefix()), 0);
    let mut publisher = broker.client("p");
    publisher.publish_retained(&topic, "hidden", 1);
    literal.receive(&topic, "hidden", 0);
    // It must not come to the wild client, nor to a new subscription.
    wild.subscribe("+/x", 0);
    let sentinel = broker.topic("sentinel");
    publisher.publish(&sentinel, "end", 1);
    wild.receive(&sentinel, "end", 0);
    // Two of its filters match: one copy, or two.
    if broker.is_ours() {
        wild.expect_nothing();
    } else {
        while let Some(again) = wild.publish_if_any() {
            check_eq!(again.topic, sentinel, "what a wildcard matched");
        }
    }
    publisher.publish_retained(&topic, "", 1);
    literal.receive(&topic, "", 0);
}

/// Section 4.7.2. The server says so or keeps quiet; nobody gets to see the message.
fn topics_of_the_server_are_not_for_clients(broker: &Broker) {
    let topic = format!("$SYS/{}/x", broker.prefix());
    let mut watcher = broker.client("w");
    watcher.subscribe(format!("$SYS/{}/#", broker.prefix()), 2);
    let answered = |answer: &Acknowledge| {
        check_eq!(answer.packet_identifier, 7, "identifier of an answer");
        let refused = if broker.version().is_5() { 0x87 } else { 0 };
        check!(!broker.is_ours() || answer.code == refused, "answered with code 0x{:02X}", answer.code);
    };
    for qos in 0..3 {
        let mut client = broker.client("a");
        client.send_together(&[&publish(&topic).payload("never").qos(qos, 7).retain(), &pingreq()]);
        match client.next_or_closed() {
            // Ours acknowledges, in 5.0 with a refusal.
            None if !broker.is_ours() => continue,
            Some(Packet::Disconnect(_)) if !broker.is_ours() => {
                client.expect_closed();
                continue;
            }
            Some(Packet::Puback(answer)) if qos == 1 => answered(&answer),
            Some(Packet::Pubrec(answer)) if qos == 2 => answered(&answer),
            Some(Packet::Pingresp) if qos == 0 => {}
            Some(other) => fail(format!("PUBLISH at QoS {qos} is answered with {other}")),
            None => fail(format!("PUBLISH at QoS {qos} is answered with the end")),
        }
        if qos > 0 {
            client.expect_pingresp();
        }
        client.disconnect();
    }
    watcher.expect_nothing();
    let mut later = broker.client("l");
    later.subscribe(&topic, 2);
    later.expect_nothing();
}

fn topics_have_a_character(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish("").payload("never"));
    client.expect_violation(&[0x82, 0x81, 0x90]);
    for qos in [1, 2] {
        let mut client = broker.client("a");
        client.send(publish("").payload("never").qos(qos, 7));
        client.expect_violation(&[0x82, 0x81, 0x90]);
    }
    let good = broker.topic("good");
    for filters in [vec![""], vec!["", &good], vec![&good, ""]] {
        let mut client = broker.client("a");
        client.send(filters.iter().fold(subscribe(1), |packet, filter| packet.filter(filter, 0)));
        client.expect_violation(&[0x81, 0x82, 0x8F]);
        let mut client = broker.client("a");
        client.send(filters.iter().fold(unsubscribe(1), |packet, filter| packet.filter(filter)));
        client.expect_violation(&[0x81, 0x82, 0x8F]);
    }
    // A space is a character, and so is a slash.
    let mut client = broker.client("a");
    for topic in [broker.topic(" "), broker.topic("/"), broker.topic("//")] {
        client.subscribe(&topic, 0);
        client.publish(&topic, "x", 0);
        client.receive(&topic, "x", 0);
    }
}

fn topics_match_as_they_are(broker: &Broker) {
    let pairs = [
        ("\u{E9}", "e\u{301}"),
        ("A", "a"),
        ("a//b", "a/b"),
        ("/a", "a"),
        ("a/", "a"),
        ("\u{FB01}", "fi"),
        ("a b", "a  b"),
        ("\u{1F600}", "\u{1F601}"),
    ];
    let mut publisher = broker.client("p");
    for (one, other) in pairs.map(|(one, other)| (broker.topic(one), broker.topic(other))) {
        let mut first = broker.client("a");
        first.subscribe(&one, 0);
        let mut second = broker.client("b");
        second.subscribe(&other, 0);
        publisher.publish(&one, "1", 0);
        first.receive(&one, "1", 0);
        second.expect_nothing();
        publisher.publish(&other, "2", 0);
        second.receive(&other, "2", 0);
        first.expect_nothing();
        first.disconnect();
        second.disconnect();
    }
}

fn long_topics(broker: &Broker) {
    // The longest that a server has to take is not written; this is the shortest of the usual limits.
    let topic = broker.topic(&"x".repeat(4_000 - broker.topic("").len()));
    let levels = broker.topic(&"y/".repeat(100));
    let mut client = broker.client("a");
    for topic in [topic, levels] {
        client.subscribe(&topic, 1);
        client.publish(&topic, "long", 1);
        client.receive(&topic, "long", 1);
    }
}
