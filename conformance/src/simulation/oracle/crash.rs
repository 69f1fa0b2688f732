//! The process died, and another one goes on with what is on the disk: what was promised is true still, what was not
//! promised may be so or not.

use super::flights::{Flight, Leg};
use super::{Exists, Fate, OPEN, Oracle, Session, Tag};
use crate::simulation::ledger::{Ledger, NEVER};

impl Oracle {
    /// The process died; the disk has what `completed` says.
    pub fn died(&mut self) {
        let links: Vec<u64> = self.conns.keys().copied().collect();
        let tag = Tag { before: self.written, after: self.written, alone: false };
        self.tag = tag;
        for link in &links {
            let Some(conn) = self.conns.get(link) else { continue };
            let will = conn.hello.as_ref().and_then(|hello| hello.will).filter(|_| conn.is_online());
            let (client, greeted) = (conn.client, conn.greeted);
            if let (Some((number, delay_seconds)), true) = (will, self.profile.journal) {
                self.leave_will(client, number, delay_seconds, false);
                if let Some(will) = self.wills.last_mut() {
                    will.certain &= greeted;
                    will.closed = Tag { before: NEVER, after: NEVER, alone: false };
                }
            }
        }
        self.conns.clear();
        let before = self.unfinished.len() + self.unripe.len();
        self.unfinished.clear();
        self.unripe.clear();
        self.reach.died(before > 0);
    }

    /// Another process has read the disk; it is `now`.
    pub fn restarted(&mut self, now: u64) {
        let (turn, before) = (self.turn, self.now);
        for message in self.ledger.all_mut().filter(|message| message.fed_at != NEVER) {
            message.crashed |= !message.accepted || message.done_at == NEVER || message.fed_at + 5_000 > turn;
            message.done_at = message.done_at.min(turn);
            message.may_be_gone |= message.due_until <= before;
        }
        if !self.profile.journal {
            self.wills.clear();
        }
        self.wills_after_crash(now);
        self.now = now;
        for client in 0..self.sessions.len() {
            self.session_after_crash(client);
        }
        self.shelves_after_crash();
        self.groups_after_crash();
        (self.written, self.completed) = (0, 0);
        self.forget_tags();
        self.turn += 1;
    }

    fn session_after_crash(&mut self, client: usize) {
        let (now, completed, journal) = (self.now, self.completed, self.profile.journal);
        let (base, turn) = (self.ledger.next_number(), self.turn);
        let ledger = &self.ledger;
        let session = &mut self.sessions[client];
        if let Some((mut old, tag)) = session.previous.take() {
            let fate = tag.fate(completed);
            if journal && fate != Fate::Kept {
                // The end of the session before was not recorded for sure.
                old.exists = Exists::Maybe;
                old.owed.clear();
                old.generation = session.generation + 1;
                old.expiry_seconds = old.asked_expiry_seconds;
                old.expires_at = NEVER;
                *session = *old;
            }
        }
        // A DISCONNECT that is forgotten has changed nothing.
        if session.online.is_none() && session.closed.fate(completed) != Fate::Kept {
            if session.expiry_seconds != session.asked_expiry_seconds {
                session.exists = Exists::Maybe;
            }
            session.expiry_seconds = session.expiry_seconds.max(session.asked_expiry_seconds);
        }
        let lost = session.made.fate(completed) == Fate::Lost;
        if !journal || !session.is_kept() || session.exists == Exists::No || lost {
            *session = Session::new(session.generation + 1, base);
            return;
        }
        if session.made.fate(completed) == Fate::Unknown {
            session.exists = Exists::Maybe;
        }
        session.crash(completed, turn, ledger);
        // One that was connected counts as closed when it is restored, one whose close was not recorded, too.
        if session.expiry_seconds != u32::MAX {
            let latest = now.saturating_add(super::end::micros(session.expiry_seconds));
            let (opened, before, closed) = session.opened;
            let reopened = opened.fate(completed);
            let fate = if session.online.is_some() { Fate::Lost } else { session.closed.fate(completed) };
            match fate {
                // The end of the connection before may be forgotten with it: it was taken over.
                _ if reopened == Fate::Lost && before != NEVER && closed.fate(completed) == Fate::Lost => {
                    session.expires_at = latest;
                }
                // Its last CONNECT may be forgotten: then it has been away for longer.
                _ if reopened == Fate::Lost && before != NEVER => session.expires_at = before,
                _ if reopened == Fate::Unknown && before != NEVER => {
                    session.exists = Exists::Maybe;
                    session.expires_at = session.expires_at.min(before).min(latest);
                }
                Fate::Kept => {}
                Fate::Lost => session.expires_at = latest,
                Fate::Unknown => {
                    session.exists = Exists::Maybe;
                    session.expires_at = session.expires_at.min(latest);
                }
            }
        }
        let recorded = session.online.take().is_none() && session.closed.fate(completed) == Fate::Kept;
        session.closed = if recorded { Tag::default() } else { Tag::ANEW };
        if session.exists == Exists::Maybe {
            session.owed.clear();
        }
    }

