//! Says what the scripts say again, in other pieces and with connections that are lost:
//! `golden [--bytes N] [--only NAME] [--without-journal]`. Each conversation may take about N bytes in each of the two
//! ways; those for which that is not enough for every place are counted.

use std::process::ExitCode;
use std::time::Instant;

use conformance::all_scripts;
use conformance::golden::{Outcome, Trial, record};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)
    };
    let bytes = value("--bytes").and_then(|bytes| bytes.parse().ok()).unwrap_or(20_000_000);
    let only = value("--only").map_or("", String::as_str);
    let journal = !arguments.iter().any(|argument| argument == "--without-journal");
    let trial = Trial { journal, bytes };
    let conversations = match record(&all_scripts()) {
        Ok(conversations) => conversations,
        Err(wrong) => {
            eprintln!("{wrong}");
            return ExitCode::from(2);
        }
    };
    let (started, mut all, mut said, mut complete) = (Instant::now(), Outcome::default(), 0, 0);
    for conversation in conversations.iter().filter(|conversation| conversation.name.contains(only)) {
        said += 1;
        let (pieces, losses) = (trial.pieces(conversation), trial.losses(conversation));
        for failure in pieces.failures.iter().chain(&losses.failures) {
            println!("{failure}\n");
        }
        complete += usize::from(pieces.is_complete() && losses.is_complete());
        all.add(pieces);
        all.add(losses);
    }
    println!(
        "{said} conversations, {complete} of them in every place; said again {} times (every place would be {}) in \
         {:.0} s: {} failed",
        all.tried,
        all.places,
        started.elapsed().as_secs_f64(),
        all.failures.len()
    );
    if all.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
