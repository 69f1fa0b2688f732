//! Questions that the machine cannot answer itself, and their answers.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::id::ConnectionId;
use crate::input::Origin;
use crate::rules::{Action, Rules};
use crate::version::ProtocolVersion;
use crate::wire::ReasonCode;

/// What is asked. Input of the connection waits for the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// May this client connect? Asked where the listener says so.
    Authenticate(Box<Authenticate>),
    /// May this client publish to, or subscribe to, these topics? Asked where the rules say so. Answer with
    /// [`Answer::Decisions`], one for each topic.
    Authorize {
        /// The connection that wants it.
        connection: ConnectionId,
        /// Who it is.
        client_identifier: Arc<str>,
        /// What it wants to do.
        action: Action,
        /// One Topic Name, or the Topic Filters of a SUBSCRIBE; of a shared subscription, the filter behind
        /// `$share/ShareName/`, for that is what decides which topics it is about.
        topics: Vec<String>,
    },
}

/// What a CONNECT packet says about who connects.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// The connection.
    pub connection: ConnectionId,
    /// Where it came from.
    pub origin: Origin,
    /// The version it speaks.
    pub version: ProtocolVersion,
    /// Its client identifier, or the one that it will be assigned.
    pub client_identifier: Arc<str>,
    /// User Name, if it sent one.
    pub user_name: Option<String>,
    /// Password, if it sent one. Never printed by `Debug`.
    pub password: Option<Vec<u8>>,
    /// The topic of its will, if it has one.
    pub will_topic: Option<String>,
}

impl core::fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Authenticate")
            .field("connection", &self.connection)
            .field("origin", &self.origin)
            .field("version", &self.version)
            .field("client_identifier", &self.client_identifier)
            .field("user_name", &self.user_name)
            .field("password", &self.password.as_ref().map(|_| "(hidden)"))
            .field("will_topic", &self.will_topic)
            .finish()
    }
}

/// The answer to an [`Ask`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The client may connect.
    Accept {
        /// What it may publish and subscribe; `None` for the listener's rules.
        rules: Option<Arc<Rules>>,
    },
    /// One decision for each topic of [`Ask::Authorize`]; missing ones refuse.
    Decisions(Vec<bool>),
    /// The client may not connect, for this reason (mapped to a return code for 3.x); any
    /// [`ReasonCode`] of CONNACK from 0x80 on.
    Refuse(ReasonCode),
    /// The client is to use another server (5.0: CONNACK with 0x9C or 0x9D, section 4.11; 3.x: return code 3).
    Redirect {
        /// Whether it is to use the other server from now on.
        permanent: bool,
        /// Which one: names or addresses, with ports if wanted, separated by spaces. Not told to clients before
        /// 5.0, nor if it has U+0000 or more than 65,535 bytes.
        server_reference: Option<String>,
    },
}
