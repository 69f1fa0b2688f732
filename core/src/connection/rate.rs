//! How fast one client publishes: the generic cell rate algorithm (ITU-T I.371), which needs one number a bucket.

use crate::limits::Limits;
use crate::time::Instant;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// How fast a client may publish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    messages_per_second: u32,
    bytes_per_second: u32,
    burst_nanos: u64,
}

impl Allowance {
    /// `None`: as fast as it likes.
    pub(crate) fn new(limits: &Limits) -> Option<Self> {
        limits.has_publish_rate().then(|| Self {
            messages_per_second: limits.publish_messages_per_second,
            bytes_per_second: limits.publish_bytes_per_second,
            // A second's worth holds a message at any rate. Less might hold none, ever.
            burst_nanos: u64::from(limits.publish_burst_seconds.max(1)) * NANOS_PER_SECOND,
        })
    }
}

/// Messages, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

impl Amount {
    pub(crate) fn add_message(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }
}

/// What one client has published, by the time that it should have taken.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// When the messages so far would end if they came at the allowed rate, in nanoseconds since the Unix epoch.
    messages_until: u64,
    /// The same for their bytes.
    bytes_until: u64,
    /// When the message that waits may be handled.
    pub(crate) resume_at: Option<Instant>,
    /// Whether it was told of since the client was last within its rate.
    pub(crate) told: bool,
}

impl Rate {
    /// From when on a message may be handled if `more` is handled now.
    pub(crate) fn free_at(&self, now: Instant, allowance: &Allowance, more: Amount) -> Instant {
        let bucket = |until: u64, amount: u64, per_second: u32| {
            let Some(one) = worth(1, per_second) else { return 0 };
            let until = until.max(nanos(now)).saturating_add(worth(amount, per_second).unwrap_or_default());
            until.saturating_add(one).saturating_sub(allowance.burst_nanos)
        };
        let by_messages = bucket(self.messages_until, more.messages, allowance.messages_per_second);
        let by_bytes = bucket(self.bytes_until, more.bytes, allowance.bytes_per_second);
        Instant::from_micros(by_messages.max(by_bytes).div_ceil(1_000))
    }

    /// Counts what was handled.
    pub(crate) fn count(&mut self, now: Instant, allowance: &Allowance, amount: Amount) {
        if self.messages_until.max(self.bytes_until) <= nanos(now) {
            self.told = false;
        }
        let count = |until: &mut u64, amount: u64, per_second: u32| {
            let worth = worth(amount, per_second).unwrap_or_default();
            *until = (*until).max(nanos(now)).saturating_add(worth);
        };
        count(&mut self.messages_until, amount.messages, allowance.messages_per_second);
        count(&mut self.bytes_until, amount.bytes, allowance.bytes_per_second);
    }
}

/// How long `amount` takes at a rate, in nanoseconds; `None` at the rate 0, which is none.
fn worth(amount: u64, per_second: u32) -> Option<u64> {
    amount.saturating_mul(NANOS_PER_SECOND).checked_div(per_second.into())
}

fn nanos(now: Instant) -> u64 {
    now.as_micros().saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    /// A bucket that fills with time: what the single number stands for. In parts of 10^-9 of its unit.
    struct Bucket {
        per_second: i128,
        full: i128,
        level: i128,
    }

    impl Bucket {
        fn new(per_second: u32, burst_seconds: u16) -> Self {
            let full = i128::from(per_second) * i128::from(burst_seconds) * 1_000_000_000;
            Self { per_second: per_second.into(), full, level: full }
        }

        fn pass(&mut self, micros: u64) {
            let more = self.per_second * i128::from(micros) * 1_000;
            self.level = self.full.min(self.level + more);
        }

        fn free(&self) -> bool {
            self.per_second == 0 || self.level >= 1_000_000_000
        }

        fn take(&mut self, amount: u64) {
            self.level -= i128::from(amount) * 1_000_000_000;
        }
    }

    /// Rates whose units last a whole number of nanoseconds.
    fn rate() -> impl Strategy<Value = u32> {
        prop::sample::select(Vec::from([0, 1, 2, 5, 10, 1_000, 1_000_000]))
    }

    proptest! {
        #[test]
        fn a_number_says_what_a_bucket_does(
            (messages, bytes, burst) in (rate(), rate(), 1..4_u16),
            steps in prop::collection::vec((0..2_000_000_u64, 0..30_u64), 0..100),
        ) {
            let limits = Limits {
                publish_messages_per_second: messages,
                publish_bytes_per_second: bytes,
                publish_burst_seconds: burst,
                ..Limits::default()
            };
            let Some(allowance) = Allowance::new(&limits) else {
                prop_assert_eq!((messages, bytes), (0, 0));
                return Ok(());
            };
            let mut now = Instant::from_micros(1_700_000_000_000_000);
            let mut rate = Rate::default();
            let mut buckets = [Bucket::new(messages, burst), Bucket::new(bytes, burst)];
            for (micros, bytes) in steps {
                now = Instant::from_micros(now.as_micros() + micros);
                buckets.iter_mut().for_each(|bucket| bucket.pass(micros));
                let free = buckets.iter().all(Bucket::free);
                prop_assert_eq!(rate.free_at(now, &allowance, Amount::default()) <= now, free);
                if free {
                    rate.count(now, &allowance, Amount { messages: 1, bytes });
                    buckets[0].take(1);
                    buckets[1].take(bytes);
                }
            }
        }
    }

    #[test]
    fn no_rate_and_no_time_is_too_large() {
        for per_second in [1, u32::MAX] {
            let limits = Limits {
                publish_messages_per_second: per_second,
                publish_bytes_per_second: per_second,
                publish_burst_seconds: 0,
                ..Limits::default()
            };
            let allowance = Allowance::new(&limits).unwrap();
            for now in [Instant::from_micros(0), Instant::FAR_FUTURE] {
                let mut rate = Rate::default();
                assert!(rate.free_at(now, &allowance, Amount::default()) <= now);
                rate.count(now, &allowance, Amount { messages: u64::MAX, bytes: u64::MAX });
                assert!(
                    rate.free_at(Instant::FAR_FUTURE, &allowance, Amount::default()) < Instant::FAR_FUTURE
                );
            }
        }
    }
}
