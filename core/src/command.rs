//! What the embedding program, or an operator, can ask for.

use alloc::string::String;
use alloc::sync::Arc;
use core::num::NonZeroU32;

use crate::config::Config;
use crate::input::Publication;
use crate::wire::{ReasonCode, SubscriptionOptions};

/// A command; see [`crate::Input::Command`]. No access rules apply to it. One that cannot be carried out is
/// reported as [`crate::Event::CommandFailed`] and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Close the connection of this client, as by an administrator (5.0: DISCONNECT with `reason`, 0x98 by
    /// custom). Its will is published.
    Disconnect {
        /// Which client.
        client_identifier: String,
        /// What a 5.0 client is told.
        reason: ReasonCode,
    },
    /// End the session of this client, connected or not: its subscriptions and what it is owed are forgotten,
    /// its will is published ([MQTT-3.1.2-8] of 5.0). A connected client is disconnected first.
    EndSession {
        /// Which client.
        client_identifier: String,
        /// What a connected 5.0 client is told; 0x98 by custom.
        reason: ReasonCode,
    },
    /// Publish a message.
    Publish(Publication),
    /// Give a message to one session alone, whatever its client subscribes. It is queued like any other while
    /// the client is away.
    PublishDirect {
        /// Which client.
        client_identifier: String,
        /// The message. Its topic is what the client is told, and may be any; it must not be retained.
        publication: Publication,
    },
    /// Subscribe on behalf of a session, connected or not: as if its client had said so, but without SUBACK.
    /// Retained messages follow as after SUBSCRIBE. Limits apply.
    Subscribe {
        /// Which client.
        client_identifier: String,
        /// Topic Filter.
        filter: String,
        /// As in SUBSCRIBE of 5.0. For a client of 3.x only the QoS and the Retain Handling count.
        options: SubscriptionOptions,
        /// The Subscription Identifier, up to 268,435,455; not for clients of 3.x.
        identifier: Option<NonZeroU32>,
    },
    /// End a subscription of a session.
    Unsubscribe {
        /// Which client.
        client_identifier: String,
        /// Topic Filter, as it was subscribed.
        filter: String,
    },
    /// Refuse everybody who wants to connect (5.0: 0x88, 3.x: return code 3) while those who are connected are
    /// served as before (`true`), or take clients again (`false`).
    Drain(bool),
    /// Send clients to another server: their connections are closed (5.0: DISCONNECT with 0x9C or 0x9D, section
    /// 4.11), their wills are published, their sessions stay as long as they would.
    Redirect {
        /// Which client; `None` for all that are connected.
        client_identifier: Option<String>,
        /// Whether they are to use the other server from now on.
        permanent: bool,
        /// Which one, as in [`crate::Answer::Redirect`].
        server_reference: Option<String>,
    },
    /// Replace the configuration, whole. Connected clients keep what they were promised at CONNECT: Receive
    /// Maximum, Topic Alias Maximum, Maximum Packet Size, what there is, keep alive, session expiry, rules. All
    /// else holds at once; who has more than a new limit allows keeps it and gets no more. Decided once for all,
    /// when the broker is made: [`Config::journal`].
    Reload(Arc<Config>),
    /// Accept nobody any more, keep every promise made so far, tell 5.0 clients 0x8B, close all
    /// connections, then say [`crate::Output::Stopped`]. Kept sessions stay in the journal.
    Shutdown,
}
