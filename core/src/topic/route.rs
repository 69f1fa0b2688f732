//! Remembered routes: publishers repeat topics, so who received the last message on a topic is remembered.

use alloc::vec::Vec;
use core::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::filter;
use super::filter_changes::{FilterChanges, Moment};
use super::receivers::{Receivers, RememberedReceivers};
use super::short_text::ShortText;

/// Places where the route of a topic can be.
const SET_SLOTS: usize = 4;
/// Sets to begin with.
const FIRST_SETS: usize = 4;
/// A route with more receivers and identifiers costs more to copy than it saves: its deliveries outweigh the
/// search.
const RECEIVERS_MAX: usize = 1_024;
/// In a full set, one topic in so many is taken in, so that publishers that hardly ever repeat a topic do not
/// drive out those that do.
const ADMITTED_ONE_IN: u64 = 8;

/// Where a route was found last; a connection keeps one for a topic it publishes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteHint {
    slot: u32,
    /// Of the route; 0 for none.
    serial: u64,
}

/// A topic and who receives it.
#[derive(Debug, Default)]
pub struct Route {
    topic: ShortText,
    receivers: RememberedReceivers,
    /// Its number, never given twice; 0 where there is no route.
    serial: u64,
    /// Up to when it was true for sure.
    checked: Moment,
}

impl Route {
    /// The topic.
    pub fn topic(&self) -> &str {
        self.topic.as_str()
    }

    /// The topic, to compare.
    pub fn topic_bytes(&self) -> &[u8] {
        self.topic.as_bytes()
    }

    /// Who receives what is published to it, subscriptions with No Local included.
    pub fn receivers(&self) -> Receivers<'_> {
        self.receivers.as_receivers()
    }

    fn is_of(&self, topic: &str) -> bool {
        self.topic.as_bytes() == topic.as_bytes()
    }

    fn heap_bytes(&self) -> usize {
        self.topic.heap_bytes() + self.receivers.heap_bytes()
    }
}

/// A part of the hash of each topic of a set, so that most other topics are told apart in one place; 0 where
/// there is no route.
type Tags = [u32; SET_SLOTS];

/// The routes of the topics that were published to last.
#[derive(Debug)]
pub struct Routes {
    /// One for each set: a power of two, and as many as are needed.
    tags: Vec<Tags>,
    /// [`SET_SLOTS`] for each set.
    slots: Vec<Route>,
    sets_max: usize,
    /// For topics and receivers; the oldest go beyond that.
    bytes_max: usize,
    hasher: FixedState,
    changes: FilterChanges,
    len: usize,
    /// Of the last route.
    serial: u64,
    /// Topics that found their set full.
    crowded: u64,
    /// The slot to be emptied next when there are too many bytes.
    hand: usize,
    /// Bytes of topics and receivers.
    held_bytes: usize,
}

impl Routes {
    /// Remembers about `routes_remembered` topics at most: four times a power of two; 0 for none. Half of
    /// `bytes_max` is for the table, half for topics and receivers.
    pub fn new(seed: u64, routes_remembered: u32, bytes_max: usize) -> Self {
        let mut routes = Self {
            tags: Vec::new(),
            slots: Vec::new(),
            sets_max: 0,
            bytes_max: 0,
            hasher: FixedState::with_seed(seed),
            changes: FilterChanges::new(!seed),
            len: 0,
            serial: 0,
            crowded: 0,
            hand: 0,
            held_bytes: 0,
        };
        routes.resize(routes_remembered, bytes_max);
        routes
    }

    /// Has other limits from now on, and begins anew.
    pub fn resize(&mut self, routes_remembered: u32, bytes_max: usize) {
        self.forget();
        let bytes_of_set = size_of::<Tags>() + SET_SLOTS * size_of::<Route>();
        let sets = (routes_remembered as usize).div_ceil(SET_SLOTS).min(bytes_max / 2 / bytes_of_set);
        self.sets_max = if sets.is_power_of_two() { sets } else { sets.next_power_of_two() / 2 };
        self.bytes_max = bytes_max / 2;
    }

