//! Runs the scripts against a broker: `conformance --target 127.0.0.1:1883 [--version 5.0] [--only MQTT-3.3]`.
//! Without `--target`, the core in memory. Exit code 0 only when nothing failed.

use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;

use conformance::targets::{Target, Tcp};
use conformance::{Script, Version, all_scripts, exceptions, mutations, runner, statements};

const HELP: &str = "\
Usage: conformance [--target ADDRESS:PORT [--ours]] [--version 3.1|3.1.1|5.0] [--only TEXT] [--at-a-time N]

  --target     a broker to test; without it, the core in memory under virtual time
  --ours       the broker is hushwing: hold it to the choices that it made
  --version    only the scripts of this version
  --only       only scripts whose name, or a statement of theirs, contains TEXT
  --at-a-time  how many scripts run at once (default 16)
  --mutate     test the scripts themselves: get every answer of the core wrong in turn
  --alter      the same, and every byte of every answer
";

struct Options {
    target: Option<SocketAddr>,
    ours: bool,
    version: Option<Version>,
    only: String,
    at_a_time: usize,
    mutate: bool,
    alter: bool,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            let _ = write!(std::io::stdout(), "{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "{message}\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let scripts = all_scripts();
    let chosen = runner::choose(&scripts, |script, version| {
        let statements = script.statements(version).unwrap_or_default();
        options.version.is_none_or(|wanted| wanted == version)
            && (script.path().contains(&options.only)
                || statements.iter().any(|id| id.contains(&options.only)))
    });
    if options.mutate {
        return mutate(&chosen, options.alter);
    }
    let target = target(&options);
    let reports = runner::run(target.as_ref(), &chosen, options.at_a_time);
    let mut out = std::io::stdout().lock();
    for report in &reports {
        let _ = writeln!(out, "{report}");
    }
    let failed = reports.iter().filter(|report| report.failed()).count();
    let exceptions = exceptions::exceptions().unwrap_or_default();
    let _ = write!(out, "{}", statements::counts(&scripts, &exceptions));
    let _ = writeln!(out, "{}: {} ran, {failed} failed", target.name(), reports.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn mutate(chosen: &[(Script, Version)], alter: bool) -> ExitCode {
    let outcome = mutations::try_all(chosen, mutations::Choice { stride: 1, alter });
    let mut out = std::io::stdout().lock();
    for survivor in &outcome.survivors {
        let _ = writeln!(out, "not noticed  {survivor}");
    }
    let _ = writeln!(out, "{} mutations, {} not noticed", outcome.tried, outcome.survivors.len());
    if outcome.survivors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn target(options: &Options) -> Box<dyn Target> {
    match options.target {
        Some(address) if options.ours => Box::new(Tcp::ours(address)),
        Some(address) => Box::new(Tcp::new(address)),
        None => Box::new(conformance::targets::Memory::default()),
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        target: None,
        ours: false,
        version: None,
        only: String::new(),
        at_a_time: 16,
        mutate: false,
        alter: false,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--target" => {
                let text = value()?;
                let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
                options.target = Some(found.ok_or_else(|| format!("{text} is not ADDRESS:PORT"))?);
            }
            "--mutate" => options.mutate = true,
            "--alter" => (options.mutate, options.alter) = (true, true),
            "--ours" => options.ours = true,
            "--version" => {
                let text = value()?;
                let found = Version::ALL.into_iter().find(|version| version.name() == text);
                options.version = Some(found.ok_or_else(|| format!("no version {text}"))?);
            }
            "--only" => options.only = value()?,
            "--at-a-time" => {
                options.at_a_time = value()?.parse().map_err(|_| "--at-a-time needs a number".to_owned())?;
            }
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown option {other}")),
        }
    }
    Ok(Some(options))
}
