//! The subscriptions of one session, as the session holds them.

/// Where the subscriptions of a session are in the [tree](super::SubscriptionTree). Belongs to one session
/// and one tree; a session that ends must be [cleared](super::SubscriptionTree::clear).
#[derive(Debug, PartialEq, Eq)]
pub struct SubscriptionList {
    pub(super) first: u32,
    pub(super) count: u32,
}

impl SubscriptionList {
    /// No subscription.
    pub const EMPTY: Self = Self { first: u32::MAX, count: 0 };

    /// How many subscriptions the session has.
    pub const fn len(&self) -> u32 {
        self.count
    }

    /// Whether the session has none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Default for SubscriptionList {
    fn default() -> Self {
        Self::EMPTY
    }
}
