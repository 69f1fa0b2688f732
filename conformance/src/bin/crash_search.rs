//! Searches many conversations for a broken promise: `crash_search --seeds N [--from SEED] [--steps N] [--fault PROMISE]`.
//! A fault can be planted where the feature `planted-faults` is on; then the search should find it.

use std::process::ExitCode;

use conformance::crash::Search;
use hushwing_core::Promise;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)?.parse::<u64>().ok()
    };
    let (seeds, from) = (number("--seeds").unwrap_or(1_000), number("--from").unwrap_or(0));
    let default = Search::default();
    let steps = number("--steps").map_or(default.steps, |steps| steps as usize);
    let fault = arguments.iter().position(|argument| argument == "--fault").and_then(|place| {
        let name = arguments.get(place + 1)?;
        Promise::ALL.into_iter().find(|promise| format!("{promise:?}") == *name)
    });
    let search = Search { steps, fault, ..default };
    let mut failed = 0;
    for seed in from..from.saturating_add(seeds) {
        if let Err(failure) = search.run(seed) {
            failed += 1;
            println!("{failure}\n");
        }
    }
    println!("{seeds} conversations of {steps} steps from seed {from}: {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
