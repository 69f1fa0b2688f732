//! Topic matching (section 4.7), the plain way.

/// The filter of a shared subscription without `$share/ShareName/`; any other as it is.
pub fn without_share_name(filter: &str) -> &str {
    let behind = filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
    behind.map_or(filter, |(_, filter)| filter)
}

/// Whether messages of this topic go to groups alone: nobody subscribes to them otherwise.
pub fn is_shared(topic: &str) -> bool {
    topic.starts_with('$')
}

/// Whether a Topic Filter matches a Topic Name.
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for level in filter.split('/') {
        match (level, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(of)) if level == of => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn filters_match_as_in_section_4_7() {
        for (filter, topic) in [("#", "a/b"), ("a/#", "a"), ("a/+", "a/b"), ("+/b", "a/b"), ("a/b", "a/b")] {
            assert!(matches(filter, topic), "{filter} {topic}");
        }
        for (filter, topic) in [
            ("#", "$a"),
            ("+/b", "$a/b"),
            ("a/+", "a"),
            ("a", "a/b"),
            ("+", "a/b"),
            ("a/b", "a"),
            ("b/#", "a/b"),
        ] {
            assert!(!matches(filter, topic), "{filter} {topic}");
        }
    }
}
