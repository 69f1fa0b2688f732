//! The chapters of the standard, by number.

use crate::version::Version;
use crate::wire::PACKET_TYPES;

/// The numbers in a section or an id: `3.1.2.11` as `[3, 1, 2, 11]`.
pub(super) fn numbers(text: &str) -> Vec<u32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

/// The chapter that a section belongs to: `3.1 CONNECT`. Chapters 3 and 4 are taken apart.
pub(super) fn chapter(version: Version, section: &str) -> (Vec<u32>, String) {
    let numbered = section.starts_with(|c: char| c.is_ascii_digit());
    let numbers = if numbered { numbers(section) } else { packet(section).unwrap_or_default() };
    let length = if matches!(numbers.first(), Some(3 | 4)) { 2 } else { 1 };
    let chapter: Vec<u32> = numbers.into_iter().take(length).collect();
    let number = chapter.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    let name = match (chapter.as_slice(), title(version, &chapter)) {
        ([], _) if section.is_empty() => "Without a statement".to_owned(),
        ([], _) => section.to_owned(),
        (_, title) => format!("{number} {title}"),
    };
    (if chapter.is_empty() { vec![u32::MAX] } else { chapter }, name)
}

/// MQTT 3.1 has no numbers: its rules are filed by packet.
fn packet(name: &str) -> Option<Vec<u32>> {
    (1..=15).find(|number| title(Version::V5_0, &[3, *number]) == name).map(|number| vec![3, number])
}

fn title(version: Version, chapter: &[u32]) -> &'static str {
    match (chapter, version) {
        ([1], _) => "Data representation",
        ([2], _) => "Control packet format",
        // A packet type is described in the section of its number.
        ([3, packet @ 1..=15], _) => PACKET_TYPES[*packet as usize],
        ([4, 1], _) => "Session state",
        ([4, 2], _) => "Network connections",
        ([4, 3], _) => "Quality of Service",
        ([4, 4], _) => "Message delivery retry",
        ([4, 5], _) => "Message receipt",
        ([4, 6], _) => "Message ordering",
        ([4, 7], _) => "Topic names and filters",
        ([4, 8], Version::V5_0) => "Subscriptions",
        ([4, 8], _) => "Handling errors",
        ([4, 9], _) => "Flow control",
        ([4, 10], _) => "Request and response",
        ([4, 11], _) => "Server redirection",
        ([4, 12], _) => "Enhanced authentication",
        ([4, 13], _) => "Handling errors",
        ([5], _) => "Security",
        ([6], _) => "WebSocket",
        ([7], _) => "Conformance",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::chapter;
    use crate::Version;

    #[test]
    fn sections_have_chapters() {
        let name = |section| chapter(Version::V5_0, section).1;
        assert_eq!(name("3.1.2.11"), "3.1 CONNECT");
        assert_eq!(name("3.15"), "3.15 AUTH");
        assert_eq!(name("1.5.4"), "1 Data representation");
        assert_eq!(name("4.13.2"), "4.13 Handling errors");
        assert_eq!(name("3.4-3.7"), "3.4 PUBACK");
        assert_eq!(name("SUBACK"), "3.9 SUBACK");
        assert_eq!(name("Keep Alive"), "Keep Alive");
        assert_eq!(name("UTF-8"), "UTF-8");
        assert_eq!(chapter(Version::V3_1_1, "4.8").1, "4.8 Handling errors");
    }
}
