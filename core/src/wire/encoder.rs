//! Appends the fields of a packet. What is longer than its length field can say is cut.

use alloc::vec::Vec;

use super::{Properties, variable_byte_integer};
use crate::version::ProtocolVersion;

/// The most bytes that a text or Binary Data can have.
const FIELD_MAXIMUM: usize = u16::MAX as usize;

/// The part of `bytes` that fits a field.
#[inline]
fn fitting(bytes: &[u8]) -> &[u8] {
    bytes.get(..FIELD_MAXIMUM).unwrap_or(bytes)
}

/// The part of `text` that fits a field: whole characters.
#[inline]
pub(super) fn fitting_text(text: &str) -> &str {
    if text.len() <= FIELD_MAXIMUM {
        return text;
    }
    text.get(..text.floor_char_boundary(FIELD_MAXIMUM)).unwrap_or_default()
}

#[inline]
pub(super) fn binary_length(bytes: &[u8]) -> usize {
    2 + fitting(bytes).len()
}

#[inline]
pub(super) fn text_length(text: &str) -> usize {
    2 + fitting_text(text).len()
}

#[inline]
pub(super) fn put_two_byte_integer(value: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

#[inline]
pub(super) fn put_four_byte_integer(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

#[inline]
pub(super) fn put_binary(bytes: &[u8], out: &mut Vec<u8>) {
    let bytes = fitting(bytes);
    put_two_byte_integer(bytes.len() as u16, out);
    out.extend_from_slice(bytes);
}

#[inline]
pub(super) fn put_text(text: &str, out: &mut Vec<u8>) {
    put_binary(fitting_text(text).as_bytes(), out);
}

/// Bytes of `properties` with their length in front; none before 5.0.
#[inline]
pub(super) fn properties_length(properties: Properties<'_>, version: ProtocolVersion) -> usize {
    if !version.has_properties() {
        return 0;
    }
    let length = properties.as_bytes().len();
    variable_byte_integer::length(saturating_u32(length)) + length
}

#[inline]
pub(super) fn put_properties(properties: Properties<'_>, version: ProtocolVersion, out: &mut Vec<u8>) {
    if version.has_properties() {
        // [MQTT-2.2.2-1] (5.0)
        variable_byte_integer::encode(saturating_u32(properties.as_bytes().len()), out);
        out.extend_from_slice(properties.as_bytes());
    }
}

#[inline]
pub(super) fn saturating_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
