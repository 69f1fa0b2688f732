//! Statements that have no script, each with its reason: `exceptions.toml`.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::version::Version;

/// The reason why a statement has no script, by version and id.
pub type Exceptions = BTreeMap<(Version, String), String>;

/// What `exceptions.toml` says.
///
/// # Errors
///
/// What is wrong with the file: it is no TOML, has other keys, an unknown version, an empty reason, or an id twice.
pub fn exceptions() -> Result<Exceptions, String> {
    parse(include_str!("../exceptions.toml"))
}

fn parse(text: &str) -> Result<Exceptions, String> {
    let document = DeTable::parse(text).map_err(|error| error.to_string())?.into_inner();
    let mut exceptions = Exceptions::new();
    for (key, value) in document {
        let DeValue::Array(entries) = value.into_inner() else { return Err(unknown(key.get_ref())) };
        if key.get_ref() != "exception" {
            return Err(unknown(key.get_ref()));
        }
        for entry in entries {
            let DeValue::Table(entry) = entry.into_inner() else { return Err(unknown("exception")) };
            let (version, ids, reason) = read(entry)?;
            for id in ids {
                if exceptions.insert((version, id.clone()), reason.clone()).is_some() {
                    return Err(format!("{id} of MQTT {} stands twice", version.name()));
                }
            }
        }
    }
    Ok(exceptions)
}

fn read(entry: DeTable<'_>) -> Result<(Version, Vec<String>, String), String> {
    let (mut version, mut ids, mut reason) = (None, Vec::new(), String::new());
    for (key, value) in entry {
        match (key.get_ref().as_ref(), value.into_inner()) {
            ("version", DeValue::String(name)) => {
                version = Version::ALL.into_iter().find(|version| version.name() == name);
            }
            ("ids", DeValue::Array(list)) => {
                let id = |value: DeValue<'_>| value.as_str().map(str::to_owned);
                let list: Option<Vec<String>> = list.into_iter().map(|it| id(it.into_inner())).collect();
                ids = list.ok_or("an id that is no string")?;
            }
            ("reason", DeValue::String(text)) => reason = text.into_owned(),
            (other, _) => return Err(unknown(other)),
        }
    }
    match version {
        Some(version) if !ids.is_empty() && !reason.is_empty() => Ok((version, ids, reason)),
        _ => Err(format!("an exception without version, ids or reason: {ids:?} {reason:?}")),
    }
}

fn unknown(key: &str) -> String {
    format!("{key}: no such key, or not of its type")
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::version::Version;

    const GOOD: &str = "[[exception]]\nversion = \"5.0\"\nids = [\"a\", \"b\"]\nreason = \"why\"\n";

    #[test]
    fn one_reason_may_be_that_of_several() {
        let exceptions = parse(GOOD).expect("a good file");
        let ids: Vec<_> = exceptions.keys().map(|(version, id)| (*version, id.as_str())).collect();
        assert_eq!(ids, [(Version::V5_0, "a"), (Version::V5_0, "b")]);
        assert!(exceptions.values().all(|reason| reason == "why"));
    }

    #[test]
    fn mistakes_are_found() {
        for (from, to, complaint) in [
            ("5.0", "5", "without version"),
            ("why", "", "without version, ids or reason"),
            ("[\"a\", \"b\"]", "[]", "without version, ids or reason"),
            ("\"b\"", "\"a\"", "a of MQTT 5.0 stands twice"),
            ("\"b\"", "2", "no string"),
            ("reason", "because", "because: no such key"),
            ("exception", "exceptions", "exceptions: no such key"),
        ] {
            let error = parse(&GOOD.replace(from, to)).expect_err(to);
            assert!(error.contains(complaint), "{error}");
        }
    }
}
