//! A new subscription gets the last retained message of each topic, once, and no other (section 3.3.1.3).

use super::answers::REST;
use super::{Checked, Exists, Fate, Interval, Oracle, Session, Tag};
use crate::simulation::ledger::Number;
use crate::simulation::said::Wanted;
use crate::simulation::topics::{filters_of, fits, is_shared};
use crate::wire::Publish;

/// Retained messages to be sent, each with its topic.
type Replays = Vec<(u16, Number)>;

/// The retained message of one topic.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// The message, if there is one.
    pub number: Option<Number>,
    /// A crash has left open whether it is this one.
    pub open: bool,
    /// What stood there before, and the record of the change.
    before: Vec<(Option<Number>, Tag)>,
}

impl Shelf {
    pub(super) fn forget(&mut self, completed: u64) {
        if !self.before.is_empty() {
            self.before.retain(|(_, tag)| tag.after > completed);
        }
    }

    /// The changes that are not on the disk did not happen.
    fn crash(&mut self, completed: u64) {
        for (number, tag) in std::mem::take(&mut self.before).into_iter().rev() {
            match tag.fate(completed) {
                Fate::Kept => return,
                Fate::Lost => self.number = number,
                Fate::Unknown => self.open = true,
            }
        }
    }
}

impl Oracle {
    /// A message with RETAIN 1 has been dealt with.
    pub(super) fn shelve(&mut self, number: Number) {
        let (tag, journal, doubtful) = (self.tag, self.profile.journal, self.profile.may_refuse());
        let message = self.ledger.get(number);
        let topic = message.topic;
        let next = (!message.clears).then_some(number);
        let shelf = &mut self.shelves[usize::from(topic)];
        let old = std::mem::replace(&mut shelf.number, next);
        // With short memory the message may have been refused, and the one before it stays.
        shelf.open = doubtful;
        if journal && tag.after > tag.before {
            shelf.before.push((old, tag));
        }
        // Whoever was still to be sent the old one gets the new one as a subscriber, perhaps behind the old one.
        for filter in filters_of(topic).iter().filter(|filter| !is_shared(usize::from(**filter))) {
            for session in &mut self.sessions {
                if let Some(interval) = session.intervals[usize::from(*filter)].last_mut() {
                    let late = interval.replays.extract_if(.., |(of, _)| *of == topic);
                    session.loose_replays.extend(late);
                }
            }
        }
    }

    /// What a new subscription is to be sent, and what it may be sent: its time may have come before.
    pub(super) fn replays_of(&self, client: usize, wanted: &Wanted) -> (Replays, Replays) {
        let filter = usize::from(wanted.filter);
        if is_shared(filter) {
            return Default::default();
        }
        let (mut all, mut perhaps) = (Vec::new(), Vec::new());
        for (topic, shelf) in self.shelves.iter().enumerate() {
            let topic = topic as u16;
            let Some(number) = shelf.number.filter(|_| fits(filter, topic)) else { continue };
            let message = self.ledger.get(number);
            let own = wanted.no_local && usize::from(message.publisher) == client;
            if !own && message.is_due(self.now) {
                all.push((topic, number));
            } else if !own && message.deadline > self.now {
                perhaps.push((topic, number));
            }
        }
        (all, perhaps)
    }

    /// A message with RETAIN 1 goes out: whether it is one that a subscription was to be sent.
    pub(super) fn replayed(&mut self, client: usize, number: Number, publish: &Publish) -> Checked<bool> {
        let message = self.ledger.get(number);
        let (topic, retain) = (message.topic, message.retain);
        if !retain {
            return Err(format!("message {number} comes with RETAIN 1, it was published with 0"));
        }
        let most = message.qos.min(if self.profile.is_poor() { 1 } else { 2 });
        let session = &mut self.sessions[client];
        let intervals = filters_of(topic).iter().flat_map(|filter| &session.intervals[usize::from(*filter)]);
        let as_published = intervals.clone().any(|interval| interval.wanted.retain_as_published);
        let asked = intervals.into_iter().any(|interval| interval.wanted.retain_handling < 2);
        if as_published {
            // It may be the message itself as well as the retained one.
            session.settle(number);
        }
        if session.take_replay((topic, number), most, publish) {
            if as_published {
                session.loose_replays.push((topic, number));
            }
            return Ok(true);
        }
        let shelf_is_open = self.shelves[usize::from(topic)].open;
        if session.replays_open || shelf_is_open || self.profile.rates || self.profile.may_refuse() {
            return Ok(true);
        }
        if as_published {
            // Any subscription that asked for retained messages may have been sent it, too.
            return Ok(asked);
        }
        Err(format!("retained message {number} comes to client {client}, which was not to be sent it"))
    }

