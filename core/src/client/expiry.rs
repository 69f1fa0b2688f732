//! Message Expiry Interval of what waits to be sent for the first time (5.0 section 3.3.2.3.3). What was sent
//! does not expire any more: the exchange of its QoS goes on ([MQTT-4.3.3-7]).

use crate::client::Failure;
use crate::client::state::State;

impl State {
    /// Drops what expired by now. The whole queue is looked at, but only when something in it is due.
    pub(super) fn expire(&mut self) {
        if self.outgoing.next_expiry.is_none_or(|next| next > self.now) {
            return;
        }
        self.outgoing.next_expiry = None;
        let now = self.now;
        for stored in core::mem::take(&mut self.outgoing.queue) {
            match stored.expires_at() {
                Some(at) if at <= now => {
                    self.outgoing.leave_queue(&stored);
                    self.failed(stored.ticket, Failure::Expired);
                }
                _ => self.outgoing.append(stored),
            }
        }
    }
}
