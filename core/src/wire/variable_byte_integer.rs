//! Variable Byte Integers: one to four bytes, seven bits in each (5.0 section 1.5.5, 3.1.1 section 2.2.3).

use alloc::vec::Vec;

use crate::violation::Violation;

/// The largest value: 268,435,455.
pub const MAXIMUM: u32 = 0x0FFF_FFFF;

/// How many bytes `value` takes: 1 to 4.
#[inline]
pub const fn length(value: u32) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}

/// Appends `value` in its shortest form `[MQTT-1.5.5-1]`. A value above [`MAXIMUM`] has none and is
/// appended as [`MAXIMUM`].
#[inline]
pub fn encode(value: u32, out: &mut Vec<u8>) {
    let mut rest = value.min(MAXIMUM);
    while rest > 0x7F {
        out.push((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Reads the value at the start of `bytes` and how many bytes it takes. `Ok(None)`: not all of it is there.
/// Longer forms than needed are accepted: whether they may be depends on the version.
///
/// # Errors
///
/// [`Violation::VariableByteIntegerTooLong`] if the fourth byte says that a fifth follows.
#[inline]
pub fn decode(bytes: &[u8]) -> Result<Option<(u32, usize)>, Violation> {
    match *bytes {
        [low @ 0..0x80, ..] => Ok(Some((low.into(), 1))),
        [low, high @ 0..0x80, ..] => Ok(Some((u32::from(low & 0x7F) | u32::from(high) << 7, 2))),
        _ => decode_long(bytes),
    }
}

/// The same for more than two bytes, or too few.
fn decode_long(bytes: &[u8]) -> Result<Option<(u32, usize)>, Violation> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(Violation::VariableByteIntegerTooLong) }
}
