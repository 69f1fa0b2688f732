//! Nothing acknowledged is lost, and nothing at QoS 2 doubled, whenever the broker dies.

use conformance::crash::Search;
use conformance::crash::rows::rows;

/// Panics with the whole story, so that the report has it.
fn hold(search: Search, seeds: std::ops::Range<u64>) {
    if let Err(failure) = search.run_all(seeds) {
        panic!("{failure}");
    }
}

#[test]
fn promises_outlive_a_crash_at_every_step() {
    hold(Search::default(), 0..400);
}

/// Conversations in which the long search found something.
#[test]
fn what_failed_once_holds() {
    for seed in [106_948, 119_802, 129_676, 401_951] {
        hold(Search::default(), seed..seed + 1);
    }
}

#[test]
fn promises_outlive_a_crash_at_every_step_of_long_conversations() {
    hold(Search { steps: 400, ..Search::default() }, 10_000..10_012);
}

#[test]
fn promises_are_kept_without_a_crash() {
    hold(Search { steps: 1_000, crashes: false, ..Search::default() }, 20_000..20_060);
}

#[test]
fn every_short_conversation_outlives_a_crash_at_every_step() {
    for row in rows() {
        if let Err(wrong) = row.scenario.run(None) {
            panic!("{:?}: {wrong}", row.promise);
        }
    }
}
