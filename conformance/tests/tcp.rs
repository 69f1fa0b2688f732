//! Every script that does not need virtual time, against the `hushwing` binary over TCP.

use std::io::Write;

use conformance::targets::{Tcp, find_binary, start_binary};
use conformance::{all_scripts, runner};

/// How many scripts run at once: they mostly wait.
const AT_A_TIME: usize = 16;

#[test]
fn the_binary_passes() {
    let binary = match find_binary() {
        Ok(binary) => binary,
        Err(reason) => {
            // Not through `eprintln`, which a passing test hides.
            let _ = writeln!(std::io::stderr(), "\nSKIPPED conformance over TCP: {reason}\n");
            return;
        }
    };
    let running = start_binary(&binary).unwrap_or_else(|error| panic!("{error}"));
    let chosen = runner::choose(&all_scripts(), |script, _| !script.virtual_time_only);
    let reports = runner::run(&Tcp::ours(running.address), &chosen, AT_A_TIME);
    let failed: Vec<String> =
        reports.iter().filter(|report| report.failed()).map(ToString::to_string).collect();
    let passed = reports.iter().filter(|report| matches!(report.verdict, runner::Verdict::Passed)).count();
    let _ = writeln!(std::io::stderr(), "\nconformance over TCP: {passed} of {} scripts ran", reports.len());
    assert!(
        failed.is_empty(),
        "{} of {} scripts failed\n\n{}",
        failed.len(),
        reports.len(),
        failed.join("\n")
    );
    assert!(passed > 300, "only {passed} scripts ran");
}
