use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

#[test]
fn mqtt_4_7_1_valid_and_invalid_filters() {
    // The examples of sections 4.7.1.2 and 4.7.1.3.
    for filter in
        ["sport/tennis/#", "#", "+", "+/tennis/#", "sport/+/player1", "/+", "+/+", "/", "$SYS/#", "//"]
    {
        assert_eq!(validate(filter), Ok(()), "{filter}");
    }
    let (multi, single) =
        (Violation::TopicFilterMultiLevelWildcard, Violation::TopicFilterSingleLevelWildcard);
    for (filter, violation) in [
        ("sport/tennis#", multi),
        ("sport/tennis/#/ranking", multi),
        ("##", multi),
        ("#/", multi),
        ("sport+", single),
        ("++", single),
        ("a/+b/c", single),
        ("", Violation::TopicFilterEmpty),
        ("a\0", Violation::TextNul),
    ] {
        assert_eq!(validate(filter), Err(violation), "{filter}");
    }
    assert_eq!(validate(&"x".repeat(65_535)), Ok(()));
    assert_eq!(validate(&"x".repeat(65_536)), Err(Violation::FilterTooLong));
}

#[test]
fn mqtt_4_7_1_multi_level_wildcard() {
    for topic in
        ["sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon"]
    {
        assert!(matches("sport/tennis/player1/#", topic), "{topic}");
    }
    assert!(!matches("sport/tennis/player1/#", "sport/tennis/player2"));
    assert!(!matches("sport/tennis/player1/#", "sport/tennis/player10"));
    // The parent level is included.
    assert!(matches("sport/#", "sport"));
    assert!(!matches("sport/tennis/#", "sport"));
    assert!(matches("#", "sport/tennis"));
    assert!(matches("#", "/"));
}

#[test]
fn mqtt_4_7_1_single_level_wildcard() {
    assert!(matches("sport/tennis/+", "sport/tennis/player1"));
    assert!(matches("sport/tennis/+", "sport/tennis/player2"));
    assert!(!matches("sport/tennis/+", "sport/tennis/player1/ranking"));
    // One level exactly, an empty one too.
    assert!(!matches("sport/+", "sport"));
    assert!(matches("sport/+", "sport/"));
    assert!(matches("+/+", "/finance"));
    assert!(matches("/+", "/finance"));
    assert!(!matches("+", "/finance"));
    assert!(matches("+/tennis/#", "sport/tennis"));
}

#[test]
fn mqtt_4_7_2_dollar_topics() {
    assert!(!matches("#", "$SYS/x"));
    assert!(!matches("+/monitor/Clients", "$SYS/monitor/Clients"));
    assert!(matches("$SYS/#", "$SYS/monitor/Clients"));
    assert!(matches("$SYS/#", "$SYS"));
    assert!(matches("$SYS/monitor/+", "$SYS/monitor/Clients"));
    // Only the first level is special.
    assert!(matches("a/+", "a/$x"));
    assert!(matches("a/#", "a/$x"));
}

#[test]
fn mqtt_4_7_3_letters_and_slashes_matter() {
    assert!(!matches("ACCOUNTS", "Accounts"));
    assert!(matches("Accounts payable", "Accounts payable"));
    assert!(!matches("/finance", "finance"));
    assert!(!matches("finance/", "finance"));
}

#[test]
fn one_filter_covers_another() {
    for (wide, narrow) in [
        ("#", "#"),
        ("#", "+/a"),
        ("+/#", "#"),
        ("a/#", "a"),
        ("a/+", "a/b"),
        ("+/+/#", "+/b/#"),
        ("$a/#", "$a/+"),
        ("/+/#", "/#"),
    ] {
        assert!(covers(wide, narrow), "{wide} {narrow}");
    }
    for (wide, narrow) in [
        ("#", "$SYS/#"),
        ("+", "$SYS"),
        ("+", "#"),
        ("a/+/#", "a/#"),
        ("+/+/#", "#"),
        ("a", "+"),
        ("a/+", "a"),
        ("a", "a/#"),
    ] {
        assert!(!covers(wide, narrow), "{wide} {narrow}");
    }
}

#[test]
fn filters_overlap() {
    for (one, other) in [("#", "a"), ("a/#", "a"), ("+/b", "a/+"), ("a/#", "+/b/#"), ("$a/+", "$a/#")] {
        assert!(overlaps(one, other) && overlaps(other, one), "{one} {other}");
    }
    for (one, other) in
        [("#", "$a"), ("+/b", "a/c"), ("a/+", "a"), ("a/b/#", "a"), ("$a/#", "+/b"), ("+", "/#")]
    {
        assert!(!overlaps(one, other) && !overlaps(other, one), "{one} {other}");
    }
}

