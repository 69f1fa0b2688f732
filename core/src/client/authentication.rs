//! Enhanced authentication: AUTH (5.0 sections 3.15 and 4.12).

use crate::client::acknowledgement::unexpected;
use crate::client::publication::check_properties;
use crate::client::receive::Handled;
use crate::client::state::{Phase, State};
use crate::client::{CloseReason, Event, Options, RequestError};
use crate::violation::Violation;
use crate::wire::{
    Auth, Packet, PacketType, Properties, PropertiesBuffer, Property, PropertyContext, ReasonCode,
};

/// Whose turn it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Exchange {
    /// There is no exchange, or it is over.
    #[default]
    None,
    /// CONNECT or AUTH was sent: the server's.
    Server,
    /// The server sent AUTH: the caller's.
    Caller,
}

/// The method, from its own field or from the properties.
pub(super) fn method(options: &Options) -> Option<&str> {
    let own = options.authentication.as_ref().map(|authentication| authentication.method.as_str());
    own.or_else(|| options.properties.as_properties().authentication_method())
}

impl State {
    pub(super) fn handle_auth<'a>(&mut self, auth: Auth<'a>) -> Result<Handled<'a>, CloseReason<'a>> {
        // [MQTT-4.12.0-6]: only if CONNECT named a method; [MQTT-4.12.0-5]: and that one.
        let Some(method) = method(&self.options) else {
            return Err(CloseReason::Violation(Violation::AuthWithoutMethod));
        };
        if auth.properties.authentication_method() != Some(method) {
            return Err(CloseReason::Violation(Violation::AuthenticationMethodChanged));
        }
        if self.exchange != Exchange::Server {
            return Err(unexpected(PacketType::Auth));
        }
        let properties = auth.properties;
        let data = properties.authentication_data().unwrap_or_default();
        // [MQTT-4.12.0-2]: until CONNACK it is Continue; that says the success.
        match auth.reason {
            ReasonCode::ContinueAuthentication => {
                self.exchange = Exchange::Caller;
                Ok(Handled::Event(Event::Authenticate { data, properties }))
            }
            ReasonCode::Success if self.is_connected() => {
                self.exchange = Exchange::None;
                Ok(Handled::Event(Event::Authenticated { data, properties }))
            }
            _ => Err(unexpected(PacketType::Auth)),
        }
    }

    /// The caller's answer to [`Event::Authenticate`].
    pub(super) fn authenticate(
        &mut self,
        data: &[u8],
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        if self.phase == Phase::Idle {
            return Err(RequestError::NotConnected);
        }
        if self.exchange != Exchange::Caller {
            return Err(RequestError::AuthenticationNotAllowed);
        }
        // [MQTT-4.12.0-3]
        self.send_auth(ReasonCode::ContinueAuthentication, data, properties)
    }

    /// Begins again on a connection that is accepted (5.0 section 4.12.1).
    pub(super) fn reauthenticate(
        &mut self,
        data: &[u8],
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        if !self.is_connected() {
            return Err(RequestError::NotConnected);
        }
        if self.exchange != Exchange::None {
            return Err(RequestError::AuthenticationNotAllowed);
        }
        self.send_auth(ReasonCode::ReAuthenticate, data, properties)
    }

    fn send_auth(
        &mut self,
        reason: ReasonCode,
        data: &[u8],
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        // [MQTT-4.12.0-7]: none without a method in CONNECT; [MQTT-4.12.1-1]: the same in all of them.
        let method = method(&self.options).ok_or(RequestError::AuthenticationNotAllowed)?;
        if data.len() > usize::from(u16::MAX) {
            return Err(RequestError::TextInvalid);
        }
        let mut buffer = PropertiesBuffer::new();
        buffer.push(Property::AuthenticationMethod(method));
        if !data.is_empty() {
            buffer.push(Property::AuthenticationData(data));
        }
        buffer.append(properties);
        check_properties(buffer.as_properties(), self.version(), PropertyContext::Auth)?;
        self.send(&Packet::Auth(Auth { reason, properties: buffer.as_properties() }))?;
        self.exchange = Exchange::Server;
        Ok(())
    }
}
