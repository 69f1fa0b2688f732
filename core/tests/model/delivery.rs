//! What is published, and what a client is told.

use std::cmp::Ordering;
use std::collections::BTreeSet;

/// An application message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    /// Every message has another one, unless it is empty.
    pub(crate) payload: String,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    /// Whose it is.
    pub(crate) publisher: usize,
    /// Message Expiry Interval.
    /// When its Message Expiry Interval is over, in milliseconds; and the interval.
    pub(crate) expiry: Option<(u64, u32)>,
}

/// A copy of it, as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Delivery {
    pub(crate) topic: String,
    pub(crate) payload: String,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    /// Subscription Identifiers.
    pub(crate) identifiers: BTreeSet<u32>,
    /// What is left of its Message Expiry Interval; before it is sent: when that is over, in milliseconds.
    pub(crate) expiry: Option<u64>,
}

impl Delivery {
    /// Whether it is the same but for its expiry, of which less is left when it is sent again.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let of = |delivery: &Self| Self { expiry: None, ..delivery.clone() };
        of(self) == of(other)
    }
}

/// A packet that the broker sent, apart from what is compared in other ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Connack {
        session_present: bool,
        code: u8,
    },
    Suback(Vec<u8>),
    Unsuback(Vec<u8>),
    Puback {
        packet_identifier: u16,
        code: u8,
    },
    Pubrec {
        packet_identifier: u16,
        code: u8,
    },
    Pubcomp {
        packet_identifier: u16,
        code: u8,
    },
    Disconnect(u8),
    /// The connection was closed.
    Closed,
}

/// What one client was told since it was last looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) answers: Vec<Answer>,
    /// Messages that are sent for the first time.
    pub(crate) new: Vec<Delivery>,
    /// Messages that are sent again.
    pub(crate) again: Vec<Delivery>,
    /// PUBREL, first ones and others.
    pub(crate) releases: usize,
}

impl Told {
    /// Takes the order out that the standard says nothing about: it has one for each topic and QoS (5.0 section 4.6),
    /// and for what is sent again ([MQTT-4.4.0-1]), but none for the retained messages of one subscription.
    pub(crate) fn sorted(mut self) -> Self {
        self.new.sort_by(|one, other| {
            let key = |of: &Delivery| (of.retain, of.topic.clone(), of.qos);
            key(one).cmp(&key(other)).then(if one.retain { one.cmp(other) } else { Ordering::Equal })
        });
        self.again.sort_by(|one, other| {
            one.retain.cmp(&other.retain).then(if one.retain { one.cmp(other) } else { Ordering::Equal })
        });
        self
    }
}
