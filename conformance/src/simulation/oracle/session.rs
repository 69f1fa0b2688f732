//! What the broker keeps for a client, as the standard says it (section 4.1).

use std::collections::BTreeMap;

use super::flights::Flight;
use super::{Oracle, Tag, retain_open};
use crate::simulation::ledger::{NEVER, Number};
use crate::simulation::said::Wanted;
use crate::simulation::topics::FILTERS;

/// Whether a session is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exists {
    /// It is not.
    #[default]
    No,
    /// A crash has left it open.
    Maybe,
    /// It is.
    Yes,
}

/// A subscription, from one turn to another.
#[derive(Clone, Debug)]
pub struct Interval {
    /// What was asked for.
    pub wanted: Wanted,
    /// The turn at which it began.
    pub from: u64,
    /// When that was, in microseconds.
    pub since: u64,
    /// The turn at which it ended; [`super::OPEN`] while it lasts.
    pub until: u64,
    /// The turn from which on it is there for sure.
    pub sure_from: u64,
    /// It is there for sure, as far as it is open.
    pub certain: bool,
    /// SUBACK was seen.
    pub confirmed: bool,
    /// UNSUBACK, or the answer to the SUBSCRIBE that replaced it, was seen.
    pub over: bool,
    /// Where its beginning and its end are recorded.
    pub began: Tag,
    /// See `began`.
    pub ended: Tag,
    /// Retained messages that it is still to be sent: topic, message.
    pub replays: Vec<(u16, Number)>,
    /// Those that it was sent, unless they were for another subscription.
    pub replayed: Vec<(u16, Number)>,
}

