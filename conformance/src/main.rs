//! Runs the scripts against a broker and reports: `conformance --target 127.0.0.1:1883 --version 5.0`. Without
//! `--target`, the core in memory. The exit code is 0 only when nothing failed.

mod arguments;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;

use arguments::{Arguments, Form, HELP, arguments};
use conformance::exceptions::exceptions;
use conformance::report::{self, About, Progress, Results};
use conformance::runner::{self, Probe, Report, Verdict};
use conformance::targets::{Binary, Memory, Target, Tcp};
use conformance::{Script, Version, all_scripts, mutations};

/// Nothing could be run.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    match arguments(std::env::args().skip(1)) {
        Ok(Some(arguments)) => run(&arguments).unwrap_or_else(|message| complain(&[message], "")),
        Ok(None) => {
            let _ = write!(std::io::stdout(), "{HELP}");
            ExitCode::SUCCESS
        }
        Err(messages) => complain(&messages, HELP),
    }
}

fn complain(messages: &[String], help: &str) -> ExitCode {
    let lines: String = messages.iter().map(|message| format!("conformance: {message}\n")).collect();
    let _ = write!(std::io::stderr(), "{lines}{help}");
    ExitCode::from(UNUSABLE)
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let scripts = all_scripts();
    let chosen = runner::choose(&scripts, |script, version| arguments.choice.script(script, version));
    if chosen.is_empty() {
        return Err(format!("no script is about {}", arguments.choice.only));
    }
    if arguments.mutate {
        return Ok(mutate(&chosen, arguments.alter));
    }
    let target = target(arguments);
    let started = Instant::now();
    let conversations = converse(target.as_ref(), &chosen, arguments.at_a_time)?;
    let seconds = started.elapsed().as_secs_f64();
    let about = About { target: target.name(), date: report::today(), seconds };
    let results = Results::new(about, &conversations, &arguments.choice, &exceptions()?);
    let text =
        report::text(&results, std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let _ = write!(std::io::stdout(), "{text}");
    write_reports(arguments, &results)?;
    let failed = conversations.iter().any(Report::failed);
    if !failed && !conversations.iter().any(|report| matches!(report.verdict, Verdict::Passed)) {
        return Err("nothing could be tested: no conversation was supported".to_owned());
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs what the target can be asked: a version that it refuses is not supported, as a whole.
fn converse(
    target: &dyn Target,
    chosen: &[(Script, Version)],
    at_a_time: usize,
) -> Result<Vec<Report>, String> {
    let progress = Progress::new(chosen.len());
    let watch = |report: &Report| progress.report(report);
    let mut reports = Vec::new();
    for version in Version::ALL {
        let here: Vec<_> = chosen.iter().copied().filter(|(_, of)| *of == version).collect();
        if here.is_empty() {
            continue;
        }
        match runner::probe(target, version) {
            Probe::Speaks => reports.extend(runner::run_watched(target, &here, at_a_time, &watch)),
            Probe::Refuses(reason) => {
                let not = |(script, version): &(Script, Version)| {
                    Report::not_supported(script, *version, reason.clone())
                };
                let refused: Vec<Report> = here.iter().map(not).collect();
                refused.iter().for_each(&watch);
                reports.extend(refused);
            }
            Probe::Unreachable(reason) => return Err(reason),
        }
    }
    progress.end();
    Ok(reports)
}

fn write_reports(arguments: &Arguments, results: &Results<'_>) -> Result<(), String> {
    for (path, form) in &arguments.reports {
        let text = match form {
            Form::Html => report::html(results),
            Form::Json => report::json(results)?,
            Form::Xml => report::junit(results)?,
        };
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn mutate(chosen: &[(Script, Version)], alter: bool) -> ExitCode {
    let outcome = mutations::try_all(chosen, mutations::Choice { stride: 1, alter });
    let mut out = std::io::stdout().lock();
    for survivor in &outcome.survivors {
        let _ = writeln!(out, "not noticed  {survivor}");
    }
    for late in &outcome.late {
        let _ = writeln!(out, "too late  {late}");
    }
    for answer in &outcome.unexpected {
        let _ = writeln!(out, "not expected  {answer}");
    }
    let (answers, tried) = (outcome.answers, outcome.tried);
    let (unnoticed, late) = (outcome.survivors.len(), outcome.late.len());
    let _ = writeln!(out, "{answers} answers, {tried} mutations, {unnoticed} not noticed, {late} too late");
    if unnoticed + late == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn target(arguments: &Arguments) -> Box<dyn Target> {
    if let Some(path) = &arguments.program {
        return Box::new(Binary::new(path.clone()));
    }
    match arguments.target {
        Some(address) if arguments.ours => Box::new(Tcp::ours(address)),
        Some(address) => Box::new(Tcp::new(address)),
        None => Box::new(Memory::default()),
    }
}
