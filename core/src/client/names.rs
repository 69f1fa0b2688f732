//! Whether texts that the caller chose may go out.

/// Whether a text fits into a UTF-8 string of the wire (3.1.1 and 5.0 section 1.5).
pub(super) fn text_is_valid(text: &str) -> bool {
    text.len() <= usize::from(u16::MAX) && !text.contains('\0')
}

/// [MQTT-4.7.1-1], [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT-4.7.3-3]
pub(super) fn topic_name_is_valid(topic: &str) -> bool {
    !topic.is_empty() && text_is_valid(topic) && !topic.contains(['+', '#'])
}

/// What a server may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FilterKind {
    pub(super) has_wildcard: bool,
    pub(super) is_shared: bool,
}

/// `None` if the filter is ill-formed (3.1.1 and 5.0 section 4.7, 5.0 section 4.8.2).
pub(super) fn filter_kind(filter: &str) -> Option<FilterKind> {
    let shared = filter.strip_prefix("$share/");
    let matched = match shared {
        Some(rest) => {
            let (name, matched) = rest.split_once('/')?;
            // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
            if name.is_empty() || name.contains(['+', '#']) {
                return None;
            }
            matched
        }
        None => filter,
    };
    if matched.is_empty() || !text_is_valid(filter) {
        return None;
    }
    let mut levels = matched.split('/').peekable();
    while let Some(level) = levels.next() {
        // [MQTT-4.7.1-1], [MQTT-4.7.1-2] of 5.0: a wildcard is a whole level, and '#' the last one.
        let alone = level.len() == 1 || !level.contains(['+', '#']);
        if !alone || (level == "#" && levels.peek().is_some()) {
            return None;
        }
    }
    Some(FilterKind { has_wildcard: matched.contains(['+', '#']), is_shared: shared.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_names() {
        for good in ["a", "/", "a//b", "$SYS/x", " "] {
            assert!(topic_name_is_valid(good), "{good:?}");
        }
        let long = "a".repeat(65_536);
        for bad in ["", "a/+", "#", "a\0b", &long] {
            assert!(!topic_name_is_valid(bad), "{:?}", &bad[..bad.len().min(9)]);
        }
    }

    #[test]
    fn filters() {
        let kind = |has_wildcard, is_shared| Some(FilterKind { has_wildcard, is_shared });
        for (filter, expected) in [
            ("a/b", kind(false, false)),
            ("+/b/#", kind(true, false)),
            ("/", kind(false, false)),
            ("$share/g/a", kind(false, true)),
            ("$share/g/#", kind(true, true)),
            ("$share", kind(false, false)),
            ("", None),
            ("a#", None),
            ("a/#/b", None),
            ("a/b+", None),
            ("$share/g", None),
            ("$share/g/", None),
            ("$share//a", None),
            ("$share/+/a", None),
            ("a\0", None),
        ] {
            assert_eq!(filter_kind(filter), expected, "{filter:?}");
        }
    }
}
