//! The broker against a naive one, written from the standard: plain maps and lists, and no thought of speed. Whatever
//! some clients do, both tell every client the same.
//!
//! Everything is said and answered before the next thing happens. What the standard leaves open and Hushwing has
//! decided, the naive one does by `docs/decisions.md`.

mod action;
mod delivery;
mod machine;
mod naive;
mod peer;
mod session;
mod wire;

use machine::Machine;
use proptest::test_runner::Config;
use proptest_state_machine::prop_state_machine;

/// What is rare takes several things to come together.
fn config() -> Config {
    Config { cases: 2_048, max_local_rejects: u32::MAX, ..Config::default() }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn the_broker_does_what_the_standard_says(sequential 1..80 => Machine);
}