    /// Where the route of `topic` is, if one is remembered and still true. Quick if `hint` is what the last
    /// lookup of the same topic gave; any other hint is harmless ([`RouteHint::default`]).
    #[inline]
    pub fn lookup(&mut self, hint: RouteHint, topic: &str) -> Option<RouteHint> {
        let slot = match self.get(hint) {
            Some(route) if route.is_of(topic) => hint.slot as usize,
            _ => self.find(topic, self.hash(topic))?,
        };
        let route = self.slots.get(slot)?;
        if route.checked.count != self.changes.count() && !self.catch_up(slot) {
            return None;
        }
        Some(RouteHint { slot: slot as u32, serial: self.slots.get(slot)?.serial })
    }

    /// The route that [`Self::lookup`] or [`Self::remember`] has just found; `None` once it was dropped.
    #[inline]
    pub fn get(&self, hint: RouteHint) -> Option<&Route> {
        self.slots.get(hint.slot as usize).filter(|route| route.serial == hint.serial && hint.serial != 0)
    }

    /// The route that `hint` names, if it was not dropped and no change since may concern it.
    #[inline]
    pub fn current(&self, hint: RouteHint) -> Option<&Route> {
        self.get(hint).filter(|route| route.checked.count == self.changes.count())
    }

    /// Remembers who receives `topic`, gathered just now without a publisher. `None` if it is not remembered:
    /// receivers are too many, or room is short and this topic was not among those that are let in.
    pub fn remember(&mut self, topic: &str, receivers: Receivers<'_>) -> Option<RouteHint> {
        if self.sets_max == 0 || receivers.weight() > RECEIVERS_MAX {
            return None;
        }
        let hash = self.hash(topic);
        let mut slot = self.find(topic, hash).or_else(|| self.empty_slot(hash));
        while slot.is_none() && self.grow() {
            slot = self.empty_slot(hash);
        }
        let slot = slot.or_else(|| self.evict(hash))?;
        self.drop_route(slot);
        self.serial += 1;
        let (serial, checked) = (self.serial, self.changes.moment(topic));
        let route = self.slots.get_mut(slot)?;
        self.held_bytes -= route.heap_bytes();
        route.topic.replace(topic);
        route.receivers.replace(receivers);
        (route.serial, route.checked) = (serial, checked);
        self.held_bytes += route.heap_bytes();
        self.set_tag(slot, tag(hash));
        self.len += 1;
        self.keep_within_bytes(slot);
        Some(RouteHint { slot: slot as u32, serial })
    }

    /// A subscription with `filter` was made, replaced or ended: drops the routes that it may concern. To be
    /// called after every such change.
    pub fn changed(&mut self, filter: &str) {
        let filter = filter::without_share_name(filter);
        if filter::is_wildcard(filter) {
            self.changes.push(filter);
        } else if let Some(slot) = self.find(filter, self.hash(filter)) {
            self.drop_route(slot);
        }
    }

    /// Forgets everything, and gives its memory back.
    pub fn forget(&mut self) {
        (self.tags, self.slots) = (Vec::new(), Vec::new());
        (self.len, self.hand, self.held_bytes) = (0, 0, 0);
    }

    /// How many routes are remembered.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no route is remembered.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes held: slots, topics and receivers as allocated, and the filters that changed last.
    pub fn cost(&self) -> usize {
        self.held_bytes + self.cost_of_the_rest() + self.changes.cost()
    }

    /// [`Self::cost`], by a walk through everything.
    pub fn cost_walk(&self) -> usize {
        let held_bytes: usize = self.slots.iter().map(Route::heap_bytes).sum();
        held_bytes + self.cost_of_the_rest() + self.changes.cost_walk()
    }

    fn cost_of_the_rest(&self) -> usize {
        self.tags.capacity() * size_of::<Tags>() + self.slots.capacity() * size_of::<Route>()
    }

