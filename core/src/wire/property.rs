//! The 27 properties of MQTT 5.0: their identifiers, types and values (section 2.2.2.2, Table 2-4).

mod buffer;
mod context;
mod view;

use alloc::vec::Vec;

pub use self::buffer::PropertiesBuffer;
pub use self::context::PropertyContext;
pub use self::view::{Properties, PropertyIterator};

use super::decoder::Decoder;
use super::encoder::{put_binary, put_four_byte_integer, put_text, put_two_byte_integer};
use super::{QoS, text, variable_byte_integer};
use crate::violation::Violation;

/// The types of values (5.0 section 1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueType {
    Byte,
    TwoByteInteger,
    FourByteInteger,
    VariableByteInteger,
    Text,
    Binary,
    TextPair,
}

impl ValueType {
    fn skip(self, decoder: &mut Decoder<'_>) -> Result<(), Violation> {
        match self {
            Self::Byte => decoder.byte().map(drop),
            Self::TwoByteInteger => decoder.two_byte_integer().map(drop),
            Self::FourByteInteger => decoder.four_byte_integer().map(drop),
            Self::VariableByteInteger => decoder.variable_byte_integer().map(drop),
            Self::Text | Self::Binary => decoder.binary().map(drop),
            Self::TextPair => decoder.binary().and_then(|_| decoder.binary()).map(drop),
        }
    }
}

macro_rules! properties {
    ($($name:ident = $value:literal $value_type:ident($($field:ty),+) $doc:literal;)*) => {
        /// Which property it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum PropertyIdentifier {
            $(#[doc = $doc] $name = $value,)*
        }

        impl PropertyIdentifier {
            /// Every property, in the order of the numbers.
            pub const ALL: [Self; 27] = [$(Self::$name),*];

            /// The property with this number, if the standard has one.
            #[inline]
            pub const fn from_value(value: u32) -> Option<Self> {
                match value {
                    $($value => Some(Self::$name),)*
                    _ => None,
                }
            }

            const fn value_type(self) -> ValueType {
                match self {
                    $(Self::$name => ValueType::$value_type,)*
                }
            }
        }

        /// A property with its value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Property<'a> {
            $(#[doc = $doc] $name($($field),+),)*
        }

        impl Property<'_> {
            /// Which property it is.
            #[inline]
            pub const fn identifier(&self) -> PropertyIdentifier {
                match self {
                    $(Self::$name(..) => PropertyIdentifier::$name,)*
                }
            }
        }
    };
}

