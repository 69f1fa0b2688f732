//! Three conversations and the results that they give, the same at every run.

use std::time::Duration;

use conformance::exceptions::Exceptions;
use conformance::harness::Broker;
use conformance::report::{About, Choice, Results};
use conformance::runner::{Report, Verdict, run_as};
use conformance::targets::{Memory, Mutated, Mutation, Setup, Tcp};
use conformance::wire::property::{Property, id};
use conformance::wire::{publish, subscribe};
use conformance::{Script, Version};

/// As scripts are: a name, the statements, the conversation.
pub(crate) const SCRIPTS: &[Script] = &[
    Script::new("ping", "conformance::scripts::sample", ping).in_3_1(&[]).in_5_0(&["MQTT-3.12.4-1"]),
    Script::new("everything_is_told", "conformance::scripts::sample", everything_is_told)
        .in_5_0(&["MQTT-3.8.4-1", "MQTT-3.3.2-17"]),
    Script::new("configured", "conformance::scripts::sample", ping)
        .in_5_0(&["MQTT-3.1.4-2"])
        .with_setup(Setup::NobodyConnects),
];

fn ping(broker: &Broker) {
    broker.client("a").ping();
}

fn everything_is_told(broker: &Broker) {
    let topic = broker.topic("<a> & \"b\"");
    let mut client = broker.connect(broker.hello("a").receive_maximum(7));
    client.send(subscribe(1).filter(&topic, 1).identifier(5));
    client.expect_suback(1, &[1]);
    let packet = publish(&topic).payload("x".repeat(300)).property(Property::two(id::TOPIC_ALIAS, 1));
    client.send(packet.qos(1, 2));
    client.expect_puback(2);
    let publish = client.expect_any_publish();
    client.puback(publish.packet_identifier);
    broker.wait(1.5);
    client.send(vec![0xC0, 0x00]);
    client.expect_pingresp();
    client.disconnect();
}

/// Five runs: all well, one answer missing, none to be had.
pub(crate) fn conversations() -> Vec<Report> {
    let good = Memory::default();
    let bad = Mutated::new(Memory::default(), Mutation::Drop, 1);
    let elsewhere = Tcp::new(([127, 0, 0, 1], 9).into());
    let mut reports = vec![
        run_as(&good, &SCRIPTS[0], Version::V3_1, "p1".into()),
        run_as(&bad, &SCRIPTS[0], Version::V5_0, "p2".into()),
        run_as(&good, &SCRIPTS[1], Version::V5_0, "p3".into()),
        run_as(&elsewhere, &SCRIPTS[2], Version::V5_0, "p4".into()),
    ];
    for report in &mut reports {
        report.duration = Duration::from_millis(1_250);
        if let Verdict::Failed(failure) = &mut report.verdict {
            failure.place = "conformance/tests/reports/sample.rs:34".into();
        }
    }
    reports
}

pub(crate) fn about() -> About {
    About { target: "a <sample>".into(), date: "2026-11-20".into(), seconds: 5.0 }
}

/// The statements of one section of 5.0, and what else the conversations cover.
pub(crate) fn results(conversations: &[Report]) -> Results<'_> {
    let choice = Choice { versions: vec![Version::V3_1, Version::V5_0], only: "sample".into() };
    let mut results = Results::new(about(), conversations, &choice, &Exceptions::new());
    let one = Choice { versions: vec![Version::V5_0], only: "MQTT-3.1.3-1".into() };
    let reason = "This would be the reason & no other.".to_owned();
    let exceptions = Exceptions::from([((Version::V5_0, "MQTT-3.1.3-1".to_owned()), reason)]);
    // The words of the standard may change; the sample's do not.
    let mut not_testable = Results::new(about(), conversations, &one, &exceptions).versions;
    let more = not_testable.iter_mut().flat_map(|of| of.chapters.drain(..));
    let more: Vec<_> = more.filter(|chapter| chapter.name == "3.1 CONNECT").collect();
    let last = results.versions.last_mut().expect("5.0");
    for chapter in more {
        let same =
            last.chapters.iter_mut().find(|it| it.name == chapter.name).expect("MQTT-3.1.4-2 is there");
        same.rows.extend(chapter.rows.into_iter().filter(|row| row.conversations.is_empty()));
    }
    for row in results.versions.iter_mut().flat_map(|of| &mut of.chapters).flat_map(|it| &mut it.rows) {
        row.requirement = format!("What {} requires.", row.id);
    }
    results
}
