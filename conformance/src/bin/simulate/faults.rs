//! Every planted fault in turn.

use std::io::Write;
use std::process::ExitCode;

use conformance::report::today;
use conformance::simulation::hunt::{Hunt, Prey};

use super::arguments::Arguments;
use super::{code, command, commit, say};

/// Seeds within which a third of the faults should be found.
const SOON: u64 = 20;

/// Says for each fault how many seeds it takes to find it.
pub(crate) fn faults(arguments: &Arguments) -> ExitCode {
    let Arguments { seeds, first_seed, threads, .. } = *arguments;
    let hunt = Hunt { settings: arguments.settings.clone(), first_seed, seeds, threads };
    let all = hunt.run(|_| true, &|prey| {
        let _ = writeln!(std::io::stderr(), "{}", row(prey));
    });
    say("| | fault | seeds | what the oracle said |\n|---:|---|---:|---|\n");
    all.iter().for_each(|prey| say(&format!("{}\n", row(prey))));
    let within = |most: u64| {
        all.iter().filter(|prey| prey.found.as_ref().is_some_and(|(seeds, _)| *seeds <= most)).count()
    };
    say(&format!(
        "\n{}, {}, commit {}: {} of {} faults found, {} within {SOON} seeds\n",
        command(),
        today(),
        commit(),
        within(seeds),
        all.len(),
        within(SOON)
    ));
    code(within(seeds) == all.len())
}

fn row(prey: &Prey) -> String {
    let (number, fault, what) = (prey.number, prey.fault, prey.what);
    match &prey.found {
        Some((seeds, failure)) => {
            let message = failure.message.replace('|', "\\|");
            format!("| {number} | {what} (`{fault:?}`) | {seeds} | {message:.160} |")
        }
        None => format!("| {number} | {what} (`{fault:?}`) | not found | |"),
    }
}
