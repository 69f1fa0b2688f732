//! Another configuration, while clients are connected.

use alloc::sync::Arc;

use super::Broker;
use super::memory::bytes_of_routes;
use crate::config::Config;
use crate::time::Instant;

impl Broker {
    /// Takes a new configuration, whole. Those who are connected keep what CONNACK promised.
    pub(super) fn reload(&mut self, now: Instant, config: Arc<Config>) {
        self.clients.config = config;
        // They say what was allowed to be published, too, by the limits of before.
        let limits = &self.clients.config.limits;
        self.routes.resize(limits.routes_remembered, bytes_of_routes(limits));
        // There may be less memory than before.
        self.clients.look_again_at = 0;
        self.reconsider_rates(now);
    }
}
