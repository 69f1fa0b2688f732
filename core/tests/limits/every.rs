//! No limit without a test.

use hushwing_core::Limits;

use crate::{memory, packets, queues, rates, retained, strings, subscriptions, time, windows};

/// Names the test of each limit. A limit that the machine gains breaks this at compile time.
macro_rules! tested {
    ($($limit:ident: $module:ident;)*) => {
        #[test]
        fn every_limit_has_a_test() {
            let Limits { $($limit: _),* } = Limits::default();
            let tests: &[fn()] = &[$($module::$limit),*];
            assert!(!tests.is_empty());
        }
    };
}

tested! {
    connect_timeout_seconds: time;
    answer_timeout_seconds: time;
    progress_timeout_seconds: time;
    progress_bytes: time;
    maximum_packet_size_bytes: packets;
    connect_packet_size_bytes: packets;
    keep_alive_seconds_5_0: time;
    client_identifier_bytes: strings;
    user_name_bytes: strings;
    topic_bytes: strings;
    topic_levels: strings;
    will_payload_bytes: strings;
    user_properties: packets;
    properties_bytes: packets;
    receive_maximum: windows;
    in_flight_maximum: windows;
    topic_alias_maximum: packets;
    outgoing_topic_alias_maximum: packets;
    filters_per_packet: packets;
    subscriptions_per_session: subscriptions;
    queue_messages: queues;
    queue_bytes: queues;
    qos0_backlog_bytes: queues;
    transmit_mark_bytes: queues;
    receivers_per_turn: subscriptions;
    retained_per_turn: retained;
    retained_messages: retained;
    retained_bytes: retained;
    session_expiry_seconds_5_0: time;
    session_expiry_seconds_3: time;
    routes_remembered: subscriptions;
    transmit_pool_bytes: memory;
    publish_messages_per_second: rates;
    publish_bytes_per_second: rates;
    publish_burst_seconds: rates;
    pause_timeout_seconds: memory;
    memory_bytes: memory;
}
