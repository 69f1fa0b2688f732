//! What clients publish (section 3.3), and when it is the broker's to deliver.

use super::answers::Answer;
use super::end::micros;
use super::session::Incoming;
use super::{Checked, Oracle, Tag};
use crate::simulation::access;
use crate::simulation::ledger::{NEVER, Number};
use crate::wire::Acknowledge;

impl Oracle {
    /// PUBLISH of a client has been handled.
    pub(super) fn published(&mut self, link: u64, number: Number, packet_identifier: u16) -> Checked {
        let (client, listener) = {
            let conn = self.conn(link)?;
            (conn.client, conn.listener)
        };
        let message = self.ledger.get_mut(number);
        message.denied |= !access::may_publish(client, listener, message.topic);
        let qos = message.qos;
        match qos {
            0 => self.taken(number),
            1 => {
                self.taken(number);
                self.expect(link, Answer::Puback(packet_identifier, number));
            }
            _ => self.published_exactly_once(link, client, number, packet_identifier),
        }
        Ok(())
    }

    /// [MQTT-4.3.3-8] to [MQTT-4.3.3-10] of 5.0.
    fn published_exactly_once(&mut self, link: u64, client: usize, number: Number, packet_identifier: u16) {
        let (tag, since) = (self.tag, self.now);
        let incoming = &mut self.sessions[client].incoming;
        let known =
            incoming.iter().find(|of| of.packet_identifier == packet_identifier && of.number == number);
        if let Some(known) = known.copied() {
            return self.expect_with(link, Answer::Pubrec(packet_identifier, number), known.tag, since);
        }
        // A refused one is forgotten with its PUBREC.
        incoming.retain(|of| of.packet_identifier != packet_identifier);
        incoming.push(Incoming { packet_identifier, number, tag });
        self.taken(number);
        self.expect(link, Answer::Pubrec(packet_identifier, number));
    }

    /// The broker has a message that it did not have before.
    pub(super) fn taken(&mut self, number: Number) {
        let (now, turn, rates) = (self.now, self.turn, self.profile.rates);
        let pieces = self.profile.pieces;
        let message = self.ledger.get_mut(number);
        if message.fed_at == NEVER {
            message.fed_at = turn;
        } else {
            message.unordered = true;
        }
        message.done_at = if pieces || rates { NEVER } else { turn };
        message.times = message.times.saturating_add(1);
        if message.expiry_seconds > 0 {
            let deadline = now.saturating_add(micros(message.expiry_seconds));
            message.due_until = message.due_until.min(deadline);
            message.deadline = if message.times > 1 { deadline.max(message.deadline) } else { deadline };
        }
        let shelved = message.retain && !message.denied;
        if pieces {
            self.unfinished.push(number);
        }
        if shelved {
            self.shelve(number);
        }
    }

    /// The broker itself has published: a will, or what the embedder wants.
    pub(super) fn taken_from_inside(&mut self, number: Number) {
        self.taken(number);
        if self.profile.pieces || self.profile.journal && self.tag.after > self.completed {
            let tag = self.tag;
            self.unripe.push((number, tag));
        } else {
            self.owe_to_all(number);
        }
    }

    /// What the broker published by itself is on the disk.
    pub(super) fn ripen(&mut self, completed: u64) {
        if self.unripe.is_empty() || !self.unfinished.is_empty() {
            return;
        }
        let (ripe, unripe): (Vec<(Number, Tag)>, Vec<_>) =
            std::mem::take(&mut self.unripe).into_iter().partition(|(_, tag)| tag.after <= completed);
        self.unripe = unripe;
        ripe.into_iter().for_each(|(number, _)| self.owe_to_all(number));
    }

    /// PUBACK or PUBREC goes out.
    pub(super) fn acknowledged(&mut self, link: u64, first_byte: u8, of: &Acknowledge) -> Checked {
        self.reach.acknowledgement(first_byte, of.code);
        let expected = self.answer(link, first_byte, of.packet_identifier)?;
        let (Answer::Puback(_, number) | Answer::Pubrec(_, number)) = expected.answer else {
            return Err("an answer of the wrong kind".into());
        };
        let (client, is_5) = {
            let conn = self.conn(link)?;
            (conn.client, conn.version.is_5())
        };
        let denied = self.ledger.get(number).denied;
        if of.code >= 0x80 {
            return self.refused(client, number, of.code);
        }
        if denied && is_5 {
            return Err(format!("message {number} is forbidden and was acknowledged with 0x{:02X}", of.code));
        }
        let durable = !denied && (first_byte == 0x40 || self.is_durable(client));
        if durable && self.is_owed_to_somebody_kept(number)
            || !denied && first_byte == 0x50 && self.is_durable(client)
        {
            self.check_hold(expected.tag, if first_byte == 0x40 { "PUBACK" } else { "PUBREC" })?;
        }
        if !denied {
            self.owe_to_all(number);
        }
        Ok(())
    }

    /// A client before 5.0 is closed for what there is no memory for: what was not acknowledged may not be there.
    pub fn not_taken(&mut self, link: u64) {
        let Some(conn) = self.conns.get(&link) else { return };
        let client = conn.client;
        let open: Vec<Number> = conn
            .expected
            .iter()
            .filter_map(|of| match of.answer {
                Answer::Pubrec(_, number) => Some(number),
                _ => None,
            })
            .collect();
        let session = &mut self.sessions[client];
        session.incoming.retain(|of| !open.contains(&of.number));
        for interval in session.intervals.iter_mut().flatten() {
            interval.certain &= interval.confirmed;
        }
    }

    /// The message was refused: nobody gets it, and its identifier is free.
    fn refused(&mut self, client: usize, number: Number, code: u8) -> Checked {
        let may = self.profile.may_refuse() || self.profile.short_queues;
        let message = self.ledger.get(number);
        if !message.denied && !may {
            return Err(format!("message {number} was refused with 0x{code:02X}"));
        }
        // Refused for want of room, it may be taken when it is sent again: PUBREC was lost.
        self.sessions[client].incoming.retain(|of| of.number != number);
        Ok(())
    }
}
