//! What a server may say, given what the clients of a script have said: rules that every packet of every script is
//! held against as soon as it comes.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use super::messages::Messages;
use super::sent::{Hello, Sent, Stream};
use super::sessions::{self, Sessions};
use crate::targets::Setup;
use crate::version::Version;
use crate::wire::property::id;
use crate::wire::{Packet, Publish};

/// What is known of the broker under test and of what was said to it.
#[derive(Debug)]
pub(super) struct Rules {
    /// Names that begin with this are this script's own.
    prefix: String,
    setup: Setup,
    ours: bool,
    connections: Vec<Said>,
    sessions: Sessions,
    messages: Messages,
}

/// What is known of one connection.
#[derive(Debug, Default)]
struct Said {
    stream: Stream,
    hello: Option<Hello>,
    /// The client identifier, once it was accepted.
    client: Option<Vec<u8>>,
    /// It goes on with a session, as far as 3.1 lets anybody know.
    resumed: bool,
    /// The highest QoS that was granted on it.
    highest: Option<u8>,
    /// Topic aliases of the client and of the server.
    aliases: [HashMap<u32, Vec<u8>>; 2],
}

impl Rules {
    /// For a broker that is set up in this way, and perhaps ours.
    pub(super) fn new(prefix: String, setup: Setup, ours: bool) -> Self {
        let (sessions, messages) = Default::default();
        Self { prefix, setup, ours, connections: Vec::new(), sessions, messages }
    }

    /// One more connection.
    pub(super) fn open(&mut self) {
        self.connections.push(Said::default());
    }

    /// A client sends these bytes.
    pub(super) fn sent(&mut self, index: usize, version: Version, bytes: &[u8], now: Duration) {
        let Some(said) = self.connections.get_mut(index) else { return };
        for packet in said.stream.read(bytes, version) {
            let session = said.client.as_ref().and_then(|client| self.sessions.of(client));
            match packet {
                Sent::Connect(hello) => {
                    if let Some(will) = hello.will.clone() {
                        self.messages.add(will, now);
                    }
                    said.hello.get_or_insert(hello);
                }
                Sent::Publish(mut message, alias) => {
                    message.topic = meant(&mut said.aliases[0], alias, message.topic);
                    self.messages.add(message, now);
                }
                Sent::Subscribe(asked) => {
                    if let Some(session) = session {
                        let own = |filter: &[u8]| is_own(&String::from_utf8_lossy(filter), &self.prefix);
                        session.wild |= asked.iter().any(|(filter, _)| !own(filter));
                        asked.into_iter().for_each(|(_, qos)| session.grant(qos));
                    }
                }
                Sent::Expiry => {
                    if let Some(session) = session {
                        session.forget_expiry();
                    }
                }
            }
        }
    }

    /// Judges a packet of the server.
    ///
    /// # Errors
    /// Why it may not come.
    pub(super) fn came(
        &mut self,
        index: usize,
        version: Version,
        packet: &Packet,
        now: Duration,
    ) -> Result<(), String> {
        let Some(said) = self.connections.get_mut(index) else { return Ok(()) };
        match (packet, &said.hello) {
            (Packet::Connack(connack), Some(hello)) if connack.code == 0 => {
                let expected = self.sessions.expected(hello, &self.prefix, now);
                sessions::judge(connack, hello, version, expected)?;
                if version.is_5() {
                    sessions::judge_capabilities(connack, self.setup, self.ours)?;
                }
                said.resumed = connack.session_present || (version == Version::V3_1 && !hello.clean);
                said.client = Some(self.sessions.accepted(hello, connack, now));
                Ok(())
            }
            (Packet::Suback(suback), _) => {
                said.highest = said.highest.max(suback.codes.iter().copied().filter(|code| *code < 3).max());
                let session = said.client.as_ref().and_then(|client| self.sessions.of(client));
                if let Some(session) = session {
                    suback.codes.iter().filter(|code| **code < 3).for_each(|code| session.grant(*code));
                }
                Ok(())
            }
            (Packet::Publish(publish), _) => self.message(index, version, publish, now),
            _ => Ok(()),
        }
    }

    fn message(
        &mut self,
        index: usize,
        version: Version,
        publish: &Publish,
        now: Duration,
    ) -> Result<(), String> {
        let Some(said) = self.connections.get_mut(index) else { return Ok(()) };
        let alias = publish.properties.number(id::TOPIC_ALIAS);
        let topic = meant(&mut said.aliases[1], alias, publish.topic.clone().into_bytes());
        let topic = String::from_utf8_lossy(&topic);
        // 5.0 [MQTT-4.4.0-1]; before that, others may repeat themselves on a live connection.
        if publish.duplicate && !said.resumed && (self.ours || version.is_5()) {
            return Err("DUP 1, though nothing can have been sent before".into());
        }
        // 3.1.1 [MQTT-3.8.4-6], 5.0 [MQTT-3.8.4-8]; a session may hold what was granted before.
        if let Some(highest) = said.highest.filter(|highest| !said.resumed && publish.qos > *highest) {
            return Err(format!("sent at QoS {}, no more than {highest} was granted", publish.qos));
        }
        // 5.0 [MQTT-3.1.2-26], [MQTT-3.1.2-27]
        let most = said.hello.as_ref().and_then(|hello| hello.properties.number(id::TOPIC_ALIAS_MAXIMUM));
        if alias > most.or(Some(0)) {
            return Err("a Topic Alias above the client's maximum".into());
        }
        let session = said.client.as_ref().and_then(|client| self.sessions.of(client));
        let (granted, wild) =
            session.map(|session| (session.granted.clone(), session.wild)).unwrap_or_default();
        // Other scripts' messages come to who asks for them.
        if wild && !is_own(&topic, &self.prefix) {
            return Ok(());
        }
        self.messages.judge(publish, &topic, &granted, version.is_5(), now)
    }

    /// Whether this is a message of another script's.
    pub(super) fn is_strange(&self, packet: &Packet) -> bool {
        matches!(packet, Packet::Publish(publish) if !is_own(&publish.topic, &self.prefix))
    }
}

/// Whether the prefix stands in this topic or filter; that of another script may only begin with it.
fn is_own(topic: &str, prefix: &str) -> bool {
    // The name of a share is no part of the filter.
    let shared = topic.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
    let topic = shared.map_or(topic, |(_, filter)| filter);
    topic.match_indices(prefix).any(|(at, _)| {
        topic
            .get(at + prefix.len()..)
            .is_some_and(|rest| !rest.starts_with(|of: char| of.is_ascii_alphanumeric()))
    })
}

/// The topic that is meant by an alias, or by itself.
fn meant(aliases: &mut HashMap<u32, Vec<u8>>, alias: Option<u32>, topic: Vec<u8>) -> Vec<u8> {
    match alias {
        Some(alias) if topic.is_empty() => aliases.get(&alias).cloned().unwrap_or_default(),
        Some(alias) => {
            aliases.insert(alias, topic.clone());
            topic
        }
        None => topic,
    }
}
