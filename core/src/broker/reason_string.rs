//! Reasons in words, for whoever looks for a mistake (5.0 section 3.2.2.3.9 and its like in other packets).

use super::clients::Clients;
use crate::connection::ConnectionIndex;
use crate::wire::{PropertiesBuffer, Property, ReasonCode};

impl Clients {
    /// A Reason String, if this client has use for one. Whether it fits is for the encoder to see.
    pub(super) fn reason_string(&self, index: ConnectionIndex, words: &str) -> PropertiesBuffer {
        let mut properties = PropertiesBuffer::new();
        // [MQTT-3.1.2-29]: CONNACK and DISCONNECT might have one all the same. Who wants none gets none.
        let wanted = |connection: &crate::connection::Connection| {
            connection.problem_information && connection.version.has_properties()
        };
        if !words.is_empty() && self.connections.get(index).is_some_and(wanted) {
            properties.push(Property::ReasonString(words));
        }
        properties
    }

    /// Why PUBACK or PUBREC refuses a message; nothing if it does not.
    pub(super) fn why_not_published(&self, index: ConnectionIndex, reason: ReasonCode) -> PropertiesBuffer {
        let words = match reason {
            ReasonCode::NotAuthorized => "this client may not publish to this topic",
            ReasonCode::QuotaExceeded if self.refuses_work() => OUT_OF_MEMORY,
            ReasonCode::QuotaExceeded => "there is no room for another retained message",
            _ => "",
        };
        self.reason_string(index, words)
    }

    /// Why SUBACK refuses a filter; nothing if it refuses none.
    pub(super) fn why_not_subscribed(
        &self,
        index: ConnectionIndex,
        reason: Option<ReasonCode>,
    ) -> PropertiesBuffer {
        let words = match reason {
            Some(ReasonCode::NotAuthorized) => "this client may not subscribe to that filter",
            Some(ReasonCode::QuotaExceeded) if self.refuses_work() => OUT_OF_MEMORY,
            Some(ReasonCode::QuotaExceeded) => "this session has as many subscriptions as it may have",
            _ => "",
        };
        self.reason_string(index, words)
    }
}

const OUT_OF_MEMORY: &str = "the server has no memory left for this";

/// Why a client that broke no rule is not let in.
pub(super) const fn why_not_connected(reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::NotAuthorized => "this client may not connect here, or not with this will",
        ReasonCode::BadUserNameOrPassword => "the User Name or the Password is wrong",
        ReasonCode::BadAuthenticationMethod => "this server does not know this Authentication Method",
        ReasonCode::QuotaExceeded => OUT_OF_MEMORY,
        ReasonCode::UseAnotherServer => "use another server for now",
        ReasonCode::ServerMoved => "use another server from now on",
        _ => "",
    }
}

/// Why a client that broke no rule is sent away.
pub(super) const fn why_disconnected(reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::SessionTakenOver => "another connection has the same client identifier",
        ReasonCode::ServerShuttingDown => "the server stops",
        ReasonCode::AdministrativeAction => "an administrator closed this connection",
        ReasonCode::NotAuthorized => "this client may not be connected any more",
        ReasonCode::UseAnotherServer => "use another server for now",
        ReasonCode::ServerMoved => "use another server from now on",
        _ => "",
    }
}
