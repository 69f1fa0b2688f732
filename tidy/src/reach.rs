//! Which source files no target of any package leads to.

use std::collections::{BTreeMap, BTreeSet};

use crate::measure::{Measures, Module, measure};
use crate::tree::Source;

/// The files that the package of `manifest` (the text of a Cargo.toml in `folder`) starts from: what Cargo finds by
/// itself, and every `path = "….rs"`.
///
/// # Errors
///
/// Says what is wrong with the manifest.
pub fn roots(folder: &str, manifest: &str, files: &BTreeSet<&str>) -> Result<Vec<String>, String> {
    let manifest: toml::Table = manifest.parse().map_err(|error| format!("{folder}/Cargo.toml: {error}"))?;
    let at = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let mut found: Vec<String> =
        ["src/lib.rs", "src/main.rs", "build.rs"].iter().map(|path| at(path)).collect();
    for parent in ["src/bin", "tests", "benches", "examples"] {
        let parent = at(parent) + "/";
        let direct = |file: &&&str| file.strip_prefix(&parent).is_some_and(is_target);
        found.extend(files.iter().filter(direct).map(|file| (**file).to_owned()));
    }
    for kind in ["lib", "bin", "test", "bench", "example"] {
        let targets = match manifest.get(kind) {
            Some(toml::Value::Array(targets)) => targets.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        let paths = targets.iter().filter_map(|target| target.get("path")?.as_str());
        found.extend(paths.map(at));
    }
    found.retain(|path| files.contains(path.as_str()));
    Ok(found)
}

/// `x.rs` or `x/main.rs`.
fn is_target(inside: &str) -> bool {
    match inside.split_once('/') {
        None => inside.ends_with(".rs"),
        Some((_, rest)) => rest == "main.rs",
    }
}

/// The sources that no module declaration leads to, from `roots`; and those that are there for tests only.
///
/// # Errors
///
/// Says which file is not Rust.
pub fn unreachable_files(
    sources: &[Source],
    roots: &[String],
) -> Result<(Vec<String>, BTreeSet<String>), String> {
    let mut measured: BTreeMap<&str, Measures> = BTreeMap::new();
    for source in sources {
        let measures = measure(&source.text).map_err(|error| format!("{}: {error}", source.path))?;
        measured.insert(&source.path, measures);
    }
    let is_test = |path: &str| path.split('/').any(|part| part == "tests" || part == "tests.rs");
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut tests: BTreeSet<String> = BTreeSet::new();
    let mut waiting: Vec<(String, bool, bool)> =
        roots.iter().map(|root| (root.clone(), true, is_test(root))).collect();
    while let Some((path, is_root, test)) = waiting.pop() {
        let Some(measures) = measured.get(path.as_str()) else { continue };
        if !reached.insert(path.clone()) {
            continue;
        }
        if test {
            tests.insert(path.clone());
        }
        for module in &measures.modules {
            let test = test || module.test;
            waiting.extend(candidates(&path, is_root, module).into_iter().map(|next| (next, false, test)));
        }
    }
    let forgotten = sources.iter().filter(|source| !reached.contains(&source.path));
    Ok((forgotten.map(|source| source.path.clone()).collect(), tests))
}

/// Where the compiler looks for a module that is declared in the file `path`.
fn candidates(path: &str, is_root: bool, module: &Module) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(attribute) = &module.attribute {
        return vec![normal(&format!("{folder}/{attribute}"))];
    }
    let stem = file.trim_end_matches(".rs");
    let base = if is_root || stem == "mod" { folder.to_owned() } else { format!("{folder}/{stem}") };
    let name = format!("{base}/{}", module.path.join("/"));
    vec![format!("{name}.rs"), format!("{name}/mod.rs")]
}

/// Without `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_file_that_nothing_declares_is_found() {
        let sources = [
            source("a/src/lib.rs", "mod one; #[cfg(test)] mod helper; #[path = \"../odd.rs\"] mod odd;"),
            source("a/src/one.rs", "mod inline { mod leaf; } mod two;"),
            source("a/src/one/inline/leaf.rs", ""),
            source("a/src/one/two/mod.rs", "mod three;"),
            source("a/src/one/two/three.rs", ""),
            source("a/src/helper.rs", ""),
            source("a/odd.rs", ""),
            source("a/tests/whole.rs", ""),
            source("a/tests/common/part.rs", ""),
            source("a/src/forgotten.rs", ""),
        ];
        let files: BTreeSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
        let roots = roots("a", "[package]\nname = \"a\"", &files).expect("a manifest");
        assert_eq!(roots, ["a/src/lib.rs", "a/tests/whole.rs"]);
        let (forgotten, tests) = unreachable_files(&sources, &roots).expect("Rust");
        assert_eq!(forgotten, ["a/tests/common/part.rs", "a/src/forgotten.rs"]);
        assert_eq!(tests, BTreeSet::from(["a/src/helper.rs".into(), "a/tests/whole.rs".into()]));
    }

    #[test]
    fn a_target_with_a_path_is_a_root() {
        let files = BTreeSet::from(["a/decode.rs"]);
        let manifest = "[[bin]]\nname = \"decode\"\npath = \"decode.rs\"";
        assert_eq!(roots("a", manifest, &files).expect("a manifest"), ["a/decode.rs"]);
    }
}
