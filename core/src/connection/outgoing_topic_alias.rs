//! Topic aliases that the server sets (5.0 section 3.3.2.3.4): for one connection, one direction.
//!
//! An alias is worth its three bytes for a long topic that comes again. So a topic gets one with its second
//! delivery, as far as a small filter of the last topics can tell. When all are given away, one that was not
//! used lately is given to another topic.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashTable;

/// Topics shorter than this get no alias.
pub(crate) const WORTHWHILE_FROM_BYTES: usize = 12;

/// How often the hand passes a topic that rests before its alias is given away. Topics that come in turn keep
/// their aliases then, unless they are many times more than there are aliases.
const PATIENCE: u8 = 8;

/// How many topics are remembered that were delivered once.
const DELIVERED_ONCE: usize = 64;

/// What to do about the topic of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alias {
    /// Say it in full.
    None,
    /// Say it in full and set this alias; [`OutgoingTopicAliases::set`] once it was written.
    New(u16),
    /// Say this alias instead.
    Known(u16),
}

/// Which alias stands for which topic.
#[derive(Debug)]
pub(crate) struct OutgoingTopicAliases {
    /// Alias 1 is first.
    set: Vec<Topic>,
    by_topic: HashTable<u8>,
    /// Hashes of topics that were delivered; each has one place.
    delivered: [u32; DELIVERED_ONCE],
    /// The alias that is next to be given away anew, from 0.
    hand: usize,
    text_bytes: usize,
}

#[derive(Debug)]
struct Topic {
    text: Box<str>,
    hash: u64,
    /// How often the hand may still pass.
    patience: u8,
}

impl Default for OutgoingTopicAliases {
    fn default() -> Self {
        let delivered = [0; DELIVERED_ONCE];
        Self { set: Vec::new(), by_topic: HashTable::new(), delivered, hand: 0, text_bytes: 0 }
    }
}

impl OutgoingTopicAliases {
    /// What to do about a delivery of `topic`, whose hash is `hash`, with aliases up to `maximum`
    /// ([MQTT-3.1.2-26], [MQTT-3.3.2-8]).
    pub(crate) fn choose(&mut self, topic: &str, hash: u64, maximum: u8) -> Alias {
        if let Some(index) = self.find(topic, hash) {
            if let Some(found) = self.set.get_mut(usize::from(index)) {
                found.patience = PATIENCE;
            }
            return Alias::Known(u16::from(index) + 1);
        }
        if self.delivered.get(place(hash)) != Some(&tag(hash)) {
            return Alias::None;
        }
        if self.set.len() < usize::from(maximum) {
            return u16::try_from(self.set.len() + 1).map_or(Alias::None, Alias::New);
        }
        self.turn()
    }

    /// The alias under the hand, if it has not been used for long; the hand moves on.
    fn turn(&mut self) -> Alias {
        let hand = if self.hand < self.set.len() { self.hand } else { 0 };
        let Some(topic) = self.set.get_mut(hand) else { return Alias::None };
        if topic.patience > 0 {
            topic.patience -= 1;
            self.hand = hand + 1;
            return Alias::None;
        }
        self.hand = hand;
        u16::try_from(hand + 1).map_or(Alias::None, Alias::New)
    }

    fn find(&self, topic: &str, hash: u64) -> Option<u8> {
        let same = |index: &u8| self.set.get(usize::from(*index)).is_some_and(|of| *of.text == *topic);
        self.by_topic.find(hash, same).copied()
    }

    /// The topic was written in full.
    pub(crate) fn delivered(&mut self, hash: u64) {
        if let Some(place) = self.delivered.get_mut(place(hash)) {
            *place = tag(hash);
        }
    }

