use super::{Choice, Outcome, try_script};
use crate::harness::{Broker, check_eq};
use crate::script::{Script, script};
use crate::version::Version::V5_0;
use crate::wire::{Packet, publish};

fn tried(script: &Script) -> Outcome {
    try_script(script, V5_0, Choice { stride: 1, alter: true })
}

fn takes_any_answer(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish(broker.topic("a")).qos(1, 5));
    client.next_packet();
}

fn compares_too_late(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish(broker.topic("a")).qos(1, 5));
    let answer = client.next_packet();
    client.ping();
    let Packet::Puback(answer) = answer else { crate::harness::fail("expected PUBACK") };
    check_eq!((answer.packet_identifier, answer.code), (5, 0x10), "PUBACK");
}

fn compares_at_once(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(publish(broker.topic("a")).qos(1, 5));
    client.expect_code("PUBACK", 5, 0x10);
    for _ in 0..3 {
        client.ping();
    }
}

fn any_order(broker: &Broker) {
    let mut client = broker.client("a");
    client.subscribe(broker.topic("+"), 0);
    client.publish(broker.topic("a"), "x", 0);
    client.publish(broker.topic("b"), "x", 0);
    let (a, b) = (broker.topic("a"), broker.topic("b"));
    client.receive_in_any_order(&[(&b, "x", 0), (&a, "x", 0)], false);
}

#[test]
fn a_script_that_does_not_look_is_found() {
    let outcome = tried(&script!(takes_any_answer));
    let survivors = outcome.survivors.join("\n");
    for what in ["Alter packet identifier of 1 PUBACK", "Alter code 0x83 of 1 PUBACK"] {
        assert!(survivors.contains(what), "{what}:\n{survivors}");
    }
    // It takes a second CONNACK for PUBACK.
    let late = outcome.late.join("\n");
    assert!(outcome.late.len() == 1 && late.contains("Double of 0 CONNACK"), "{late}");
}

#[test]
fn a_script_that_goes_on_with_a_wrong_answer_is_late() {
    let outcome = tried(&script!(compares_too_late));
    assert!(outcome.survivors.is_empty(), "{:#?}", outcome.survivors);
    let late = outcome.late.join("\n");
    for what in ["Alter packet identifier of 1 PUBACK", "Alter code 0x83 of 1 PUBACK"] {
        assert!(late.contains(what), "{what}:\n{late}");
    }
    // That nothing comes, or the end, it notices in time.
    assert!(!late.contains("Drop of 1") && !late.contains("Close of 1"), "{late}");
}

/// Answers that look alike are told apart by their number alone.
#[test]
fn a_script_that_looks_at_once_is_in_time() {
    for script in [script!(compares_at_once), script!(any_order)] {
        let outcome = tried(&script);
        assert!(outcome.tried > 20, "{} were tried", outcome.tried);
        assert!(outcome.survivors.is_empty() && outcome.late.is_empty(), "{outcome:#?}");
    }
}
