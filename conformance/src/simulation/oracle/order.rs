//! Messages of one publisher on one topic at one QoS come in the order in which they were sent (section 4.6).

use super::{Checked, Oracle, Session};
use crate::simulation::ledger::{Message, Number};

impl Session {
    /// A message may be sent once more as if it were the first time, and with it what followed it.
    pub(super) fn comes_again(&mut self, message: &Message) {
        for (key, last) in &mut self.order {
            if (key.0, key.1) == (message.publisher, message.topic) {
                *last = (*last).min(message.fed_at);
            }
        }
    }
}

impl Oracle {
    /// A first copy reaches a client, and not as one of a group: there, others leave what they had.
    pub(super) fn check_order(&mut self, client: usize, number: Number, qos: u8) -> Checked {
        let message = self.ledger.get(number);
        if message.unordered || message.crashed || message.will {
            return Ok(());
        }
        let key = (message.publisher, message.topic, message.qos * 3 + qos);
        let fed_at = message.fed_at;
        match self.sessions[client].order.insert(key, fed_at) {
            Some(last) if last > fed_at => Err(format!(
                "message {number} came to client {client} behind one that was sent later on the same topic"
            )),
            _ => Ok(()),
        }
    }
}
