//! UNSUBSCRIBE (sections 3.10 and 3.11 of 3.1.1 and 5.0).

use alloc::vec::Vec;

use super::Broker;
use super::hold::Promise;
use super::receive::{Flow, Handled};
use crate::connection::ConnectionIndex;
use crate::fault::Fault;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::filter;
use crate::violation::Violation;
use crate::wire::{Packet, Properties, ReasonCode, Unsuback, Unsubscribe};

impl Broker {
    /// New messages stop at once; those that were queued may still come ([MQTT-3.10.4-2], [MQTT-3.10.4-3] of
    /// both).
    pub(super) fn unsubscribe(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        unsubscribe: &Unsubscribe<'_>,
    ) -> Handled {
        self.check_properties(unsubscribe.properties)?;
        let maximum = usize::from(self.config().limits.filters_per_packet);
        if unsubscribe.filters.iter().nth(maximum).is_some() {
            return Err(Violation::TooManyFilters);
        }
        let Some((session, _)) = self.clients.session_of(index) else { return Ok(Flow::Continue) };
        let planted = self.config().planted();
        let mut reasons: Vec<u8> = unsubscribe
            .filters
            .iter()
            .map(|filter| match self.hooked_unsubscribe(index, session, filter) {
                Ok(filter) => self.unsubscribe_one(now, session, &filter).byte(),
                Err(reason) => reason.byte(),
            })
            .collect();
        if planted.is(Fault::UnsubackReversed) {
            reasons.reverse();
        }
        let unsuback = Unsuback {
            packet_identifier: unsubscribe.packet_identifier,
            properties: Properties::EMPTY,
            reasons: &reasons,
        };
        let wait = self.clients.wait_for_group(Promise::Suback);
        // [MQTT-3.10.4-4], [MQTT-3.10.4-5] of both: also if nothing was unsubscribed.
        self.clients.reply(index, wait, &Packet::Unsuback(unsuback))?;
        Ok(Flow::Continue)
    }

    pub(super) fn unsubscribe_one(
        &mut self,
        now: Instant,
        session: SessionIndex,
        filter: &str,
    ) -> ReasonCode {
        let planted = self.config().planted();
        if planted.is(Fault::UnsubscribeIgnored) && self.tree.get(session, filter).is_some() {
            return ReasonCode::Success;
        }
        let Some(found) = self.clients.session(session) else { return ReasonCode::UnspecifiedError };
        // [MQTT-3.10.4-1] of both: filters are compared character by character.
        if self.tree.remove(&mut found.subscriptions, session, filter).is_none() {
            return ReasonCode::NoSubscriptionExisted;
        }
        if !planted.is(Fault::RouteKept) {
            self.routes.changed(filter);
        }
        self.clients.record_subscription(session, filter, None);
        self.clients.tell_unsubscribed(session, filter);
        self.clients.end_replay(session, filter);
        if filter::is_shared(filter) {
            // Section 4.8.2 of 5.0: the others of the group are there for what was not started.
            self.relieve(now, session, Some(filter));
        }
        ReasonCode::Success
    }
}
