//! Every committed input, through its target. A panic names the file.

use std::path::Path;

use hushwing_fuzz::TARGETS;

#[test]
fn the_corpora_hold() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        assert!(paths.len() >= 10, "{}: {} files", folder.display(), paths.len());
        for path in paths {
            // Shown when the target panics.
            println!("{}", path.display());
            target(&std::fs::read(&path).expect("a file"));
        }
    }
}

#[test]
fn every_corpus_has_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in std::fs::read_dir(folder).expect("fuzz/corpus") {
        let name = entry.expect("an entry").file_name();
        assert!(TARGETS.iter().any(|(target, _)| *target == name), "fuzz/corpus/{}", name.display());
    }
}
