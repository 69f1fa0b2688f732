//! What a client identifier stands for, over all its connections and sessions.

use std::collections::BTreeMap;

use hushwing_core::wire::{QoS, Subscribe, SubscriptionOptions};

use super::model::{Message, Published};
use crate::topic_tree::naive_match;

/// See the module.
#[derive(Default)]
pub(super) struct Client {
    /// Everything that it ever subscribed to, shared or not.
    filters: Vec<(String, SubscriptionOptions)>,
    /// Whether something of it was shared: it may be given what another left.
    pub(super) shares: bool,
    /// How many sessions it had.
    pub(super) session: u32,
    /// QoS 2 messages that it has sent and not released, by Packet Identifier.
    incoming: BTreeMap<u16, Message>,
}

impl Client {
    pub(super) fn subscribes(&mut self, subscribe: &Subscribe<'_>) {
        for (filter, options) in subscribe.filters.iter() {
            let inner = filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
            self.shares |= inner.is_some();
            let subscription = (inner.map_or(filter, |(_, inner)| inner).to_owned(), options);
            if !self.filters.contains(&subscription) {
                self.filters.push(subscription);
            }
        }
    }

    /// Whether this is a new publication, and not one that is sent again.
    pub(super) fn publishes(&mut self, qos: QoS, identifier: u16, message: &Message) -> bool {
        qos != QoS::ExactlyOnce || self.incoming.insert(identifier, message.clone()).as_ref() != Some(message)
    }

    pub(super) fn releases(&mut self, identifier: u16) {
        self.incoming.remove(&identifier);
    }

    /// A session begins.
    pub(super) fn begins_anew(&mut self) {
        self.session += 1;
        self.incoming.clear();
    }

    /// Whether something that it once subscribed to gives it `message` at this QoS.
    pub(super) fn may_have(&self, name: &str, qos: QoS, topic: &str, published: &Published) -> bool {
        let direct = topic.strip_prefix("$direct/").and_then(|rest| rest.split('/').next());
        direct == Some(name)
            || self.filters.iter().any(|(filter, options)| {
                let hidden = options.no_local && published.only_by(name);
                qos <= options.qos && !hidden && naive_match(filter, topic)
            })
    }
}
