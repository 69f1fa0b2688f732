//! Packet identifiers are unique in flight, the window is kept, and what was not acknowledged is sent again, in its
//! order, before anything new (sections 2.2.1, 4.3, 4.4, 4.6, 4.9).

use super::session::Session;
use super::{Checked, NAMELESS, Oracle};
use crate::simulation::ledger::Number;
use crate::wire::Publish;

/// How long a client waits for PUBREL, in microseconds.
const PATIENCE: u64 = 2_000_000;

/// How far a message to a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leg {
    /// PUBLISH went out.
    Published,
    /// PUBREC came in.
    Received,
    /// PUBREL went out.
    Released,
}

/// A message on its way to a client.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    /// Its Packet Identifier.
    pub packet_identifier: u16,
    /// The message; [`NAMELESS`] if it has no payload.
    pub number: Number,
    /// Where it stands among those that were sent; what was sent unseen stands between.
    pub place: (u64, u32),
    /// 1 or 2.
    pub qos: u8,
    /// How far it is.
    pub leg: Leg,
    /// The connection on which PUBLISH went out last.
    pub link: u64,
    /// The connection on which PUBREL went out last; 0 for none.
    pub release_link: u64,
    /// A crash has left open how far it is.
    pub open: bool,
    /// A crash has left open whether it is there at all.
    pub maybe: bool,
    /// Its copy does not count as sent any more.
    pub uncounted: bool,
    /// It went out with RETAIN 1.
    pub retain: bool,
}

impl Flight {
    /// Whether a resumed connection has to see PUBLISH again.
    pub fn is_to_be_published_again(&self) -> bool {
        self.leg == Leg::Published && !self.open && !self.maybe
    }
}

/// What a PUBLISH with a Packet Identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was sent before.
    Again,
    /// A new copy.
    New,
}

impl Oracle {
    /// PUBLISH at QoS 1 or 2 goes out.
    pub(super) fn fly(&mut self, link: u64, number: Option<Number>, publish: &Publish) -> Checked<Sent> {
        let client = self.client_of(link)?;
        self.open_window(link)?;
        let number = number.unwrap_or(NAMELESS);
        let id = publish.packet_identifier;
        let known = self.sessions[client].flights.iter().position(|of| of.packet_identifier == id);
        if let Some(place) = known {
            let flight = self.sessions[client].flights[place];
            // A crash may have taken back that there was this message at all.
            if !(flight.maybe && (flight.number != number || !publish.duplicate)) {
                return self.fly_again(link, client, place, number, publish);
            }
            self.sessions[client].flights.remove(place);
        }
        let first_link = self.sessions[client].first_link;
        if publish.duplicate && first_link == link {
            return Err(format!("message {number} has DUP 1 when it is sent for the first time"));
        }
        // What a connection took with it unseen stands among what is sent again.
        // With a rate nobody knows which acknowledgements were handled before the connection ended.
        if !publish.duplicate && !self.profile.rates {
            self.check_nothing_is_overtaken(link, number)?;
        }
        let (turn, conn) = (self.turn, self.conn(link)?);
        let place = if publish.duplicate {
            (conn.last_sent.0, conn.last_sent.1 + 1)
        } else {
            (turn + 1, conn.last_sent.1 + 1)
        };
        conn.last_sent = place;
        let flight = Flight {
            packet_identifier: id,
            number,
            place,
            qos: publish.qos,
            leg: Leg::Published,
            link,
            release_link: 0,
            open: false,
            maybe: false,
            uncounted: false,
            retain: publish.retain,
        };
        self.reach.flight(publish.qos, "sent");
        self.sessions[client].flights.push(flight);
        Ok(Sent::New)
    }

    /// [MQTT-3.3.4-9] of 5.0, and our own bound.
    fn open_window(&mut self, link: u64) -> Checked {
        let (most, now) = (self.profile.in_flight_maximum(), self.now);
        let conn = self.conn(link)?;
        conn.busy_at = now;
        conn.window += 1;
        let asked = conn.hello.as_ref().map_or(0, |hello| hello.receive_maximum);
        let most = if asked > 0 { asked.min(most) } else { most };
        if conn.window > most {
            return Err(format!("{} PUBLISH packets are in flight, {most} may be", conn.window));
        }
        Ok(())
    }

