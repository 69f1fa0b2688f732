//! Tests of the tests: every answer of a good run is dropped, doubled, altered in each field, or replaced by the end
//! of the connection, and every close is swallowed. The script has to fail each time, at the step where the wrong
//! answer comes. Here a part of these is tried; `cargo run -p conformance --release -- --mutate --alter` tries all, in
//! one or two minutes.

use conformance::mutations::{Choice, Outcome, try_all};
use conformance::{all_scripts, runner};

#[track_caller]
fn every_one_is_noticed(choice: Choice, at_least: usize) {
    let Outcome { tried, survivors, late, .. } =
        try_all(&runner::choose(&all_scripts(), |_, _| true), choice);
    let (unnoticed, too_late) = (survivors.len(), late.len());
    assert!(survivors.is_empty(), "{unnoticed} of {tried} wrong answers were not noticed:\n{survivors:#?}");
    assert!(late.is_empty(), "{too_late} of {tried} wrong answers were noticed too late:\n{late:#?}");
    assert!(tried > at_least, "only {tried} mutations were tried");
}

#[test]
fn every_wrong_answer_is_noticed_at_its_step() {
    every_one_is_noticed(Choice { stride: 3, alter: false }, 20_000);
}

#[test]
fn every_altered_field_is_noticed_at_its_step() {
    every_one_is_noticed(Choice { stride: 25, alter: true }, 5_000);
}
