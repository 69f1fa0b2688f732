//! The wire: bytes to packets and back.

use hushwing_core::wire::{Frame, Packet, PacketType, Sender, split_frame};
use hushwing_core::{ProtocolVersion, Violation};

use crate::bytes::Bytes;

/// The version and the sender that the first byte chooses.
fn choice(bytes: &mut Bytes<'_>) -> (ProtocolVersion, Sender) {
    let byte = bytes.byte();
    let version =
        [ProtocolVersion::V3_1, ProtocolVersion::V3_1_1, ProtocolVersion::V5_0][usize::from(byte >> 1) % 3];
    (version, if byte & 1 == 0 { Sender::Client } else { Sender::Server })
}

/// Any bytes as packets: nothing panics, a frame is found only once it is whole and is then the same whatever comes
/// behind it, and a packet is judged the same from a copy that ends where it ends.
pub fn decode(data: &[u8]) {
    let mut bytes = Bytes(data);
    let (version, sender) = choice(&mut bytes);
    let mut rest = bytes.0;
    while let Ok(Some(frame)) = split_frame(rest, Some(version), 1 << 20) {
        let (whole, after) = rest.split_at(frame.length);
        let alone = whole.to_vec();
        assert_eq!(split(&alone, version).map(|found| found.map(|f| f.length)), Ok(Some(frame.length)));
        for end in 0..whole.len().min(16) {
            assert_eq!(split(&whole[..end], version).map(|found| found.is_some()), Ok(false), "{end}");
        }
        let copy = split(&alone, version).expect("as before").expect("as before");
        let judged = Packet::decode(&frame, version, sender);
        assert_eq!(judged, Packet::decode(&copy, version, sender));
        if judged.is_err() {
            return;
        }
        rest = after;
    }
}

fn split(bytes: &[u8], version: ProtocolVersion) -> Result<Option<Frame<'_>>, Violation> {
    split_frame(bytes, Some(version), 1 << 20)
}

/// A packet that decodes comes back from its own encoding, which is as long as announced and fits where it says
/// that it fits.
pub fn round_trip(data: &[u8]) {
    let mut bytes = Bytes(data);
    let (version, sender) = choice(&mut bytes);
    let Ok(Some(frame)) = split_frame(bytes.0, Some(version), 1 << 20) else { return };
    let Ok(packet) = Packet::decode(&frame, version, sender) else { return };
    // CONNECT says its version itself.
    let version = if let Packet::Connect(connect) = &packet { connect.version } else { version };
    let mut encoded = Vec::new();
    packet.encode(version, &mut encoded);
    assert_eq!(encoded.len(), packet.encoded_length(version));
    let frame = split_frame(&encoded, Some(version), 1 << 20).expect("a frame").expect("whole");
    assert_eq!(frame.length, encoded.len());
    assert_eq!(Packet::decode(&frame, version, sender).as_ref(), Ok(&packet));
    fits(&packet, version, &encoded);
}

fn fits(packet: &Packet<'_>, version: ProtocolVersion, encoded: &[u8]) {
    let mut out = Vec::new();
    let length = u32::try_from(encoded.len()).expect("at most 1 MiB");
    assert!(packet.encode_within(version, length, &mut out).is_ok());
    assert_eq!(out, encoded);
    out.clear();
    let smaller = packet.encode_within(version, length - 1, &mut out);
    assert!(out.len() < encoded.len());
    assert_eq!(smaller.is_err(), out.is_empty());
    if PacketType::Publish as u8 == encoded[0] >> 4 {
        assert!(smaller.is_err(), "a PUBLISH is never made smaller");
    }
}
