//! Checks that sweep over everything: now and then, and once all faults have ended.

use super::{Checked, Exists, Oracle};
use crate::simulation::topics::filters_of;

impl Oracle {
    /// What has to be true at any time.
    ///
    /// # Errors
    /// What is not.
    pub fn inspect(&self) -> Checked {
        self.check_wills()?;
        self.check_keep_alive()?;
        self.check_releases()?;
        self.check_punished()?;
        self.conns.keys().try_for_each(|link| {
            self.check_patience(*link)?;
            self.check_replays_of(*link)
        })
    }

    /// All faults have ended, everybody came back and had time: all that is owed has arrived.
    ///
    /// # Errors
    /// What did not.
    pub fn conclude(&self) -> Checked {
        self.inspect()?;
        for (client, session) in self.sessions.iter().enumerate() {
            if session.exists != Exists::Yes || session.online.is_none() {
                continue;
            }
            let missing = session.owed.iter().filter(|number| {
                let message = self.ledger.get(**number);
                message.is_due(self.now)
            });
            if missing.clone().count() as u64 > session.losses {
                let count = missing.clone().count();
                let all: Vec<_> = missing.take(5).map(|number| (*number, self.ledger.get(*number))).collect();
                return Err(format!(
                    "client {client} never got {count} messages, {all:?} (dropped: {}, in flight: {:?})",
                    session.losses, session.flights
                ));
            }
            if let Some(flight) = session.flights.iter().find(|of| !of.maybe) {
                return Err(format!("client {client}: {flight:?} never came to its end"));
            }
        }
        self.check_groups()?;
        self.check_replays()
    }

    /// Whether a copy at QoS 0, which has no row, may wait for a client that is away: one that was refused for want of
    /// memory is, to the end.
    pub fn may_wait_unrecorded(&self, payload: &[u8]) -> bool {
        let Ok(Some(number)) = self.ledger.find(payload) else { return false };
        let message = self.ledger.get(number);
        let waits = |client: usize| {
            let session = &self.sessions[client];
            let filters =
                filters_of(message.topic).iter().map(|filter| &session.intervals[usize::from(*filter)]);
            let mut intervals = filters.flatten().filter(|of| message.qos == 0 || of.wanted.qos == 0);
            session.exists != Exists::No
                && session.online.is_none()
                && intervals.any(|of| of.may_have(message, client))
        };
        self.profile.queues_qos0 && (0..self.sessions.len()).any(waits)
    }

    fn check_groups(&self) -> Checked {
        if self.dropped > 0 {
            return Ok(());
        }
        for (filter, group) in self.groups.iter().enumerate() {
            let missing = group.owed.iter().find(|number| self.ledger.get(**number).is_due(self.now));
            if let Some(number) = missing {
                let name = crate::simulation::topics::FILTERS[filter];
                return Err(format!("nobody of {name} ever got message {number}"));
            }
        }
        Ok(())
    }
}
