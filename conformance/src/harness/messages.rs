//! What was published, and what may come of it: a message as somebody published it.

use std::collections::HashMap;
use std::time::Duration;

use super::sent::Message;
use crate::wire::property::id;
use crate::wire::{Properties, Property, Publish};

/// The messages of a script.
#[derive(Debug, Default)]
pub(super) struct Messages(HashMap<Vec<u8>, Vec<(Message, Duration)>>);

impl Messages {
    /// This was published, or may be as a will, at this time.
    pub(super) fn add(&mut self, message: Message, now: Duration) {
        let all = self.0.entry(message.topic.clone()).or_default();
        let entry = (message, now);
        if all.last() != Some(&entry) {
            all.push(entry);
        }
    }

    /// Judges a PUBLISH to `topic`, on a connection that asked for, or was granted, these QoS.
    ///
    /// # Errors
    /// Why it may not come.
    pub(super) fn judge(
        &self,
        publish: &Publish,
        topic: &str,
        granted: &[u8],
        carries_properties: bool,
        now: Duration,
    ) -> Result<(), String> {
        let of_topic = self.0.get(topic.as_bytes()).map(Vec::as_slice).unwrap_or_default();
        let mut alike: Vec<_> = of_topic.iter().filter(|(it, _)| it.payload == publish.payload).collect();
        let mut left = |wrong: &str, fits: &dyn Fn(&(Message, Duration)) -> bool| {
            alike.retain(|it| fits(it));
            if alike.is_empty() { Err(wrong.to_owned()) } else { Ok(()) }
        };
        left("nobody published this", &|_| true)?;
        // 3.1.1 [MQTT-3.3.1-9], 5.0 [MQTT-3.3.1-12]
        left("RETAIN 1, though published with RETAIN 0", &|(it, _)| it.retain || !publish.retain)?;
        // 3.1.1 [MQTT-3.8.4-6], 5.0 [MQTT-3.8.4-8]
        left("neither its own QoS nor a granted one", &|(it, _)| {
            granted.is_empty() || granted.iter().any(|granted| publish.qos == it.qos.min(*granted))
        })?;
        if carries_properties {
            // 5.0 [MQTT-3.3.2-4] and others, 5.0 [MQTT-3.3.2-17], 5.0 [MQTT-3.3.2-18]
            left("not with the properties with which it was published", &|(it, _)| {
                passed_on(&it.properties) == passed_on(&publish.properties)
            })?;
            // 5.0 [MQTT-3.3.2-6]
            left("not with what is left of its Message Expiry Interval", &|(it, at)| {
                expiry_fits(&it.properties, &publish.properties, now.saturating_sub(*at))
            })?;
        }
        Ok(())
    }
}

/// The properties that are the message's: User Properties in their order, others in any.
fn passed_on(properties: &Properties) -> Vec<Property> {
    const OTHERS: [u8; 3] = [id::MESSAGE_EXPIRY_INTERVAL, id::SUBSCRIPTION_IDENTIFIER, id::TOPIC_ALIAS];
    let mut all: Vec<Property> =
        properties.0.iter().filter(|property| !OTHERS.contains(&property.id)).cloned().collect();
    all.sort_by_key(|property| property.id);
    all
}

/// No more than it had, and not less than may have passed, at most a second counted for a begun one.
fn expiry_fits(published: &Properties, found: &Properties, passed: Duration) -> bool {
    let number = |properties: &Properties| properties.number(id::MESSAGE_EXPIRY_INTERVAL);
    match (number(published), number(found)) {
        (None, None) => true,
        (Some(published), Some(found)) => {
            let passed = u32::try_from(passed.as_secs() + u64::from(passed.subsec_nanos() > 0));
            found <= published && found >= published.saturating_sub(passed.unwrap_or(u32::MAX))
        }
        _ => false,
    }
}
