//! Calls of the embedding program's hooks, and what their decisions come to.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::num::NonZeroU32;

use super::Broker;
use super::clients::Clients;
use super::copy::Copy;
use crate::connection::ConnectionIndex;
use crate::event::{DisconnectReason, DropReason, Event, SessionEnd};
use crate::hooks::{
    ConnectDecision, ConnectingClient, DeliverDecision, DeliveredCopy, HookMask, Hooks, SubscribeDecision,
    SubscribeWish, UnsubscribeDecision, UnsubscribeWish,
};
use crate::id::ConnectionId;
use crate::message::{MessageIndex, MessageView};
use crate::session::SessionIndex;
use crate::topic::filter;
use crate::topic::tree::Subscription;
use crate::violation::Violation;
use crate::wire::{Connect, PacketType, Properties, QoS, ReasonCode, Sender};

/// The hooks, if there are any, and what they want to be called for.
pub(super) struct HookSlot {
    hooks: Option<Box<dyn Hooks + Send>>,
    wants: HookMask,
}

impl Default for HookSlot {
    fn default() -> Self {
        Self { hooks: None, wants: HookMask::NONE }
    }
}

impl fmt::Debug for HookSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookSlot").field("wants", &self.wants).finish_non_exhaustive()
    }
}

impl HookSlot {
    /// Whether messages do not pass unseen.
    #[inline]
    pub(super) const fn see_messages(&self) -> bool {
        self.wants.publish || self.wants.deliver
    }

    /// The hooks, if they want to be called for this.
    #[inline]
    pub(super) fn wanting(
        &mut self,
        wants: impl FnOnce(&HookMask) -> bool,
    ) -> Option<&mut (dyn Hooks + Send)> {
        if wants(&self.wants) { self.hooks.as_deref_mut().map(|hooks| hooks as _) } else { None }
    }
}

impl Broker {
    /// Has these hooks called from now on, in the place of others. To be called before [`Self::restored`] and
    /// before any input, lest they miss something.
    pub fn set_hooks(&mut self, hooks: Box<dyn Hooks + Send>) {
        self.clients.hooks = HookSlot { wants: hooks.wants(), hooks: Some(hooks) };
    }

    /// A filter as the hooks let the client subscribe to it, or why they do not.
    pub(super) fn hooked_subscribe<'f>(
        &mut self,
        index: ConnectionIndex,
        session: SessionIndex,
        filter: &'f str,
        mut subscription: Subscription,
    ) -> Result<(Cow<'f, str>, Subscription), ReasonCode> {
        let Subscription { options, identifier } = subscription;
        let identifier = identifier.map(NonZeroU32::get);
        let decision = self.clients.with_client(index, session, |hooks, connection, client_identifier| {
            let wish = SubscribeWish { connection, client_identifier, filter, options, identifier };
            hooks.wanting(|wants| wants.subscribe).map(|hooks| hooks.on_subscribe(&wish))
        });
        match decision.unwrap_or(SubscribeDecision::Allow) {
            SubscribeDecision::Allow => Ok((filter.into(), subscription)),
            SubscribeDecision::Refuse(reason) => {
                Err(sayable(reason, PacketType::Suback, ReasonCode::UnspecifiedError))
            }
            SubscribeDecision::Change { filter: narrower, qos } => {
                // [MQTT-3.8.4-7] of 5.0: the granted QoS may be lower, not higher.
                subscription.options.qos = qos.unwrap_or(QoS::ExactlyOnce).min(subscription.options.qos);
                let Some(narrower) = narrower else { return Ok((filter.into(), subscription)) };
                match self.check_narrower(filter, &narrower) {
                    Ok(()) => match self.refusal(self.capabilities(), session, &narrower, true) {
                        None => Ok((narrower.into(), subscription)),
                        Some(reason) => Err(reason),
                    },
                    Err(why) => {
                        self.clients.hook_failed(&format!("subscribing to `{filter}` as `{narrower}`"), &why);
                        Err(ReasonCode::ImplementationSpecificError)
                    }
                }
            }
        }
    }

    /// A filter as the hooks let the client unsubscribe from it, or why they do not.
    pub(super) fn hooked_unsubscribe<'f>(
        &mut self,
        index: ConnectionIndex,
        session: SessionIndex,
        filter: &'f str,
    ) -> Result<Cow<'f, str>, ReasonCode> {
        let decision = self.clients.with_client(index, session, |hooks, connection, client_identifier| {
            let wish = UnsubscribeWish { connection, client_identifier, filter };
            hooks.wanting(|wants| wants.unsubscribe).map(|hooks| hooks.on_unsubscribe(&wish))
        });
        let version = self.clients.connections.get(index).map(|connection| connection.version);
        match decision.unwrap_or(UnsubscribeDecision::Allow) {
            UnsubscribeDecision::Refuse(reason) if version.is_some_and(|of| of.has_properties()) => {
                Err(sayable(reason, PacketType::Unsuback, ReasonCode::UnspecifiedError))
            }
            // [MQTT-3.10.4-1], [MQTT-3.10.4-5] of 3.1.1: it ends, and UNSUBACK has no other word.
            UnsubscribeDecision::Allow | UnsubscribeDecision::Refuse(_) => Ok(filter.into()),
            UnsubscribeDecision::Change { filter: narrower } => {
                match self.check_narrower(filter, &narrower) {
                    Ok(()) => Ok(narrower.into()),
                    Err(why) => {
                        self.clients
                            .hook_failed(&format!("unsubscribing from `{filter}` as `{narrower}`"), &why);
                        Err(ReasonCode::ImplementationSpecificError)
                    }
                }
            }
        }
    }

    /// Whether all that matches `narrower` matches the client's filter, of the same group if it is shared.
    fn check_narrower(&self, filter: &str, narrower: &str) -> Result<(), String> {
        let says = |violation: Violation| format!("{violation}");
        filter::validate(narrower).map_err(says)?;
        self.check_filter(narrower).map_err(says)?;
        let parts = |filter| filter::parse_shared(filter).ok().flatten().unzip();
        let ((group, wide), (same_group, narrow)): ((Option<&str>, Option<&str>), _) =
            (parts(filter), parts(narrower));
        if group == same_group && filter::covers(wide.unwrap_or(filter), narrow.unwrap_or(narrower)) {
            return Ok(());
        }
        Err("the client would be sent what it did not ask for".into())
    }
}

