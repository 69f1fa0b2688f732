//! A client in a process of its own: an order a line on its standard input, an answer a line on its standard output.
//!
//! Words are separated by tabs; texts and bytes are hexadecimal, so that they hold neither tabs nor line ends.
//!
//! | order | answer |
//! |---|---|
//! | `connect` host port version client_identifier keep_session topic_alias_maximum subscriptions [message: the will] | `done` |
//! | `publish` message | `done`, once the broker has acknowledged as far as the QoS goes |
//! | `receive` | `message` message |
//! | `leave` | `done` |
//! | `authenticate` host port client_identifier method secret | as below |
//! | `reauthenticate` secret | as below |
//!
//! The last two are for MQTT 5.0 and for clients that can: `done` data, or `refused` reason_code. They follow the toy
//! methods of `tests/enhanced_authentication.rs`: `word` sends the secret as Authentication Data in CONNECT; `echo` sends
//! none there, and answers AUTH with the secret and what came, in this order.
//!
//! A message is ten words: topic, payload, QoS, retain, Content Type, Response Topic, Correlation Data, Message Expiry
//! Interval or `-`, Topic Alias or `-`, User Properties. Those are `name:value,name:value`, and
//! subscriptions are `filter:qos,filter:qos`. A flag is 0 or 1. An agent that cannot do as ordered says why on standard
//! error and exits.

use std::ffi::OsString;
use std::io::Write;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;

use crate::hexadecimal::{from_hexadecimal, to_hexadecimal};
use crate::peer::{Delivery, Message, PATIENCE, Peer, Properties, Settings, Version};
use crate::process::lines_of;

/// A client library that has an agent.
pub trait Library {
    /// The program and its arguments, made ready; or why there is none.
    fn program() -> &'static Result<Vec<OsString>, String>;
}

/// One client of that library.
pub struct Agent<L> {
    process: Child,
    orders: ChildStdin,
    answers: Receiver<String>,
    library: PhantomData<L>,
}

impl<L: Library> Peer for Agent<L> {
    fn connect(broker: SocketAddr, settings: &Settings) -> Self {
        let mut this = Self::start();
        this.duty(&connect_order(broker, settings));
        this
    }

    fn publish(&mut self, message: &Message) {
        self.duty(&format!("publish\t{}", to_words(message)));
    }

    fn receive(&mut self) -> Delivery {
        let answer = self.order("receive");
        from_words(answer.strip_prefix("message\t").unwrap_or_else(|| panic!("no message: {answer:?}")))
    }

    fn kill(self) {
        // Dropping kills the process, and the kernel closes the socket.
    }

    fn leave(mut self) {
        self.duty("leave");
    }

    fn speaks(_: Version) -> bool {
        true
    }

    fn missing() -> Option<String> {
        L::program().as_ref().err().cloned()
    }
}

impl<L: Library> Agent<L> {
    /// Connects with an Authentication Method. What it got as Authentication Data in CONNACK, or why it was refused.
    pub fn authenticate(
        broker: SocketAddr,
        client_identifier: &str,
        method: &str,
        secret: &str,
    ) -> (Self, Result<Vec<u8>, u8>) {
        let mut this = Self::start();
        let [name, method, secret] =
            [client_identifier, method, secret].map(|word| to_hexadecimal(word.as_bytes()));
        let (host, port) = (broker.ip(), broker.port());
        let order = format!("authenticate\t{host}\t{port}\t{name}\t{method}\t{secret}");
        let outcome = this.verdict(&order);
        (this, outcome)
    }

    fn start() -> Self {
        let program = L::program().as_ref().unwrap_or_else(|reason| panic!("{reason}"));
        let (name, arguments) = program.split_first().expect("a program has a name");
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let orders = process.stdin.take().expect("piped");
        let answers = lines_of(&mut process);
        Self { process, orders, answers, library: PhantomData }
    }
}

impl<L> Agent<L> {
    /// Authenticates anew, by the method that it connected with.
    pub fn reauthenticate(&mut self, secret: &str) -> Result<Vec<u8>, u8> {
        self.verdict(&format!("reauthenticate\t{}", to_hexadecimal(secret.as_bytes())))
    }

