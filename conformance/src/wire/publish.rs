//! PUBLISH (section 3.3) as a client sends it.

use super::bytes::{Writer, frame};
use super::describe;
use super::outgoing::Outgoing;
use super::property::{Properties, Property, id};
use crate::version::Version;

/// A PUBLISH under construction.
#[derive(Clone, Debug)]
pub struct PublishBuilder {
    topic: Vec<u8>,
    payload: Vec<u8>,
    duplicate: bool,
    qos: u8,
    retain: bool,
    packet_identifier: u16,
    properties: Vec<Property>,
}

/// A PUBLISH at QoS 0 with an empty payload.
pub fn publish(topic: impl AsRef<[u8]>) -> PublishBuilder {
    PublishBuilder {
        topic: topic.as_ref().to_vec(),
        payload: Vec::new(),
        duplicate: false,
        qos: 0,
        retain: false,
        packet_identifier: 0,
        properties: Vec::new(),
    }
}

impl PublishBuilder {
    /// The payload.
    #[must_use]
    pub fn payload(mut self, payload: impl AsRef<[u8]>) -> Self {
        self.payload = payload.as_ref().to_vec();
        self
    }

    /// QoS (3 is possible) and Packet Identifier (0 is possible; left out at QoS 0).
    #[must_use]
    pub fn qos(mut self, qos: u8, packet_identifier: u16) -> Self {
        (self.qos, self.packet_identifier) = (qos, packet_identifier);
        self
    }

    /// DUP 1.
    #[must_use]
    pub fn duplicate(mut self) -> Self {
        self.duplicate = true;
        self
    }

    /// RETAIN 1.
    #[must_use]
    pub fn retain(mut self) -> Self {
        self.retain = true;
        self
    }

    /// One more property (5.0).
    #[must_use]
    pub fn property(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }

    /// Topic Alias (5.0).
    #[must_use]
    pub fn alias(self, alias: u16) -> Self {
        self.property(Property::two(id::TOPIC_ALIAS, alias))
    }

    /// Message Expiry Interval (5.0).
    #[must_use]
    pub fn expiry(self, seconds: u32) -> Self {
        self.property(Property::four(id::MESSAGE_EXPIRY_INTERVAL, seconds))
    }
}

impl Outgoing for PublishBuilder {
    fn encode(&self, version: Version) -> Vec<u8> {
        let first = 0x30 | u8::from(self.duplicate) << 3 | self.qos << 1 | u8::from(self.retain);
        let mut body = Writer::new().text(&self.topic);
        if self.qos > 0 {
            body = body.u16(self.packet_identifier);
        }
        if version.is_5() {
            body = body.raw(Properties(self.properties.clone()).encode());
        }
        frame(first, &body.raw(&self.payload).done())
    }

    fn describe(&self, version: Version) -> String {
        let identifier = if self.qos > 0 { format!(" id {}", self.packet_identifier) } else { String::new() };
        format!(
            "PUBLISH {} qos {}{identifier}{}{} payload {}{}",
            describe::quoted(&self.topic),
            self.qos,
            if self.duplicate { " dup" } else { "" },
            if self.retain { " retain" } else { "" },
            describe::quoted(&self.payload),
            describe::properties(&self.properties, version),
        )
    }
}
