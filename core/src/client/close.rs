//! The end of a connection, by whichever side, and AUTH.

use crate::client::publication::check_properties;
use crate::client::receive::Handled;
use crate::client::state::{Phase, State};
use crate::client::{CloseReason, Event, RequestError};
use crate::violation::Violation;
use crate::wire::{
    Auth, Disconnect, Packet, PacketType, Properties, PropertiesBuffer, Property, PropertyContext,
    ReasonCode, Sender,
};

impl State {
    /// Sends DISCONNECT as the caller wishes.
    pub(super) fn disconnect(
        &mut self,
        reason: ReasonCode,
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        if self.phase == Phase::Idle {
            return Err(RequestError::NotConnected);
        }
        let version = self.version();
        let plain = reason == ReasonCode::Success;
        let may = reason.allowed_in(PacketType::Disconnect, Sender::Client);
        if !may || (!plain && !version.has_properties()) {
            return Err(RequestError::ReasonNotAllowed);
        }
        check_properties(properties, version, PropertyContext::Disconnect(Sender::Client))?;
        if let Some(seconds) = properties.session_expiry_interval() {
            self.session_is_kept = seconds > 0;
        }
        self.send(&Packet::Disconnect(Disconnect { reason, properties }))?;
        self.events.push_back(Event::Closed(CloseReason::Disconnected));
        self.close();
        Ok(())
    }

    /// The server broke a rule: says so, where the version can (5.0 section 4.13.1), and gives up.
    pub(super) fn break_off<'a>(&mut self, why: CloseReason<'a>) -> Event<'a> {
        let reason = match why {
            CloseReason::Violation(violation) => violation.reason(),
            _ => ReasonCode::ProtocolError,
        };
        let may = reason.allowed_in(PacketType::Disconnect, Sender::Client);
        let reason = if may { reason } else { ReasonCode::ProtocolError };
        if self.is_connected() && self.version().has_properties() {
            self.send_small(&Packet::Disconnect(Disconnect { reason, properties: Properties::EMPTY }));
        }
        self.close();
        Event::Closed(why)
    }

    /// There is no connection any more. What `transmit` has is still to be written.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Idle;
        self.keep_alive.stop();
        self.forget_connection();
    }

    pub(super) fn handle_disconnect<'a>(
        &mut self,
        packet: Disconnect<'a>,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        self.close();
        let Disconnect { reason, properties } = packet;
        Ok(Handled::Event(Event::Closed(CloseReason::Server { reason, properties })))
    }

    pub(super) fn handle_auth<'a>(&mut self, auth: Auth<'a>) -> Result<Handled<'a>, CloseReason<'a>> {
        // [MQTT-4.12.0-6]: only if CONNECT named a method; [MQTT-4.12.0-5]: and that one.
        let Some(method) = self.options.properties.as_properties().authentication_method() else {
            return Err(CloseReason::Violation(Violation::AuthWithoutMethod));
        };
        if auth.properties.authentication_method() != Some(method) {
            return Err(CloseReason::Violation(Violation::AuthenticationMethodChanged));
        }
        Ok(Handled::Event(Event::Authentication { reason: auth.reason, properties: auth.properties }))
    }

    /// Sends AUTH with the method of CONNECT and these further properties.
    pub(super) fn authenticate(
        &mut self,
        reason: ReasonCode,
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        let may = match self.phase {
            Phase::Idle => return Err(RequestError::NotConnected),
            Phase::Connecting { .. } => reason == ReasonCode::ContinueAuthentication,
            Phase::Connected => reason.allowed_in(PacketType::Auth, Sender::Client),
        };
        let own = self.options.properties.as_properties();
        let Some(method) = own.authentication_method().filter(|_| may) else {
            return Err(RequestError::AuthenticationNotAllowed);
        };
        // [MQTT-4.12.0-5]: the same method in all of them.
        let mut buffer = PropertiesBuffer::new();
        buffer.push(Property::AuthenticationMethod(method));
        for property in properties.iter() {
            buffer.push(property);
        }
        check_properties(buffer.as_properties(), self.version(), PropertyContext::Auth)?;
        self.send(&Packet::Auth(Auth { reason, properties: buffer.as_properties() }))
    }
}
