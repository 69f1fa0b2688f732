//! The crash test notices each promise that is not kept: its row of the table is left out of the machine, and
//! the test has to fail. With the feature `planted-faults`.

use conformance::crash::Search;
use conformance::crash::rows::rows;
use hushwing_core::Promise;

/// The short conversations of a row fail without it, each for its own reason.
fn short(promise: Promise) {
    let mut conversations = 0;
    for row in rows().into_iter().filter(|row| row.promise == promise) {
        conversations += 1;
        match row.scenario.run(Some(promise)) {
            Ok(()) => panic!("nobody noticed that {promise:?} does not wait: {row:?}"),
            Err(wrong) => {
                let complaint = wrong.lines().last().unwrap_or_default();
                assert!(complaint.contains(row.complaint), "{promise:?}: {complaint}");
            }
        }
    }
    assert!(conversations > 0, "{promise:?} has no conversation");
}

/// So does one of the first random conversations.
fn random(promise: Promise) {
    let search = Search { fault: Some(promise), ..Search::default() };
    assert!(search.run_all(0..400).is_err(), "no random conversation noticed that {promise:?} does not wait");
}

macro_rules! rows {
    ($($name:ident: $promise:ident,)*) => {
        $(
            #[test]
            fn $name() {
                short(Promise::$promise);
                random(Promise::$promise);
            }
        )*

        #[test]
        fn every_promise_has_a_row_here() {
            let here = [Promise::RepeatedAnswer, $(Promise::$promise),*];
            assert!(Promise::ALL.iter().all(|promise| here.contains(promise)));
        }
    };
}

rows! {
    puback: Puback,
    pubrec: Pubrec,
    pubcomp: Pubcomp,
    publish_at_qos_2: PublishExactlyOnce,
    forwarding_of_what_came_once: Forward,
    pubrel: Pubrel,
    connack: Connack,
    suback: Suback,
    close: Close,
}

/// No client that keeps to the standard can tell, so that random conversations cannot either.
#[test]
fn repeated_answer() {
    short(Promise::RepeatedAnswer);
}
