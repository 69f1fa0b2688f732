//! What the server can do for one client, as CONNACK told it (5.0 section 3.2.2.3).

use crate::config::Policy;
use crate::wire::{PropertiesBuffer, Property, QoS};

/// A promise of CONNACK: it holds for the connection, whatever the configuration says later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capabilities(u8);

const QOS: u8 = 0b11;
const RETAIN: u8 = 1 << 2;
const WILDCARDS: u8 = 1 << 3;
const SUBSCRIPTION_IDENTIFIERS: u8 = 1 << 4;
const SHARED_SUBSCRIPTIONS: u8 = 1 << 5;

impl Capabilities {
    pub(crate) fn new(policy: &Policy) -> Self {
        let bit = |on: bool, bit: u8| if on { bit } else { 0 };
        Self(
            policy.maximum_qos.bits()
                | bit(policy.retain_available, RETAIN)
                | bit(policy.wildcard_subscriptions, WILDCARDS)
                | bit(policy.subscription_identifiers, SUBSCRIPTION_IDENTIFIERS)
                | bit(policy.shared_subscriptions, SHARED_SUBSCRIPTIONS),
        )
    }

    /// Everything that either has.
    pub(crate) fn or(self, other: Self) -> Self {
        let qos = (self.0 & QOS).max(other.0 & QOS);
        Self((self.0 | other.0) & !QOS | qos)
    }

    /// Whether PUBLISH may have this QoS.
    pub(crate) fn allows_qos(self, qos: QoS) -> bool {
        qos.bits() <= self.0 & QOS
    }

    pub(crate) fn allows_retain(self) -> bool {
        self.0 & RETAIN != 0
    }

    pub(crate) fn allows_wildcards(self) -> bool {
        self.0 & WILDCARDS != 0
    }

    pub(crate) fn allows_subscription_identifiers(self) -> bool {
        self.0 & SUBSCRIPTION_IDENTIFIERS != 0
    }

    pub(crate) fn allows_shared_subscriptions(self) -> bool {
        self.0 & SHARED_SUBSCRIPTIONS != 0
    }

    /// Says what is not there; the standard takes the rest for granted.
    pub(crate) fn announce(self, properties: &mut PropertiesBuffer) {
        if !self.allows_qos(QoS::ExactlyOnce) {
            // [MQTT-3.2.2-9] of 5.0
            let only_0 = !self.allows_qos(QoS::AtLeastOnce);
            properties.push(Property::MaximumQoS(if only_0 { QoS::AtMostOnce } else { QoS::AtLeastOnce }));
        }
        if !self.allows_retain() {
            properties.push(Property::RetainAvailable(false));
        }
        if !self.allows_wildcards() {
            properties.push(Property::WildcardSubscriptionAvailable(false));
        }
        if !self.allows_subscription_identifiers() {
            properties.push(Property::SubscriptionIdentifierAvailable(false));
        }
        if !self.allows_shared_subscriptions() {
            properties.push(Property::SharedSubscriptionAvailable(false));
        }
    }
}
