//! Every bound of a client, with its unit, its default and the reason.

/// Bounds on what a [`crate::client::Client`] holds. What the peer is told (Receive Maximum, Maximum Packet
/// Size, Topic Alias Maximum) is in [`crate::client::Options`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds from [`crate::client::Client::connect`] to a whole CONNACK. A server that accepts and says
    /// nothing would hold the caller for ever.
    pub connect_timeout_seconds: u16,
    /// Seconds that the server may be silent after a PINGREQ before it counts as dead. The standard leaves "a
    /// reasonable amount of time" open (3.1.1 and 5.0 section 3.1.2.10).
    pub ping_timeout_seconds: u16,
    /// Publications that wait to be sent for the first time.
    pub queue_messages: u32,
    /// Bytes (topic, properties, payload) of the publications that wait.
    pub queue_bytes: usize,
    /// QoS 1 and 2 publications in flight, whatever the server would take. Each one is kept until it is
    /// acknowledged.
    pub in_flight_maximum: u16,
    /// SUBSCRIBE and UNSUBSCRIBE packets without an answer.
    pub requests_maximum: u16,
    /// Topic aliases that it sets on a connection, if the server's Topic Alias Maximum allows as many: the
    /// first topics that are published have them. Each one keeps its topic. 0: none.
    pub topic_aliases_maximum: u16,
    /// Bytes encoded ahead of the transport. Beyond this mark publications wait in the queue.
    pub transmit_mark_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout_seconds: 30,
            ping_timeout_seconds: 10,
            queue_messages: 10_000,
            queue_bytes: 64 * 1024 * 1024,
            in_flight_maximum: 1_024,
            requests_maximum: 1_024,
            topic_aliases_maximum: 32,
            transmit_mark_bytes: 256 * 1024,
        }
    }
}