properties! {
    PayloadFormatIndicator = 0x01 Byte(u8) "1: the payload is UTF-8 text; 0: it is bytes (3.3.2.3.2).";
    MessageExpiryInterval = 0x02 FourByteInteger(u32) "Seconds until the message expires (3.3.2.3.3).";
    ContentType = 0x03 Text(&'a str) "What the payload is, in the application's words (3.3.2.3.9).";
    ResponseTopic = 0x08 Text(&'a str) "The Topic Name for a response (3.3.2.3.5).";
    CorrelationData = 0x09 Binary(&'a [u8]) "Which request a response belongs to (3.3.2.3.6).";
    SubscriptionIdentifier = 0x0B VariableByteInteger(u32)
        "The client's number for a subscription (3.8.2.1.2).";
    SessionExpiryInterval = 0x11 FourByteInteger(u32)
        "Seconds that the session outlives its connection; `u32::MAX` for ever (3.1.2.11.2).";
    AssignedClientIdentifier = 0x12 Text(&'a str) "The Client Identifier given by the server (3.2.2.3.7).";
    ServerKeepAlive = 0x13 TwoByteInteger(u16)
        "The Keep Alive in seconds that the server wants (3.2.2.3.14).";
    AuthenticationMethod = 0x15 Text(&'a str) "The name of the extended authentication (3.1.2.11.9).";
    AuthenticationData = 0x16 Binary(&'a [u8]) "A step of the extended authentication (3.1.2.11.10).";
    RequestProblemInformation = 0x17 Byte(bool)
        "Whether Reason Strings and User Properties are welcome everywhere (3.1.2.11.7).";
    WillDelayInterval = 0x18 FourByteInteger(u32) "Seconds that the Will waits (3.1.3.2.2).";
    RequestResponseInformation = 0x19 Byte(bool) "Whether Response Information is welcome (3.1.2.11.6).";
    ResponseInformation = 0x1A Text(&'a str) "What Response Topics are made from (3.2.2.3.15).";
    ServerReference = 0x1C Text(&'a str) "Which server to use instead (3.2.2.3.16).";
    ReasonString = 0x1F Text(&'a str) "The reason in words, for diagnosis (3.2.2.3.9).";
    ReceiveMaximum = 0x21 TwoByteInteger(u16)
        "How many QoS 1 and 2 PUBLISH may be unacknowledged (3.1.2.11.3).";
    TopicAliasMaximum = 0x22 TwoByteInteger(u16) "The highest Topic Alias taken (3.1.2.11.5).";
    TopicAlias = 0x23 TwoByteInteger(u16) "A number in place of the Topic Name (3.3.2.3.4).";
    MaximumQoS = 0x24 Byte(QoS) "The highest QoS that the server takes: 0 or 1 (3.2.2.3.4).";
    RetainAvailable = 0x25 Byte(bool) "Whether the server has retained messages (3.2.2.3.5).";
    UserProperty = 0x26 TextPair(&'a str, &'a str) "A name and a value of the application (3.1.2.11.8).";
    MaximumPacketSize = 0x27 FourByteInteger(u32) "The most bytes of a packet taken (3.1.2.11.4).";
    WildcardSubscriptionAvailable = 0x28 Byte(bool) "Whether filters may have wildcards (3.2.2.3.11).";
    SubscriptionIdentifierAvailable = 0x29 Byte(bool)
        "Whether there are Subscription Identifiers (3.2.2.3.12).";
    SharedSubscriptionAvailable = 0x2A Byte(bool) "Whether there are shared subscriptions (3.2.2.3.13).";
}

impl PropertyIdentifier {
    /// The number.
    #[inline]
    pub const fn value(self) -> u8 {
        self as u8
    }

    #[inline]
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, Violation> {
        Self::from_value(decoder.variable_byte_integer()?).ok_or(Violation::PropertyUnknown)
    }
}

impl<'a> Property<'a> {
    /// Reads the value of a property whose identifier has been read, and judges it.
    fn decode(identifier: PropertyIdentifier, decoder: &mut Decoder<'a>) -> Result<Self, Violation> {
        use PropertyIdentifier as Id;
        Ok(match identifier {
            Id::PayloadFormatIndicator => Self::PayloadFormatIndicator(payload_format_indicator(decoder)?),
            Id::MessageExpiryInterval => Self::MessageExpiryInterval(decoder.four_byte_integer()?),
            Id::ContentType => Self::ContentType(decoder.text()?),
            Id::ResponseTopic => Self::ResponseTopic(response_topic(decoder)?),
            Id::CorrelationData => Self::CorrelationData(decoder.binary()?),
            Id::SubscriptionIdentifier => Self::SubscriptionIdentifier(subscription_identifier(decoder)?),
            Id::SessionExpiryInterval => Self::SessionExpiryInterval(decoder.four_byte_integer()?),
            Id::AssignedClientIdentifier => Self::AssignedClientIdentifier(decoder.text()?),
            Id::ServerKeepAlive => Self::ServerKeepAlive(decoder.two_byte_integer()?),
            Id::AuthenticationMethod => Self::AuthenticationMethod(decoder.text()?),
            Id::AuthenticationData => Self::AuthenticationData(decoder.binary()?),
            Id::RequestProblemInformation => Self::RequestProblemInformation(boolean(decoder)?),
            Id::WillDelayInterval => Self::WillDelayInterval(decoder.four_byte_integer()?),
            Id::RequestResponseInformation => Self::RequestResponseInformation(boolean(decoder)?),
            Id::ResponseInformation => Self::ResponseInformation(decoder.text()?),
            Id::ServerReference => Self::ServerReference(decoder.text()?),
            Id::ReasonString => Self::ReasonString(decoder.text()?),
            Id::ReceiveMaximum => Self::ReceiveMaximum(receive_maximum(decoder)?),
            Id::TopicAliasMaximum => Self::TopicAliasMaximum(decoder.two_byte_integer()?),
            Id::TopicAlias => Self::TopicAlias(topic_alias(decoder)?),
            Id::MaximumQoS => Self::MaximumQoS(maximum_qos(decoder)?),
            Id::RetainAvailable => Self::RetainAvailable(boolean(decoder)?),
            Id::UserProperty => Self::UserProperty(decoder.text()?, decoder.text()?),
            Id::MaximumPacketSize => Self::MaximumPacketSize(maximum_packet_size(decoder)?),
            Id::WildcardSubscriptionAvailable => Self::WildcardSubscriptionAvailable(boolean(decoder)?),
            Id::SubscriptionIdentifierAvailable => Self::SubscriptionIdentifierAvailable(boolean(decoder)?),
            Id::SharedSubscriptionAvailable => Self::SharedSubscriptionAvailable(boolean(decoder)?),
        })
    }

    /// Appends identifier and value. Text and Binary Data of more than 65,535 bytes are cut there.
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.identifier().value());
        match *self {
            Self::PayloadFormatIndicator(value) => out.push(value),
            Self::MaximumQoS(value) => out.push(value.bits()),
            Self::RequestProblemInformation(value)
            | Self::RequestResponseInformation(value)
            | Self::RetainAvailable(value)
            | Self::WildcardSubscriptionAvailable(value)
            | Self::SubscriptionIdentifierAvailable(value)
            | Self::SharedSubscriptionAvailable(value) => out.push(u8::from(value)),
            Self::ServerKeepAlive(value)
            | Self::ReceiveMaximum(value)
            | Self::TopicAliasMaximum(value)
            | Self::TopicAlias(value) => put_two_byte_integer(value, out),
            Self::MessageExpiryInterval(value)
            | Self::SessionExpiryInterval(value)
            | Self::WillDelayInterval(value)
            | Self::MaximumPacketSize(value) => put_four_byte_integer(value, out),
            Self::SubscriptionIdentifier(value) => variable_byte_integer::encode(value, out),
            Self::ContentType(text)
            | Self::ResponseTopic(text)
            | Self::AssignedClientIdentifier(text)
            | Self::AuthenticationMethod(text)
            | Self::ResponseInformation(text)
            | Self::ServerReference(text)
            | Self::ReasonString(text) => put_text(text, out),
            Self::CorrelationData(bytes) | Self::AuthenticationData(bytes) => put_binary(bytes, out),
            Self::UserProperty(name, value) => {
                put_text(name, out);
                put_text(value, out);
            }
        }
    }
}

fn boolean(decoder: &mut Decoder<'_>) -> Result<bool, Violation> {
    match decoder.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Violation::PropertyNotBoolean),
    }
}

// The standard names no reaction to other values; a receiver could only guess at them.
fn payload_format_indicator(decoder: &mut Decoder<'_>) -> Result<u8, Violation> {
    let value = decoder.byte()?;
    if value > 1 { Err(Violation::PayloadFormatIndicatorInvalid) } else { Ok(value) }
}

fn maximum_qos(decoder: &mut Decoder<'_>) -> Result<QoS, Violation> {
    match decoder.byte()? {
        0 => Ok(QoS::AtMostOnce),
        1 => Ok(QoS::AtLeastOnce),
        _ => Err(Violation::MaximumQoSInvalid),
    }
}

fn response_topic<'a>(decoder: &mut Decoder<'a>) -> Result<&'a str, Violation> {
    let topic = decoder.text()?;
    // [MQTT-4.7.3-1] It is a Topic Name.
    if topic.is_empty() {
        return Err(Violation::ResponseTopicEmpty);
    }
    // [MQTT-3.3.2-14]
    if text::has_wildcard(topic) { Err(Violation::ResponseTopicWildcard) } else { Ok(topic) }
}

fn subscription_identifier(decoder: &mut Decoder<'_>) -> Result<u32, Violation> {
    let value = decoder.variable_byte_integer()?;
    if value == 0 { Err(Violation::SubscriptionIdentifierZero) } else { Ok(value) }
}

fn receive_maximum(decoder: &mut Decoder<'_>) -> Result<u16, Violation> {
    let value = decoder.two_byte_integer()?;
    if value == 0 { Err(Violation::ReceiveMaximumZero) } else { Ok(value) }
}

fn maximum_packet_size(decoder: &mut Decoder<'_>) -> Result<u32, Violation> {
    let value = decoder.four_byte_integer()?;
    if value == 0 { Err(Violation::MaximumPacketSizeZero) } else { Ok(value) }
}

fn topic_alias(decoder: &mut Decoder<'_>) -> Result<u16, Violation> {
    let value = decoder.two_byte_integer()?;
    // [MQTT-3.3.2-8]
    if value == 0 { Err(Violation::TopicAliasInvalid) } else { Ok(value) }
}
