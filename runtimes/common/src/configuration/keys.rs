//! Settings described once, walked by whoever reads them from a file or prints them.

use std::ops::RangeInclusive;

/// A whole number that a setting can be.
pub(super) trait Whole: Copy + Into<i128> + TryFrom<i128> {}
impl Whole for u8 {}
impl Whole for u16 {}
impl Whole for u32 {}
impl Whole for u64 {}

/// What is done with each setting of a table. `about` says what it means, in a line or a few.
pub(super) trait Keys {
    /// A whole number within a range.
    fn whole<N: Whole>(&mut self, key: &'static str, value: &mut N, range: RangeInclusive<N>, about: &str);
    /// Yes or no.
    fn boolean(&mut self, key: &'static str, value: &mut bool, about: &str);
    /// Text, or nothing: an empty one is none.
    fn text(&mut self, key: &'static str, value: &mut Option<String>, about: &str);
    /// One of some words.
    fn choice<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        value: &mut T,
        words: &[(&'static str, T)],
        about: &str,
    );
}
