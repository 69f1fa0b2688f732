//! Retained messages by topic (section 3.3.1.3), and the bounded walk that a new subscription needs.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::ops::Bound;

/// What [`RetainedStore::next_match`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextMatch<'a, V> {
    /// The next topic that the filter matches. Go on after it.
    Found(&'a str, &'a V),
    /// No further topic matches.
    Exhausted,
    /// The budget is spent; nothing up to this topic (which does not match) was left out. Go on after it.
    BudgetSpent(&'a str),
}

/// One value for each topic, in the order of the topics' bytes.
///
/// ```
/// use hushwing_core::retained::{NextMatch, RetainedStore};
///
/// let mut store = RetainedStore::new();
/// store.insert("house/cellar/pump", "on");
/// store.insert("house/kitchen/lamp", "off");
/// store.insert("house/kitchen/pump", "off");
///
/// // All that a filter matches, looking at a bounded number of entries in one go.
/// let (mut found, mut after) = (Vec::new(), None);
/// loop {
///     let mut budget = 1;
///     match store.next_match("house/+/pump", after, &mut budget) {
///         NextMatch::Found(topic, value) => {
///             found.push((topic, *value));
///             after = Some(topic);
///         }
///         // Others have their turn here.
///         NextMatch::BudgetSpent(topic) => after = Some(topic),
///         NextMatch::Exhausted => break,
///     }
/// }
/// assert_eq!(found, [("house/cellar/pump", "on"), ("house/kitchen/pump", "off")]);
/// ```
#[derive(Debug)]
pub struct RetainedStore<V> {
    by_topic: BTreeMap<Box<str>, V>,
    topic_bytes: usize,
}

impl<V> Default for RetainedStore<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> RetainedStore<V> {
    /// An empty store.
    pub const fn new() -> Self {
        Self { by_topic: BTreeMap::new(), topic_bytes: 0 }
    }

    /// Sets the value of `topic`; gives the one that this replaces.
    pub fn insert(&mut self, topic: &str, value: V) -> Option<V> {
        if let Some(old) = self.by_topic.get_mut(topic) {
            return Some(core::mem::replace(old, value));
        }
        self.topic_bytes += topic.len();
        self.by_topic.insert(topic.into(), value)
    }

    /// Takes the value of `topic` out.
    pub fn remove(&mut self, topic: &str) -> Option<V> {
        let value = self.by_topic.remove(topic)?;
        self.topic_bytes -= topic.len();
        Some(value)
    }

    /// The value of `topic`.
    pub fn get(&self, topic: &str) -> Option<&V> {
        self.by_topic.get(topic)
    }

    /// The value of `topic`, to change it.
    pub fn get_mut(&mut self, topic: &str) -> Option<&mut V> {
        self.by_topic.get_mut(topic)
    }

    /// All values, in the order of the topics' bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.by_topic.iter().map(|(topic, value)| (&**topic, value))
    }

    /// How many topics have a value.
    pub fn len(&self) -> usize {
        self.by_topic.len()
    }

    /// Whether no topic has a value.
    pub fn is_empty(&self) -> bool {
        self.by_topic.is_empty()
    }

    /// The first topic behind `after` (in byte order; `None`: from the start) that `filter` matches. Each
    /// entry looked at takes one from `budget`, and at least one is; what the filter rules out as a whole is
    /// jumped over. The store may change between calls.
    pub fn next_match<'a>(
        &'a self,
        filter: &str,
        after: Option<&str>,
        budget: &mut usize,
    ) -> NextMatch<'a, V> {
        let start = after.map_or(Bound::Included(literal_beginning(filter)), Bound::Excluded);
        let mut entries = self.by_topic.range::<str, _>((start, Bound::Unbounded));
        let mut jump = String::new();
        while let Some((topic, value)) = entries.next() {
            *budget = budget.saturating_sub(1);
            match judge(filter, topic) {
                Judgement::Match => return NextMatch::Found(topic, value),
                Judgement::End => return NextMatch::Exhausted,
                _ if *budget == 0 => return NextMatch::BudgetSpent(topic),
                Judgement::Next => {}
                Judgement::Jump { keep, literal, end } => {
                    jump.clear();
                    jump.extend([topic.get(..keep).unwrap_or_default(), literal, end]);
                    let start = Bound::Included(jump.as_str());
                    entries = self.by_topic.range::<str, _>((start, Bound::Unbounded));
                }
            }
        }
        NextMatch::Exhausted
    }

    /// Bytes held: the topics, and twice a topic's place in the map, which has nodes that are half full.
    /// What the values hold elsewhere is not in it.
    pub fn cost(&self) -> usize {
        self.topic_bytes + self.len() * Self::ENTRY_BYTES
    }

    /// [`Self::cost`], by a walk through everything.
    pub fn cost_walk(&self) -> usize {
        self.by_topic.keys().map(|topic| topic.len() + Self::ENTRY_BYTES).sum()
    }

    const ENTRY_BYTES: usize = 2 * size_of::<(Box<str>, V)>();
}

