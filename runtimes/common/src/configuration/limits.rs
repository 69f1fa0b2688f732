//! `[limits]`: every bound of the machine by its own name.

use hushwing_core::Limits;

use super::keys::Keys;

/// What Remaining Length can say (section 2.2.3 of 3.1.1, 2.1.4 of 5.0), and the greatest Maximum Packet Size
/// that clients in the field take.
const PACKET_BYTES: u32 = 268_435_455;

/// Makes the walk over all limits. A limit that the machine gains breaks it at compile time.
macro_rules! limits {
    ($($key:ident: $range:expr, $about:literal;)*) => {
        /// Walks over all limits.
        pub(super) fn limits(keys: &mut impl Keys, limits: &mut Limits) {
            let Limits { $($key),* } = limits;
            $(keys.whole(stringify!($key), $key, $range, $about);)*
        }
    };
}

limits! {
    connect_timeout_seconds: 1..=u16::MAX,
        "Seconds from opening a connection to a whole CONNECT.";
    answer_timeout_seconds: 1..=u16::MAX,
        "Seconds that an authenticator has to answer; then the client is refused.";
    progress_timeout_seconds: 1..=u16::MAX,
        "Seconds in which a client has to go on with half a packet, or to take something from a full buffer.";
    progress_bytes: 1..=u32::MAX,
        "Bytes of a packet that is not whole that have to come in that time.";
    maximum_packet_size_bytes: 128..=PACKET_BYTES,
        "The largest packet taken from a client; 5.0 clients are told.";
    connect_packet_size_bytes: 128..=PACKET_BYTES,
        "The largest CONNECT packet.";
    keep_alive_seconds_5_0: 0..=u16::MAX,
        "The longest keep alive of a 5.0 client; 0 for no limit.";
    // [MQTT-3.1.3-5]: 1 to 23 bytes must be allowed.
    client_identifier_bytes: 23..=u16::MAX,
        "Bytes of a client identifier.";
    user_name_bytes: 0..=u16::MAX,
        "Bytes of a user name.";
    topic_bytes: 1..=u16::MAX,
        "Bytes of a topic name or filter.";
    topic_levels: 1..=u16::MAX,
        "Levels of a topic name or filter.";
    will_payload_bytes: 0..=u32::MAX,
        "Bytes of a will payload.";
    user_properties: 0..=u16::MAX,
        "User Properties in one packet.";
    properties_bytes: 0..=PACKET_BYTES,
        "Bytes of the properties of one packet.";
    // Zero is a protocol error (5.0 section 3.2.2.3.3).
    receive_maximum: 1..=u16::MAX,
        "QoS 1 and 2 messages of one client that are not yet acknowledged; 5.0 clients are told.";
    in_flight_maximum: 1..=u16::MAX,
        "QoS 1 and 2 messages in flight to one client.";
    topic_alias_maximum: 0..=u16::MAX,
        "Topic aliases that a 5.0 client may set.";
    outgoing_topic_alias_maximum: 0..=u8::MAX,
        "Topic aliases that are set for one 5.0 client that takes them.";
    filters_per_packet: 1..=u16::MAX,
        "Topic filters in one SUBSCRIBE or UNSUBSCRIBE.";
    subscriptions_per_session: 1..=u32::MAX,
        "Subscriptions of one session.";
    queue_messages: 1..=u32::MAX,
        "Messages in the queue of one session; and as many at QoS 0 that wait for its socket.";
    queue_bytes: 1..=u32::MAX,
        "Bytes in the queue of one session.";
    qos0_backlog_bytes: 1..=u32::MAX,
        "Bytes of QoS 0 messages that wait for one slow client; then the oldest are dropped.";
    transmit_mark_bytes: 1_024..=u32::MAX,
        "Bytes encoded ahead of one socket; beyond them messages wait in the queue.";
    receivers_per_turn: 1..=u32::MAX,
        "Receivers of a message that are served in one go; the rest has its turn while others are served.";
    retained_per_turn: 1..=u32::MAX,
        "Retained messages looked at in one go for a new subscription; others are served in between.";
    retained_messages: 0..=u32::MAX,
        "Retained messages.";
    retained_bytes: 0..=u64::MAX,
        "Bytes of retained messages.";
    session_expiry_seconds_5_0: 0..=u32::MAX,
        "The longest session expiry of a 5.0 client, in seconds; the greatest number is for ever.";
    session_expiry_seconds_3: 0..=u32::MAX,
        "Seconds that a kept session of a 3.x client outlives its connection; the greatest number is for ever.";
    routes_remembered: 0..=u32::MAX,
        "Topics whose receivers are remembered.";
    transmit_pool_bytes: 0..=u32::MAX,
        "Bytes of free transmit buffers kept for the next connections.";
    publish_messages_per_second: 0..=u32::MAX,
        "Messages a second that one client may publish; who is faster is read no faster. 0 for no limit.";
    publish_bytes_per_second: 0..=u32::MAX,
        "Bytes a second of PUBLISH packets that one client may send; 0 for no limit.";
    publish_burst_seconds: 1..=u16::MAX,
        "Seconds' worth of both that a client may send at once.";
    pause_timeout_seconds: 1..=u16::MAX,
        "Seconds that a publisher stays unread for want of memory, or has sent ahead of its rate; then it is \
         told (5.0) and closed.";
    memory_bytes: 1_048_576..=u64::MAX,
        "Bytes that all sessions, queues and retained messages may take together.";
}
