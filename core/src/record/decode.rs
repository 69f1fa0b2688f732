//! Bytes to rows, believing nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use super::encode::{FORMAT, checksum, kind};
use super::{
    FanOutRow, MessageRow, QueuedRow, ReplayRow, RetainedRow, Row, SessionRow, SubscriptionRow, WillRow,
};
use crate::time::Instant;
use crate::version::ProtocolVersion;
use crate::wire::{Properties, PropertyContext, QoS, Sender, SubscriptionOptions};

/// Why bytes are not a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damaged {
    /// The checksum does not fit: the bytes changed since they were written, or were cut.
    Checksum,
    /// A format version that this build does not know.
    UnknownFormat(u8),
    /// The checksum fits but the fields make no sense: written by something else.
    Nonsense,
}

impl core::fmt::Display for Damaged {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Checksum => f.write_str("the checksum of a stored row does not fit its bytes"),
            Self::UnknownFormat(format) => write!(
                f,
                "a stored row has format version {format}, this build knows version {FORMAT}: \
                 use the build that wrote it, or export and import"
            ),
            Self::Nonsense => f.write_str("a stored row has fields that make no sense"),
        }
    }
}

impl core::error::Error for Damaged {}

pub(super) fn row(bytes: &[u8]) -> Result<Row, Damaged> {
    let (body, sum) = bytes.split_last_chunk::<8>().ok_or(Damaged::Checksum)?;
    if checksum(body) != u64::from_le_bytes(*sum) {
        return Err(Damaged::Checksum);
    }
    let mut input = Reader(body);
    match input.u8() {
        Some(FORMAT) => {}
        Some(format) => return Err(Damaged::UnknownFormat(format)),
        None => return Err(Damaged::Nonsense),
    }
    let row = fields(&mut input).ok_or(Damaged::Nonsense)?;
    if input.0.is_empty() { Ok(row) } else { Err(Damaged::Nonsense) }
}

fn fields(input: &mut Reader<'_>) -> Option<Row> {
    Some(match input.u8()? {
        kind::SESSION => Row::Session(session(input)?),
        kind::WILL => Row::Will(will(input)?),
        kind::SUBSCRIPTION => Row::Subscription(subscription(input)?),
        kind::MESSAGE => Row::Message(message(input)?),
        kind::QUEUED => Row::Queued(queued(input)?),
        kind::INCOMING => Row::Incoming { session: input.u64()?, packet_identifier: input.u16()? },
        kind::RETAINED => Row::Retained(RetainedRow {
            topic: input.text()?,
            message: input.u64()?,
            publisher: input.text()?,
            stamp: input.u64()?,
        }),
        kind::FAN_OUT => Row::FanOut(FanOutRow {
            fan_out: input.u64()?,
            message: input.u64()?,
            after: input.u64()?,
            until: input.u64()?,
            publisher: input.u64()?,
        }),
        kind::REPLAY => Row::Replay(replay(input)?),
        _ => return None,
    })
}

fn session(input: &mut Reader<'_>) -> Option<SessionRow> {
    Some(SessionRow {
        session: input.u64()?,
        client_identifier: input.text()?,
        version: match input.u8()? {
            3 => ProtocolVersion::V3_1,
            4 => ProtocolVersion::V3_1_1,
            5 => ProtocolVersion::V5_0,
            _ => return None,
        },
        expiry_interval_seconds: input.u32()?,
        closed_at: match input.u64()? {
            0 => None,
            micros => Some(Instant::from_micros(micros)),
        },
    })
}

fn will(input: &mut Reader<'_>) -> Option<WillRow> {
    Some(WillRow {
        session: input.u64()?,
        topic: input.text()?,
        payload: input.bytes()?.into(),
        properties: input.properties(PropertyContext::Will)?,
        qos: input.qos()?,
        retain: input.flag()?,
        delay_seconds: input.u32()?,
        message_expiry_seconds: {
            let present = input.flag()?;
            let seconds = input.u32()?;
            present.then_some(seconds)
        },
    })
}

fn subscription(input: &mut Reader<'_>) -> Option<SubscriptionRow> {
    Some(SubscriptionRow {
        session: input.u64()?,
        filter: input.text()?,
        options: SubscriptionOptions::from_bits(input.u8()?)?,
        identifier: input.u32()?,
    })
}

fn message(input: &mut Reader<'_>) -> Option<MessageRow> {
    Some(MessageRow {
        message: input.u64()?,
        topic: input.text()?,
        payload: Bytes::copy_from_slice(input.bytes()?),
        properties: input.properties(PropertyContext::Publish(Sender::Server))?,
        qos: input.qos()?,
        retain: input.flag()?,
        expires_at: Instant::from_micros(input.u64()?),
    })
}

fn queued(input: &mut Reader<'_>) -> Option<QueuedRow> {
    Some(QueuedRow {
        entry: input.u64()?,
        session: input.u64()?,
        message: input.u64()?,
        qos: input.qos()?,
        retain: input.flag()?,
        packet_identifier: input.u16()?,
        identifiers: {
            let count = input.u32()?;
            (0..count).map(|_| input.u32()).collect::<Option<Vec<u32>>>()?.into_boxed_slice()
        },
        group: input.text()?,
    })
}

fn replay(input: &mut Reader<'_>) -> Option<ReplayRow> {
    Some(ReplayRow {
        session: input.u64()?,
        filter: input.text()?,
        options: SubscriptionOptions::from_bits(input.u8()?)?,
        identifier: input.u32()?,
        before: input.u64()?,
        after: {
            let present = input.flag()?;
            let topic = input.text()?;
            present.then_some(topic)
        },
        early: {
            let count = input.u32()?;
            (0..count).map(|_| input.text()).collect::<Option<Vec<Box<str>>>>()?.into_boxed_slice()
        },
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn qos(&mut self) -> Option<QoS> {
        self.u8().and_then(QoS::from_bits)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn text(&mut self) -> Option<Box<str>> {
        core::str::from_utf8(self.bytes()?).ok().map(Box::from)
    }

    fn properties(&mut self, context: PropertyContext) -> Option<Box<[u8]>> {
        let bytes = self.bytes()?;
        Properties::from_bytes(bytes, context).ok().map(|_| bytes.into())
    }
}
