//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use conformance::simulation::Settings;
use conformance::simulation::replay::plant;

/// What `--help` says.
pub(crate) const HELP: &str = "\
Usage: simulate [--seeds N] [--hours N] [--clients N] [--first-seed N] [--threads N] [--fault NAME]
       simulate --replay SEED [--hours N] [--clients N] [--fault NAME] [--trace]
       simulate --replay FILE [--trace]
       simulate --faults [--seeds N] [--hours N] [--clients N] [--first-seed N] [--threads N]

  --seeds       how many worlds (default 100)
  --hours       simulated hours of each (default 1)
  --clients     clients of each (default 50)
  --shards      shards of the broker: 1, for now
  --first-seed  the seed of the first world (default 0)
  --threads     how many worlds at a time (default: one for each core)
  --replay      the world of this seed, or of the file that a failure left
  --trace       tell all that happens in it
  --fault       plant this fault (with the feature planted-faults)
  --faults      plant each fault in turn, and say how many seeds it takes to find it

The exit code is 0 if nothing failed, 1 if something did, 2 if nothing could be run.
With --faults, something failed if a fault was not found.
";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Many worlds.
    Search,
    /// The world of one seed.
    Seed(u64),
    /// The world of a file.
    File(PathBuf),
    /// Every fault in turn.
    Faults,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// What to do.
    pub(crate) task: Task,
    /// How each world is set up.
    pub(crate) settings: Settings,
    /// How many worlds.
    pub(crate) seeds: u64,
    /// The seed of the first.
    pub(crate) first_seed: u64,
    /// How many at a time.
    pub(crate) threads: usize,
    /// Whether a replay tells all that happens.
    pub(crate) trace: bool,
}

/// Reads the command line; `None` if help is wanted.
///
/// # Errors
/// Everything that is wrong, one message each.
pub(crate) fn arguments(words: impl Iterator<Item = String>) -> Result<Option<Arguments>, Vec<String>> {
    let mut found = Arguments {
        task: Task::Search,
        settings: Settings::default(),
        seeds: 100,
        first_seed: 0,
        threads: available_parallelism().map_or(1, NonZeroUsize::get),
        trace: false,
    };
    let (mut wrong, mut given) = (Vec::new(), Vec::new());
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--trace" => found.trace = true,
            "--faults" => found.task = Task::Faults,
            "--seeds" | "--hours" | "--clients" | "--shards" | "--first-seed" | "--threads" | "--replay"
            | "--fault" => match words.next_if(|next| !next.starts_with("--")) {
                Some(value) => wrong.extend(found.take(&word, &value).err()),
                None => wrong.push(format!("{word} needs a value")),
            },
            _ => wrong.push(format!("there is no option {word}; --help lists them")),
        }
        given.push(word);
    }
    wrong.extend(found.clashes(&given));
    if wrong.is_empty() { Ok(Some(found)) } else { Err(wrong) }
}

impl Arguments {
    fn take(&mut self, option: &str, value: &str) -> Result<(), String> {
        let number = |from: u64, to: u64| {
            let number = value.parse().ok().filter(|number| (from..=to).contains(number));
            number.ok_or_else(|| format!("{option}: {value} is not a number from {from} to {to}"))
        };
        match option {
            "--seeds" => self.seeds = number(1, 1_000_000_000)?,
            "--hours" => self.settings.hours = number(1, 10_000)?,
            "--clients" => self.settings.clients = number(1, 1_000)? as usize,
            "--first-seed" => self.first_seed = number(0, u64::MAX / 2)?,
            "--threads" => self.threads = number(1, 1_024)? as usize,
            "--shards" if value == "1" => {}
            "--shards" => {
                return Err(format!("--shards: the broker has one shard for now; write 1, not {value}"));
            }
            "--replay" => {
                self.task = value.parse().map_or_else(|_| Task::File(PathBuf::from(value)), Task::Seed);
                if matches!(&self.task, Task::File(path) if !path.is_file()) {
                    return Err(format!("--replay: {value} is neither a seed nor a file that is there"));
                }
            }
            _ => plant(&mut self.settings, value).map_err(|wrong| format!("--fault: {wrong}"))?,
        }
        Ok(())
    }

    /// Options that do not go together.
    fn clashes(&self, given: &[String]) -> Vec<String> {
        let is_given = |option: &&&str| given.iter().any(|word| word == **option);
        let (others, task): (&[&str], &str) = match self.task {
            Task::Search => (&["--trace"], "goes with --replay"),
            Task::Seed(_) => (
                &["--seeds", "--first-seed", "--threads", "--faults"],
                "does not go with --replay: it is one world",
            ),
            Task::File(_) => (
                &["--seeds", "--first-seed", "--threads", "--faults", "--hours", "--clients", "--fault"],
                "does not go with --replay FILE: the file says it",
            ),
            Task::Faults => (&["--trace", "--replay", "--fault"], "does not go with --faults"),
        };
        others.iter().filter(is_given).map(|option| format!("{option} {task}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Task, arguments};

    fn read(line: &str) -> Result<Option<Arguments>, Vec<String>> {
        arguments(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn everything_at_once() {
        let line = "--seeds 1000 --hours 2 --clients 60 --shards 1 --first-seed 7 --threads 3";
        let found = read(line).expect("legal").expect("no help");
        assert_eq!((found.seeds, found.first_seed, found.threads), (1_000, 7, 3));
        assert_eq!((found.settings.hours, found.settings.clients), (2, 60));
        assert_eq!(found.task, Task::Search);
        let found = read("--replay 12 --trace --hours 3").expect("legal").expect("no help");
        assert_eq!((found.task, found.trace, found.settings.hours), (Task::Seed(12), true, 3));
        assert!(matches!(read("--seeds x --help"), Ok(None)));
    }

    #[test]
    fn every_mistake_is_named() {
        let line = "--seeds 0 --hours many --clients 5000 --shards 2 --first-seed -1 --threads 0 --replay no/such \
                    --fault None --trase --threads --seeds 1 x";
        let wrong = read(line).expect_err("illegal");
        let expected = [
            "--seeds: 0 is not a number from 1",
            "--hours: many is not",
            "--clients: 5000 is not a number from 1 to 1000",
            "write 1, not 2",
            "--first-seed: -1 is not a number from 0",
            "--threads: 0 is not",
            "no/such is neither a seed nor a file",
            "--fault: ",
            "no option --trase",
            "--threads needs a value",
            "no option x",
            "--seeds does not go with --replay FILE",
            "--first-seed does not go with",
            "--threads does not go with",
            "--hours does not go with",
            "--clients does not go with",
            "--fault does not go with",
        ];
        assert_eq!(wrong.len(), expected.len(), "{wrong:#?}");
        for expected in expected {
            assert!(wrong.iter().any(|message| message.contains(expected)), "{expected}: {wrong:#?}");
        }
        assert_eq!(read("--trace").expect_err("illegal"), ["--trace goes with --replay"]);
        assert_eq!(read("--faults --trace").expect_err("illegal"), ["--trace does not go with --faults"]);
    }
}
