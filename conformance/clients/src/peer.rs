//! What a scenario may ask of a client, whoever wrote it.

use std::net::SocketAddr;
use std::time::Duration;

/// How long a scenario waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// MQTT 3.1.
    V3_1,
    /// MQTT 3.1.1.
    V3_1_1,
    /// MQTT 5.0.
    V5_0,
}

/// The MQTT 5.0 properties of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// Content Type.
    pub content_type: String,
    /// Response Topic.
    pub response_topic: String,
    /// Correlation Data.
    pub correlation_data: Vec<u8>,
    /// Message Expiry Interval: what is left of it, where the message came out of the broker.
    pub message_expiry_interval_seconds: Option<u32>,
    /// Topic Alias. A message to publish may have it instead of a topic. In one that came out of the broker it is
    /// present where the client tells, and the topic is there in any case.
    pub topic_alias: Option<u16>,
    /// User Properties, in order.
    pub user: Vec<(String, String)>,
}

/// A message to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Topic Name.
    pub topic: String,
    /// Application message.
    pub payload: Vec<u8>,
    /// Quality of service, 0 to 2.
    pub qos: u8,
    /// Whether it becomes the retained message of its topic.
    pub retain: bool,
    /// Properties; empty before 5.0.
    pub properties: Properties,
}

/// A message as it came out of the broker: the fields mean what they mean in [`Message`].
pub type Delivery = Message;

/// How to connect.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The version to speak.
    pub version: Version,
    /// Client identifier, at most 23 bytes: MQTT 3.1 allows no more.
    pub client_identifier: String,
    /// Whether the session outlives the connection.
    pub keep_session: bool,
    /// The will.
    pub will: Option<Message>,
    /// How many topic aliases the broker may use. MQTT 5.0 only.
    pub topic_alias_maximum: u16,
    /// Topic Filters and the QoS asked for.
    pub subscriptions: Vec<(String, u8)>,
}

/// A client. Every method fails the test, with what the client said, when it cannot do its duty.
pub trait Peer: Sized {
    /// Connects and subscribes; returns once CONNACK and every SUBACK are in.
    fn connect(broker: SocketAddr, settings: &Settings) -> Self;

    /// Connects, subscribes and goes, with an ordinary DISCONNECT that takes the will back.
    fn visit(broker: SocketAddr, settings: &Settings) {
        Self::connect(broker, settings).leave();
    }

    /// Publishes, and returns once the broker has acknowledged as far as the QoS goes.
    fn publish(&mut self, message: &Message);

    /// The next message. Waits for it up to [`PATIENCE`].
    fn receive(&mut self) -> Delivery;

    /// The socket dies; no DISCONNECT is sent.
    fn kill(self);

    /// Sends a DISCONNECT of its choice and goes.
    fn leave(self);

    /// Whether this client can speak `version` at all.
    fn speaks(version: Version) -> bool;

    /// Why this client cannot be used on this machine, if it cannot.
    fn missing() -> Option<String> {
        None
    }
}
