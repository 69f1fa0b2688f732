//! What a run says: a transcript, and each form of a report, against the core and against one that drops an answer.

mod sample;

use conformance::exceptions::Exceptions;
use conformance::report;
use conformance::runner::Verdict;
use conformance::{Version, runner};
use sample::{SCRIPTS, conversations, results};

#[test]
fn a_transcript() {
    let conversations = conversations();
    let told =
        conversations.iter().find(|report| report.script.name == "everything_is_told").expect("it ran");
    assert!(matches!(told.verdict, Verdict::Passed), "{told}");
    insta::assert_snapshot!(told.transcript);
}

#[test]
fn text() {
    insta::assert_snapshot!(report::text(&results(&conversations()), false));
}

#[test]
fn a_page() {
    let page = report::html(&results(&conversations()));
    // The style and the script are files of their own.
    let shown = page.replace(include_str!("../../src/report/page.css"), "…\n");
    insta::assert_snapshot!(shown.replace(include_str!("../../src/report/page.js"), "…\n"));
    for outside in ["http:", "https:", "//cdn", "@import", "url(", " src="] {
        assert!(!page.contains(outside), "the page needs {outside}");
    }
}

#[test]
fn json() {
    let text = report::json(&results(&conversations())).expect("JSON");
    let array: Vec<serde_json::Value> = serde_json::from_str(&text).expect("an array");
    for entry in &array {
        let keys: Vec<&String> = entry.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["id", "seconds", "transcript", "verdict", "version"]);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn junit() {
    let text = report::junit(&results(&conversations())).expect("XML");
    insta::assert_snapshot!(text);
}

#[test]
fn a_word_chooses_statements_and_scripts() {
    let ids = |only: &str| -> Vec<String> {
        let choice = report::Choice { versions: vec![Version::V5_0], only: only.into() };
        let all = conversations();
        let results = report::Results::new(sample::about(), &all, &choice, &Exceptions::new());
        results.versions.iter().flat_map(|of| of.rows()).map(|row| row.id.clone()).collect()
    };
    assert_eq!(ids("MQTT-3.12"), ["MQTT-3.12.4-1"]);
    assert!(ids("everything_is_told").contains(&"MQTT-3.8.4-1".to_owned()));
    assert!(ids("").len() > 300);
}

#[test]
fn whoever_watches_sees_every_script() {
    let chosen = runner::choose(SCRIPTS, |_, version| version == Version::V5_0);
    let seen = std::sync::Mutex::new(Vec::new());
    let target = conformance::targets::Memory::default();
    let reports = runner::run_watched(&target, &chosen, 2, &|report| {
        seen.lock().expect("nobody panics").push(report.script.name);
    });
    let mut seen = seen.into_inner().expect("nobody panics");
    seen.sort_unstable();
    assert_eq!(seen, ["configured", "everything_is_told", "ping"]);
    assert_eq!(reports.len(), seen.len());
}
