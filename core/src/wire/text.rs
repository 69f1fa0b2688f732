//! Text on the wire: strict UTF-8 without U+0000 (5.0 section 1.5.4, 3.1.1 section 1.5.3), and the shape of
//! Topic Names and Topic Filters (section 4.7).

use crate::violation::Violation;

/// The text in `bytes`.
///
/// # Errors
///
/// [`Violation::TextNotUtf8`] (surrogates and overlong forms too), [`Violation::TextNul`].
#[inline]
pub fn text(bytes: &[u8]) -> Result<&str, Violation> {
    // [MQTT-1.5.3-1] (3.1.1) [MQTT-1.5.4-1] (5.0)
    let text = core::str::from_utf8(bytes).map_err(|_| Violation::TextNotUtf8)?;
    // [MQTT-1.5.3-2] (3.1.1) [MQTT-1.5.4-2] (5.0)
    if has_byte(bytes, |byte| byte == 0) { Err(Violation::TextNul) } else { Ok(text) }
}

/// The Topic Name in `bytes`: text, not empty, without wildcards.
///
/// # Errors
///
/// As [`text`], and [`Violation::TopicNameEmpty`], [`Violation::TopicNameWildcard`].
#[inline]
pub fn topic_name(bytes: &[u8]) -> Result<&str, Violation> {
    // [MQTT-4.7.3-1]
    if bytes.is_empty() {
        return Err(Violation::TopicNameEmpty);
    }
    let name = core::str::from_utf8(bytes).map_err(|_| Violation::TextNotUtf8)?;
    if has_byte(bytes, |byte| matches!(byte, 0 | b'#' | b'+')) {
        return Err(topic_name_fault(name));
    }
    Ok(name)
}

#[cold]
fn topic_name_fault(name: &str) -> Violation {
    // [MQTT-4.7.3-2], then [MQTT-3.3.2-2]
    if name.contains('\0') { Violation::TextNul } else { Violation::TopicNameWildcard }
}

/// The Topic Filter in `bytes`: text, not empty, `#` only alone in the last level, `+` only alone in a level.
/// A shared subscription (`$share/...`) is judged as the text that it is.
///
/// # Errors
///
/// As [`text`], and [`Violation::TopicFilterEmpty`], [`Violation::TopicFilterMultiLevelWildcard`],
/// [`Violation::TopicFilterSingleLevelWildcard`].
pub fn topic_filter(bytes: &[u8]) -> Result<&str, Violation> {
    let filter = text(bytes)?;
    // [MQTT-4.7.3-1]
    if filter.is_empty() {
        return Err(Violation::TopicFilterEmpty);
    }
    if !has_wildcard(filter) {
        return Ok(filter);
    }
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        // [MQTT-4.7.1-2] (3.1.1) [MQTT-4.7.1-1] (5.0)
        if level.contains('#') && (level.len() > 1 || levels.peek().is_some()) {
            return Err(Violation::TopicFilterMultiLevelWildcard);
        }
        // [MQTT-4.7.1-3] (3.1.1) [MQTT-4.7.1-2] (5.0)
        if level.contains('+') && level.len() > 1 {
            return Err(Violation::TopicFilterSingleLevelWildcard);
        }
    }
    Ok(filter)
}

/// Whether `topic` has a `#` or a `+`.
#[inline]
pub fn has_wildcard(topic: &str) -> bool {
    has_byte(topic.as_bytes(), |byte| matches!(byte, b'#' | b'+'))
}

/// Whether `text` has a code point that a receiver may refuse: U+0001 to U+001F, U+007F to U+009F, or a
/// non-character (5.0 section 1.5.4).
pub fn has_discouraged_code_points(text: &str) -> bool {
    // Plain printable ASCII, which is nearly everything, needs no look at code points.
    if !has_byte(text.as_bytes(), |byte| !matches!(byte, 0x20..=0x7E)) {
        return false;
    }
    text.chars().any(|character| {
        let code_point = u32::from(character);
        matches!(code_point, 0x01..=0x1F | 0x7F..=0x9F | 0xFDD0..=0xFDEF) || code_point & 0xFFFE == 0xFFFE
    })
}

// Looks at every byte without leaving early, which the compiler turns into vector instructions.
#[inline(always)]
fn has_byte(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |found, &byte| found | wanted(byte))
}
