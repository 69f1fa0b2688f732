//! Things of one kind under small numbers. Grows by pages, so that growing copies nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::{replace, size_of};

/// Slots of a page.
const PAGE_SLOTS: usize = 256;
const PAGE_BITS: u32 = PAGE_SLOTS.trailing_zeros();
/// The end of the list of free slots.
const NONE: u32 = u32::MAX;

/// The number of a value in a slab, or none, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OptionalIndex(u32);

impl OptionalIndex {
    pub(crate) const NONE: Self = Self(NONE);

    pub(crate) const fn get(self) -> Option<u32> {
        if self.0 == NONE { None } else { Some(self.0) }
    }
}

impl From<Option<u32>> for OptionalIndex {
    fn from(index: Option<u32>) -> Self {
        Self(index.unwrap_or(NONE))
    }
}

#[derive(Debug)]
enum Slot<T> {
    /// Free, and the next free one.
    Free(u32),
    Used(T),
}

/// Values under numbers that stay the same as long as the value is in. A number that was given back is the
/// next to be given out.
#[derive(Debug)]
pub struct Slab<T> {
    pages: Vec<Box<[Slot<T>]>>,
    free: u32,
    len: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Slab<T> {
    /// An empty slab. Allocates nothing.
    pub const fn new() -> Self {
        Self { pages: Vec::new(), free: NONE, len: 0 }
    }

    /// How many values there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no value.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts `value` in and gives its number.
    pub fn insert(&mut self, value: T) -> u32 {
        if self.free == NONE {
            self.add_page();
        }
        let index = self.free;
        if let Some(slot) = self.slot_mut(index)
            && let Slot::Free(next) = *slot
        {
            *slot = Slot::Used(value);
            self.free = next;
            self.len += 1;
        }
        index
    }

    /// The value under `index`.
    #[inline]
    pub fn get(&self, index: u32) -> Option<&T> {
        match self.pages.get((index >> PAGE_BITS) as usize)?.get(index as usize % PAGE_SLOTS)? {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    /// The value under `index`, to change it.
    #[inline]
    pub fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        match self.slot_mut(index)? {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    /// Takes the value under `index` out.
    pub fn remove(&mut self, index: u32) -> Option<T> {
        let free = self.free;
        let slot = self.slot_mut(index)?;
        if let Slot::Free(_) = slot {
            return None;
        }
        let Slot::Used(value) = replace(slot, Slot::Free(free)) else { return None };
        self.free = index;
        self.len -= 1;
        Some(value)
    }

    /// All values with their numbers, the smallest number first.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.pages.iter().flatten().zip(0u32..).filter_map(|(slot, index)| match slot {
            Slot::Used(value) => Some((index, value)),
            Slot::Free(_) => None,
        })
    }

    /// All slots from number `from` on, used or not: for walks that stop early and go on later.
    pub fn slots(&self, from: u32) -> impl Iterator<Item = (u32, Option<&T>)> {
        let end = u32::try_from(self.pages.len() * PAGE_SLOTS).unwrap_or(u32::MAX);
        (from..end).map(|index| (index, self.get(index)))
    }

    /// Bytes of the pages: slots, used or not, times the size of one.
    pub fn cost(&self) -> usize {
        self.pages.len() * PAGE_SLOTS * size_of::<Slot<T>>()
    }

    #[inline]
    fn slot_mut(&mut self, index: u32) -> Option<&mut Slot<T>> {
        self.pages.get_mut((index >> PAGE_BITS) as usize)?.get_mut(index as usize % PAGE_SLOTS)
    }

    /// Another page, its slots in the list of free ones in rising order. Does nothing once every number is in
    /// use, which no memory can hold.
    fn add_page(&mut self) {
        let Some(first) = self.pages.len().checked_mul(PAGE_SLOTS).and_then(|n| u32::try_from(n).ok()) else {
            return;
        };
        let last = first | (PAGE_SLOTS as u32 - 1);
        let page = (first..=last).map(|index| Slot::Free(if index == last { NONE } else { index + 1 }));
        self.pages.push(page.collect());
        self.free = first;
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_with_room_to_spare_takes_no_more() {
        assert_eq!(size_of::<Slot<Box<u64>>>(), 16);
        assert_eq!(size_of::<Slot<(u32, u32, bool)>>(), size_of::<(u32, u32, bool)>());
    }

    #[test]
    fn nothing_is_allocated_before_the_first_value() {
        assert_eq!(Slab::<u64>::new().cost(), 0);
        assert_eq!(Slab::<u64>::new().get(0), None);
        assert_eq!(Slab::<u64>::new().remove(u32::MAX), None);
    }

    #[test]
    fn numbers_rise_and_are_used_again() {
        let mut slab = Slab::new();
        for number in 0..600 {
            assert_eq!(slab.insert(number), number);
        }
        assert_eq!(slab.cost(), 3 * PAGE_SLOTS * size_of::<Slot<u32>>());
        assert_eq!((slab.remove(7), slab.remove(300)), (Some(7), Some(300)));
        assert_eq!((slab.insert(0), slab.insert(0), slab.insert(0)), (300, 7, 600));
    }

    proptest! {
        #[test]
        fn a_slab_is_a_map(steps in prop::collection::vec((0..3_u8, 0..600_u32), 0..2_000)) {
            let (mut slab, mut model) = (Slab::new(), BTreeMap::new());
            for (step, number) in steps {
                match step {
                    0 => prop_assert_eq!(slab.remove(number), model.remove(&number)),
                    _ => {
                        let index = slab.insert(number);
                        prop_assert_eq!(model.insert(index, number), None);
                        *slab.get_mut(index).unwrap() += 1;
                        *model.get_mut(&index).unwrap() += 1;
                    }
                }
                prop_assert_eq!(slab.get(number), model.get(&number));
                prop_assert_eq!(slab.len(), model.len());
            }
            let used = slab.slots(100).filter_map(|(index, slot)| slot.map(|value| (index, value)));
            prop_assert!(used.eq(model.range(100..).map(|(&index, value)| (index, value))));
            prop_assert!(slab.iter().eq(model.iter().map(|(&index, value)| (index, value))));
        }
    }
}
