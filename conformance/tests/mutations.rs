//! Tests of the tests: every answer of a good run is dropped, doubled, altered in each field, or replaced by the end
//! of the connection, and every close is swallowed. The script has to fail each time. Here a part of these is
//! tried; `cargo run -p conformance --release -- --mutate --alter` tries all, in about a minute.

use conformance::mutations::{Choice, try_all};
use conformance::{all_scripts, runner};

/// Scripts that rightly let something pass.
const TOLERANT: &[(&str, &str)] = &[
    (
        "both::shortage::transient_error_closes_its_connection: Drop",
        "which message is too much is the server's",
    ),
    ("both::topics::wildcards_leave_dollar_topics_alone: Double", "its wild client also hears other scripts"),
    ("v5_0::shared::dollar_topics_are_not_shared_by_wildcards: Double", "so does this one"),
    (
        "v5_0::retained::unsubscribe_among_retained_messages: Drop",
        "what waits when UNSUBSCRIBE comes may be dropped",
    ),
    ("v5_0::connect::connack_says_what_the_server_can: Close", "a refusal may come with or without a packet"),
];

#[test]
fn every_wrong_answer_is_noticed() {
    let chosen = runner::choose(&all_scripts(), |_, _| true);
    let outcome = try_all(&chosen, Choice { stride: 3, alter: false });
    let tolerated = |survivor: &String| TOLERANT.iter().any(|(pattern, _)| survivor.contains(pattern));
    let bad: Vec<&String> = outcome.survivors.iter().filter(|survivor| !tolerated(survivor)).collect();
    assert!(bad.is_empty(), "{} of {} wrong answers were not noticed:\n{bad:#?}", bad.len(), outcome.tried);
    assert!(outcome.tried > 5_000, "only {} mutations were tried", outcome.tried);
}

/// Not every field of every answer is what a script is about: of fifty at most one goes unnoticed, and
/// none of those that the harness itself looks at.
#[test]
fn nearly_every_altered_field_is_noticed() {
    let chosen = runner::choose(&all_scripts(), |_, _| true);
    let outcome = try_all(&chosen, Choice { stride: 25, alter: true });
    let survivors = &outcome.survivors;
    assert!(survivors.len() * 50 < outcome.tried, "{} of {}: {survivors:#?}", survivors.len(), outcome.tried);
    let flags = survivors.iter().filter(|survivor| survivor.contains("reserved flag"));
    assert_eq!(flags.count(), 0, "{survivors:#?}");
}
