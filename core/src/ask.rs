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

/// What is asked. Input of the connection waits for the answer, unless it is about AUTH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// May this client connect? Asked where the listener says so.
    Authenticate(Box<Authenticate>),
    /// The client of an [`Ask::Authenticate`] or [`Ask::Reauthenticate`] that was answered with
    /// [`Answer::Continue`] has more to say: AUTH with code 0x18. Answer likewise.
    Continue(Box<Exchange>),
    /// A connected client wants to be authenticated anew: AUTH with code 0x19 (5.0 section 4.12.1). Until the
    /// answer it goes on by its old rules. [`Answer::Refuse`] closes its connection.
    Reauthenticate(Box<Exchange>),
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
    /// Authentication Method, if it wants to be authenticated by more than a password (5.0 section 4.12).
    /// Answer with [`ReasonCode::BadAuthenticationMethod`] if it is not one that you know.
    pub authentication_method: Option<String>,
    /// Authentication Data, if it sent any with the method. Never printed by `Debug`.
    pub authentication_data: Option<Vec<u8>>,
}

/// What an AUTH packet says.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The connection.
    pub connection: ConnectionId,
    /// Its client identifier, or the one that it will be assigned.
    pub client_identifier: Arc<str>,
    /// Authentication Method: that of its CONNECT.
    pub method: String,
    /// Authentication Data, if there is any. Never printed by `Debug`.
    pub data: Option<Vec<u8>>,
}

/// Stands for what only the two sides are to know.
fn hidden(secret: &Option<Vec<u8>>) -> Option<&'static str> {
    secret.as_ref().map(|_| "(hidden)")
}

impl core::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Exchange")
            .field("connection", &self.connection)
            .field("client_identifier", &self.client_identifier)
            .field("method", &self.method)
            .field("data", &hidden(&self.data))
            .finish()
    }
}

impl core::fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Authenticate")
            .field("connection", &self.connection)
            .field("origin", &self.origin)
            .field("version", &self.version)
            .field("client_identifier", &self.client_identifier)
            .field("user_name", &self.user_name)
            .field("password", &hidden(&self.password))
            .field("will_topic", &self.will_topic)
            .field("authentication_method", &self.authentication_method)
            .field("authentication_data", &hidden(&self.authentication_data))
            .finish()
    }
}

/// The answer to an [`Ask`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The client may connect.
    Accept {
        /// What it may publish and subscribe; `None` for the listener's rules, after
        /// [`Ask::Reauthenticate`] for those that it has.
        rules: Option<Arc<Rules>>,
        /// Authentication Data for a client that named an Authentication Method, with CONNACK or with the last
        /// AUTH; others are not told.
        data: Option<Vec<u8>>,
    },
    /// The client is to say more: AUTH with code 0x18 and this as Authentication Data. Its answer comes as
    /// [`Ask::Continue`]; it has [`crate::Limits::connect_timeout_seconds`] for it. A client that named no
    /// Authentication Method is refused.
    Continue(Option<Vec<u8>>),
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
