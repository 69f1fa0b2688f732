//! SUBSCRIBE and UNSUBSCRIBE (sections 3.8 and 3.10).

use super::bytes::{Writer, frame};
use super::describe;
use super::outgoing::Outgoing;
use super::property::{Properties, Property, id};
use crate::version::Version;

/// A SUBSCRIBE under construction.
#[derive(Clone, Debug)]
pub struct Subscribe {
    packet_identifier: u16,
    properties: Vec<Property>,
    filters: Vec<(Vec<u8>, u8)>,
}

/// A SUBSCRIBE without filters.
pub fn subscribe(packet_identifier: u16) -> Subscribe {
    Subscribe { packet_identifier, properties: Vec::new(), filters: Vec::new() }
}

impl Subscribe {
    /// One more filter with its options byte (the requested QoS before 5.0).
    #[must_use]
    pub fn filter(mut self, filter: impl AsRef<[u8]>, options: u8) -> Self {
        self.filters.push((filter.as_ref().to_vec(), options));
        self
    }

    /// One more property (5.0).
    #[must_use]
    pub fn property(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }

    /// Subscription Identifier (5.0).
    #[must_use]
    pub fn identifier(self, value: u32) -> Self {
        self.property(Property::variable(id::SUBSCRIPTION_IDENTIFIER, value))
    }

    /// The Packet Identifier.
    pub fn packet_identifier(&self) -> u16 {
        self.packet_identifier
    }
}

impl Outgoing for Subscribe {
    fn encode(&self, version: Version) -> Vec<u8> {
        let mut body = head(self.packet_identifier, &self.properties, version);
        for (filter, options) in &self.filters {
            body = body.text(filter).u8(*options);
        }
        frame(0x82, &body.done())
    }

    fn describe(&self, version: Version) -> String {
        let filters = self.filters.iter().map(|(filter, options)| {
            format!(" {:?} options 0x{options:02X}", String::from_utf8_lossy(filter))
        });
        let properties = describe::properties(&self.properties, version);
        format!("SUBSCRIBE id {}{}{properties}", self.packet_identifier, filters.collect::<String>())
    }
}

/// An UNSUBSCRIBE under construction.
#[derive(Clone, Debug)]
pub struct Unsubscribe {
    packet_identifier: u16,
    properties: Vec<Property>,
    filters: Vec<Vec<u8>>,
}

/// An UNSUBSCRIBE without filters.
pub fn unsubscribe(packet_identifier: u16) -> Unsubscribe {
    Unsubscribe { packet_identifier, properties: Vec::new(), filters: Vec::new() }
}

impl Unsubscribe {
    /// One more filter.
    #[must_use]
    pub fn filter(mut self, filter: impl AsRef<[u8]>) -> Self {
        self.filters.push(filter.as_ref().to_vec());
        self
    }

    /// One more property (5.0).
    #[must_use]
    pub fn property(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }
}

impl Outgoing for Unsubscribe {
    fn encode(&self, version: Version) -> Vec<u8> {
        let mut body = head(self.packet_identifier, &self.properties, version);
        for filter in &self.filters {
            body = body.text(filter);
        }
        frame(0xA2, &body.done())
    }

    fn describe(&self, version: Version) -> String {
        let filters = self.filters.iter().map(|filter| format!(" {:?}", String::from_utf8_lossy(filter)));
        let properties = describe::properties(&self.properties, version);
        format!("UNSUBSCRIBE id {}{}{properties}", self.packet_identifier, filters.collect::<String>())
    }
}

fn head(packet_identifier: u16, properties: &[Property], version: Version) -> Writer {
    let body = Writer::new().u16(packet_identifier);
    if version.is_5() { body.raw(Properties(properties.to_vec()).encode()) } else { body }
}
