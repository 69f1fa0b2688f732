//! Nothing to one who has no matching subscription or no right; QoS 0 and 2 exactly once, QoS 1 once for each time
//! that the broker got it; at the QoS and with the identifiers of the subscriptions (sections 3.3, 3.8, 4.3).

use super::{Checked, Interval, Oracle};
use crate::simulation::ledger::{Message, Number};
use crate::simulation::topics::{filters_of, is_shared};
use crate::wire::Publish;

/// What may be said about a copy, by the subscriptions that it may be for.
#[derive(Debug, Default)]
struct Grounds {
    /// Subscriptions of its own.
    own: u8,
    /// Groups that it is in.
    groups: Vec<u8>,
    /// The highest QoS that any of them asked for.
    qos: u8,
    /// All of them are certain, and were neither made nor ended while the message was dealt with.
    clear: bool,
    /// Their identifiers.
    identifiers: Vec<u32>,
    /// One wants RETAIN as it was published.
    retain: bool,
    /// All want it.
    retain_always: bool,
}

impl Oracle {
    /// A first copy of a message, which is not a retained one that was asked for.
    pub(super) fn live_copy(&mut self, client: usize, number: Number, publish: &Publish) -> Checked {
        let message = self.ledger.get(number).clone();
        if message.denied {
            return Err(format!("message {number}, which was refused, reached client {client}"));
        }
        let grounds = self.grounds(client, &message);
        if grounds.own == 0 && grounds.groups.is_empty() {
            return Err(format!(
                "message {number} on {} reached client {client}, which has no subscription for it",
                message.topic_name()
            ));
        }
        // With short memory a subscription may have been refused by closing the connection.
        if !self.profile.short_memory {
            let most = if self.profile.is_poor() { 1 } else { 2 };
            check_grounds(&grounds, &message, number, publish, most)?;
        }
        let copies = self.sessions[client].count(number);
        let each = usize::from(grounds.own.min(1)) + grounds.groups.len();
        let most = each * usize::from(message.times.max(1));
        if usize::from(copies) > most {
            return Err(format!(
                "message {number} (QoS {}) came {copies} times to client {client} at QoS {}, {most} at most",
                message.qos, publish.qos
            ));
        }
        if let (0, [group]) = (grounds.own, &grounds.groups[..]) {
            self.group_has(*group, client, number, publish.qos)?;
        }
        for group in &grounds.groups {
            self.groups[usize::from(*group)].settle(number);
        }
        self.sessions[client].settle(number);
        if grounds.groups.is_empty() && !publish.duplicate {
            self.check_order(client, number, publish.qos)?;
        }
        Ok(())
    }

    fn grounds(&self, client: usize, message: &Message) -> Grounds {
        let mut grounds = Grounds { clear: !self.profile.rates, retain_always: true, ..Grounds::default() };
        let session = &self.sessions[client];
        for filter in filters_of(message.topic) {
            let all = &session.intervals[usize::from(*filter)];
            let shared = is_shared(usize::from(*filter));
            let mut found = false;
            for interval in all.iter().rev() {
                // With a rate, what was said may be handled much later.
                let late = if self.profile.rates { 50_000 } else { 0 };
                if interval.until.saturating_add(late) < message.fed_at {
                    break;
                }
                // What a group is owed may be handed on to one who came later.
                if !(interval.may_have(message, client)
                    || late > 0
                    || shared && interval.from > message.done_at)
                {
                    continue;
                }
                found = true;
                grounds.add(interval, !shared && interval.surely_has(message, client));
            }
            match (found, shared) {
                (true, true) => grounds.groups.push(*filter),
                (true, false) => grounds.own += 1,
                _ => {}
            }
        }
        grounds
    }

    /// Whether a client has, or had, a subscription that covers a topic.
    pub(super) fn has_or_had(&self, client: usize, topic: u16) -> bool {
        filters_of(topic)
            .iter()
            .any(|filter| !self.sessions[client].intervals[usize::from(*filter)].is_empty())
    }
}

impl Grounds {
    fn add(&mut self, interval: &Interval, certain: bool) {
        let wanted = &interval.wanted;
        self.clear &= certain;
        self.qos = self.qos.max(wanted.qos);
        self.retain |= wanted.retain_as_published;
        self.retain_always &= wanted.retain_as_published;
        if wanted.identifier != 0 && !self.identifiers.contains(&wanted.identifier) {
            self.identifiers.push(wanted.identifier);
        }
    }
}

fn check_grounds(
    grounds: &Grounds,
    message: &Message,
    number: Number,
    publish: &Publish,
    most: u8,
) -> Checked {
    // With a share in a group and a subscription of its own, a copy may be for either.
    let clear = grounds.clear && (grounds.own == 0) != grounds.groups.is_empty() && grounds.groups.len() < 2;
    let qos = grounds.qos.min(message.qos).min(most);
    if publish.qos > qos || clear && publish.qos != qos && message.times < 2 {
        return Err(format!("message {number} comes at QoS {}, it should at {qos}", publish.qos));
    }
    if publish.retain && !(message.retain && grounds.retain) {
        return Err(format!("message {number} comes with RETAIN 1 to a subscription that was there before"));
    }
    if clear && message.retain && grounds.retain_always && !publish.retain {
        return Err(format!("message {number} comes with RETAIN 0, the subscription wants it as published"));
    }
    // One that stands for several subscriptions may stand there several times.
    let mut identifiers = publish.identifiers();
    identifiers.dedup();
    let unknown = identifiers.iter().find(|of| !grounds.identifiers.contains(of));
    if let Some(unknown) = unknown {
        return Err(format!("message {number} comes with Subscription Identifier {unknown}"));
    }
    if clear && grounds.identifiers.len() != identifiers.len() {
        return Err(format!(
            "message {number} comes with Subscription Identifiers {identifiers:?}, not {:?}",
            grounds.identifiers
        ));
    }
    Ok(())
}
