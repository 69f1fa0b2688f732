//! What a new connection does with the session of an earlier one (3.1.1 and 5.0 section 4.4).

use crate::client::outgoing::Release;
use crate::client::packet_identifier::Use;
use crate::client::state::State;
use crate::client::topic_alias::PublishEncoder;
use crate::client::{Failure, RequestError};
use crate::wire::{QoS, ReasonCode};

impl State {
    /// The server has the session: PUBREL again in the order of the PUBRECs, PUBLISH again in the original
    /// order as far as the window goes ([MQTT-4.4.0-1]), then the queue.
    pub(super) fn resume(&mut self) {
        for at in 0..self.outgoing.releases.len() {
            if let Some(release) = self.outgoing.releases.get(at) {
                self.send_pubrel(release.identifier, ReasonCode::Success);
            }
        }
        self.pump();
    }

    /// The server has no session: neither has this client ([MQTT-3.2.2-5] of 5.0). What was never sent goes
    /// on.
    pub(super) fn start_anew(&mut self) {
        self.incoming.forget();
        for release in core::mem::take(&mut self.outgoing.releases) {
            self.identifiers.free(release.identifier);
            if let Some(ticket) = release.ticket {
                self.failed(ticket, Failure::SessionLost);
            }
        }
        for entry in core::mem::take(&mut self.outgoing.publishes) {
            self.identifiers.free(entry.identifier);
            self.failed(entry.message.ticket, Failure::SessionLost);
        }
        self.pump();
    }

    /// Sends the next PUBLISH of an earlier connection again; `false` if the window is closed.
    pub(super) fn resend_next(&mut self) -> bool {
        if !self.window_is_open() {
            return false;
        }
        let Self { outgoing, transmit, server, options, aliases, .. } = self;
        let Some(entry) = outgoing.publishes.get(outgoing.sent) else { return false };
        // [MQTT-3.3.1-1]: DUP 1, the same identifier.
        let packet = entry.message.publication().packet(true, Some(entry.identifier));
        let expiry_seconds = entry.message.remaining_expiry_seconds(self.now);
        let aliases_maximum = options.limits.topic_aliases_maximum;
        let encoder = PublishEncoder { version: options.version, server, aliases_maximum, aliases, transmit };
        if encoder.encode(&packet, expiry_seconds).is_err() {
            self.give_up_next();
            return true;
        }
        outgoing.sent += 1;
        outgoing.window += 1;
        self.keep_alive.sent(self.now);
        true
    }

    /// This server takes smaller packets than the last one.
    fn give_up_next(&mut self) {
        let Some(entry) = self.outgoing.publishes.remove(self.outgoing.sent) else { return };
        let identifier = entry.identifier;
        if entry.message.publication().qos == QoS::ExactlyOnce {
            // It may know the identifier, and would swallow the next message under it: PUBREL first.
            self.identifiers.change(identifier, Use::Pubcomp);
            let reason = ReasonCode::PacketTooLarge;
            self.outgoing.releases.push_back(Release { identifier, ticket: None, reason, in_window: false });
            self.send_pubrel(identifier, ReasonCode::Success);
        } else {
            self.identifiers.free(identifier);
        }
        self.failed(entry.message.ticket, Failure::Refused(RequestError::PacketTooLarge));
    }

    /// What belongs to the connection alone, and not to the session (5.0 section 4.1).
    pub(super) fn forget_connection(&mut self) {
        self.outgoing.sent = 0;
        self.outgoing.window = 0;
        self.aliases.clear();
        for release in &mut self.outgoing.releases {
            release.in_window = false;
        }
        self.incoming.connection_ended();
        for (identifier, ticket) in core::mem::take(&mut self.requests) {
            self.identifiers.free(identifier);
            self.failed(ticket, Failure::ConnectionLost);
        }
    }
}
