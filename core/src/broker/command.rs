//! What the embedding program, or an operator, asks for.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use super::Broker;
use super::deliver::Publication;
use super::publish::expiry;
use crate::command::Command;
use crate::config::Config;
use crate::connection::ConnectionIndex;
use crate::event::Event;
use crate::id::Position;
use crate::input;
use crate::message::MessageView;
use crate::time::Instant;
use crate::topic::route::RouteHint;
use crate::will::forwarded;
use crate::wire::{Properties, PropertyContext, ReasonCode, Sender, text};

impl Broker {
    pub(super) fn command(&mut self, now: Instant, command: Command) {
        let done = match command {
            Command::Disconnect { client_identifier, reason } => {
                self.disconnect_by_name(now, &client_identifier, reason)
            }
            Command::Redirect { client_identifier, permanent, server_reference } => {
                let (one, other) = (client_identifier.as_deref(), server_reference.as_deref());
                self.redirect(now, one, permanent, other)
            }
            Command::Publish(publication) => self.publish_command(now, &publication),
            Command::Reload(config) => {
                self.reload(config);
                Ok(())
            }
            Command::Shutdown => {
                self.begin_shutdown(now);
                Ok(())
            }
        };
        if let Err(message) = done {
            self.clients.event(Event::CommandFailed { message });
        }
    }

    fn disconnect_by_name(
        &mut self,
        now: Instant,
        client_identifier: &str,
        reason: ReasonCode,
    ) -> Result<(), String> {
        let index = self.connected(client_identifier)?;
        self.disconnect_client(now, index, reason);
        Ok(())
    }

    /// The connection of this client.
    pub(super) fn connected(&self, client_identifier: &str) -> Result<ConnectionIndex, String> {
        let session = self.clients.sessions.find(client_identifier);
        let connection = session.and_then(|session| self.clients.sessions.get(session)?.connection());
        connection.ok_or_else(|| format!("no client `{client_identifier}` is connected"))
    }

    fn publish_command(&mut self, now: Instant, publication: &input::Publication) -> Result<(), String> {
        let topic = &*publication.topic;
        text::topic_name(topic.as_bytes())
            .map_err(|violation| format!("cannot publish to `{topic}`: {violation}"))?;
        let context = PropertyContext::Publish(Sender::Client);
        let properties = Properties::from_bytes(&publication.properties, context)
            .map_err(|violation| format!("cannot publish to `{topic}` with these properties: {violation}"))?;
        let forwarded = forwarded(properties);
        let publication = Publication {
            view: MessageView {
                topic,
                payload: &publication.payload,
                properties: forwarded.as_properties().as_bytes(),
                expires_at: expiry(now, properties.message_expiry_interval()),
            },
            qos: publication.qos,
            retain: publication.retain,
            wait: Position::NONE,
            publisher: None,
        };
        self.publish_message(now, &publication, RouteHint::default(), None);
        Ok(())
    }

    /// Takes a new configuration, whole. Whether promises wait for a journal is decided once for all, as is the number of
    /// remembered routes.
    fn reload(&mut self, config: Arc<Config>) {
        self.clients.config = config;
    }
}
