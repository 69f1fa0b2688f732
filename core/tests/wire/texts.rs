//! Texts, Topic Names, Topic Filters and Variable Byte Integers by themselves.

use hushwing_core::Violation as V;
use hushwing_core::wire::text::{has_discouraged_code_points, has_wildcard, text, topic_filter, topic_name};
use hushwing_core::wire::variable_byte_integer::{self, MAXIMUM};

use crate::hex;

#[test]
fn texts_are_well_formed_utf_8_without_nul() {
    // [MQTT-1.5.3-3] (3.1.1) [MQTT-1.5.4-3] (5.0): U+FEFF is a character like any other.
    for legal in ["", "a", "\u{FEFF}a", "\u{10FFFF}", "\u{1}\u{7F}\u{FFFF}", "\u{D7FF}\u{E000}"] {
        assert_eq!(text(legal.as_bytes()), Ok(legal));
    }
    for ill_formed in
        ["80", "C3", "C328", "C080", "C1BF", "E08080", "EDA080", "EDBFBF", "F08080AF", "F4908080"]
    {
        assert_eq!(text(&hex(ill_formed)), Err(V::TextNotUtf8), "{ill_formed}");
        assert_eq!(topic_name(&hex(ill_formed)), Err(V::TextNotUtf8), "{ill_formed}");
        assert_eq!(topic_filter(&hex(ill_formed)), Err(V::TextNotUtf8), "{ill_formed}");
    }
    for place in 0..70 {
        let mut bytes = [b'a'; 70];
        bytes[place] = 0;
        assert_eq!(text(&bytes), Err(V::TextNul));
        assert_eq!(topic_name(&bytes), Err(V::TextNul));
        assert_eq!(topic_filter(&bytes), Err(V::TextNul));
    }
}

#[test]
fn topic_names_have_no_wildcards() {
    for legal in ["/", " ", "a", "a//b", "$SYS/x", "é/日本", "/finance", "sport/tennis/player1"] {
        assert_eq!(topic_name(legal.as_bytes()), Ok(legal));
        assert!(!has_wildcard(legal));
    }
    assert_eq!(topic_name(b""), Err(V::TopicNameEmpty));
    for wildcard in ["#", "+", "a/#", "+/a", "a#b", "a+b", "sport/tennis/player1/ranking/of/the/year/+"] {
        assert_eq!(topic_name(wildcard.as_bytes()), Err(V::TopicNameWildcard));
        assert!(has_wildcard(wildcard));
    }
}

#[test]
fn topic_filters_have_wildcards_in_their_places() {
    // The examples of section 4.7.1, and some more.
    for legal in [
        "sport/tennis/player1/#",
        "sport/#",
        "#",
        "sport/tennis/#",
        "+",
        "+/tennis/#",
        "sport/+/player1",
        "+/+",
        "/+",
        "/",
        "a//#",
        "$SYS/#",
        "$share/g/+/#",
        "//",
        "/#",
        "é/+",
    ] {
        assert_eq!(topic_filter(legal.as_bytes()), Ok(legal));
    }
    assert_eq!(topic_filter(b""), Err(V::TopicFilterEmpty));
    for filter in ["sport/tennis#", "sport/tennis/#/ranking", "a#", "##", "#/", "#a", "+#", "a/+#"] {
        assert_eq!(topic_filter(filter.as_bytes()), Err(V::TopicFilterMultiLevelWildcard), "{filter}");
    }
    for filter in ["sport+", "+a", "a/b+/c", "++", "a/+b/#"] {
        assert_eq!(topic_filter(filter.as_bytes()), Err(V::TopicFilterSingleLevelWildcard), "{filter}");
    }
}

#[test]
fn discouraged_code_points_are_those_of_the_standard() {
    for code_point in (0..=0x10_FFFF).filter_map(char::from_u32) {
        let number = u32::from(code_point);
        let expected = matches!(number, 1..=0x1F | 0x7F..=0x9F | 0xFDD0..=0xFDEF)
            || matches!(number & 0xFFFF, 0xFFFE | 0xFFFF);
        let mut buffer = [0; 4];
        let found = has_discouraged_code_points(code_point.encode_utf8(&mut buffer));
        assert_eq!(found, expected, "U+{number:04X}");
    }
    assert!(has_discouraged_code_points("plain text and then a bell \u{7}"));
    assert!(!has_discouraged_code_points("plain text, déjà vu, 日本"));
}

#[test]
fn variable_byte_integers_change_length_where_the_standard_says() {
    // 5.0 Table 1-1.
    for (value, bytes) in [
        (0, "00"),
        (127, "7F"),
        (128, "80 01"),
        (16_383, "FF 7F"),
        (16_384, "80 80 01"),
        (2_097_151, "FF FF 7F"),
        (2_097_152, "80 80 80 01"),
        (268_435_455, "FF FF FF 7F"),
    ] {
        let bytes = hex(bytes);
        let mut encoded = Vec::new();
        variable_byte_integer::encode(value, &mut encoded);
        assert_eq!(encoded, bytes);
        assert_eq!(variable_byte_integer::length(value), bytes.len());
        assert_eq!(variable_byte_integer::decode(&bytes), Ok(Some((value, bytes.len()))));
        let more = [&bytes[..], &[0xFF]].concat();
        assert_eq!(variable_byte_integer::decode(&more), Ok(Some((value, bytes.len()))));
        for length in 0..bytes.len() {
            assert_eq!(variable_byte_integer::decode(&bytes[..length]), Ok(None));
        }
    }
    let mut encoded = Vec::new();
    variable_byte_integer::encode(u32::MAX, &mut encoded);
    assert_eq!(variable_byte_integer::decode(&encoded), Ok(Some((MAXIMUM, 4))));
    assert_eq!(variable_byte_integer::decode(&hex("80 00")), Ok(Some((0, 2))));
    assert_eq!(variable_byte_integer::decode(&hex("80808080")), Err(V::VariableByteIntegerTooLong));
}
