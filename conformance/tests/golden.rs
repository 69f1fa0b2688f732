//! What the scripts say, said again in other pieces, and with connections that are lost at any byte. Of long
//! conversations a part is tried; `cargo run -p conformance --release --bin golden` tries more.

use conformance::all_scripts;
use conformance::golden::{Conversation, Outcome, Trial, record};

/// Tries all conversations; how many of them in every place.
#[track_caller]
fn nothing_fails(trial: impl Fn(&Conversation) -> Outcome) -> usize {
    let conversations = record(&all_scripts()).unwrap_or_else(|wrong| panic!("{wrong}"));
    let outcomes: Vec<Outcome> = conversations.iter().map(trial).collect();
    let failures: Vec<&str> =
        outcomes.iter().flat_map(|outcome| &outcome.failures).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    outcomes.iter().filter(|outcome| outcome.is_complete()).count()
}

#[test]
fn answers_do_not_depend_on_the_pieces() {
    for journal in [true, false] {
        let trial = Trial { journal, bytes: 60_000 };
        let complete = nothing_fails(|conversation| trial.pieces(conversation));
        assert!(complete >= 500, "only {complete} conversations were cut everywhere");
    }
}

#[test]
fn a_connection_may_be_lost_at_any_byte() {
    for journal in [true, false] {
        let trial = Trial { journal, bytes: 150_000 };
        let complete = nothing_fails(|conversation| trial.losses(conversation));
        assert!(complete >= 500, "only {complete} conversations were lost everywhere");
    }
}
