//! Topic matching (section 4.7), the plain way.

/// Whether a Topic Filter matches a Topic Name.
pub fn matches(filter: &str, topic: &str) -> bool {
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
        for (filter, topic) in [("a/+", "a"), ("a", "a/b"), ("+", "a/b"), ("a/b", "a"), ("b/#", "a/b")] {
            assert!(!matches(filter, topic), "{filter} {topic}");
        }
    }
}
