//! Paho C, of Debian's `libpaho-mqtt-dev`: a program that is compiled under the target directory.

use std::ffi::OsString;
use std::process::Command;
use std::sync::OnceLock;

use crate::agent::{Agent, Library};
use crate::process::{agent, profile, run};

/// One client of Paho C; see `agents/paho_c_agent.c`.
pub type PahoC = Agent<PahoCLibrary>;

/// The library.
pub struct PahoCLibrary;

impl Library for PahoCLibrary {
    fn program() -> &'static Result<Vec<OsString>, String> {
        static PROGRAM: OnceLock<Result<Vec<OsString>, String>> = OnceLock::new();
        PROGRAM.get_or_init(compile)
    }
}

fn compile() -> Result<Vec<OsString>, String> {
    // Of this process alone until it is whole.
    let (unfinished, program) =
        (profile().join(format!("paho-c-agent-{}", std::process::id())), profile().join("paho-c-agent"));
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-o"]).arg(&unfinished);
    run(compiler.arg(agent("paho_c_agent.c")).arg("-lpaho-mqtt3c"))
        .map_err(|reason| format!("{reason} (Debian: apt-get install gcc libc6-dev libpaho-mqtt-dev)"))?;
    std::fs::rename(&unfinished, &program).map_err(|error| error.to_string())?;
    Ok(vec![program.into()])
}
