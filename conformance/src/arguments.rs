//! The command line.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use conformance::Version;
use conformance::report::Choice;

/// What `--help` says.
pub(crate) const HELP: &str = "\
Usage: conformance [--target ADDRESS:PORT [--ours] | --program FILE] [--version 3.1|3.1.1|5.0]… [--only TEXT]
                   [--report FILE.html|FILE.json|FILE.xml]… [--at-a-time N]

  --target     a broker to test; without it, the core in memory under virtual time
  --ours       the broker is hushwing: hold it to the choices that it made
  --program    a hushwing to start, once for each configuration that a script wants
  --version    only this version
  --only       only statements whose number begins so (MQTT-3.3), or scripts whose name contains it
  --report     write a report too: a page, JSON, or JUnit XML
  --at-a-time  how many scripts run at once (default 16)
  --mutate     test the scripts themselves: get every answer of the core wrong in turn
  --alter      the same, and every field of every answer

The exit code is 0 if nothing failed, 1 if something did, 2 if nothing could be run.
";

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A page.
    Html,
    /// An array of objects.
    Json,
    /// JUnit XML.
    Xml,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// A broker by address; without it, the core in memory.
    pub(crate) target: Option<SocketAddr>,
    /// Whether that broker is ours.
    pub(crate) ours: bool,
    /// The `hushwing` to start.
    pub(crate) program: Option<PathBuf>,
    /// Which scripts and statements.
    pub(crate) choice: Choice,
    /// Where to write which reports.
    pub(crate) reports: Vec<(PathBuf, Form)>,
    /// How many scripts run at once.
    pub(crate) at_a_time: usize,
    /// Whether the scripts themselves are tested.
    pub(crate) mutate: bool,
    /// Whether bytes are altered for that, too.
    pub(crate) alter: bool,
}

/// Reads the command line; `None` if help is wanted.
///
/// # Errors
/// Everything that is wrong, one message each.
pub(crate) fn arguments(words: impl Iterator<Item = String>) -> Result<Option<Arguments>, Vec<String>> {
    let mut found = Arguments {
        target: None,
        ours: false,
        program: None,
        choice: Choice::default(),
        reports: Vec::new(),
        at_a_time: 16,
        mutate: false,
        alter: false,
    };
    let mut wrong = Vec::new();
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(None),
            "--ours" => found.ours = true,
            "--mutate" => found.mutate = true,
            "--alter" => (found.mutate, found.alter) = (true, true),
            "--target" | "--program" | "--version" | "--only" | "--report" | "--at-a-time" => {
                match words.next_if(|next| !next.starts_with("--")) {
                    Some(value) => wrong.extend(found.take(&word, &value).err()),
                    None => wrong.push(format!("{word} needs a value")),
                }
            }
            _ => wrong.push(format!("there is no option {word}")),
        }
    }
    if found.ours && found.target.is_none() {
        wrong.push("--ours goes with --target".to_owned());
    }
    if found.target.is_some() && found.program.is_some() {
        wrong.push("--target and --program do not go together".to_owned());
    }
    if found.mutate && (found.target.is_some() || found.program.is_some()) {
        wrong.push(
            "--mutate and --alter are about the core in memory: they do not go with --target or --program"
                .to_owned(),
        );
    }
    if wrong.is_empty() { Ok(Some(found)) } else { Err(wrong) }
}

impl Arguments {
    fn take(&mut self, option: &str, value: &str) -> Result<(), String> {
        match option {
            "--target" => {
                let found = value.to_socket_addrs().ok().and_then(|mut all| all.next());
                self.target = Some(found.ok_or_else(|| format!("--target: {value} is not ADDRESS:PORT"))?);
            }
            "--version" => {
                let version = Version::from_name(value)
                    .ok_or_else(|| format!("--version: there is no {value}, only 3.1, 3.1.1 and 5.0"))?;
                self.choice.versions.push(version);
            }
            "--program" => {
                let path = PathBuf::from(value);
                self.program = path.is_file().then_some(path);
                if self.program.is_none() {
                    return Err(format!("--program: there is no file {value}"));
                }
            }
            "--only" => self.choice.only = value.to_owned(),
            "--report" => self.reports.push((PathBuf::from(value), form(Path::new(value))?)),
            _ => {
                let number = value.parse().ok().filter(|number| (1..=1_000).contains(number));
                self.at_a_time =
                    number.ok_or_else(|| format!("--at-a-time: {value} is not a number from 1 to 1000"))?;
            }
        }
        Ok(())
    }
}

fn form(path: &Path) -> Result<Form, String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(format!("--report: there is no folder {}", folder.display()));
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => Ok(Form::Html),
        Some("json") => Ok(Form::Json),
        Some("xml") => Ok(Form::Xml),
        _ => Err(format!("--report: {} ends with none of .html, .json and .xml", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Version, arguments};

    fn read(line: &str) -> Result<Option<super::Arguments>, Vec<String>> {
        arguments(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn everything_at_once() {
        let line = "--target 127.0.0.1:1883 --ours --version 5.0 --only MQTT-3.3 --report a.html --report b.xml --at-a-time 4";
        let found = read(line).expect("legal").expect("no help");
        assert_eq!(found.target, "127.0.0.1:1883".parse().ok());
        assert!(found.ours && !found.mutate);
        assert_eq!(found.choice.versions, [Version::V5_0]);
        assert_eq!((found.choice.only.as_str(), found.at_a_time), ("MQTT-3.3", 4));
        assert_eq!(found.reports, [("a.html".into(), Form::Html), ("b.xml".into(), Form::Xml)]);
        assert!(matches!(read("--only x --help"), Ok(None)));
    }

    #[test]
    fn every_mistake_is_named() {
        let line = "--target nowhere --version 6 --report a.txt --report /no/such/a.json --at-a-time 0 --onyl x --only --ours";
        let wrong = read(line).expect_err("illegal");
        let expected = [
            "nowhere is not ADDRESS:PORT",
            "there is no 6",
            "a.txt ends with none",
            "no folder /no/such",
            "0 is not a number from 1",
            "no option --onyl",
            "no option x",
            "--only needs a value",
            "--ours goes with --target",
        ];
        assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
        for (message, expected) in wrong.iter().zip(expected) {
            assert!(message.contains(expected), "{message} / {expected}");
        }
        assert!(read("--mutate --target 127.0.0.1:1").is_err());
        assert!(read("--program /no/such/hushwing").is_err());
        assert!(read("--target 127.0.0.1:1 --program Cargo.toml").is_err());
        assert!(read("--mutate --program Cargo.toml").is_err());
        assert!(matches!(read("--program Cargo.toml"), Ok(Some(found)) if found.program.is_some()));
    }
}
