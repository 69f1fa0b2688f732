//! The wills of a client, and whether each of them has to be published.

use hushwing_core::Instant;

use super::Client;
use super::knowledge::NEVER;

/// What has to become of a will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// CONNECT was sent: nobody can know.
    Unknown,
    /// CONNACK came: it goes out unless it is taken back.
    Armed,
    /// The connection is gone, the delay runs.
    Pending,
    /// A CONNECT that takes it back is on its way.
    Resuming,
    /// The delay passed before that CONNECT, but the broker may die before anybody has seen the will.
    Elapsed,
    /// It has to be published.
    Due,
    /// It must not be published.
    Never,
    /// Both would be right.
    Open,
}

/// The will of one CONNECT.
#[derive(Clone, Debug)]
pub struct Will {
    /// Its number in the ledger.
    pub message: u32,
    /// Will Delay Interval.
    pub delay_seconds: u32,
    /// What has to become of it.
    pub fate: Fate,
}

impl Client {
    /// The will of the connection at hand.
    fn current_will(&mut self) -> Option<&mut Will> {
        self.wills.last_mut().filter(|will| matches!(will.fate, Fate::Unknown | Fate::Armed))
    }

    /// CONNECT was accepted (or refused, and a will with it).
    pub(super) fn will_accepted(&mut self, accepted: bool) {
        let fate = if accepted { Fate::Armed } else { Fate::Never };
        if let Some(will) = self.current_will() {
            will.fate = fate;
        }
    }

    /// A CONNECT goes out while earlier wills may wait. `broker_knows`: the broker certainly saw the end of
    /// every connection of this client, and its clock has run since.
    pub(super) fn wills_at_connect(&mut self, now: Instant, clean: bool, broker_knows: bool) {
        let closed_by = self.session.closed_by;
        for will in self.wills.iter_mut().filter(|will| will.fate == Fate::Pending) {
            let passed = broker_knows && now > closed_by.after_seconds(will.delay_seconds.into());
            will.fate = match (clean, passed) {
                (true, _) => Fate::Due,
                (false, true) => Fate::Elapsed,
                (false, false) => Fate::Resuming,
            };
        }
    }

    /// A session goes on, or could not: wills that wait are taken back ([MQTT-3.1.3-9] of 5.0).
    pub(super) fn wills_at_connack(&mut self, now: Instant, session_present: bool) {
        let (low, lost_at) = (self.session.expiry_seconds.0, self.session.lost_at);
        for will in self.wills.iter_mut().filter(|will| will.fate == Fate::Elapsed) {
            // CONNACK waits for whatever was recorded before it.
            will.fate = Fate::Due;
        }
        for will in self.wills.iter_mut().filter(|will| will.fate == Fate::Resuming) {
            let seconds = will.delay_seconds.min(low);
            let in_time = seconds == NEVER || now < lost_at.after_seconds(seconds.into());
            will.fate = if session_present && in_time { Fate::Never } else { Fate::Open };
        }
    }

    /// The connection is gone. `taken_back`: the broker closed it because of DISCONNECT with code 0.
    pub(super) fn wills_at_loss(&mut self, taken_back: bool, asked_back: bool) {
        let high = self.session.expiry_seconds.1;
        let under_way = |will: &&mut Will| matches!(will.fate, Fate::Resuming | Fate::Elapsed);
        self.wills.iter_mut().filter(under_way).for_each(|will| will.fate = Fate::Open);
        let Some(will) = self.current_will() else { return };
        will.fate = match (taken_back, asked_back, will.fate) {
            (true, ..) => Fate::Never,
            (false, true, _) | (_, _, Fate::Unknown) => Fate::Open,
            _ if will.delay_seconds == 0 || high == 0 => Fate::Due,
            _ => Fate::Pending,
        };
    }
}
