//! Topic aliases that the server sets, at the moment in which the bytes of a PUBLISH are written: what was
//! dropped before has set none (5.0 section 3.3.2.3.4).

use bytes::Bytes;

use super::clients::Clients;
use super::encode::Form;
use crate::connection::ConnectionIndex;
use crate::connection::outgoing_topic_alias::{Alias, OutgoingTopicAliases};
use crate::fault::Fault;
use crate::message::MessageView;
use crate::time::Instant;
use crate::wire::TooLarge;

impl Clients {
    /// Writes a PUBLISH to a client that takes aliases, with one where it is worthwhile.
    pub(super) fn write_aliased(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        view: &MessageView<'_>,
        stored: Option<&Bytes>,
        form: &Form<'_>,
    ) -> Result<(), TooLarge> {
        let hash = self.connections.hash_topic(view.topic);
        if self.config.planted().is(Fault::OutgoingAliasTooLarge) {
            return self.write_form(now, index, view, stored, form, Some(u16::MAX));
        }
        match self.choose_alias(index, view.topic, hash) {
            Alias::Known(alias) => {
                let unnamed = MessageView { topic: "", ..*view };
                return self.write_form(now, index, &unnamed, stored, form, Some(alias));
            }
            Alias::New(alias) => {
                if self.write_form(now, index, view, stored, form, Some(alias)).is_ok() {
                    self.with_aliases(index, |aliases| aliases.set(alias, view.topic, hash));
                    return Ok(());
                }
                // Perhaps it fits without.
            }
            Alias::None => {}
        }
        self.write_form(now, index, view, stored, form, None)?;
        self.with_aliases(index, |aliases| aliases.delivered(hash));
        Ok(())
    }

    fn choose_alias(&mut self, index: ConnectionIndex, topic: &str, hash: u64) -> Alias {
        let Some(connection) = self.connections.get_mut(index) else { return Alias::None };
        let maximum = connection.outgoing_topic_alias_maximum;
        let aliases = connection.work.as_mut().and_then(|work| work.outgoing_aliases.as_mut());
        aliases.map_or(Alias::None, |aliases| aliases.choose(topic, hash, maximum))
    }

    fn with_aliases(&mut self, index: ConnectionIndex, change: impl FnOnce(&mut OutgoingTopicAliases)) {
        if let Some(connection) = self.connections.get_mut(index) {
            change(connection.work().outgoing_aliases.get_or_insert_default());
        }
        self.recount_connection(index);
    }
}
