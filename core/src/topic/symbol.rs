//! The texts of filter levels, each kept once.

use alloc::boxed::Box;
use core::str::from_utf8;

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use crate::slab::Slab;

/// The text of a level, by its place in the table; or one of the two wildcards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Symbol(u32);

impl Symbol {
    /// `+`. Has no text of its own in the table.
    pub(super) const PLUS: Self = Self(u32::MAX);
    /// `#`. The same.
    pub(super) const HASH: Self = Self(u32::MAX - 1);

    pub(super) const fn number(self) -> u32 {
        self.0
    }
}

/// Bytes of text that fit where a longer text has its pointer: identifiers of devices mostly do.
const INLINE_BYTES: usize = 26;

#[derive(Debug)]
enum Text {
    Inline { length: u8, references: u32, bytes: [u8; INLINE_BYTES] },
    Heap { references: u32, bytes: Box<[u8]> },
}

impl Text {
    fn new(text: &str) -> Self {
        let mut bytes = [0; INLINE_BYTES];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(text.as_bytes());
                Self::Inline { length, references: 0, bytes }
            }
            _ => Self::Heap { references: 0, bytes: text.as_bytes().into() },
        }
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Inline { length, bytes, .. } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Heap { bytes, .. } => bytes,
        }
    }

    fn references_mut(&mut self) -> &mut u32 {
        match self {
            Self::Inline { references, .. } | Self::Heap { references, .. } => references,
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Inline { .. } => 0,
            Self::Heap { bytes, .. } => bytes.len(),
        }
    }
}

/// The texts in use, with the number of uses of each.
#[derive(Debug)]
pub(super) struct SymbolTable {
    texts: Slab<Text>,
    by_text: HashTable<Symbol>,
    /// Clients choose the texts: the hash must be one that they cannot foresee.
    hasher: SipHasher13,
    heap_bytes: usize,
}

impl SymbolTable {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            texts: Slab::new(),
            by_text: HashTable::new(),
            hasher: SipHasher13::new_with_keys(seed, seed.rotate_left(32) ^ 0x746f_7069_635f_7379),
            heap_bytes: 0,
        }
    }

    /// The symbol of `text`, if it is in use.
    #[inline]
    pub(super) fn find(&self, text: &str) -> Option<Symbol> {
        let hash = self.hasher.hash(text.as_bytes());
        self.by_text.find(hash, |&symbol| self.bytes(symbol) == text.as_bytes()).copied()
    }

    /// The symbol of `text`, used once more.
    pub(super) fn acquire(&mut self, text: &str) -> Symbol {
        let symbol = self.find(text).unwrap_or_else(|| self.add(text));
        if let Some(text) = self.texts.get_mut(symbol.0) {
            let references = text.references_mut();
            *references = references.saturating_add(1);
        }
        symbol
    }

    /// One use less of `symbol`; the last one removes it. Wildcards are not counted.
    pub(super) fn release(&mut self, symbol: Symbol) {
        let Some(text) = self.texts.get_mut(symbol.0) else { return };
        let references = text.references_mut();
        *references = references.saturating_sub(1);
        if *references > 0 {
            return;
        }
        self.heap_bytes -= text.heap_bytes();
        let hash = self.hasher.hash(text.bytes());
        if let Ok(entry) = self.by_text.find_entry(hash, |&other| other == symbol) {
            entry.remove();
        }
        self.texts.remove(symbol.0);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The text of `symbol`.
    pub(super) fn text(&self, symbol: Symbol) -> &str {
        match symbol {
            Symbol::PLUS => "+",
            Symbol::HASH => "#",
            _ => from_utf8(self.bytes(symbol)).unwrap_or_default(),
        }
    }

    pub(super) fn cost(&self) -> usize {
        self.texts.cost() + self.by_text.allocation_size() + self.heap_bytes
    }

    pub(super) fn cost_walk(&self) -> usize {
        let heap_bytes: usize = self.texts.iter().map(|(_, text)| text.heap_bytes()).sum();
        self.texts.cost() + self.by_text.allocation_size() + heap_bytes
    }

    fn add(&mut self, text: &str) -> Symbol {
        let new = Text::new(text);
        self.heap_bytes += new.heap_bytes();
        let symbol = Symbol(self.texts.insert(new));
        let Self { texts, by_text, hasher, .. } = self;
        let hash_of = |symbol: &Symbol| hasher.hash(texts.get(symbol.0).map_or(&[], Text::bytes));
        by_text.insert_unique(hash_of(&symbol), symbol, hash_of);
        symbol
    }

    #[inline]
    fn bytes(&self, symbol: Symbol) -> &[u8] {
        self.texts.get(symbol.0).map_or(&[], Text::bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_symbol_as_long_as_it_is_used() {
        let mut table = SymbolTable::new(1);
        let long = "x".repeat(INLINE_BYTES + 1);
        let edge = "y".repeat(INLINE_BYTES);
        for text in ["", "état", &edge, &long] {
            let symbol = table.acquire(text);
            assert_eq!(table.acquire(text), symbol);
            assert_eq!(table.find(text), Some(symbol));
            assert_eq!(table.text(symbol), text);
            assert_eq!(table.cost(), table.cost_walk());
            table.release(symbol);
            assert_eq!(table.find(text), Some(symbol));
            table.release(symbol);
            assert_eq!(table.find(text), None);
            assert_eq!(table.cost(), table.cost_walk());
        }
    }

    #[test]
    fn a_text_takes_32_bytes() {
        assert_eq!(size_of::<Text>(), 32);
    }
}
