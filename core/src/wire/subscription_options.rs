//! The byte behind each Topic Filter of a SUBSCRIBE (5.0 section 3.8.3.1; before 5.0 only the QoS).

use super::QoS;
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// How a client wants a subscription served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SubscriptionOptions {
    /// The highest QoS to deliver with.
    pub qos: QoS,
    /// Whether the client's own messages stay away.
    pub no_local: bool,
    /// Whether messages keep the RETAIN bit of their publisher.
    pub retain_as_published: bool,
    /// Whether retained messages are sent when the subscription is made.
    pub retain_handling: RetainHandling,
}

/// Whether retained messages are sent when a subscription is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RetainHandling {
    /// At every SUBSCRIBE.
    #[default]
    SendAlways = 0,
    /// Only if the session did not have the subscription.
    SendIfNew = 1,
    /// Never.
    DoNotSend = 2,
}

impl RetainHandling {
    /// The handling with this number; `None` above 2.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::SendAlways),
            1 => Some(Self::SendIfNew),
            2 => Some(Self::DoNotSend),
            _ => None,
        }
    }

    /// The number: 0, 1 or 2.
    pub const fn bits(self) -> u8 {
        self as u8
    }
}

impl SubscriptionOptions {
    /// The options in the form of 5.0.
    pub const fn bits(self) -> u8 {
        self.qos.bits()
            | (self.no_local as u8) << 2
            | (self.retain_as_published as u8) << 3
            | self.retain_handling.bits() << 4
    }

    /// The options from the form of 5.0; `None` if there are none such.
    pub fn from_bits(bits: u8) -> Option<Self> {
        Self::decode(bits, ProtocolVersion::V5_0).ok()
    }

    pub(super) fn decode(bits: u8, version: ProtocolVersion) -> Result<Self, Violation> {
        // [MQTT-3.8.3-4] (3.1.1) [MQTT-3.8.3-5] (5.0)
        let reserved = if version.has_subscription_options() { 0b1100_0000 } else { 0b1111_1100 };
        if bits & reserved != 0 {
            return Err(Violation::SubscriptionOptionsReservedBits);
        }
        Ok(Self {
            qos: QoS::from_bits(bits & 0b11).ok_or(Violation::SubscriptionQoS3)?,
            no_local: bits & 0b100 != 0,
            retain_as_published: bits & 0b1000 != 0,
            retain_handling: RetainHandling::from_bits(bits >> 4).ok_or(Violation::RetainHandling3)?,
        })
    }

    pub(super) const fn encode(self, version: ProtocolVersion) -> u8 {
        if version.has_subscription_options() { self.bits() } else { self.qos.bits() }
    }
}
