//! What 3.1.1 and 5.0 say alike.

mod connect;
mod connect_flags;
mod cut_short;
mod flags;
mod header;
mod keep_alive;
mod pipeline;
mod publish;
mod qos;
mod resend;
mod retained;
mod returning;
mod session;
mod shared;
mod shortage;
mod subscribe;
mod text;
mod topics;
mod will;

use crate::script::Script;

pub(crate) const SCRIPTS: &[&[Script]] = &[
    connect::SCRIPTS,
    connect_flags::SCRIPTS,
    cut_short::SCRIPTS,
    flags::SCRIPTS,
    header::SCRIPTS,
    keep_alive::SCRIPTS,
    pipeline::SCRIPTS,
    publish::SCRIPTS,
    qos::SCRIPTS,
    resend::SCRIPTS,
    retained::SCRIPTS,
    returning::SCRIPTS,
    session::SCRIPTS,
    shortage::SCRIPTS,
    shared::SCRIPTS,
    subscribe::SCRIPTS,
    text::SCRIPTS,
    topics::SCRIPTS,
    will::SCRIPTS,
];
