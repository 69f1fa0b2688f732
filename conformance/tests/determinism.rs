//! The same conversation in two processes gives the same output, byte for byte.

use std::process::Command;

use conformance::crash::digest;

/// Set in the other process: it tells its hashes and nothing else.
const CHILD: &str = "HUSHWING_DETERMINISM_CHILD";
/// Before each hash in the output of the other process.
const MARK: &str = "digest ";

fn digests() -> Vec<String> {
    let hash = |seed| digest(seed, 500).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    (30_000..30_020).map(|seed| format!("{:016x}", hash(seed))).collect()
}

#[test]
fn two_processes_agree() {
    let here = digests();
    if std::env::var_os(CHILD).is_some() {
        here.iter().for_each(|digest| println!("{MARK}{digest}"));
        return;
    }
    let program = std::env::current_exe().expect("the path of this test");
    let child = Command::new(program)
        .args(["--exact", "two_processes_agree", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("the test runs once more");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let output = String::from_utf8(child.stdout).expect("text");
    let there: Vec<&str> =
        output.lines().filter_map(|line| line.split_once(MARK)).map(|(_, digest)| digest).collect();
    assert_eq!(here, there);
}

#[test]
fn another_seed_gives_another_hash() {
    assert_ne!(digest(1, 100), digest(2, 100));
}
