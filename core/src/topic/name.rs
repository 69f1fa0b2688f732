//! Topic Names (section 4.7).

/// The levels of a topic name or filter: at least one, empty ones included.
pub fn levels(topic: &str) -> core::str::Split<'_, char> {
    topic.split('/')
}

/// How many levels a topic name or filter has.
pub fn level_count(topic: &str) -> usize {
    topic.bytes().filter(|&byte| byte == b'/').count().saturating_add(1)
}

/// Whether this may stand in PUBLISH as Topic Name: at least one character [MQTT-4.7.3-1], no wildcard
/// [MQTT-3.3.2-2], no U+0000 [MQTT-4.7.3-2], at most 65,535 bytes [MQTT-4.7.3-3].
pub fn is_valid(topic: &str) -> bool {
    !topic.is_empty() && topic.len() <= 65_535 && !topic.bytes().any(|byte| matches!(byte, b'+' | b'#' | 0))
}
