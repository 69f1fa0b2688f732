//! A message that the caller publishes, and the copy that the client keeps.

use alloc::boxed::Box;
use core::num::NonZeroU16;

use crate::client::names::topic_name_is_valid;
use crate::client::{RequestError, ServerLimits, Ticket};
use crate::time::Instant;
use crate::version::ProtocolVersion;
use crate::wire::{Properties, PropertyContext, Publish, QoS, Sender};

/// A message to publish.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// Topic Name.
    pub topic: &'a str,
    /// Application message.
    pub payload: &'a [u8],
    /// Quality of service.
    pub qos: QoS,
    /// Whether it becomes the retained message of its topic.
    pub retain: bool,
    /// Properties of PUBLISH, without Topic Alias; 5.0 only. Message Expiry Interval counts from the call of
    /// [`crate::client::Client::publish`]: what is sent later says what is left of it.
    pub properties: Properties<'a>,
}

impl<'a> Publication<'a> {
    /// A QoS 0 publication without properties, not retained.
    pub const fn new(topic: &'a str, payload: &'a [u8]) -> Self {
        Self { topic, payload, qos: QoS::AtMostOnce, retain: false, properties: Properties::EMPTY }
    }

    /// Whether it is well-formed for this version, whatever the server.
    pub(super) fn check(&self, version: ProtocolVersion) -> Result<(), RequestError> {
        if !topic_name_is_valid(self.topic) {
            return Err(RequestError::TopicNameInvalid);
        }
        check_properties(self.properties, version, PropertyContext::Publish(Sender::Client))?;
        if self.properties.topic_alias().is_some() {
            return Err(RequestError::TopicAliasNotAllowed);
        }
        Ok(())
    }

    /// Whether the server takes it.
    pub(super) fn check_server(&self, server: &ServerLimits) -> Result<(), RequestError> {
        // [MQTT-3.2.2-11]
        if self.qos > server.maximum_qos {
            return Err(RequestError::QoSNotSupported { maximum: server.maximum_qos });
        }
        // [MQTT-3.2.2-14]
        if self.retain && !server.retain_available {
            return Err(RequestError::RetainNotSupported);
        }
        Ok(())
    }

    pub(super) fn packet(&self, duplicate: bool, packet_identifier: Option<NonZeroU16>) -> Publish<'a> {
        Publish {
            duplicate,
            qos: self.qos,
            retain: self.retain,
            topic: self.topic,
            packet_identifier,
            properties: self.properties,
            payload: self.payload,
        }
    }

    /// What it counts against [`crate::client::Limits::queue_bytes`].
    pub(super) fn cost_bytes(&self) -> usize {
        self.topic.len().saturating_add(self.payload.len()).saturating_add(self.properties.as_bytes().len())
    }
}

/// Whether `properties` may stand in a packet of this kind and version.
pub(super) fn check_properties(
    properties: Properties<'_>,
    version: ProtocolVersion,
    context: PropertyContext,
) -> Result<(), RequestError> {
    if properties.is_empty() {
        return Ok(());
    }
    if !version.has_properties() {
        return Err(RequestError::PropertiesNotSupported);
    }
    Properties::from_bytes(properties.as_bytes(), context).map_err(RequestError::PropertiesInvalid)?;
    Ok(())
}

/// A publication that the client keeps.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) ticket: Ticket,
    topic: Box<str>,
    payload: Box<[u8]>,
    properties: Box<[u8]>,
    qos: QoS,
    retain: bool,
    /// When the caller handed it in.
    since: Instant,
    expiry_seconds: Option<u32>,
}

impl Stored {
    pub(super) fn new(ticket: Ticket, now: Instant, publication: &Publication<'_>) -> Self {
        Self {
            ticket,
            topic: publication.topic.into(),
            payload: publication.payload.into(),
            properties: publication.properties.as_bytes().into(),
            qos: publication.qos,
            retain: publication.retain,
            since: now,
            expiry_seconds: publication.properties.message_expiry_interval(),
        }
    }

    /// When it expires, if it is not sent by then; `None`: never.
    pub(super) fn expires_at(&self) -> Option<Instant> {
        self.expiry_seconds.map(|seconds| self.since.after_seconds(seconds.into()))
    }

    /// What is left of its Message Expiry Interval in seconds, at least 0 (docs/decisions.md D8).
    pub(super) fn remaining_expiry_seconds(&self, now: Instant) -> Option<u32> {
        let waited = u32::try_from(now.since(self.since).as_secs()).unwrap_or(u32::MAX);
        self.expiry_seconds.map(|seconds| seconds.saturating_sub(waited))
    }

    pub(super) fn publication(&self) -> Publication<'_> {
        Publication {
            topic: &self.topic,
            payload: &self.payload,
            qos: self.qos,
            retain: self.retain,
            properties: Properties::from_validated(&self.properties),
        }
    }
}
