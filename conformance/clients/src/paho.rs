//! Paho Python, from PyPI, in a virtual environment that is made under the target directory.

use std::ffi::OsString;
use std::process::Command;
use std::sync::OnceLock;

use crate::agent::{Agent, Library};
use crate::process::{agent, profile, run};

/// The release that is tested with. The environment is named after it, so that another one makes a new one.
const RELEASE: &str = "2.2.0";

/// One client of Paho Python; see `agents/paho_agent.py`.
pub type Paho = Agent<PahoPython>;

/// The library.
pub struct PahoPython;

impl Library for PahoPython {
    fn program() -> &'static Result<Vec<OsString>, String> {
        static PROGRAM: OnceLock<Result<Vec<OsString>, String>> = OnceLock::new();
        PROGRAM.get_or_init(install)
    }
}

fn install() -> Result<Vec<OsString>, String> {
    let home = profile().join(format!("paho-{RELEASE}"));
    let python = home.join("bin/python");
    let ready = home.join("ready");
    if !ready.exists() {
        // What an earlier run may have left unfinished is made anew.
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
        let release = format!("paho-mqtt=={RELEASE}");
        let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &release];
        run(Command::new(&python).args(arguments))?;
        std::fs::write(&ready, "").map_err(|error| error.to_string())?;
    }
    Ok(vec![python.into(), agent("paho_agent.py").into()])
}
