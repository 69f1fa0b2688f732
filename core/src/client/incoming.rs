//! Messages from the server (3.1.1 and 5.0 section 4.3).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::client::CloseReason;
use crate::client::receive::Handled;
use crate::client::state::State;
use crate::violation::Violation;
use crate::wire::{Acknowledgement, Packet, Properties, Publish, ReasonCode};

/// The topics that the server's aliases stand for, on this connection (5.0 section 3.3.2.3.4).
pub(super) type TopicAliases = BTreeMap<u16, Box<str>>;

impl State {
    pub(super) fn handle_publish<'a>(
        &mut self,
        publish: Publish<'a>,
        aliases: &mut TopicAliases,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        self.set_alias(&publish, aliases).map_err(CloseReason::Violation)?;
        let Some(identifier) = publish.packet_identifier else { return Ok(Handled::Message(publish, None)) };
        let ticket = self.options.manual_acknowledgement.then(|| self.next_ticket());
        let is_new = self.incoming.came(identifier, publish.qos, ticket);
        let most = usize::from(self.options.receive_maximum.max(1));
        // [MQTT-3.3.4-9] binds the server; before 5.0 it was never told.
        if self.version().enforces_receive_maximum() && self.incoming.on_this_connection() > most {
            return Err(CloseReason::Violation(Violation::ReceiveMaximumExceeded));
        }
        self.send_answers();
        // [MQTT-4.3.3-10] of 5.0: not delivered again until PUBREL.
        Ok(if is_new { Handled::Message(publish, ticket) } else { Handled::Nothing })
    }

    pub(super) fn handle_pubrel(&mut self, pubrel: &Acknowledgement<'_>) {
        let known = self.incoming.released(pubrel.packet_identifier);
        let reason = if known { ReasonCode::Success } else { ReasonCode::PacketIdentifierNotFound };
        let answer = Acknowledgement {
            packet_identifier: pubrel.packet_identifier,
            reason,
            properties: Properties::EMPTY,
        };
        self.send_small(&Packet::Pubcomp(answer));
    }

    fn set_alias(&self, publish: &Publish<'_>, aliases: &mut TopicAliases) -> Result<(), Violation> {
        let Some(alias) = publish.properties.topic_alias() else { return Ok(()) };
        // [MQTT-3.3.2-11]: the server uses no alias that it was not given.
        if alias == 0 || alias > self.options.topic_alias_maximum {
            return Err(Violation::TopicAliasInvalid);
        }
        if !publish.topic.is_empty() {
            aliases.insert(alias, publish.topic.into());
        } else if !aliases.contains_key(&alias) {
            return Err(Violation::TopicAliasUnknown);
        }
        Ok(())
    }
}
