//! What clients acknowledge, and what the broker says to that (section 4.3).

use super::answers::Answer;
use super::flights::{Flight, Leg};
use super::{Checked, Oracle};
use crate::simulation::said::Kind;

impl Oracle {
    /// An acknowledgement of a client has been handled.
    pub(super) fn acknowledgement(&mut self, link: u64, kind: Kind, id: u16, code: u8) -> Checked {
        let client = self.client_of(link)?;
        if code >= 0x80 {
            self.reach.count("fault: acknowledgement refused");
        }
        match kind {
            Kind::Puback => self.ends_at(link, client, id, |flight| flight.qos == 1),
            Kind::Pubcomp => {
                self.ends_at(link, client, id, |flight| flight.leg >= Leg::Received || flight.open)
            }
            Kind::Pubrec if code >= 0x80 => self.ends_at(link, client, id, |flight| flight.qos == 2),
            Kind::Pubrec => self.pubrec(link, client, id),
            Kind::Pubrel => self.pubrel(link, client, id),
        }
        Ok(())
    }

    /// The last word about a message.
    fn ends_at(&mut self, link: u64, client: usize, id: u16, fits: impl Fn(&Flight) -> bool) {
        let (tag, journal) = (self.tag, self.is_durable(client));
        let session = &mut self.sessions[client];
        let Some(place) = session.flight(id).filter(|place| fits(&session.flights[*place])) else { return };
        let flight = session.flights.remove(place);
        self.reach.flight(flight.qos, "done");
        if journal || self.profile.rates {
            self.sessions[client].ghosts.push((flight, tag));
        }
        self.close_window(link, &flight);
    }

    fn pubrec(&mut self, link: u64, client: usize, id: u16) {
        let session = &mut self.sessions[client];
        let number = session.flight(id).map(|place| {
            let flight = &mut session.flights[place];
            flight.leg = flight.leg.max(Leg::Received);
            flight.number
        });
        if number.is_some() {
            self.reach.flight(2, "received");
            if let Some(conn) = self.conns.get_mut(&link) {
                conn.resend.retain(|of| *of != id);
            }
        }
        self.expect(link, Answer::Pubrel(id, number));
    }

    /// [MQTT-4.3.3-11] of 5.0.
    fn pubrel(&mut self, link: u64, client: usize, id: u16) {
        let (tag, since) = (self.tag, self.now);
        let session = &mut self.sessions[client];
        let known = session.incoming.iter().position(|of| of.packet_identifier == id);
        let waits_for = match known {
            Some(place) => {
                let incoming = session.incoming.remove(place);
                session.released.push((incoming, tag));
                tag
            }
            // It was released before, and the answer says so once more: not before that is on the disk.
            None => {
                let before = session.released.iter().rev().find(|(of, _)| of.packet_identifier == id);
                before.map_or(tag, |(_, tag)| *tag)
            }
        };
        if !self.profile.journal {
            self.sessions[client].released.clear();
        }
        self.expect_with(link, Answer::Pubcomp(id), waits_for, since);
    }

    /// PUBREL goes out: an answer to PUBREC, or once more on a new connection.
    pub(super) fn pubrel_out(&mut self, link: u64, id: u16, code: u8) -> Checked {
        self.reach.acknowledgement(0x62, code);
        let client = self.client_of(link)?;
        let due = self.conn(link)?.expected.iter().any(|of| of.answer.header() == (0x62, id));
        let durable = self.is_durable(client);
        if due {
            let expected = self.answer(link, 0x62, id)?;
            if durable {
                self.check_hold(expected.tag, "PUBREL")?;
            }
            if let Answer::Pubrel(_, None) = expected.answer {
                return Ok(());
            }
        }
        let session = &mut self.sessions[client];
        let Some(place) = session.flight(id) else {
            // What a crash may have brought back.
            return if self.profile.journal && session.first_link != link || due {
                Ok(())
            } else {
                Err(format!("PUBREL for identifier {id}, which nobody waits for"))
            };
        };
        let flight = &mut session.flights[place];
        let was = flight.leg;
        let again = was == Leg::Released && flight.release_link == link;
        if was == Leg::Published && !flight.open || again && !due {
            return Err(format!("PUBREL for identifier {id}, which is {was:?}"));
        }
        flight.leg = Leg::Released;
        flight.release_link = link;
        (flight.open, flight.maybe) = (false, flight.maybe && !due);
        self.reach.flight(2, if due { "released" } else { "released again" });
        Ok(())
    }

    /// PUBCOMP goes out.
    pub(super) fn pubcomp_out(&mut self, link: u64, id: u16, code: u8) -> Checked {
        self.reach.acknowledgement(0x70, code);
        let expected = self.answer(link, 0x70, id)?;
        let client = self.client_of(link)?;
        if self.is_durable(client) { self.check_hold(expected.tag, "PUBCOMP") } else { Ok(()) }
    }
}
