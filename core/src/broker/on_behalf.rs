//! What an operator does to the session of a client: subscribing, unsubscribing, ending it.

use alloc::format;
use alloc::string::String;

use super::Broker;
use crate::event::SessionEnd;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::filter;
use crate::topic::tree::Subscription;
use crate::wire::{ReasonCode, SubscriptionOptions, variable_byte_integer};

impl Broker {
    /// Subscribes a session as its client would have, were it not for SUBACK.
    pub(super) fn subscribe_on_behalf(
        &mut self,
        now: Instant,
        client_identifier: &str,
        filter: &str,
        subscription: Subscription,
    ) -> Result<(), String> {
        let session = self.session_by_name(client_identifier)?;
        let cannot = |why: &str| format!("cannot subscribe `{client_identifier}` to `{filter}`: {why}");
        filter::validate(filter).map_err(|violation| cannot(&format!("{violation}")))?;
        self.check_filter(filter).map_err(|violation| cannot(&format!("{violation}")))?;
        if subscription.identifier.is_some_and(|number| number.get() > variable_byte_integer::MAXIMUM) {
            return Err(cannot("a Subscription Identifier is at most 268,435,455"));
        }
        if subscription.options.no_local && filter::is_shared(filter) {
            // [MQTT-3.8.3-4] of 5.0
            return Err(cannot("No Local is not for shared subscriptions"));
        }
        if let Some(reason) = self.refusal(self.capabilities(), session, filter, true) {
            return Err(cannot(&format!("{reason}")));
        }
        let subscription = self.as_its_version_has_it(session, subscription);
        if self.put_subscription(session, filter, subscription) {
            self.clients.begin_replay(session, filter, subscription);
            if let Some(index) = self.clients.sessions.get(session).and_then(|session| session.connection()) {
                self.clients.send(now, index);
            }
        }
        Ok(())
    }

    pub(super) fn unsubscribe_on_behalf(
        &mut self,
        now: Instant,
        client_identifier: &str,
        filter: &str,
    ) -> Result<(), String> {
        let session = self.session_by_name(client_identifier)?;
        match self.unsubscribe_one(now, session, filter) {
            ReasonCode::Success => Ok(()),
            reason => Err(format!("cannot unsubscribe `{client_identifier}` from `{filter}`: {reason}")),
        }
    }

    /// Ends a session, and its connection before it.
    pub(super) fn end_session_by_name(
        &mut self,
        now: Instant,
        client_identifier: &str,
        reason: ReasonCode,
    ) -> Result<(), String> {
        let session = self.session_by_name(client_identifier)?;
        if let Some(index) = self.clients.sessions.get(session).and_then(|session| session.connection()) {
            self.disconnect_client(now, index, reason);
        }
        // A session that was not kept has ended with its connection.
        if let Some(session) = self.clients.sessions.find(client_identifier) {
            self.end_session(now, session, SessionEnd::Command);
        }
        Ok(())
    }

    fn session_by_name(&self, client_identifier: &str) -> Result<SessionIndex, String> {
        let found = self.clients.sessions.find(client_identifier);
        found.ok_or_else(|| format!("there is no session of a client `{client_identifier}`"))
    }

    /// Options that a client could not have said itself would send it what its version does not know:
    /// [MQTT-3.3.1-9] of 3.1.1 has RETAIN 0 on every live message.
    fn as_its_version_has_it(&self, session: SessionIndex, subscription: Subscription) -> Subscription {
        let version = self.clients.sessions.get(session).map(|session| session.version);
        if version.is_some_and(|version| version.has_subscription_options()) {
            return subscription;
        }
        let SubscriptionOptions { qos, retain_handling, .. } = subscription.options;
        let options = SubscriptionOptions { qos, retain_handling, ..SubscriptionOptions::default() };
        Subscription { options, identifier: None }
    }
}