    /// The restart has made groups up to this one.
    pub fn recorded_anew(&mut self, written: u64) {
        let tags = self.sessions.iter_mut().map(|session| &mut session.closed);
        for tag in tags.chain(self.wills.iter_mut().map(|will| &mut will.closed)) {
            if *tag == Tag::ANEW {
                tag.after = written;
            }
        }
    }

    /// The next process counts its groups anew: what is left is on the disk.
    fn forget_tags(&mut self) {
        for session in &mut self.sessions {
            session.made = Tag::default();
            session.closed = if session.closed == Tag::ANEW { Tag::ANEW } else { Tag::default() };
            session.opened = (Tag::default(), NEVER, Tag::default());
            session.ghosts.clear();
            session.released.clear();
            session.previous = None;
            session.incoming.iter_mut().for_each(|of| of.tag = Tag::default());
            for interval in session.intervals.iter_mut().flatten() {
                (interval.began, interval.ended) = (Tag::default(), Tag::default());
                (interval.confirmed, interval.over) = (true, interval.until != OPEN);
            }
        }
        self.tag = Tag::default();
    }
}

impl Session {
    fn crash(&mut self, completed: u64, turn: u64, ledger: &Ledger) {
        self.unseen = true;
        self.replays_open = true;
        for filter in 0..self.intervals.len() {
            self.intervals_after_crash(filter, completed, turn);
        }
        for (mut of, tag) in std::mem::take(&mut self.released) {
            if tag.fate(completed) != Fate::Kept {
                of.tag = Tag::default();
                self.incoming.push(of);
            }
        }
        self.incoming.retain(|of| of.tag.fate(completed) == Fate::Kept);
        let ghosts = std::mem::take(&mut self.ghosts);
        let back = ghosts.into_iter().filter(|(_, tag)| tag.fate(completed) != Fate::Kept);
        let back = back.map(|(flight, _)| Flight { open: true, maybe: true, ..flight });
        let flights: Vec<Flight> = std::mem::take(&mut self.flights).into_iter().chain(back).collect();
        for flight in flights {
            self.flight_after_crash(flight, ledger);
        }
    }

    /// Acknowledgements that may not have been handled: what they were for may come back.
    pub(super) fn haunt(&mut self) {
        for (flight, _) in std::mem::take(&mut self.ghosts) {
            if self.flight(flight.packet_identifier).is_none() {
                self.flights.push(Flight { open: true, maybe: true, ..flight });
            }
        }
    }

    /// Identifiers of QoS 1 are not kept: the message comes again as it likes. At QoS 2 PUBLISH waited for the record
    /// of its identifier, and PUBREL for that of PUBREC.
    fn flight_after_crash(&mut self, mut flight: Flight, ledger: &Ledger) {
        if flight.qos == 1 {
            if flight.number != super::NAMELESS && !flight.retain {
                self.uncount(flight.number);
                flight.uncounted = true;
                if !flight.maybe && ledger.get(flight.number).accepted {
                    self.owe(flight.number);
                }
                self.comes_again(ledger.get(flight.number));
            }
            (flight.open, flight.maybe) = (true, true);
        }
        flight.open |= flight.leg == Leg::Received;
        self.flights.retain(|of| of.packet_identifier != flight.packet_identifier || !of.maybe);
        if self.flight(flight.packet_identifier).is_none() {
            self.flights.push(flight);
        }
    }

    fn intervals_after_crash(&mut self, filter: usize, completed: u64, turn: u64) {
        let intervals = &mut self.intervals[filter];
        let mut open = false;
        for interval in intervals.iter_mut() {
            interval.replays.clear();
            let began = if interval.confirmed { Fate::Kept } else { interval.began.fate(completed) };
            let ended = if interval.over { Fate::Kept } else { interval.ended.fate(completed) };
            if interval.until != OPEN && ended != Fate::Kept {
                // It may be back, or never have gone.
                interval.until = OPEN;
                interval.certain = false;
            }
            if began != Fate::Kept {
                interval.certain = false;
                if began == Fate::Lost && interval.until == OPEN {
                    interval.until = turn;
                }
            }
            open |= interval.until == OPEN;
        }
        // Only the last one counts as the one that is there; the others are where messages may still come from.
        if open && let Some(place) = intervals.iter().rposition(|of| of.until == OPEN) {
            let several = intervals.iter().filter(|of| of.until == OPEN).count() > 1;
            intervals[place].certain &= !several;
            let last = intervals.remove(place);
            intervals.push(last);
        }
    }
}
