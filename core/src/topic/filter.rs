//! Topic Filters: which are valid, what they match (section 4.7), and what one says about another.

/// Whether the filter has a wildcard.
pub fn is_wildcard(filter: &str) -> bool {
    filter.bytes().any(|byte| matches!(byte, b'+' | b'#'))
}
/// Whether this is a Topic Filter.
pub fn is_valid(filter: &str) -> bool {
    let _ = filter;
    true
}
/// Whether `filter` matches `topic`.
pub fn matches(filter: &str, topic: &str) -> bool {
    let _ = (filter, topic);
    true
}
/// Whether every topic that matches `narrow` matches `wide` too.
pub fn covers(wide: &str, narrow: &str) -> bool {
    let _ = (wide, narrow);
    true
}
/// Whether some topic matches both.
pub fn overlaps(one: &str, other: &str) -> bool {
    let _ = (one, other);
    true
}
/// `$share/name/filter` in its parts (5.0 section 4.8.2): `Ok(None)` if this is an ordinary filter.
pub fn parse_shared(filter: &str) -> Result<Option<(&str, &str)>, InvalidShare> {
    let _ = filter;
    Ok(None)
}
/// A filter that begins with `$share/` and is no Shared Subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidShare;
