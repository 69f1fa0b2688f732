//! Every bound there is, with its unit, its default and the reason. Zero means "no limit" only where it says so.

/// Bounds on what clients can make the broker hold or do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds from opening a connection to a whole CONNECT. A half-open attacker holds a socket that long.
    pub connect_timeout_seconds: u16,
    /// Seconds that the embedder has to answer a question; then the machine refuses.
    pub answer_timeout_seconds: u16,
    /// Seconds in which a peer has to move on with what it has begun: to send [`Self::progress_bytes`] of a
    /// packet that is not whole, to take something of what fills its buffer. A radio may be out for a while; a
    /// peer that stands still for longer holds memory that nobody else can free.
    pub progress_timeout_seconds: u16,
    /// Bytes of a packet that is not whole that have to come in that time.
    pub progress_bytes: u32,
    /// The largest packet taken from a client, fixed header included; announced as Maximum Packet Size.
    /// Mosquitto's default: large enough for a home automation's device list.
    pub maximum_packet_size_bytes: u32,
    /// The largest CONNECT: client identifier, user, password, will and properties at their own limits.
    pub connect_packet_size_bytes: u32,
    /// The longest keep alive of a 5.0 client (Server Keep Alive); 0 for no limit. Bounds how long a dead
    /// peer goes unseen.
    pub keep_alive_seconds_5_0: u16,
    /// Bytes of a client identifier. Every one is kept in memory as long as its session.
    pub client_identifier_bytes: u16,
    /// Bytes of a User Name.
    pub user_name_bytes: u16,
    /// Bytes of a topic name or filter. Longer ones are a memory attack rather than a name.
    pub topic_bytes: u16,
    /// Levels of a topic name or filter: the depth of a walk through the tree.
    pub topic_levels: u16,
    /// Bytes of a will payload: kept as long as its session.
    pub will_payload_bytes: u32,
    /// User Properties in a packet.
    pub user_properties: u16,
    /// Bytes of the properties of a packet.
    pub properties_bytes: u32,
    /// QoS 1 and 2 PUBLISH packets of one client that are not yet acknowledged; announced as Receive
    /// Maximum. Also the acknowledgements that may wait for the journal before reading pauses.
    pub receive_maximum: u16,
    /// QoS 1 and 2 PUBLISH packets in flight to one client, whatever it would take.
    pub in_flight_maximum: u16,
    /// Topic aliases that a client may set; announced as Topic Alias Maximum.
    pub topic_alias_maximum: u16,
    /// Topic aliases that the server sets for one client, whatever it would take; 0 for none. Each is kept with
    /// its topic as long as the connection.
    pub outgoing_topic_alias_maximum: u8,
    /// Topic filters in one SUBSCRIBE or UNSUBSCRIBE: work done in one go.
    pub filters_per_packet: u16,
    /// Subscriptions of one session.
    pub subscriptions_per_session: u32,
    /// Messages in the queue of one session; and as many at QoS 0 that wait for its socket.
    pub queue_messages: u32,
    /// Bytes (topic, properties, payload) in the queue of one session.
    pub queue_bytes: u32,
    /// Bytes (topic, properties, payload) of QoS 0 messages that wait for one slow socket; then the oldest are
    /// dropped.
    pub qos0_backlog_bytes: u32,
    /// Bytes encoded ahead of a socket. Beyond this mark, messages wait as shared entries in queues.
    pub transmit_mark_bytes: u32,
    /// Receivers of a message that are served in one go; the rest has its turn while others are served. So has the
    /// rest of an input whose messages were for 16 times as many in all.
    pub receivers_per_turn: u32,
    /// Retained messages looked at in one go for a new subscription; the rest goes on while others are served.
    pub retained_per_turn: u32,
    /// Retained messages.
    pub retained_messages: u32,
    /// Bytes of retained messages.
    pub retained_bytes: u64,
    /// The longest session expiry of a 5.0 client, in seconds; `u32::MAX` for no limit.
    pub session_expiry_seconds_5_0: u32,
    /// How long the session of a 3.x client with Clean Session 0 is kept after it left, in seconds;
    /// `u32::MAX` for ever.
    pub session_expiry_seconds_3: u32,
    /// Topics whose receivers are remembered, so that publishers that repeat themselves need no search. They take
    /// a sixteenth of `memory_bytes` at most.
    pub routes_remembered: u32,
    /// Bytes of free transmit buffers kept for the next connections that have something to send.
    pub transmit_pool_bytes: u32,
    /// PUBLISH packets a second that are taken from one connection, at any QoS; 0 for no limit. A client that
    /// sends faster is read no faster.
    pub publish_messages_per_second: u32,
    /// Bytes a second of its PUBLISH packets, fixed headers included; 0 for no limit.
    pub publish_bytes_per_second: u32,
    /// How many seconds' worth of both a client may send at once; 0 counts as 1. A packet is taken whole if
    /// one byte of it is within the burst.
    pub publish_burst_seconds: u16,
    /// Seconds that a publisher stays unread while memory is short; then it is told (5.0) and closed. One that
    /// has sent so much beyond its rate that it would have to stay unread for longer is told and closed at once.
    pub pause_timeout_seconds: u16,
    /// The largest sum of the memory account, in bytes.
    pub memory_bytes: u64,
}

impl Limits {
    /// Whether there is a limit to how fast a client may publish.
    #[inline]
    pub(crate) const fn has_publish_rate(&self) -> bool {
        self.publish_messages_per_second | self.publish_bytes_per_second != 0
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout_seconds: 10,
            answer_timeout_seconds: 10,
            progress_timeout_seconds: 30,
            progress_bytes: 128,
            maximum_packet_size_bytes: 2_000_000,
            connect_packet_size_bytes: 200 * 1024,
            keep_alive_seconds_5_0: 3_600,
            client_identifier_bytes: 256,
            user_name_bytes: 256,
            topic_bytes: 4_096,
            topic_levels: 128,
            will_payload_bytes: 64 * 1024,
            user_properties: 64,
            properties_bytes: 64 * 1024,
            receive_maximum: 256,
            in_flight_maximum: 1_024,
            topic_alias_maximum: 64,
            outgoing_topic_alias_maximum: 32,
            filters_per_packet: 1_000,
            subscriptions_per_session: 20_000,
            queue_messages: 10_000,
            queue_bytes: 16 * 1024 * 1024,
            qos0_backlog_bytes: 1024 * 1024,
            transmit_mark_bytes: 256 * 1024,
            receivers_per_turn: 10_000,
            retained_per_turn: 256,
            retained_messages: 1_000_000,
            retained_bytes: 256 * 1024 * 1024,
            session_expiry_seconds_5_0: u32::MAX,
            session_expiry_seconds_3: u32::MAX,
            routes_remembered: 131_072,
            transmit_pool_bytes: 16 * 1024 * 1024,
            publish_messages_per_second: 0,
            publish_bytes_per_second: 0,
            publish_burst_seconds: 1,
            pause_timeout_seconds: 10,
            memory_bytes: 512 * 1024 * 1024,
        }
    }
}
