//! A client that is silent for one and a half times its Keep Alive is cut off, and no other ([MQTT-3.1.2-22]).

use super::{Checked, Oracle, SLACK};

impl Oracle {
    /// Whether nobody stays for longer.
    pub(super) fn check_keep_alive(&self) -> Checked {
        for conn in self.conns.values().filter(|conn| conn.is_online() && conn.keep_alive_seconds > 0) {
            let most = u64::from(conn.keep_alive_seconds) * 1_500_000;
            if !conn.paused
                && !conn.asked
                && conn.heard_at.max(conn.patient_from) + most + SLACK < self.now
                && !self.profile.rates
            {
                return Err(format!(
                    "client {} with a keep alive of {} s has said nothing for {} s",
                    conn.client,
                    conn.keep_alive_seconds,
                    (self.now - conn.heard_at) / 1_000_000
                ));
            }
        }
        Ok(())
    }

    /// The broker cuts a client off for its silence.
    ///
    /// # Errors
    /// It was not silent for so long.
    pub fn silenced(&self, link: u64) -> Checked {
        let Some(conn) = self.conns.get(&link) else { return Ok(()) };
        let least = u64::from(conn.keep_alive_seconds) * 1_500_000;
        if conn.heard_at + least > self.now + SLACK {
            let silent = (self.now - conn.heard_at) / 1_000_000;
            return Err(format!("client {} was cut off after {silent} s of silence", conn.client));
        }
        Ok(())
    }
}
