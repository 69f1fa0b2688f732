//! Which scripts run, and which statements a report is about.

use crate::script::Script;
use crate::version::Version;

/// What was asked for; everything by default.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// These versions; all of them if there is none.
    pub versions: Vec<Version>,
    /// Only statements whose id begins so, or scripts whose name contains it.
    pub only: String,
}

impl Choice {
    /// The versions, oldest first.
    pub fn versions(&self) -> Vec<Version> {
        let wanted = |version: &Version| self.versions.is_empty() || self.versions.contains(version);
        Version::ALL.into_iter().filter(wanted).collect()
    }

    /// Whether a script has to run in a version.
    pub fn script(&self, script: &Script, version: Version) -> bool {
        let statements = script.statements(version).unwrap_or_default();
        self.versions().contains(&version)
            && (self.names(script) || statements.iter().any(|id| self.statement(id)))
    }

    /// Whether a script was asked for by its name.
    pub(super) fn names(&self, script: &Script) -> bool {
        script.path().contains(&self.only)
    }

    /// Whether a statement was asked for by its id: `MQTT-3.1` means all of section 3.1, and not 3.10.
    pub(super) fn statement(&self, id: &str) -> bool {
        let rest = id.strip_prefix(&self.only);
        rest.is_some_and(|rest| {
            let goes_on = |text: &str, at_end: bool| {
                let edge = if at_end { text.chars().next_back() } else { text.chars().next() };
                edge.is_some_and(|c| c.is_ascii_digit())
            };
            !(goes_on(&self.only, true) && goes_on(rest, false))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;

    #[test]
    fn a_section_is_not_the_beginning_of_another() {
        let choice = |only: &str| Choice { only: only.into(), ..Choice::default() };
        assert!(choice("MQTT-3.1").statement("MQTT-3.1.2-1"));
        assert!(!choice("MQTT-3.1").statement("MQTT-3.10.1-1"));
        assert!(choice("MQTT-3.1.2-1").statement("MQTT-3.1.2-1"));
        assert!(!choice("MQTT-3.1.2-1").statement("MQTT-3.1.2-11"));
        assert!(choice("").statement("X50-001") && choice("X50").statement("X50-001"));
    }
}
