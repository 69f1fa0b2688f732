//! The scripts and the lists of statements fit together.

use std::collections::BTreeSet;
use std::io::Write;

use conformance::statements::{counts, covered, of};
use conformance::{Version, all_scripts};

#[test]
fn every_named_statement_exists_and_shows_on_a_server() {
    let scripts = all_scripts();
    for version in Version::ALL {
        let rows = of(version);
        for id in covered(&scripts, version) {
            let row = rows.get(id).unwrap_or_else(|| panic!("MQTT {} has no {id}", version.name()));
            assert_ne!(row.testable, "no", "{id} of MQTT {} does not show on a server", version.name());
        }
    }
}

#[test]
fn every_script_has_a_name_of_its_own_and_a_statement() {
    let mut names = BTreeSet::new();
    for script in all_scripts() {
        assert!(names.insert(script.path()), "{} stands in two tables, or twice in one", script.path());
        let named = Version::ALL.into_iter().filter_map(|version| script.statements(version));
        assert!(named.clone().count() > 0, "{} runs in no version", script.path());
        assert!(named.flatten().count() > 0, "{} covers nothing", script.path());
    }
}

#[test]
fn enough_is_covered() {
    let scripts = all_scripts();
    // Not through `println`, which a passing test hides.
    let _ = write!(std::io::stderr(), "\n{}", counts(&scripts));
    for (version, least) in [(Version::V3_1_1, 127), (Version::V5_0, 218)] {
        let numbered = covered(&scripts, version).iter().filter(|id| id.starts_with("MQTT-")).count();
        assert!(numbered >= least, "MQTT {}: {numbered} statements, fewer than before", version.name());
    }
}
