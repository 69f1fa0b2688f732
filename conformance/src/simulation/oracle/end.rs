//! The end of a connection, whoever ends it (sections 3.14, 4.13).

use super::{Checked, Oracle, Stage};
use crate::simulation::ledger::NEVER;

/// Microseconds of so many seconds.
pub(super) const fn micros(seconds: u32) -> u64 {
    seconds as u64 * 1_000_000
}

impl Oracle {
    /// The broker has done with a connection, or was told that it is gone; it may have been so before.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn over(&mut self, link: u64) -> Checked {
        let now = self.now;
        let conn = self.conn(link)?;
        if std::mem::replace(&mut conn.stage, Stage::Over) != Stage::Online {
            return Ok(());
        }
        let (client, goodbye, unseen) = (conn.client, conn.goodbye, conn.announced);
        let will = conn.hello.as_ref().and_then(|hello| hello.will);
        conn.held.clear();
        let (tag, rates) = (self.tag, self.profile.rates);
        let session = &mut self.sessions[client];
        if session.online != Some(link) {
            return Ok(());
        }
        if session.flights.iter().any(|flight| flight.link == link) {
            self.reach.count("fault: acknowledgement never sent");
        }
        session.online = None;
        session.closed = tag;
        if rates {
            // What the client said last may not have been handled.
            session.haunt();
        }
        session.unseen |= unseen;
        if unseen {
            // What was lost at QoS 0 does not come again.
            session.loosen_replays(|_| true);
        }
        if let Some((_, Some(seconds))) = goodbye {
            session.expiry_seconds = seconds;
        }
        let expiry_seconds = session.expiry_seconds;
        session.expires_at =
            if expiry_seconds == u32::MAX { NEVER } else { now.saturating_add(micros(expiry_seconds)) };
        if let Some((number, delay_seconds)) = will {
            let taken_back = matches!(goodbye, Some((0, _)));
            self.leave_will(client, number, delay_seconds.min(expiry_seconds), taken_back);
        }
        if expiry_seconds == 0 {
            self.end_session(client);
        }
        Ok(())
    }

    /// The transport is gone for good.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn gone(&mut self, link: u64) -> Checked {
        self.over(link)?;
        self.conns.remove(&link);
        Ok(())
    }

    /// The broker closes a connection. DISCONNECT that it obeys was kept first.
    ///
    /// # Errors
    /// It forgets before it is on the disk that the will was taken back.
    pub fn closed_by_broker(&mut self, link: u64) -> Checked {
        self.conn(link)?.broken_at = 0;
        self.over(link)
    }
}

impl Oracle {
    /// The broker says that a session has expired.
    ///
    /// # Errors
    /// It was not yet time.
    pub fn session_expired(&mut self, client: usize) -> Checked {
        let session = &self.sessions[client];
        if session.exists == super::Exists::Yes && session.expires_at > self.now + super::SLACK {
            return Err(format!("the session of client {client} expired too early"));
        }
        self.end_session(client);
        Ok(())
    }

    /// An operator ended a session.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn session_ended_by_command(&mut self, client: usize) -> Checked {
        if let Some(link) = self.sessions[client].online {
            self.over(link)?;
        }
        self.end_session(client);
        Ok(())
    }

    /// The broker says that it dropped a copy.
    pub fn lost_a_copy(&mut self, client: usize) {
        self.dropped += 1;
        self.sessions[client].losses += 1;
    }

    /// The embedder has published.
    pub fn published_inside(&mut self, number: crate::simulation::ledger::Number) {
        self.turn += 1;
        self.taken_from_inside(number);
    }

    /// Whether the client of a connection broke the protocol.
    pub fn has_misbehaved(&self, link: u64) -> bool {
        self.conns.get(&link).is_none_or(|conn| conn.misbehaved)
    }

    /// A client is about to break the protocol: the broker may see it before the packet is whole.
    pub fn misbehaves(&mut self, link: u64) {
        if let Some(conn) = self.conns.get_mut(&link) {
            conn.misbehaved = true;
        }
    }

    /// Whether everybody who broke the protocol was told to go ([MQTT-4.13.1-1] of 5.0).
    pub(super) fn check_punished(&self) -> Checked {
        let late = |conn: &&super::Conn| {
            conn.broken_at > 0 && conn.broken_at + 15_000_000 < self.now && !conn.paused
        };
        match self.conns.values().find(late) {
            Some(conn) if !self.profile.rates && !conn.asked => {
                Err(format!("client {} broke the protocol and is still there", conn.client))
            }
            _ => Ok(()),
        }
    }

    /// Bytes wait for a connection.
    ///
    /// # Errors
    /// It was said before.
    pub fn announced(&mut self, link: u64) -> Checked {
        let now = self.now;
        let conn = self.conn(link)?;
        if std::mem::replace(&mut conn.announced, true) {
            return Err(format!("bytes for connection {link} are announced twice"));
        }
        conn.announced_at = now;
        Ok(())
    }

    /// The broker has nothing more to write to a connection.
    pub fn written_out(&mut self, link: u64) {
        if let Some(conn) = self.conns.get_mut(&link) {
            conn.announced = false;
        }
    }

    /// The broker does not read from a connection for now.
    pub fn paused(&mut self, link: u64, paused: bool) {
        let now = self.now;
        if let Some(conn) = self.conns.get_mut(&link) {
            conn.paused = paused;
            conn.patient_from = now;
        }
    }
}
