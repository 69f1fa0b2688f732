//! What a broker has to be set to before some things are wrong at all.

use hushwing_core::wire::QoS;
use hushwing_core::{Authentication, Config, Listener};

/// A way to set up a broker. All of them go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// Clients may publish at QoS 1 at most, and do without retained messages, wildcards, Subscription Identifiers
    /// and shared subscriptions.
    FewCapabilities,
    /// What a packet may hold is far less than by default.
    SmallLimits,
    /// A text has no control characters.
    NoControlCharacters,
    /// A listener asks the embedder, who answers [`super::METHOD`] with [`hushwing_core::Answer::Continue`]. What
    /// needs this goes to that listener.
    Authenticator,
    /// Clients publish a thousand bytes a second at most. A client that has used this up is read later, so whatever
    /// has a PUBLISH in it takes its time, and may break the rate instead.
    PublishRate,
    /// There is room for little that is retained.
    LittleRetained,
    /// Little is encoded ahead of a socket.
    LowTransmitMark,
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::FewCapabilities,
        Self::SmallLimits,
        Self::NoControlCharacters,
        Self::Authenticator,
        Self::PublishRate,
        Self::LittleRetained,
        Self::LowTransmitMark,
    ];
}

/// Sets up a broker. Limits that are lower than these, or higher than by default, are not foreseen here.
pub fn configure(setting: Setting, config: &mut Config) {
    let Config { limits, policy, listeners, .. } = config;
    match setting {
        Setting::FewCapabilities => {
            policy.maximum_qos = QoS::AtLeastOnce;
            policy.retain_available = false;
            policy.wildcard_subscriptions = false;
            policy.subscription_identifiers = false;
            policy.shared_subscriptions = false;
        }
        Setting::SmallLimits => {
            limits.maximum_packet_size_bytes = 16 * 1024;
            limits.client_identifier_bytes = 64;
            limits.user_name_bytes = 64;
            limits.topic_bytes = 256;
            limits.topic_levels = 16;
            limits.will_payload_bytes = 4_096;
            limits.user_properties = 16;
            limits.properties_bytes = 1_024;
            limits.receive_maximum = 16;
            limits.filters_per_packet = 16;
        }
        Setting::NoControlCharacters => policy.refuse_control_characters = true,
        Setting::Authenticator => {
            if listeners.iter().all(|listener| listener.authentication != Authentication::Ask) {
                // The first one stays what it is by default.
                listeners.resize_with(listeners.len().max(1), Listener::default);
                listeners.push(Listener { authentication: Authentication::Ask, ..Listener::default() });
            }
        }
        Setting::PublishRate => limits.publish_bytes_per_second = 1_000,
        Setting::LittleRetained => limits.retained_bytes = 4_096,
        Setting::LowTransmitMark => limits.transmit_mark_bytes = 1_024,
    }
}
