//! The options that `pub` and `sub` share: whom to connect to, as whom, and how.

use std::net::IpAddr;

use clap::{ArgAction, Args};
use hushwing_core::ProtocolVersion;
use hushwing_core::client::{Limits, Options, Will};
use hushwing_core::wire::{PropertiesBuffer, Property, QoS};

use super::property::{PacketProperties, PropertyOptions};
use super::unsupported::{UnsupportedOptions, not_supported};
use super::url::{self, Url};
use super::{UsageError, qos, usage};

/// Options of both tools.
#[derive(Args, Clone, Debug)]
pub struct ConnectionOptions {
    /// The broker's host name or address [default: localhost]
    #[arg(short = 'h', long)]
    host: Option<String>,
    /// The broker's port [default: 1883]
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Host, port, user, password and topic at once: mqtt://[user[:password]@]host[:port]/topic
    #[arg(short = 'L', long, value_name = "URL")]
    url: Option<String>,
    /// Connect from this address of this machine
    #[arg(short = 'A', value_name = "ADDRESS")]
    bind_address: Option<IpAddr>,
    /// The client identifier [default: one that nobody has]
    #[arg(short, long, allow_hyphen_values = true)]
    id: Option<String>,
    /// Make the client identifier from this and the process number
    #[arg(short = 'I', long, value_name = "PREFIX", conflicts_with = "id", allow_hyphen_values = true)]
    id_prefix: Option<String>,
    /// The user name
    #[arg(short, long, value_name = "NAME", allow_hyphen_values = true)]
    username: Option<String>,
    /// The password; other users of this machine may see it
    #[arg(short = 'P', long = "pw", value_name = "PASSWORD", allow_hyphen_values = true)]
    password: Option<String>,
    /// Keep alive in seconds; 0 for none
    #[arg(short, long, value_name = "SECONDS", default_value_t = 60)]
    keepalive: u16,
    /// The version of MQTT: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: 311, or 5 with -D or -x]
    #[arg(short = 'V', long, value_name = "VERSION", value_parser = version)]
    protocol_version: Option<ProtocolVersion>,
    /// Keep the session: go on with the one that the broker has, and let it stay after disconnecting
    #[arg(short = 'c', long)]
    disable_clean_session: bool,
    /// Seconds that the session stays after disconnecting, -1 for ever; implies -V 5 [default: 0, or -1 with
    /// -c]
    #[arg(short = 'x', long, value_name = "SECONDS", value_parser = expiry, allow_negative_numbers = true)]
    session_expiry_interval: Option<u32>,
    #[command(flatten)]
    properties: PropertyOptions,
    /// The topic that the broker publishes to if this client is lost
    #[arg(long, value_name = "TOPIC", allow_hyphen_values = true)]
    will_topic: Option<String>,
    /// What it publishes there [default: an empty message]
    #[arg(long, value_name = "MESSAGE", requires = "will_topic", allow_hyphen_values = true)]
    will_payload: Option<String>,
    /// The QoS of that
    #[arg(long, value_name = "QOS", requires = "will_topic", value_parser = qos)]
    will_qos: Option<QoS>,
    /// Retain that
    #[arg(long, requires = "will_topic")]
    will_retain: bool,
    /// Tell on standard error what is sent and received
    #[arg(short, long)]
    pub debug: bool,
    /// Print no errors
    #[arg(long)]
    pub quiet: bool,
    /// Accepted for Mosquitto's sake: small packets are never held back
    #[arg(long, hide = true)]
    nodelay: bool,
    #[command(flatten)]
    unsupported: UnsupportedOptions,
    /// Print this help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// What the options come to.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The local address to connect from.
    pub bind_address: Option<IpAddr>,
    /// For the client.
    pub options: Options,
    /// The topic of the URL.
    pub(super) topic: Option<String>,
    /// For the packets after CONNECT.
    pub(super) properties: PacketProperties,
}

