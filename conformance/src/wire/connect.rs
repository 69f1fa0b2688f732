//! CONNECT (section 3.1).

use super::bytes::{Writer, frame};
use super::describe;
use super::outgoing::Outgoing;
use super::property::{Properties, Property, Value, id};
use crate::version::Version;

/// A CONNECT under construction. Every field can be made wrong.
#[derive(Clone, Debug)]
pub struct Connect {
    /// Replaces the Protocol Name of the version.
    pub protocol_name: Option<Vec<u8>>,
    /// Replaces the protocol level of the version.
    pub level: Option<u8>,
    /// Replaces the Connect Flags that follow from the other fields.
    pub flags: Option<u8>,
    /// Clean Session or Clean Start.
    pub clean: bool,
    /// Keep Alive in seconds.
    pub keep_alive_seconds: u16,
    /// Client Identifier.
    pub client_identifier: Vec<u8>,
    /// Properties (5.0).
    pub properties: Vec<Property>,
    /// The will.
    pub will: Option<Will>,
    /// User Name.
    pub user_name: Option<Vec<u8>>,
    /// Password.
    pub password: Option<Vec<u8>>,
    /// Bytes behind the last field.
    pub surplus: Vec<u8>,
}

/// The will of a CONNECT.
#[derive(Clone, Debug)]
pub struct Will {
    topic: Vec<u8>,
    payload: Vec<u8>,
    qos: u8,
    retain: bool,
    properties: Vec<Property>,
}

impl Will {
    /// A will at QoS 0, not retained.
    pub fn new(topic: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> Self {
        let (topic, payload) = (topic.as_ref().to_vec(), payload.as_ref().to_vec());
        Self { topic, payload, qos: 0, retain: false, properties: Vec::new() }
    }

    /// Will QoS.
    #[must_use]
    pub fn qos(mut self, qos: u8) -> Self {
        self.qos = qos;
        self
    }

    /// Will Retain.
    #[must_use]
    pub fn retain(mut self) -> Self {
        self.retain = true;
        self
    }

    /// One more Will Property (5.0).
    #[must_use]
    pub fn property(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }

    /// Will Delay Interval (5.0).
    #[must_use]
    pub fn delay(self, seconds: u32) -> Self {
        self.property(Property::four(id::WILL_DELAY_INTERVAL, seconds))
    }
}

impl Connect {
    /// Clean, without keep alive, will, user or properties.
    pub fn new(client_identifier: impl AsRef<[u8]>) -> Self {
        Self {
            protocol_name: None,
            level: None,
            flags: None,
            clean: true,
            keep_alive_seconds: 0,
            client_identifier: client_identifier.as_ref().to_vec(),
            properties: Vec::new(),
            will: None,
            user_name: None,
            password: None,
            surplus: Vec::new(),
        }
    }

    /// Another Protocol Name.
    #[must_use]
    pub fn protocol_name(mut self, name: impl AsRef<[u8]>) -> Self {
        self.protocol_name = Some(name.as_ref().to_vec());
        self
    }

    /// Another protocol level.
    #[must_use]
    pub fn level(mut self, level: u8) -> Self {
        self.level = Some(level);
        self
    }

    /// Other Connect Flags than those that follow from the fields.
    #[must_use]
    pub fn flags(mut self, flags: u8) -> Self {
        self.flags = Some(flags);
        self
    }

    /// Clean Session or Clean Start 0: go on with an earlier session.
    #[must_use]
    pub fn resume(mut self) -> Self {
        self.clean = false;
        self
    }

    /// Session Expiry Interval (5.0; left out before).
    #[must_use]
    pub fn session_expiry(self, seconds: u32) -> Self {
        self.property(Property::four(id::SESSION_EXPIRY_INTERVAL, seconds))
    }

    /// Whether the session that it asks for outlives the connection.
    pub fn keeps_session(&self, version: Version) -> bool {
        let expires = self.properties.iter().find(|property| property.id == id::SESSION_EXPIRY_INTERVAL);
        if version.is_5() { expires.is_some_and(|of| of.value != Value::Four(0)) } else { !self.clean }
    }

    /// A session that goes on and outlives the connection: Clean Session 0, or Clean Start 0 and an hour of
    /// Session Expiry Interval.
    #[must_use]
    pub fn kept(self) -> Self {
        self.resume().session_expiry(3_600)
    }

    /// Keep Alive.
    #[must_use]
    pub fn keep_alive(mut self, seconds: u16) -> Self {
        self.keep_alive_seconds = seconds;
        self
    }

    /// One more property (5.0).
    #[must_use]
    pub fn property(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }

    /// Receive Maximum (5.0).
    #[must_use]
    pub fn receive_maximum(self, value: u16) -> Self {
        self.property(Property::two(id::RECEIVE_MAXIMUM, value))
    }

    /// Maximum Packet Size (5.0).
    #[must_use]
    pub fn maximum_packet_size(self, bytes: u32) -> Self {
        self.property(Property::four(id::MAXIMUM_PACKET_SIZE, bytes))
    }

    /// A will.
    #[must_use]
    pub fn will(mut self, will: Will) -> Self {
        self.will = Some(will);
        self
    }

    /// A User Name.
    #[must_use]
    pub fn user_name(mut self, name: impl AsRef<[u8]>) -> Self {
        self.user_name = Some(name.as_ref().to_vec());
        self
    }

    /// A Password.
    #[must_use]
    pub fn password(mut self, password: impl AsRef<[u8]>) -> Self {
        self.password = Some(password.as_ref().to_vec());
        self
    }

    /// Bytes behind the last field.
    #[must_use]
    pub fn surplus(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.surplus = bytes.as_ref().to_vec();
        self
    }

    fn connect_flags(&self) -> u8 {
        let will = self.will.as_ref().map_or(0, |will| 0x04 | will.qos << 3 | u8::from(will.retain) << 5);
        u8::from(self.user_name.is_some()) << 7
            | u8::from(self.password.is_some()) << 6
            | will
            | u8::from(self.clean) << 1
    }
}

impl Outgoing for Connect {
    fn encode(&self, version: Version) -> Vec<u8> {
        let name = self.protocol_name.as_deref().unwrap_or(version.protocol_name().as_bytes());
        let mut body = Writer::new()
            .text(name)
            .u8(self.level.unwrap_or(version.level()))
            .u8(self.flags.unwrap_or_else(|| self.connect_flags()))
            .u16(self.keep_alive_seconds);
        if version.is_5() {
            body = body.raw(Properties(self.properties.clone()).encode());
        }
        body = body.text(&self.client_identifier);
        if let Some(will) = &self.will {
            if version.is_5() {
                body = body.raw(Properties(will.properties.clone()).encode());
            }
            body = body.text(&will.topic).text(&will.payload);
        }
        for field in [&self.user_name, &self.password].into_iter().flatten() {
            body = body.text(field);
        }
        frame(0x10, &body.raw(&self.surplus).done())
    }

    fn describe(&self, version: Version) -> String {
        format!(
            "CONNECT {:?} clean {} keep alive {}{}{}",
            String::from_utf8_lossy(&self.client_identifier),
            u8::from(self.clean),
            self.keep_alive_seconds,
            if self.will.is_some() { " will" } else { "" },
            describe::properties(&self.properties, version),
        )
    }
}
