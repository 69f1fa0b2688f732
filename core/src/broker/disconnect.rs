//! The end of a connection, by whichever side (section 3.14 of 3.1.1 and 5.0, 4.13 of 5.0).

use super::Broker;
use super::farewell::Farewell;
use super::hold::Promise;
use super::receive::{Flow, Handled};
use crate::connection::{ConnectionIndex, Phase};
use crate::event::{DisconnectReason, Event};
use crate::fault::Fault;
use crate::input::CloseCause;
use crate::output::Output;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Disconnect, Packet, PacketType, ReasonCode, Sender};

use super::clients::Clients;

impl Broker {
    /// The client says goodbye.
    pub(super) fn disconnect(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        disconnect: &Disconnect<'_>,
    ) -> Handled {
        self.check_properties(disconnect.properties)?;
        let maximum = self.config().limits.session_expiry_seconds_5_0;
        let planted = self.config().planted();
        let Some((session_index, session)) = self.clients.session_of(index) else {
            return Ok(Flow::Continue);
        };
        if let Some(seconds) = disconnect
            .properties
            .session_expiry_interval()
            .filter(|_| !planted.is(Fault::ExpiryAtDisconnectIgnored))
        {
            // Section 3.14.2.2.2 of 5.0
            if session.expiry_interval_seconds == 0 && seconds != 0 {
                return Err(Violation::SessionExpiryRaisedAtDisconnect);
            }
            session.expiry_interval_seconds = seconds.min(maximum);
        }
        // Only the normal disconnection takes the will back; 0x04 and every error leave it.
        let removes =
            disconnect.reason == ReasonCode::Success || planted.is(Fault::WillRemovedByAnyDisconnect);
        if removes && !planted.is(Fault::WillAfterDisconnect) {
            self.remove_will(session_index);
        }
        self.told_disconnected(index, DisconnectReason::Client(disconnect.reason));
        if let Some(connection) = self.clients.connection(index) {
            connection.phase = Phase::Disconnecting;
            connection.set_session(None);
        }
        self.detach(now, session_index);
        self.clients.drop_backlog(index);
        let wait = self.clients.wait_for_group(Promise::Close);
        if !self.config().planted().is(Fault::StaysAfterDisconnect) {
            self.clients.close_behind_answers(index, wait);
        }
        Ok(Flow::Continue)
    }

    /// The client broke the protocol: it is told where its version can be told, and closed
    /// ([MQTT-4.13.1-1], [MQTT-4.13.2-1] of 5.0; [MQTT-4.8.0-1] of 3.1.1).
    pub(super) fn violated(&mut self, now: Instant, index: ConnectionIndex, violation: Violation) {
        let Some(connection) = self.clients.connections.get(index) else { return };
        let phase = connection.phase;
        if self.config().planted().is(Fault::Unpunished(violation)) {
            return;
        }
        if matches!(phase, Phase::Opening | Phase::Connected) {
            self.clients.counters.violations += 1;
            self.clients.hooked_error(index, violation);
        }
        match phase {
            // [MQTT-3.14.0-1] of 5.0: no DISCONNECT before CONNACK.
            Phase::Opening if violation != Violation::FirstPacketNotConnect => {
                self.say_refusal(index, &Farewell::violation(violation));
            }
            Phase::Opening | Phase::Disconnecting | Phase::Closing => {}
            Phase::Connected => {
                self.clients.say_disconnect(index, &Farewell::violation(violation));
            }
        }
        self.close_connection(now, index, DisconnectReason::Violation(violation));
    }

    /// This side ends the connection of a client that did nothing wrong.
    pub(super) fn disconnect_client(&mut self, now: Instant, index: ConnectionIndex, reason: ReasonCode) {
        self.send_away(now, index, &Farewell::disconnection(reason));
    }

    /// The same, with more to tell.
    pub(super) fn send_away(&mut self, now: Instant, index: ConnectionIndex, farewell: &Farewell<'_>) {
        self.clients.say_disconnect(index, farewell);
        self.close_connection(now, index, DisconnectReason::Server(farewell.reason));
    }

