//! `[policy]`: what the standard leaves open.

use hushwing_core::Policy;
use hushwing_core::wire::QoS;

use super::keys::Keys;

/// Walks over all policies. One that the machine gains breaks this at compile time.
pub(super) fn policy(keys: &mut impl Keys, policy: &mut Policy) {
    let Policy {
        queue_qos0_offline,
        refuse_control_characters,
        full_queue_drops_oldest,
        maximum_qos,
        retain_available,
        wildcard_subscriptions,
        subscription_identifiers,
        response_information,
        shared_subscriptions,
    } = policy;
    keys.boolean(
        "queue_qos0_offline",
        queue_qos0_offline,
        "Queue QoS 0 messages for kept sessions that are away.",
    );
    keys.boolean(
        "refuse_control_characters",
        refuse_control_characters,
        "Refuse control characters and non-characters in every text.",
    );
    keys.boolean(
        "full_queue_drops_oldest",
        full_queue_drops_oldest,
        "When a queue is full, drop the oldest message that was never sent instead of the newest.",
    );
    keys.boolean(
        "shared_subscriptions",
        shared_subscriptions,
        "Offer shared subscriptions ($share/NAME/FILTER): each message to one of those that share.",
    );
    keys.text(
        "response_information",
        response_information,
        "What 5.0 clients that ask for Response Information are told to make Response Topics from; \"\" for nothing.",
    );
    capabilities(keys, maximum_qos, retain_available, wildcard_subscriptions, subscription_identifiers);
}

/// What the server can be told not to do; 5.0 clients are told.
fn capabilities(
    keys: &mut impl Keys,
    maximum_qos: &mut QoS,
    retain_available: &mut bool,
    wildcard_subscriptions: &mut bool,
    subscription_identifiers: &mut bool,
) {
    let mut highest = maximum_qos.bits();
    keys.whole("maximum_qos", &mut highest, 0..=2, "The highest QoS that clients may publish at.");
    *maximum_qos = QoS::from_bits(highest).unwrap_or_default();
    keys.boolean("retain_available", retain_available, "Whether clients may publish retained messages.");
    keys.boolean(
        "wildcard_subscriptions",
        wildcard_subscriptions,
        "Whether clients may subscribe to topic filters with wildcards.",
    );
    keys.boolean(
        "subscription_identifiers",
        subscription_identifiers,
        "Whether 5.0 clients may give their subscriptions numbers.",
    );
}
