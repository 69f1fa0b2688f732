//! Questions about the broker: they change nothing, so they are answered at once instead of going through
//! inputs and outputs.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::num::NonZeroU32;

use super::Broker;
use super::retain::Retained;
use crate::connection::Connection;
use crate::query::{ClientInfo, Cursor, Page, RetainedInfo, SessionInfo, SubscriptionInfo};
use crate::retained::NextMatch;
use crate::session::{Session, SessionIndex};
use crate::stats::Stats;
use crate::time::Instant;
use crate::topic::tree::Subscription;

/// Places that one call looks at.
const LOOKED_AT_MAX: usize = 4_096;

impl Broker {
    /// The connected clients, at most `limit` of them (at least one), behind `after`; see [`crate::query`].
    pub fn clients(&self, after: Option<Cursor>, limit: usize) -> Page<ClientInfo> {
        let slots = self.clients.connections.slots(first_behind(after));
        page(slots, limit, |connection| self.client_info(connection))
    }

    /// The connected client with this identifier.
    pub fn client(&self, client_identifier: &str) -> Option<ClientInfo> {
        let session = self.clients.sessions.get(self.clients.sessions.find(client_identifier)?)?;
        self.client_info(self.clients.connections.get(session.connection()?)?)
    }

    /// All sessions; as [`Self::clients`].
    pub fn sessions(&self, after: Option<Cursor>, limit: usize) -> Page<SessionInfo> {
        let slots = self.clients.sessions.slots(first_behind(after));
        page(slots, limit, |session| Some(self.session_info(session)))
    }

    /// The session of this client, connected or not.
    pub fn session(&self, client_identifier: &str) -> Option<SessionInfo> {
        let session = self.clients.sessions.get(self.clients.sessions.find(client_identifier)?)?;
        Some(self.session_info(session))
    }

    /// All subscriptions of all sessions; as [`Self::clients`].
    pub fn subscriptions(&self, after: Option<Cursor>, limit: usize) -> Page<SubscriptionInfo> {
        let slots = self.tree.slots(first_behind(after));
        page(slots, limit, |record| {
            if record.session.group().is_some() {
                // The group itself: its members are listed.
                return None;
            }
            let (filter, subscription) = self.tree.describe(record);
            Some(self.subscription_info(record.session, filter, subscription))
        })
    }

