//! What happens is told, to whoever wants to hear it.

use alloc::sync::Arc;

use super::clients::Clients;
use crate::event::{Event, ReachedLimit, SessionEnd};
use crate::id::ConnectionId;
use crate::session::SessionIndex;
use crate::topic::tree::Subscription;
use crate::wire::ReasonCode;

impl Clients {
    pub(super) fn tell_subscribed(
        &mut self,
        session: SessionIndex,
        filter: &str,
        subscription: Subscription,
    ) {
        if self.config.events.subscriptions {
            let (client_identifier, filter) = (self.name(session), filter.into());
            self.event(Event::Subscribed { client_identifier, filter, options: subscription.options });
        }
    }

    pub(super) fn tell_unsubscribed(&mut self, session: SessionIndex, filter: &str) {
        if self.config.events.subscriptions {
            let (client_identifier, filter) = (self.name(session), filter.into());
            self.event(Event::Unsubscribed { client_identifier, filter });
        }
    }

    pub(super) fn tell_session_begun(&mut self, client_identifier: &str, resumed: bool) {
        self.counters.sessions_resumed += u64::from(resumed);
        self.counters.sessions_created += u64::from(!resumed);
        if self.config.events.sessions {
            let client_identifier = client_identifier.into();
            self.event(if resumed {
                Event::SessionResumed { client_identifier }
            } else {
                Event::SessionCreated { client_identifier }
            });
        }
    }

    pub(super) fn tell_taken_over(&mut self, client_identifier: &str, from: ConnectionId, by: ConnectionId) {
        self.counters.clients_taken_over += 1;
        if self.config.events.sessions {
            let client_identifier = client_identifier.into();
            self.event(Event::SessionTakenOver { client_identifier, from, by });
        }
    }

    pub(super) fn tell_session_ended(&mut self, session: SessionIndex, cause: SessionEnd) {
        self.counters.sessions_ended += 1;
        if self.config.events.sessions {
            let client_identifier = self.name(session);
            self.event(Event::SessionEnded { client_identifier, cause });
        }
    }

    pub(super) fn tell_authentication_refused(
        &mut self,
        connection: ConnectionId,
        client_identifier: &str,
        reason: ReasonCode,
    ) {
        if self.config.events.authentication {
            let client_identifier = client_identifier.into();
            self.event(Event::AuthenticationRefused { connection, client_identifier, reason });
        }
    }

    pub(super) fn tell_will_published(&mut self, session: SessionIndex, topic: &str) {
        self.counters.wills_published += 1;
        if self.config.events.wills {
            let (client_identifier, topic) = (self.name(session), topic.into());
            self.event(Event::WillPublished { client_identifier, topic });
        }
    }

    pub(super) fn tell_limit_reached(&mut self, limit: ReachedLimit, session: Option<SessionIndex>) {
        if self.config.events.limits {
            let client_identifier = session.map_or_else(|| Arc::from(""), |session| self.name(session));
            self.event(Event::LimitReached { limit, client_identifier });
        }
    }

    fn name(&self, session: SessionIndex) -> Arc<str> {
        self.sessions.get(session).map_or("", |session| &session.client_identifier).into()
    }
}
