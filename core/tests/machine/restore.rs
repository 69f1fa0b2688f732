//! What a store has may be less than a broker wrote: rows that speak of what is not there are deleted, and nobody is
//! served anything that is made of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use hushwing_core::record::{
    FanOutRow, Key, MessageRow, QueuedRow, ReplayRow, RetainedRow, Row, SessionRow, SubscriptionRow, WillRow,
};
use hushwing_core::wire::{QoS, SubscriptionOptions};
use hushwing_core::{Broker, Config, Instant, Output, PeerId, ProtocolVersion, Record};

use crate::world::NOW;

/// A session and a message that are there, and ones that are not.
const SESSION: u64 = 1;
const NO_SESSION: u64 = 70;
const MESSAGE: u64 = 2;
const NO_MESSAGE: u64 = 90;

fn session(session: u64, client_identifier: &str) -> Row {
    Row::Session(SessionRow {
        session,
        client_identifier: client_identifier.into(),
        version: ProtocolVersion::V5_0,
        expiry_interval_seconds: u32::MAX,
        closed_at: Some(NOW),
    })
}

fn message(message: u64) -> Row {
    Row::Message(MessageRow {
        message,
        topic: "topic".into(),
        payload: "payload".into(),
        properties: [].into(),
        qos: QoS::AtLeastOnce,
        retain: false,
        expires_at: Instant::FAR_FUTURE,
    })
}

fn queued(entry: u64, session: u64, message: u64, packet_identifier: u16) -> Row {
    Row::Queued(QueuedRow {
        entry,
        session,
        message,
        qos: QoS::AtLeastOnce,
        retain: false,
        identifiers: [].into(),
        packet_identifier,
        group: "".into(),
    })
}

fn retained(topic: &str, message: u64) -> Row {
    Row::Retained(RetainedRow { topic: topic.into(), message, publisher: "".into(), stamp: 60 })
}

fn orphans() -> Vec<Row> {
    let options = SubscriptionOptions::default();
    vec![
        Row::Will(WillRow {
            session: NO_SESSION,
            topic: "will".into(),
            payload: [].into(),
            properties: [].into(),
            qos: QoS::AtMostOnce,
            retain: false,
            delay_seconds: 0,
            message_expiry_seconds: None,
        }),
        Row::Subscription(SubscriptionRow {
            session: NO_SESSION,
            filter: "#".into(),
            options,
            identifier: 0,
        }),
        // Nobody it is for; nothing that it is; neither; with a packet identifier; after PUBREC.
        queued(10, NO_SESSION, MESSAGE, 0),
        queued(11, SESSION, NO_MESSAGE, 0),
        queued(12, NO_SESSION, NO_MESSAGE, 0),
        queued(13, NO_SESSION, MESSAGE, 5),
        queued(14, NO_SESSION, 0, 6),
        Row::Incoming { session: NO_SESSION, packet_identifier: 7 },
        Row::Incoming { session: SESSION, packet_identifier: 0 },
        retained("gone", NO_MESSAGE),
        Row::Replay(ReplayRow {
            session: NO_SESSION,
            filter: "#".into(),
            options,
            identifier: 0,
            before: 50,
            after: None,
            early: [].into(),
        }),
        Row::FanOut(FanOutRow { fan_out: 40, message: NO_MESSAGE, after: 0, until: 99, publisher: 0 }),
        // Nobody names it.
        message(30),
    ]
}

fn whole() -> Vec<Row> {
    vec![
        session(SESSION, "client"),
        message(MESSAGE),
        queued(20, SESSION, MESSAGE, 0),
        retained("kept", MESSAGE),
    ]
}

/// A broker of these rows, and what it has the store do about them.
fn restored(rows: &[Row]) -> (Broker, Vec<Record>) {
    let config = Config { journal: true, ..Config::default() };
    let mut broker = Broker::new(Arc::new(config), PeerId(0), 1);
    rows.iter().for_each(|row| broker.restore(Record::Put(row.clone())));
    broker.restored(NOW);
    let mut all = Vec::new();
    while let Some(output) = broker.poll_output() {
        if let Output::Persist { records, .. } = output {
            all.extend(records);
        }
    }
    assert_eq!(broker.memory(), broker.memory_walk());
    (broker, all)
}

fn deleted(records: &[Record]) -> BTreeSet<Key> {
    let key = |record: &Record| match record {
        Record::Delete(key) => key.clone(),
        Record::Put(row) => panic!("nothing is to be stored: {row:?}"),
    };
    records.iter().map(key).collect()
}

#[test]
fn rows_that_speak_of_nothing_are_deleted_and_nothing_else_is() {
    let (orphans, whole) = (orphans(), whole());
    let keys: BTreeSet<Key> = orphans.iter().map(Row::key).collect();
    assert_eq!(keys.len(), orphans.len());
    let (broker, records) = restored(&[whole.clone(), orphans.clone()].concat());
    assert_eq!(deleted(&records), keys);
    let (expected, nothing) = restored(&whole);
    assert_eq!(nothing, []);
    // As if they had never been.
    assert_eq!(broker.session("client"), expected.session("client"));
    assert_eq!(broker.session("client").map(|session| session.queued_messages), Some(1));
    let (stats, expected) = (broker.stats(), expected.stats());
    assert_eq!(
        (stats.sessions, stats.subscriptions, stats.retained_messages, stats.stored_messages),
        (expected.sessions, expected.subscriptions, expected.retained_messages, expected.stored_messages)
    );
    let retained = broker.retained(NOW, "#", None, 10).items;
    assert_eq!(retained.iter().map(|of| &*of.topic).collect::<Vec<_>>(), ["kept"]);
    // Each by itself, too.
    for orphan in &orphans {
        let (broker, records) = restored(&[whole.clone(), vec![orphan.clone()]].concat());
        assert_eq!(deleted(&records), BTreeSet::from([orphan.key()]), "{orphan:?}");
        assert_eq!(broker.stats().stored_messages, 1, "{orphan:?}");
    }
}

#[test]
fn of_two_sessions_of_one_client_the_later_one_is_right() {
    let rows = [session(5, "client"), session(4, "client"), message(MESSAGE), queued(20, 4, MESSAGE, 0)];
    let (broker, records) = restored(&rows);
    assert_eq!(deleted(&records), [rows[1].key(), rows[2].key(), rows[3].key()].into());
    assert_eq!(broker.session("client").map(|session| session.queued_messages), Some(0));
    assert_eq!(broker.stats().sessions, 1);
}

/// Numbers are never used again, those of rows that were deleted included.
#[test]
fn a_new_session_has_a_number_that_no_row_has() {
    let (mut broker, _) = restored(&[session(5, "client"), queued(77, NO_SESSION, NO_MESSAGE, 0)]);
    // CONNECT of 3.1.1 with Clean Session 0, client identifier "n".
    let connection = hushwing_core::ConnectionId(1);
    let origin = hushwing_core::Origin::default();
    broker.handle_input(NOW, hushwing_core::Input::Opened { connection, origin });
    let connect = b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x00\x00\x01n";
    broker.handle_input(NOW, hushwing_core::Input::Received { connection, bytes: connect });
    let mut numbers = Vec::new();
    while let Some(output) = broker.poll_output() {
        if let Output::Persist { records, .. } = output {
            numbers.extend(records.iter().filter_map(|record| match record {
                Record::Put(Row::Session(row)) => Some(row.session),
                _ => None,
            }));
        }
    }
    assert!(matches!(numbers[..], [number] if number > 77), "{numbers:?}");
}
