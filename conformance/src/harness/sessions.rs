//! Which sessions there are, and what CONNACK has to say of it.

use std::collections::HashMap;
use std::time::Duration;

use super::sent::Hello;
use crate::targets::Setup;
use crate::version::Version;
use crate::wire::Connack;
use crate::wire::property::id;

/// The sessions of a script by client identifier.
#[derive(Debug, Default)]
pub(super) struct Sessions(HashMap<Vec<u8>, Session>);

/// A session, as far as it is known.
#[derive(Debug)]
pub(super) struct Session {
    /// For how long it outlives its connection; `None` if that is not known.
    expiry_seconds: Option<u32>,
    /// When its last connection began: it cannot have ended before.
    since: Duration,
    /// Every QoS that was asked for or granted.
    pub(super) granted: Vec<u8>,
    /// A filter was asked for that matches other scripts' topics.
    pub(super) wild: bool,
}

impl Sessions {
    /// Whether the session of this CONNECT has to be there; `None` if that is not known. Client identifiers that
    /// begin with `prefix` are this script's own.
    pub(super) fn expected(&self, hello: &Hello, prefix: &str, now: Duration) -> Option<bool> {
        let identifier = &hello.client_identifier;
        if hello.clean || identifier.is_empty() {
            return Some(false);
        }
        let Some(session) = self.0.get(identifier) else {
            return identifier.starts_with(prefix.as_bytes()).then_some(false);
        };
        match session.expiry_seconds? {
            0 => Some(false),
            u32::MAX => Some(true),
            seconds => (now < session.since + Duration::from_secs(seconds.into())).then_some(true),
        }
    }

    /// CONNACK has accepted.
    pub(super) fn accepted(&mut self, hello: &Hello, connack: &Connack, now: Duration) -> Vec<u8> {
        let assigned = connack.properties.text(id::ASSIGNED_CLIENT_IDENTIFIER);
        let identifier = assigned.unwrap_or(&hello.client_identifier).to_vec();
        let announced = connack.properties.number(id::SESSION_EXPIRY_INTERVAL);
        let before = self.0.remove(&identifier).filter(|_| connack.session_present);
        let session = Session {
            expiry_seconds: Some(announced.unwrap_or(hello.session_expiry_seconds)),
            since: now,
            wild: before.as_ref().is_some_and(|session| session.wild),
            granted: before.map(|session| session.granted).unwrap_or_default(),
        };
        self.0.insert(identifier.clone(), session);
        identifier
    }

    /// The session of this client.
    pub(super) fn of(&mut self, identifier: &[u8]) -> Option<&mut Session> {
        self.0.get_mut(identifier)
    }
}

impl Session {
    /// It was changed in a way that is not followed.
    pub(super) fn forget_expiry(&mut self) {
        self.expiry_seconds = None;
    }

    /// This QoS was asked for or granted.
    pub(super) fn grant(&mut self, qos: u8) {
        if !self.granted.contains(&qos) {
            self.granted.push(qos);
        }
    }
}

/// Judges a CONNACK that accepts.
///
/// # Errors
/// What it says wrong, or does not say.
pub(super) fn judge(
    connack: &Connack,
    hello: &Hello,
    version: Version,
    session_present: Option<bool>,
) -> Result<(), String> {
    // 3.1.1 [MQTT-3.2.2-1], [MQTT-3.2.2-2], [MQTT-3.2.2-3]; 5.0 [MQTT-3.2.2-2], [MQTT-3.2.2-3]; 3.1 has no such flag.
    let expected = session_present.filter(|_| version != Version::V3_1);
    if expected.is_some_and(|expected| expected != connack.session_present) {
        return Err(format!("Session Present {}", u8::from(connack.session_present)));
    }
    if !version.is_5() {
        return Ok(());
    }
    let (asked, said) = (&hello.properties, &connack.properties);
    // 5.0 [MQTT-4.12.0-5], [MQTT-4.12.0-6]
    let method = asked.text(id::AUTHENTICATION_METHOD);
    if said.text(id::AUTHENTICATION_METHOD) != method {
        return Err(format!("not with the Authentication Method {method:?}"));
    }
    if method.is_none() && said.has(id::AUTHENTICATION_DATA) {
        return Err("Authentication Data without a method".into());
    }
    // 5.0 [MQTT-3.2.2-16]
    if said.has(id::ASSIGNED_CLIENT_IDENTIFIER) != hello.client_identifier.is_empty() {
        return Err("an Assigned Client Identifier for who has one, or none for who has none".into());
    }
    // 5.0 [MQTT-3.1.2-28]
    if said.has(id::RESPONSE_INFORMATION) && asked.number(id::REQUEST_RESPONSE_INFORMATION) != Some(1) {
        return Err("Response Information, unasked".into());
    }
    Ok(())
}

/// Judges what a CONNACK of 5.0 that accepts says of what the server cannot do (5.0 section 3.2.2.3). Our own says
/// no more than it has to.
///
/// # Errors
/// What it says wrong, or does not say.
pub(super) fn judge_capabilities(connack: &Connack, setup: Setup, ours: bool) -> Result<(), String> {
    const ALL: [u8; 5] = [
        id::MAXIMUM_QOS,
        id::RETAIN_AVAILABLE,
        id::WILDCARD_SUBSCRIPTION_AVAILABLE,
        id::SUBSCRIPTION_IDENTIFIER_AVAILABLE,
        id::SHARED_SUBSCRIPTION_AVAILABLE,
    ];
    let said = ALL.map(|property| connack.properties.number(property));
    let needed = match setup {
        Setup::FewCapabilities => [Some(1), Some(0), Some(0), Some(0), None],
        Setup::OnlyQoS0 => [Some(0), None, None, None, None],
        Setup::NoSharedSubscriptions => [None, None, None, None, Some(0)],
        _ => [None; 5],
    };
    for ((property, said), needed) in ALL.into_iter().zip(said).zip(needed) {
        if said != needed && (ours || needed.is_some()) {
            return Err(format!("property 0x{property:02X} is {said:?}, not {needed:?}"));
        }
    }
    Ok(())
}
