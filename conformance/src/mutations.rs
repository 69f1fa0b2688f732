//! Tests of the tests: every answer of a good run is got wrong in turn, and the script has to fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::runner::{Verdict, run_one};
use crate::script::Script;
use crate::targets::{Memory, Mutated, Mutation};
use crate::version::Version;

/// Scripts with more answers than this are left out: they would take hours.
const LONGEST: usize = 2_000;

/// What became of the mutations.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many were tried.
    pub tried: usize,
    /// Those that the script did not notice, in words.
    pub survivors: Vec<String>,
}

/// Which mutations are tried.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Every so many of them.
    pub stride: usize,
    /// Whether bytes are altered, too. Some alterations are legal answers: a survivor is then a question, not a
    /// mistake.
    pub alter: bool,
}

/// Tries mutations of the answers to these scripts, on two threads.
pub fn try_all(chosen: &[(Script, Version)], choice: Choice) -> Outcome {
    let (next, outcome) = (AtomicUsize::new(0), Mutex::new(Outcome::default()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((script, version)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = try_script(script, *version, choice);
                    let mut outcome = outcome.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    outcome.tried += found.tried;
                    outcome.survivors.extend(found.survivors);
                }
            });
        }
    });
    let mut outcome = outcome.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    outcome.survivors.sort();
    outcome
}

fn try_script(script: &Script, version: Version, choice: Choice) -> Outcome {
    let good = Mutated::none(Memory::default());
    let mut outcome = Outcome::default();
    if !matches!(run_one(&good, script, version, 0).verdict, Verdict::Passed) {
        return outcome;
    }
    let seen = good.seen();
    if seen.packets.len() > LONGEST {
        return outcome;
    }
    let mut mutations = Vec::new();
    for (at, packet) in seen.packets.iter().enumerate() {
        mutations.extend([Mutation::Drop, Mutation::Double, Mutation::Close].map(|mutation| (mutation, at)));
        if choice.alter {
            // The Remaining Length would only delay what comes, and a server may announce what it likes.
            let length = if packet[0] == 0x20 { 4 } else { 40 };
            mutations.extend(
                (0..packet.len().min(length))
                    .filter(|position| *position != 1)
                    .map(|it| (Mutation::Alter(it), at)),
            );
        }
    }
    mutations.extend((0..seen.closes).map(|at| (Mutation::KeepOpen, at)));
    // Another offset for each script, so that a stride does not always meet the first packet.
    let offset = script.name.len() % choice.stride;
    for (mutation, at) in mutations.into_iter().skip(offset).step_by(choice.stride) {
        outcome.tried += 1;
        let target = Mutated::new(Memory::default(), mutation, at);
        if matches!(run_one(&target, script, version, 0).verdict, Verdict::Passed) {
            let packet = seen.packets.get(at).filter(|_| mutation != Mutation::KeepOpen);
            let bytes =
                packet.map(|packet| format!("{:02x?}", &packet[..packet.len().min(40)])).unwrap_or_default();
            let (path, version) = (script.path(), version.name());
            outcome.survivors.push(format!("{version:5} {path}: {mutation:?} at {at} {bytes}"));
        }
    }
    outcome
}
