//! Rows to bytes. Numbers are little-endian; texts and byte strings have a length of four bytes before them.

use alloc::vec::Vec;
use core::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::{MessageRow, QueuedRow, ReplayRow, RetainedRow, Row, SessionRow, SubscriptionRow, WillRow};

/// The version of the format. A row with another one is refused by name.
pub(super) const FORMAT: u8 = 1;

/// Kinds of rows; never used again for something else.
pub(super) mod kind {
    pub(crate) const SESSION: u8 = 1;
    pub(crate) const WILL: u8 = 2;
    pub(crate) const SUBSCRIPTION: u8 = 3;
    pub(crate) const MESSAGE: u8 = 4;
    pub(crate) const QUEUED: u8 = 5;
    pub(crate) const INCOMING: u8 = 6;
    pub(crate) const RETAINED: u8 = 7;
    pub(crate) const REPLAY: u8 = 8;
    pub(crate) const FAN_OUT: u8 = 9;
}

/// Not a secret: the checksum finds damage, not forgery.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0x6875_7368, 0x7769_6e67);
    hasher.write(bytes);
    hasher.finish()
}

pub(super) fn row(row: &Row) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(64));
    out.u8(FORMAT);
    match row {
        Row::Session(row) => session(&mut out, row),
        Row::Will(row) => will(&mut out, row),
        Row::Subscription(row) => subscription(&mut out, row),
        Row::Message(row) => message(&mut out, row),
        Row::Queued(row) => queued(&mut out, row),
        Row::Incoming { session, packet_identifier } => {
            out.u8(kind::INCOMING);
            out.u64(*session);
            out.u16(*packet_identifier);
        }
        Row::Retained(row) => retained(&mut out, row),
        Row::Replay(row) => replay(&mut out, row),
        Row::FanOut(row) => {
            out.u8(kind::FAN_OUT);
            for number in [row.fan_out, row.message, row.after, row.until, row.publisher] {
                out.u64(number);
            }
        }
    }
    let sum = checksum(&out.0);
    out.u64(sum);
    out.0
}

fn session(out: &mut Writer, row: &SessionRow) {
    out.u8(kind::SESSION);
    out.u64(row.session);
    out.bytes(row.client_identifier.as_bytes());
    out.u8(row.version.level());
    out.u32(row.expiry_interval_seconds);
    out.u64(row.closed_at.map_or(0, |at| at.as_micros().max(1)));
}

fn will(out: &mut Writer, row: &WillRow) {
    out.u8(kind::WILL);
    out.u64(row.session);
    out.bytes(row.topic.as_bytes());
    out.bytes(&row.payload);
    out.bytes(&row.properties);
    out.u8(row.qos.bits());
    out.u8(row.retain.into());
    out.u32(row.delay_seconds);
    out.u8(row.message_expiry_seconds.is_some().into());
    out.u32(row.message_expiry_seconds.unwrap_or(0));
}

fn subscription(out: &mut Writer, row: &SubscriptionRow) {
    out.u8(kind::SUBSCRIPTION);
    out.u64(row.session);
    out.bytes(row.filter.as_bytes());
    out.u8(row.options.bits());
    out.u32(row.identifier);
}

fn message(out: &mut Writer, row: &MessageRow) {
    out.u8(kind::MESSAGE);
    out.u64(row.message);
    out.bytes(row.topic.as_bytes());
    out.bytes(&row.payload);
    out.bytes(&row.properties);
    out.u8(row.qos.bits());
    out.u8(row.retain.into());
    out.u64(row.expires_at.as_micros());
}

fn queued(out: &mut Writer, row: &QueuedRow) {
    out.u8(kind::QUEUED);
    out.u64(row.entry);
    out.u64(row.session);
    out.u64(row.message);
    out.u8(row.qos.bits());
    out.u8(row.retain.into());
    out.u16(row.packet_identifier);
    out.length(row.identifiers.len());
    row.identifiers.iter().for_each(|identifier| out.u32(*identifier));
    out.bytes(row.group.as_bytes());
}

fn retained(out: &mut Writer, row: &RetainedRow) {
    out.u8(kind::RETAINED);
    out.bytes(row.topic.as_bytes());
    out.u64(row.message);
    out.bytes(row.publisher.as_bytes());
    out.u64(row.stamp);
}

fn replay(out: &mut Writer, row: &ReplayRow) {
    out.u8(kind::REPLAY);
    out.u64(row.session);
    out.bytes(row.filter.as_bytes());
    out.u8(row.options.bits());
    out.u32(row.identifier);
    out.u64(row.before);
    out.u8(row.after.is_some().into());
    out.bytes(row.after.as_deref().unwrap_or_default().as_bytes());
    out.length(row.early.len());
    row.early.iter().for_each(|topic| out.bytes(topic.as_bytes()));
}

struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Everything that is kept came in a packet, so no length exceeds four bytes.
    fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).unwrap_or(u32::MAX));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend_from_slice(bytes);
    }
}
