//! A message is not sent after its time, and says how much of it is left ([MQTT-3.3.2-5], [MQTT-3.3.2-6]).

use super::{Checked, Oracle, SLACK};
use crate::simulation::ledger::{NEVER, Number};
use crate::wire::{Publish, property::id};

impl Oracle {
    /// A first copy goes out. It was written between the moment at which the broker said that bytes wait and now.
    pub(super) fn check_expiry(&mut self, link: u64, number: Number, publish: &Publish) -> Checked {
        let disk = self.profile.disk_milliseconds * 2_000;
        let conn = self.conn(link)?;
        let (written_from, is_5) = (conn.announced_at, conn.version.is_5());
        let message = self.ledger.get(number);
        let said = publish.properties.number(id::MESSAGE_EXPIRY_INTERVAL);
        if message.deadline == NEVER {
            return match said {
                Some(_) => Err(format!("message {number} comes with an expiry that nobody gave it")),
                None => Ok(()),
            };
        }
        // With a rate, a message may have waited before it was taken.
        let waited = if self.profile.rates { 3_600_000_000 } else { 0 };
        let slack = SLACK + disk + waited;
        if message.deadline.saturating_add(slack) < written_from {
            let late = (written_from - message.deadline) / 1_000;
            return Err(format!("message {number} comes {late} ms after it expired"));
        }
        let Some(said) = said.filter(|_| is_5) else {
            return if is_5 { Err(format!("message {number} comes without its expiry")) } else { Ok(()) };
        };
        let left = u64::from(said) * 1_000_000;
        let most = message.deadline.saturating_sub(written_from) + slack;
        let least = message.deadline.saturating_sub(self.now).saturating_sub(slack);
        if left > most || left < least && message.times < 2 {
            return Err(format!(
                "message {number} has {} to {} ms left and says {said} s",
                least / 1_000,
                most / 1_000
            ));
        }
        Ok(())
    }
}
