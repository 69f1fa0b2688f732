//! Publications on their way to the server: the queue, and what is in flight.

use alloc::collections::VecDeque;
use core::num::NonZeroU16;

use crate::client::packet_identifier::Use;
use crate::client::publication::{Publication, Stored};
use crate::client::state::State;
use crate::client::topic_alias::PublishEncoder;
use crate::client::{Failure, RequestError, Ticket};
use crate::time::Instant;
use crate::wire::{Packet, QoS, ReasonCode, TooLarge};

/// A PUBLISH that was sent, and that PUBACK or PUBREC has not answered.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) identifier: NonZeroU16,
    pub(super) message: Stored,
}

/// A PUBREL that PUBCOMP has not answered.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) identifier: NonZeroU16,
    /// `None`: the caller was told already that it failed.
    pub(super) ticket: Option<Ticket>,
    /// What PUBREC said.
    pub(super) reason: ReasonCode,
    /// Whether its PUBLISH was sent on this connection and still holds a place in the window.
    pub(super) in_window: bool,
}

/// All of them. What is in flight is session state (3.1.1 and 5.0 section 4.1).
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub(super) queue: VecDeque<Stored>,
    queue_bytes: usize,
    /// Nothing of the queue expires before. It may have been sent since.
    pub(super) next_expiry: Option<Instant>,
    /// In the order of their first sending: the order to resend them in.
    pub(super) publishes: VecDeque<InFlight>,
    /// How many of `publishes`, from the front, were sent on this connection.
    pub(super) sent: usize,
    /// In the order of the PUBRECs.
    pub(super) releases: VecDeque<Release>,
    /// Places taken of the server's Receive Maximum.
    pub(super) window: usize,
}

impl Outgoing {
    /// Publications that are not done.
    pub(super) fn unfinished(&self) -> usize {
        self.queue.len() + self.in_flight()
    }

    /// Publications that were never sent.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.publishes.len() + self.releases.len()
    }

    /// Adds what is counted already to the end of the queue.
    pub(super) fn append(&mut self, stored: Stored) {
        let both = self.next_expiry.into_iter().chain(stored.expires_at());
        self.next_expiry = both.min();
        self.queue.push_back(stored);
    }

    /// It is in the queue no more.
    pub(super) fn leave_queue(&mut self, stored: &Stored) {
        self.queue_bytes = self.queue_bytes.saturating_sub(stored.publication().cost_bytes());
    }

    pub(super) fn leave_window(&mut self) {
        self.window = self.window.saturating_sub(1);
    }
}

impl State {
    /// Takes a publication: it goes out at once if nothing is before it, else into the queue.
    pub(super) fn publish(&mut self, publication: &Publication<'_>) -> Result<Ticket, RequestError> {
        publication.check(self.version())?;
        if !self.is_connected() {
            return self.enqueue(publication);
        }
        publication.check_server(&self.server)?;
        if self.outgoing.queued() > 0 || !self.may_start(publication.qos) {
            self.check_size(&Packet::Publish(publication.packet(false, Some(NonZeroU16::MAX))))?;
            return self.enqueue(publication);
        }
        let identifier = self.send_first(publication, None)?;
        let ticket = self.next_ticket();
        if let Some(identifier) = identifier {
            self.keep(identifier, Stored::new(ticket, self.now, publication));
        }
        Ok(ticket)
    }

    fn enqueue(&mut self, publication: &Publication<'_>) -> Result<Ticket, RequestError> {
        let bytes = self.outgoing.queue_bytes.saturating_add(publication.cost_bytes());
        let messages = u32::try_from(self.outgoing.queued()).unwrap_or(u32::MAX);
        if bytes > self.options.limits.queue_bytes || messages >= self.options.limits.queue_messages {
            return Err(RequestError::QueueFull);
        }
        let ticket = self.next_ticket();
        self.outgoing.queue_bytes = bytes;
        self.outgoing.append(Stored::new(ticket, self.now, publication));
        Ok(ticket)
    }

