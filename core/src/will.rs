//! The Will Message of a session (5.0 section 3.1.2.5, 3.1.1 section 3.1.2.5).

use alloc::boxed::Box;

use crate::time::Instant;
use crate::wire::{self, Properties, PropertiesBuffer, Property, QoS};

/// What is published when the connection ends without a DISCONNECT that takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Will {
    pub(crate) topic: Box<str>,
    pub(crate) payload: Box<[u8]>,
    /// Encoded properties that go out with it, in their order ([MQTT-3.1.3-10] of 5.0).
    pub(crate) properties: Box<[u8]>,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// Will Delay Interval.
    pub(crate) delay_seconds: u32,
    /// Message Expiry Interval, counted from the moment it is published (5.0 section 3.1.3.2.4).
    pub(crate) message_expiry_seconds: Option<u32>,
}

impl Will {
    pub(crate) fn new(will: &wire::Will<'_>) -> Self {
        Self {
            topic: will.topic.into(),
            payload: will.payload.into(),
            properties: forwarded(will.properties).into_bytes().into_boxed_slice(),
            qos: will.qos,
            retain: will.retain,
            delay_seconds: will.properties.will_delay_interval().unwrap_or(0),
            message_expiry_seconds: will.properties.message_expiry_interval(),
        }
    }

    /// When it is due, the connection having ended at `closed_at` and the session ending at `ends_at`: after
    /// the delay or with the session, whichever comes first ([MQTT-3.1.2-8] and section 3.1.3.2.2 of 5.0).
    pub(crate) fn due_at(&self, closed_at: Instant, ends_at: Instant) -> Instant {
        closed_at.after_seconds(self.delay_seconds.into()).min(ends_at)
    }

    /// Heap bytes, this value included: it lives in a box.
    pub(crate) fn cost(&self) -> usize {
        size_of::<Self>() + self.topic.len() + self.payload.len() + self.properties.len()
    }
}

/// The properties of a message that travel with every copy; the rest belong to the server.
pub(crate) fn forwarded(properties: Properties<'_>) -> PropertiesBuffer {
    let mut kept = PropertiesBuffer::new();
    for property in properties.iter() {
        let of_server = matches!(
            property,
            Property::MessageExpiryInterval(_)
                | Property::WillDelayInterval(_)
                | Property::TopicAlias(_)
                | Property::SubscriptionIdentifier(_)
        );
        if !of_server {
            kept.push(property);
        }
    }
    kept
}
