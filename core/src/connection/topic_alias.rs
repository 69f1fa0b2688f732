//! Topic aliases that a client set (5.0 section 3.3.2.3.4): for one connection, one direction.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// Which topic each alias stands for.
#[derive(Debug, Default)]
pub(crate) struct TopicAliases {
    topics: Vec<Option<Box<str>>>,
    text_bytes: usize,
}

impl TopicAliases {
    /// Sets or replaces a mapping. The caller has checked that `alias` is within the maximum
    /// ([MQTT-3.3.2-8], [MQTT-3.3.2-9]).
    pub(crate) fn set(&mut self, alias: u16, topic: &str) {
        let index = usize::from(alias);
        if self.topics.len() <= index {
            self.topics.resize(index + 1, None);
        }
        if let Some(place) = self.topics.get_mut(index) {
            self.text_bytes -= place.as_ref().map_or(0, |old| old.len());
            self.text_bytes += topic.len();
            *place = Some(topic.into());
        }
    }

    pub(crate) fn get(&self, alias: u16) -> Option<&str> {
        self.topics.get(usize::from(alias))?.as_deref()
    }

    pub(crate) fn heap_cost(&self) -> usize {
        self.topics.capacity() * size_of::<Option<Box<str>>>() + self.text_bytes
    }
}
