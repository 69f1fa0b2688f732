//! The bounds that the limits set to texts and properties from a client.

use super::Broker;
use crate::violation::Violation;
use crate::wire::{Properties, text};

impl Broker {
    /// The limits of a Topic Name.
    pub(super) fn check_topic(&self, topic: &str) -> Result<(), Violation> {
        let limits = &self.config().limits;
        if topic.len() > usize::from(limits.topic_bytes) {
            return Err(Violation::TopicTooLong);
        }
        // So many levels take as many bytes, less one.
        if topic.len() >= usize::from(limits.topic_levels)
            && topic.bytes().filter(|byte| *byte == b'/').count() >= usize::from(limits.topic_levels)
        {
            return Err(Violation::TopicTooManyLevels);
        }
        self.check_text(topic)
    }

    /// Section 1.5.4 of 5.0 and 1.5.3 of 3.1.1 leave some characters to the server.
    pub(super) fn check_text(&self, text: &str) -> Result<(), Violation> {
        if self.config().policy.refuse_control_characters && text::has_discouraged_code_points(text) {
            return Err(Violation::DiscouragedCodePoint);
        }
        Ok(())
    }

    /// The limits of the properties of a packet.
    pub(super) fn check_properties(&self, properties: Properties<'_>) -> Result<(), Violation> {
        if properties.is_empty() {
            return Ok(());
        }
        let limits = &self.config().limits;
        if properties.as_bytes().len() > limits.properties_bytes as usize {
            return Err(Violation::PropertiesTooLong);
        }
        if properties.user_properties().count() > usize::from(limits.user_properties) {
            return Err(Violation::TooManyUserProperties);
        }
        if self.config().policy.refuse_control_characters {
            properties.texts().try_for_each(|text| self.check_text(text))?;
        }
        Ok(())
    }
}
