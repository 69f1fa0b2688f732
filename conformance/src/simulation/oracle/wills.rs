//! Wills fire exactly once and on time (sections 3.1.2.5, 3.1.3.2.2).

use super::end::micros;
use super::{Checked, Fate, Oracle, SLACK, Tag};
use crate::simulation::ledger::Number;

/// How long after its time a will may fire that need not be there, in microseconds: longer than any record takes.
const DOUBT: u64 = 60_000_000;

/// A will that is to fire, or may.
#[derive(Clone, Copy, Debug)]
pub struct Will {
    /// Whose.
    pub client: usize,
    /// What.
    pub number: Number,
    /// Not before this time, in microseconds.
    pub due: u64,
    /// And soon after this one.
    pub latest: u64,
    /// Its delay in microseconds, whatever DISCONNECT made of it.
    pub delay: u64,
    /// Its session ended before its time: when it would have been due, and the record of that end.
    pub shortened: Option<(u64, Tag)>,
    /// Where the end of its connection is recorded.
    pub closed: Tag,
    /// It has to; otherwise it may.
    pub certain: bool,
    /// How it left this list, if it did: a crash may bring it back.
    pub left: Option<Tag>,
}

impl Oracle {
    /// A connection with a will ended.
    pub(super) fn leave_will(&mut self, client: usize, number: Number, delay_seconds: u32, taken_back: bool) {
        let session = &self.sessions[client];
        let delay = micros(delay_seconds.min(session.asked_expiry_seconds));
        let closed = self.tag;
        let due = self.now.saturating_add(micros(delay_seconds.min(session.expiry_seconds)));
        if taken_back {
            self.reach.count("will taken back");
        }
        let left = taken_back.then_some(self.tag);
        self.wills.push(Will {
            client,
            number,
            due,
            latest: due,
            delay,
            shortened: None,
            closed,
            certain: true,
            left,
        });
        self.forget_wills();
    }

    /// A client is back before its will was due ([MQTT-3.1.3-9]).
    pub(super) fn cancel_wills(&mut self, client: usize) {
        let (now, tag) = (self.now, self.tag);
        for will in self.wills.iter_mut().filter(|will| will.client == client && will.left.is_none()) {
            if will.due > now {
                will.left = Some(tag);
            } else if will.latest > now {
                will.certain = false;
            }
        }
        self.forget_wills();
    }

    /// A session ends, and with it every delay ([MQTT-3.1.2-8] of 5.0).
    pub(super) fn end_wills(&mut self, client: usize) {
        let (now, tag) = (self.now, self.tag);
        for will in self.wills.iter_mut().filter(|will| will.client == client && will.left.is_none()) {
            if will.latest > now {
                will.shortened = Some((will.latest, tag));
            }
            will.due = will.due.min(now);
            will.latest = will.latest.min(now);
        }
    }

    /// The broker says that it published the will of a client.
    ///
    /// # Errors
    /// There is none, or it is not yet due.
    pub fn will_fired(&mut self, client: usize, topic: &str) -> Checked {
        self.forget_wills_that_never_were();
        let (now, tag) = (self.now, self.tag);
        let fits = |will: &Will| {
            will.client == client
                && will.left.is_none()
                && will.due <= now
                && self.ledger.get(will.number).topic_name() == topic
        };
        let certain = self.wills.iter().position(|will| will.certain && fits(will));
        let place = certain.or_else(|| self.wills.iter().position(fits));
        let Some(place) = place else {
            let others: Vec<_> = self.wills.iter().filter(|will| will.client == client).collect();
            return Err(format!("the will of client {client} on {topic} fired at {now}, but: {others:?}"));
        };
        self.wills[place].left = Some(tag);
        let number = self.wills[place].number;
        self.taken_from_inside(number);
        self.forget_wills();
        Ok(())
    }

    /// Whether every will fired in time.
    ///
    /// # Errors
    /// One did not.
    pub(super) fn check_wills(&self) -> Checked {
        let late = |will: &&Will| will.left.is_none() && will.certain && will.latest + SLACK < self.now;
        match self.wills.iter().find(late) {
            Some(will) => Err(format!(
                "the will of client {} (message {}) was due {} ms ago and did not fire",
                will.client,
                will.number,
                (self.now - will.latest) / 1_000
            )),
            None => Ok(()),
        }
    }

    /// What no crash can bring back.
    pub(super) fn forget_wills(&mut self) {
        let (journal, completed) = (self.profile.journal, self.completed);
        self.wills.retain(|will| will.left.is_none_or(|tag| journal && tag.after > completed));
    }

    /// What may have been brought back by a crash and did not fire when it would have was not.
    fn forget_wills_that_never_were(&mut self) {
        let now = self.now;
        let may_come =
            |will: &Will| will.certain || will.left.is_some() || will.latest.saturating_add(DOUBT) >= now;
        self.wills.retain(may_come);
    }

    /// After a crash: those of clients that were there fire from now on; what was not yet on the disk did not happen.
    pub(super) fn wills_after_crash(&mut self, now: u64) {
        let completed = self.completed;
        self.forget_wills_that_never_were();
        for will in &mut self.wills {
            if let Some(tag) = will.left {
                match tag.fate(completed) {
                    Fate::Kept => continue,
                    Fate::Lost => will.left = None,
                    Fate::Unknown => (will.left, will.certain) = (None, false),
                }
            }
            if let Some((latest, tag)) = will.shortened.take() {
                let fate = tag.fate(completed);
                will.latest = if fate == Fate::Kept { will.latest } else { latest };
                will.due = if fate == Fate::Lost { latest } else { will.due };
            }
            // The end of the connection may not have been recorded: then it ended with the process.
            let anew = now.saturating_add(will.delay);
            match will.closed.fate(completed) {
                Fate::Kept => {}
                Fate::Lost => (will.due, will.latest) = (anew, anew),
                Fate::Unknown => (will.due, will.latest) = (will.due.min(anew), will.latest.max(anew)),
            }
            will.latest = will.latest.max(now);
            // Now its end is recorded, but not yet on the disk.
            will.closed = if will.closed.fate(completed) == Fate::Kept { Tag::default() } else { Tag::ANEW };
        }
        self.forget_wills();
    }
}
