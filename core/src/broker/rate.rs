//! A client that publishes faster than it may is not read until it is within its rate again. One that is far
//! ahead with what it has sent already is told (5.0) and closed (docs/decisions.md D45).

use alloc::vec::Vec;

use super::Broker;
use super::clients::Clients;
use crate::connection::rate::{Allowance, Amount};
use crate::connection::{Connection, ConnectionIndex, pause};
use crate::event::ReachedLimit;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{PacketType, split_frame};

impl Broker {
    /// Whether the client may publish a packet of this length now. If not, it is not read until it may.
    pub(super) fn is_within_rate(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        length: usize,
    ) -> Result<bool, Violation> {
        let Some(allowance) = Allowance::new(&self.config().limits) else { return Ok(true) };
        let timeout = self.config().limits.pause_timeout_seconds;
        let Some(connection) = self.clients.connection(index) else { return Ok(true) };
        let rate = connection.work().rate.get_or_insert_default();
        let free_at = rate.free_at(now, &allowance, Amount::default());
        if free_at <= now {
            let mut packet = Amount::default();
            packet.add_message(length);
            let far_ahead = rate.free_at(now, &allowance, packet) > now.after_seconds(timeout.into());
            return if far_ahead { Err(Violation::MessageRateTooHigh) } else { Ok(true) };
        }
        rate.resume_at = Some(free_at);
        let told = core::mem::replace(&mut rate.told, true);
        let session = connection.session();
        if !told {
            self.clients.tell_limit_reached(ReachedLimit::PublishRate, session);
        }
        self.clients.pause(index, pause::RATE, true);
        self.clients.arm_connection(index, free_at);
        Ok(false)
    }

    /// A PUBLISH of this length was handled.
    pub(super) fn count_published(&mut self, now: Instant, index: ConnectionIndex, length: usize) {
        let Some(allowance) = Allowance::new(&self.config().limits) else { return };
        let rate =
            self.clients.connection(index).and_then(|connection| connection.work.as_mut()?.rate.as_mut());
        if let Some(rate) = rate {
            let mut packet = Amount::default();
            packet.add_message(length);
            rate.count(now, &allowance, packet);
        }
    }

    /// Closes a client that waits if what it has sent already would keep it waiting for too long.
    pub(super) fn close_if_far_ahead(&mut self, now: Instant, index: ConnectionIndex) {
        let Some(allowance) = Allowance::new(&self.config().limits) else { return };
        let Some(connection) = self.clients.connections.get(index) else { return };
        let Some(work) = connection.work.as_ref().filter(|_| connection.resume_at().is_some()) else {
            return;
        };
        let Some(rate) = work.rate.as_ref() else { return };
        let timeout = self.config().limits.pause_timeout_seconds;
        let waiting =
            published_in(&work.tail, connection, self.clients.promised(index).maximum_packet_size_bytes);
        if rate.free_at(now, &allowance, waiting) > now.after_seconds(timeout.into()) {
            self.violated(now, index, Violation::MessageRateTooHigh);
        }
    }

    /// Goes on with a client that has waited long enough. Its keep alive starts anew with the packet that waited.
    pub(super) fn resume_publisher(&mut self, now: Instant, index: ConnectionIndex) {
        let Some(connection) = self.clients.connection(index) else { return };
        if connection.resume_at().is_none_or(|at| at > now) {
            return;
        }
        if let Some(rate) = connection.work().rate.as_mut() {
            rate.resume_at = None;
        }
        self.resume(now, index);
        self.clients.read_unless_waiting(index);
    }

    /// How fast clients may publish may have changed.
    pub(super) fn reconsider_rates(&mut self, now: Instant) {
        let allowance = Allowance::new(&self.config().limits);
        let counted =
            |connection: &Connection| connection.work.as_ref().is_some_and(|work| work.rate.is_some());
        let all = self.clients.connections.iter().filter(|(_, connection)| counted(connection));
        let all: Vec<ConnectionIndex> = all.map(|(index, _)| index).collect();
        for index in all {
            let Some(connection) = self.clients.connection(index) else { continue };
            let waits = connection.resume_at().is_some();
            let Some(rate) = connection.work().rate.as_mut() else { continue };
            let free_at = allowance.map_or(now, |allowance| rate.free_at(now, &allowance, Amount::default()));
            if waits {
                rate.resume_at = Some(free_at);
                self.clients.arm_connection(index, free_at);
                self.resume_publisher(now, index);
            }
            if let Some(connection) = self.clients.connection(index).filter(|_| allowance.is_none()) {
                connection.work().rate = None;
            }
            self.clients.recount_connection(index);
        }
    }
}

impl Clients {
    fn read_unless_waiting(&mut self, index: ConnectionIndex) {
        if self.connections.get(index).is_some_and(|connection| connection.resume_at().is_none()) {
            self.pause(index, pause::RATE, false);
        }
    }
}

/// The PUBLISH packets that wait whole in what a client has sent.
fn published_in(mut bytes: &[u8], connection: &Connection, maximum: u32) -> Amount {
    let mut amount = Amount::default();
    while let Ok(Some(frame)) = split_frame(bytes, Some(connection.version), maximum) {
        if frame.header.packet_type == PacketType::Publish {
            amount.add_message(frame.length);
        }
        bytes = bytes.get(frame.length..).unwrap_or_default();
    }
    amount
}
