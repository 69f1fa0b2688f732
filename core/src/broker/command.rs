//! What the embedding program, or an operator, asks for.

use alloc::format;
use alloc::string::String;
use core::fmt::Display;

use super::Broker;
use super::deliver::Publication;
use super::direct;
use super::publish::expiry;
use crate::command::Command;
use crate::connection::ConnectionIndex;
use crate::event::Event;
use crate::id::Position;
use crate::input;
use crate::message::MessageView;
use crate::time::Instant;
use crate::topic::route::RouteHint;
use crate::topic::tree::Subscription;
use crate::will::forwarded;
use crate::wire::{Properties, PropertyContext, ReasonCode, Sender, text};

impl Broker {
    pub(super) fn command(&mut self, now: Instant, command: Command) {
        let done = match command {
            Command::Disconnect { client_identifier, reason } => {
                self.disconnect_by_name(now, &client_identifier, reason)
            }
            Command::EndSession { client_identifier, reason } => {
                self.end_session_by_name(now, &client_identifier, reason)
            }
            Command::Publish(publication) => self.publish_command(now, &publication, None),
            Command::PublishDirect { client_identifier, publication } => {
                self.publish_command(now, &publication, Some(&client_identifier))
            }
            Command::Subscribe { client_identifier, filter, options, identifier } => {
                let subscription = Subscription { options, identifier };
                self.subscribe_on_behalf(now, &client_identifier, &filter, subscription)
            }
            Command::Unsubscribe { client_identifier, filter } => {
                self.unsubscribe_on_behalf(now, &client_identifier, &filter)
            }
            Command::Drain(draining) => {
                self.draining = draining;
                Ok(())
            }
            Command::Redirect { client_identifier, permanent, server_reference } => {
                let (one, other) = (client_identifier.as_deref(), server_reference.as_deref());
                self.redirect(now, one, permanent, other)
            }
            Command::Reload(config) => {
                self.reload(now, config);
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

    fn publish_command(
        &mut self,
        now: Instant,
        publication: &input::Publication,
        only_to: Option<&str>,
    ) -> Result<(), String> {
        let topic = &*publication.topic;
        let cannot = |why: &dyn Display| format!("cannot publish to `{topic}`: {why}");
        text::topic_name(topic.as_bytes()).map_err(|violation| cannot(&violation))?;
        let context = PropertyContext::Publish(Sender::Client);
        let properties = Properties::from_bytes(&publication.properties, context)
            .map_err(|violation| cannot(&violation))?;
        let only_to = only_to.or(direct::recipient(topic));
        if publication.retain && only_to.is_some() {
            return Err(cannot(&"a message for one client cannot be retained"));
        }
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
            only: None,
            plain: None,
        };
        match only_to {
            None => self.publish_message(now, &publication, RouteHint::default(), None).receivers,
            Some(client) if self.clients.sessions.find(client).is_none() => {
                return Err(cannot(&format_args!("there is no session of a client `{client}`")));
            }
            Some(client) => self.deliver_direct(now, &publication, client).receivers,
        };
        Ok(())
    }
}
