//! A text that mostly is short: then it stands where it is looked at, without an allocation of its own.

use alloc::vec::Vec;
use core::str::from_utf8;

/// Bytes that fit in place.
const INLINE_BYTES: usize = 38;

/// See the module.
#[derive(Debug)]
pub(super) enum ShortText {
    Inline { length: u8, bytes: [u8; INLINE_BYTES] },
    Heap(Vec<u8>),
}

impl Default for ShortText {
    fn default() -> Self {
        Self::Inline { length: 0, bytes: [0; INLINE_BYTES] }
    }
}

impl ShortText {
    /// The text.
    pub(super) fn as_str(&self) -> &str {
        from_utf8(self.as_bytes()).unwrap_or_default()
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Inline { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Heap(bytes) => bytes,
        }
    }

    /// Replaces the text, in the same allocation if there is one that fits.
    pub(super) fn replace(&mut self, by: &str) {
        match (self, u8::try_from(by.len())) {
            (Self::Inline { length, bytes }, Ok(new)) if by.len() <= INLINE_BYTES => {
                *length = new;
                if let Some(place) = bytes.get_mut(..by.len()) {
                    place.copy_from_slice(by.as_bytes());
                }
            }
            (Self::Heap(bytes), _) if by.len() > INLINE_BYTES && bytes.capacity() <= 4 * by.len() => {
                bytes.clear();
                bytes.reserve_exact(by.len());
                bytes.extend_from_slice(by.as_bytes());
            }
            (text, _) if by.len() <= INLINE_BYTES => {
                *text = Self::default();
                text.replace(by);
            }
            (text, _) => *text = Self::Heap(by.as_bytes().into()),
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Inline { .. } => 0,
            Self::Heap(bytes) => bytes.capacity(),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn it_holds_what_it_was_given_last() {
        let mut text = ShortText::default();
        for length in [0, 1, 37, 38, 39, 40, 100, 39, 38, 1_000, 200, 5, 39, 0] {
            let by: String = "é23456789".chars().cycle().take(length).collect();
            text.replace(&by);
            assert_eq!(text.as_str(), by);
            assert_eq!(text.heap_bytes() == 0, by.len() <= INLINE_BYTES, "{length}");
            assert!(text.heap_bytes() <= 4 * by.len());
        }
    }

    #[test]
    fn it_takes_40_bytes() {
        assert_eq!(size_of::<ShortText>(), 40);
    }
}
