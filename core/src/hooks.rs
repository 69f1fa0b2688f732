//! Hooks: the embedding program's say in what the machine does, at the moment when it does it.
//!
//! A [`Hooks`] is handed to [`crate::Broker::set_hooks`]. Each method is called where its name says and answers
//! with a decision; all of them let everything pass unless they are written otherwise. They are called
//! synchronously, inside of [`crate::Broker::handle_input`] and its like: a hook that has to wait for somebody
//! belongs behind an [`crate::Ask`] instead. A hook cannot call the broker; what it wants besides its decision
//! it keeps, and hands in as a [`crate::Command`] afterwards.
//!
//! No decision breaks the standard. Acknowledgements go out as they must; one that the packet at hand has no
//! word for becomes the nearest that it has; a change that cannot be made, such as to a topic with wildcards, is
//! told as [`crate::Event::HookFailed`] and refuses.
//!
//! The same inputs give the same outputs as long as the hooks decide the same way.

use alloc::string::String;
use alloc::vec::Vec;

use crate::event::{DisconnectReason, SessionEnd};
use crate::id::ConnectionId;
use crate::input::{CloseCause, Origin};
use crate::violation::Violation;
use crate::wire::{Connect, Properties, QoS, ReasonCode, SubscriptionOptions};

/// See the module.
pub trait Hooks {
    /// Which of the methods are to be called. Asked once, when the hooks are set. What is not wanted costs
    /// nothing: without `publish` and `deliver`, messages pass as if there were no hooks.
    fn wants(&self) -> HookMask {
        HookMask::ALL
    }

    /// A connection was opened. Nothing was said on it yet, so that a refused one is closed without a word.
    fn on_accept(&mut self, connection: ConnectionId, origin: &Origin) -> AcceptDecision {
        let _ = (connection, origin);
        AcceptDecision::Allow
    }

    /// A client has said CONNECT and was authenticated. Nothing was done for it yet: its older connection is
    /// still there.
    fn on_connect(&mut self, client: &ConnectingClient<'_>) -> ConnectDecision {
        let _ = client;
        ConnectDecision::Allow
    }

    /// The connection of a client that was accepted is over, by whichever side.
    fn on_disconnect(
        &mut self,
        connection: ConnectionId,
        client_identifier: &str,
        reason: &DisconnectReason,
    ) {
        let _ = (connection, client_identifier, reason);
    }

    /// A client wants to subscribe, and the rules allow it. Called for each filter of a SUBSCRIBE.
    fn on_subscribe(&mut self, wish: &SubscribeWish<'_>) -> SubscribeDecision {
        let _ = wish;
        SubscribeDecision::Allow
    }

    /// A client wants to unsubscribe. Called for each filter of an UNSUBSCRIBE.
    fn on_unsubscribe(&mut self, wish: &UnsubscribeWish<'_>) -> UnsubscribeDecision {
        let _ = wish;
        UnsubscribeDecision::Allow
    }

    /// A client publishes, and the rules allow it; or its will is about to be published. Called once for each
    /// message: not for a repeated QoS 2 PUBLISH, and not for what the embedding program publishes itself.
    fn on_publish(&mut self, message: &PublishedMessage<'_>) -> PublishDecision {
        let _ = message;
        PublishDecision::Accept
    }

    /// A copy of a message is about to be sent to, or queued for, one client. Called once for each copy, for
    /// retained messages after a SUBSCRIBE too; again for a message that passes to another member of its group.
    fn on_deliver(&mut self, copy: &DeliveredCopy<'_>) -> DeliverDecision {
        let _ = copy;
        DeliverDecision::Allow
    }

    /// A session is over.
    fn on_session_end(&mut self, client_identifier: &str, cause: SessionEnd) {
        let _ = (client_identifier, cause);
    }

    /// The transport of a connection is gone. The last word about every connection of [`Hooks::on_accept`],
    /// refused ones too.
    fn on_close(&mut self, connection: ConnectionId, cause: CloseCause) {
        let _ = (connection, cause);
    }

    /// A client broke the protocol, or a limit; its connection is about to be closed for it. The client
    /// identifier is empty if none was accepted.
    fn on_error(&mut self, connection: ConnectionId, client_identifier: &str, violation: Violation) {
        let _ = (connection, client_identifier, violation);
    }
}

/// Which methods of a [`Hooks`] are to be called; one field for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the method of that name")]
pub struct HookMask {
    pub accept: bool,
    pub connect: bool,
    pub disconnect: bool,
    pub subscribe: bool,
    pub unsubscribe: bool,
    pub publish: bool,
    pub deliver: bool,
    pub session_end: bool,
    pub close: bool,
    pub error: bool,
}

impl HookMask {
    /// All methods.
    pub const ALL: Self = Self::same(true);

    /// No method.
    pub const NONE: Self = Self::same(false);

    const fn same(on: bool) -> Self {
        Self {
            accept: on,
            connect: on,
            disconnect: on,
            subscribe: on,
            unsubscribe: on,
            publish: on,
            deliver: on,
            session_end: on,
            close: on,
            error: on,
        }
    }
}

/// What [`Hooks::on_accept`] decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptDecision {
    /// The connection may go on.
    Allow,
    /// It is closed.
    Close,
}

