//! What must hold for any bytes. Each target is an ordinary function that panics when it does not hold: cargo-fuzz
//! looks for such bytes, and `tests/replay.rs` runs the committed corpora on every `cargo test`.

mod broker;
mod bytes;
mod connection;
mod packets;
mod topic_tree;
mod world;

pub use broker::broker;
pub use connection::connection;
pub use packets::{decode, round_trip};
pub use topic_tree::topic_tree;
pub use world::world;

/// What is tried with any bytes.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("broker", broker),
    ("connection", connection),
    ("decode", decode),
    ("round_trip", round_trip),
    ("topic_tree", topic_tree),
    ("world", world),
];

/// Runs `target` on each file that is named on the command line.
///
/// # Errors
///
/// If a file cannot be read.
pub fn run_files(target: Target) -> std::io::Result<()> {
    for path in std::env::args_os().skip(1) {
        target(&std::fs::read(path)?);
    }
    Ok(())
}
