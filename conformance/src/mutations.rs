//! Tests of the tests: every answer of a good run is got wrong in turn, and the script has to fail.

mod alter;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::runner::{Verdict, run_one};
use crate::script::Script;
use crate::targets::{Memory, Mutated, Mutation, Seen};
use crate::version::Version;

use crate::wire::{Decoded, decode};

pub use alter::{Altered, altered};

/// Scripts with more answers than this are left out: they would take hours.
const LONGEST: usize = 2_000;

/// What became of the mutations.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many answers there were, closes among them.
    pub answers: usize,
    /// How many mutations were tried.
    pub tried: usize,
    /// Those that the script did not notice, in words.
    pub survivors: Vec<String>,
    /// Answers of which no mutation was noticed.
    pub unexpected: Vec<String>,
}

/// Which mutations are tried.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Every so many of them.
    pub stride: usize,
    /// Whether fields are altered, too.
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
                    outcome.answers += found.answers;
                    outcome.tried += found.tried;
                    outcome.survivors.extend(found.survivors);
                    outcome.unexpected.extend(found.unexpected);
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
    outcome.answers = seen.packets.len() + seen.closes;
    // Another offset for each script, so that a stride does not always meet the first packet.
    let mut number = script.name.len();
    for answer in answers(&seen, choice.alter) {
        let (mut tried, mut noticed) = (0, 0);
        for (mutation, what) in answer.mutations {
            number += 1;
            if !number.is_multiple_of(choice.stride) {
                continue;
            }
            tried += 1;
            let target = Mutated::new(Memory::default(), mutation, answer.at);
            if matches!(run_one(&target, script, version, 0).verdict, Verdict::Passed) {
                outcome.survivors.push(format!(
                    "{:5} {}: {what} of {} {}",
                    version.name(),
                    script.path(),
                    answer.at,
                    answer.words
                ));
            } else {
                noticed += 1;
            }
        }
        outcome.tried += tried;
        if tried > 0 && noticed == 0 && choice.stride == 1 {
            let (version, path) = (version.name(), script.path());
            outcome.unexpected.push(format!("{version:5} {path}: {} {}", answer.at, answer.words));
        }
    }
    outcome
}

/// An answer of a good run, and how it can be got wrong.
struct Answer {
    at: usize,
    words: String,
    mutations: Vec<(Mutation, String)>,
}

fn answers(seen: &Seen, alter: bool) -> Vec<Answer> {
    let packet = |(at, (bytes, version)): (usize, &(Vec<u8>, Version))| {
        let mut mutations = vec![
            (Mutation::Drop, "Drop".to_owned()),
            (Mutation::Double, "Double".to_owned()),
            (Mutation::Close, "Close".to_owned()),
        ];
        if alter {
            let fields = altered(bytes, *version).into_iter().enumerate();
            mutations
                .extend(fields.map(|(field, (what, _))| (Mutation::Alter(field), format!("Alter {what}"))));
        }
        let words = match decode(bytes, *version) {
            Ok(Decoded::Whole(packet, _)) => packet.to_string(),
            _ => format!("{:02x?}", &bytes[..bytes.len().min(40)]),
        };
        Answer { at, words, mutations }
    };
    let close = |at| Answer {
        at,
        words: "the end of a connection".to_owned(),
        mutations: vec![(Mutation::KeepOpen, "KeepOpen".to_owned())],
    };
    seen.packets.iter().enumerate().map(packet).chain((0..seen.closes).map(close)).collect()
}
