//! Who may do what on the listener that asks.

use std::sync::Arc;

use hushwing_core::{Action, Authentication, Decision, Listener, Rule, Rules};

use super::topics::{FILTERS, TOPICS};
use crate::crash::topic::without_share_name;

/// The listeners: everybody may do everything at the first; at the second they are asked about, `no/#` is
/// forbidden, and about `ask/#` the embedder is asked.
pub fn listeners() -> Vec<Listener> {
    let rule = |filter: &str, decision| Rule { action: None, filter: filter.into(), decision };
    let rules = vec![rule("no/#", Decision::Deny), rule("ask/#", Decision::Ask)];
    let rules = Arc::new(Rules { rules, otherwise: Decision::Allow });
    vec![Listener::default(), Listener { authentication: Authentication::Ask, rules }]
}

/// What the embedder decides about `ask/#`.
pub fn decide(client: usize, action: Action, topic: &str) -> bool {
    let sum: usize = topic.bytes().map(usize::from).sum();
    (client + sum + usize::from(action == Action::Publish)).is_multiple_of(2)
}

/// Whether a client that came to this listener may publish to this topic.
pub fn may_publish(client: usize, listener: u16, topic: u16) -> bool {
    let name = TOPICS[usize::from(topic)];
    listener == 0
        || !name.starts_with("no/") && (!name.starts_with("ask/") || decide(client, Action::Publish, name))
}

/// Whether it may have this subscription: a filter that reaches into what is forbidden is forbidden.
pub fn may_subscribe(client: usize, listener: u16, filter: u8) -> bool {
    let filter = without_share_name(FILTERS[usize::from(filter)]);
    let first = filter.split('/').next().unwrap_or_default();
    listener == 0
        || !["no", "+", "#"].contains(&first) && (first != "ask" || decide(client, Action::Subscribe, filter))
}

/// Whether the embedder is asked about publishing to this topic.
pub fn is_asked_about_topic(topic: u16) -> bool {
    TOPICS[usize::from(topic)].starts_with("ask/")
}

/// Whether the embedder is asked about a subscription to this filter.
pub fn is_asked_about_filter(filter: u8) -> bool {
    without_share_name(FILTERS[usize::from(filter)]).starts_with("ask/")
}
