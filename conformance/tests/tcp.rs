//! Every script that does not need virtual time, against the `hushwing` binary over TCP.

use std::io::Write;

use conformance::targets::{Binary, Setup, find_binary};
use conformance::{all_scripts, runner};

/// How many scripts run at once: they mostly wait.
const AT_A_TIME: usize = 16;

/// Scripts that went well, each version counted: at least so many.
const LEAST_PASSED: usize = 650;

/// Scripts that only virtual time can show: at most so many.
const MOST_VIRTUAL: usize = 46;

/// Scripts that only an embedding program can be asked (`embedded.rs`): at most so many.
const MOST_EMBEDDED: usize = 28;

#[test]
fn the_binary_passes() {
    let binary = find_binary().unwrap_or_else(|reason| panic!("{reason}"));
    let all = runner::choose(&all_scripts(), |_, _| true);
    let reports = runner::run(&Binary::new(binary), &all, AT_A_TIME);
    let count = |wanted: fn(&runner::Report) -> bool| reports.iter().filter(|it| wanted(it)).count();
    let failed: Vec<String> = reports.iter().filter(|it| it.failed()).map(ToString::to_string).collect();
    let passed = count(|it| matches!(it.verdict, runner::Verdict::Passed));
    let embedded = count(|it| !ran(it) && it.script.setup == Setup::Authenticator);
    let timed =
        count(|it| !ran(it) && it.script.setup != Setup::Authenticator && it.script.virtual_time_only);
    let _ = writeln!(
        std::io::stderr(),
        "\nconformance over TCP: {passed} of {} scripts passed, {} failed; not supported: {timed} that need \
         virtual time, {embedded} that need an authenticator",
        reports.len(),
        failed.len(),
    );
    assert!(failed.is_empty(), "{} scripts failed\n\n{}", failed.len(), failed.join("\n"));
    assert_eq!(passed + timed + embedded, reports.len(), "a script did not run for another reason");
    assert!(passed >= LEAST_PASSED, "only {passed} scripts ran");
    assert!(timed <= MOST_VIRTUAL, "{timed} scripts need virtual time");
    assert!(embedded <= MOST_EMBEDDED, "{embedded} scripts need an authenticator");
}

fn ran(report: &runner::Report) -> bool {
    !matches!(report.verdict, runner::Verdict::NotSupported(_))
}