    /// Sends what may be sent now: first what has to be sent again, then the queue.
    pub(super) fn pump(&mut self) {
        while self.is_connected() && self.below_mark() {
            let again = self.outgoing.sent < self.outgoing.publishes.len();
            let went_on = if again { self.resend_next() } else { self.start_next() };
            if !went_on {
                break;
            }
        }
    }

    fn below_mark(&self) -> bool {
        self.transmit.len() < self.options.limits.transmit_mark_bytes.max(1)
    }

    pub(super) fn window_is_open(&self) -> bool {
        // [MQTT-3.3.4-7]: never more than the server's Receive Maximum.
        let most = self.server.receive_maximum.min(self.options.limits.in_flight_maximum.max(1));
        self.outgoing.window < usize::from(most)
    }

    /// Whether a publication may go out for the first time. The standard lets QoS 0 pass a closed window;
    /// here the queue keeps the order of the caller instead.
    fn may_start(&self, qos: QoS) -> bool {
        if !self.below_mark() || self.outgoing.sent < self.outgoing.publishes.len() {
            return false;
        }
        let most = usize::from(self.options.limits.in_flight_maximum.max(1));
        let room = self.outgoing.in_flight() < most && self.identifiers.any_free();
        qos == QoS::AtMostOnce || (self.window_is_open() && room)
    }

    /// Sends the oldest of the queue for the first time; `false` if it has to wait.
    fn start_next(&mut self) -> bool {
        let front = self.outgoing.queue.front();
        if !front.is_some_and(|stored| self.may_start(stored.publication().qos)) {
            return false;
        }
        let Some(stored) = self.outgoing.queue.pop_front() else { return false };
        self.outgoing.leave_queue(&stored);
        let publication = stored.publication();
        let expiry = stored.remaining_expiry_seconds(self.now);
        // It may have been queued before this server was known.
        let sent =
            publication.check_server(&self.server).and_then(|()| self.send_first(&publication, expiry));
        match sent {
            Ok(None) => {}
            Ok(Some(identifier)) => self.keep(identifier, stored),
            Err(error) => self.failed(stored.ticket, Failure::Refused(error)),
        }
        true
    }

    /// Encodes a PUBLISH with DUP 0 and gives the identifier that it took, for QoS 1 and 2.
    fn send_first(
        &mut self,
        publication: &Publication<'_>,
        expiry_seconds: Option<u32>,
    ) -> Result<Option<NonZeroU16>, RequestError> {
        let answer = match publication.qos {
            QoS::AtMostOnce => None,
            QoS::AtLeastOnce => Some(Use::Puback),
            QoS::ExactlyOnce => Some(Use::Pubrec),
        };
        let mut identifier = None;
        if let Some(answer) = answer {
            identifier = Some(self.identifiers.allocate(answer).ok_or(RequestError::TooManyRequests)?);
        }
        let packet = publication.packet(false, identifier);
        match self.publish_encoder().encode(&packet, expiry_seconds) {
            Ok(()) => {
                self.keep_alive.sent(self.now);
                Ok(identifier)
            }
            Err(TooLarge) => {
                identifier.into_iter().for_each(|identifier| self.identifiers.free(identifier));
                Err(RequestError::PacketTooLarge)
            }
        }
    }

    fn publish_encoder(&mut self) -> PublishEncoder<'_> {
        PublishEncoder {
            version: self.options.version,
            server: &self.server,
            aliases_maximum: self.options.limits.topic_aliases_maximum,
            aliases: &mut self.aliases,
            transmit: &mut self.transmit,
        }
    }

    fn keep(&mut self, identifier: NonZeroU16, message: Stored) {
        self.outgoing.publishes.push_back(InFlight { identifier, message });
        self.outgoing.sent += 1;
        self.outgoing.window += 1;
    }
}
