//! The program `hushwing`.

mod command;
mod serve;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use hushwing_common::command_line::{Command, CommandLine, ConfigCommand};
use hushwing_common::configuration;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let line = CommandLine::parse();
    match line.command {
        None => serve::serve(&line.serve),
        Some(Command::Config(ConfigCommand::Check(options))) => serve::check(&options),
        Some(Command::Config(ConfigCommand::PrintDefault)) => {
            say(&configuration::print_default());
            ExitCode::SUCCESS
        }
        Some(Command::Pub(options)) => command::publish(&options),
        Some(Command::Sub(options)) => command::subscribe(&options),
    }
}

/// Writes to standard output, at once. Whoever closed it does not want to know.
fn say(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

/// Writes a line to standard error, for as long as anybody reads that.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