    /// Has the driver close a connection behind what was written; what is held for it is dropped, and its
    /// session is free.
    pub(super) fn close_connection(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        reason: DisconnectReason,
    ) {
        let Some(connection) = self.clients.connections.get(index) else { return };
        let (id, phase) = (connection.id, connection.phase);
        let stays = reason == DisconnectReason::Server(ReasonCode::SessionTakenOver)
            && self.config().planted().is(Fault::TakenOverStays);
        if phase == Phase::Closing {
            return;
        }
        if phase != Phase::Disconnecting {
            self.told_disconnected(index, reason);
        }
        self.forget_question(index);
        self.clients.drop_work(index);
        if let Some(connection) = self.clients.connection(index) {
            connection.phase = Phase::Closing;
            if let Some(session) = connection.take_session() {
                self.detach(now, session);
            }
        }
        if !stays {
            self.clients.outputs.push_back(Output::Close { connection: id });
        }
    }

    /// The transport is gone.
    pub(super) fn connection_ended(&mut self, now: Instant, index: ConnectionIndex, cause: CloseCause) {
        let Some(connection) = self.clients.connection(index) else { return };
        let (phase, session) = (connection.phase, connection.take_session());
        if matches!(phase, Phase::Opening | Phase::Connected) && cause != CloseCause::Local {
            self.clients.tell_disconnected(index, session, DisconnectReason::ConnectionLost);
        }
        self.forget_question(index);
        self.clients.drop_work(index);
        self.clients.remove_connection(index);
        if let Some(session) = session {
            // [MQTT-3.1.2-8] of both: without DISCONNECT the will goes out.
            self.detach(now, session);
        }
    }

    fn told_disconnected(&mut self, index: ConnectionIndex, reason: DisconnectReason) {
        let session = self.clients.connections.get(index).and_then(|connection| connection.session());
        self.clients.tell_disconnected(index, session, reason);
    }
}

impl Clients {
    fn tell_disconnected(
        &mut self,
        index: ConnectionIndex,
        session: Option<crate::session::SessionIndex>,
        reason: DisconnectReason,
    ) {
        if let (Some(connection), Some(session)) = (self.connections.get(index), session) {
            self.hooked_disconnect(connection.id, session, &reason);
        }
        if !self.config.events.connections {
            return;
        }
        let client_identifier = (&*self.client_identifier(session)).into();
        if let Some(connection) = self.connections.get(index).map(|connection| connection.id) {
            self.event(Event::Disconnected { connection, client_identifier, reason });
        }
    }

    /// DISCONNECT, for clients that know it and have their CONNACK ([MQTT-3.14.0-1] of 5.0).
    fn say_disconnect(&mut self, index: ConnectionIndex, farewell: &Farewell<'_>) {
        if self.config.planted().is(Fault::GoodbyeUnsaid) {
            return;
        }
        let Some(connection) = self.connections.get(index) else { return };
        let (version, maximum) = (connection.version, connection.maximum_packet_size);
        if connection.open && connection.phase == Phase::Connected && version.server_may_disconnect() {
            // Table 3-10 of 5.0 has no word for what only a CONNACK can say.
            let in_disconnect = farewell.reason.allowed_in(PacketType::Disconnect, Sender::Server);
            let reason = if in_disconnect { farewell.reason } else { ReasonCode::UnspecifiedError };
            // The bare packet if nothing more fits; without if the client does not take four bytes.
            for farewell in [*farewell, farewell.without_server_reference()] {
                let properties = self.farewell_properties(index, &farewell);
                let packet =
                    Packet::Disconnect(Disconnect { reason, properties: properties.as_properties() });
                if self.write(index, |out| packet.encode_within(version, maximum, out)).is_ok() {
                    return;
                }
            }
        }
    }

    /// Drops QoS 0 messages that wait for a connection; how many there were.
    pub(super) fn drop_backlog(&mut self, index: ConnectionIndex) -> usize {
        let mut dropped = 0;
        while let Some(queued) =
            self.connections.get_mut(index).and_then(|connection| connection.work.as_mut()?.backlog.pop())
        {
            self.release_message(queued.message);
            dropped += 1;
        }
        self.recount_connection(index);
        dropped
    }

    /// Drops everything that a connection was busy with, but for what is encoded already.
    fn drop_work(&mut self, index: ConnectionIndex) {
        self.drop_backlog(index);
        if let Some(connection) = self.connections.get_mut(index) {
            connection.work = None;
        }
        self.recount_connection(index);
    }

    fn remove_connection(&mut self, index: ConnectionIndex) {
        if let Some(mut connection) = self.connections.remove(index) {
            self.timers.disarm(&mut connection.armed);
            self.promises.release(connection.promised);
            self.backlogged.remove(&connection.id);
            self.unread.remove(&connection.id);
            self.unfinished.remove(&connection.id);
            self.owned_bytes -= connection.counted as usize + connection.transmit_cost();
        }
    }
}