    fn verdict(&mut self, order: &str) -> Result<Vec<u8>, u8> {
        let answer = self.order(order);
        match answer.split_once('\t') {
            Some(("done", data)) => Ok(from_hexadecimal(data)),
            Some(("refused", reason)) => Err(reason.parse().expect("a reason code")),
            _ => panic!("neither accepted nor refused: {answer:?}"),
        }
    }

    fn order(&mut self, order: &str) -> String {
        let verb = order.split('\t').next().unwrap_or_default();
        writeln!(self.orders, "{order}").unwrap_or_else(|error| panic!("{verb}: the agent is gone: {error}"));
        // The agent is patient too; this is for one that hangs, and longer.
        self.answers.recv_timeout(PATIENCE * 2).unwrap_or_else(|_| panic!("{verb}: no answer; see above"))
    }

    fn duty(&mut self, order: &str) {
        assert_eq!(self.order(order), "done");
    }
}

impl<L> Drop for Agent<L> {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn connect_order(broker: SocketAddr, settings: &Settings) -> String {
    let subscription = |(filter, qos): &(String, u8)| format!("{}:{qos}", to_hexadecimal(filter.as_bytes()));
    let subscriptions: Vec<String> = settings.subscriptions.iter().map(subscription).collect();
    let mut words = vec![
        "connect".to_owned(),
        broker.ip().to_string(),
        broker.port().to_string(),
        version_name(settings.version).to_owned(),
        to_hexadecimal(settings.client_identifier.as_bytes()),
        u8::from(settings.keep_session).to_string(),
        settings.topic_alias_maximum.to_string(),
        subscriptions.join(","),
    ];
    words.extend(settings.will.as_ref().map(to_words));
    words.join("\t")
}

fn version_name(version: Version) -> &'static str {
    match version {
        Version::V3_1 => "3.1",
        Version::V3_1_1 => "3.1.1",
        Version::V5_0 => "5.0",
    }
}

fn to_words(message: &Message) -> String {
    let text = |text: &str| to_hexadecimal(text.as_bytes());
    let properties = &message.properties;
    let pair = |(name, value): &(String, String)| format!("{}:{}", text(name), text(value));
    let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
    [
        text(&message.topic),
        to_hexadecimal(&message.payload),
        message.qos.to_string(),
        u8::from(message.retain).to_string(),
        text(&properties.content_type),
        text(&properties.response_topic),
        to_hexadecimal(&properties.correlation_data),
        number(properties.message_expiry_interval_seconds),
        number(properties.topic_alias.map(u32::from)),
        properties.user.iter().map(pair).collect::<Vec<_>>().join(","),
    ]
    .join("\t")
}

fn from_words(words: &str) -> Message {
    let all: Vec<&str> = words.split('\t').collect();
    let &[topic, payload, qos, retain, content_type, response_topic, correlation_data, expiry, alias, user] =
        &all[..]
    else {
        panic!("not ten words: {words:?}");
    };
    let text = |word: &str| String::from_utf8(from_hexadecimal(word)).expect("a text");
    let pair = |pair: &str| pair.split_once(':').map(|(name, value)| (text(name), text(value)));
    Message {
        topic: text(topic),
        payload: from_hexadecimal(payload),
        qos: qos.parse().expect("a QoS"),
        retain: retain == "1",
        properties: Properties {
            content_type: text(content_type),
            response_topic: text(response_topic),
            correlation_data: from_hexadecimal(correlation_data),
            message_expiry_interval_seconds: (expiry != "-").then(|| expiry.parse().expect("seconds")),
            topic_alias: (alias != "-").then(|| alias.parse().expect("a Topic Alias")),
            user: user.split(',').filter_map(pair).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_its_words() {
        let bare = Message { topic: "a/b".into(), qos: 2, ..Message::default() };
        assert_eq!(from_words(&to_words(&bare)), bare);
        let full = Message {
            payload: vec![0, 9, 10, 255],
            retain: true,
            properties: Properties {
                content_type: "text/plain".into(),
                response_topic: "answers, here:\t".into(),
                correlation_data: vec![0, 1],
                message_expiry_interval_seconds: Some(0),
                topic_alias: Some(65_535),
                user: vec![("a".into(), ",:".into()), ("".into(), "".into())],
            },
            ..bare
        };
        assert_eq!(from_words(&to_words(&full)), full);
    }
}
