//! Faults that are planted in the core are found by worlds from a seed, and what is found can be had again, smaller.
//! With the feature `planted-faults`. The whole list is a command: `simulate --faults`; its results are in `results/`.

use conformance::simulation::hunt::Hunt;
use conformance::simulation::replay::{Replay, Verdict};
use conformance::simulation::report;
use conformance::simulation::search::Search;
use conformance::simulation::shrink::{TRIES, kind, shrink};
use conformance::simulation::{Reach, Settings};
use hushwing_core::{Fault, Promise};

/// Some that the whole list was found to need only a seed or two for, from all parts of the machine.
const SAMPLED: &[Fault] = &[
    Fault::Unheld(Promise::Puback),
    Fault::Unheld(Promise::Pubrel),
    Fault::IdentifierReusedInRelease,
    Fault::ResentWithoutDuplicate,
    Fault::WillTwiceAtTakeover,
    Fault::RetainedNotRemoved,
    Fault::ExpiredIsSent,
    Fault::DollarFoundByWildcards,
    Fault::RouteKept,
];

#[test]
fn a_sample_of_the_faults_is_found_at_once() {
    let hunt = Hunt { settings: Settings::default(), first_seed: 0, seeds: 5, threads: 2 };
    let prey = hunt.run(|fault| SAMPLED.contains(&fault), &|_| ());
    assert_eq!(prey.len(), SAMPLED.len());
    let missed: Vec<_> = prey.iter().filter(|prey| prey.found.is_none()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_failure_is_shrunk_and_left_as_a_file_that_replays_it() {
    let settings = Settings { fault: Some(Fault::RouteKept), ..Settings::default() };
    let search = Search { settings: settings.clone(), first_seed: 0, seeds: 4, threads: 2 };
    let found = search.run(&|_, _| ());
    let failure = found.failures.first().expect("a failure");
    let shrunk = shrink(failure, &settings);
    assert_eq!(kind(&shrunk.failure.message), kind(&failure.message));
    assert!(shrunk.settings.muted.len() > 25, "{} clients are muted", shrunk.settings.muted.len());
    assert!(shrunk.failure.event <= failure.event && shrunk.tries <= TRIES);
    let story = report::story(&shrunk);
    assert!(story.contains(&shrunk.failure.message) && story.contains(" is sent PUBLISH "), "{story}");

    let path = std::env::temp_dir().join(format!("hushwing-simulation-{}.json", std::process::id()));
    let replay = Replay::new(&shrunk, "abc".to_owned());
    replay.write(&path).expect("written");
    let read = Replay::read(&path).expect("read");
    let _ = std::fs::remove_file(&path);
    assert_eq!(read, replay);
    let (verdict, outcome) = read.run(false).expect("a fault that there is");
    assert_eq!(
        (verdict, outcome.failure.map(|again| again.event)),
        (Verdict::Same, Some(shrunk.failure.event))
    );
    replay_tells_what_is_left(replay);
}

fn replay_tells_what_is_left(replay: Replay) {
    let verdict = |replay: &Replay| replay.run(false).expect("a fault that there is").0;
    assert_eq!(verdict(&Replay { digest: "0".to_owned(), ..replay.clone() }), Verdict::Alike);
    assert_eq!(verdict(&Replay { sentence: "another".to_owned(), ..replay.clone() }), Verdict::Other);
    assert_eq!(verdict(&Replay { fault: None, ..replay.clone() }), Verdict::Gone);
    let wrong = Replay { fault: Some("None".to_owned()), ..replay }.run(false).expect_err("no fault");
    assert!(wrong.starts_with("there is no fault None, only Unheld(Puback), "), "{wrong}");
}

#[test]
fn what_was_not_reached_is_marked() {
    let table = report::table(&Reach::default(), false);
    let (counters, marks) = (Reach::default().lines().len(), table.matches("        ZERO  ").count());
    assert_eq!(counters, marks);
    assert!(table.ends_with(&format!("{counters} counters, {counters} of them at zero\n")));
    assert!(report::table(&Reach::default(), true).starts_with("\x1b[1;31m           0  "));
}
