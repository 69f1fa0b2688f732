//! Simulates worlds.

use std::process::ExitCode;
use std::time::Instant;

use conformance::simulation::{Reach, Settings, simulate};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)?.parse::<u64>().ok()
    };
    let (seeds, first) = (number("--seeds").unwrap_or(10), number("--first-seed").unwrap_or(0));
    let settings = Settings { hours: number("--hours").unwrap_or(1), ..Settings::default() };
    let readable = arguments.iter().any(|argument| argument == "--trace");
    let start = Instant::now();
    let mut reach = Reach::default();
    let mut failed = 0;
    let mut micros = 0;
    for seed in first..first + seeds {
        let outcome = simulate(seed, &settings, readable);
        reach.add(&outcome.reach);
        micros += outcome.micros;
        if let Some(failure) = outcome.failure {
            failed += 1;
            if readable {
                println!("{}", failure.trace);
            }
            println!("seed {seed}: event {} at {} s: {}", failure.event, failure.at_micros / 1_000_000, failure.message);
        }
    }
    if arguments.iter().any(|argument| argument == "--reach") {
        for (name, count) in reach.lines() {
            println!("{count:>10} {name}");
        }
    }
    let hours = micros as f64 / 3.6e9;
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    println!(
        "{seeds} seeds, {failed} failed, {hours:.1} h, {:.0} h/min, {:.0} packets/h",
        hours / minutes,
        reach.packets as f64 / hours
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
