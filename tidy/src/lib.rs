//! The house rules that a machine can check: how long files and functions may be, that no source file is forgotten,
//! that nothing unfinished is left, that the core has no way to panic on purpose. `tests/tidy.rs` runs them over
//! the repository and names every exception with its reason.

mod measure;
mod reach;
mod tree;

pub use measure::{Function, Measures, measure};
pub use reach::{roots, unreachable_files};
pub use tree::{Source, repository, sources};
