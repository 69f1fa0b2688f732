//! Keep alive: PINGREQ in time, and noticing that the server is dead (3.1.1 and 5.0 section 3.1.2.10).

use core::time::Duration;

use crate::time::Instant;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    Dead,
}

/// The clocks of one connection.
#[derive(Debug)]
pub(super) struct KeepAlive {
    /// How long after the last packet a PINGREQ is due; `None`: keep alive is off.
    interval: Option<Duration>,
    patience: Duration,
    last_sent: Instant,
    last_received: Instant,
    /// The first PINGREQ that has no PINGRESP.
    unanswered: Option<Instant>,
}

impl KeepAlive {
    pub(super) fn new(now: Instant, patience_seconds: u16) -> Self {
        Self {
            interval: None,
            patience: Duration::from_secs(u64::from(patience_seconds.max(1))),
            last_sent: now,
            last_received: now,
            unanswered: None,
        }
    }

    /// The connection is accepted with this Keep Alive.
    pub(super) fn start(&mut self, now: Instant, seconds: u16) {
        let whole = Duration::from_secs(u64::from(seconds));
        // [MQTT-3.1.2-20] of 5.0, [MQTT-3.1.2-23] of 3.1.1: the interval between packets must not exceed it.
        // An eighth early, because timers and networks are late.
        self.interval = (seconds > 0).then(|| whole.saturating_sub(whole / 8));
        self.last_sent = now;
        self.last_received = now;
    }

    /// The connection is over.
    pub(super) fn stop(&mut self) {
        self.interval = None;
        self.unanswered = None;
    }

    pub(super) fn sent(&mut self, now: Instant) {
        self.last_sent = now;
    }

    pub(super) fn received(&mut self, now: Instant) {
        self.last_received = now;
    }

    pub(super) fn ping_sent(&mut self, now: Instant) {
        self.last_sent = now;
        self.unanswered.get_or_insert(now);
    }

    pub(super) fn ping_answered(&mut self) {
        self.unanswered = None;
    }

    /// When [`Self::due`] has something to say.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let ping = self.last_sent.after(self.interval?);
        Some(self.dead_at().map_or(ping, |dead| dead.min(ping)))
    }

    pub(super) fn due(&self, now: Instant) -> Due {
        if self.dead_at().is_some_and(|dead| dead <= now) {
            return Due::Dead;
        }
        match self.interval {
            Some(interval) if self.last_sent.after(interval) <= now => Due::Ping,
            _ => Due::Nothing,
        }
    }

    /// Whatever comes in is a sign of life: PINGRESP may wait behind a large backlog.
    fn dead_at(&self) -> Option<Instant> {
        Some(self.unanswered?.max(self.last_received).after(self.patience))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Instant {
        Instant::from_micros(milliseconds * 1_000)
    }

    #[test]
    fn pings_before_the_interval_is_over() {
        let mut clock = KeepAlive::new(at(0), 10);
        assert_eq!(clock.deadline(), None);
        clock.start(at(0), 8);
        assert_eq!(clock.deadline(), Some(at(7_000)));
        assert_eq!(clock.due(at(6_999)), Due::Nothing);
        assert_eq!(clock.due(at(7_000)), Due::Ping);
        clock.sent(at(5_000));
        assert_eq!(clock.deadline(), Some(at(12_000)));
    }

    #[test]
    fn silence_after_a_ping_is_death_and_any_byte_is_life() {
        let mut clock = KeepAlive::new(at(0), 10);
        clock.start(at(0), 80);
        clock.ping_sent(at(70_000));
        assert_eq!(clock.deadline(), Some(at(80_000)));
        clock.received(at(75_000));
        assert_eq!(clock.due(at(84_999)), Due::Nothing);
        assert_eq!(clock.due(at(85_000)), Due::Dead);
        clock.ping_answered();
        assert_eq!(clock.due(at(85_000)), Due::Nothing);
    }

    #[test]
    fn no_keep_alive_no_clock() {
        let mut clock = KeepAlive::new(at(0), 10);
        clock.start(at(0), 0);
        assert_eq!(clock.deadline(), None);
        assert_eq!(clock.due(at(u64::MAX / 1_000)), Due::Nothing);
    }
}
