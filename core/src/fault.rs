//! Faults that tests plant to see whether they would notice. Behind a feature that no release enables.

use crate::broker::Promise;

/// A mechanism of the machine to leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Packets that make or end this promise do not wait for its record.
    Unheld(Promise),
}
