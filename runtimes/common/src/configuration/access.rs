//! `[access]`: who may connect, and what clients may publish and subscribe to. It holds for every listener.

use std::sync::Arc;

use hushwing_core::topic::filter;
use hushwing_core::{Action, Authentication, Decision, Listener, Rule, Rules};

use super::keys::Keys;
use super::printer::Printer;
use super::problem::{Place, Problems};
use super::reader::Reader;
use super::value::{Node, Value};

/// What is a rule, for messages.
const WANTED: &str = "each rule under a line [[access.rules]]";

/// Reads the table into the profile that all listeners have.
pub(super) fn access(keys: &mut Reader<'_>, profile: &mut Listener) {
    let mut rules = Rules::default();
    let nodes = match keys.take("rules") {
        None => Vec::new(),
        Some(Node { value: Value::Array(nodes), .. }) => nodes,
        Some(Node { place, value }) => {
            keys.wrong("rules", &place, &value, WANTED);
            Vec::new()
        }
    };
    rules.rules = nodes
        .into_iter()
        .enumerate()
        .filter_map(|(index, node)| rule(&format!("access.rules.{index}"), node, keys.problems))
        .collect();
    plain(keys, &mut profile.authentication, &mut rules.otherwise);
    profile.rules = Arc::new(rules);
}

/// Prints the table, with a rule to copy.
pub(super) fn print(printer: &mut Printer) {
    let mut rules = Rules::default();
    plain(printer, &mut Authentication::default(), &mut rules.otherwise);
    printer.text.push_str(
        "# Rules, as many as you like: the first that fits decides. One about subscribing allows what lies within its\n\
         # filter, and denies what reaches into it. `action` is publish, subscribe or publish_direct (to $direct/\n\
         # topics, which nobody may without a rule); without it, a rule is about the first two.\n\
         # [[access.rules]]\n\
         # action = \"publish\"\n\
         # filter = \"alarms/#\"\n\
         # decision = \"deny\"\n",
    );
}

/// Everything but the rules.
fn plain(keys: &mut impl Keys, authentication: &mut Authentication, otherwise: &mut Decision) {
    let words = [("anonymous", Authentication::Anonymous), ("refuse", Authentication::Refuse)];
    keys.choice(
        "authentication",
        authentication,
        &words,
        "Who may connect: anybody who can reach a listener, or nobody.",
    );
    let words = [("allow", Decision::Allow), ("deny", Decision::Deny)];
    keys.choice("otherwise", otherwise, &words, "The decision where no rule fits.");
}

fn rule(path: &str, node: Node, problems: &mut Problems) -> Option<Rule> {
    let table = match node.value {
        Value::Table(table) => table,
        other => {
            problems.push(&node.place, format!("`{path}` is {}; write {WANTED}", other.describe()));
            return None;
        }
    };
    for (key, example) in [("filter", "alarms/#"), ("decision", "deny")] {
        if !table.contains_key(key) {
            problems.push(&node.place, format!("`{path}` has no {key}; write {key} = {example:?}"));
        }
    }
    let mut reader = Reader::new(path.to_owned(), table, problems);
    let (mut action, mut decision) = (None, Decision::Deny);
    let words = [
        ("publish", Some(Action::Publish)),
        ("subscribe", Some(Action::Subscribe)),
        ("publish_direct", Some(Action::PublishDirect)),
    ];
    reader.choice("action", &mut action, &words, "");
    let filter = reader.text("filter", "a topic filter, such as \"alarms/#\"");
    reader.choice("decision", &mut decision, &[("allow", Decision::Allow), ("deny", Decision::Deny)], "");
    reader.finish();
    let (place, filter) = filter?;
    check(path, &filter, &place, problems);
    Some(Rule { action, filter, decision })
}

/// A rule that can never fit would be no rule, and nobody would notice.
fn check(path: &str, text: &str, place: &Place, problems: &mut Problems) {
    if text.starts_with("$share/") {
        let sentence =
            "is a shared subscription; write the filter behind $share/NAME/, which is what rules look at";
        problems.push(place, format!("`{path}.filter` {sentence}"));
    } else if filter::validate(text).is_err() {
        let sentence =
            "is no topic filter; write levels with / between them, + for any one, # at the end for any more";
        problems.push(place, format!("`{path}.filter` ({text:?}) {sentence}"));
    }
}
