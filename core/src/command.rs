//! What the embedding program, or an operator, can ask for.

use alloc::string::String;
use alloc::sync::Arc;

use crate::config::Config;
use crate::input::Publication;
use crate::wire::ReasonCode;

/// A command; see [`crate::Input::Command`].
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
    /// Publish a message. It passes no access rules; an invalid topic is reported as
    /// [`crate::Event::CommandFailed`].
    Publish(Publication),
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
    /// Replace the configuration, whole. Connected clients keep what they were promised at CONNECT.
    Reload(Arc<Config>),
    /// Accept nobody any more, keep every promise made so far, tell 5.0 clients 0x8B, close all
    /// connections, then say [`crate::Output::Stopped`]. Kept sessions stay in the journal.
    Shutdown,
}
