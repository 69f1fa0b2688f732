//! What went wrong, in a world as small as can be.

use std::collections::BTreeMap;
use std::path::PathBuf;

use conformance::simulation::replay::Replay;
use conformance::simulation::report;
use conformance::simulation::search::{Found, at_once};
use conformance::simulation::shrink::{kind, shrink};
use conformance::simulation::{Failure, Settings};

use super::say;

/// Kinds of failures that are shrunk.
const KINDS: usize = 10;

/// Shrinks the first failure of each kind, tells its story, and leaves a file that replays it.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn explain(
    found: &Found,
    settings: &Settings,
    threads: usize,
    commit: &str,
) -> Result<(), String> {
    let mut kinds: BTreeMap<String, Vec<&Failure>> = BTreeMap::new();
    for failure in &found.failures {
        kinds.entry(kind(&failure.message)).or_default().push(failure);
    }
    let mut kinds: Vec<Vec<&Failure>> = kinds.into_values().collect();
    kinds.sort_by_key(|failures| failures.first().map(|failure| failure.seed));
    let firsts: Vec<&Failure> = kinds.iter().filter_map(|failures| failures.first()).copied().collect();
    let shrunk =
        at_once(threads, firsts.len().min(KINDS) as u64, |index| shrink(firsts[index as usize], settings));
    for (shrunk, failures) in shrunk.iter().zip(&kinds) {
        say(&report::story(shrunk));
        let path = PathBuf::from(format!("simulation-failure-{}.json", shrunk.failure.seed));
        Replay::new(shrunk, commit.to_owned()).write(&path)?;
        say(&format!("replay it: simulate --replay {} --trace\n", path.display()));
        if failures.len() > 1 {
            let seeds: Vec<String> = failures.iter().map(|failure| failure.seed.to_string()).collect();
            say(&format!("all of this kind: seeds {}\n", seeds.join(" ")));
        }
        say("\n");
    }
    for failure in firsts.iter().skip(KINDS) {
        say(&format!("seed {}, not shrunk: {}\n", failure.seed, failure.message));
    }
    Ok(())
}
