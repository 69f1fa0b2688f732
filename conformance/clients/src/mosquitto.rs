//! `mosquitto_sub` and `mosquitto_pub` of Debian's `mosquitto-clients`.

use std::collections::VecDeque;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use crate::hexadecimal::from_hexadecimal;
use crate::peer::{Delivery, Message, PATIENCE, Peer, Properties, Settings, Version};
use crate::process::lines_of;

/// What `mosquitto_sub` prints for a message, tab by tab. Several User Properties come space by space.
const FORMAT: &str = "MESSAGE\t%q\t%r\t%t\t%C\t%R\t%D\t%E\t%P\t%x";

/// How such a line begins.
const MESSAGE: &str = "MESSAGE\t";

/// A subscriber: one `mosquitto_sub`. What it publishes goes through a `mosquitto_pub` a message.
pub struct Mosquitto {
    broker: SocketAddr,
    version: Version,
    subscriber: Child,
    lines: Receiver<String>,
    messages: VecDeque<String>,
}

impl Peer for Mosquitto {
    fn connect(broker: SocketAddr, settings: &Settings) -> Self {
        let mut subscriber =
            subscribe(broker, settings).stdout(Stdio::piped()).spawn().expect("mosquitto_sub");
        let lines = lines_of(&mut subscriber);
        let messages = VecDeque::new();
        let mut this = Self { broker, version: settings.version, subscriber, lines, messages };
        this.wait_for("received SUBACK");
        this
    }

    fn visit(broker: SocketAddr, settings: &Settings) {
        // Not a signal: at SIGTERM it sends the 5.0 DISCONNECT that asks for the will.
        let output = subscribe(broker, settings).arg("-E").output().expect("mosquitto_sub");
        assert!(output.status.success(), "mosquitto_sub: {output:?}");
    }

    fn publish(&mut self, message: &Message) {
        let mut command = Command::new("mosquitto_pub");
        command.args(address(self.broker)).args(["-V", version_name(self.version), "-t", &message.topic]);
        command.args(["-q", &message.qos.to_string()]).args(message.retain.then_some("-r"));
        let properties = &message.properties;
        add_property(&mut command, "content-type", &[&properties.content_type]);
        add_property(&mut command, "response-topic", &[&properties.response_topic]);
        let correlation_data =
            String::from_utf8(properties.correlation_data.clone()).expect("text: an argument");
        add_property(&mut command, "correlation-data", &[&correlation_data]);
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let expiry = number(properties.message_expiry_interval_seconds);
        add_property(&mut command, "message-expiry-interval", &[&expiry]);
        add_property(&mut command, "topic-alias", &[&number(properties.topic_alias.map(u32::from))]);
        for (name, value) in &properties.user {
            add_property(&mut command, "user-property", &[name, value]);
        }
        let output = if message.payload.is_empty() {
            command.arg("-n").output().expect("mosquitto_pub")
        } else {
            with_input(command.arg("-s"), &message.payload)
        };
        assert!(output.status.success(), "mosquitto_pub: {output:?}");
    }

    fn receive(&mut self) -> Delivery {
        if self.messages.is_empty() {
            self.wait_for(MESSAGE);
        }
        delivery(&self.messages.pop_front().expect("just looked"))
    }

    fn kill(mut self) {
        self.end();
    }

