//! Nothing acknowledged is lost: whoever certainly has a subscription from before a message came until it was
//! dealt with is owed it, at QoS 1 and 2 (sections 4.3, 4.5).

use super::{Exists, Interval, OPEN, Oracle};
use crate::simulation::ledger::{Message, NEVER, Number};
use crate::simulation::topics::{filters_of, is_shared};

impl Interval {
    /// Whether it certainly covers the time in which the message was dealt with.
    pub(super) fn surely_has(&self, message: &Message, client: usize) -> bool {
        self.certain
            && self.sure_from < message.fed_at
            && (self.until == OPEN || self.until > message.done_at)
            && !self.blocks(message, client)
    }

    /// Whether it covers any of the time in which the message may have been dealt with.
    pub(super) fn may_have(&self, message: &Message, client: usize) -> bool {
        self.from <= message.done_at && self.until >= message.fed_at && !self.blocks(message, client)
    }

    /// No Local ([MQTT-3.8.3-3]).
    fn blocks(&self, message: &Message, client: usize) -> bool {
        self.wanted.no_local && usize::from(message.publisher) == client
    }
}

impl Oracle {
    /// The broker has acknowledged a message, or nobody has to: from now on it has to arrive.
    pub(super) fn owe_to_all(&mut self, number: Number) {
        let turn = self.turn;
        let message = self.ledger.get_mut(number);
        message.accepted = true;
        if message.done_at == NEVER {
            message.done_at = turn;
        }
        // Nobody can tell which empty message has come.
        if message.qos == 0 || message.denied || message.clears {
            return;
        }
        let message = message.clone();
        for filter in filters_of(message.topic).iter().filter(|filter| is_shared(usize::from(**filter))) {
            self.owe_to_group(*filter, number, &message);
        }
        for client in 0..self.sessions.len() {
            // It may have gone out before the publisher was told.
            let session = &self.sessions[client];
            if session.copies(number) == 0
                && !session.may_have_done(number)
                && self.is_surely_owed(client, &message)
            {
                self.sessions[client].owe(number);
            }
        }
    }

    fn is_surely_owed(&self, client: usize, message: &Message) -> bool {
        let session = &self.sessions[client];
        // With RETAIN as it was published it cannot be told from a retained one.
        let as_published = || {
            let own =
                filters_of(message.topic).iter().flat_map(|filter| &session.intervals[usize::from(*filter)]);
            own.into_iter().any(|of| of.wanted.retain_as_published)
        };
        // With a rate nobody knows which of several times it was taken.
        if self.profile.rates && message.times > 1 {
            return false;
        }
        if session.exists != Exists::Yes || !session.takes(message) || message.retain && as_published() {
            return false;
        }
        let own = filters_of(message.topic).iter().filter(|filter| !is_shared(usize::from(**filter)));
        own.into_iter().any(|filter| {
            let intervals = &session.intervals[usize::from(*filter)];
            intervals.last().is_some_and(|of| of.wanted.qos > 0 && of.surely_has(message, client))
        })
    }

    /// Whether a session that outlives the process is owed this message, so that a record has to be made.
    pub(super) fn is_owed_to_somebody_kept(&self, number: Number) -> bool {
        let message = self.ledger.get(number);
        let mut message = message.clone();
        message.done_at = message.done_at.min(self.turn);
        (0..self.sessions.len())
            .any(|client| self.is_durable(client) && self.is_surely_owed(client, &message))
    }
}

impl super::Session {
    /// Whether every copy of the message is small enough for its client ([MQTT-3.1.2-25]).
    pub(super) fn takes(&self, message: &Message) -> bool {
        self.maximum_packet_size == 0 || message.size_at_most() <= self.maximum_packet_size
    }
}
