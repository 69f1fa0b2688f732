//! Deadlines of many things, the earliest first.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;

use crate::time::Instant;

/// What has a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TimerKind {
    /// A network connection.
    Connection = 0,
    /// A session.
    Session = 1,
    /// Something of the machine as a whole.
    Broker = 2,
}

/// One owner of a deadline, by its kind and its place in the table of its kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey(u32);

/// Stale entries that are not worth a pass over all.
const STALE_ALLOWED: usize = 64;

const INDEX_BITS: u32 = 30;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

impl TimerKey {
    /// `index` must be below 2^30.
    pub const fn new(kind: TimerKind, index: u32) -> Self {
        Self((kind as u32) << INDEX_BITS | index & INDEX_MASK)
    }

    /// The kind of the owner.
    pub const fn kind(self) -> TimerKind {
        match self.0 >> INDEX_BITS {
            0 => TimerKind::Connection,
            1 => TimerKind::Session,
            _ => TimerKind::Broker,
        }
    }

    /// The place of the owner in the table of its kind.
    pub const fn index(self) -> u32 {
        self.0 & INDEX_MASK
    }
}

impl core::fmt::Debug for TimerKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}({})", self.kind(), self.index())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    deadline: Instant,
    key: TimerKey,
}

/// The deadlines. Each owner keeps `armed` beside itself: the deadline that it last gave in here,
/// [`Instant::FAR_FUTURE`] for none. An entry that differs from its owner's `armed` is stale and says
/// nothing.
#[derive(Debug, Default)]
pub struct Timers {
    entries: BinaryHeap<Reverse<Entry>>,
    /// How many entries are stale: all but one for each owner that is armed.
    stale: usize,
}

impl Timers {
    /// No deadlines.
    pub const fn new() -> Self {
        Self { entries: BinaryHeap::new(), stale: 0 }
    }

    /// Has `key` fire at `deadline` at the latest. If it is armed earlier this does nothing: it fires early,
    /// and the owner arms it again.
    pub fn arm(&mut self, armed: &mut Instant, key: TimerKey, deadline: Instant) {
        if deadline >= *armed {
            return;
        }
        self.disarm(armed);
        *armed = deadline;
        self.entries.push(Reverse(Entry { deadline, key }));
    }

    /// Takes the deadline back.
    pub fn disarm(&mut self, armed: &mut Instant) {
        if *armed != Instant::FAR_FUTURE {
            *armed = Instant::FAR_FUTURE;
            self.stale += 1;
        }
    }

    /// The next owner whose deadline is not later than `now`, the earliest first. Its entry is gone: the
    /// owner sets its `armed` to [`Instant::FAR_FUTURE`] at once, without [`Self::disarm`]. `armed_of` is
    /// [`Instant::FAR_FUTURE`] for owners that are no more.
    pub fn pop_due(&mut self, now: Instant, armed_of: impl Fn(TimerKey) -> Instant) -> Option<TimerKey> {
        self.compact_if_stale(&armed_of);
        while let Some(&Reverse(Entry { deadline, key })) = self.entries.peek() {
            let armed = armed_of(key) == deadline;
            if armed && deadline > now {
                return None;
            }
            self.entries.pop();
            if armed {
                return Some(key);
            }
            self.stale = self.stale.saturating_sub(1);
        }
        None
    }

    /// Removes the stale entries once they are more than half (and 64), so that deadlines that are taken back
    /// do not pile up until they are due. [`Self::pop_due`] does so, too; for whoever disarms many between.
    pub fn compact_if_stale(&mut self, armed_of: impl Fn(TimerKey) -> Instant) {
        if self.stale <= self.entries.len() / 2 + STALE_ALLOWED {
            return;
        }
        let mut entries = core::mem::take(&mut self.entries).into_vec();
        entries.retain(|entry| armed_of(entry.0.key) == entry.0.deadline);
        // Disarmed and armed again for the same instant: twice the same entry.
        entries.sort_unstable();
        entries.dedup();
        entries.shrink_to(entries.len() * 2);
        self.stale = 0;
        self.entries = entries.into();
    }

    /// The earliest deadline. Exact after [`Self::pop_due`] gave `None`; after changes it may be one that is
    /// stale, which is never too late.
    pub fn next(&self) -> Option<Instant> {
        self.entries.peek().map(|entry| entry.0.deadline)
    }

