//! PUBACK, PUBREC, PUBREL and PUBCOMP from a client (sections 3.4 to 3.7, 4.3 of 3.1.1 and 5.0).

use super::Broker;
use super::hold::Promise;
use super::plain;
use super::receive::{Flow, Handled};
use crate::connection::{ConnectionIndex, Phase};
use crate::fault::Fault;
use crate::record::{Key, Record};
use crate::session::SessionIndex;
use crate::session::outgoing::Stage;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Acknowledgement, Packet, PacketType, Properties, QoS, ReasonCode};

impl Broker {
    /// Handles the packets at the start of `bytes` as long as each is a plain acknowledgement: they come in
    /// long rows. What is left is for the usual way.
    ///
    /// # Errors
    ///
    /// The violation that one of them is.
    pub(super) fn acknowledged_plainly<'b>(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        mut bytes: &'b [u8],
    ) -> Result<&'b [u8], Violation> {
        while let Some((packet_type, acknowledgement)) = plain::acknowledgement(bytes)
            && let Some(connection) = self.clients.connections.get(index)
            && self.clients.reads(connection)
            && connection.phase == Phase::Connected
        {
            match packet_type {
                PacketType::Puback => self.puback(now, index, &acknowledgement)?,
                PacketType::Pubrec => self.pubrec(now, index, &acknowledgement)?,
                PacketType::Pubrel => self.pubrel(index, &acknowledgement)?,
                _ => self.pubcomp(now, index, &acknowledgement)?,
            };
            self.handled(now, bytes);
            bytes = bytes.get(4..).unwrap_or_default();
        }
        Ok(bytes)
    }

    /// A QoS 1 delivery is over, whatever the reason code ([MQTT-4.3.2-3] of 5.0).
    pub(super) fn puback(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        acknowledgement: &Acknowledgement<'_>,
    ) -> Handled {
        self.check_properties(acknowledgement.properties)?;
        let Some((session, found)) = self.in_flight(index, acknowledgement) else {
            return Ok(Flow::Continue);
        };
        if found.qos != QoS::AtLeastOnce {
            return Err(Violation::AcknowledgementOfWrongKind);
        }
        self.finish(now, index, session, found.position);
        Ok(Flow::Continue)
    }

    /// PUBREL is owed from now on; a code from 0x80 on ends the delivery (5.0 section 4.3.3).
    pub(super) fn pubrec(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        acknowledgement: &Acknowledgement<'_>,
    ) -> Handled {
        self.check_properties(acknowledgement.properties)?;
        let packet_identifier = acknowledgement.packet_identifier;
        let Some((session, found)) = self.in_flight(index, acknowledgement) else {
            return self.pubrec_unknown(index, acknowledgement);
        };
        if found.qos != QoS::ExactlyOnce {
            return Err(Violation::AcknowledgementOfWrongKind);
        }
        let refused =
            acknowledgement.reason.is_error() && !self.config().planted().is(Fault::PubrecErrorIgnored);
        if refused && found.stage == Stage::Publish {
            self.finish(now, index, session, found.position);
            return Ok(Flow::Continue);
        }
        let wait = if found.stage == Stage::Publish {
            self.clients.received(session, found.position);
            self.clients.wait_for_group(Promise::Pubrel)
        } else {
            self.clients.wait_for_session(Promise::RepeatedAnswer, session)
        };
        // [MQTT-4.3.3-4] of 5.0
        self.clients.send_pubrel(index, packet_identifier, ReasonCode::Success, wait)?;
        self.clients.recount_session(session);
        Ok(Flow::Continue)
    }

    /// 3.1.1 says nothing about it, 5.0 has a code for it (section 3.6.2.1). Nothing is answered to a refusal.
    fn pubrec_unknown(&mut self, index: ConnectionIndex, acknowledgement: &Acknowledgement<'_>) -> Handled {
        let Some((session, _)) = self.clients.session_of(index) else { return Ok(Flow::Continue) };
        if !acknowledgement.reason.is_error() {
            let wait = self.clients.wait_for_session(Promise::RepeatedAnswer, session);
            let reason = ReasonCode::PacketIdentifierNotFound;
            self.clients.send_pubrel(index, acknowledgement.packet_identifier, reason, wait)?;
        }
        Ok(Flow::Continue)
    }

    /// The client will not send this message again: its identifier is forgotten ([MQTT-4.3.3-11] and
    /// [MQTT-4.3.3-12] of 5.0).
    pub(super) fn pubrel(
        &mut self,
        index: ConnectionIndex,
        acknowledgement: &Acknowledgement<'_>,
    ) -> Handled {
        self.check_properties(acknowledgement.properties)?;
        let packet_identifier = acknowledgement.packet_identifier;
        let kept = self.config().planted().is(Fault::IdentifierNotForgotten);
        let Some((session_index, session)) = self.clients.session_of(index) else {
            return Ok(Flow::Continue);
        };
        let number = session.record;
        let counted = session.incoming.as_mut().and_then(|incoming| {
            let counted = incoming.remove(packet_identifier)?;
            kept.then(|| incoming.insert(packet_identifier, false));
            Some(counted)
        });
        if session.incoming.as_ref().is_some_and(|incoming| incoming.is_empty()) {
            session.incoming = None;
        }
        self.clients.recount_session(session_index);
        let mut answer =
            Acknowledgement { packet_identifier, reason: ReasonCode::Success, properties: Properties::EMPTY };
        let Some(counted) = counted else {
            // 3.1.1 answers all the same ([MQTT-3.6.4-1]); 5.0 says that it does not know it.
            answer.reason = ReasonCode::PacketIdentifierNotFound;
            if self.config().planted().is(Fault::UnknownPubcompUnheld) {
                self.clients.reply_at_once(index, &Packet::Pubcomp(answer))?;
                return Ok(Flow::Continue);
            }
            let wait = self.clients.wait_for_session(Promise::RepeatedAnswer, session_index);
            self.clients.reply(index, wait, &Packet::Pubcomp(answer))?;
            return Ok(Flow::Continue);
        };
        if self.clients.is_recorded(session_index) {
            let packet_identifier = packet_identifier.get();
            let key = Key::Incoming { session: number, packet_identifier };
            self.clients.record(session_index, Record::Delete(key));
        }
        let wait = self.clients.wait_for_group(Promise::Pubcomp);
        if counted {
            self.clients.reply_last(index, wait, &Packet::Pubcomp(answer))?;
        } else {
            self.clients.reply(index, wait, &Packet::Pubcomp(answer))?;
        }
        Ok(Flow::Continue)
    }

    /// A QoS 2 delivery is over, whatever the reason code.
    pub(super) fn pubcomp(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        acknowledgement: &Acknowledgement<'_>,
    ) -> Handled {
        self.check_properties(acknowledgement.properties)?;
        let Some((session, found)) = self.in_flight(index, acknowledgement) else {
            return Ok(Flow::Continue);
        };
        if found.stage != Stage::Release {
            return Err(Violation::AcknowledgementOfWrongKind);
        }
        self.finish(now, index, session, found.position);
        Ok(Flow::Continue)
    }

    /// The delivery that an acknowledgement speaks of. Unknown ones are ignored: they may come from an earlier
    /// life of the client.
    fn in_flight(
        &mut self,
        index: ConnectionIndex,
        acknowledgement: &Acknowledgement<'_>,
    ) -> Option<(SessionIndex, Found)> {
        let (session, found) = self.clients.session_of(index)?;
        let (position, entry) = found.outgoing.as_ref()?.find(acknowledgement.packet_identifier)?;
        Some((session, Found { position, qos: entry.queued.qos, stage: entry.stage }))
    }

    /// Forgets a delivery and sends what its slot makes room for.
    fn finish(&mut self, now: Instant, index: ConnectionIndex, session: SessionIndex, position: usize) {
        let outgoing = self.clients.session(session).and_then(|session| session.outgoing.as_mut());
        let Some(outgoing) = outgoing else { return };
        let finished = if outgoing.finish_passing(position) { None } else { outgoing.finish(position) };
        let more = outgoing.has_more();
        if let Some(entry) = finished {
            self.clients.forget_in_flight(session, &entry);
        }
        if more && !self.config().planted().is(Fault::WindowNotReopened) {
            self.clients.send(now, index);
        }
        self.clients.recount_session(session);
    }
}

/// A delivery in flight.
#[derive(Clone, Copy, Debug)]
struct Found {
    position: usize,
    qos: QoS,
    stage: Stage,
}

impl super::clients::Clients {
    /// The subscriber has a QoS 2 message: it is forgotten, its identifier is kept.
    fn received(&mut self, session: SessionIndex, position: usize) {
        let outgoing = self.sessions.get_mut(session).and_then(|session| session.outgoing.as_mut());
        let Some(entry) = outgoing.and_then(|outgoing| outgoing.received(position)) else { return };
        let (queued, packet_identifier) = (entry.queued.clone(), entry.packet_identifier.get());
        self.record_delivery(session, &queued, Stage::Release, packet_identifier);
        self.release_message(queued.message);
    }

    /// Gives back the sender's state of a session that owes nothing. The next packet identifier starts anew,
    /// which is allowed once none is in use.
    pub(super) fn release_outgoing(&mut self, session: SessionIndex) {
        let Some(session) = self.sessions.get_mut(session) else { return };
        if session.outgoing.as_ref().is_some_and(|of| of.is_empty()) {
            session.outgoing = None;
        }
    }
}
