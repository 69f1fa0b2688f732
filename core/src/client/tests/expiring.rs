//! Message Expiry Interval of what waits to be sent.

use super::script::{NOW, connack, connected_with, events, options, publish, reconnect, sent, told};
use crate::client::{Client, Limits, Options, Publication};
use crate::version::ProtocolVersion::V5_0;
use crate::wire::{PropertiesBuffer, Property, QoS};

/// On topic `t`, with a Content Type behind the Message Expiry Interval.
fn publish_for(client: &mut Client, payload: &str, qos: QoS, seconds: u32) -> u64 {
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::MessageExpiryInterval(seconds));
    properties.push(Property::ContentType("c"));
    let properties = properties.as_properties();
    let publication = Publication { qos, properties, ..Publication::new("t", payload.as_bytes()) };
    client.publish(NOW, &publication).unwrap().0
}

#[test]
fn what_goes_out_at_once_has_the_whole_interval() {
    let mut client = connected_with(options(V5_0), &connack(V5_0, false));
    publish_for(&mut client, "x", QoS::AtMostOnce, 7);
    assert_eq!(sent(&mut client), b"\x30\x0e\x00\x01t\x09\x02\x00\x00\x00\x07\x03\x00\x01cx");
    assert_eq!(client.poll_timeout(), None);
}

#[test]
fn waiting_counts() {
    let mut client = Client::new(options(V5_0));
    publish_for(&mut client, "x", QoS::AtMostOnce, 7);
    client.connect(NOW.after_seconds(5)).unwrap();
    sent(&mut client);
    told(&mut client, &connack(V5_0, false));
    assert_eq!(sent(&mut client), b"\x30\x0e\x00\x01t\x09\x02\x00\x00\x00\x02\x03\x00\x01cx");
}

#[test]
fn what_waits_too_long_is_dropped() {
    let mut client = Client::new(options(V5_0));
    assert_eq!(publish_for(&mut client, "a", QoS::AtMostOnce, 9), 1);
    assert_eq!(publish_for(&mut client, "b", QoS::ExactlyOnce, 7), 2);
    assert_eq!(publish(&mut client, "c", QoS::AtMostOnce), 3);
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(7)));
    client.handle_timeout(NOW.after_seconds(6));
    assert_eq!(events(&mut client), [""; 0]);
    client.handle_timeout(NOW.after_seconds(7));
    assert_eq!(events(&mut client), ["failed 2: it expired before it could be sent"]);
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(9)));
    // Any call that tells the time will do.
    client.connect(NOW.after_seconds(9)).unwrap();
    assert_eq!(events(&mut client), ["failed 1: it expired before it could be sent"]);
    assert_eq!(client.unsent(), 1);
    sent(&mut client);
    told(&mut client, &connack(V5_0, false));
    assert_eq!(sent(&mut client), b"\x30\x05\x00\x01t\x00c");
    assert_eq!(client.poll_timeout(), None);
}

#[test]
fn an_interval_of_zero_is_for_now_or_never() {
    let mut client = connected_with(options(V5_0), &connack(V5_0, false));
    publish_for(&mut client, "x", QoS::AtMostOnce, 0);
    assert_eq!(sent(&mut client).len(), 16);
    client.connection_lost(NOW);
    events(&mut client);
    publish_for(&mut client, "x", QoS::AtMostOnce, 0);
    assert_eq!(client.poll_timeout(), Some(NOW));
    client.handle_timeout(NOW);
    assert_eq!(events(&mut client), ["failed 2: it expired before it could be sent"]);
}

#[test]
fn what_expired_makes_room_in_the_queue() {
    let limits = Limits { queue_messages: 1, queue_bytes: 20, ..Limits::default() };
    let mut client = Client::new(Options { limits, ..options(V5_0) });
    publish_for(&mut client, "x", QoS::AtMostOnce, 1);
    let other = Publication::new("t", b"0123456789abcdefghi");
    assert!(client.publish(NOW, &other).is_err());
    client.publish(NOW.after_seconds(1), &other).unwrap();
}

#[test]
fn what_was_sent_does_not_expire() {
    let options = Options { clean_start: false, session_expiry_interval_seconds: 99, ..options(V5_0) };
    let mut client = connected_with(options, &connack(V5_0, false));
    publish_for(&mut client, "x", QoS::AtLeastOnce, 7);
    sent(&mut client);
    for (waited, left) in [(5, 2), (8, 0)] {
        client.connection_lost(NOW.after_seconds(waited));
        assert_eq!(events(&mut client), ["closed Lost"]);
        reconnect(&mut client, &connack(V5_0, true));
        let again =
            [&b"\x3a\x10\x00\x01t\x00\x01\x09\x02\x00\x00\x00"[..], &[left], b"\x03\x00\x01cx"].concat();
        assert_eq!(sent(&mut client), again);
    }
}
