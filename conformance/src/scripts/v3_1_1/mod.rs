//! What only 3.1.1 says, or says differently.

mod capabilities;
mod connect;
mod publish;

use crate::script::Script;

pub(crate) const SCRIPTS: &[&[Script]] = &[capabilities::SCRIPTS, connect::SCRIPTS, publish::SCRIPTS];
