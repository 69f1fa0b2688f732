//! The properties of MQTT 5.0 (section 2.2.2.2).

use super::bytes::Writer;

/// Identifiers of Table 2-4.
pub mod id {
    #![allow(missing_docs, reason = "the names are the standard's own")]
    pub const PAYLOAD_FORMAT_INDICATOR: u8 = 0x01;
    pub const MESSAGE_EXPIRY_INTERVAL: u8 = 0x02;
    pub const CONTENT_TYPE: u8 = 0x03;
    pub const RESPONSE_TOPIC: u8 = 0x08;
    pub const CORRELATION_DATA: u8 = 0x09;
    pub const SUBSCRIPTION_IDENTIFIER: u8 = 0x0B;
    pub const SESSION_EXPIRY_INTERVAL: u8 = 0x11;
    pub const ASSIGNED_CLIENT_IDENTIFIER: u8 = 0x12;
    pub const SERVER_KEEP_ALIVE: u8 = 0x13;
    pub const AUTHENTICATION_METHOD: u8 = 0x15;
    pub const AUTHENTICATION_DATA: u8 = 0x16;
    pub const REQUEST_PROBLEM_INFORMATION: u8 = 0x17;
    pub const WILL_DELAY_INTERVAL: u8 = 0x18;
    pub const REQUEST_RESPONSE_INFORMATION: u8 = 0x19;
    pub const RESPONSE_INFORMATION: u8 = 0x1A;
    pub const SERVER_REFERENCE: u8 = 0x1C;
    pub const REASON_STRING: u8 = 0x1F;
    pub const RECEIVE_MAXIMUM: u8 = 0x21;
    pub const TOPIC_ALIAS_MAXIMUM: u8 = 0x22;
    pub const TOPIC_ALIAS: u8 = 0x23;
    pub const MAXIMUM_QOS: u8 = 0x24;
    pub const RETAIN_AVAILABLE: u8 = 0x25;
    pub const USER_PROPERTY: u8 = 0x26;
    pub const MAXIMUM_PACKET_SIZE: u8 = 0x27;
    pub const WILDCARD_SUBSCRIPTION_AVAILABLE: u8 = 0x28;
    pub const SUBSCRIPTION_IDENTIFIER_AVAILABLE: u8 = 0x29;
    pub const SHARED_SUBSCRIPTION_AVAILABLE: u8 = 0x2A;
}

/// One property: its identifier and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// One of [`id`], or one that does not exist.
    pub id: u8,
    /// Its value.
    pub value: Value,
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Byte.
    Byte(u8),
    /// Two Byte Integer.
    Two(u16),
    /// Four Byte Integer.
    Four(u32),
    /// Variable Byte Integer.
    Variable(u32),
    /// UTF-8 Encoded String or Binary Data.
    Text(Vec<u8>),
    /// UTF-8 String Pair.
    Pair(Vec<u8>, Vec<u8>),
}

impl Property {
    /// A property with a one-byte value.
    pub fn byte(id: u8, value: u8) -> Self {
        Self { id, value: Value::Byte(value) }
    }

    /// A property with a two-byte value.
    pub fn two(id: u8, value: u16) -> Self {
        Self { id, value: Value::Two(value) }
    }

    /// A property with a four-byte value.
    pub fn four(id: u8, value: u32) -> Self {
        Self { id, value: Value::Four(value) }
    }

    /// A property with a Variable Byte Integer.
    pub fn variable(id: u8, value: u32) -> Self {
        Self { id, value: Value::Variable(value) }
    }

    /// A property with a text or binary value.
    pub fn text(id: u8, value: impl AsRef<[u8]>) -> Self {
        Self { id, value: Value::Text(value.as_ref().to_vec()) }
    }

    /// A User Property.
    pub fn user(name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let value = Value::Pair(name.as_ref().to_vec(), value.as_ref().to_vec());
        Self { id: id::USER_PROPERTY, value }
    }

    fn write(&self, out: Writer) -> Writer {
        let out = out.u8(self.id);
        match &self.value {
            Value::Byte(value) => out.u8(*value),
            Value::Two(value) => out.u16(*value),
            Value::Four(value) => out.u32(*value),
            Value::Variable(value) => out.variable(*value),
            Value::Text(value) => out.text(value),
            Value::Pair(name, value) => out.text(name).text(value),
        }
    }
}

/// Properties in the order in which they stand in a packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(pub Vec<Property>);

impl Properties {
    /// The property section: Property Length, then the properties.
    pub fn encode(&self) -> Vec<u8> {
        let body = self.0.iter().fold(Writer::new(), |out, property| property.write(out)).done();
        Writer::new().variable(body.len() as u32).raw(body).done()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every value of this property.
    pub fn all(&self, id: u8) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |property| property.id == id).map(|property| &property.value)
    }

    /// Whether this property is there.
    pub fn has(&self, id: u8) -> bool {
        self.all(id).next().is_some()
    }

    /// The number that this property holds, whatever its width.
    pub fn number(&self, id: u8) -> Option<u32> {
        self.numbers(id).first().copied()
    }

    /// All numbers of this property, in order.
    pub fn numbers(&self, id: u8) -> Vec<u32> {
        self.all(id)
            .filter_map(|value| match value {
                Value::Byte(value) => Some(u32::from(*value)),
                Value::Two(value) => Some(u32::from(*value)),
                Value::Four(value) | Value::Variable(value) => Some(*value),
                Value::Text(_) | Value::Pair(..) => None,
            })
            .collect()
    }

    /// The text or binary value of this property.
    pub fn text(&self, id: u8) -> Option<&[u8]> {
        self.all(id).find_map(|value| match value {
            Value::Text(text) => Some(text.as_slice()),
            _ => None,
        })
    }

    /// The User Properties, in order.
    pub fn user(&self) -> Vec<(String, String)> {
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.all(id::USER_PROPERTY)
            .filter_map(|value| match value {
                Value::Pair(name, value) => Some((lossy(name), lossy(value))),
                _ => None,
            })
            .collect()
    }
}
