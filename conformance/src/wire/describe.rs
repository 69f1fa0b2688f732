//! Words for transcripts.

use std::fmt;

use super::property::{Property, Value};
use crate::version::Version;

/// The names of Table 2-4 of MQTT 5.0.
const NAMES: [(u8, &str); 27] = [
    (0x01, "Payload Format Indicator"),
    (0x02, "Message Expiry Interval"),
    (0x03, "Content Type"),
    (0x08, "Response Topic"),
    (0x09, "Correlation Data"),
    (0x0B, "Subscription Identifier"),
    (0x11, "Session Expiry Interval"),
    (0x12, "Assigned Client Identifier"),
    (0x13, "Server Keep Alive"),
    (0x15, "Authentication Method"),
    (0x16, "Authentication Data"),
    (0x17, "Request Problem Information"),
    (0x18, "Will Delay Interval"),
    (0x19, "Request Response Information"),
    (0x1A, "Response Information"),
    (0x1C, "Server Reference"),
    (0x1F, "Reason String"),
    (0x21, "Receive Maximum"),
    (0x22, "Topic Alias Maximum"),
    (0x23, "Topic Alias"),
    (0x24, "Maximum QoS"),
    (0x25, "Retain Available"),
    (0x26, "User Property"),
    (0x27, "Maximum Packet Size"),
    (0x28, "Wildcard Subscription Available"),
    (0x29, "Subscription Identifier Available"),
    (0x2A, "Shared Subscription Available"),
];

/// The most characters of a value that are shown.
const SHOWN: usize = 40;

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(id, _)| *id == self.id) {
            Some((_, name)) => write!(f, "{name} ")?,
            None => write!(f, "property 0x{:02X} ", self.id)?,
        }
        match &self.value {
            Value::Byte(value) => write!(f, "{value}"),
            Value::Two(value) => write!(f, "{value}"),
            Value::Four(value) | Value::Variable(value) => write!(f, "{value}"),
            Value::Text(value) => write!(f, "{}", quoted(value)),
            Value::Pair(name, value) => write!(f, "{}={}", quoted(name), quoted(value)),
        }
    }
}

/// ` [Receive Maximum 20] [Reason String "…"]`; versions before 5.0 have none.
pub(super) fn properties(properties: &[Property], version: Version) -> String {
    let there = if version.is_5() { properties } else { &[] };
    there.iter().map(|property| format!(" [{property}]")).collect()
}

/// Text or bytes as text, cut when long.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { format!("… ({} bytes)", bytes.len()) } else { String::new() };
    format!("{shown:?}{more}")
}

/// The names of the packet types, by their numbers (section 2.1.2).
pub(crate) const PACKET_TYPES: [&str; 16] = [
    "type 0",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
];

/// Bytes that a script has put together by itself: what they begin with.
pub(super) fn raw(bytes: &[u8]) -> String {
    let first = bytes.first().map(|first| (PACKET_TYPES.get(usize::from(first >> 4)), first & 0x0F));
    match first {
        Some((Some(name), flags)) => format!("({} raw bytes: {name}, flags {flags:04b}, …)", bytes.len()),
        _ => "(no bytes)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::property::id;
    use super::{Property, Version, properties, raw};

    #[test]
    fn words() {
        let some = [
            Property::two(id::RECEIVE_MAXIMUM, 20),
            Property::user("k", "v\0"),
            Property::text(id::REASON_STRING, "x".repeat(41)),
            Property::byte(0x7F, 1),
        ];
        let long = "x".repeat(40);
        let expected = format!(
            " [Receive Maximum 20] [User Property \"k\"=\"v\\0\"] [Reason String \"{long}\"… (41 bytes)] \
             [property 0x7F 1]"
        );
        assert_eq!(properties(&some, Version::V5_0), expected);
        assert_eq!(properties(&some, Version::V3_1_1), "");
        assert_eq!(raw(&[0x62, 0]), "(2 raw bytes: PUBREL, flags 0010, …)");
        assert_eq!(raw(&[]), "(no bytes)");
    }
}
