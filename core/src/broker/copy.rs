//! One client's copy of a message.

use alloc::sync::Arc;

use super::encode::Form;
use crate::wire::QoS;

/// What is particular to one client's copy of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copy<'a> {
    pub(super) qos: QoS,
    pub(super) retain: bool,
    /// Sent because of a SUBSCRIBE.
    pub(super) replayed: bool,
    pub(super) identifiers: &'a [u32],
    /// The group that it is for, if it is to be handed on when its receiver ends.
    pub(super) share: Option<Share<'a>>,
}

/// A group, and whether a message must not be lost with a member that is not kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share<'a> {
    pub(super) name: &'a Arc<str>,
    /// Another member is kept, and a journal.
    pub(super) keeps: bool,
}

impl Copy<'_> {
    /// As it is encoded at QoS 0.
    pub(super) fn form(&self) -> Form<'_> {
        Form {
            qos: QoS::AtMostOnce,
            packet_identifier: None,
            duplicate: false,
            retain: self.retain,
            identifiers: self.identifiers,
        }
    }
}
