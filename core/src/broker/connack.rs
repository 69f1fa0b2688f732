//! CONNACK (section 3.2 of 3.1.1 and 5.0): what the server promises, or why it refuses.

use super::Broker;
use super::exchange::push_method;
use super::farewell::Farewell;
use super::hold::Promise;
use super::hook::sayable;
use crate::config::Config;
use crate::connection::ConnectionIndex;
use crate::connection::answers::OnRelease;
use crate::connection::capabilities::Capabilities;
use crate::event::DisconnectReason;
use crate::fault::Fault;
use crate::id::Position;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Connack, Connect, Packet, PacketType, PropertiesBuffer, Property, ReasonCode, TooLarge};

impl Broker {
    /// Says that the client is in, once the journal knows.
    pub(super) fn acknowledge_connect(
        &mut self,
        index: ConnectionIndex,
        connect: &Connect<'_>,
        client_identifier: &str,
        session_present: bool,
        data: Option<&[u8]>,
    ) -> Result<(), Violation> {
        let mut properties = self.connack_properties(connect, client_identifier);
        let unsaid = self.config().planted().is(Fault::AuthenticationMethodUnsaid);
        if let Some(method) = connect.properties.authentication_method().filter(|_| !unsaid) {
            // [MQTT-4.12.0-5] of 5.0
            push_method(method, data, &mut properties);
        }
        let connack = Connack {
            // [MQTT-3.2.2-2], [MQTT-3.2.2-3] of 5.0; [MQTT-3.2.2-1] to [MQTT-3.2.2-3] of 3.1.1
            session_present: self.says_session_present(session_present)
                && connect.version.has_session_present(),
            reason: ReasonCode::Success,
            properties: properties.as_properties(),
        };
        let wait = self.clients.wait_for_all(Promise::Connack);
        self.clients
            .answer(index, wait, &Packet::Connack(connack), OnRelease::Opens)
            .map_err(|TooLarge| Violation::AnswerTooLarge)
    }

    fn says_session_present(&self, session_present: bool) -> bool {
        let planted = self.config().planted();
        planted.is(Fault::SessionPresentAlways) || session_present && !planted.is(Fault::SessionPresentNever)
    }

    /// What differs from what the client asked for, or from what the standard takes for granted.
    fn connack_properties(&self, connect: &Connect<'_>, client_identifier: &str) -> PropertiesBuffer {
        let mut properties = PropertiesBuffer::new();
        if !connect.version.has_properties() {
            return properties;
        }
        let Config { limits, policy, .. } = self.config();
        let expiry = self.session_expiry_seconds(connect);
        if expiry != connect.properties.session_expiry_interval().unwrap_or(0) {
            properties.push(Property::SessionExpiryInterval(expiry));
        }
        if limits.receive_maximum < u16::MAX {
            properties.push(Property::ReceiveMaximum(limits.receive_maximum));
        }
        properties.push(Property::MaximumPacketSize(limits.maximum_packet_size_bytes));
        let planted = self.config().planted();
        if connect.client_identifier.is_empty() && !planted.is(Fault::AssignedClientIdentifierUnsaid) {
            // [MQTT-3.2.2-16] of 5.0
            properties.push(Property::AssignedClientIdentifier(client_identifier));
        }
        if limits.topic_alias_maximum > 0 {
            properties.push(Property::TopicAliasMaximum(limits.topic_alias_maximum));
        }
        let keep_alive_seconds = self.keep_alive_seconds(connect);
        if !planted.is(Fault::CapabilitiesUnsaid) {
            Capabilities::new(policy).announce(&mut properties);
        }
        if let Some(information) = &policy.response_information
            && (connect.properties.request_response_information() == Some(true)
                || planted.is(Fault::ResponseInformationUnasked))
        {
            // [MQTT-3.1.2-28] of 5.0
            properties.push(Property::ResponseInformation(information));
        }
        if keep_alive_seconds != connect.keep_alive_seconds {
            properties.push(Property::ServerKeepAlive(keep_alive_seconds));
        }
        properties
    }

    /// Refuses a CONNECT: with CONNACK where the client's version has a word for it, then closes
    /// ([MQTT-3.1.4-5], [MQTT-3.2.2-5] of 3.1.1; [MQTT-3.2.2-7] of 5.0).
    pub(super) fn refuse(&mut self, now: Instant, index: ConnectionIndex, farewell: &Farewell<'_>) {
        self.clients.counters.clients_refused += 1;
        self.say_refusal(index, farewell);
        if self.config().planted().is(Fault::RefusedStaysOpen) {
            return;
        }
        self.close_connection(now, index, DisconnectReason::Refused(farewell.reason));
    }

    pub(super) fn say_refusal(&mut self, index: ConnectionIndex, farewell: &Farewell<'_>) {
        let Some(connection) = self.clients.connections.get(index) else { return };
        let (version, reason) = (connection.version, farewell.reason);
        let has_word =
            version.answers_every_refusal() || reason.connack_return_code_3().is_some_and(|code| code > 0);
        let planted = self.config().planted();
        let silent =
            reason == ReasonCode::UnsupportedProtocolVersion && planted.is(Fault::VersionRefusedSilently);
        if !has_word || silent {
            return;
        }
        let reason = sayable(reason, PacketType::Connack, ReasonCode::UnspecifiedError);
        // The bare packet if nothing more fits. A client that takes no CONNACK of five bytes cannot be told.
        for farewell in [*farewell, farewell.without_server_reference()] {
            let properties = self.clients.farewell_properties(index, &farewell);
            let connack = Connack { session_present: false, reason, properties: properties.as_properties() };
            let packet = Packet::Connack(connack);
            if self.clients.answer(index, Position::NONE, &packet, OnRelease::Opens).is_ok() {
                return;
            }
        }
    }
}
