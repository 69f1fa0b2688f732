//! What only 3.1.1 says, or says differently.

mod connect;
mod publish;

use crate::script::Script;

pub(crate) const SCRIPTS: &[&[Script]] = &[connect::SCRIPTS, publish::SCRIPTS];