#[test]
fn mqtt_4_8_2_shared_subscriptions() {
    // The examples of 5.0 section 4.8.2.
    assert_eq!(parse_shared("$share/consumer1/sport/tennis/+"), Ok(Some(("consumer1", "sport/tennis/+"))));
    assert_eq!(parse_shared("$share/consumer2//finance"), Ok(Some(("consumer2", "/finance"))));
    assert_eq!(parse_shared("$share/g/#"), Ok(Some(("g", "#"))));
    for ordinary in ["sport", "$SYS/a", "$share", "$shared/g/a", "a/$share/g/b"] {
        assert_eq!(parse_shared(ordinary), Ok(None), "{ordinary}");
    }
    for (filter, violation) in [
        ("$share/", Violation::ShareNameEmpty),
        ("$share//a", Violation::ShareNameEmpty),
        ("$share/g", Violation::ShareNameInvalid),
        ("$share/g/", Violation::ShareNameInvalid),
        ("$share/+/a", Violation::ShareNameInvalid),
        ("$share/#", Violation::ShareNameInvalid),
    ] {
        assert_eq!(parse_shared(filter), Err(violation), "{filter}");
    }
}

/// Every text of up to four levels of these: all that can make a difference between short filters.
fn all_topics() -> Vec<String> {
    let mut topics = Vec::new();
    let mut longest: Vec<String> = ["", "a", "b", "$", "z"].map(String::from).to_vec();
    for _ in 0..4 {
        topics.extend(longest.iter().filter(|topic| !topic.is_empty()).cloned());
        longest = longest
            .iter()
            .flat_map(|topic| ["", "a", "b", "$", "z"].map(|level| alloc::format!("{topic}/{level}")))
            .collect();
    }
    topics
}

/// The rules again, by recursion.
fn naive(filter: &[&str], topic: &[&str], first: bool) -> bool {
    match (filter.split_first(), topic.split_first()) {
        (None, None) => true,
        (Some((&"#", _)), None) => true,
        (Some((&"#", _)), Some((level, _))) => !(first && level.starts_with('$')),
        (Some((&"+", filter)), Some((level, topic))) => {
            !(first && level.starts_with('$')) && naive(filter, topic, false)
        }
        (Some((one, filter)), Some((other, topic))) => one == other && naive(filter, topic, false),
        _ => false,
    }
}

pub(crate) fn naive_matches(filter: &str, topic: &str) -> bool {
    naive(&filter.split('/').collect::<Vec<_>>(), &topic.split('/').collect::<Vec<_>>(), true)
}

pub(crate) fn any_filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![3 => Just("a"), 2 => Just("b"), 2 => Just("+"), 1 => Just(""), 1 => Just("$")];
    (prop::collection::vec(level, 1..=3), 0..3)
        .prop_map(|(levels, end)| match end {
            0 if levels.len() < 3 => levels.join("/") + "/#",
            1 if levels.len() == 1 => String::from("#"),
            _ => levels.join("/"),
        })
        .prop_filter("not empty", |filter| !filter.is_empty())
}

pub(crate) fn any_topic() -> impl Strategy<Value = String> {
    let level = prop_oneof![4 => Just("a"), 2 => Just("b"), 1 => Just(""), 1 => Just("$"), 1 => Just("z")];
    prop::collection::vec(level, 1..=4)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("not empty", |topic| !topic.is_empty())
}

proptest! {
    #[test]
    fn matching_is_what_the_rules_say(filter in any_filter(), topic in any_topic()) {
        prop_assert_eq!(validate(&filter), Ok(()));
        prop_assert_eq!(matches(&filter, &topic), naive_matches(&filter, &topic));
    }

    #[test]
    fn covering_and_overlapping_follow_from_matching(one in any_filter(), other in any_filter()) {
        let topics = all_topics();
        let both = |topic: &&String| naive_matches(&one, topic) && naive_matches(&other, topic);
        prop_assert_eq!(overlaps(&one, &other), topics.iter().any(|topic| both(&topic)));
        let escapes = |topic: &&String| naive_matches(&other, topic) && !naive_matches(&one, topic);
        prop_assert_eq!(covers(&one, &other), !topics.iter().any(|topic| escapes(&topic)));
    }
}
