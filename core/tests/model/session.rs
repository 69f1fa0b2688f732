//! What a broker has to remember of one client (5.0 section 4.1, 3.1.1 section 3.1.2.4).

use std::collections::{BTreeMap, BTreeSet};

use super::delivery::Delivery;

/// Of a Session Expiry Interval.
pub(crate) const FOR_EVER: u32 = u32::MAX;

/// A subscription, by its options (5.0 section 3.8.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) qos: u8,
    pub(crate) no_local: bool,
    pub(crate) retain_as_published: bool,
    pub(crate) retain_handling: u8,
    pub(crate) identifier: Option<u32>,
}

/// Of a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Will {
    pub(crate) topic: usize,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) delay_seconds: u32,
}

/// What is owed for a message that has a packet identifier (5.0 section 4.3, figures 4.2 and 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// PUBLISH was sent: PUBACK or PUBREC has to come.
    Publish,
    /// PUBREL was sent: PUBCOMP has to come.
    Release,
}

#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    pub(crate) delivery: Delivery,
    pub(crate) stage: Stage,
    /// On this connection.
    pub(crate) sent: bool,
    /// Its PUBLISH was sent on this connection: it counts against the Receive Maximum until it is done with
    /// (5.0 section 4.9).
    pub(crate) counts: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    pub(crate) connected: bool,
    /// When its connection ended, in milliseconds.
    pub(crate) since: u64,
    pub(crate) expiry_seconds: u32,
    pub(crate) will: Option<(Will, String)>,
    pub(crate) subscriptions: BTreeMap<&'static str, Subscription>,
    pub(crate) in_flight: Vec<InFlight>,
    pub(crate) queue: Vec<Delivery>,
    /// QoS 2 packet identifiers that PUBREL did not come for.
    pub(crate) incoming: BTreeSet<u16>,
    pub(crate) receive_maximum: usize,
    /// How many messages may have an identifier: a limit of the broker's own.
    pub(crate) in_flight_maximum: usize,
}

impl Session {
    /// When it ends if nobody comes back.
    pub(crate) fn ends_at(&self) -> u64 {
        match self.expiry_seconds {
            FOR_EVER => u64::MAX,
            seconds => self.since + u64::from(seconds) * 1_000,
        }
    }

    /// When its will goes out: when the delay or the session is over ([MQTT-3.1.2-8], [MQTT-3.1.3-9]).
    pub(crate) fn will_at(&self) -> u64 {
        let delay = |(will, _): &(Will, String)| self.since + u64::from(will.delay_seconds) * 1_000;
        self.will.as_ref().map_or(u64::MAX, |will| delay(will).min(self.ends_at()))
    }

    /// A connection begins.
    pub(crate) fn resumed(&mut self) {
        self.connected = true;
        for entry in &mut self.in_flight {
            (entry.sent, entry.counts) = (false, false);
        }
    }

    /// How many more PUBLISH packets may be sent above QoS 0 ([MQTT-3.3.4-9]).
    pub(crate) fn quota(&self) -> usize {
        self.receive_maximum.saturating_sub(self.in_flight.iter().filter(|entry| entry.counts).count())
    }

    /// How many new messages may be sent: none before all that is to be sent again.
    pub(crate) fn new_quota(&self) -> usize {
        if self.in_flight.iter().any(|entry| !entry.sent) {
            return 0;
        }
        self.quota().min(self.in_flight_maximum.saturating_sub(self.in_flight.len()))
    }

    /// Takes what may be sent now: what is sent again, and what is new. PUBREL is never held back.
    pub(crate) fn sends(&mut self, now: u64) -> (Vec<Delivery>, Vec<Delivery>, usize) {
        let (mut again, mut new, mut releases) = (Vec::new(), Vec::new(), 0);
        let mut quota = self.quota();
        for entry in self.in_flight.iter_mut().filter(|entry| !entry.sent) {
            if entry.stage == Stage::Release {
                entry.sent = true;
                releases += 1;
            } else if quota > 0 {
                (entry.sent, entry.counts) = (true, true);
                again.push(entry.delivery.clone());
                quota -= 1;
            }
        }
        while self.new_quota() > 0 && !self.queue.is_empty() {
            let delivery = self.queue.remove(0);
            // [MQTT-3.3.2-5]; what was sent once is sent again all the same.
            if delivery.expiry.is_some_and(|expires_at| expires_at < now) {
                continue;
            }
            new.push(delivery.clone());
            self.in_flight.push(InFlight { delivery, stage: Stage::Publish, sent: true, counts: true });
        }
        (again, new, releases)
    }
}