    #[inline]
    fn hash(&self, topic: &str) -> u64 {
        self.hasher.hash_one(topic.as_bytes())
    }

    fn set(&self, hash: u64) -> usize {
        hash as usize & self.tags.len().wrapping_sub(1)
    }

    fn find(&self, topic: &str, hash: u64) -> Option<usize> {
        let set = self.set(hash);
        let tags = self.tags.get(set)?;
        let mut slots = (set * SET_SLOTS..).zip(tags).filter(|&(_, &of_slot)| of_slot == tag(hash));
        slots.find_map(|(slot, _)| self.slots.get(slot)?.is_of(topic).then_some(slot))
    }

    fn empty_slot(&self, hash: u64) -> Option<usize> {
        let set = self.set(hash);
        let way = self.tags.get(set)?.iter().position(|&tag| tag == 0)?;
        Some(set * SET_SLOTS + way)
    }

    /// A slot of a full set, now and then.
    fn evict(&mut self, hash: u64) -> Option<usize> {
        self.crowded += 1;
        let way = self.crowded / ADMITTED_ONE_IN % SET_SLOTS as u64;
        self.crowded.is_multiple_of(ADMITTED_ONE_IN).then(|| self.set(hash) * SET_SLOTS + way as usize)
    }

    /// Takes in the filters that changed meanwhile; false if the route is no longer true, and gone.
    fn catch_up(&mut self, slot: usize) -> bool {
        let Some(route) = self.slots.get_mut(slot) else { return false };
        match self.changes.pass_by(route.checked, route.topic.as_str()) {
            Some(now) => route.checked = now,
            None => self.drop_route(slot),
        }
        self.slots.get(slot).is_some_and(|route| route.serial != 0)
    }

    /// Empties a slot. Its buffers stay for the next route.
    fn drop_route(&mut self, slot: usize) {
        if let Some(route) = self.slots.get_mut(slot).filter(|route| route.serial != 0) {
            route.serial = 0;
            self.len -= 1;
            self.set_tag(slot, 0);
        }
    }

    fn set_tag(&mut self, slot: usize, tag: u32) {
        let tags = self.tags.get_mut(slot / SET_SLOTS);
        if let Some(place) = tags.and_then(|tags| tags.get_mut(slot % SET_SLOTS)) {
            *place = tag;
        }
    }

    /// Frees routes from the hand on, but not `slot`, until the bytes are within bounds.
    fn keep_within_bytes(&mut self, slot: usize) {
        for _ in 0..self.slots.len() {
            if self.held_bytes <= self.bytes_max {
                return;
            }
            self.hand = (self.hand + 1) % self.slots.len();
            if self.hand == slot {
                continue;
            }
            self.drop_route(self.hand);
            if let Some(route) = self.slots.get_mut(self.hand) {
                self.held_bytes -= route.heap_bytes();
                *route = Route::default();
            }
        }
    }

    /// Doubles the sets; false if that is not allowed.
    fn grow(&mut self) -> bool {
        let sets = if self.tags.is_empty() { FIRST_SETS } else { self.tags.len() * 2 };
        let sets = sets.min(self.sets_max);
        if sets == self.tags.len() {
            return false;
        }
        self.tags = alloc::vec![[0; SET_SLOTS]; sets];
        let slots = (0..sets * SET_SLOTS).map(|_| Route::default()).collect();
        for route in core::mem::replace(&mut self.slots, slots) {
            let hash = self.hash(route.topic.as_str());
            let place = if route.serial == 0 { None } else { self.empty_slot(hash) };
            match place.and_then(|slot| Some((slot, self.slots.get_mut(slot)?))) {
                Some((slot, place)) => {
                    *place = route;
                    self.set_tag(slot, tag(hash));
                }
                None => self.held_bytes -= route.heap_bytes(),
            }
        }
        true
    }
}

/// Never 0.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 | 1
}

#[cfg(test)]
mod tests;
