//! What is not a row is refused by name.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use bytes::Bytes;

use super::encode::{FORMAT, checksum, kind};
use super::*;
use crate::wire::RetainHandling;

fn text(text: &str) -> Box<str> {
    text.into()
}

/// One of each kind, with something in every field.
fn rows() -> Vec<Row> {
    let options = SubscriptionOptions {
        qos: QoS::AtLeastOnce,
        no_local: true,
        retain_as_published: false,
        retain_handling: RetainHandling::SendIfNew,
    };
    vec![
        Row::Session(SessionRow {
            session: 1,
            client_identifier: text("client"),
            version: ProtocolVersion::V5_0,
            expiry_interval_seconds: 60,
            closed_at: Some(Instant::from_micros(7)),
        }),
        Row::Will(WillRow {
            session: 1,
            topic: text("will"),
            payload: [1, 2].into(),
            properties: [1, 0].into(),
            qos: QoS::ExactlyOnce,
            retain: true,
            delay_seconds: 5,
            message_expiry_seconds: Some(6),
        }),
        Row::Subscription(SubscriptionRow { session: 1, filter: text("a/+"), options, identifier: 3 }),
        Row::Message(MessageRow {
            message: 2,
            topic: text("a/b"),
            payload: Bytes::from_static(b"payload"),
            properties: [1, 1].into(),
            qos: QoS::AtLeastOnce,
            retain: false,
            expires_at: Instant::FAR_FUTURE,
        }),
        Row::Queued(QueuedRow {
            entry: 3,
            session: 1,
            message: 2,
            qos: QoS::AtLeastOnce,
            retain: false,
            identifiers: [3, 4].into(),
            packet_identifier: 9,
            group: text("$share/g/a"),
        }),
        Row::Incoming { session: 1, packet_identifier: 4 },
        Row::Retained(RetainedRow { topic: text("a"), message: 2, publisher: text("client"), stamp: 5 }),
        Row::FanOut(FanOutRow { fan_out: 6, message: 2, after: 0, until: 9, publisher: 1 }),
        Row::Replay(ReplayRow {
            session: 1,
            filter: text("a/#"),
            options,
            identifier: 0,
            before: 8,
            after: Some(text("a/a")),
            early: [text("a/c"), text("a/d")].into(),
        }),
    ]
}

/// These fields, with a checksum that fits them.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    bytes.extend_from_slice(&checksum(body).to_le_bytes());
    bytes
}

fn body(row: &Row) -> Vec<u8> {
    let mut bytes = row.encode();
    bytes.truncate(bytes.len() - 8);
    bytes
}

#[test]
fn every_row_comes_back_as_it_was() {
    for row in rows() {
        assert_eq!(Row::decode(&row.encode()), Ok(row));
    }
}

#[test]
fn any_bit_that_changed_and_any_cut_is_seen() {
    for row in rows() {
        let bytes = row.encode();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Row::decode(&changed), Err(Damaged::Checksum), "{row:?}, bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(Row::decode(&bytes[..length]), Err(Damaged::Checksum), "{row:?}, {length} bytes");
        }
        assert_eq!(Row::decode(&[bytes, vec![0]].concat()), Err(Damaged::Checksum));
    }
}

#[test]
fn another_format_is_named() {
    for row in rows() {
        for format in [0, FORMAT + 1, u8::MAX] {
            let mut changed = body(&row);
            changed[0] = format;
            let damaged = Row::decode(&sealed(&changed)).expect_err("another format");
            assert_eq!(damaged, Damaged::UnknownFormat(format));
            assert!(damaged.to_string().contains(&format!("format version {format}")), "{damaged}");
        }
    }
    assert_eq!(Row::decode(&sealed(&[])), Err(Damaged::Nonsense));
}

#[test]
fn fields_are_neither_cut_nor_left_over() {
    for row in rows() {
        let whole = body(&row);
        for length in 1..whole.len() {
            assert_eq!(Row::decode(&sealed(&whole[..length])), Err(Damaged::Nonsense), "{row:?}, {length}");
        }
        assert_eq!(Row::decode(&sealed(&[&whole[..], &[0]].concat())), Err(Damaged::Nonsense), "{row:?}");
    }
}

/// Where the bytes of a row are that only some values may have: in front of `behind`, the rest of the row.
#[test]
fn values_that_do_not_exist_are_nonsense() {
    let nonsense = |row: &Row, at: usize, values: &[u8]| {
        for value in values {
            let mut changed = body(row);
            changed[at] = *value;
            assert_eq!(Row::decode(&sealed(&changed)), Err(Damaged::Nonsense), "{row:?}: {value} at {at}");
        }
    };
    let rows = rows();
    // Kinds there are not.
    rows.iter().for_each(|row| nonsense(row, 1, &[0, kind::FAN_OUT + 1, 255]));
    let text = |text: &str| 4 + text.len();
    // The version of a session; a client identifier that is no UTF-8.
    nonsense(&rows[0], 2 + 8 + text("client"), &[0, 2, 6]);
    nonsense(&rows[0], 2 + 8 + 4, &[0xFF, 0x80]);
    // A will: properties that are none, its QoS, two flags.
    let properties = 2 + 8 + text("will") + 4 + 2 + 4;
    nonsense(&rows[1], properties, &[0, 0x23, 0xFF]);
    nonsense(&rows[1], properties + 2, &[3, 255]);
    nonsense(&rows[1], properties + 3, &[2, 255]);
    nonsense(&rows[1], properties + 8, &[2, 255]);
    // Reserved bits, QoS 3 and Retain Handling 3 of a subscription.
    nonsense(&rows[2], 2 + 8 + text("a/+"), &[0b0100_0000, 0b11, 0b0011_0000]);
    // The length of an identifier list goes past the end.
    nonsense(&rows[4], 2 + 24 + 1 + 1 + 2, &[3, 255]);
}
