//! The `hushwing` binary, started on ports of its own, once for each configuration.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::tcp::Sockets;
use super::{Instance, Setup, Target};

/// How long it may take until it says where it listens.
const START: Duration = Duration::from_secs(20);

/// The `hushwing` program over TCP: one runs for each configuration that was asked for, until this is dropped.
#[derive(Debug)]
pub struct Binary {
    path: PathBuf,
    running: Mutex<Vec<(Setup, Result<Running, String>)>>,
}

impl Binary {
    /// The program at this path. Nothing is started yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, running: Mutex::default() }
    }

    /// Where the one with these settings listens; it is started if it does not run.
    fn address(&self, setup: Setup, settings: &[&str]) -> Result<SocketAddr, String> {
        let mut all = self.running.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = all.iter().position(|(of, _)| *of == setup);
        let index = known.unwrap_or_else(|| {
            all.push((setup, start_binary(&self.path, settings)));
            all.len() - 1
        });
        all[index].1.as_ref().map(|running| running.address).map_err(Clone::clone)
    }
}

impl Target for Binary {
    fn name(&self) -> String {
        format!("{} over TCP", self.path.display())
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn start(&self, setup: Setup) -> Result<Box<dyn Instance>, String> {
        let settings = settings(setup)?;
        // Who runs out of memory in one script has none left for the next.
        if setup == Setup::LittleMemory {
            return Ok(Box::new(Sockets::of(start_binary(&self.path, settings))));
        }
        Ok(Box::new(Sockets::new(self.address(setup, settings))))
    }
}

/// What makes the program such a broker, as `KEY=VALUE`.
fn settings(setup: Setup) -> Result<&'static [&'static str], String> {
    Ok(match setup {
        Setup::Open => &[],
        Setup::DeniedTopics => &["access.rules=[
            { action = 'publish', filter = '+/denied/#', decision = 'deny' },
            { action = 'subscribe', filter = '+/hidden/#', decision = 'deny' },
        ]"],
        // The least that it takes.
        Setup::LittleMemory => &["limits.memory_bytes=1_048_576", "limits.pause_timeout_seconds=1"],
        Setup::NobodyConnects => &["access.authentication=refuse"],
        Setup::NoSharedSubscriptions => &["policy.shared_subscriptions=false"],
        Setup::FewCapabilities => &[
            "policy.maximum_qos=1",
            "policy.retain_available=false",
            "policy.wildcard_subscriptions=false",
            "policy.subscription_identifiers=false",
        ],
        Setup::OnlyQoS0 => &["policy.maximum_qos=0"],
        Setup::ResponseInformation => &["policy.response_information=answers/"],
        Setup::Authenticator => {
            return Err(format!(
                "it needs a broker where {setup}, which only a program that embeds it can offer"
            ));
        }
    })
}

/// A running `hushwing`; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary in the target directory that this program was built into; run by Cargo, it is built first, so
/// that no stale one is tested.
///
/// # Errors
/// Why it could not be built; or where it was looked for, and the command that builds it.
pub fn find_binary() -> Result<PathBuf, String> {
    if let Some(cargo) = std::env::var_os("CARGO") {
        build_binary(&cargo)?;
    }
    let name = format!("hushwing{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe().map_err(|error| format!("no path of this program: {error}"))?;
    let places: Vec<PathBuf> = program.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).collect();
    places.iter().find(|place| place.is_file()).cloned().ok_or_else(|| {
        format!("there is no {} (build it with `cargo build --package hushwing-tokio`)", places[1].display())
    })
}

/// Cargo has let go of its lock by the time tests run.
fn build_binary(cargo: &OsStr) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| format!("no path of this program: {error}"))?;
    let Some(folder) = program.ancestors().find(|folder| folder.join("deps").is_dir()) else { return Ok(()) };
    let release = folder.file_name() == Some(OsStr::new("release"));
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", "hushwing-tokio", "--target-dir"])
        .arg(folder.parent().unwrap_or(folder))
        .args(release.then_some("--release"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if built.success() { Ok(()) } else { Err("the binary does not build".to_owned()) }
}

/// Starts it on a free port of the loopback interface, keeping nothing, with these settings (`KEY=VALUE`).
///
/// # Errors
/// Why it does not run.
pub fn start_binary(binary: &Path, settings: &[&str]) -> Result<Running, String> {
    let mut child = Command::new(binary)
        .args(["--listen", "127.0.0.1:0", "--ephemeral"])
        .args(settings.iter().flat_map(|setting| ["--set", *setting]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} does not start: {error}", binary.display()))?;
    let (sender, receiver) = channel();
    if let Some(output) = child.stdout.take() {
        relay(output, sender.clone());
    }
    if let Some(output) = child.stderr.take() {
        relay(output, sender);
    }
    match first_address(&receiver) {
        Ok(address) => Ok(Running { child, address }),
        Err(said) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(format!("{} did not say where it listens; it said: {said}", binary.display()))
        }
    }
}

/// Reads all that the child says, so that it never blocks on a full pipe.
fn relay(output: impl Read + Send + 'static, lines: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
}

fn first_address(lines: &Receiver<String>) -> Result<SocketAddr, String> {
    let mut said = Vec::new();
    while let Ok(line) = lines.recv_timeout(START) {
        if let Some(address) = address_in(&line) {
            return Ok(address);
        }
        said.push(line);
    }
    Err(said.join(" / "))
}

/// The first loopback address with a port in a line of text.
fn address_in(line: &str) -> Option<SocketAddr> {
    let start = line.find("127.0.0.1:")?;
    let text = line[start..].split(|c: char| !c.is_ascii_digit() && !".:".contains(c)).next()?;
    let address: SocketAddr = text.trim_end_matches(['.', ':']).parse().ok()?;
    (address.port() != 0).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn an_address_is_found_in_a_sentence() {
        assert_eq!(address_in("listening on 127.0.0.1:4711."), "127.0.0.1:4711".parse().ok());
        assert_eq!(address_in("mqtt://127.0.0.1:1883, anonymous"), "127.0.0.1:1883".parse().ok());
        assert_eq!(address_in("asked for 127.0.0.1:0"), None);
        assert_eq!(address_in("who may connect: everybody"), None);
    }
}
