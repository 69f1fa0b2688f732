//! Properties as they stand in a packet: bytes that were validated once and are read where they lie.

use core::fmt;

use super::context::bit;
use super::{Decoder, Property, PropertyContext, PropertyIdentifier, QoS};
use crate::violation::Violation;
use crate::wire::Sender;

/// Encoded properties without the length in front of them. Empty before 5.0.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Properties<'a>(&'a [u8]);

/// Which properties there are: bit n for the property with number n.
#[derive(Clone, Copy)]
pub(in crate::wire) struct Present(u64);

impl Present {
    #[inline]
    pub(in crate::wire) const fn has(self, identifier: PropertyIdentifier) -> bool {
        self.0 & bit(identifier) != 0
    }
}

impl<'a> Properties<'a> {
    /// No properties.
    pub const EMPTY: Properties<'static> = Properties(&[]);

    /// Takes bytes that hold properties, without the length in front.
    ///
    /// # Errors
    ///
    /// The first violation of 5.0 section 2.2.2 or of a property's own rules.
    pub fn from_bytes(bytes: &'a [u8], context: PropertyContext) -> Result<Self, Violation> {
        validate(bytes, context).map(|_| Self(bytes))
    }

    /// Takes bytes that [`Properties::from_bytes`] or a [`super::PropertiesBuffer`] vouched for before. With
    /// other bytes nothing breaks, but reading ends at the first that makes no sense.
    #[inline]
    pub const fn from_validated(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The length and the properties at the start of what is left.
    #[inline]
    pub(in crate::wire) fn decode(
        decoder: &mut Decoder<'a>,
        context: PropertyContext,
    ) -> Result<(Self, Present), Violation> {
        let length = decoder.variable_byte_integer()?;
        let bytes = decoder.take(length as usize)?;
        if bytes.is_empty() {
            return Ok((Self(bytes), Present(0)));
        }
        let present = validate(bytes, context)?;
        Ok((Self(bytes), present))
    }

    /// Whether there is no property.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The encoded properties, without the length in front.
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The properties in their order.
    #[inline]
    pub const fn iter(self) -> PropertyIterator<'a> {
        PropertyIterator { decoder: Decoder::new(self.0) }
    }

    /// Every text in the properties: both halves of each User Property too.
    pub fn texts(self) -> impl Iterator<Item = &'a str> {
        self.iter()
            .flat_map(|property| match property {
                Property::UserProperty(name, value) => [Some(name), Some(value)],
                Property::ContentType(text)
                | Property::ResponseTopic(text)
                | Property::AssignedClientIdentifier(text)
                | Property::AuthenticationMethod(text)
                | Property::ResponseInformation(text)
                | Property::ServerReference(text)
                | Property::ReasonString(text) => [Some(text), None],
                _ => [None, None],
            })
            .flatten()
    }

    // Passes over the others by their length alone.
    fn find(self, wanted: PropertyIdentifier) -> Option<Property<'a>> {
        let mut decoder = Decoder::new(self.0);
        while !decoder.is_empty() {
            let identifier = PropertyIdentifier::decode(&mut decoder).ok()?;
            if identifier == wanted {
                return Property::decode(identifier, &mut decoder).ok();
            }
            identifier.value_type().skip(&mut decoder).ok()?;
        }
        None
    }
}

macro_rules! getters {
    ($($getter:ident: $name:ident -> $value:ty;)*) => {
        /// The value of one property, `None` where it is absent.
        impl<'a> Properties<'a> {
            $(
                #[doc = concat!("The value of [`Property::", stringify!($name), "`].")]
                #[inline]
                pub fn $getter(self) -> Option<$value> {
                    match self.find(PropertyIdentifier::$name) {
                        Some(Property::$name(value)) => Some(value),
                        _ => None,
                    }
                }
            )*
        }
    };
}

getters! {
    payload_format_indicator: PayloadFormatIndicator -> u8;
    message_expiry_interval: MessageExpiryInterval -> u32;
    content_type: ContentType -> &'a str;
    response_topic: ResponseTopic -> &'a str;
    correlation_data: CorrelationData -> &'a [u8];
    subscription_identifier: SubscriptionIdentifier -> u32;
    session_expiry_interval: SessionExpiryInterval -> u32;
    assigned_client_identifier: AssignedClientIdentifier -> &'a str;
    server_keep_alive: ServerKeepAlive -> u16;
    authentication_method: AuthenticationMethod -> &'a str;
    authentication_data: AuthenticationData -> &'a [u8];
    request_problem_information: RequestProblemInformation -> bool;
    will_delay_interval: WillDelayInterval -> u32;
    request_response_information: RequestResponseInformation -> bool;
    response_information: ResponseInformation -> &'a str;
    server_reference: ServerReference -> &'a str;
    reason_string: ReasonString -> &'a str;
    receive_maximum: ReceiveMaximum -> u16;
    topic_alias_maximum: TopicAliasMaximum -> u16;
    topic_alias: TopicAlias -> u16;
    maximum_qos: MaximumQoS -> QoS;
    retain_available: RetainAvailable -> bool;
    maximum_packet_size: MaximumPacketSize -> u32;
    wildcard_subscription_available: WildcardSubscriptionAvailable -> bool;
    subscription_identifier_available: SubscriptionIdentifierAvailable -> bool;
    shared_subscription_available: SharedSubscriptionAvailable -> bool;
}

impl<'a> Properties<'a> {
    /// The Subscription Identifiers of a PUBLISH, which may have several.
    pub fn subscription_identifiers(self) -> impl Iterator<Item = u32> + 'a {
        self.iter().filter_map(|property| match property {
            Property::SubscriptionIdentifier(identifier) => Some(identifier),
            _ => None,
        })
    }

    /// The User Properties in their order: name and value.
    pub fn user_properties(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter().filter_map(|property| match property {
            Property::UserProperty(name, value) => Some((name, value)),
            _ => None,
        })
    }
}

/// Walks over [`Properties`].
pub struct PropertyIterator<'a> {
    decoder: Decoder<'a>,
}

impl<'a> Iterator for PropertyIterator<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        if self.decoder.is_empty() {
            return None;
        }
        let identifier = PropertyIdentifier::decode(&mut self.decoder).ok()?;
        Property::decode(identifier, &mut self.decoder).ok()
    }
}

impl<'a> IntoIterator for Properties<'a> {
    type Item = Property<'a>;
    type IntoIter = PropertyIterator<'a>;

    fn into_iter(self) -> PropertyIterator<'a> {
        self.iter()
    }
}

impl fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn validate(bytes: &[u8], context: PropertyContext) -> Result<Present, Violation> {
    let mut decoder = Decoder::new(bytes);
    let mut present = Present(0);
    while !decoder.is_empty() {
        let identifier = PropertyIdentifier::decode(&mut decoder)?;
        if !context.allows(identifier) {
            return Err(misplaced(identifier, context));
        }
        if present.has(identifier) && !context.may_repeat(identifier) {
            return Err(Violation::PropertyRepeated);
        }
        present.0 |= bit(identifier);
        Property::decode(identifier, &mut decoder)?;
    }
    Ok(present)
}

#[cold]
fn misplaced(identifier: PropertyIdentifier, context: PropertyContext) -> Violation {
    match (identifier, context) {
        // [MQTT-3.3.4-6] A Protocol Error, where other misplaced properties are malformed.
        (PropertyIdentifier::SubscriptionIdentifier, PropertyContext::Publish(Sender::Client)) => {
            Violation::SubscriptionIdentifierFromClient
        }
        _ => Violation::PropertyNotAllowed,
    }
}
