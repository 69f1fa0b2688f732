//! What is to become of a message from a client: the rules decide, then the hooks, then the limits.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Broker;
use super::clients::Clients;
use super::direct;
use super::hook::sayable;
use super::publish::check_capabilities;
use crate::connection::ConnectionIndex;
use crate::hooks::{Change, PublishDecision, PublishedMessage};
use crate::id::ConnectionId;
use crate::rules::Decision;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::name;
use crate::violation::Violation;
use crate::wire::{
    PacketType, Properties, PropertiesBuffer, PropertyContext, Publish, QoS, ReasonCode, Sender,
};

/// What is to become of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The embedder was asked: it waits.
    Wait,
    /// It goes nowhere, for this reason, which may be explained to a 5.0 client.
    Refuse(ReasonCode, PropertiesBuffer),
    /// It goes nowhere, and its publisher is told that all is well.
    Drop,
    /// It goes on, or this instead.
    Take(Option<Box<Change>>),
}

impl Broker {
    pub(super) fn judge(&mut self, now: Instant, index: ConnectionIndex, publish: &Publish<'_>) -> Judgement {
        match self.may_publish(now, index, publish) {
            Decision::Ask => return Judgement::Wait,
            Decision::Deny => return self.refused(index, ReasonCode::NotAuthorized),
            Decision::Allow => {}
        }
        let mut change = None;
        if self.clients.hooks.see_messages() {
            let connection = self.clients.connections.get(index);
            let (id, session) = connection.map(|of| (of.id, of.session())).unzip();
            match session.flatten().map(|session| self.judge_by_hooks(id, session, publish)) {
                None | Some(Judgement::Take(None)) => {}
                Some(Judgement::Take(changed)) => change = changed,
                Some(other) => return other,
            }
        }
        if publish.qos > QoS::AtMostOnce && self.clients.exceeds_quota(&changed(publish, change.as_deref())) {
            return self.refused(index, ReasonCode::QuotaExceeded);
        }
        Judgement::Take(change)
    }

    fn refused(&self, index: ConnectionIndex, reason: ReasonCode) -> Judgement {
        Judgement::Refuse(reason, self.clients.why_not_published(index, reason))
    }

    /// What the hooks say about a message, or the will of a session.
    pub(super) fn judge_by_hooks(
        &mut self,
        connection: Option<ConnectionId>,
        session: SessionIndex,
        publish: &Publish<'_>,
    ) -> Judgement {
        let clients = &mut self.clients;
        let Some(hooks) = clients.hooks.wanting(|wants| wants.publish) else { return Judgement::Take(None) };
        let client_identifier =
            clients.sessions.get(session).map_or("", |session| &session.client_identifier);
        let Publish { topic, payload, properties, qos, retain, .. } = *publish;
        let message =
            PublishedMessage { connection, client_identifier, topic, payload, properties, qos, retain };
        match hooks.on_publish(&message) {
            PublishDecision::Accept => Judgement::Take(None),
            PublishDecision::Drop => Judgement::Drop,
            PublishDecision::Refuse(reason) => {
                let otherwise = ReasonCode::ImplementationSpecificError;
                by_hook(sayable(reason, PacketType::Puback, otherwise))
            }
            PublishDecision::Change(change) => match self.check_change(publish, &change) {
                Ok(()) => Judgement::Take(Some(change)),
                Err(why) => {
                    self.clients.hook_failed(&format!("changing a message to `{topic}`"), &why);
                    by_hook(ReasonCode::ImplementationSpecificError)
                }
            },
        }
    }

    /// Whether the message that is to go on could have come from a client.
    fn check_change(&self, publish: &Publish<'_>, change: &Change) -> Result<(), String> {
        let says = |violation: Violation| format!("{violation}");
        if let Some(properties) = &change.properties {
            let properties = Properties::from_bytes(properties, PropertyContext::Publish(Sender::Client));
            self.check_properties(properties.map_err(says)?).map_err(says)?;
        }
        let changed = changed(publish, Some(change));
        check_capabilities(self.capabilities(), QoS::AtMostOnce, changed.retain).map_err(says)?;
        name::validate(changed.topic).map_err(says)?;
        self.check_topic(changed.topic).map_err(says)?;
        if changed.retain && direct::recipient(changed.topic).is_some() {
            return Err("a message for one client cannot be retained".into());
        }
        let size = changed.topic.len() + changed.payload.len() + changed.properties.as_bytes().len();
        if size > self.config().limits.maximum_packet_size_bytes as usize {
            return Err(says(Violation::PacketTooLarge));
        }
        Ok(())
    }
}

impl Clients {
    /// The sessions that a message is for, if it is not for all, in ascending order.
    pub(super) fn sessions_of(&self, change: Option<&Change>) -> Option<Vec<SessionIndex>> {
        let names = change?.receivers.as_ref()?;
        let mut sessions: Vec<SessionIndex> =
            names.iter().filter_map(|name| self.sessions.find(name)).collect();
        sessions.sort_unstable();
        sessions.dedup();
        Some(sessions)
    }
}

/// A hook says no more than the code.
const fn by_hook(reason: ReasonCode) -> Judgement {
    Judgement::Refuse(reason, PropertiesBuffer::new())
}

/// The message that goes on.
pub(super) fn changed<'a>(publish: &Publish<'a>, change: Option<&'a Change>) -> Publish<'a> {
    let Some(change) = change else { return *publish };
    Publish {
        topic: change.topic.as_deref().unwrap_or(publish.topic),
        payload: change.payload.as_deref().unwrap_or(publish.payload),
        properties: change.properties.as_deref().map_or(publish.properties, Properties::from_validated),
        qos: change.qos.unwrap_or(publish.qos),
        retain: change.retain.unwrap_or(publish.retain),
        ..*publish
    }
}
