//! What the server answers to publications: PUBACK, PUBREC, PUBCOMP (3.1.1 and 5.0 section 4.3).

use core::num::NonZeroU16;

use crate::client::outgoing::{InFlight, Release};
use crate::client::packet_identifier::Use;
use crate::client::receive::Handled;
use crate::client::state::State;
use crate::client::{CloseReason, Event};
use crate::violation::Violation;
use crate::wire::{Acknowledgement, Packet, PacketType, Properties, ReasonCode};

const WRONG_KIND: CloseReason<'static> = CloseReason::Violation(Violation::AcknowledgementOfWrongKind);

impl State {
    pub(super) fn handle_puback<'a>(
        &mut self,
        puback: Acknowledgement<'a>,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        match self.identifiers.get(puback.packet_identifier) {
            // It was answered on an earlier connection, or it never was there: the standard asks for nothing.
            None => Ok(Handled::Nothing),
            Some(Use::Puback) => Ok(self.publish_done(puback)),
            Some(_) => Err(WRONG_KIND),
        }
    }

    pub(super) fn handle_pubrec<'a>(
        &mut self,
        pubrec: Acknowledgement<'a>,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        let identifier = pubrec.packet_identifier;
        match self.identifiers.get(identifier) {
            None => self.send_pubrel(identifier, ReasonCode::PacketIdentifierNotFound),
            Some(Use::Pubrec) if pubrec.reason.is_error() => return Ok(self.publish_done(pubrec)),
            Some(Use::Pubrec) => {
                self.release(identifier, pubrec.reason);
                self.send_pubrel(identifier, ReasonCode::Success);
            }
            Some(Use::Pubcomp) => self.send_pubrel(identifier, ReasonCode::Success),
            Some(_) => return Err(WRONG_KIND),
        }
        Ok(Handled::Nothing)
    }

    pub(super) fn handle_pubcomp<'a>(
        &mut self,
        pubcomp: Acknowledgement<'a>,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        let identifier = pubcomp.packet_identifier;
        match self.identifiers.get(identifier) {
            None => Ok(Handled::Nothing),
            Some(Use::Pubcomp) => Ok(self.release_done(identifier, pubcomp.properties)),
            Some(_) => Err(WRONG_KIND),
        }
    }

    /// PUBACK, or a PUBREC that refuses: the message is not sent again, whatever the reason.
    fn publish_done<'a>(&mut self, answer: Acknowledgement<'a>) -> Handled<'a> {
        self.identifiers.free(answer.packet_identifier);
        let Some((entry, in_window)) = self.take_publish(answer.packet_identifier) else {
            return Handled::Nothing;
        };
        if in_window {
            self.outgoing.leave_window();
        }
        self.pump();
        Handled::Event(Event::Published {
            ticket: entry.message.ticket,
            reason: answer.reason,
            properties: answer.properties,
        })
    }

    /// PUBREC: the server owns the message, only the identifier is left.
    fn release(&mut self, identifier: NonZeroU16, reason: ReasonCode) {
        self.identifiers.change(identifier, Use::Pubcomp);
        if let Some((entry, in_window)) = self.take_publish(identifier) {
            let ticket = Some(entry.message.ticket);
            self.outgoing.releases.push_back(Release { identifier, ticket, reason, in_window });
        }
    }

    fn release_done<'a>(&mut self, identifier: NonZeroU16, properties: Properties<'a>) -> Handled<'a> {
        self.identifiers.free(identifier);
        let position = self.outgoing.releases.iter().position(|release| release.identifier == identifier);
        let Some(release) = position.and_then(|at| self.outgoing.releases.remove(at)) else {
            return Handled::Nothing;
        };
        // A release that was resumed holds no place: the window must not grow beyond its start (5.0 section
        // 4.9).
        if release.in_window {
            self.outgoing.leave_window();
        }
        self.pump();
        match release.ticket {
            // PUBCOMP 0x92 after a resume is no failure: the server had completed it before.
            Some(ticket) => Handled::Event(Event::Published { ticket, reason: release.reason, properties }),
            None => Handled::Nothing,
        }
    }

    /// The PUBLISH of this identifier, and whether it was sent on this connection.
    fn take_publish(&mut self, identifier: NonZeroU16) -> Option<(InFlight, bool)> {
        let outgoing = &mut self.outgoing;
        let position = outgoing.publishes.iter().position(|entry| entry.identifier == identifier)?;
        let sent = position < outgoing.sent;
        if sent {
            outgoing.sent -= 1;
        }
        Some((outgoing.publishes.remove(position)?, sent))
    }

    pub(super) fn send_pubrel(&mut self, packet_identifier: NonZeroU16, reason: ReasonCode) {
        let pubrel = Acknowledgement { packet_identifier, reason, properties: Properties::EMPTY };
        self.send_small(&Packet::Pubrel(pubrel));
    }

    /// Sends an acknowledgement. A server that takes not even these few bytes gets none.
    pub(super) fn send_small(&mut self, packet: &Packet<'_>) {
        let _too_large = self.send(packet);
    }
}

/// An answer that only a client may give, or that has no place yet.
pub(super) fn unexpected(packet_type: PacketType) -> CloseReason<'static> {
    CloseReason::UnexpectedPacket(packet_type)
}
