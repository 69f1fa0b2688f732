//! CONNECT and CONNACK: who is there, and whether an earlier session goes on (sections 3.1, 3.2, 4.1).

use std::collections::{BTreeMap, VecDeque};

use super::answers::Expected;
use super::{Checked, Exists, Oracle, SLACK, Tag};
use crate::Version;
use crate::simulation::ledger::NEVER;
use crate::simulation::said::{Hello, Said};
use crate::wire::Connack;

/// How far a connection is, as the broker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// CONNECT was not handled yet.
    Opened,
    /// The client was accepted.
    Online,
    /// It has ended, whoever ended it.
    Over,
}

/// A connection, as the broker sees it.
#[derive(Clone, Debug)]
pub struct Conn {
    /// Whose it is.
    pub client: usize,
    /// The version of its CONNECT.
    pub version: Version,
    /// The listener that it came to; 1 asks.
    pub listener: u16,
    /// How far it is.
    pub stage: Stage,
    /// Its CONNECT.
    pub hello: Option<Hello>,
    /// What CONNACK has to say about the session, and what it waits for.
    pub session_present: Option<(bool, Tag)>,
    /// CONNACK went out.
    pub greeted: bool,
    /// Answers that are due.
    pub expected: VecDeque<Expected>,
    /// Packets behind a question.
    pub held: VecDeque<Said>,
    /// A question is open about the first of them.
    pub asked: bool,
    /// DISCONNECT: reason code, Session Expiry Interval.
    pub goodbye: Option<(u8, Option<u32>)>,
    /// DISCONNECT of the broker went out: nothing follows.
    pub dismissed: bool,
    /// The keep alive in force, in seconds.
    pub keep_alive_seconds: u16,
    /// When the last packet was whole, in microseconds.
    pub heard_at: u64,
    /// From when on its silence counts at the latest.
    pub patient_from: u64,
    /// When its client was accepted, or was last sent or answered a message at QoS 1 or 2, in microseconds.
    pub busy_at: u64,
    /// It was not read for a while.
    pub paused: bool,
    /// PUBLISH packets that hold a slot of its Receive Maximum.
    pub window: u16,
    /// The broker said that bytes wait, and when.
    pub announced: bool,
    /// See `announced`.
    pub announced_at: u64,
    /// Topic aliases of the broker: their topics.
    pub aliases: BTreeMap<u16, u16>,
    /// The place of the last message that was sent.
    pub last_sent: (u64, u32),
    /// PUBLISH packets to be sent again, in their order, before any new one.
    pub resend: VecDeque<u16>,
    /// When the broker had all of what breaks the protocol, in microseconds; 0 for not yet.
    pub broken_at: u64,
    /// The client broke the protocol.
    pub misbehaved: bool,
}

impl Conn {
    /// One that was just opened.
    pub fn new(client: usize, version: Version, listener: u16, now: u64) -> Self {
        Self {
            client,
            version,
            listener,
            stage: Stage::Opened,
            hello: None,
            session_present: None,
            greeted: false,
            expected: VecDeque::new(),
            held: VecDeque::new(),
            asked: false,
            goodbye: None,
            dismissed: false,
            keep_alive_seconds: 0,
            heard_at: now,
            patient_from: now,
            busy_at: now,
            paused: false,
            window: 0,
            announced: false,
            announced_at: now,
            aliases: BTreeMap::new(),
            last_sent: (0, 0),
            resend: VecDeque::new(),
            broken_at: 0,
            misbehaved: false,
        }
    }

    /// Whether its client was accepted and is still there.
    pub fn is_online(&self) -> bool {
        self.stage == Stage::Online
    }
}

impl Oracle {
    /// A transport was opened.
    pub fn opened(&mut self, link: u64, client: usize, version: Version, listener: u16) {
        self.conns.insert(link, Conn::new(client, version, listener, self.now));
    }

