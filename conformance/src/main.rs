//! Runs the scripts against a broker: `conformance --target 127.0.0.1:1883 [--version 5.0] [--only MQTT-3.3]`.
//! Without `--target`, the core in memory. Exit code 0 only when nothing failed.

use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;

use conformance::target::{Target, Tcp};
use conformance::{Version, all_scripts, runner, statements};

const HELP: &str = "\
Usage: conformance [--target ADDRESS:PORT] [--version 3.1|3.1.1|5.0] [--only TEXT] [--at-a-time N]

  --target     a broker to test; without it, the core in memory under virtual time
  --version    only the scripts of this version
  --only       only scripts whose name, or a statement of theirs, contains TEXT
  --at-a-time  how many scripts run at once (default 16)
";

struct Options {
    target: Option<SocketAddr>,
    version: Option<Version>,
    only: String,
    at_a_time: usize,
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
    let target = target(&options);
    let reports = runner::run(target.as_ref(), &chosen, options.at_a_time);
    let mut out = std::io::stdout().lock();
    for report in &reports {
        let _ = writeln!(out, "{report}");
    }
    let failed = reports.iter().filter(|report| report.failed()).count();
    let _ = write!(out, "{}", statements::counts(&scripts));
    let _ = writeln!(out, "{}: {} ran, {failed} failed", target.name(), reports.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn target(options: &Options) -> Box<dyn Target> {
    match options.target {
        Some(address) => Box::new(Tcp::new(address)),
        None => Box::new(conformance::target::Memory::default()),
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { target: None, version: None, only: String::new(), at_a_time: 16 };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--target" => {
                let text = value()?;
                let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
                options.target = Some(found.ok_or_else(|| format!("{text} is not ADDRESS:PORT"))?);
            }
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