/// What a filter says about a topic, and where the next topic can be that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judgement<'f> {
    Match,
    /// No match; the next one may be.
    Next,
    /// No match up to the text made of the topic's first `keep` bytes, `literal` and `end`.
    Jump {
        keep: usize,
        literal: &'f str,
        end: &'static str,
    },
    /// No match from here on.
    End,
}

/// The character behind `/`: `x0` is the first text behind all that begin with `x/`.
const BEHIND_SLASH: &str = "0";
/// The same for `$`.
const BEHIND_DOLLAR: &str = "%";

/// Goes through filter and topic side by side, literal levels of the filter in one piece.
fn judge<'f>(filter: &'f str, topic: &str) -> Judgement<'f> {
    // [MQTT-4.7.2-1]
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return Judgement::Jump { keep: 0, literal: "", end: BEHIND_DOLLAR };
    }
    let (mut filter, mut at) = (filter, 0);
    // What to do when nothing further can match beneath the last level that a `+` stands for.
    let mut leave = Judgement::End;
    loop {
        let rest = topic.get(at..).unwrap_or_default();
        if filter == "#" {
            return Judgement::Match;
        }
        if let Some(behind) = filter.strip_prefix('+') {
            let Some(length) = rest.find('/') else {
                return if matches!(behind, "" | "/#") { Judgement::Match } else { Judgement::Next };
            };
            at += length;
            leave = Judgement::Jump { keep: at, literal: "", end: BEHIND_SLASH };
            if behind.is_empty() {
                return leave;
            }
            filter = behind.get(1..).unwrap_or_default();
        } else {
            let literal = literal_beginning(filter);
            let behind = filter.get(literal.len()..).unwrap_or_default();
            if let Some(judgement) = judge_literal(literal, behind, rest, at, leave) {
                return judgement;
            }
            at += literal.len();
            filter = behind.get(1..).unwrap_or_default();
        }
        // Both go on behind a `/`.
        at += 1;
    }
}

/// `rest` is what the topic has from byte `at` on, where the filter has `literal` and then `behind`. `None`
/// if the two agree and both go on.
fn judge_literal<'f>(
    literal: &'f str,
    behind: &str,
    rest: &str,
    at: usize,
    leave: Judgement<'f>,
) -> Option<Judgement<'f>> {
    let beneath = Judgement::Jump { keep: at, literal, end: "/" };
    match rest.strip_prefix(literal) {
        None if rest < literal => Some(Judgement::Jump { keep: at, literal, end: "" }),
        None => Some(leave),
        Some("") => Some(if matches!(behind, "" | "/#") { Judgement::Match } else { beneath }),
        Some(_) if behind.is_empty() => Some(leave),
        Some(more) if more.starts_with('/') => None,
        // Such as `a-b` between `a` and `a/b`.
        Some(more) => Some(if more < "/" { beneath } else { leave }),
    }
}

/// The levels before the first wildcard.
fn literal_beginning(filter: &str) -> &str {
    match filter.find(['+', '#']) {
        None => filter,
        Some(wildcard) => filter.get(..wildcard.saturating_sub(1)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
