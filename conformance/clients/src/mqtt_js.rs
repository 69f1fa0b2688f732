//! mqtt.js, from npm, installed under the target directory.

use std::ffi::OsString;
use std::process::Command;
use std::sync::OnceLock;

use crate::agent::{Agent, Library};
use crate::process::{agent, profile, run};

/// The release that is tested with. The folder is named after it, so that another one makes a new one.
const RELEASE: &str = "5.16.0";

/// One client of mqtt.js; see `agents/mqtt_js_agent.js`.
pub type MqttJs = Agent<MqttJsLibrary>;

/// The library.
pub struct MqttJsLibrary;

impl Library for MqttJsLibrary {
    fn program() -> &'static Result<Vec<OsString>, String> {
        static PROGRAM: OnceLock<Result<Vec<OsString>, String>> = OnceLock::new();
        PROGRAM.get_or_init(install)
    }
}

fn install() -> Result<Vec<OsString>, String> {
    run(Command::new("node").arg("--version"))?;
    let home = profile().join(format!("mqtt-js-{RELEASE}"));
    let ready = home.join("ready");
    if !ready.exists() {
        std::fs::create_dir_all(&home).map_err(|error| error.to_string())?;
        let release = format!("mqtt@{RELEASE}");
        let arguments = ["install", "--no-fund", "--no-audit", "--ignore-scripts", "--prefix"];
        run(Command::new("npm").args(arguments).arg(&home).arg(release))?;
        std::fs::write(&ready, "").map_err(|error| error.to_string())?;
    }
    Ok(vec!["node".into(), agent("mqtt_js_agent.js").into(), home.join("node_modules/mqtt").into()])
}