impl ConnectionOptions {
    /// Checks them and puts them together. `random` goes into a client identifier.
    ///
    /// # Errors
    /// Something is not supported, or does not go together.
    pub fn resolve(&self, random: u64) -> Result<Connection, UsageError> {
        if let Some(name) = self.unsupported.first() {
            return usage(not_supported(name));
        }
        let url = self.url.as_deref().map(url::parse).transpose()?.unwrap_or_default();
        let properties = self.properties.parse()?;
        let version = self.version()?;
        let keeps_session = self.disable_clean_session;
        if keeps_session && self.id.is_none() && self.id_prefix.is_none() {
            return usage("-c needs a client identifier (-i or -I): a session belongs to one");
        }
        let options = Options {
            version,
            client_identifier: self.client_identifier(version, random),
            clean_start: !keeps_session,
            keep_alive_seconds: self.keepalive,
            user_name: self.username.clone().or_else(|| url.user_name.clone()),
            password: self.password.clone().or_else(|| url.password.clone()).map(String::into_bytes),
            will: self.will(&properties)?,
            session_expiry_interval_seconds: self.session_expiry_interval.unwrap_or(if keeps_session {
                u32::MAX
            } else {
                0
            }),
            limits: Limits::default(),
            ..Options::default()
        };
        let Url { host, port, topic, .. } = url;
        let host_of_url = Some(host).filter(|host| !host.is_empty());
        Ok(Connection {
            host: self.host.clone().or(host_of_url).unwrap_or_else(|| "localhost".into()),
            port: self.port.or(port).unwrap_or(1883),
            bind_address: self.bind_address,
            options: with_properties(options, &properties.connect),
            topic,
            properties,
        })
    }

    /// Without -V: 3.1.1 as in Mosquitto, but for options that only 5.0 has.
    fn version(&self) -> Result<ProtocolVersion, UsageError> {
        let only_5_0 = if !self.properties.0.is_empty() {
            Some("-D")
        } else {
            self.session_expiry_interval.and(Some("-x"))
        };
        match (self.protocol_version, only_5_0) {
            (None, None) => Ok(ProtocolVersion::V3_1_1),
            (None, Some(_)) => Ok(ProtocolVersion::V5_0),
            (Some(version), Some(option)) if !version.has_properties() => {
                usage(format!("{option} needs MQTT 5.0: leave -V out, or say -V 5"))
            }
            (Some(version), _) => Ok(version),
        }
    }

    /// 5.0 servers make up identifiers and tell them; before, one that nobody has.
    fn client_identifier(&self, version: ProtocolVersion, random: u64) -> String {
        match (&self.id, &self.id_prefix) {
            (Some(id), _) => id.clone(),
            (None, Some(prefix)) => format!("{prefix}{}", std::process::id()),
            (None, None) if version.has_properties() => String::new(),
            // 23 characters of those that every server takes.
            (None, None) => format!("hushwing{:015x}", random >> 4),
        }
    }

    fn will(&self, properties: &PacketProperties) -> Result<Option<Will>, UsageError> {
        let Some(topic) = &self.will_topic else {
            if !properties.will.is_empty() {
                return usage("-D will … needs --will-topic");
            }
            return Ok(None);
        };
        Ok(Some(Will {
            topic: topic.clone(),
            payload: self.will_payload.clone().unwrap_or_default().into_bytes(),
            qos: self.will_qos.unwrap_or_default(),
            retain: self.will_retain,
            properties: properties.will.clone(),
        }))
    }
}

/// Puts the properties of CONNECT where the client wants them: some have fields of their own.
fn with_properties(mut options: Options, properties: &PropertiesBuffer) -> Options {
    for property in properties.as_properties().iter() {
        match property {
            Property::SessionExpiryInterval(seconds) => options.session_expiry_interval_seconds = seconds,
            Property::ReceiveMaximum(maximum) => options.receive_maximum = maximum,
            Property::MaximumPacketSize(bytes) => options.maximum_packet_size_bytes = bytes,
            Property::TopicAliasMaximum(maximum) => options.topic_alias_maximum = maximum,
            other => options.properties.push(other),
        }
    }
    options
}

fn version(text: &str) -> Result<ProtocolVersion, String> {
    match text {
        "mqttv31" | "31" => Ok(ProtocolVersion::V3_1),
        "mqttv311" | "311" => Ok(ProtocolVersion::V3_1_1),
        "mqttv5" | "5" => Ok(ProtocolVersion::V5_0),
        _ => Err("the versions are mqttv31, mqttv311 and mqttv5".into()),
    }
}

fn expiry(text: &str) -> Result<u32, String> {
    match text {
        "-1" | "∞" => Ok(u32::MAX),
        _ => text.parse().map_err(|_| "it is a number of seconds, or -1 for ever".into()),
    }
}
