//! The scripts, the lists of statements and the exceptions fit together: every row of every list has a script, or
//! a reason why it has none.

use std::collections::BTreeSet;
use std::io::Write;

use conformance::exceptions::{Exceptions, exceptions};
use conformance::statements::{counts, covered, of};
use conformance::{Version, all_scripts};

/// The least statements tested and the most exceptions of each version.
const COUNTS: [(Version, usize, usize); 3] =
    [(Version::V3_1, 20, 0), (Version::V3_1_1, 141, 11), (Version::V5_0, 318, 12)];

fn read_exceptions() -> Exceptions {
    exceptions().unwrap_or_else(|wrong| panic!("exceptions.toml: {wrong}"))
}

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
fn every_statement_has_a_script_or_a_reason() {
    let (scripts, exceptions) = (all_scripts(), read_exceptions());
    let mut wrong = Vec::new();
    for version in Version::ALL {
        let covered = covered(&scripts, version);
        for row in of(version).into_values() {
            let tested = covered.contains(row.id.as_str());
            let excused = exceptions.contains_key(&(version, row.id.clone()));
            if tested == excused {
                let what = if tested { "a script and an exception" } else { "neither script nor exception" };
                wrong.push(format!("MQTT {} {} has {what}: {}", version.name(), row.id, row.requirement));
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_exception_is_of_a_statement() {
    for (version, id) in read_exceptions().keys() {
        assert!(of(*version).contains_key(id), "exceptions.toml: MQTT {} has no {id}", version.name());
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
    let (scripts, exceptions) = (all_scripts(), read_exceptions());
    // Not through `println`, which a passing test hides.
    let _ = write!(std::io::stderr(), "\n{}", counts(&scripts, &exceptions));
    for (version, least, most) in COUNTS {
        let tested = covered(&scripts, version).len();
        let excused = exceptions.keys().filter(|(of, _)| *of == version).count();
        assert!(tested >= least, "MQTT {}: {tested} statements tested, fewer than before", version.name());
        assert!(excused <= most, "MQTT {}: {excused} exceptions, more than before", version.name());
    }
}
