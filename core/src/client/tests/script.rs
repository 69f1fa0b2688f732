//! A client, and a server that is a list of bytes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::client::{Client, CloseReason, Event, Options, Publication};
use crate::time::Instant;
use crate::version::ProtocolVersion::{self, V3_1_1, V5_0};
use crate::wire::QoS;

pub(super) const NOW: Instant = Instant::from_micros(1_000_000_000);

pub(super) fn options(version: ProtocolVersion) -> Options {
    Options { version, client_identifier: "owl".into(), keep_alive_seconds: 0, ..Options::default() }
}

/// What goes out, taken by the transport.
pub(super) fn sent(client: &mut Client) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !client.transmit().is_empty() {
        let piece = client.transmit().len().min(7);
        bytes.extend_from_slice(&client.transmit()[..piece]);
        client.advance(piece);
    }
    bytes
}

/// What happens when these bytes come, one line for each event.
pub(super) fn told(client: &mut Client, bytes: &[u8]) -> Vec<String> {
    client.receive(NOW, bytes);
    events(client)
}

pub(super) fn events(client: &mut Client) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(event) = client.poll_event() {
        lines.push(line(&event));
    }
    lines
}

fn line(event: &Event<'_>) -> String {
    match event {
        Event::Connected { session_present, .. } => format!("connected {session_present}"),
        Event::Message(message) => format!(
            "message {} {} q{}{}{}",
            message.topic,
            String::from_utf8_lossy(message.payload),
            message.qos.bits(),
            if message.retain { " retained" } else { "" },
            if message.duplicate { " again" } else { "" },
        ),
        Event::Published { ticket, reason, .. } => format!("published {} {:#04x}", ticket.0, reason.byte()),
        Event::Subscribed { ticket, reasons, .. } => format!("subscribed {} {reasons:?}", ticket.0),
        Event::Unsubscribed { ticket, reasons, .. } => format!("unsubscribed {} {reasons:?}", ticket.0),
        Event::Failed { ticket, failure } => format!("failed {}: {failure}", ticket.0),
        Event::Authenticate { data, .. } => format!("authenticate {}", String::from_utf8_lossy(data)),
        Event::Authenticated { data, .. } => format!("authenticated {}", String::from_utf8_lossy(data)),
        Event::Closed(CloseReason::Refused { reason, .. }) => format!("refused {:#04x}", reason.byte()),
        Event::Closed(CloseReason::Server { reason, .. }) => format!("server says {:#04x}", reason.byte()),
        Event::Closed(other) => format!("closed {other:?}"),
    }
}

/// CONNACK that accepts, without properties.
pub(super) fn connack(version: ProtocolVersion, session_present: bool) -> Vec<u8> {
    let present = u8::from(session_present);
    if version == V5_0 { [0x20, 3, present, 0, 0].into() } else { [0x20, 2, present, 0].into() }
}

/// A client whose connection is accepted with this CONNACK.
pub(super) fn connected_with(options: Options, connack: &[u8]) -> Client {
    let mut client = Client::new(options);
    reconnect(&mut client, connack);
    client
}

pub(super) fn connected(version: ProtocolVersion) -> Client {
    connected_with(options(version), &connack(version, false))
}

/// A client of 3.1.1 that keeps its session.
pub(super) fn persistent() -> Client {
    let options = Options { clean_start: false, ..options(V3_1_1) };
    connected_with(options, &connack(V3_1_1, false))
}

/// Connects; what is sent right after CONNACK stays in `transmit`.
pub(super) fn reconnect(client: &mut Client, connack: &[u8]) {
    client.connect(NOW).unwrap();
    assert_eq!(sent(client)[0], 0x10);
    client.receive(NOW, connack);
    assert!(matches!(client.poll_event(), Some(Event::Connected { .. })));
}

pub(super) fn publication(payload: &str, qos: QoS) -> Publication<'_> {
    Publication { qos, ..Publication::new("t", payload.as_bytes()) }
}

/// Publishes on topic `t`; gives the number of the ticket.
pub(super) fn publish(client: &mut Client, payload: &str, qos: QoS) -> u64 {
    client.publish(NOW, &publication(payload, qos)).unwrap().0
}
