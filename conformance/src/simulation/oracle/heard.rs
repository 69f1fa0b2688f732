//! What the broker has got, in its order.

use super::answers::Answer;
use super::{Checked, Oracle, Stage};
use crate::simulation::access;
use crate::simulation::said::Said;

impl Oracle {
    /// A call of the broker begins.
    pub fn begin(&mut self, now: u64) {
        self.now = now;
        self.tag = super::Tag { before: self.written, after: self.written, alone: true };
    }

    /// The call made records up to `written`, and handled so many packets.
    pub fn note(&mut self, written: u64, packets: usize) {
        self.written = written;
        self.tag.after = written;
        self.tag.alone = packets <= 1;
    }

    /// The broker was given these packets; `asks`: it has a question about one of them, and keeps what follows.
    ///
    /// # Errors
    /// It did something that it must not.
    pub fn heard(&mut self, link: u64, all: impl IntoIterator<Item = Said>, asks: bool) -> Checked {
        let now = self.now;
        let mut asks = asks;
        for said in all {
            let Some(conn) = self.conns.get_mut(&link) else { return Ok(()) };
            if conn.stage == Stage::Over {
                return Ok(());
            }
            conn.heard_at = now;
            if conn.asked {
                conn.held.push_back(said);
            } else if asks && self.may_ask(link, &said) {
                asks = false;
                let conn = self.conn(link)?;
                conn.asked = true;
                conn.held.push_back(said);
            } else {
                self.handled(link, said)?;
            }
        }
        Ok(())
    }

    /// The question about the first packet that is kept was answered.
    ///
    /// # Errors
    /// The broker did something that it must not.
    pub fn answered(&mut self, link: u64, asks: bool) -> Checked {
        let Some(conn) = self.conns.get_mut(&link).filter(|conn| conn.asked) else { return Ok(()) };
        conn.asked = false;
        let mut held = std::mem::take(&mut conn.held);
        let Some(first) = held.pop_front() else { return Ok(()) };
        self.tag.alone = held.is_empty();
        if self.conns.get(&link).is_some_and(|conn| conn.stage != Stage::Over) {
            self.handled(link, first)?;
        }
        self.heard(link, held, asks)
    }

    fn may_ask(&self, link: u64, said: &Said) -> bool {
        let Some(conn) = self.conns.get(&link).filter(|conn| conn.listener == 1) else { return false };
        match said {
            Said::Connect(_) => true,
            Said::Publish { number, packet_identifier, .. } => {
                let incoming = &self.sessions[conn.client].incoming;
                let again = incoming.iter().any(|of| of.packet_identifier == *packet_identifier);
                !again && access::is_asked_about_topic(self.ledger.get(*number).topic)
            }
            Said::Subscribe { wanted, .. } => {
                wanted.iter().any(|of| access::is_asked_about_filter(of.filter))
            }
            _ => false,
        }
    }

    /// The broker has handled a packet.
    fn handled(&mut self, link: u64, said: Said) -> Checked {
        self.turn += 1;
        self.reach.packet_in(&said);
        match said {
            Said::Connect(hello) => {
                self.conn(link)?.hello = Some(*hello);
                Ok(())
            }
            Said::Publish { number, packet_identifier, .. } => {
                self.published(link, number, packet_identifier)
            }
            Said::Acknowledge { kind, packet_identifier, code } => {
                self.acknowledgement(link, kind, packet_identifier, code)
            }
            Said::Subscribe { packet_identifier, wanted } => {
                self.subscribed(link, packet_identifier, &wanted)
            }
            Said::Unsubscribe { packet_identifier, filters } => {
                self.unsubscribed(link, packet_identifier, &filters)
            }
            Said::Pingreq => {
                self.expect(link, Answer::Pingresp);
                Ok(())
            }
            Said::Disconnect { code, expiry_seconds } => {
                self.conn(link)?.goodbye = Some((code, expiry_seconds));
                self.over(link)
            }
            Said::Auth { code } => {
                if code == 0x19 {
                    self.expect(link, Answer::Auth);
                }
                Ok(())
            }
            Said::Nonsense(_) => {
                let now = self.now;
                self.conn(link)?.broken_at = now;
                self.over(link)
            }
        }
    }
}