/// A client at CONNECT.
#[derive(Clone, Copy, Debug)]
pub struct ConnectingClient<'a> {
    /// Its connection.
    pub connection: ConnectionId,
    /// Where it came from.
    pub origin: &'a Origin,
    /// Its client identifier, or the one that it is assigned.
    pub client_identifier: &'a str,
    /// All that it said.
    pub connect: &'a Connect<'a>,
}

/// What [`Hooks::on_connect`] decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectDecision {
    /// It may connect.
    Allow,
    /// It may not, for this reason: one of CONNACK from 0x80 on, else 0x80 is said. Before 5.0 as the nearest
    /// return code; where there is none the connection is closed without ([MQTT-3.2.2-6] of 3.1.1).
    Refuse(ReasonCode),
}

/// A Topic Filter that a client wants to subscribe to.
#[derive(Clone, Copy, Debug)]
pub struct SubscribeWish<'a> {
    /// Its connection.
    pub connection: ConnectionId,
    /// Its client identifier.
    pub client_identifier: &'a str,
    /// Topic Filter.
    pub filter: &'a str,
    /// What it asks for.
    pub options: SubscriptionOptions,
    /// Its Subscription Identifier.
    pub identifier: Option<u32>,
}

/// What [`Hooks::on_subscribe`] decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscribeDecision {
    /// As it asks.
    Allow,
    /// Not, for this reason: one of SUBACK from 0x80 on, else 0x80 is said.
    Refuse(ReasonCode),
    /// Otherwise than it asks.
    Change {
        /// A narrower filter: every topic that it matches has to match the client's, or the client would be
        /// sent what it did not ask for ([MQTT-3.3.2-3] of 3.1.1 and 5.0). The client unsubscribes by its own
        /// filter: [`Hooks::on_unsubscribe`] has to make the same change.
        filter: Option<String>,
        /// The QoS to grant, if it is lower than what the client asks for.
        qos: Option<QoS>,
    },
}

/// A Topic Filter that a client wants to unsubscribe from.
#[derive(Clone, Copy, Debug)]
pub struct UnsubscribeWish<'a> {
    /// Its connection.
    pub connection: ConnectionId,
    /// Its client identifier.
    pub client_identifier: &'a str,
    /// Topic Filter.
    pub filter: &'a str,
}

/// What [`Hooks::on_unsubscribe`] decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnsubscribeDecision {
    /// As it asks.
    Allow,
    /// Not, for this reason: one of UNSUBACK from 0x80 on, else 0x80 is said. Before 5.0 there is no way to
    /// refuse ([MQTT-3.10.4-1] of 3.1.1), and the subscription ends.
    Refuse(ReasonCode),
    /// Another filter, which the client's covers: see [`SubscribeDecision::Change`].
    Change {
        /// Topic Filter.
        filter: String,
    },
}

/// A message on its way from a client.
#[derive(Clone, Copy, Debug)]
pub struct PublishedMessage<'a> {
    /// The connection that it came on; `None` for a will.
    pub connection: Option<ConnectionId>,
    /// Whose message it is.
    pub client_identifier: &'a str,
    /// Topic Name; what a Topic Alias stood for.
    pub topic: &'a str,
    /// Application message.
    pub payload: &'a [u8],
    /// Its properties, as the client said them; those of a will without the ones that the server keeps.
    pub properties: Properties<'a>,
    /// QoS of the publisher.
    pub qos: QoS,
    /// Whether it is to be retained.
    pub retain: bool,
}

/// What [`Hooks::on_publish`] decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishDecision {
    /// It goes on as it is.
    Accept,
    /// It goes nowhere, and its publisher is told that all is well.
    Drop,
    /// It goes nowhere, for this reason: one of PUBACK from 0x80 on, else 0x83 is said. Clients before 5.0 get
    /// the usual acknowledgement ([MQTT-3.3.5-2] of 3.1.1); 0x97 closes their connection
    /// (`docs/decisions.md` D24).
    Refuse(ReasonCode),
    /// Another message goes on in its place, as if the embedding program had published it. The acknowledgement
    /// is that of the original.
    Change(alloc::boxed::Box<Change>),
}

/// What is different about a message that goes on; `None`: as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Topic Name, without wildcards. Rules do not apply to it.
    pub topic: Option<String>,
    /// Application message.
    pub payload: Option<Vec<u8>>,
    /// Encoded properties of PUBLISH ([`crate::wire::PropertiesBuffer`]), all of them.
    pub properties: Option<Vec<u8>>,
    /// QoS.
    pub qos: Option<QoS>,
    /// Whether it is retained.
    pub retain: Option<bool>,
    /// Client identifiers: of those who subscribe, only these get it. A retained message is kept for everybody
    /// all the same.
    pub receivers: Option<Vec<String>>,
}

/// A copy of a message on its way to a client.
#[derive(Clone, Copy, Debug)]
pub struct DeliveredCopy<'a> {
    /// Whose copy.
    pub client_identifier: &'a str,
    /// Topic Name.
    pub topic: &'a str,
    /// Application message.
    pub payload: &'a [u8],
    /// Properties that are forwarded.
    pub properties: Properties<'a>,
    /// QoS of this copy.
    pub qos: QoS,
    /// RETAIN of this copy.
    pub retain: bool,
}

/// What [`Hooks::on_deliver`] decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliverDecision {
    /// The client gets it.
    Allow,
    /// It does not. Counted and told as [`crate::DropReason::Hook`].
    Drop,
}
