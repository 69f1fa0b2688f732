//! A message that only some of its subscribers get.

use super::Broker;
use super::deliver::{Delivered, Publication};
use crate::message::MessageIndex;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::route::RouteHint;

impl Broker {
    /// Sends a publication to those of `only` who subscribe to its topic, each looked up by itself: they are
    /// few, where the subscribers may be many.
    pub(super) fn deliver_restricted(
        &mut self,
        now: Instant,
        publication: &Publication<'_>,
        only: &[SessionIndex],
        stored: Option<MessageIndex>,
    ) -> Delivered {
        self.clients.frames.clear();
        let mut stored = stored.inspect(|index| self.clients.messages.retain(*index));
        let number = |index| self.clients.sessions.get(index).map_or(0, |session| session.record);
        let publisher = publication.publisher.map_or(0, number);
        let mut receivers = 0;
        for session in only {
            let number = self.clients.sessions.get(*session).map_or(0, |session| session.record);
            let receives =
                self.deliver_at_its_turn(now, publication, number, *session, publisher, &mut stored);
            receivers += usize::from(receives);
        }
        self.gathered.gather(&mut self.tree, publication.view.topic, None);
        let gathered = self.gathered.as_receivers();
        for group in gathered.as_slice().iter().filter_map(|receiver| receiver.session.group()) {
            self.clients.deliver_to_group(now, &mut self.tree, publication, group, &mut stored);
            receivers += 1;
        }
        if let Some(index) = stored {
            self.clients.release_message(index);
        }
        Delivered { receivers, unfinished: false, route: RouteHint::default() }
    }
}