    fn leave(mut self) {
        // SIGTERM makes it disconnect in good order. Its signal handler takes the library's lock, so that it waits
        // for itself for ever if it is busy: hence the rest before.
        self.rest();
        let id = self.subscriber.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        assert!(sent.success(), "mosquitto_sub is gone already");
        let end = Instant::now() + PATIENCE;
        while self.subscriber.try_wait().expect("a status").is_none() {
            assert!(Instant::now() < end, "mosquitto_sub does not end");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn speaks(_: Version) -> bool {
        true
    }

    fn missing() -> Option<String> {
        let absent = |program: &&str| Command::new(program).arg("--help").output().is_err();
        let program = ["mosquitto_sub", "mosquitto_pub", "stdbuf"].into_iter().find(absent)?;
        Some(format!("{program} cannot be run (Debian: apt-get install mosquitto-clients)"))
    }
}

impl Mosquitto {
    fn wait_for(&mut self, wanted: &str) {
        let mut before = String::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            before.push_str(&line);
            before.push('\n');
            let found = line.contains(wanted);
            // A resumed session has messages before SUBACK.
            if line.starts_with(MESSAGE) {
                self.messages.push_back(line);
            }
            if found {
                return;
            }
        }
        panic!("mosquitto_sub printed no {wanted:?}, only:\n{before}");
    }

    /// Waits until the subscriber has slept for a while: it waits for its socket.
    fn rest(&self) {
        let status = format!("/proc/{}/stat", self.subscriber.id());
        let sleeps = || std::fs::read_to_string(&status).is_ok_and(|text| text.contains(") S "));
        let mut asleep = 0;
        for _ in 0..500 {
            asleep = if sleeps() { asleep + 1 } else { 0 };
            if asleep == 20 {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn end(&mut self) {
        // SIGKILL: the kernel closes the socket, and no DISCONNECT is sent. It may be gone already.
        let _ = self.subscriber.kill();
        let _ = self.subscriber.wait();
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.end();
    }
}

fn subscribe(broker: SocketAddr, settings: &Settings) -> Command {
    // Its debug lines tell when SUBACK came; `stdbuf`, because to a pipe it would print nothing until the end.
    let mut command = Command::new("stdbuf");
    command.args(["-oL", "mosquitto_sub", "-d", "-F", FORMAT, "-i", &settings.client_identifier]);
    command.args(address(broker)).args(["-V", version_name(settings.version)]);
    command.args(settings.keep_session.then_some("-c"));
    if let Some(will) = &settings.will {
        let payload = String::from_utf8(will.payload.clone()).expect("a will of text: it is an argument");
        command.args(["--will-topic", &will.topic, "--will-payload", &payload]);
        command.args(["--will-qos", &will.qos.to_string()]);
        command.args(will.retain.then_some("--will-retain"));
    }
    command.args(["-q", &qos_of(&settings.subscriptions).to_string()]);
    for (filter, _) in &settings.subscriptions {
        command.args(["-t", filter]);
    }
    command.stdin(Stdio::null());
    command
}

fn address(broker: SocketAddr) -> [String; 4] {
    ["-h".into(), broker.ip().to_string(), "-p".into(), broker.port().to_string()]
}

fn version_name(version: Version) -> &'static str {
    match version {
        Version::V3_1 => "mqttv31",
        Version::V3_1_1 => "mqttv311",
        Version::V5_0 => "mqttv5",
    }
}

/// It has one `-q` for all subscriptions.
fn qos_of(subscriptions: &[(String, u8)]) -> u8 {
    let first = subscriptions.first().map_or(0, |&(_, qos)| qos);
    assert!(subscriptions.iter().all(|&(_, qos)| qos == first), "mosquitto_sub has one QoS for all");
    first
}

fn add_property(command: &mut Command, name: &str, values: &[&str]) {
    if values.iter().any(|value| !value.is_empty()) {
        command.args(["-D", "publish", name]).args(values);
    }
}

fn with_input(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("mosquitto_pub");
    let mut pipe = child.stdin.take().expect("piped");
    pipe.write_all(input).expect("mosquitto_pub reads its input");
    drop(pipe);
    child.wait_with_output().expect("mosquitto_pub ends")
}

fn delivery(line: &str) -> Delivery {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[_, qos, retain, topic, content_type, response_topic, correlation_data, expiry, user, payload] =
        &fields[..]
    else {
        panic!("not {FORMAT:?}: {line:?}");
    };
    let pair = |text: &str| text.split_once(':').map(|(name, value)| (name.into(), value.into()));
    Message {
        topic: topic.into(),
        payload: from_hexadecimal(payload),
        qos: qos.parse().expect("a QoS"),
        retain: retain == "1",
        properties: Properties {
            content_type: content_type.into(),
            response_topic: response_topic.into(),
            correlation_data: correlation_data.into(),
            message_expiry_interval_seconds: expiry.parse().ok(),
            topic_alias: None,
            user: user.split(' ').filter_map(pair).collect(),
        },
    }
}