    /// Bytes held.
    pub fn cost(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const OWNERS: usize = 8;

    fn key(owner: usize) -> TimerKey {
        let kind = [TimerKind::Connection, TimerKind::Session, TimerKind::Broker][owner % 3];
        TimerKey::new(kind, owner as u32)
    }

    #[derive(Clone, Debug)]
    enum Step {
        Arm(usize, u64),
        Disarm(usize),
        Pass(u64),
        Compact,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..OWNERS, 0..20_u64).prop_map(|(owner, delay)| Step::Arm(owner, delay)),
            2 => (0..OWNERS).prop_map(Step::Disarm),
            1 => (0..10_u64).prop_map(Step::Pass),
            1 => Just(Step::Compact),
        ]
    }

    #[test]
    fn a_key_keeps_kind_and_index() {
        for kind in [TimerKind::Connection, TimerKind::Session, TimerKind::Broker] {
            let key = TimerKey::new(kind, INDEX_MASK - 1);
            assert_eq!((key.kind(), key.index()), (kind, INDEX_MASK - 1));
        }
    }

    #[test]
    fn an_owner_fires_no_later_than_it_asked_last() {
        let (mut timers, mut armed) = (Timers::new(), Instant::FAR_FUTURE);
        timers.arm(&mut armed, key(0), Instant::from_micros(5));
        timers.arm(&mut armed, key(0), Instant::from_micros(9));
        timers.arm(&mut armed, key(0), Instant::from_micros(5));
        assert_eq!((timers.next(), timers.entries.len()), (Some(Instant::from_micros(5)), 1));
        timers.arm(&mut armed, key(0), Instant::from_micros(3));
        assert_eq!(armed, Instant::from_micros(3));
        assert_eq!(timers.pop_due(Instant::from_micros(2), |_| armed), None);
        assert_eq!(timers.pop_due(Instant::from_micros(3), |_| armed), Some(key(0)));
        armed = Instant::FAR_FUTURE;
        assert_eq!(timers.pop_due(Instant::from_micros(9), |_| armed), None);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn deadlines_taken_back_do_not_pile_up() {
        let (mut timers, mut armed) = (Timers::new(), Instant::FAR_FUTURE);
        for round in 0..10_000 {
            // The same instant again and again, too.
            timers.arm(&mut armed, key(0), Instant::from_micros(1_000_000 + round % 7));
            timers.disarm(&mut armed);
            timers.compact_if_stale(|_| armed);
        }
        assert!(timers.cost() <= 16 * 1_024, "{}", timers.cost());
    }

    proptest! {
        #[test]
        fn fires_what_a_sorted_list_fires(steps in prop::collection::vec(any_step(), 0..400)) {
            let (mut timers, mut now) = (Timers::new(), 0);
            let mut armed = vec![Instant::FAR_FUTURE; OWNERS];
            let mut model = vec![Instant::FAR_FUTURE; OWNERS];
            let owner_of = |key: TimerKey| key.index() as usize;
            let at = Instant::from_micros;
            for step in steps {
                match step {
                    Step::Arm(owner, delay) => {
                        let deadline = Instant::from_micros(now + delay);
                        timers.arm(&mut armed[owner], key(owner), deadline);
                        model[owner] = model[owner].min(deadline);
                    }
                    Step::Disarm(owner) => {
                        timers.disarm(&mut armed[owner]);
                        model[owner] = Instant::FAR_FUTURE;
                    }
                    Step::Compact => {
                        timers.stale = usize::MAX;
                        timers.compact_if_stale(|key| armed[owner_of(key)]);
                    }
                    Step::Pass(delay) => {
                        now += delay;
                        let mut due: Vec<_> = (0..OWNERS)
                            .map(|owner| (model[owner], key(owner)))
                            .filter(|&(deadline, _)| deadline <= Instant::from_micros(now))
                            .collect();
                        due.sort();
                        for (_, expected) in due {
                            let popped = timers.pop_due(at(now), |key| armed[owner_of(key)]);
                            prop_assert_eq!(popped, Some(expected));
                            armed[owner_of(expected)] = Instant::FAR_FUTURE;
                            model[owner_of(expected)] = Instant::FAR_FUTURE;
                        }
                        let popped = timers.pop_due(at(now), |key| armed[owner_of(key)]);
                        prop_assert_eq!(popped, None);
                        let next = model.iter().min().copied().filter(|&armed| armed != Instant::FAR_FUTURE);
                        prop_assert_eq!(timers.next(), next);
                    }
                }
                prop_assert_eq!(&armed, &model);
                let live = armed.iter().filter(|&&armed| armed != Instant::FAR_FUTURE).count();
                prop_assert_eq!(timers.entries.len(), live + timers.stale);
            }
        }
    }
}
