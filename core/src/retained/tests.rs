use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::topic::filter::matches;

fn store_of<'a>(topics: impl IntoIterator<Item = &'a str>) -> RetainedStore<u32> {
    let mut store = RetainedStore::new();
    for (topic, value) in topics.into_iter().zip(0..) {
        store.insert(topic, value);
    }
    store
}

/// All that matches, found with `budget` in each call, and the number of entries looked at.
fn replay(store: &RetainedStore<u32>, filter: &str, budget: usize) -> (Vec<String>, usize) {
    let (mut found, mut after, mut looked_at) = (Vec::new(), None::<String>, 0);
    loop {
        let mut left = budget;
        let next = store.next_match(filter, after.as_deref(), &mut left);
        looked_at += budget - left;
        match next {
            NextMatch::Found(topic, _) => {
                found.push(topic.to_string());
                after = Some(topic.to_string());
            }
            NextMatch::BudgetSpent(topic) => after = Some(topic.to_string()),
            NextMatch::Exhausted => return (found, looked_at),
        }
    }
}

#[test]
fn a_literal_filter_looks_at_its_topic_only() {
    let topics: Vec<String> = (0..1_000).map(|n| alloc::format!("a/{n}")).collect();
    let store = store_of(topics.iter().map(String::as_str));
    assert_eq!(replay(&store, "a/500", 100), (alloc::vec!["a/500".to_string()], 2));
    assert_eq!(replay(&store, "a", 100), (Vec::new(), 1));
    assert_eq!(replay(&store, "b", 100), (Vec::new(), 0));
}

#[test]
fn subtrees_that_cannot_match_are_jumped_over() {
    let mut topics: Vec<String> = (0..1_000).map(|n| alloc::format!("a/{n}")).collect();
    topics.extend((0..1_000).map(|n| alloc::format!("$SYS/{n}")));
    topics.extend(["b/x", "b/y", "c/x", "c-d/x", "c"].map(String::from));
    let store = store_of(topics.iter().map(String::as_str));
    let (found, looked_at) = replay(&store, "+/x", 100);
    assert_eq!(found, ["b/x", "c-d/x", "c/x"]);
    assert!(looked_at < 20, "{looked_at}");
    let (found, looked_at) = replay(&store, "c/#", 100);
    assert_eq!(found, ["c", "c/x"]);
    assert!(looked_at < 5, "{looked_at}");
    assert_eq!(replay(&store, "#", 7).0.len(), 1_005);
}

#[test]
fn mqtt_4_7_2_1_wildcards_leave_dollar_topics_alone() {
    let store = store_of(["#x", "$SYS", "$SYS/a", "$SYS/b", "a", "a/$b", "!"]);
    assert_eq!(replay(&store, "#", 10).0, ["!", "#x", "a", "a/$b"]);
    assert_eq!(replay(&store, "+/+", 10).0, ["a/$b"]);
    assert_eq!(replay(&store, "$SYS/#", 10).0, ["$SYS", "$SYS/a", "$SYS/b"]);
}

#[test]
fn the_budget_bounds_a_call() {
    let topics: Vec<String> = (0..1_000).map(|n| alloc::format!("{n:04}")).collect();
    let store = store_of(topics.iter().map(String::as_str));
    let mut budget = 10;
    assert_eq!(store.next_match("+/x", None, &mut budget), NextMatch::BudgetSpent("0009"));
    assert_eq!(budget, 0);
    // One entry at least, so that whoever goes on gets on.
    assert_eq!(store.next_match("+/x", Some("0009"), &mut budget), NextMatch::BudgetSpent("0010"));
}

#[derive(Clone, Debug)]
enum Step {
    Insert(String, u32),
    Remove(String),
}

fn any_topic() -> impl Strategy<Value = String> {
    let level = prop::sample::select(alloc::vec!["", "a", "a-", "a0", "b", "$", "ü"]);
    prop::collection::vec(level, 1..=4)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("not empty", |topic| !topic.is_empty())
}

fn any_filter() -> impl Strategy<Value = String> {
    let level = prop::sample::select(alloc::vec!["", "a", "a-", "b", "$", "+", "+", "ü"]);
    (prop::collection::vec(level, 1..=4), any::<bool>())
        .prop_map(|(levels, all)| if all { levels.join("/") + "/#" } else { levels.join("/") })
        .prop_filter("not empty", |filter| !filter.is_empty())
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any_topic(), any::<u32>()).prop_map(|(topic, value)| Step::Insert(topic, value)),
        1 => any_topic().prop_map(Step::Remove),
    ]
}

proptest! {
    #[test]
    fn the_store_is_a_map(steps in prop::collection::vec(any_step(), 0..100)) {
        let (mut store, mut model) = (RetainedStore::new(), BTreeMap::new());
        for step in steps {
            match step {
                Step::Insert(topic, value) => {
                    prop_assert_eq!(store.insert(&topic, value), model.insert(topic.clone(), value));
                    prop_assert_eq!(store.get(&topic), Some(&value));
                }
                Step::Remove(topic) => prop_assert_eq!(store.remove(&topic), model.remove(&topic)),
            }
            prop_assert_eq!(store.cost(), store.cost_walk());
            prop_assert_eq!(store.len(), model.len());
        }
        prop_assert!(store.iter().eq(model.iter().map(|(topic, value)| (topic.as_str(), value))));
    }

    #[test]
    fn the_cursor_finds_what_the_filter_matches(
        topics in prop::collection::btree_set(any_topic(), 0..60),
        filter in prop_oneof![any_filter(), Just("#".to_string())],
        budget in 1_usize..5,
    ) {
        let store = store_of(topics.iter().map(String::as_str));
        let expected: Vec<_> = topics.iter().filter(|topic| matches(&filter, topic)).cloned().collect();
        let (found, looked_at) = replay(&store, &filter, budget);
        prop_assert_eq!(found, expected);
        prop_assert!(looked_at <= topics.len());
    }
}
