//! What each client may be sent, by what all of them sent. Where the outcome is open (a packet that may come too late,
//! a subscription that may be gone) it allows both: what it does not allow is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

use hushwing_core::wire::{Connect, Packet, Publish, QoS, ReasonCode, Sender, split_frame};
use hushwing_core::{ConnectionId, ProtocolVersion};

use super::answers::Answers;
use super::client::Client;
use super::session::{Due, Session};

/// A message by its topic and its payload.
pub(super) type Message = (String, Vec<u8>);

/// What is known of a message.
#[derive(Default)]
pub(super) struct Published {
    /// The highest QoS that it was published at.
    qos: QoS,
    publishers: BTreeSet<String>,
    times: usize,
    /// It was a will, or retained: it can come at any time.
    comes_late: bool,
}

impl Published {
    pub(super) fn only_by(&self, name: &str) -> bool {
        !self.comes_late && self.publishers.iter().all(|publisher| publisher == name)
    }
}

/// What a client knows when it chooses its next packet.
#[derive(Default)]
pub(super) struct View {
    pub(super) version: Option<ProtocolVersion>,
    pub(super) due: Vec<(Due, NonZeroU16)>,
}

#[derive(Default)]
struct Connection {
    /// What came in and out that is not a whole packet yet; `None` once it cannot be read.
    fed: Option<Vec<u8>>,
    sent: Vec<u8>,
    version: Option<ProtocolVersion>,
    name: String,
    /// Its client was accepted, for this session of it.
    session: Option<u32>,
    was_greeted: bool,
    maximum_packet_size: Option<u32>,
    receive_maximum: Option<u16>,
    topic_alias_maximum: u16,
    clean_start: bool,
    /// Topic Aliases of the client, and of the broker.
    aliases: BTreeMap<u16, String>,
    aliases_out: BTreeMap<u16, String>,
    answers: Answers,
    /// The client may release these.
    releasable: Vec<u16>,
    /// It acknowledged something before it was accepted.
    was_early: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct Model {
    connections: BTreeMap<ConnectionId, Connection>,
    clients: BTreeMap<String, Client>,
    sessions: BTreeMap<(String, u32), Session>,
    published: BTreeMap<Message, Published>,
}

impl Model {
    pub(super) fn opened(&mut self, id: ConnectionId) {
        self.connections.insert(id, Connection { fed: Some(Vec::new()), ..Connection::default() });
    }

