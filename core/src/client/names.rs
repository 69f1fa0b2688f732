//! Whether texts that the caller chose may go out.

use crate::topic::{filter, name};

/// Whether a text fits into a UTF-8 string of the wire (3.1.1 and 5.0 section 1.5).
pub(super) fn text_is_valid(text: &str) -> bool {
    text.len() <= usize::from(u16::MAX) && !text.contains('\0')
}

/// Whether this may be a Topic Name (3.1.1 and 5.0 section 4.7).
pub(super) fn topic_name_is_valid(topic: &str) -> bool {
    name::validate(topic).is_ok()
}

/// What a server may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FilterKind {
    pub(super) has_wildcard: bool,
    pub(super) is_shared: bool,
}

/// `None` if the filter is ill-formed (3.1.1 and 5.0 section 4.7, 5.0 section 4.8.2).
pub(super) fn filter_kind(whole: &str) -> Option<FilterKind> {
    let shared = filter::parse_shared(whole).ok()?;
    let matched = shared.map_or(whole, |(_, matched)| matched);
    let valid = filter::validate(whole).is_ok();
    valid.then(|| FilterKind { has_wildcard: filter::is_wildcard(matched), is_shared: shared.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert!(text_is_valid("") && text_is_valid(&"a".repeat(65_535)));
        assert!(!text_is_valid("a\0") && !text_is_valid(&"a".repeat(65_536)));
        let share = alloc::format!("$share/{}/a", "g".repeat(65_530));
        assert_eq!(filter_kind(&share), None);
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
