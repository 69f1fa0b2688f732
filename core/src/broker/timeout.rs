//! Deadlines: half-open connections, keep alive, questions, progress, rates, short memory, wills, sessions, retained
//! messages.

use super::Broker;
use super::exchange::exchange_deadline;
use super::progress::progress_deadlines;
use crate::connection::{Connection, ConnectionIndex, Connections, Phase};
use crate::limits::Limits;
use crate::session::{SessionIndex, Sessions};
use crate::time::Instant;
use crate::timer::{TimerKey, TimerKind};
use crate::violation::Violation;

use super::clients::Clients;

impl Broker {
    /// Handles every deadline up to `now`, the earliest first. What each one records is a group of its own.
    pub(super) fn timeout(&mut self, now: Instant) {
        while let Some(key) = self.clients.next_due(now) {
            match key.kind() {
                TimerKind::Connection => self.connection_due(now, ConnectionIndex(key.index())),
                TimerKind::Session => self.session_due(now, SessionIndex(key.index())),
                TimerKind::Broker => self.clients.expire_retained(now),
            }
            self.clients.commit();
        }
    }

    fn connection_due(&mut self, now: Instant, index: ConnectionIndex) {
        self.resume_publisher(now, index);
        let Some(connection) = self.clients.connections.get(index) else { return };
        let (deadline, violation) = next_deadline(connection, &self.config().limits);
        if deadline > now || self.clients.is_excused(now, index, violation) {
            self.rearm_connection(index);
        } else {
            self.violated(now, index, violation);
        }
    }

    /// Wakes up when the connection's deadline may have passed.
    pub(super) fn rearm_connection(&mut self, index: ConnectionIndex) {
        if let Some(connection) = self.clients.connections.get(index) {
            let (deadline, _) = next_deadline(connection, &self.config().limits);
            let resume_at = connection.resume_at().unwrap_or(Instant::FAR_FUTURE);
            self.clients.arm_connection(index, deadline.min(resume_at));
        }
    }
}

/// Until when something has to happen on a connection, and what was broken if it did not.
fn next_deadline(connection: &Connection, limits: &Limits) -> (Instant, Violation) {
    match (connection.phase, exchange_deadline(connection)) {
        (Phase::Opening, Some(of_exchange)) => of_exchange,
        (Phase::Connected, of_exchange) => {
            let others = of_exchange.into_iter().chain(progress_deadlines(connection));
            let earlier = |one: (Instant, Violation), other: (Instant, Violation)| {
                if other.0 < one.0 { other } else { one }
            };
            others.fold(sign_of_life(connection, limits), earlier)
        }
        _ => sign_of_life(connection, limits),
    }
}

/// Until when a connection has to give a sign of life, and what it broke if it did not.
fn sign_of_life(connection: &Connection, limits: &Limits) -> (Instant, Violation) {
    let question = connection.work.as_ref().and_then(|work| work.question);
    let unread_until = connection.work.as_ref().and_then(|work| work.unread_until);
    if let (Phase::Connected, Some(deadline)) = (connection.phase, unread_until) {
        return (deadline, Violation::MemoryExhausted);
    }
    match (connection.phase, question) {
        (Phase::Opening | Phase::Connected, Some((_, deadline))) => (deadline, Violation::AnswerTimeout),
        (Phase::Opening, None) => {
            let timeout = limits.connect_timeout_seconds.into();
            (connection.last_packet_at.after_seconds(timeout), Violation::ConnectTimeout)
        }
        // [MQTT-3.1.2-22] of 5.0, [MQTT-3.1.2-24] of 3.1.1: one and a half times the keep alive.
        // Not while the rate limit keeps what it sent from being read.
        (Phase::Connected, None) if connection.keep_alive_seconds > 0 && connection.resume_at().is_none() => {
            let micros = u64::from(connection.keep_alive_seconds) * 1_500_000;
            let deadline = connection.last_packet_at.after(core::time::Duration::from_micros(micros));
            (deadline, Violation::KeepAliveElapsed)
        }
        _ => (Instant::FAR_FUTURE, Violation::KeepAliveElapsed),
    }
}

/// What the owner of a deadline was last armed for.
fn armed_of<'a>(
    connections: &'a Connections,
    sessions: &'a Sessions,
    machine: Instant,
) -> impl Fn(TimerKey) -> Instant + use<'a> {
    move |key| match key.kind() {
        TimerKind::Connection => {
            connections.get(ConnectionIndex(key.index())).map_or(Instant::FAR_FUTURE, |of| of.armed)
        }
        TimerKind::Session => {
            sessions.get(SessionIndex(key.index())).map_or(Instant::FAR_FUTURE, |of| of.armed)
        }
        TimerKind::Broker => machine,
    }
}

impl Clients {
    /// Drops deadlines that were taken back, once they are many.
    pub(super) fn compact_timers(&mut self) {
        let armed_of = armed_of(&self.connections, &self.sessions, self.armed);
        self.timers.compact_if_stale(armed_of);
    }

    /// The next owner of a deadline that has passed, which is no longer armed.
    fn next_due(&mut self, now: Instant) -> Option<TimerKey> {
        let armed_of = armed_of(&self.connections, &self.sessions, self.armed);
        let key = self.timers.pop_due(now, armed_of)?;
        match key.kind() {
            TimerKind::Connection => {
                if let Some(connection) = self.connections.get_mut(ConnectionIndex(key.index())) {
                    connection.armed = Instant::FAR_FUTURE;
                }
            }
            TimerKind::Session => {
                if let Some(session) = self.sessions.get_mut(SessionIndex(key.index())) {
                    session.armed = Instant::FAR_FUTURE;
                }
            }
            TimerKind::Broker => self.armed = Instant::FAR_FUTURE,
        }
        Some(key)
    }
}
