//! The machine's time: the wall clock at the start, and monotonic time since.

use std::time::{Duration, Instant as Monotonic, SystemTime, UNIX_EPOCH};

use hushwing_core::Instant;

/// Gives the `now` of every call into the machine. Wall clocks that jump change nothing while it runs.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    since: Monotonic,
}

impl Clock {
    /// A clock that shows `start` now: what [`hushwing_core::Broker::restored`] returned.
    pub fn starting_at(start: Instant) -> Self {
        Self { start, since: Monotonic::now() }
    }

    /// What the wall clock shows. Zero before 1970.
    pub fn wall() -> Instant {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant::from_micros(0).after(since_epoch)
    }

    /// Now.
    pub fn now(&self) -> Instant {
        self.start.after(self.since.elapsed())
    }

    /// The same point in time for the timers of a runtime. Points further away than an hour are brought
    /// nearer: whoever wakes there asks the machine again.
    pub fn deadline(&self, at: Instant) -> Monotonic {
        const FURTHEST: Duration = Duration::from_secs(3_600);
        Monotonic::now() + at.since(self.now()).min(FURTHEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_from_its_start() {
        let clock = Clock::starting_at(Instant::from_micros(5_000_000));
        let first = clock.now();
        assert!(first >= Instant::from_micros(5_000_000), "{first:?}");
        assert!(first < Instant::from_micros(65_000_000), "{first:?}");
        assert!(clock.now() >= first);
    }

    #[test]
    fn shows_the_wall_clock_of_this_century() {
        assert!(Clock::wall() > Instant::from_micros(1_500_000_000_000_000));
    }

    #[test]
    fn never_is_an_hour_away() {
        let clock = Clock::starting_at(Clock::wall());
        let away = clock.deadline(Instant::FAR_FUTURE).saturating_duration_since(Monotonic::now());
        assert!(away <= Duration::from_secs(3_600) && away > Duration::from_secs(3_000), "{away:?}");
        let past = clock.deadline(Instant::from_micros(1));
        assert!(past <= Monotonic::now());
    }
}
