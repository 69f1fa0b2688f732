//! Every script against the core in memory, under virtual time.

use conformance::targets::Memory;
use conformance::{all_scripts, runner};

#[track_caller]
fn every_script_passes(target: Memory) {
    let chosen = runner::choose(&all_scripts(), |_, _| true);
    let reports = runner::run(&target, &chosen, 2);
    let bad: Vec<String> = reports
        .iter()
        .filter(|report| !matches!(report.verdict, runner::Verdict::Passed))
        .map(ToString::to_string)
        .collect();
    assert!(bad.is_empty(), "{} of {} scripts did not pass\n\n{}", bad.len(), reports.len(), bad.join("\n"));
}

#[test]
fn with_a_journal() {
    every_script_passes(Memory::default());
}

#[test]
fn without_a_journal() {
    every_script_passes(Memory { journal: false, ..Memory::default() });
}

#[test]
fn byte_by_byte() {
    every_script_passes(Memory { byte_by_byte: true, ..Memory::default() });
}
