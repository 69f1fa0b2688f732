//! TOML values that know where they were written, laid over each other.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problems};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// A table's entries: where the key stands, and its value.
pub(super) type Table = BTreeMap<String, (Place, Node)>;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Table(Table),
    Array(Vec<Node>),
    Text(String),
    Integer(i128),
    Boolean(bool),
    /// What no setting takes, in words.
    Other(&'static str),
}

impl Value {
    /// What it is, for a message.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Table(_) => "a table".into(),
            Self::Array(_) => "a list".into(),
            Self::Text(text) => format!("the text {text:?}"),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Other(words) => (*words).into(),
        }
    }
}

/// Reads a whole document. Syntax errors are reported, and what could be read is returned.
pub(super) fn parse(problems: &mut Problems, source: usize, text: &str) -> Table {
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = Place { source, span: error.span().unwrap_or_default() };
        problems.push_syntax(&place, syntax_sentence(error.message()));
    }
    table(source, document.into_inner())
}

/// What the parser says, and what to write instead.
fn syntax_sentence(message: &str) -> String {
    if message.contains("duplicate key") {
        return "this key is there already; leave out one of the two".into();
    }
    if message.contains("must be quoted") {
        return "this is no value; write text in double quotes, a number, true or false".into();
    }
    let message = message.trim().replace('\n', ", ");
    format!("this is not TOML ({message}); write `key = value`, or a heading such as [limits]")
}

/// Reads `KEY=VALUE` of `--set`: VALUE as TOML if it is that, as text otherwise. Everything in it stands at
/// the one place that an argument is.
pub(super) fn parse_set(problems: &mut Problems, argument: &str) -> Option<Node> {
    let source = problems.add_source(format!("--set {argument}"), None);
    let place = Place { source, span: 0..0 };
    let Some((key, value)) = argument.split_once('=') else {
        problems.push(&place, "there is no `=`; write KEY=VALUE, such as limits.queue_messages=500".into());
        return None;
    };
    let parts: Vec<&str> = key.split('.').map(str::trim).collect();
    if parts.iter().any(|part| part.is_empty()) {
        problems.push(&place, "the key is not whole; write it like limits.queue_messages".into());
        return None;
    }
    let value = match DeValue::parse(value.trim()) {
        Ok(parsed) => convert(source, parsed.into_inner()),
        Err(_) => Value::Text(value.trim().into()),
    };
    let mut node = at(&place, Node { place: place.clone(), value });
    for part in parts.iter().rev() {
        let entry = (place.clone(), node);
        node = Node { place: place.clone(), value: Value::Table(BTreeMap::from([((*part).into(), entry)])) };
    }
    Some(node)
}

/// `node` with everything in it standing at `place`.
fn at(place: &Place, node: Node) -> Node {
    let value = match node.value {
        Value::Table(table) => Value::Table(
            table.into_iter().map(|(key, (_, inner))| (key, (place.clone(), at(place, inner)))).collect(),
        ),
        Value::Array(nodes) => Value::Array(nodes.into_iter().map(|inner| at(place, inner)).collect()),
        other => other,
    };
    Node { place: place.clone(), value }
}

fn table(source: usize, entries: DeTable<'_>) -> Table {
    entries
        .into_iter()
        .map(|(key, value)| {
            let key_place = Place { source, span: key.span() };
            let place = Place { source, span: value.span() };
            let value = convert(source, value.into_inner());
            (key.into_inner().into_owned(), (key_place, Node { place, value }))
        })
        .collect()
}

fn convert(source: usize, value: DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Other("a number with too many digits"), Value::Integer),
        DeValue::Float(_) => Value::Other("a number with a fraction"),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(values) => Value::Array(
            values
                .into_iter()
                .map(|value| {
                    let place = Place { source, span: value.span() };
                    Node { place, value: convert(source, value.into_inner()) }
                })
                .collect(),
        ),
        DeValue::Table(entries) => Value::Table(table(source, entries)),
    }
}

/// Lays `over` over `base`: tables are merged key by key, `listeners.0` reaches into a list, anything else
/// is replaced.
pub(super) fn overlay(problems: &mut Problems, path: &str, base: &mut Node, over: Node) {
    match (&mut base.value, over.value) {
        (Value::Table(base), Value::Table(over)) => overlay_table(problems, path, base, over),
        (Value::Array(base), Value::Table(over)) => {
            for (key, (place, node)) in over {
                overlay_entry(problems, path, base, &key, &place, node);
            }
        }
        (_, value) => *base = Node { place: over.place, value },
    }
}

/// [`overlay`] for two tables.
pub(super) fn overlay_table(problems: &mut Problems, path: &str, base: &mut Table, over: Table) {
    for (key, (place, node)) in over {
        match base.get_mut(&key) {
            Some((_, below)) => overlay(problems, &join(path, &key), below, node),
            None => {
                base.insert(key, (place, node));
            }
        }
    }
}

fn overlay_entry(
    problems: &mut Problems,
    path: &str,
    base: &mut Vec<Node>,
    key: &str,
    place: &Place,
    node: Node,
) {
    let count = base.len();
    match key.parse::<usize>() {
        Ok(index) if index == count => base.push(node),
        Ok(index) if index < count => {
            if let Some(below) = base.get_mut(index) {
                overlay(problems, &join(path, key), below, node);
            }
        }
        _ => problems.push(
            place,
            format!("`{path}` is a list of {count}; write {path}.0 for the first, {path}.{count} to add one"),
        ),
    }
}

/// `path.key`, or `key` at the top.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}
