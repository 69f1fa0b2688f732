//! What only 5.0 says.

mod auth;
mod capabilities;
mod connect;
mod expiry;
mod flow;
mod information;
mod outgoing_topic_alias;
mod packet_size;
mod properties;
mod reason;
mod retained;
mod server_reference;
mod session;
mod shared;
mod shared_ends;
mod subscribe;
mod topic_alias;
mod will;

use crate::script::Script;

pub(crate) const SCRIPTS: &[&[Script]] = &[
    auth::SCRIPTS,
    capabilities::SCRIPTS,
    connect::SCRIPTS,
    expiry::SCRIPTS,
    flow::SCRIPTS,
    information::SCRIPTS,
    outgoing_topic_alias::SCRIPTS,
    packet_size::SCRIPTS,
    properties::SCRIPTS,
    reason::SCRIPTS,
    retained::SCRIPTS,
    server_reference::SCRIPTS,
    session::SCRIPTS,
    shared::SCRIPTS,
    shared_ends::SCRIPTS,
    subscribe::SCRIPTS,
    topic_alias::SCRIPTS,
    will::SCRIPTS,
];
