//! What only 5.0 says.

mod auth;
mod auth_properties;
mod capabilities;
mod connect;
mod expiry;
mod flow;
mod information;
mod outgoing_topic_alias;
mod packet_size;
mod place;
mod properties;
mod property_bytes;
mod property_places;
mod property_text;
mod reason;
mod reason_codes;
mod retained;
mod server_reference;
mod session;
mod shared;
mod shared_ends;
mod subscribe;
mod times;
mod topic_alias;
mod will;

use crate::script::Script;

pub(crate) const SCRIPTS: &[&[Script]] = &[
    auth::SCRIPTS,
    auth_properties::SCRIPTS,
    capabilities::SCRIPTS,
    connect::SCRIPTS,
    expiry::SCRIPTS,
    flow::SCRIPTS,
    information::SCRIPTS,
    outgoing_topic_alias::SCRIPTS,
    packet_size::SCRIPTS,
    properties::SCRIPTS,
    property_bytes::SCRIPTS,
    property_places::SCRIPTS,
    property_text::SCRIPTS,
    reason::SCRIPTS,
    reason_codes::SCRIPTS,
    retained::SCRIPTS,
    server_reference::SCRIPTS,
    session::SCRIPTS,
    shared::SCRIPTS,
    shared_ends::SCRIPTS,
    subscribe::SCRIPTS,
    times::SCRIPTS,
    topic_alias::SCRIPTS,
    will::SCRIPTS,
];
