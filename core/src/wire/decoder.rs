//! Reads the fields of a packet one after another. Nothing it reads goes past the end of its bytes.

use core::num::NonZeroU16;

use super::{text, variable_byte_integer};
use crate::violation::Violation;

pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
}

impl<'a> Decoder<'a> {
    #[inline]
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All bytes that are left.
    #[inline]
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Nothing may be left over.
    pub(super) fn finish(&self) -> Result<(), Violation> {
        if self.is_empty() { Ok(()) } else { Err(Violation::SurplusBytes) }
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Violation> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(Violation::FieldPastEnd)?;
        self.bytes = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Violation> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or(Violation::FieldPastEnd)?;
        self.bytes = rest;
        Ok(*taken)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Violation> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(super) fn two_byte_integer(&mut self) -> Result<u16, Violation> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline]
    pub(super) fn four_byte_integer(&mut self) -> Result<u32, Violation> {
        self.array().map(u32::from_be_bytes)
    }

    /// Inside a packet there are Variable Byte Integers in 5.0 only.
    #[inline]
    pub(super) fn variable_byte_integer(&mut self) -> Result<u32, Violation> {
        let (value, length) = variable_byte_integer::decode(self.bytes)?.ok_or(Violation::FieldPastEnd)?;
        // [MQTT-1.5.5-1]
        if length != variable_byte_integer::length(value) {
            return Err(Violation::VariableByteIntegerNotMinimal);
        }
        self.take(length)?;
        Ok(value)
    }

    /// Binary Data: two bytes of length, then the bytes.
    #[inline]
    pub(super) fn binary(&mut self) -> Result<&'a [u8], Violation> {
        let length = self.two_byte_integer()?;
        self.take(usize::from(length))
    }

    #[inline]
    pub(super) fn text(&mut self) -> Result<&'a str, Violation> {
        text::text(self.binary()?)
    }

    #[inline]
    pub(super) fn packet_identifier(&mut self) -> Result<NonZeroU16, Violation> {
        // [MQTT-2.3.1-1] (3.1.1) [MQTT-2.2.1-3] (5.0)
        NonZeroU16::new(self.two_byte_integer()?).ok_or(Violation::PacketIdentifierZero)
    }
}