    /// The broker accepted the client of this connection.
    ///
    /// # Errors
    /// It goes on with a session that ended, or forgot one.
    pub fn accepted(&mut self, link: u64, present: bool, keep_alive_seconds: u16) -> Checked {
        let now = self.now;
        let conn = self.conn(link)?;
        let client = conn.client;
        let hello = conn.hello.clone().ok_or("a client without CONNECT was accepted")?;
        if conn.stage != Stage::Opened {
            return Err("a client was accepted twice".into());
        }
        conn.stage = Stage::Online;
        conn.keep_alive_seconds = keep_alive_seconds;
        (conn.patient_from, conn.busy_at) = (now, now);
        check_keep_alive(conn, &hello, keep_alive_seconds)?;
        if let Some(older) = self.sessions[client].online {
            self.over(older)?;
        }
        if hello.clean {
            self.end_session(client);
        }
        self.check_session_present(client, present)?;
        if !present {
            self.end_session(client);
        }
        let tag = self.tag;
        self.conn(link)?.session_present = Some((present, tag));
        self.begin_session(client, link, &hello, present);
        Ok(())
    }

    fn check_session_present(&self, client: usize, present: bool) -> Checked {
        let session = &self.sessions[client];
        let near_its_end = session.expires_at != NEVER
            && session.expires_at <= self.now + SLACK
            && session.expires_at + SLACK >= self.now;
        let over = session.exists == Exists::No || session.expires_at < self.now;
        match (present, session.exists) {
            _ if near_its_end => Ok(()),
            (true, exists) if over && exists != Exists::Maybe => Err(format!(
                "the session of client {client} goes on, which has ended: {exists:?}, {}",
                session.expires_at
            )),
            (false, Exists::Yes) if !over => Err(format!("the session of client {client} is gone")),
            _ => Ok(()),
        }
    }

    fn begin_session(&mut self, client: usize, link: u64, hello: &Hello, present: bool) {
        let tag = self.tag;
        if present {
            self.cancel_wills(client);
        }
        let session = &mut self.sessions[client];
        if !present {
            session.first_link = link;
            session.made = tag;
        }
        session.exists = Exists::Yes;
        session.opened = (tag, session.expires_at, session.closed);
        session.online = Some(link);
        session.expires_at = NEVER;
        session.asked_expiry_seconds = hello.expiry_seconds;
        session.expiry_seconds = hello.expiry_seconds;
        session.maximum_packet_size = hello.maximum_packet_size;
        session.flights.sort_by_key(|flight| flight.place);
        let again = session.flights.iter().filter(|flight| flight.is_to_be_published_again());
        let resend = again.map(|flight| flight.packet_identifier).collect();
        if let Some(conn) = self.conns.get_mut(&link) {
            conn.resend = resend;
        }
    }

    /// CONNACK goes out.
    pub(super) fn connack(&mut self, link: u64, connack: &Connack) -> Checked {
        self.reach.connack(connack.code);
        let conn = self.conn(link)?;
        if conn.greeted {
            return Err("a second CONNACK".into());
        }
        conn.greeted = true;
        if connack.code != 0 {
            if connack.session_present {
                return Err("a refusal with Session Present 1".into());
            }
            return Ok(());
        }
        let version = conn.version;
        let Some((present, tag)) = conn.session_present else {
            return Err("CONNACK accepts a client that was not accepted".into());
        };
        if connack.session_present != (present && version != Version::V3_1) {
            return Err(format!(
                "Session Present {}, the session goes on: {present}",
                connack.session_present
            ));
        }
        let client = self.client_of(link)?;
        // What became of the session is on the disk [our promise].
        if self.sessions[client].is_kept() { self.check_hold(tag, "CONNACK") } else { Ok(()) }
    }
}

/// [MQTT-3.2.2-21]: only 5.0 may be told another one, and is told the one that holds.
fn check_keep_alive(conn: &Conn, hello: &Hello, seconds: u16) -> Checked {
    let asked = hello.keep_alive_seconds;
    if seconds == asked || conn.version.is_5() && (asked == 0 || seconds < asked) {
        return Ok(());
    }
    Err(format!("keep alive {asked} became {seconds}"))
}