    pub(super) fn closed(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    pub(super) fn view(&self, id: ConnectionId) -> View {
        let Some(connection) = self.connections.get(&id) else { return View::default() };
        let session = connection.session.and_then(|of| self.sessions.get(&(connection.name.clone(), of)));
        let due = session.into_iter().flat_map(|session| session.due(id));
        let released = connection.releasable.iter().map(|identifier| (Due::Pubrel, *identifier));
        let due = due.chain(released).filter_map(|(due, of)| Some((due, NonZeroU16::new(of)?)));
        View { version: connection.version, due: due.collect() }
    }

    /// A client was accepted.
    pub(super) fn connected(&mut self, id: ConnectionId, session_present: bool) {
        let connection = self.connections.get_mut(&id).expect("a connection that is open");
        assert!(!(session_present && connection.clean_start), "{id:?}: a clean start with an old session");
        let client = self.clients.entry(connection.name.clone()).or_default();
        if !session_present {
            client.begins_anew();
        }
        assert!(connection.session.replace(client.session).is_none(), "{id:?} was accepted before");
        let session = self.sessions.entry((connection.name.clone(), client.session)).or_default();
        session.connected(id);
        if connection.was_early {
            session.unruly();
        }
    }

    /// These bytes came on a connection.
    pub(super) fn fed(&mut self, id: ConnectionId, bytes: &[u8]) {
        let connection = self.connections.get_mut(&id).expect("a connection that is open");
        let Some(mut fed) = connection.fed.take() else { return };
        fed.extend_from_slice(bytes);
        let mut start = 0;
        loop {
            let version = self.connections[&id].version;
            let Ok(frame) = split_frame(&fed[start..], version, u32::MAX) else { return };
            let Some(frame) = frame else { break };
            let version = version.unwrap_or(ProtocolVersion::V5_0);
            let Ok(packet) = Packet::decode(&frame, version, Sender::Client) else { return };
            let is_first = self.connections[&id].version.is_none();
            if is_first != matches!(packet, Packet::Connect(_)) {
                return;
            }
            self.asked(id, &packet);
            start += frame.length;
        }
        self.connections.entry(id).and_modify(|connection| connection.fed = Some(fed.split_off(start)));
    }

    fn asked(&mut self, id: ConnectionId, packet: &Packet<'_>) {
        if let Packet::Connect(connect) = packet {
            self.greets(id, connect);
        }
        let connection = self.connections.get_mut(&id).expect("a connection that is open");
        connection.answers.asked(packet, connection.version.expect("from its CONNECT"));
        let client = self.clients.entry(connection.name.clone()).or_default();
        match packet {
            Packet::Publish(publish) => self.publishes(id, publish),
            Packet::Subscribe(subscribe) => client.subscribes(subscribe),
            Packet::Pubrel(packet) => {
                client.releases(packet.packet_identifier.get());
                connection.releasable.retain(|identifier| *identifier != packet.packet_identifier.get());
            }
            Packet::Puback(_) | Packet::Pubrec(_) | Packet::Pubcomp(_) => match connection.session {
                Some(of) => {
                    let session = self.sessions.get_mut(&(connection.name.clone(), of));
                    session.expect("made at its CONNECT").acknowledged(id, packet);
                }
                None => connection.was_early = true,
            },
            _ => {}
        }
    }

    fn greets(&mut self, id: ConnectionId, connect: &Connect<'_>) {
        let connection = self.connections.get_mut(&id).expect("a connection that is open");
        connection.version = Some(connect.version);
        connection.name = connect.client_identifier.to_owned();
        if connection.name.is_empty() {
            // It is given one that nobody else has.
            connection.name = format!("{id:?}");
        }
        connection.maximum_packet_size = connect.properties.maximum_packet_size();
        connection.receive_maximum = connect.properties.receive_maximum();
        connection.topic_alias_maximum = connect.properties.topic_alias_maximum().unwrap_or(0);
        connection.clean_start = connect.clean_start;
        if let Some(will) = connect.will {
            let name = connection.name.clone();
            self.note(&name, will.qos, (will.topic.to_owned(), will.payload.to_vec()), true, true);
        }
    }

    fn publishes(&mut self, id: ConnectionId, publish: &Publish<'_>) {
        let connection = self.connections.get_mut(&id).expect("a connection that is open");
        let topic = resolved(&mut connection.aliases, publish);
        // The broker does not know it either.
        let Some(topic) = topic else { return };
        let message = (topic, publish.payload.to_vec());
        let identifier = publish.packet_identifier.map_or(0, NonZeroU16::get);
        let client = self.clients.entry(connection.name.clone()).or_default();
        // Before its CONNECT is answered, nobody knows which session it goes on with.
        let is_known = connection.session.is_some();
        let is_new = !is_known || client.publishes(publish.qos, identifier, &message);
        let name = connection.name.clone();
        self.note(&name, publish.qos, message, publish.retain, is_new);
    }

    fn note(&mut self, name: &str, qos: QoS, message: Message, comes_late: bool, is_new: bool) {
        let published = self.published.entry(message).or_default();
        published.qos = published.qos.max(qos);
        published.publishers.insert(name.to_owned());
        published.comes_late |= comes_late;
        published.times += usize::from(is_new);
    }

    /// The broker wrote these bytes to a connection.
    pub(super) fn sent(&mut self, id: ConnectionId, bytes: &[u8]) {
        let connection = self.connections.get_mut(&id).expect("a connection that is open");
        // A refusal goes to somebody whose version is not known for sure.
        let (Some(version), Some(_)) = (connection.version, connection.session) else { return };
        connection.sent.extend_from_slice(bytes);
        let sent = std::mem::take(&mut connection.sent);
        let mut start = 0;
        while let Some(frame) = split_frame(&sent[start..], Some(version), u32::MAX).expect("frames") {
            let packet = Packet::decode(&frame, version, Sender::Server);
            let packet = packet.unwrap_or_else(|violation| panic!("{version:?} {violation:?}: {frame:?}"));
            self.judge(id, &packet, frame.length);
            start += frame.length;
        }
        self.connections.entry(id).and_modify(|connection| connection.sent = sent[start..].to_vec());
    }

    fn judge(&mut self, id: ConnectionId, packet: &Packet<'_>, length: usize) {
        let connection = self.connections.get_mut(&id).expect("a connection that is open");
        let most = connection.maximum_packet_size.map_or(usize::MAX, |most| most as usize);
        assert!(length <= most, "{length} bytes for a client that takes {most}");
        let is_greeting = matches!(packet, Packet::Connack(_));
        assert_ne!(connection.was_greeted, is_greeting, "CONNACK is the first packet, once: {packet:?}");
        connection.was_greeted = true;
        connection.answers.answered(packet);
        let key = (connection.name.clone(), connection.session.expect("accepted"));
        match packet {
            Packet::Publish(publish) => self.delivered(id, publish),
            Packet::Pubrel(packet) if packet.reason == ReasonCode::Success => {
                let session = self.sessions.get_mut(&key).expect("made at its CONNECT");
                session.released(id, packet.packet_identifier.get());
            }
            Packet::Pubrec(packet) if packet.reason == ReasonCode::Success => {
                connection.releasable.push(packet.packet_identifier.get());
            }
            _ => {}
        }
    }

    fn delivered(&mut self, id: ConnectionId, publish: &Publish<'_>) {
        let connection = self.connections.get_mut(&id).expect("a connection that is open");
        let alias = publish.properties.topic_alias().unwrap_or(0);
        assert!(alias <= connection.topic_alias_maximum, "alias {alias} for a client that takes fewer");
        let topic = resolved(&mut connection.aliases_out, publish).expect("a Topic Alias that was set");
        let message = (topic, publish.payload.to_vec());
        let published = self.published.get(&message);
        let published = published.unwrap_or_else(|| panic!("nobody published {message:?}"));
        assert!(publish.qos <= published.qos, "published at {:?}: {publish:?}", published.qos);
        let client = &self.clients[&connection.name];
        let may = client.may_have(&connection.name, publish.qos, &message.0, published);
        assert!(may, "{} has no subscription for {publish:?} of {message:?}", connection.name);
        let is_once = published.times == 1 && !published.comes_late && !client.shares;
        let receive_maximum = usize::from(connection.receive_maximum.unwrap_or(u16::MAX));
        let key = (connection.name.clone(), connection.session.expect("accepted"));
        let session = self.sessions.get_mut(&key).expect("made at its CONNECT");
        session.delivered(id, publish, message, is_once, receive_maximum);
    }

    /// Everything was written: only whole packets.
    pub(super) fn finished(&self) {
        let mut all = self.connections.values();
        assert!(all.all(|connection| connection.sent.is_empty()), "a packet without its end");
    }
}

/// The topic of `publish`, whose alias is kept; `None` if it was never said.
fn resolved(aliases: &mut BTreeMap<u16, String>, publish: &Publish<'_>) -> Option<String> {
    let Some(alias) = publish.properties.topic_alias() else { return Some(publish.topic.to_owned()) };
    if !publish.topic.is_empty() {
        aliases.insert(alias, publish.topic.to_owned());
    }
    aliases.get(&alias).cloned()
}
