//! `[policy]`: what the standard leaves open.

use hushwing_core::Policy;

use super::keys::Keys;

/// Walks over all policies. One that the machine gains breaks this at compile time.
pub(super) fn policy(keys: &mut impl Keys, policy: &mut Policy) {
    let Policy {
        queue_qos0_offline,
        refuse_control_characters,
        full_queue_drops_oldest,
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
}
