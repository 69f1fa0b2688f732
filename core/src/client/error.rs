//! Why something that the caller asked for was not done.

use crate::violation::Violation;
use crate::wire::QoS;

/// Why a call was refused. Nothing was sent or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// There is a connection already.
    AlreadyConnected,
    /// There is no connection, or its CONNACK is not there yet.
    NotConnected,
    /// As many publications wait as [`crate::client::Limits`] allows.
    QueueFull,
    /// As many SUBSCRIBE and UNSUBSCRIBE packets are unanswered as [`crate::client::Limits`] allows.
    TooManyRequests,
    /// A Topic Name must not be empty, have a wildcard or U+0000, or be longer than 65,535 bytes.
    TopicNameInvalid,
    /// A Topic Filter is ill-formed.
    TopicFilterInvalid,
    /// SUBSCRIBE and UNSUBSCRIBE need at least one filter.
    NoFilters,
    /// Properties are there only from 5.0 on.
    PropertiesNotSupported,
    /// No Local, Retain As Published and Retain Handling are there only from 5.0 on.
    SubscriptionOptionsNotSupported,
    /// A property does not belong here, or its value is wrong.
    PropertiesInvalid(Violation),
    /// The client chooses topic aliases by itself.
    TopicAliasNotAllowed,
    /// A text is longer than 65,535 bytes or has U+0000, or binary data is longer than that.
    TextInvalid,
    /// Before 5.0 a password needs a user name.
    PasswordWithoutUserName,
    /// This version needs a client identifier here.
    ClientIdentifierMissing,
    /// The packet is larger than the server, or the protocol, takes.
    PacketTooLarge,
    /// The server does not take publications of this QoS.
    QoSNotSupported {
        /// The highest that it takes.
        maximum: QoS,
    },
    /// The server keeps no retained messages.
    RetainNotSupported,
    /// The server takes no filters with wildcards.
    WildcardSubscriptionsNotSupported,
    /// The server takes no subscription identifiers.
    SubscriptionIdentifiersNotSupported,
    /// The server has no shared subscriptions.
    SharedSubscriptionsNotSupported,
    /// AUTH needs 5.0 and an Authentication Method in CONNECT. An answer needs an unanswered
    /// [`crate::client::Event::Authenticate`]; a new exchange cannot begin during another one.
    AuthenticationNotAllowed,
    /// This reason code is not for a client's DISCONNECT, or not in this version.
    ReasonNotAllowed,
    /// This ticket is not of a message that waits to be acknowledged: it was acknowledged before, or its
    /// connection is over and the server will send it again.
    NothingToAcknowledge,
}

impl core::fmt::Display for RequestError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::AlreadyConnected => "there is a connection already",
            Self::NotConnected => "there is no connection",
            Self::QueueFull => "too many publications wait to be sent",
            Self::TooManyRequests => "too many subscribe requests are unanswered",
            Self::TopicNameInvalid => "the topic name is empty, too long, or has a wildcard or U+0000",
            Self::TopicFilterInvalid => "the topic filter is not well-formed",
            Self::NoFilters => "there is no topic filter",
            Self::PropertiesNotSupported => "properties need MQTT 5.0",
            Self::SubscriptionOptionsNotSupported => "these subscription options need MQTT 5.0",
            Self::PropertiesInvalid(violation) => {
                return write!(f, "a property is not valid here: {violation}");
            }
            Self::TopicAliasNotAllowed => "a topic alias cannot be chosen by the caller",
            Self::TextInvalid => "a text is longer than 65,535 bytes or has U+0000",
            Self::PasswordWithoutUserName => "a password without a user name needs MQTT 5.0",
            Self::ClientIdentifierMissing => {
                "a client identifier is needed for this version or a kept session"
            }
            Self::PacketTooLarge => "the packet is larger than the server takes",
            Self::QoSNotSupported { maximum } => {
                return write!(f, "the server takes publications up to QoS {} only", maximum.bits());
            }
            Self::RetainNotSupported => "the server keeps no retained messages",
            Self::WildcardSubscriptionsNotSupported => "the server takes no wildcard subscriptions",
            Self::SubscriptionIdentifiersNotSupported => "the server takes no subscription identifiers",
            Self::SharedSubscriptionsNotSupported => "the server has no shared subscriptions",
            Self::AuthenticationNotAllowed => "AUTH is not allowed here",
            Self::ReasonNotAllowed => "this reason code is not allowed here",
            Self::NothingToAcknowledge => "no message with this ticket waits to be acknowledged",
        })
    }
}

impl core::error::Error for RequestError {}

/// Why something that was accepted from the caller failed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The connection ended before the answer came. A SUBSCRIBE or UNSUBSCRIBE is not repeated: whether the
    /// server carried it out is unknown.
    ConnectionLost,
    /// The publication was in flight, and the server has no session any more: whether it was delivered is
    /// unknown.
    SessionLost,
    /// It waited longer than its Message Expiry Interval, and was never sent.
    Expired,
    /// It waited, and now the server does not take it.
    Refused(RequestError),
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::ConnectionLost => f.write_str("the connection ended before the answer came"),
            Self::SessionLost => f.write_str("the server has lost the session"),
            Self::Expired => f.write_str("it expired before it could be sent"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}
