//! What must be true of a broker, whatever happens: plain maps and lists, written from the standard.
//!
//! The oracle stands between the broker and everybody else. It knows in which order the broker got what, as values
//! and not as bytes, and reads every packet that leaves. Time and order are those of the broker: a *turn* is one
//! packet that the broker has handled, or one thing that happened to it. What may go either way (a record that was
//! on its way to the disk when the process died) is *possible*; what must be is *certain*. The invariants are one
//! file each.

mod acknowledge;
mod answers;
mod connect;
mod copies;
mod crash;
mod deliver;
mod end;
mod expiry;
mod finale;
mod flights;
mod groups;
mod heard;
mod keep_alive;
mod order;
mod owed;
mod properties;
mod publish;
mod retained;
mod session;
mod subscribe;
mod wills;

use std::collections::BTreeMap;

pub use self::answers::{Answer, Expected};
pub use self::connect::{Conn, Stage};
pub use self::groups::Group;
pub use self::retained::Shelf;
pub use self::session::{Exists, Interval, Session};
pub use self::wills::Will;
use super::ledger::{Ledger, NEVER, Number};
use super::profile::Profile;
use super::reach::Reach;
use super::topics::{FILTERS, TOPICS};

/// What an invariant says: it holds, or what is wrong, in words.
pub type Checked<T = ()> = Result<T, String>;

/// How exactly the broker keeps to a time, in microseconds: its deadlines are whole seconds and ticks of a wheel.
pub const SLACK: u64 = 2_000_000;

/// Where an effect stands among the groups of records: it is in one of those behind `before`, up to `after`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// The last group before it.
    pub before: u64,
    /// The last group that may have it.
    pub after: u64,
    /// Nothing else happened in the same call.
    pub alone: bool,
}

/// What became of an effect in a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is on the disk.
    Kept,
    /// It never happened.
    Lost,
    /// Either.
    Unknown,
}

impl Tag {
    /// In one of the groups of a restart, whose number is not known yet.
    pub const ANEW: Self = Self { before: 0, after: NEVER, alone: false };

    /// What becomes of it if the disk has the groups up to `completed`.
    pub fn fate(self, completed: u64) -> Fate {
        if completed >= self.after {
            Fate::Kept
        } else if completed <= self.before {
            Fate::Lost
        } else {
            Fate::Unknown
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Oracle {
    /// How the world is set up.
    pub profile: Profile,
    /// The broker's time in microseconds.
    pub now: u64,
    /// Grows with everything that happens to the broker.
    pub turn: u64,
    /// All messages.
    pub ledger: Ledger,
    /// The session of each client.
    pub sessions: Vec<Session>,
    /// Connections that the broker knows.
    pub conns: BTreeMap<u64, Conn>,
    /// The retained message of each topic.
    pub shelves: Vec<Shelf>,
    /// Wills that are to fire, or may.
    pub wills: Vec<Will>,
    /// What each group is owed, by filter.
    pub groups: Vec<Group>,
    /// Groups of records: written, and on the disk.
    pub written: u64,
    /// See `written`.
    pub completed: u64,
    /// The groups of the call at hand.
    pub tag: Tag,
    /// Messages that the broker has not done with.
    pub unfinished: Vec<Number>,
    /// What the broker published by itself and has not recorded yet.
    unripe: Vec<(Number, Tag)>,
    /// Copies that the broker said it dropped.
    pub dropped: u64,
    /// What was reached.
    pub reach: Reach,
}

impl Oracle {
    /// Nothing happened yet.
    pub fn new(profile: &Profile, clients: usize) -> Self {
        Self {
            profile: profile.clone(),
            now: 0,
            turn: 1,
            ledger: Ledger::default(),
            sessions: (0..clients).map(|_| Session::default()).collect(),
            conns: BTreeMap::new(),
            shelves: TOPICS.iter().map(|_| Shelf::default()).collect(),
            wills: Vec::new(),
            groups: FILTERS.iter().map(|_| Group::default()).collect(),
            written: 0,
            completed: 0,
            tag: Tag::default(),
            unfinished: Vec::new(),
            unripe: Vec::new(),
            dropped: 0,
            reach: Reach::default(),
        }
    }

    /// The disk has the groups up to `completed`.
    pub fn persisted(&mut self, completed: u64) {
        self.completed = completed;
        self.forget_what_is_durable();
    }

    /// Everything that the broker had put off is done.
    pub fn finished(&mut self) {
        let turn = self.turn;
        for number in std::mem::take(&mut self.unfinished) {
            if !self.profile.rates {
                self.ledger.get_mut(number).done_at = turn;
            }
        }
        self.ripen(self.completed);
    }

    /// Whether a record has to be on the disk that is not: `what` was said too early.
    fn check_hold(&self, tag: Tag, what: &str) -> Checked {
        if self.profile.journal && tag.alone && tag.after > tag.before && self.completed <= tag.before {
            return Err(format!(
                "{what} went out before its record: group {} is not on the disk, only {}",
                tag.before + 1,
                self.completed
            ));
        }
        Ok(())
    }

    fn conn(&mut self, link: u64) -> Checked<&mut Conn> {
        self.conns
            .get_mut(&link)
            .ok_or_else(|| format!("the broker speaks of connection {link}, which is gone"))
    }

    /// Whether this client speaks for itself on this connection, still.
    fn client_of(&self, link: u64) -> Checked<usize> {
        let conn = self.conns.get(&link).ok_or_else(|| format!("connection {link} is gone"))?;
        Ok(conn.client)
    }
}

/// Takes what is not yet on the disk; the rest has become certain.
fn retain_open<T>(all: &mut Vec<T>, completed: u64, tag: impl Fn(&T) -> Tag) {
    if !all.is_empty() {
        all.retain(|of| tag(of).after > completed);
    }
}

/// A message without a number: it has no payload to say which it is.
pub const NAMELESS: Number = Number::MAX;

/// A place in time that no interval has left.
pub const OPEN: u64 = NEVER;