    /// The topic was written together with `alias`, which was [`Alias::New`].
    pub(crate) fn set(&mut self, alias: u16, topic: &str, hash: u64) {
        let Some(index) = alias.checked_sub(1).and_then(|index| u8::try_from(index).ok()) else { return };
        let new = Topic { text: topic.into(), hash, patience: PATIENCE };
        self.text_bytes += topic.len();
        match self.set.get_mut(usize::from(index)) {
            Some(place) => {
                let old = core::mem::replace(place, new);
                self.text_bytes -= old.text.len();
                self.hand = usize::from(index) + 1;
                if let Ok(entry) = self.by_topic.find_entry(old.hash, |of| *of == index) {
                    entry.remove();
                }
            }
            None => self.set.push(new),
        }
        let set = &self.set;
        self.by_topic
            .insert_unique(hash, index, |of| set.get(usize::from(*of)).map_or(0, |topic| topic.hash));
    }

    /// Heap bytes, this value included: it lives in a box.
    pub(crate) fn cost(&self) -> usize {
        size_of::<Self>()
            + self.set.capacity() * size_of::<Topic>()
            + self.by_topic.allocation_size()
            + self.text_bytes
    }
}

fn place(hash: u64) -> usize {
    hash as usize % DELIVERED_ONCE
}

/// What is remembered of a hash besides its place; never 0.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 | 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn deliver(aliases: &mut OutgoingTopicAliases, topic: u64, maximum: u8) -> Alias {
        // Far apart in every bit.
        let hash = topic.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let text = alloc::format!("topic/{topic}");
        let alias = aliases.choose(&text, hash, maximum);
        match alias {
            Alias::New(alias) => aliases.set(alias, &text, hash),
            Alias::None => aliases.delivered(hash),
            Alias::Known(_) => {}
        }
        alias
    }

    #[test]
    fn the_second_delivery_sets_it_and_the_third_says_it() {
        let mut aliases = OutgoingTopicAliases::default();
        assert_eq!(deliver(&mut aliases, 1, 2), Alias::None);
        assert_eq!(deliver(&mut aliases, 2, 2), Alias::None);
        assert_eq!(deliver(&mut aliases, 2, 2), Alias::New(1));
        assert_eq!(deliver(&mut aliases, 1, 2), Alias::New(2));
        assert_eq!(deliver(&mut aliases, 1, 2), Alias::Known(2));
        assert_eq!(deliver(&mut aliases, 2, 2), Alias::Known(1));
    }

    #[test]
    fn one_that_rests_goes_to_another_topic() {
        let mut aliases = OutgoingTopicAliases::default();
        for topic in [1, 1, 2, 2] {
            deliver(&mut aliases, topic, 2);
        }
        // 1 goes on, 2 rests.
        let mut given = Vec::new();
        for _ in 0..3 * PATIENCE {
            assert_eq!(deliver(&mut aliases, 1, 2), Alias::Known(1));
            given.push(deliver(&mut aliases, 3, 2));
        }
        assert_eq!(given.last(), Some(&Alias::Known(2)), "{given:?}");
        assert_eq!(deliver(&mut aliases, 2, 2), Alias::None);
    }

    #[test]
    fn topics_in_turn_keep_their_aliases() {
        let mut aliases = OutgoingTopicAliases::default();
        let mut known = 0;
        for round in 0..50 {
            for topic in 0..4 {
                known += usize::from(matches!(deliver(&mut aliases, topic, 1), Alias::Known(_)));
            }
            assert!(round < 2 || known >= round - 2, "{known} in {round} rounds");
        }
    }

    proptest! {
        /// What the client would make of it is what was meant.
        #[test]
        fn an_alias_always_stands_for_its_last_topic(
            topics in proptest::collection::vec(0..12_u64, 0..400), maximum in 1..6_u8
        ) {
            let mut aliases = OutgoingTopicAliases::default();
            let mut client = [None; 6];
            for topic in topics {
                match deliver(&mut aliases, topic, maximum) {
                    Alias::None => {}
                    Alias::New(alias) => {
                        prop_assert!((1..=u16::from(maximum)).contains(&alias));
                        client[usize::from(alias) - 1] = Some(topic);
                    }
                    Alias::Known(alias) => prop_assert_eq!(client[usize::from(alias) - 1], Some(topic)),
                }
                let text: usize = aliases.set.iter().map(|topic| topic.text.len()).sum();
                prop_assert_eq!(aliases.text_bytes, text);
                prop_assert_eq!(aliases.by_topic.len(), aliases.set.len());
            }
        }
    }
}
