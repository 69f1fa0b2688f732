//! Planted faults that take more than a condition where they are made: see [`crate::fault`].

#[cfg(feature = "planted-faults")]
use alloc::{boxed::Box, collections::BTreeMap};

use super::Broker;
use super::clients::Clients;
use crate::connection::ConnectionIndex;
use crate::id::Position;
use crate::session::outgoing::Outgoing;
use crate::session::{Session, SessionIndex};
use crate::time::Instant;

/// The topic aliases that all clients ever set. Of no size without the feature.
#[derive(Debug, Default)]
pub(super) struct KeptAliases {
    #[cfg(feature = "planted-faults")]
    topics: BTreeMap<(Box<str>, u16), Box<str>>,
}

#[cfg(feature = "planted-faults")]
impl KeptAliases {
    fn set(&mut self, client_identifier: &str, alias: u16, topic: &str) {
        self.topics.insert((client_identifier.into(), alias), topic.into());
    }

    fn get(&self, client_identifier: &str, alias: u16) -> Option<&str> {
        self.topics.get(&(client_identifier.into(), alias)).map(|topic| &**topic)
    }
}

#[cfg(not(feature = "planted-faults"))]
#[expect(clippy::unused_self, reason = "keeps something where faults can be planted")]
impl KeptAliases {
    const fn set(&self, _client_identifier: &str, _alias: u16, _topic: &str) {}

    const fn get(&self, _client_identifier: &str, _alias: u16) -> Option<&str> {
        None
    }
}

impl Broker {
    /// Publishes the will of a session that is about to be taken over, if that ends its delay, and keeps it.
    pub(super) fn publish_will_too_soon(&mut self, now: Instant, index: SessionIndex) {
        let Some(session) = self.clients.session(index) else { return };
        let kept = session.is_kept();
        let Some(will) = session.will.clone().filter(|will| will.delay_seconds == 0 || !kept) else { return };
        self.publish_will(now, index);
        if let Some(session) = self.clients.session(index) {
            session.will = Some(will);
            self.clients.record_will(index);
            self.clients.recount_session(index);
        }
    }

    /// Whether a session has a will whose delay has not passed yet.
    pub(super) fn will_is_early(&self, now: Instant, index: SessionIndex) -> bool {
        let session = self.clients.sessions.get(index);
        let early = |session: &Session| {
            session.will.as_ref().is_some_and(|will| will.due_at(session.since, Instant::FAR_FUTURE) > now)
        };
        session.is_some_and(early)
    }
}

impl Clients {
    /// Puts what is queued before what is in flight, as far as the window goes.
    pub(super) fn admit_queue_first(&mut self, session: SessionIndex) {
        let Some(outgoing) = self.outgoing_of(session) else { return };
        let count = outgoing.in_flight_len();
        while count > 0
            && let Some(queued) = self.outgoing_of(session).and_then(Outgoing::jump)
        {
            self.admit(session, queued);
        }
        if let Some(outgoing) = self.outgoing_of(session) {
            outgoing.put_behind(count);
        }
    }

    fn outgoing_of(&mut self, session: SessionIndex) -> Option<&mut Outgoing> {
        self.sessions.get_mut(session)?.outgoing.as_deref_mut()
    }

    /// Ends everything that is still to be sent to a session because of a SUBSCRIBE.
    pub(super) fn end_replays(&mut self, session: SessionIndex) {
        let first = |clients: &Self| {
            let outgoing = clients.sessions.get(session)?.outgoing.as_ref()?;
            outgoing.replays.iter().next().map(|replay| replay.filter.clone())
        };
        while let Some(filter) = first(self) {
            self.end_replay(session, &filter);
        }
    }

    /// Whether a message leaves for a session as soon as it comes.
    pub(super) fn sends_at_once(&self, session: SessionIndex, wait: Position) -> bool {
        let session = self.sessions.get(session);
        let connected = session.and_then(|session| Some((session.connection()?, session)));
        connected
            .is_some_and(|(index, session)| self.takes_at_once(index, wait) && self.is_ready(index, session))
    }

    /// Remembers a topic alias for longer than its connection.
    pub(super) fn keep_alias(&mut self, index: ConnectionIndex, alias: u16, topic: &str) {
        let session = self.connections.get(index).and_then(|connection| connection.session());
        if let Some(session) = session.and_then(|session| self.sessions.get(session)) {
            self.kept_aliases.set(&session.client_identifier, alias, topic);
        }
    }

    /// A topic alias that the client of a connection set at any time.
    pub(super) fn kept_alias(&self, index: ConnectionIndex, alias: u16) -> Option<&str> {
        let session = self.sessions.get(self.connections.get(index)?.session()?)?;
        self.kept_aliases.get(&session.client_identifier, alias)
    }
}
