//! Messages for one session, whatever its client subscribes: `$direct/CLIENT/…` and
//! [`crate::Command::PublishDirect`] (docs/decisions.md D40).

use super::Broker;
use super::deliver::{Delivered, Publication};
use crate::time::Instant;
use crate::topic::Receiver;

/// The client that a direct topic names; `None` for every other topic.
pub(super) fn recipient(topic: &str) -> Option<&str> {
    let rest = topic.strip_prefix("$direct/")?;
    rest.split('/').next()
}

impl Broker {
    /// Gives a publication to the session of one client, at the publisher's QoS; nothing is retained.
    pub(super) fn deliver_direct(
        &mut self,
        now: Instant,
        publication: &Publication<'_>,
        client_identifier: &str,
    ) -> Delivered {
        let Some(session) = self.clients.sessions.find(client_identifier) else {
            return Delivered::default();
        };
        self.clients.frames.clear();
        let mut stored = None;
        let mut receiver = Receiver::new(session);
        receiver.qos = publication.qos;
        self.clients.deliver_to(now, publication, &receiver, &[], &mut stored);
        if let Some(index) = stored {
            self.clients.release_message(index);
        }
        Delivered { receivers: 1, ..Delivered::default() }
    }
}
