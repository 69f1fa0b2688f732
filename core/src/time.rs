//! Time as the machine knows it: a number that the driver hands in.

use core::time::Duration;

/// Microseconds since the Unix epoch: the wall clock when the driver started, plus the monotonic
/// time since. It never goes backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// Later than every instant that a driver can reach; stands for "never".
    pub const FAR_FUTURE: Self = Self(u64::MAX);

    /// An instant from microseconds since the Unix epoch.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The instant `duration` later; [`Instant::FAR_FUTURE`] where that cannot be expressed.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// The instant `seconds` later.
    #[must_use]
    pub const fn after_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// How long ago `earlier` was; zero if it is later than `self`.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}
