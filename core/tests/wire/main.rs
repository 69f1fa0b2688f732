//! The wire format against bytes written by hand, tables of the standard, and generated input.

mod golden;
mod random;
mod refusals;
mod shorter;
mod stream;
mod tables;
mod texts;

use hushwing_core::ProtocolVersion;
use hushwing_core::Violation;
use hushwing_core::wire::{Packet, Sender, split_frame};

const V3_1: ProtocolVersion = ProtocolVersion::V3_1;
const V3_1_1: ProtocolVersion = ProtocolVersion::V3_1_1;
const V5_0: ProtocolVersion = ProtocolVersion::V5_0;
const VERSIONS: [ProtocolVersion; 3] = [V3_1, V3_1_1, V5_0];
const SENDERS: [Sender; 2] = [Sender::Client, Sender::Server];

/// The bytes in `text`: pairs of hexadecimal digits, and 'text' in quotes as itself; blanks mean nothing.
fn hex(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, part) in text.split('\'').enumerate() {
        if index % 2 == 1 {
            bytes.extend_from_slice(part.as_bytes());
            continue;
        }
        let digits: Vec<u8> = part.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        assert!(digits.len().is_multiple_of(2), "odd number of digits in {text}");
        for pair in digits.chunks(2) {
            let pair = core::str::from_utf8(pair).expect("digits");
            bytes.push(u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{pair} in {text}")));
        }
    }
    bytes
}

/// A packet with a right Remaining Length.
fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut rest = body.len();
    while rest >= 128 {
        bytes.push((rest % 128) as u8 | 0x80);
        rest /= 128;
    }
    bytes.push(rest as u8);
    bytes.extend_from_slice(body);
    bytes
}

/// What one whole packet is, as its receiver sees it.
fn decode(bytes: &[u8], version: ProtocolVersion, sender: Sender) -> Result<Packet<'_>, Violation> {
    let known = (bytes.first().map(|first| first >> 4) != Some(1)).then_some(version);
    let frame = split_frame(bytes, known, u32::MAX)?.expect("the packet is whole");
    assert_eq!(frame.length, bytes.len(), "more than one packet");
    Packet::decode(&frame, version, sender)
}