    /// After a crash.
    pub(super) fn shelves_after_crash(&mut self) {
        let (journal, completed) = (self.profile.journal, self.completed);
        for shelf in &mut self.shelves {
            if journal {
                shelf.crash(completed);
            } else {
                *shelf = Shelf::default();
            }
        }
    }

    /// Whether retained messages are held back from a client that has acknowledged everything.
    pub(super) fn check_replays_of(&self, link: u64) -> Checked {
        let Some(conn) = self.at_rest(link) else { return Ok(()) };
        let missing = self.missing_replay(&self.sessions[conn.client], |of| of.since + REST < self.now);
        missing.map_or(Ok(()), |number| {
            Err(format!("client {} was not sent retained message {number}", conn.client))
        })
    }

    /// Whether everything that was asked for has come, once all faults have ended.
    pub(super) fn check_replays(&self) -> Checked {
        // With a rate nobody knows when a message took the place of another.
        let sessions = self.sessions.iter().enumerate().filter(|_| !self.profile.rates);
        for (client, session) in sessions {
            if let Some(number) = self.missing_replay(session, |_| true) {
                return Err(format!("client {client} never got retained message {number}"));
            }
        }
        Ok(())
    }

    /// A retained message that a subscription was certainly to be sent.
    fn missing_replay(&self, session: &Session, counts: impl Fn(&Interval) -> bool) -> Option<Number> {
        if session.exists != Exists::Yes || session.replays_open || session.losses > 0 {
            return None;
        }
        let open = session.intervals.iter().flatten().filter(|of| of.until == super::OPEN && of.certain);
        let mut all = open.filter(|of| counts(of)).flat_map(|interval| &interval.replays);
        let missing = all.find(|(_, number)| {
            let message = self.ledger.get(*number);
            message.is_due(self.now) && session.takes(message)
        });
        missing.map(|(_, number)| *number)
    }
}

impl Session {
    /// Takes a retained message off what the subscriptions are to be sent, from the one whose it is by its QoS and
    /// its identifier.
    fn take_replay(&mut self, replay: (u16, Number), most: u8, publish: &Publish) -> bool {
        let identifier = publish.identifiers().first().copied().unwrap_or_default();
        for filter in filters_of(replay.0) {
            let Some(interval) = self.intervals[usize::from(*filter)].last_mut() else { continue };
            let wanted = interval.wanted;
            if wanted.qos.min(most) != publish.qos || wanted.identifier != identifier {
                continue;
            }
            if let Some(place) = interval.replays.iter().position(|of| *of == replay) {
                interval.replays.remove(place);
                interval.replayed.push(replay);
                return true;
            }
        }
        match self.loose_replays.iter().position(|of| *of == replay) {
            Some(place) => {
                self.loose_replays.remove(place);
                true
            }
            None => false,
        }
    }

    /// A subscription ends that was still to be sent these. Another of the same kind may have been sent them for it.
    pub(super) fn loosen(&mut self, replays: Vec<(u16, Number)>) {
        self.loosen_others(&replays);
        self.loose_replays.extend(replays);
    }

    /// The same for those that seem to have been sent for the one that ended.
    pub(super) fn loosen_others(&mut self, replays: &[(u16, Number)]) {
        for replay in replays {
            for filter in filters_of(replay.0) {
                let Some(interval) = self.intervals[usize::from(*filter)].last_mut() else { continue };
                let others = interval.replays.extract_if(.., |of| of == replay);
                self.loose_replays.extend(others);
            }
        }
    }
}
