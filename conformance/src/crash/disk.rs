//! A disk that finishes groups of records late, in order, many at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hushwing_core::record::{Key, MessageRow, Row};
use hushwing_core::{Position, Record};

/// Rows as bytes, by key, and the groups that are not yet on it.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    rows: BTreeMap<Key, Vec<u8>>,
    pending: VecDeque<(Position, Vec<Record>)>,
    written: Position,
}

impl Disk {
    /// Takes a group.
    ///
    /// # Errors
    /// Its position is not the next one.
    pub fn write(&mut self, position: Position, records: Vec<Record>) -> Result<(), String> {
        if position.0 != self.written.0 + 1 {
            return Err(format!("group {position:?} follows {:?}", self.written));
        }
        if records.is_empty() {
            return Err(format!("group {position:?} is empty"));
        }
        self.written = position;
        self.pending.push_back((position, records));
        Ok(())
    }

    /// The last group that it took.
    pub fn written(&self) -> u64 {
        self.written.0
    }

    /// Groups that are not yet on it.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Finishes up to `groups` groups; the position of the last one.
    pub fn complete(&mut self, groups: usize) -> Option<Position> {
        let mut last = None;
        for _ in 0..groups {
            let Some((position, records)) = self.pending.pop_front() else { break };
            records.into_iter().for_each(|record| self.apply(record));
            last = Some(position);
        }
        last
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Put(row) => drop(self.rows.insert(row.key(), row.encode())),
            Record::Delete(key) => drop(self.rows.remove(&key)),
        }
    }

    /// The process died: what was not finished is lost. The next broker counts its groups from 1.
    pub fn crash(&mut self) {
        self.pending.clear();
        self.written = Position::NONE;
    }

    /// Looks for rows that speak of nothing, and would stay for ever. `is_held`: the broker may need this message for
    /// something that has no row.
    ///
    /// # Errors
    /// There is one.
    pub fn check_references(&self, is_held: impl Fn(&MessageRow) -> bool) -> Result<(), String> {
        let rows = self.rows()?;
        let mut named = BTreeSet::new();
        for row in &rows {
            let (session, message) = match row {
                Row::Session(_) | Row::Message(_) => (None, None),
                Row::Will(row) => (Some(row.session), None),
                Row::Subscription(row) => (Some(row.session), None),
                Row::Incoming { session, .. } => (Some(*session), None),
                Row::Queued(row) => (Some(row.session), Some(row.message).filter(|message| *message != 0)),
                Row::Retained(row) => (None, Some(row.message)),
                Row::FanOut(row) => (None, Some(row.message)),
                Row::Replay(row) => (Some(row.session), None),
            };
            named.extend(message);
            if session.is_some_and(|session| !self.rows.contains_key(&Key::Session(session))) {
                return Err(format!("{row:?} speaks of a session that is not there"));
            }
            if message.is_some_and(|message| !self.rows.contains_key(&Key::Message(message))) {
                return Err(format!("{row:?} speaks of a message that is not there"));
            }
        }
        let unnamed =
            |row: &&Row| matches!(row, Row::Message(of) if !named.contains(&of.message) && !is_held(of));
        match rows.iter().find(unnamed) {
            Some(row) => Err(format!("nobody needs {row:?}")),
            None => Ok(()),
        }
    }

    /// What was kept.
    ///
    /// # Errors
    /// A row does not come back as it was written.
    pub fn rows(&self) -> Result<Vec<Row>, String> {
        let decode = |(key, bytes): (&Key, &Vec<u8>)| {
            let row = Row::decode(bytes).map_err(|damaged| format!("{key:?}: {damaged}"))?;
            if row.key() == *key { Ok(row) } else { Err(format!("{key:?} comes back as {row:?}")) }
        };
        self.rows.iter().map(decode).collect()
    }
}