/// A QoS 2 Packet Identifier that the broker has received and not released.
#[derive(Clone, Copy, Debug)]
pub struct Incoming {
    /// The identifier.
    pub packet_identifier: u16,
    /// Its message.
    pub number: Number,
    /// Where it is recorded.
    pub tag: Tag,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whether it is there.
    pub exists: Exists,
    /// Another session, another number.
    pub generation: u32,
    /// Where it is recorded that it was made.
    pub made: Tag,
    /// Session Expiry Interval of its last CONNECT in seconds.
    pub asked_expiry_seconds: u32,
    /// The one that holds: DISCONNECT may change it.
    pub expiry_seconds: u32,
    /// Maximum Packet Size of its client; 0 for none.
    pub maximum_packet_size: u32,
    /// The connection that it has.
    pub online: Option<u64>,
    /// The connection that made it.
    pub first_link: u64,
    /// When it ends, in microseconds.
    pub expires_at: u64,
    /// Where its last CONNECT is recorded, when it would have ended without it, and where the end of the connection
    /// before is recorded.
    pub opened: (Tag, u64, Tag),
    /// Where the end of its last connection is recorded.
    pub closed: Tag,
    /// Subscriptions by filter, past ones too.
    pub intervals: Vec<Vec<Interval>>,
    /// Messages that have to arrive.
    pub owed: Vec<Number>,
    /// First copies that went out, by message from `base` on.
    copies: Vec<u8>,
    base: Number,
    older_copies: BTreeMap<Number, u8>,
    /// What is in flight to the client, in the order in which it was sent.
    pub flights: Vec<Flight>,
    /// What was in flight until a moment ago: a crash may bring it back.
    pub ghosts: Vec<(Flight, Tag)>,
    /// QoS 2 identifiers from the client.
    pub incoming: Vec<Incoming>,
    /// Those that were released, with the record of that.
    pub released: Vec<(Incoming, Tag)>,
    /// The turn at which the last message of this publisher, topic and QoS came in that was passed on.
    pub order: BTreeMap<(u16, u16, u8), u64>,
    /// Copies that the broker said it dropped.
    pub losses: u64,
    /// Retained messages that a subscription was to be sent that has ended since: they may be on their way.
    pub loose_replays: Vec<(u16, Number)>,
    /// A crash has left open which retained messages it was sent.
    pub replays_open: bool,
    /// A connection ended with packets that nobody saw.
    pub unseen: bool,
    /// The session before, as long as a crash may bring it back; and the record of its end.
    pub previous: Option<(Box<Session>, Tag)>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl Session {
    /// One that is not there. No message before `base` is meant for it.
    pub fn new(generation: u32, base: Number) -> Self {
        Self {
            exists: Exists::No,
            generation,
            made: Tag::default(),
            asked_expiry_seconds: 0,
            expiry_seconds: 0,
            maximum_packet_size: 0,
            online: None,
            first_link: 0,
            expires_at: NEVER,
            opened: (Tag::default(), NEVER, Tag::default()),
            closed: Tag::default(),
            intervals: vec![Vec::new(); FILTERS.len()],
            owed: Vec::new(),
            copies: Vec::new(),
            base,
            older_copies: BTreeMap::new(),
            flights: Vec::new(),
            ghosts: Vec::new(),
            incoming: Vec::new(),
            released: Vec::new(),
            order: BTreeMap::new(),
            losses: 0,
            loose_replays: Vec::new(),
            replays_open: false,
            unseen: false,
            previous: None,
        }
    }

    /// Counts a first copy of a message; how many there were now.
    pub fn count(&mut self, number: Number) -> u8 {
        let place = match number.checked_sub(self.base) {
            Some(place) => {
                let place = place as usize;
                if place >= self.copies.len() {
                    self.copies.resize(place + 256, 0);
                }
                &mut self.copies[place]
            }
            None => self.older_copies.entry(number).or_default(),
        };
        *place = place.saturating_add(1);
        *place
    }

    /// First copies of a message.
    pub fn copies(&self, number: Number) -> u8 {
        match number.checked_sub(self.base) {
            Some(place) => self.copies.get(place as usize).copied().unwrap_or_default(),
            None => self.older_copies.get(&number).copied().unwrap_or_default(),
        }
    }

    /// Takes back a first copy: a crash made the broker forget that it was sent.
    pub fn uncount(&mut self, number: Number) {
        if let Some(place) = number.checked_sub(self.base) {
            if let Some(copies) = self.copies.get_mut(place as usize) {
                *copies = copies.saturating_sub(1);
            }
        } else if let Some(copies) = self.older_copies.get_mut(&number) {
            *copies = copies.saturating_sub(1);
        }
    }

    /// These retained messages, which a subscription was to be sent, may have been sent already.
    pub fn loosen_replays(&mut self, which: impl Fn(Number) -> bool) {
        for interval in self.intervals.iter_mut().flatten() {
            self.loose_replays.extend(interval.replays.extract_if(.., |(_, number)| which(*number)));
        }
    }

    /// The message has to arrive.
    pub fn owe(&mut self, number: Number) {
        if let Err(place) = self.owed.binary_search(&number) {
            self.owed.insert(place, number);
        }
    }

    /// It has arrived, or need not any more.
    pub fn settle(&mut self, number: Number) -> bool {
        match self.owed.binary_search(&number) {
            Ok(place) => {
                self.owed.remove(place);
                true
            }
            Err(_) => false,
        }
    }

    /// The subscription to a filter that is there now, if it is.
    pub fn open(&self, filter: u8) -> Option<&Interval> {
        self.intervals[usize::from(filter)].last().filter(|of| of.until == super::OPEN)
    }

    /// Whether it outlives its connection.
    pub fn is_kept(&self) -> bool {
        self.expiry_seconds > 0
    }
}

impl Oracle {
    /// Whether the session outlives a crash.
    pub(super) fn is_durable(&self, client: usize) -> bool {
        self.profile.journal && self.sessions[client].is_kept()
    }

    /// The session of a client ends now.
    pub(super) fn end_session(&mut self, client: usize) {
        if self.sessions[client].exists == Exists::No {
            return;
        }
        let tag = self.tag;
        self.lose_to_groups(client);
        let base = self.ledger.next_number();
        let next = Session::new(self.sessions[client].generation + 1, base);
        let mut old = std::mem::replace(&mut self.sessions[client], next);
        self.end_wills(client);
        if self.profile.journal && old.asked_expiry_seconds > 0 {
            old.previous = None;
            old.online = None;
            self.sessions[client].previous = Some((Box::new(old), tag));
        }
        self.end_empty_groups();
    }

    /// Records that nothing can take back any more.
    pub(super) fn forget_what_is_durable(&mut self) {
        let (completed, rates) = (self.completed, self.profile.rates);
        for session in &mut self.sessions {
            if !rates {
                retain_open(&mut session.ghosts, completed, |(_, tag)| *tag);
            } else if session.ghosts.len() > 64 {
                // With a rate what is on the disk says nothing of what was read and not yet handled.
                session.ghosts.remove(0);
            }
            retain_open(&mut session.released, completed, |(_, tag)| *tag);
            if session.previous.as_ref().is_some_and(|(_, tag)| tag.after <= completed) {
                session.previous = None;
            }
        }
        for shelf in &mut self.shelves {
            shelf.forget(completed);
        }
        self.ripen(completed);
    }
}
