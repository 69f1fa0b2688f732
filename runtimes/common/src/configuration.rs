//! The configuration: defaults, then a file, then the command line, each laid over the one before. All that
//! is wrong is reported at once, and nothing is half-applied.

mod access;
mod keys;
mod limits;
mod listener;
mod policy;
mod printer;
mod problem;
mod reader;
mod value;

use std::path::Path;

use hushwing_core::{Authentication, Config};

pub use self::listener::ListenerSettings;
pub use self::problem::Problems;

use self::keys::Keys;
use self::printer::Printer;
use self::problem::Place;
use self::reader::Reader;
use self::value::{Node, Table, Value};
use crate::command_line::ServeOptions;
use crate::log::Level;
use crate::message::plain;

/// Where a broker listens of which nothing else is said.
const DEFAULT_LISTENER: &str = "[[listeners]]\naddress = \"127.0.0.1:1883\"\n";

/// Everything that a broker is told at its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What the machine is told. Its listener profiles are in the order of `listeners`.
    pub config: Config,
    /// Where to listen; at least one.
    pub listeners: Vec<ListenerSettings>,
    /// What is logged.
    pub log_level: Level,
}

/// Puts the configuration together.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(options: &ServeOptions) -> Result<Settings, Problems> {
    let mut problems = Problems::default();
    let defaults = problems.add_source("the defaults".into(), Some(DEFAULT_LISTENER.into()));
    let mut root = value::parse(&mut problems, defaults, DEFAULT_LISTENER);
    if let Some(path) = &options.config {
        let file = read_file(path, &mut problems);
        if file.contains_key("listeners") {
            root.remove("listeners");
        }
        value::overlay_table(&mut problems, "", &mut root, file);
    }
    let mut root = Node { place: Place { source: defaults, span: 0..0 }, value: Value::Table(root) };
    for argument in &options.set {
        if let Some(over) = value::parse_set(&mut problems, argument) {
            value::overlay(&mut problems, "", &mut root, over);
        }
    }
    let table = if let Value::Table(table) = root.value { table } else { Table::new() };
    let settings = read(table, options, &mut problems);
    problems.sort();
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// The file as a table; what could be read of it.
fn read_file(path: &Path, problems: &mut Problems) -> Table {
    let name = path.display().to_string();
    let sentence = match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => {
                let source = problems.add_source(name, Some(text.clone()));
                return value::parse(problems, source, &text);
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                format!("this is no text in UTF-8 (byte {at} is not); give the path of a TOML file")
            }
        },
        Err(error) => format!("this file cannot be read ({}); give the path of a TOML file", plain(&error)),
    };
    let source = problems.add_source(format!("-c {name}"), None);
    problems.push(&Place { source, span: 0..0 }, sentence);
    Table::new()
}

fn read(table: Table, options: &ServeOptions, problems: &mut Problems) -> Settings {
    let mut config = Config::default();
    let mut log_level = Level::INFO;
    let mut profile = hushwing_core::Listener::default();
    let mut allow_anonymous = false;
    let mut root = Reader::new(String::new(), table, problems);
    let mut listeners = listener::listeners(&mut root);
    root.boolean("allow_anonymous", &mut allow_anonymous, "");
    root.section("access", |keys| access::access(keys, &mut profile));
    root.section("limits", |keys| limits::limits(keys, &mut config.limits));
    root.section("policy", |keys| policy::policy(keys, &mut config.policy));
    root.section("log", |keys| log(keys, &mut log_level));
    root.finish();
    let given = listeners_given(options, problems);
    if let Some(given) = given {
        listeners = given;
    }
    let nobody = profile.authentication == Authentication::Refuse;
    listener::check(&listeners, nobody || allow_anonymous || options.allow_anonymous, problems);
    let log_level = match options.verbose {
        0 => log_level,
        1 => log_level.max(Level::DEBUG),
        _ => Level::TRACE,
    };
    config.listeners = vec![profile; listeners.len()];
    // No store exists yet: nothing is held for it.
    config.journal = false;
    Settings { config, listeners: listeners.into_iter().map(|(_, listener)| listener).collect(), log_level }
}

/// The listeners of the command line, if it has any.
fn listeners_given(
    options: &ServeOptions,
    problems: &mut Problems,
) -> Option<Vec<(Place, ListenerSettings)>> {
    let mut given = Vec::new();
    for text in &options.listen {
        let source = problems.add_source(format!("--listen {text}"), None);
        let place = Place { source, span: 0..0 };
        if let Some(address) = listener::address_of(text, &place, problems) {
            given.push((place, ListenerSettings { address }));
        }
    }
    if let Some(text) = &options.port {
        let source = problems.add_source(format!("-p {text}"), None);
        let place = Place { source, span: 0..0 };
        match text.parse::<u16>() {
            Ok(port) => given.push((place, ListenerSettings { address: ([127, 0, 0, 1], port).into() })),
            Err(_) => {
                problems.push(&place, format!("{text:?} is not a port; write a number from 0 to 65535"))
            }
        }
    }
    let any = !options.listen.is_empty() || options.port.is_some();
    any.then_some(given)
}

/// `[log]`.
fn log(keys: &mut impl Keys, level: &mut Level) {
    let words = [
        ("off", Level::OFF),
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    keys.choice("level", level, &words, "What is logged on standard error.");
}

/// Every setting with its default and meaning, as a file for `-c`.
pub fn print_default() -> String {
    let mut config = Config::default();
    let mut printer = Printer { text: "# Every setting of hushwing, with its default.\n\n".into() };
    let mut allow_anonymous = false;
    printer.boolean(
        "allow_anonymous",
        &mut allow_anonymous,
        "Let anybody connect who can reach a listener, from other machines too.",
    );
    printer.heading("[[listeners]]", "Where clients reach the broker; repeat the table for more.");
    printer.line("address", "\"127.0.0.1:1883\"", "Address and port; port 0 takes a free one.");
    printer.heading(
        "[access]",
        "Who may connect, and what clients may publish and subscribe to, at every listener.",
    );
    access::print(&mut printer);
    printer.heading("[limits]", "Bounds on what clients can make the broker hold or do.");
    limits::limits(&mut printer, &mut config.limits);
    printer.heading("[policy]", "What the standard leaves open.");
    policy::policy(&mut printer, &mut config.policy);
    printer.heading("[log]", "What is written to standard error.");
    log(&mut printer, &mut { Level::INFO });
    printer.text
}

#[cfg(test)]
mod tests;
