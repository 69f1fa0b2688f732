//! The house rules, over the whole repository.

use std::collections::BTreeSet;

use tidy::{Source, measure, repository, roots, sources, unreachable_files};

/// Lines of a file without its tests.
const FILE_LINES_MAX: usize = 400;

/// Lines of a function.
const FUNCTION_LINES_MAX: usize = 70;

/// An exception: the file, the function in it (none for the file itself), the lines that it may have, the reason.
type Exception = (&'static str, Option<&'static str>, usize, &'static str);

/// Every exception to the sizes. One that is not needed any more fails the test too.
const EXCEPTIONS: &[Exception] = &[];

fn rust() -> Vec<Source> {
    sources(&repository(), ".rs")
}

/// Every root and every file that is for tests only, and what is reached from nowhere.
fn reach(sources: &[Source]) -> (Vec<String>, BTreeSet<String>) {
    let files: BTreeSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let mut starts = Vec::new();
    for manifest in tidy::sources(&repository(), "Cargo.toml") {
        let folder = manifest.path.strip_suffix("Cargo.toml").expect("asked for").trim_end_matches('/');
        starts.extend(roots(folder, &manifest.text, &files).expect("a manifest"));
    }
    unreachable_files(sources, &starts).expect("Rust")
}

fn report(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn every_source_file_belongs_to_a_target() {
    let sources = rust();
    let (forgotten, _) = reach(&sources);
    report("files that no `mod` and no target leads to", &forgotten);
}

#[test]
fn files_and_functions_are_short() {
    let sources = rust();
    let (_, tests) = reach(&sources);
    let mut long = Vec::new();
    let mut needed = BTreeSet::new();
    let mut check = |path: &str, function: Option<&str>, lines: usize, max: usize| {
        if lines <= max {
            return;
        }
        let exception = EXCEPTIONS.iter().position(|&(file, name, ..)| file == path && name == function);
        needed.extend(exception);
        if exception.is_none_or(|index| EXCEPTIONS[index].2 < lines) {
            long.push(format!("{path} {}: {lines} lines, at most {max}", function.unwrap_or("(file)")));
        }
    };
    for source in &sources {
        let measures = measure(&source.text).expect("Rust");
        if !tests.contains(&source.path) {
            check(&source.path, None, measures.lines, FILE_LINES_MAX);
        }
        for function in &measures.functions {
            check(&source.path, Some(&function.name), function.lines, FUNCTION_LINES_MAX);
        }
    }
    report("too long (split it, or name it in EXCEPTIONS with the reason)", &long);
    let stale = (0..EXCEPTIONS.len()).filter(|index| !needed.contains(index));
    let stale: Vec<String> = stale.map(|index| format!("{:?}", EXCEPTIONS[index])).collect();
    report("exceptions that nothing needs any more", &stale);
}

#[test]
fn nothing_unfinished_is_left() {
    // In two halves, so that this file does not accuse itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ig", "nore")];
    let mut found = Vec::new();
    for source in rust() {
        for (index, line) in source.text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    report("unfinished or ignored", &found);
}

#[test]
fn the_core_does_not_panic_on_purpose() {
    let sources = rust();
    let (_, tests) = reach(&sources);
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("core/src/")) {
        if !tests.contains(&source.path) {
            let panics = measure(&source.text).expect("Rust").panics;
            found.extend(panics.iter().map(|line| format!("{}:{line}", source.path)));
        }
    }
    report("`unwrap`, `expect`, `panic!` or their like in the core", &found);
}

/// Where the flow of the machine names a version all the same, and why.
const VERSIONS_NAMED: &[(&str, &str)] = &[
    ("core/src/connection/mod.rs", "what a connection has until CONNECT tells"),
    ("core/src/session/mod.rs", "what a session has until a client speaks for it"),
];

#[test]
fn the_flow_does_not_ask_for_a_version() {
    let sources = rust();
    let (_, tests) = reach(&sources);
    let folders =
        ["broker", "connection", "retained", "session", "topic"].map(|name| format!("core/src/{name}"));
    let flow = |source: &&Source| {
        folders.iter().any(|folder| source.path.starts_with(folder)) && !tests.contains(&source.path)
    };
    let mut found = Vec::new();
    for source in sources.iter().filter(flow) {
        let own = source.text.split("#[cfg(test)]").next().unwrap_or_default();
        let named = own.matches("ProtocolVersion::V").count();
        let allowed = VERSIONS_NAMED.iter().filter(|(path, _)| *path == source.path).count();
        if named != allowed {
            found.push(format!("{}: {named} times, {allowed} allowed", source.path));
        }
    }
    report("a version is named in the flow (ask a question in core/src/version.rs)", &found);
}

#[test]
fn every_decision_that_is_cited_is_written_down() {
    let decisions =
        std::fs::read_to_string(repository().join("docs/decisions.md")).expect("docs/decisions.md");
    let known: BTreeSet<&str> =
        decisions.lines().filter_map(|line| line.strip_prefix("## ")?.split_whitespace().next()).collect();
    assert!(known.len() > 10, "the headings of docs/decisions.md begin with D1, D2, …");
    let mut found = Vec::new();
    for source in rust() {
        for (index, line) in source.text.lines().enumerate() {
            let cited = line.split(concat!("decision", "s.md ")).skip(1);
            let cited = cited.filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next());
            let number = |name: &&str| name.strip_prefix('D').is_some_and(|rest| rest.parse::<u32>().is_ok());
            let unknown = cited.filter(number).filter(|name| !known.contains(name));
            found.extend(unknown.map(|name| format!("{}:{}: {name}", source.path, index + 1)));
        }
    }
    report("decisions that docs/decisions.md does not have", &found);
}
