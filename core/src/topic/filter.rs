//! Topic Filters: which are valid, what they match (section 4.7), and what one says about another.
//!
//! All but [`validate`] and [`parse_shared`] take filters and names that are valid.

use super::name::levels;
use crate::violation::Violation;
use crate::wire::text;

/// Whether this may stand in SUBSCRIBE and UNSUBSCRIBE as Topic Filter. A shared subscription is judged as
/// the text that it is; [`parse_shared`] says more.
///
/// # Errors
///
/// [`Violation::TopicFilterEmpty`] [MQTT-4.7.3-1], [`Violation::TextNul`] [MQTT-4.7.3-2],
/// [`Violation::FilterTooLong`] above 65,535 bytes [MQTT-4.7.3-3],
/// [`Violation::TopicFilterMultiLevelWildcard`], [`Violation::TopicFilterSingleLevelWildcard`].
pub fn validate(filter: &str) -> Result<(), Violation> {
    if filter.len() > usize::from(u16::MAX) {
        return Err(Violation::FilterTooLong);
    }
    text::topic_filter(filter.as_bytes()).map(|_| ())
}

/// Whether the filter has a wildcard, so that it can match more than one topic.
#[inline]
pub fn is_wildcard(filter: &str) -> bool {
    text::has_wildcard(filter)
}

/// Whether `filter` matches `topic`, a Topic Name.
pub fn matches(filter: &str, topic: &str) -> bool {
    if wildcard_meets_dollar(filter, topic) {
        return false;
    }
    let mut topic = levels(topic);
    for level in levels(filter) {
        // The multi-level wildcard includes the parent level (section 4.7.1.2), where `topic` has ended.
        if level == "#" {
            return true;
        }
        if topic.next().is_none_or(|of_topic| level != "+" && level != of_topic) {
            return false;
        }
    }
    topic.next().is_none()
}

/// Whether every topic that matches `narrow` matches `wide`, too.
pub fn covers(wide: &str, narrow: &str) -> bool {
    if wildcard_meets_dollar(wide, narrow) {
        return false;
    }
    let mut narrow = levels(without_empty_parent(narrow));
    for level in levels(wide) {
        if level == "#" {
            return true;
        }
        match narrow.next() {
            None | Some("#") => return false,
            Some(of_narrow) if level != "+" && level != of_narrow => return false,
            Some(_) => {}
        }
    }
    narrow.next().is_none()
}

/// Whether some topic matches both filters.
pub fn overlaps(one: &str, other: &str) -> bool {
    if wildcard_meets_dollar(one, other) || wildcard_meets_dollar(other, one) {
        return false;
    }
    let (mut one, mut other) = (levels(without_empty_parent(one)), levels(without_empty_parent(other)));
    loop {
        match (one.next(), other.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (None, _) | (_, None) => return false,
            (Some("+"), _) | (_, Some("+")) => {}
            (Some(of_one), Some(of_other)) if of_one != of_other => return false,
            (Some(_), Some(_)) => {}
        }
    }
}

/// The parts of `$share/ShareName/filter` (5.0 section 4.8.2), a valid filter as a text: the name and the
/// filter. `Ok(None)` if this is an ordinary filter.
///
/// # Errors
///
/// [`Violation::ShareNameEmpty`], [`Violation::ShareNameInvalid`].
pub fn parse_shared(filter: &str) -> Result<Option<(&str, &str)>, Violation> {
    let Some(rest) = filter.strip_prefix("$share/") else { return Ok(None) };
    let (name, filter) = rest.split_once('/').unwrap_or((rest, ""));
    // [MQTT-4.8.2-1]
    if name.is_empty() {
        return Err(Violation::ShareNameEmpty);
    }
    // [MQTT-4.8.2-2]: no wildcard in the name, a Topic Filter behind it.
    if is_wildcard(name) || filter.is_empty() {
        return Err(Violation::ShareNameInvalid);
    }
    Ok(Some((name, filter)))
}

/// Whether this is the filter of a shared subscription, and a well-formed one.
pub fn is_shared(filter: &str) -> bool {
    matches!(parse_shared(filter), Ok(Some(_)))
}

/// The filter that decides about topics: without `$share/ShareName/`, where that is before it.
pub fn without_share_name(filter: &str) -> &str {
    parse_shared(filter).ok().flatten().map_or(filter, |(_, filter)| filter)
}

/// A filter for the same topics. `/#` and `#` seem to include a parent level that is no Topic Name
/// [MQTT-4.7.3-1].
fn without_empty_parent(filter: &str) -> &str {
    match filter {
        "#" => "+/#",
        "/#" => "/+/#",
        _ => filter,
    }
}

/// [MQTT-4.7.2-1]: a filter that begins with a wildcard has nothing to do with topics that begin with `$`.
fn wildcard_meets_dollar(filter: &str, topic: &str) -> bool {
    topic.starts_with('$') && filter.starts_with(['+', '#'])
}

#[cfg(test)]
pub(crate) mod tests;
