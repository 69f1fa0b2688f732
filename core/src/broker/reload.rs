//! Another configuration, while clients are connected.

use alloc::sync::Arc;

use super::Broker;
use crate::config::Config;
use crate::limits::Limits;
use crate::time::Instant;

/// The limits that CONNACK says, as new clients are told them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) receive_maximum: u16,
    pub(super) topic_alias_maximum: u16,
    pub(super) maximum_packet_size_bytes: u32,
}

impl Announced {
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            receive_maximum: limits.receive_maximum,
            topic_alias_maximum: limits.topic_alias_maximum,
            maximum_packet_size_bytes: limits.maximum_packet_size_bytes,
        }
    }

    /// Limits that keep what was said before, too.
    fn keep(self, limits: &mut Limits) {
        limits.receive_maximum = limits.receive_maximum.max(self.receive_maximum);
        limits.topic_alias_maximum = limits.topic_alias_maximum.max(self.topic_alias_maximum);
        limits.maximum_packet_size_bytes =
            limits.maximum_packet_size_bytes.max(self.maximum_packet_size_bytes);
    }
}

impl Broker {
    /// Takes a new configuration, whole. Whether promises wait for a journal is decided once for all, as is the
    /// number of remembered routes. While somebody is connected who was told more, nobody is closed for more.
    pub(super) fn reload(&mut self, now: Instant, mut config: Arc<Config>) {
        self.announced = Announced::new(&config.limits);
        if self.clients.connections.len() > 0 {
            let before = Announced::new(&self.config().limits);
            let mut limits = config.limits.clone();
            before.keep(&mut limits);
            if limits != config.limits {
                config = Arc::new(Config { limits, ..Config::clone(&config) });
            }
        }
        self.clients.config = config;
        // There may be less memory than before.
        self.clients.look_again_at = 0;
        self.reconsider_rates(now);
    }
}
