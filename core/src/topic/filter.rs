//! Topic Filters: which are valid, what they match (section 4.7), and what one says about another.
//!
//! All but [`is_valid`] and [`parse_shared`] take filters and names that are valid.

use super::name::levels;

/// Whether this may stand in SUBSCRIBE and UNSUBSCRIBE as Topic Filter: at least one character
/// [MQTT-4.7.3-1], no U+0000 [MQTT-4.7.3-2], at most 65,535 bytes [MQTT-4.7.3-3], `+` only as a whole level
/// [MQTT-4.7.1-3] (5.0: [MQTT-4.7.1-2]), `#` only as the whole last level [MQTT-4.7.1-2]
/// (5.0: [MQTT-4.7.1-1]).
pub fn is_valid(filter: &str) -> bool {
    if filter.is_empty() || filter.len() > 65_535 || filter.contains('\0') {
        return false;
    }
    let mut last_level = false;
    levels(filter).all(|level| {
        let goes_on = !last_level;
        last_level = level == "#";
        goes_on && (level.len() == 1 || !is_wildcard(level))
    })
}

/// Whether the filter has a wildcard, so that it can match more than one topic.
pub fn is_wildcard(filter: &str) -> bool {
    filter.bytes().any(|byte| matches!(byte, b'+' | b'#'))
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
    // The same topics: there is none without a level.
    let narrow = if narrow == "#" { "+/#" } else { narrow };
    let mut narrow = levels(narrow);
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
    let (mut one, mut other) = (levels(one), levels(other));
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

/// A filter that begins with `$share/` and is no Shared Subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidShare;

/// The parts of `$share/ShareName/filter` (5.0 section 4.8.2): the name and the filter. `Ok(None)` if this is
/// an ordinary filter.
pub fn parse_shared(filter: &str) -> Result<Option<(&str, &str)>, InvalidShare> {
    let Some(rest) = filter.strip_prefix("$share/") else { return Ok(None) };
    // [MQTT-4.8.2-2]: a `/` and a Topic Filter behind the name.
    let (name, filter) = rest.split_once('/').ok_or(InvalidShare)?;
    // [MQTT-4.8.2-1], [MQTT-4.8.2-2]: a name of at least one character, none of them a wildcard.
    if name.is_empty() || is_wildcard(name) || !is_valid(filter) {
        return Err(InvalidShare);
    }
    Ok(Some((name, filter)))
}

/// [MQTT-4.7.2-1]: a filter that begins with a wildcard has nothing to do with topics that begin with `$`.
fn wildcard_meets_dollar(filter: &str, topic: &str) -> bool {
    topic.starts_with('$') && filter.starts_with(['+', '#'])
}

#[cfg(test)]
mod tests;