    fn fly_again(
        &mut self,
        link: u64,
        client: usize,
        place: usize,
        number: Number,
        publish: &Publish,
    ) -> Checked<Sent> {
        let id = publish.packet_identifier;
        let flight = &mut self.sessions[client].flights[place];
        if flight.link == link || flight.number != number {
            return Err(format!(
                "identifier {id} is used for message {number} while message {} is in flight ({:?})",
                flight.number, flight.leg
            ));
        }
        if !publish.duplicate {
            return Err(format!("message {number} is sent again with DUP 0"));
        }
        if flight.leg != Leg::Published && !flight.open {
            return Err(format!("message {number} is published again after PUBREC: {:?}", flight.leg));
        }
        if !flight.maybe && (flight.retain != publish.retain || flight.qos != publish.qos) {
            return Err(format!("message {number} is sent again at another QoS, or with another RETAIN"));
        }
        let place = flight.place;
        flight.link = link;
        flight.leg = Leg::Published;
        let uncounted = std::mem::take(&mut flight.uncounted);
        (flight.open, flight.maybe) = (false, false);
        if uncounted {
            self.sessions[client].count(number);
            self.sessions[client].settle(number);
        }
        self.reach.flight(publish.qos, "sent again");
        let conn = self.conn(link)?;
        conn.last_sent = conn.last_sent.max(place);
        match conn.resend.front() {
            Some(first) if *first == id => drop(conn.resend.pop_front()),
            Some(first) if conn.resend.contains(&id) => {
                return Err(format!("identifier {id} is sent again before {first}, which was sent first"));
            }
            _ => {}
        }
        Ok(Sent::Again)
    }

    /// [MQTT-4.6.0-1] of 3.1.1, our decision for 5.0: first what is open, then what is new.
    fn check_nothing_is_overtaken(&mut self, link: u64, number: Number) -> Checked {
        let conn = self.conn(link)?;
        match conn.resend.front() {
            Some(first) => {
                Err(format!("message {number} is sent before identifier {first}, which is still open"))
            }
            None => Ok(()),
        }
    }

    /// A client has answered a message, which frees its slot.
    pub(super) fn close_window(&mut self, link: u64, flight: &Flight) {
        if let Some(conn) = self.conns.get_mut(&link) {
            conn.busy_at = self.now;
            if flight.link == link {
                conn.window = conn.window.saturating_sub(1);
            }
            conn.resend.retain(|id| *id != flight.packet_identifier);
        }
    }
}

impl Oracle {
    /// What was received is released on each connection, however full its window is.
    pub(super) fn check_releases(&self) -> Checked {
        for conn in self
            .conns
            .values()
            .filter(|conn| conn.is_online() && conn.greeted && !conn.paused && !conn.announced)
        {
            let session = &self.sessions[conn.client];
            let patience = PATIENCE + 3_000 * self.profile.disk_milliseconds;
            let Some(link) = session.online.filter(|_| conn.patient_from + patience < self.now) else {
                continue;
            };
            let late = session.flights.iter().find(|of| {
                of.leg != Leg::Published && of.link != link && of.release_link != link && !of.maybe
            });
            if let (Some(flight), false) = (late, self.profile.rates) {
                return Err(format!("client {} waits for PUBREL: {flight:?}", conn.client));
            }
        }
        Ok(())
    }
}

impl Session {
    /// Whether a crash has left open if the client has acknowledged a message.
    pub(super) fn may_have_done(&self, number: Number) -> bool {
        self.flights.iter().any(|flight| flight.number == number && flight.maybe && flight.uncounted)
    }

    /// The place of the flight with this Packet Identifier.
    pub(super) fn flight(&self, packet_identifier: u16) -> Option<usize> {
        self.flights.iter().position(|of| of.packet_identifier == packet_identifier)
    }
}
