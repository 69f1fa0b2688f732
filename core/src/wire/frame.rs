//! Whole packets in a stream of bytes.

use super::FixedHeader;
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// One whole packet: its fixed header, and the bytes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The fixed header.
    pub header: FixedHeader,
    /// The bytes after the fixed header: as many as its Remaining Length says.
    pub body: &'a [u8],
    /// Bytes of the whole packet, fixed header included.
    pub length: usize,
}

/// Finds one whole packet at the start of `bytes`. `Ok(None)`: it is not whole yet.
///
/// `version` is `None` before CONNECT: the rule of 5.0 that the Remaining Length is in its shortest form
/// is then left to the decoder of CONNECT. `maximum_packet_size` counts bytes of the whole packet.
///
/// # Errors
///
/// What [`FixedHeader::decode`] says, and [`Violation::PacketTooLarge`] as soon as the fixed header is there.
#[inline]
pub fn split_frame(
    bytes: &[u8],
    version: Option<ProtocolVersion>,
    maximum_packet_size: u32,
) -> Result<Option<Frame<'_>>, Violation> {
    let Some((header, header_length)) = FixedHeader::decode(bytes, version)? else { return Ok(None) };
    let length = whole_length(header, header_length, maximum_packet_size)?;
    Ok(bytes.get(header_length..length).map(|body| Frame { header, body, length }))
}

/// How many bytes the packet at the start of `bytes` has in all. `Ok(None)`: the fixed header is not whole
/// yet. For sizing a buffer that takes the rest.
///
/// # Errors
///
/// As [`split_frame`].
pub fn frame_length(
    bytes: &[u8],
    version: Option<ProtocolVersion>,
    maximum_packet_size: u32,
) -> Result<Option<usize>, Violation> {
    let Some((header, header_length)) = FixedHeader::decode(bytes, version)? else { return Ok(None) };
    whole_length(header, header_length, maximum_packet_size).map(Some)
}

// Cannot overflow: a Remaining Length is below 2^28 and a fixed header at most 5 bytes.
#[inline]
fn whole_length(header: FixedHeader, header_length: usize, maximum: u32) -> Result<usize, Violation> {
    let length = header_length + header.remaining_length as usize;
    if length > maximum as usize { Err(Violation::PacketTooLarge) } else { Ok(length) }
}
