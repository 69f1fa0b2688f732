//! Whole worlds from a seed: the same seed is the same world, no world goes wrong, and none that once did.

use std::path::{Path, PathBuf};

use conformance::simulation::replay::{Replay, Verdict};
use conformance::simulation::search::Search;
use conformance::simulation::{Settings, simulate};

fn small() -> Settings {
    Settings { clients: 12, ..Settings::default() }
}

#[test]
fn the_same_seed_is_the_same_world_bit_for_bit() {
    for seed in [3, 4] {
        let [one, two, told] = [false, false, true].map(|readable| simulate(seed, &small(), readable));
        assert_eq!(one.digest, two.digest);
        assert_eq!(one.reach.lines(), two.reach.lines());
        assert_eq!(
            (one.digest, one.micros, one.reach.packets),
            (told.digest, told.micros, told.reach.packets)
        );
    }
    let [one, two] = [3, 4].map(|seed| simulate(seed, &small(), false));
    assert_ne!(one.digest, two.digest, "another seed is another world");
}

/// With few clients for a short while: `.ci/run` has larger worlds, and the ledger the long runs.
#[test]
fn no_world_goes_wrong() {
    let found = Search { settings: small(), first_seed: 1_000, seeds: 8, threads: 2 }.run(&|_, _| ());
    assert!(found.failures.is_empty(), "{:#?}", found.failures);
    assert_eq!(found.seeds, 8);
    assert!(found.hours() >= 8.0 && found.reach.packets > 10_000, "{} packets", found.reach.packets);
}

#[test]
fn what_is_found_does_not_depend_on_the_threads() {
    let [one, three] = [1, 3].map(|threads| {
        let search = Search { settings: small(), first_seed: 50, seeds: 4, threads };
        search.run(&|_, _| ())
    });
    assert_eq!(one.reach.lines(), three.reach.lines());
    assert_eq!((one.seeds, one.micros), (three.seeds, three.micros));
}

#[test]
fn what_failed_once_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulation");
    let told = std::fs::read_to_string(folder.join("README.md")).expect("a readme");
    let mut still = Vec::new();
    for path in files(&folder) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(told.contains(&format!("| `{name}` |")), "the readme does not tell what {name} was");
        let (verdict, outcome) = Replay::read(&path).and_then(|replay| replay.run(false)).expect("a replay");
        if verdict != Verdict::Gone {
            let message = outcome.failure.map(|failure| failure.message);
            still.push(format!("{name}: {}: {}", verdict.words(), message.unwrap_or_default()));
        }
    }
    assert!(still.is_empty(), "{}", still.join("\n"));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    files
}
