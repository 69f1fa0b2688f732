//! Messages from the server that are not done: PUBACK and PUBREC in the order of the messages, QoS 2 exactly
//! once by its identifiers (3.1.1 and 5.0 sections 4.3 and 4.6).

use alloc::collections::{BTreeMap, VecDeque};
use core::num::NonZeroU16;

use crate::client::state::State;
use crate::client::{RequestError, Ticket};
use crate::wire::{Acknowledgement, Packet, Properties, QoS, ReasonCode};

/// A QoS 2 identifier from its PUBLISH to its PUBREL.
#[derive(Debug)]
struct Open {
    /// Whether its PUBLISH came on this connection.
    on_this_connection: bool,
    /// The caller has not acknowledged the message yet.
    ticket: Option<Ticket>,
}

/// A PUBLISH of this connection without PUBACK or PUBREC.
#[derive(Debug)]
struct Unanswered {
    identifier: NonZeroU16,
    qos: QoS,
    /// What the caller will acknowledge it by; `None`: the answer may go as soon as those before it have.
    ticket: Option<Ticket>,
}

#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// Session state. At most 65,535.
    open: BTreeMap<NonZeroU16, Open>,
    /// In the order in which they came. A server of 5.0 may not send more than the Receive Maximum; one of an
    /// earlier version has 65,535 identifiers.
    unanswered: VecDeque<Unanswered>,
    /// What the server's window holds: QoS 1 before PUBACK, QoS 2 before PUBCOMP.
    on_this_connection: usize,
}

impl Incoming {
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn on_this_connection(&self) -> usize {
        self.on_this_connection
    }

    pub(super) fn connection_ended(&mut self) {
        self.on_this_connection = 0;
        self.unanswered.clear();
        for open in self.open.values_mut() {
            open.on_this_connection = false;
        }
    }

    /// A PUBLISH of QoS 1 or 2 came; whether it is a message to tell of.
    pub(super) fn came(&mut self, identifier: NonZeroU16, qos: QoS, ticket: Option<Ticket>) -> bool {
        if qos == QoS::AtLeastOnce {
            self.on_this_connection += 1;
            self.unanswered.push_back(Unanswered { identifier, qos, ticket });
            return true;
        }
        let Some(open) = self.open.get_mut(&identifier) else {
            self.on_this_connection += 1;
            self.open.insert(identifier, Open { on_this_connection: true, ticket });
            self.unanswered.push_back(Unanswered { identifier, qos, ticket });
            return true;
        };
        // It is the same message again, and it keeps its ticket.
        let ticket = open.ticket;
        let waits_already = open.on_this_connection && ticket.is_some();
        if !open.on_this_connection {
            open.on_this_connection = true;
            self.on_this_connection += 1;
        }
        if !waits_already {
            self.unanswered.push_back(Unanswered { identifier, qos, ticket });
        }
        false
    }

    /// A PUBREL came; whether its identifier was known.
    pub(super) fn released(&mut self, identifier: NonZeroU16) -> bool {
        let Some(open) = self.open.remove(&identifier) else { return false };
        if open.on_this_connection {
            self.on_this_connection = self.on_this_connection.saturating_sub(1);
        }
        if open.ticket.is_some() {
            // The server did not wait for PUBREC: there is nothing left to acknowledge.
            self.unanswered.retain(|one| one.identifier != identifier || one.qos != QoS::ExactlyOnce);
        }
        true
    }

    /// The caller acknowledges; whether there was something to acknowledge.
    fn acknowledged(&mut self, ticket: Ticket) -> bool {
        let ticket = Some(ticket);
        let waiting = self.unanswered.iter_mut().find(|one| one.ticket == ticket);
        let known = waiting.is_some();
        if let Some(one) = waiting {
            one.ticket = None;
            if one.qos == QoS::AtLeastOnce {
                return true;
            }
        }
        // Also one of an earlier connection, that the server has not sent again yet.
        match self.open.values_mut().find(|open| open.ticket == ticket) {
            Some(open) => {
                open.ticket = None;
                true
            }
            None => known,
        }
    }

    /// The next PUBLISH to answer.
    fn next_answer(&mut self) -> Option<(NonZeroU16, QoS)> {
        let one = self.unanswered.pop_front_if(|one| one.ticket.is_none())?;
        if one.qos == QoS::AtLeastOnce {
            self.on_this_connection = self.on_this_connection.saturating_sub(1);
        }
        Some((one.identifier, one.qos))
    }
}

impl State {
    pub(super) fn acknowledge(&mut self, ticket: Ticket) -> Result<(), RequestError> {
        if !self.incoming.acknowledged(ticket) {
            return Err(RequestError::NothingToAcknowledge);
        }
        self.send_answers();
        Ok(())
    }

    /// PUBACK and PUBREC for all up to the first one that the caller has to acknowledge.
    pub(super) fn send_answers(&mut self) {
        while let Some((packet_identifier, qos)) = self.incoming.next_answer() {
            let properties = Properties::EMPTY;
            let answer = Acknowledgement { packet_identifier, reason: ReasonCode::Success, properties };
            self.send_small(&match qos {
                QoS::ExactlyOnce => Packet::Pubrec(answer),
                QoS::AtMostOnce | QoS::AtLeastOnce => Packet::Puback(answer),
            });
        }
    }
}