    /// The subscriptions of one client, in the order of the bytes of their filters, behind `after`; `None`
    /// without a session. Looks at all subscriptions of the session, of which the limits allow so many.
    pub fn subscriptions_of(
        &self,
        client_identifier: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Option<Page<SubscriptionInfo, String>> {
        let limit = limit.max(1);
        let index = self.clients.sessions.find(client_identifier)?;
        let list = &self.clients.sessions.get(index)?.subscriptions;
        let mut first: BTreeMap<String, Subscription> = BTreeMap::new();
        let mut more = false;
        self.tree.for_each(list, |filter, subscription| {
            if after.is_none_or(|after| filter > after) {
                first.insert(filter.into(), subscription);
                if first.len() > limit {
                    more = true;
                    first.pop_last();
                }
            }
        });
        let next = first.last_key_value().filter(|_| more).map(|(filter, _)| filter.clone());
        let items = first.into_iter().map(|(filter, of)| self.subscription_info(index, filter, of));
        Some(Page { items: items.collect(), next })
    }

    /// The retained messages that `filter` matches, in the order of the bytes of their topics, behind the topic
    /// `after`; see [`crate::query`]. Those that have expired are left out.
    pub fn retained(
        &self,
        now: Instant,
        filter: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Page<RetainedInfo, String> {
        let mut budget = LOOKED_AT_MAX;
        let mut items = Vec::new();
        let mut last = after;
        while items.len() < limit.max(1) && budget > 0 {
            match self.clients.retained.store.next_match(filter, last, &mut budget) {
                NextMatch::Exhausted => return Page { items, next: None },
                NextMatch::BudgetSpent(topic) => last = Some(topic),
                NextMatch::Found(topic, retained) => {
                    last = Some(topic);
                    items.extend(self.retained_info(now, topic, retained));
                }
            }
        }
        Page { items, next: last.map(String::from) }
    }

    /// What the broker has done and what it holds.
    pub fn stats(&self) -> Stats {
        let clients = &self.clients;
        Stats {
            counters: clients.counters.clone(),
            connections: clients.connections.len() as u64,
            clients: clients.connected,
            sessions: clients.sessions.len() as u64,
            subscriptions: self.tree.len() as u64,
            retained_messages: clients.retained.store.len() as u64,
            retained_bytes: clients.retained.bytes,
            stored_messages: clients.messages.len() as u64,
            routes_remembered: self.routes.len() as u64,
            memory_bytes: self.memory() as u64,
            draining: self.draining,
        }
    }

    fn client_info(&self, connection: &Connection) -> Option<ClientInfo> {
        let session = self.clients.sessions.get(connection.session()?)?;
        let backlog = connection.work.as_ref().map_or(0, |work| work.backlog.len());
        Some(ClientInfo {
            connection: connection.id,
            last_packet_at: connection.last_packet_at,
            keep_alive_seconds: connection.keep_alive_seconds,
            maximum_packet_size_bytes: connection.maximum_packet_size,
            receive_maximum: session.slots,
            unacknowledged: connection.unacknowledged,
            reading: connection.paused == 0,
            waiting_bytes: connection.waiting_bytes() as u64,
            waiting_messages: backlog as u64,
            session: self.session_info(session),
        })
    }

    fn session_info(&self, session: &Session) -> SessionInfo {
        let connection = session.connection();
        let outgoing = session.outgoing.as_ref();
        let ends_at = session.ends_at();
        SessionInfo {
            client_identifier: session.client_identifier.to_string(),
            version: session.version,
            connection: connection.and_then(|index| self.clients.connections.get(index)).map(|of| of.id),
            since: session.since,
            expiry_interval_seconds: session.expiry_interval_seconds,
            ends_at: (connection.is_none() && ends_at < Instant::FAR_FUTURE).then_some(ends_at),
            subscriptions: session.subscriptions.len(),
            in_flight_messages: outgoing.map_or(0, |of| of.in_flight_len() as u64),
            queued_messages: outgoing.map_or(0, |of| of.queue.len() as u64),
            queued_bytes: outgoing.map_or(0, |of| of.queue.limited_bytes() as u64),
            incoming_exchanges: session
                .incoming
                .as_ref()
                .map_or(0, |incoming| incoming.iter().count() as u64),
            has_will: session.will.is_some(),
        }
    }

    fn subscription_info(
        &self,
        session: SessionIndex,
        filter: String,
        subscription: Subscription,
    ) -> SubscriptionInfo {
        SubscriptionInfo {
            client_identifier: self.clients.client_identifier(Some(session)).into(),
            filter,
            options: subscription.options,
            identifier: subscription.identifier.map(NonZeroU32::get),
        }
    }

    fn retained_info(&self, now: Instant, topic: &str, retained: &Retained) -> Option<RetainedInfo> {
        let message = self.clients.messages.get(retained.message)?;
        (message.expires_at > now).then(|| RetainedInfo {
            topic: topic.into(),
            payload: message.payload.clone(),
            qos: message.qos,
            properties: message.properties.to_vec(),
            expires_at: (message.expires_at < Instant::FAR_FUTURE).then_some(message.expires_at),
            publisher: (!retained.publisher.is_empty()).then(|| retained.publisher.to_string()),
        })
    }
}

fn first_behind(after: Option<Cursor>) -> u32 {
    after.map_or(0, |cursor| cursor.0.saturating_add(1))
}

/// What `describe` makes of the values in `slots`, up to `limit` of them.
fn page<'a, T: 'a, I>(
    slots: impl Iterator<Item = (u32, Option<&'a T>)>,
    limit: usize,
    describe: impl Fn(&'a T) -> Option<I>,
) -> Page<I> {
    let mut items = Vec::new();
    for (looked_at, (index, slot)) in slots.enumerate() {
        items.extend(slot.and_then(&describe));
        if items.len() >= limit.max(1) || looked_at + 1 >= LOOKED_AT_MAX {
            return Page { items, next: Some(Cursor(index)) };
        }
    }
    Page { items, next: None }
}
