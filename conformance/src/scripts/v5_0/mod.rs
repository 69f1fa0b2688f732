//! What only 5.0 says.

mod connect;
mod expiry;
mod flow;
mod packet_size;
mod properties;
mod reason;
mod retained;
mod session;
mod subscribe;
mod topic_alias;
mod will;

use crate::script::Script;

pub(crate) const SCRIPTS: &[&[Script]] = &[
    connect::SCRIPTS,
    expiry::SCRIPTS,
    flow::SCRIPTS,
    packet_size::SCRIPTS,
    properties::SCRIPTS,
    reason::SCRIPTS,
    retained::SCRIPTS,
    session::SCRIPTS,
    subscribe::SCRIPTS,
    topic_alias::SCRIPTS,
    will::SCRIPTS,
];
