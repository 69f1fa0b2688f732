//! Paho Python, from PyPI, in a virtual environment that is made under the target directory.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::mosquitto::from_hexadecimal;
use crate::peer::{Delivery, Message, Peer, Properties, Settings, Version};

/// The release that is tested with. The environment is named after it, so that another one makes a new one.
const RELEASE: &str = "2.2.0";

/// One client in a Python process of its own; see `agents/paho_agent.py`.
pub struct Paho {
    agent: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer for Paho {
    fn connect(broker: SocketAddr, settings: &Settings) -> Self {
        let python = environment().as_ref().unwrap_or_else(|reason| panic!("{reason}"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("agents/paho_agent.py");
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut agent = command.spawn().expect("python");
        let orders = agent.stdin.take().expect("piped");
        let answers = BufReader::new(agent.stdout.take().expect("piped"));
        let mut this = Self { agent, orders, answers };
        this.order(&json!({
            "do": "connect",
            "host": broker.ip().to_string(),
            "port": broker.port(),
            "version": version_name(settings.version),
            "client_identifier": settings.client_identifier,
            "keep_session": settings.keep_session,
            "will": settings.will.as_ref().map(to_json),
            "subscriptions": settings.subscriptions,
        }));
        this
    }

    fn publish(&mut self, message: &Message) {
        self.order(&json!({ "do": "publish", "message": to_json(message) }));
    }

    fn receive(&mut self) -> Delivery {
        let answer = self.order(&json!({ "do": "receive" }));
        from_json(&answer["message"])
    }

    fn kill(self) {
        // Dropping kills the process, and the kernel closes the socket.
    }

    fn leave(mut self) {
        self.order(&json!({ "do": "leave" }));
    }

    fn speaks(_: Version) -> bool {
        true
    }

    fn missing() -> Option<String> {
        environment().as_ref().err().cloned()
    }
}

impl Paho {
    fn order(&mut self, order: &Value) -> Value {
        writeln!(self.orders, "{order}").expect("the agent takes orders");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the agent answers");
        let answer: Value = serde_json::from_str(&line).expect("the agent's answer (its traceback is above)");
        assert_eq!(answer["done"], order["do"]);
        answer
    }
}

impl Drop for Paho {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}

/// The Python interpreter of an environment that has Paho, or why there is none.
fn environment() -> &'static Result<PathBuf, String> {
    static ENVIRONMENT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    ENVIRONMENT.get_or_init(make_environment)
}

fn make_environment() -> Result<PathBuf, String> {
    let test = std::env::current_exe().map_err(|error| error.to_string())?;
    let profile = test.parent().and_then(Path::parent).ok_or("the test is not in target/<profile>/deps")?;
    let home = profile.join(format!("paho-{RELEASE}"));
    let python = home.join("bin/python");
    let ready = home.join("ready");
    if !ready.exists() {
        // What an earlier run may have left unfinished is made anew.
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
        let release = format!("paho-mqtt=={RELEASE}");
        run(Command::new(&python).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &release,
        ]))?;
        std::fs::write(&ready, "").map_err(|error| error.to_string())?;
    }
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let last = |text: &[u8]| String::from_utf8_lossy(text).lines().last().unwrap_or_default().to_owned();
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {} {}", last(&output.stdout), last(&output.stderr)))
}

fn version_name(version: Version) -> &'static str {
    match version {
        Version::V3_1 => "3.1",
        Version::V3_1_1 => "3.1.1",
        Version::V5_0 => "5.0",
    }
}

fn to_json(message: &Message) -> Value {
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    json!({
        "topic": message.topic,
        "payload": hexadecimal(&message.payload),
        "qos": message.qos,
        "retain": message.retain,
        "content_type": message.properties.content_type,
        "response_topic": message.properties.response_topic,
        "correlation_data": hexadecimal(&message.properties.correlation_data),
        "user": message.properties.user,
    })
}

fn from_json(message: &Value) -> Delivery {
    let text = |name: &str| message[name].as_str().expect("a text").to_owned();
    let pair =
        |pair: &Value| (pair[0].as_str().expect("a name").into(), pair[1].as_str().expect("a value").into());
    Message {
        topic: text("topic"),
        payload: from_hexadecimal(&text("payload")),
        qos: message["qos"].as_u64().and_then(|qos| u8::try_from(qos).ok()).expect("a QoS"),
        retain: message["retain"].as_bool().expect("a flag"),
        properties: Properties {
            content_type: text("content_type"),
            response_topic: text("response_topic"),
            correlation_data: from_hexadecimal(&text("correlation_data")),
            user: message["user"].as_array().expect("a list").iter().map(pair).collect(),
        },
    }
}
