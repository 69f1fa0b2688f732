//! The topics and filters of the world, and which of them belong together, found out the plain way.

use std::sync::OnceLock;

use crate::crash::topic::{matches, without_share_name};

/// Topic Names that messages go to. Long ones are worth an alias.
pub const TOPICS: [&str; 18] = [
    "a",
    "a/b",
    "a/b/c",
    "a//c",
    "b",
    "b/c",
    "b/c/d",
    "/a",
    "house/kitchen/temperature",
    "house/kitchen/humidity",
    "house/hall/temperature",
    "house/attic/light",
    "$own/a",
    "ask/a",
    "ask/b/c",
    "no/a",
    "will/x",
    "will/y",
];

/// Where the topics of wills begin.
pub const WILL_TOPICS: [u16; 2] = [16, 17];

/// Topic Filters that clients subscribe to.
pub const FILTERS: [&str; 30] = [
    "#",
    "+",
    "a",
    "a/b",
    "a/#",
    "a/+",
    "+/b",
    "a/+/c",
    "+/+",
    "b/#",
    "b/c",
    "/+",
    "house/#",
    "house/+/temperature",
    "house/kitchen/+",
    "house/kitchen/temperature",
    "$own/#",
    "$own/a",
    "ask/#",
    "ask/a",
    "no/#",
    "no/a",
    "will/+",
    "will/x",
    "+/kitchen/#",
    "$share/g/house/#",
    "$share/h/house/+/temperature",
    "$share/g/a/+",
    "$share/h/b/#",
    "$share/g/ask/+",
];

/// The first filter that is shared.
pub const FIRST_SHARED: usize = 25;

/// Whether this filter is of a shared subscription.
pub const fn is_shared(filter: usize) -> bool {
    filter >= FIRST_SHARED
}

/// The filters that match this topic.
pub fn filters_of(topic: u16) -> &'static [u8] {
    static TABLE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let of = |topic: &&str| {
            (0..FILTERS.len() as u8)
                .filter(|filter| matches(without_share_name(FILTERS[usize::from(*filter)]), topic))
                .collect()
        };
        TOPICS.iter().map(of).collect()
    });
    &table[usize::from(topic)]
}

/// Whether this filter matches this topic.
pub fn fits(filter: usize, topic: u16) -> bool {
    filters_of(topic).contains(&(filter as u8))
}

/// The place of this Topic Name.
pub fn topic_number(name: &str) -> Option<u16> {
    TOPICS.iter().position(|topic| *topic == name).map(|place| place as u16)
}
