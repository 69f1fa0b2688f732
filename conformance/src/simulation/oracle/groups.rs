//! Each message of a shared subscription goes to one of its group (sections 4.8.2 of 5.0).

use std::collections::{BTreeMap, BTreeSet};

use super::{Checked, Exists, Oracle};
use crate::simulation::ledger::{Message, Number};
use crate::simulation::topics::{FILTERS, is_shared};

/// What a group is owed, and who had what.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Messages that have to reach somebody.
    pub owed: Vec<Number>,
    /// Messages that somebody had before they were owed.
    seen: BTreeSet<Number>,
    /// Who had a message: the client, the number of its session, and at which QoS.
    owners: BTreeMap<Number, (usize, u32, u8)>,
}

impl Group {
    /// Somebody has it.
    pub(super) fn settle(&mut self, number: Number) {
        if let Ok(place) = self.owed.binary_search(&number) {
            self.owed.remove(place);
        } else {
            self.seen.insert(number);
            if self.seen.len() > 1_000 {
                self.seen.pop_first();
            }
        }
    }
}

impl Oracle {
    /// The message is for this group, if it certainly has a member who takes it.
    pub(super) fn owe_to_group(&mut self, filter: u8, number: Number, message: &Message) {
        // With RETAIN as it was published, a copy cannot be told from a retained message.
        if message.retain {
            return;
        }
        let mut certain = false;
        for (client, session) in self.sessions.iter().enumerate() {
            for interval in session.intervals[usize::from(filter)].iter().rev().take(2) {
                if !interval.may_have(message, client) {
                    continue;
                }
                // Whoever may get it at QoS 0, or not at all, may be the one.
                if interval.wanted.qos == 0 || !session.takes(message) {
                    return;
                }
                certain |= session.exists == Exists::Yes && interval.surely_has(message, client);
            }
        }
        let group = &mut self.groups[usize::from(filter)];
        let is_new = certain && !group.owners.contains_key(&number) && !group.seen.contains(&number);
        if let (true, Err(place)) = (is_new, group.owed.binary_search(&number)) {
            group.owed.insert(place, number);
        }
    }

    /// A member has a message of its group. Another one may only if that one's session ended, and nobody at QoS 2
    /// ([MQTT-4.8.2-4], [MQTT-4.8.2-5]).
    pub(super) fn group_has(&mut self, filter: u8, client: usize, number: Number, qos: u8) -> Checked {
        let generation = self.sessions[client].generation;
        let message = self.ledger.get(number);
        let again = message.times > 1 || message.crashed && message.qos < 2;
        let before = self.groups[usize::from(filter)].owners.insert(number, (client, generation, qos));
        let Some((other, of, at)) = before.filter(|(other, of, _)| (*other, *of) != (client, generation))
        else {
            return Ok(());
        };
        let ended = self.sessions[other].generation != of;
        if again || at == 1 && ended {
            return Ok(());
        }
        Err(format!(
            "message {number} of {} reached client {client} at QoS {qos} after client {other}",
            FILTERS[usize::from(filter)]
        ))
    }

    /// A session ends: what was started at QoS 2 and not seen may have ended with it.
    pub(super) fn lose_to_groups(&mut self, client: usize) {
        let session = &self.sessions[client];
        if !session.unseen && session.online.is_none() && !self.profile.short_queues {
            return;
        }
        for filter in (0..FILTERS.len()).filter(|filter| is_shared(*filter)) {
            if session.intervals[filter].is_empty() {
                continue;
            }
            let ledger = &self.ledger;
            self.groups[filter].owed.retain(|number| ledger.get(*number).qos < 2);
        }
    }

    /// Somebody left: a group without certain members is owed nothing.
    pub(super) fn end_empty_groups(&mut self) {
        for filter in (0..FILTERS.len()).filter(|filter| is_shared(*filter)) {
            if self.groups[filter].owed.is_empty() {
                continue;
            }
            let has_it = self.sessions.iter().any(|session| {
                session.exists == Exists::Yes
                    && session.open(filter as u8).is_some_and(|interval| interval.certain)
            });
            if !has_it {
                self.groups[filter].owed.clear();
            }
        }
    }

    /// After a crash: who was not kept has left, and with the last member the group ended.
    pub(super) fn groups_after_crash(&mut self) {
        for group in &mut self.groups {
            group.owners.retain(|number, _| self.ledger.get(*number).qos == 2);
        }
        self.end_empty_groups();
    }
}
