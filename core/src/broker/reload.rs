//! Another configuration, while clients are connected.

use alloc::sync::Arc;

use super::Broker;
use crate::config::Config;
use crate::time::Instant;

impl Broker {
    /// Takes a new configuration, whole. Those who are connected keep what CONNACK promised.
    pub(super) fn reload(&mut self, now: Instant, config: Arc<Config>) {
        self.clients.config = config;
        // There may be less memory than before.
        self.clients.look_again_at = 0;
        self.reconsider_rates(now);
    }
}
