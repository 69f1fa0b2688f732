//! The fixed header: packet type, flags and Remaining Length (5.0 section 2.1, 3.1.1 section 2.2).

use super::{PacketType, variable_byte_integer};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// The first two to five bytes of every packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedHeader {
    /// What kind of packet it is.
    pub packet_type: PacketType,
    /// The low four bits of the first byte.
    pub flags: u8,
    /// Bytes that follow the fixed header.
    pub remaining_length: u32,
}

impl FixedHeader {
    /// Reads the fixed header at the start of `bytes`, and how many bytes it takes. `Ok(None)`: it is not
    /// whole yet. The flags are not judged; see [`FixedHeader::check`]. `version` is `None` before CONNECT.
    ///
    /// # Errors
    ///
    /// A reserved packet type, as soon as there is one byte; a Remaining Length of more than four bytes; in
    /// 5.0 one with more bytes than it needs.
    #[inline]
    pub fn decode(
        bytes: &[u8],
        version: Option<ProtocolVersion>,
    ) -> Result<Option<(Self, usize)>, Violation> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        let packet_type = PacketType::from_nibble(first >> 4).ok_or(Violation::ReservedPacketType)?;
        let Some((remaining_length, length)) = variable_byte_integer::decode(rest)? else { return Ok(None) };
        // [MQTT-1.5.5-1] There is no such rule before 5.0.
        if version == Some(ProtocolVersion::V5_0) && length != variable_byte_integer::length(remaining_length)
        {
            return Err(Violation::VariableByteIntegerNotMinimal);
        }
        Ok(Some((Self { packet_type, flags: first & 0x0F, remaining_length }, length + 1)))
    }

    /// Whether `version` has this packet type, and with these flags.
    ///
    /// # Errors
    ///
    /// The violation for the packet type in question. The flags of PUBLISH are judged with its body.
    #[inline]
    pub fn check(self, version: ProtocolVersion) -> Result<(), Violation> {
        if self.packet_type == PacketType::Publish {
            return Ok(());
        }
        self.check_reserved_flags(version)
    }

    // [MQTT-2.2.2-2] (3.1.1) [MQTT-2.1.3-1] (5.0)
    fn check_reserved_flags(self, version: ProtocolVersion) -> Result<(), Violation> {
        let legacy = version == ProtocolVersion::V3_1;
        let (expected, violation) = match self.packet_type {
            // 3.1 does not reserve the flags of CONNECT.
            PacketType::Connect if legacy => return Ok(()),
            PacketType::Auth if !version.has_properties() => return Err(Violation::ReservedPacketType),
            PacketType::Pubrel => (0b0010, Violation::PubrelFlags),
            PacketType::Subscribe => (0b0010, Violation::SubscribeFlags),
            PacketType::Unsubscribe => (0b0010, Violation::UnsubscribeFlags),
            PacketType::Disconnect => (0, Violation::DisconnectFlags),
            PacketType::Auth => (0, Violation::AuthFlags),
            _ => (0, Violation::FixedHeaderFlags),
        };
        // In 3.1 the packets with 0010 are "QoS 1" packets, which may be sent again with DUP 1.
        let ignored = if legacy && expected == 0b0010 { 0b1000 } else { 0 };
        if self.flags & !ignored == expected { Ok(()) } else { Err(violation) }
    }
}
