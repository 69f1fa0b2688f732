//! CONNECT, and what CONNACK says.

use alloc::string::ToString;

use crate::client::authentication::{Exchange, method};
use crate::client::names::{text_is_valid, topic_name_is_valid};
use crate::client::options::LARGEST_PACKET_BYTES;
use crate::client::publication::check_properties;
use crate::client::receive::Handled;
use crate::client::state::{Phase, State};
use crate::client::{CloseReason, Event, Options, RequestError, ServerLimits};
use crate::version::ProtocolVersion;
use crate::violation::Violation;
use crate::wire::{Connack, Connect, Packet, PropertiesBuffer, Property, PropertyContext, ReasonCode, Will};

impl State {
    /// Encodes CONNECT.
    pub(super) fn connect(&mut self) -> Result<(), RequestError> {
        if self.phase != Phase::Idle {
            return Err(RequestError::AlreadyConnected);
        }
        check(&self.options)?;
        let properties = connect_properties(&self.options);
        check_properties(properties.as_properties(), self.version(), PropertyContext::Connect)?;
        let mut packet = alloc::vec::Vec::new();
        Packet::Connect(self.connect_packet(&properties))
            .encode_within(self.version(), LARGEST_PACKET_BYTES, &mut packet)
            .map_err(|_| RequestError::PacketTooLarge)?;
        self.transmit.clear();
        self.transmit.tail().extend_from_slice(&packet);
        self.server = ServerLimits::default();
        let seconds = u64::from(self.options.limits.connect_timeout_seconds.max(1));
        self.exchange = if method(&self.options).is_some() { Exchange::Server } else { Exchange::None };
        self.phase = Phase::Connecting { deadline: self.now.after_seconds(seconds) };
        Ok(())
    }

    fn connect_packet<'a>(&'a self, properties: &'a PropertiesBuffer) -> Connect<'a> {
        let options = &self.options;
        Connect {
            version: options.version,
            clean_start: self.wants_clean_start(),
            keep_alive_seconds: options.keep_alive_seconds,
            client_identifier: self.client_identifier(),
            properties: properties.as_properties(),
            will: options.will.as_ref().map(|will| Will {
                topic: &will.topic,
                payload: &will.payload,
                qos: will.qos,
                retain: will.retain,
                properties: will.properties.as_properties(),
            }),
            user_name: options.user_name.as_deref(),
            password: options.password.as_deref(),
        }
    }

    /// The identifier of the options, or else the one that the server chose.
    pub(super) fn client_identifier(&self) -> &str {
        let own = self.options.client_identifier.as_str();
        if own.is_empty() { self.assigned_client_identifier.as_deref().unwrap_or(own) } else { own }
    }

    fn wants_clean_start(&self) -> bool {
        self.options.clean_start && !self.session_is_kept
    }

    pub(super) fn handle_connack<'a>(
        &mut self,
        connack: Connack<'a>,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        let properties = connack.properties;
        if connack.reason != ReasonCode::Success {
            self.close();
            let reason = connack.reason;
            return Ok(Handled::Event(Event::Closed(CloseReason::Refused { reason, properties })));
        }
        let session_present = if self.version().has_session_present() {
            connack.session_present
        } else {
            !self.wants_clean_start()
        };
        // [MQTT-3.2.2-2] of 5.0, [MQTT-3.2.2-1] of 3.1.1: a clean session is not present.
        if session_present && self.wants_clean_start() {
            return Err(CloseReason::SessionNotClean);
        }
        // [MQTT-4.12.0-5]: an exchange that began ends with the same method.
        if let Some(method) = method(&self.options)
            && properties.authentication_method() != Some(method)
        {
            return Err(CloseReason::Violation(Violation::AuthenticationMethodChanged));
        }
        self.accepted(&connack);
        if session_present {
            self.resume();
        } else {
            self.start_anew();
        }
        Ok(Handled::Event(Event::Connected { session_present, properties }))
    }

    fn accepted(&mut self, connack: &Connack<'_>) {
        self.phase = Phase::Connected;
        self.exchange = Exchange::None;
        self.server = ServerLimits::from_connack(connack.properties);
        if let Some(assigned) = connack.properties.assigned_client_identifier() {
            self.assigned_client_identifier = Some(assigned.to_string());
        }
        // [MQTT-3.1.2-21] of 5.0
        let keep_alive = connack.properties.server_keep_alive().unwrap_or(self.options.keep_alive_seconds);
        self.keep_alive.start(self.now, keep_alive);
        self.session_is_kept = if self.version().has_properties() {
            let asked = self.options.session_expiry_interval_seconds;
            connack.properties.session_expiry_interval().unwrap_or(asked) > 0
        } else {
            !self.options.clean_start
        };
    }
}

/// The properties of the options, and those that have fields of their own where they differ from what the
/// standard takes for granted.
fn connect_properties(options: &Options) -> PropertiesBuffer {
    if !options.version.has_properties() {
        return options.properties.clone();
    }
    let mut buffer = options.properties.clone();
    if let Some(authentication) = &options.authentication {
        buffer.push(Property::AuthenticationMethod(&authentication.method));
        if !authentication.data.is_empty() {
            buffer.push(Property::AuthenticationData(&authentication.data));
        }
    }
    if options.session_expiry_interval_seconds > 0 {
        buffer.push(Property::SessionExpiryInterval(options.session_expiry_interval_seconds));
    }
    if options.receive_maximum < u16::MAX {
        buffer.push(Property::ReceiveMaximum(options.receive_maximum.max(1)));
    }
    if options.maximum_packet_size_bytes < LARGEST_PACKET_BYTES {
        buffer.push(Property::MaximumPacketSize(options.maximum_packet_size_bytes.max(1)));
    }
    if options.topic_alias_maximum > 0 {
        buffer.push(Property::TopicAliasMaximum(options.topic_alias_maximum));
    }
    buffer
}

fn check(options: &Options) -> Result<(), RequestError> {
    let version = options.version;
    if !text_is_valid(&options.client_identifier)
        || options.user_name.as_deref().is_some_and(|text| !text_is_valid(text))
        || options.password.as_ref().is_some_and(|bytes| bytes.len() > usize::from(u16::MAX))
    {
        return Err(RequestError::TextInvalid);
    }
    check_authentication(options)?;
    // [MQTT-3.1.3-7] of 3.1.1: without an identifier there is no session to come back to. 3.1 knows no empty
    // one.
    if options.client_identifier.is_empty() && !version.has_properties() {
        let may_be_empty = version.allows_empty_client_identifier() && options.clean_start;
        if !may_be_empty {
            return Err(RequestError::ClientIdentifierMissing);
        }
    }
    // [MQTT-3.1.2-22] of 3.1.1
    if version != ProtocolVersion::V5_0 && options.password.is_some() && options.user_name.is_none() {
        return Err(RequestError::PasswordWithoutUserName);
    }
    let Some(will) = &options.will else { return Ok(()) };
    if !topic_name_is_valid(&will.topic) {
        return Err(RequestError::TopicNameInvalid);
    }
    if will.payload.len() > usize::from(u16::MAX) {
        return Err(RequestError::PacketTooLarge);
    }
    check_properties(will.properties.as_properties(), version, PropertyContext::Will)
}

fn check_authentication(options: &Options) -> Result<(), RequestError> {
    let Some(authentication) = &options.authentication else { return Ok(()) };
    if !options.version.has_properties() {
        return Err(RequestError::AuthenticationNotAllowed);
    }
    let fits = authentication.data.len() <= usize::from(u16::MAX);
    if fits && text_is_valid(&authentication.method) { Ok(()) } else { Err(RequestError::TextInvalid) }
}
