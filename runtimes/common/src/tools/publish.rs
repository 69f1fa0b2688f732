//! The options of `hushwing pub`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use hushwing_core::client::Publication;
use hushwing_core::wire::{PropertiesBuffer, QoS};

use super::connection::{Connection, ConnectionOptions};
use super::{UsageError, qos, seconds, usage};

/// `hushwing pub …`
#[derive(Args, Clone, Debug)]
#[command(
    disable_help_flag = true,
    group(ArgGroup::new("source").args(["message", "file", "lines", "stdin", "null"]).required(true))
)]
pub struct PublishOptions {
    /// The options of both tools.
    #[command(flatten)]
    pub connection: ConnectionOptions,
    /// The topic to publish to
    #[arg(short, long, allow_hyphen_values = true)]
    topic: Option<String>,
    /// Publish this
    #[arg(short, long, allow_hyphen_values = true)]
    message: Option<String>,
    /// Publish what is in this file
    #[arg(short, long)]
    file: Option<PathBuf>,
    /// Publish each line of standard input
    #[arg(short = 'l', long = "stdin-line")]
    lines: bool,
    /// Publish all of standard input
    #[arg(short, long = "stdin-file")]
    stdin: bool,
    /// Publish an empty message
    #[arg(short, long = "null-message")]
    null: bool,
    /// The quality of service: 0, 1 or 2
    #[arg(short, long, default_value = "0", value_parser = qos)]
    qos: QoS,
    /// Let the broker keep it for those who subscribe later
    #[arg(short, long)]
    retain: bool,
    /// QoS 1 and 2 messages that may be unacknowledged at a time
    #[arg(short = 'M', long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    max_inflight: Option<u16>,
    /// Publish so many times
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..),
        conflicts_with = "lines")]
    repeat: u32,
    /// Wait so long in between
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    repeat_delay: Duration,
}

/// Where the messages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// This one.
    Message(Vec<u8>),
    /// The content of a file.
    File(PathBuf),
    /// All of standard input.
    Stdin,
    /// The lines of standard input.
    Lines,
}

/// What the options come to.
#[derive(Clone, Debug)]
pub struct Publishing {
    /// Whom to connect to.
    pub connection: Connection,
    /// Where the messages come from.
    pub source: Source,
    /// How many times each one is published.
    pub repeat: u32,
    /// The wait in between.
    pub repeat_delay: Duration,
    topic: String,
    qos: QoS,
    retain: bool,
}

impl PublishOptions {
    /// Checks them and puts them together. `random` goes into a client identifier.
    ///
    /// # Errors
    /// Something is missing, is not supported, or does not go together.
    pub fn resolve(&self, random: u64) -> Result<Publishing, UsageError> {
        let mut connection = self.connection.resolve(random)?;
        let Some(topic) = self.topic.clone().or_else(|| connection.topic.clone()) else {
            return usage("there is no topic to publish to: say -t TOPIC");
        };
        if let Err(violation) = hushwing_core::topic::name::validate(&topic) {
            return usage(format!("{topic:?} is not a topic to publish to: {violation}"));
        }
        if let Some(maximum) = self.max_inflight {
            connection.options.limits.in_flight_maximum = maximum;
        }
        Ok(Publishing {
            connection,
            source: self.source(),
            repeat: self.repeat,
            repeat_delay: self.repeat_delay,
            topic,
            qos: self.qos,
            retain: self.retain,
        })
    }

    fn source(&self) -> Source {
        if let Some(message) = &self.message {
            Source::Message(message.clone().into_bytes())
        } else if let Some(file) = &self.file {
            Source::File(file.clone())
        } else if self.stdin {
            Source::Stdin
        } else if self.lines {
            Source::Lines
        } else {
            Source::Message(Vec::new())
        }
    }
}

impl Publishing {
    /// The publication of this payload.
    pub fn publication<'a>(&'a self, payload: &'a [u8]) -> Publication<'a> {
        Publication {
            topic: &self.topic,
            payload,
            qos: self.qos,
            retain: self.retain,
            properties: self.connection.properties.publish.as_properties(),
        }
    }

    /// The properties of DISCONNECT.
    pub fn of_disconnect(&self) -> &PropertiesBuffer {
        &self.connection.properties.disconnect
    }
}