impl Clients {
    /// Why the hooks do not let a client connect, if they do not.
    pub(super) fn hooked_connect(
        &mut self,
        index: ConnectionIndex,
        client_identifier: &str,
        connect: &Connect<'_>,
    ) -> Option<ReasonCode> {
        let hooks = self.hooks.wanting(|wants| wants.connect)?;
        let connection = self.connections.get(index)?;
        let origin = connection.work.as_ref()?.origin.as_ref()?;
        let client = ConnectingClient { connection: connection.id, origin, client_identifier, connect };
        match hooks.on_connect(&client) {
            ConnectDecision::Allow => None,
            ConnectDecision::Refuse(reason) => Some(reason),
        }
    }

    pub(super) fn hooked_disconnect(
        &mut self,
        connection: ConnectionId,
        session: SessionIndex,
        reason: &DisconnectReason,
    ) {
        if let Some(hooks) = self.hooks.wanting(|wants| wants.disconnect)
            && let Some(session) = self.sessions.get(session)
        {
            hooks.on_disconnect(connection, &session.client_identifier, reason);
        }
    }

    pub(super) fn hooked_session_end(&mut self, session: SessionIndex, cause: SessionEnd) {
        if let Some(hooks) = self.hooks.wanting(|wants| wants.session_end)
            && let Some(session) = self.sessions.get(session)
        {
            hooks.on_session_end(&session.client_identifier, cause);
        }
    }

    pub(super) fn hooked_error(&mut self, index: ConnectionIndex, violation: Violation) {
        if let Some(hooks) = self.hooks.wanting(|wants| wants.error)
            && let Some(connection) = self.connections.get(index)
        {
            let session = connection.session().and_then(|session| self.sessions.get(session));
            let client_identifier = session.map_or("", |session| &session.client_identifier);
            hooks.on_error(connection.id, client_identifier, violation);
        }
    }

    /// Whether a client may be given its copy of a message. If not, it is dropped.
    #[inline]
    pub(super) fn hooked_deliver(
        &mut self,
        session: SessionIndex,
        view: &MessageView<'_>,
        copy: &Copy<'_>,
    ) -> bool {
        let Some(hooks) = self.hooks.wanting(|wants| wants.deliver) else { return true };
        let Some(found) = self.sessions.get(session) else { return false };
        let delivered = delivered(&found.client_identifier, view, copy);
        let allowed = hooks.on_deliver(&delivered) == DeliverDecision::Allow;
        if !allowed {
            self.dropped_for(session, DropReason::Hook);
        }
        allowed
    }

    /// The same for a message that is stored.
    pub(super) fn hooked_deliver_stored(
        &mut self,
        session: SessionIndex,
        message: MessageIndex,
        copy: &Copy<'_>,
    ) -> bool {
        if self.hooks.wanting(|wants| wants.deliver).is_none() {
            return true;
        }
        let messages = core::mem::take(&mut self.messages);
        let allowed = messages.get(message).is_none_or(|of| self.hooked_deliver(session, &of.view(), copy));
        self.messages = messages;
        allowed
    }

    /// A decision that cannot be carried out.
    pub(super) fn hook_failed(&mut self, what: &str, why: &str) {
        self.event(Event::HookFailed { message: format!("{what}: {why}") });
    }

    fn with_client<T>(
        &mut self,
        index: ConnectionIndex,
        session: SessionIndex,
        ask: impl FnOnce(&mut HookSlot, ConnectionId, &str) -> Option<T>,
    ) -> Option<T> {
        let connection = self.connections.get(index)?.id;
        let session = self.sessions.get(session)?;
        ask(&mut self.hooks, connection, &session.client_identifier)
    }
}

fn delivered<'a>(client_identifier: &'a str, view: &MessageView<'a>, copy: &Copy<'_>) -> DeliveredCopy<'a> {
    DeliveredCopy {
        client_identifier,
        topic: view.topic,
        payload: view.payload,
        properties: Properties::from_validated(view.properties),
        qos: copy.qos,
        retain: copy.retain,
    }
}

/// A reason that a packet of this type can say for a refusal.
pub(super) const fn sayable(
    reason: ReasonCode,
    packet_type: PacketType,
    otherwise: ReasonCode,
) -> ReasonCode {
    if reason.is_error() && reason.allowed_in(packet_type, Sender::Server) { reason } else { otherwise }
}
