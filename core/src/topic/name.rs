//! Topic Names (section 4.7).

use crate::violation::Violation;
use crate::wire::text;

/// The levels of a topic name or filter: at least one, empty ones included.
pub fn levels(topic: &str) -> core::str::Split<'_, char> {
    topic.split('/')
}

/// How many levels a topic name or filter has.
pub fn level_count(topic: &str) -> usize {
    topic.bytes().filter(|&byte| byte == b'/').count().saturating_add(1)
}

/// Whether this may stand in PUBLISH as Topic Name.
///
/// # Errors
///
/// [`Violation::TopicNameEmpty`] [MQTT-4.7.3-1], [`Violation::TextNul`] [MQTT-4.7.3-2],
/// [`Violation::TopicTooLong`] above 65,535 bytes [MQTT-4.7.3-3], [`Violation::TopicNameWildcard`]
/// [MQTT-3.3.2-2].
pub fn validate(topic: &str) -> Result<(), Violation> {
    if topic.len() > usize::from(u16::MAX) {
        return Err(Violation::TopicTooLong);
    }
    text::topic_name(topic.as_bytes()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn mqtt_4_7_3_valid_names() {
        // Spaces, case and slashes at both ends are all part of a name (section 4.7.3).
        for name in ["/", "ACCOUNTS", "Accounts payable", "/finance", "finance/", "$SYS/a", "a//b"] {
            assert_eq!(validate(name), Ok(()), "{name}");
        }
        assert_eq!(validate(&"x".repeat(65_535)), Ok(()));
    }

    #[test]
    fn mqtt_4_7_3_invalid_names() {
        let long = "x".repeat(65_536);
        for (name, violation) in [
            ("", Violation::TopicNameEmpty),
            ("a\0b", Violation::TextNul),
            ("sport/+", Violation::TopicNameWildcard),
            ("sport#", Violation::TopicNameWildcard),
            (&long, Violation::TopicTooLong),
        ] {
            assert_eq!(validate(name), Err(violation));
        }
    }

    #[test]
    fn slashes_separate_levels() {
        for (topic, expected) in [("a", &["a"][..]), ("/", &["", ""]), ("a//b/", &["a", "", "b", ""])] {
            assert_eq!(levels(topic).collect::<Vec<_>>(), expected);
            assert_eq!(level_count(topic), expected.len());
        }
    }
}
