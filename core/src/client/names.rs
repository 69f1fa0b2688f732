//! Whether texts that the caller chose may go out.

use crate::wire::text;

/// Whether a text fits into a UTF-8 string of the wire (3.1.1 and 5.0 section 1.5).
pub(super) fn text_is_valid(text: &str) -> bool {
    text.len() <= usize::from(u16::MAX) && !text.contains('\0')
}

/// Whether this may be a Topic Name (3.1.1 and 5.0 section 4.7).
pub(super) fn topic_name_is_valid(topic: &str) -> bool {
    text_is_valid(topic) && text::topic_name(topic.as_bytes()).is_ok()
}

/// What a server may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FilterKind {
    pub(super) has_wildcard: bool,
    pub(super) is_shared: bool,
}

/// `None` if the filter is ill-formed (3.1.1 and 5.0 section 4.7, 5.0 section 4.8.2).
pub(super) fn filter_kind(filter: &str) -> Option<FilterKind> {
    if !text_is_valid(filter) {
        return None;
    }
    let Some(shared) = filter.strip_prefix("$share/") else {
        text::topic_filter(filter.as_bytes()).ok()?;
        return Some(FilterKind { has_wildcard: text::has_wildcard(filter), is_shared: false });
    };
    let (name, matched) = shared.split_once('/')?;
    text::topic_filter(matched.as_bytes()).ok()?;
    // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
    let named = !name.is_empty() && !text::has_wildcard(name);
    named.then(|| FilterKind { has_wildcard: text::has_wildcard(matched), is_shared: true })
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
