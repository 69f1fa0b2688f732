//! Every request has its answer, in the order of the requests (section 4.6), and no answer comes before what it
//! promises is on the disk.

use super::{Checked, Conn, Oracle, Tag};
use crate::simulation::ledger::Number;
use crate::simulation::said::Wanted;

/// How long a healthy connection may wait for an answer, in microseconds.
const PATIENCE: u64 = 120_000_000;

/// How long a connection may need for what can be sent to it, in microseconds.
pub(super) const REST: u64 = 30_000_000;

/// What has to be answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// PUBACK to a message.
    Puback(u16, Number),
    /// PUBREC to a message.
    Pubrec(u16, Number),
    /// PUBREL; `None`: for an identifier that nobody knows.
    Pubrel(u16, Option<Number>),
    /// PUBCOMP.
    Pubcomp(u16),
    /// SUBACK, and what was asked for; with what each is granted.
    Suback(u16, Vec<(Wanted, bool)>),
    /// UNSUBACK, and the filters, with whether there certainly was (or was not) a subscription.
    Unsuback(u16, Vec<(u8, Option<bool>)>),
    /// PINGRESP.
    Pingresp,
    /// AUTH that ends a re-authentication.
    Auth,
}

impl Answer {
    /// The first byte of its packet, and its Packet Identifier.
    pub fn header(&self) -> (u8, u16) {
        match self {
            Self::Puback(id, _) => (0x40, *id),
            Self::Pubrec(id, _) => (0x50, *id),
            Self::Pubrel(id, _) => (0x62, *id),
            Self::Pubcomp(id) => (0x70, *id),
            Self::Suback(id, _) => (0x90, *id),
            Self::Unsuback(id, _) => (0xB0, *id),
            Self::Pingresp => (0xD0, 0),
            Self::Auth => (0xF0, 0),
        }
    }
}

/// An answer that is due.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Which.
    pub answer: Answer,
    /// The record that it waits for.
    pub tag: Tag,
    /// When it was asked for, in microseconds.
    pub since: u64,
}

impl Oracle {
    /// An answer to something on this connection is due from now on.
    pub(super) fn expect(&mut self, link: u64, answer: Answer) {
        let (tag, since) = (self.tag, self.now);
        self.expect_with(link, answer, tag, since);
    }

    /// The same, for a promise that was recorded earlier.
    pub(super) fn expect_with(&mut self, link: u64, answer: Answer, tag: Tag, since: u64) {
        if let Some(conn) = self.conns.get_mut(&link) {
            conn.expected.push_back(Expected { answer, tag, since });
        }
    }

    /// Takes the next answer of this kind off the list.
    pub(super) fn answer(&mut self, link: u64, first_byte: u8, packet_identifier: u16) -> Checked<Expected> {
        let conn = self.conn(link)?;
        let place = conn.expected.iter().position(|of| of.answer.header().0 == first_byte);
        let Some(expected) = place.and_then(|place| conn.expected.remove(place)) else {
            return Err(format!("an answer 0x{first_byte:02X} id {packet_identifier} to nothing"));
        };
        match expected.answer.header() {
            (_, id) if id == packet_identifier => Ok(expected),
            (_, id) => {
                Err(format!("answer 0x{first_byte:02X} id {packet_identifier} before that for id {id}"))
            }
        }
    }

    /// The connection, if everything was answered in both directions, for long enough.
    pub(super) fn at_rest(&self, link: u64) -> Option<&Conn> {
        let conn = self.conns.get(&link).filter(|conn| conn.is_online() && conn.greeted)?;
        let quiet = !conn.asked && !conn.announced && conn.expected.is_empty() && !self.profile.rates;
        let answered = self.sessions[conn.client].flights.is_empty();
        (quiet && answered && conn.busy_at + REST < self.now).then_some(conn)
    }

    /// Whether a healthy connection waits for too long.
    ///
    /// # Errors
    /// It does.
    pub(super) fn check_patience(&self, link: u64) -> Checked {
        let Some(conn) = self.conns.get(&link).filter(|conn| conn.is_online()) else { return Ok(()) };
        let waits = conn.expected.iter().find(|of| of.since + PATIENCE < self.now);
        match waits {
            Some(of) if !conn.asked && !conn.paused && !conn.announced && !self.profile.rates => {
                Err(format!(
                    "client {} has waited {} s for {:?}",
                    conn.client,
                    (self.now - of.since) / 1_000_000,
                    of.answer
                ))
            }
            _ => Ok(()),
        }
    }
}
