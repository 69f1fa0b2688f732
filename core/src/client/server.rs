//! What the server said that it can do (CONNACK of 5.0, section 3.2.2.3).

use crate::client::options::LARGEST_PACKET_BYTES;
use crate::wire::{Properties, QoS};

/// What the server takes on this connection. Before 5.0 a server cannot say, and everything is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// QoS 1 and 2 publications that it takes before they are acknowledged.
    pub receive_maximum: u16,
    /// The largest packet that it takes, in bytes, fixed header included.
    pub maximum_packet_size_bytes: u32,
    /// The highest QoS of a publication.
    pub maximum_qos: QoS,
    /// Whether it keeps retained messages.
    pub retain_available: bool,
    /// Topic aliases that it takes.
    pub topic_alias_maximum: u16,
    /// Whether filters may have wildcards.
    pub wildcard_subscription_available: bool,
    /// Whether subscriptions may have identifiers.
    pub subscription_identifier_available: bool,
    /// Whether there are shared subscriptions.
    pub shared_subscription_available: bool,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            receive_maximum: u16::MAX,
            maximum_packet_size_bytes: LARGEST_PACKET_BYTES,
            maximum_qos: QoS::ExactlyOnce,
            retain_available: true,
            topic_alias_maximum: 0,
            wildcard_subscription_available: true,
            subscription_identifier_available: true,
            shared_subscription_available: true,
        }
    }
}

impl ServerLimits {
    /// What the properties of CONNACK say; the defaults of the standard for what they leave out.
    pub(super) fn from_connack(properties: Properties<'_>) -> Self {
        let standard = Self::default();
        Self {
            receive_maximum: properties.receive_maximum().unwrap_or(standard.receive_maximum),
            maximum_packet_size_bytes: properties
                .maximum_packet_size()
                .unwrap_or(standard.maximum_packet_size_bytes),
            maximum_qos: properties.maximum_qos().unwrap_or(standard.maximum_qos),
            retain_available: properties.retain_available().unwrap_or(true),
            topic_alias_maximum: properties.topic_alias_maximum().unwrap_or(0),
            wildcard_subscription_available: properties.wildcard_subscription_available().unwrap_or(true),
            subscription_identifier_available: properties.subscription_identifier_available().unwrap_or(true),
            shared_subscription_available: properties.shared_subscription_available().unwrap_or(true),
        }
    }
}
