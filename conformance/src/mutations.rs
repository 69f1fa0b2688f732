//! Tests of the tests: every answer of a good run is got wrong in turn, and the script has to fail, at the step
//! where the wrong answer comes.
//!
//! A step is one look of the script at one connection ([`Steps`]). The step of an answer is
//! - for a packet that is altered, or before which the connection ends: the step that took it in the good run;
//! - for a packet that is dropped: the same; but if the next ones of its kind look just like it, nobody can say
//!   which of them is missing, and it is the step that took the last of them;
//! - for a packet that comes twice: the step that takes the second copy; if the next ones of its kind look just like
//!   it, nobody can say which of them is one too many, and it is the step that takes the last of them;
//! - for an end that does not come: the step that saw the end in the good run.
//!
//! A script may fail before that step, since the harness looks at every packet as soon as it comes, but not after
//! it: then it went on with the wrong answer as if it were right, and is *late*. If no step took the answer, because
//! the script did not ask for it, it may be noticed at the end.

mod alter;
mod due;
#[cfg(test)]
mod tests;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::Steps;
use crate::runner::{Report, Verdict, run_alone};
use crate::script::Script;
use crate::targets::{Link, Memory, Mutated, Mutation, Seen, SeenPacket};
use crate::version::Version;

use crate::wire::{Decoded, decode};

pub use alter::{Altered, altered};

/// Of a script with more answers than this, which would take hours, only the first and a few others are got wrong.
const LONGEST: usize = 2_000;
const FIRST: usize = 20;
const BETWEEN: usize = 20_011;

/// What became of the mutations.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many answers there were, closes among them.
    pub answers: usize,
    /// How many mutations were tried.
    pub tried: usize,
    /// Those that the script did not notice, in words.
    pub survivors: Vec<String>,
    /// Those that it noticed after the step where they came, in words.
    pub late: Vec<String>,
    /// Answers of which no mutation was noticed.
    pub unexpected: Vec<String>,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.tried += other.tried;
        self.survivors.extend(other.survivors);
        self.late.extend(other.late);
        self.unexpected.extend(other.unexpected);
    }
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
                    outcome.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).add(found);
                }
            });
        }
    });
    let mut outcome = outcome.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    outcome.survivors.sort();
    outcome.late.sort();
    outcome
}

fn try_script(script: &Script, version: Version, choice: Choice) -> Outcome {
    let good = Mutated::none(Memory::default());
    let mut outcome = Outcome::default();
    let (report, steps) = run_alone(&good, script, version);
    let seen = good.seen();
    if !matches!(report.verdict, Verdict::Passed) {
        return outcome;
    }
    outcome.answers = seen.packets.len() + seen.closes.len();
    // Another offset for each script, so that a stride does not always meet the first packet.
    let mut number = script.name.len();
    for answer in answers(&seen, choice) {
        let (mut tried, mut noticed) = (0, 0);
        for (mutation, what) in &answer.mutations {
            number += 1;
            if !number.is_multiple_of(choice.stride) {
                continue;
            }
            tried += 1;
            let target = Mutated::new(Memory::default(), *mutation, answer.at);
            let (report, mutated) = run_alone(&target, script, version);
            let name = format!("{:5} {}", version.name(), script.path());
            let words = format!("{name}: {what} of {} {}", answer.at, answer.words);
            if matches!(report.verdict, Verdict::Passed) {
                outcome.survivors.push(words);
                continue;
            }
            noticed += 1;
            let due = due::step(*mutation, answer.at, &seen, &steps, &mutated);
            if let Some(how) = lateness(&report, due, &mutated) {
                outcome.late.push(format!("{words}: {how}"));
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

/// In which way a script failed too late, if it did.
fn lateness(report: &Report, due: Option<usize>, steps: &Steps) -> Option<String> {
    let Verdict::Failed(failure) = &report.verdict else {
        return Some("not a failure".to_owned());
    };
    if failure.place == "after the script" {
        return Some(format!("after the script: {}", failure.message));
    }
    let due = due.filter(|due| *due < steps.last())?;
    Some(format!("at step {} instead of {due}: {} ({})", steps.last(), failure.message, failure.place))
}

/// An answer of a good run, and how it can be got wrong.
struct Answer {
    at: usize,
    words: String,
    mutations: Vec<(Mutation, String)>,
}

fn answers(seen: &Seen, choice: Choice) -> Vec<Answer> {
    let is_long = seen.packets.len() > LONGEST;
    let chosen = |at: usize| !is_long || at < FIRST || (choice.stride == 1 && at.is_multiple_of(BETWEEN));
    let packet = |(at, packet): (usize, &SeenPacket)| {
        let mut mutations = vec![
            (Mutation::Drop, "Drop".to_owned()),
            (Mutation::Double, "Double".to_owned()),
            (Mutation::Close, "Close".to_owned()),
        ];
        if choice.alter {
            let fields = altered(&packet.bytes, packet.version).into_iter().enumerate();
            mutations
                .extend(fields.map(|(field, (what, _))| (Mutation::Alter(field), format!("Alter {what}"))));
        }
        let bytes = &packet.bytes;
        let words = match decode(bytes, packet.version) {
            Ok(Decoded::Whole(packet, _)) => packet.to_string(),
            _ => format!("{:02x?}", &bytes[..bytes.len().min(40)]),
        };
        Answer { at, words, mutations }
    };
    let close = |(at, _): (usize, &Link)| Answer {
        at,
        words: "the end of a connection".to_owned(),
        mutations: vec![(Mutation::KeepOpen, "KeepOpen".to_owned())],
    };
    let packets = seen.packets.iter().enumerate().filter(|(at, _)| chosen(*at)).map(packet);
    packets.chain(seen.closes.iter().enumerate().map(close)).collect()
}
