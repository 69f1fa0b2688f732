//! Which property may stand in which packet (5.0 Table 2-4).

use super::PropertyIdentifier as Id;
use crate::wire::Sender;

/// The place of a set of properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the packets")]
pub enum PropertyContext {
    Connect,
    /// The Will Properties in the payload of CONNECT.
    Will,
    Connack,
    Publish(Sender),
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Subscribe,
    Suback,
    Unsubscribe,
    Unsuback,
    Disconnect(Sender),
    Auth,
}

impl PropertyContext {
    /// Whether the property may stand here.
    #[inline]
    pub const fn allows(self, identifier: Id) -> bool {
        self.allowed() & bit(identifier) != 0
    }

    /// Whether the property may stand here more than once.
    #[inline]
    pub const fn may_repeat(self, identifier: Id) -> bool {
        match identifier {
            Id::UserProperty => true,
            // One for each subscription that the message matched (3.3.2.3.8).
            Id::SubscriptionIdentifier => matches!(self, Self::Publish(_)),
            _ => false,
        }
    }

    /// The allowed properties: bit n for the property with number n.
    const fn allowed(self) -> u64 {
        match self {
            Self::Connect => CONNECT,
            Self::Will => MESSAGE | bit(Id::WillDelayInterval),
            Self::Connack => CONNACK,
            Self::Publish(Sender::Client) => MESSAGE | bit(Id::TopicAlias),
            Self::Publish(Sender::Server) => MESSAGE | bit(Id::TopicAlias) | bit(Id::SubscriptionIdentifier),
            Self::Puback | Self::Pubrec | Self::Pubrel | Self::Pubcomp | Self::Suback | Self::Unsuback => {
                ANSWER
            }
            Self::Subscribe => bit(Id::SubscriptionIdentifier) | bit(Id::UserProperty),
            Self::Unsubscribe => bit(Id::UserProperty),
            Self::Disconnect(Sender::Client) => ANSWER | bit(Id::SessionExpiryInterval),
            Self::Disconnect(Sender::Server) => ANSWER | bit(Id::ServerReference),
            Self::Auth => ANSWER | AUTHENTICATION,
        }
    }
}

#[inline]
pub(super) const fn bit(identifier: Id) -> u64 {
    1 << identifier.value()
}

const ANSWER: u64 = bit(Id::ReasonString) | bit(Id::UserProperty);

const AUTHENTICATION: u64 = bit(Id::AuthenticationMethod) | bit(Id::AuthenticationData);

const MESSAGE: u64 = bit(Id::PayloadFormatIndicator)
    | bit(Id::MessageExpiryInterval)
    | bit(Id::ContentType)
    | bit(Id::ResponseTopic)
    | bit(Id::CorrelationData)
    | bit(Id::UserProperty);

const BOTH_ENDS: u64 = AUTHENTICATION
    | bit(Id::SessionExpiryInterval)
    | bit(Id::ReceiveMaximum)
    | bit(Id::TopicAliasMaximum)
    | bit(Id::UserProperty)
    | bit(Id::MaximumPacketSize);

const CONNECT: u64 = BOTH_ENDS | bit(Id::RequestProblemInformation) | bit(Id::RequestResponseInformation);

const CONNACK: u64 = BOTH_ENDS
    | bit(Id::AssignedClientIdentifier)
    | bit(Id::ServerKeepAlive)
    | bit(Id::ResponseInformation)
    | bit(Id::ServerReference)
    | bit(Id::ReasonString)
    | bit(Id::MaximumQoS)
    | bit(Id::RetainAvailable)
    | bit(Id::WildcardSubscriptionAvailable)
    | bit(Id::SubscriptionIdentifierAvailable)
    | bit(Id::SharedSubscriptionAvailable);
