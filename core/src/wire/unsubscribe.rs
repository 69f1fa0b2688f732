//! UNSUBSCRIBE: what a client no longer wants to receive (section 3.10).

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU16;

use super::decoder::Decoder;
use super::encoder::{properties_length, put_properties, put_text, put_two_byte_integer};
use super::{Properties, PropertyContext, text};
use crate::version::ProtocolVersion;
use crate::violation::Violation;

/// A request to end subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    /// The Packet Identifier, which UNSUBACK repeats.
    pub packet_identifier: NonZeroU16,
    /// The properties; empty before 5.0.
    pub properties: Properties<'a>,
    /// The Topic Filters. Only in 3.1 can there be none.
    pub filters: UnsubscribeFilters<'a>,
}

/// Topic Filters as they stand in the packet.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct UnsubscribeFilters<'a> {
    bytes: &'a [u8],
    count: usize,
}

impl<'a> Unsubscribe<'a> {
    pub(super) fn decode(body: &'a [u8], version: ProtocolVersion) -> Result<Self, Violation> {
        let mut decoder = Decoder::new(body);
        let packet_identifier = decoder.packet_identifier()?;
        let mut properties = Properties::EMPTY;
        if version.has_properties() {
            (properties, _) = Properties::decode(&mut decoder, PropertyContext::Unsubscribe)?;
        }
        let filters = UnsubscribeFilters::decode(decoder)?;
        // [MQTT-3.10.3-2] 3.1 does not forbid it.
        if filters.is_empty() && version != ProtocolVersion::V3_1 {
            return Err(Violation::UnsubscribeEmpty);
        }
        Ok(Self { packet_identifier, properties, filters })
    }

    pub(super) fn remaining_length(&self, version: ProtocolVersion) -> usize {
        2 + properties_length(self.properties, version) + self.filters.bytes.len()
    }

    pub(super) fn encode_body(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        put_two_byte_integer(self.packet_identifier.get(), out);
        put_properties(self.properties, version, out);
        out.extend_from_slice(self.filters.bytes);
    }
}

impl<'a> UnsubscribeFilters<'a> {
    fn decode(mut decoder: Decoder<'a>) -> Result<Self, Violation> {
        let bytes = decoder.rest();
        let mut count = 0;
        while !decoder.is_empty() {
            text::topic_filter(decoder.binary()?)?;
            count += 1;
        }
        Ok(Self { bytes, count })
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The Topic Filters in the order of the packet.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut decoder = Decoder::new(self.bytes);
        core::iter::from_fn(move || decoder.text().ok())
    }
}

impl fmt::Debug for UnsubscribeFilters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Topic Filters on their way into an UNSUBSCRIBE.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnsubscribeFiltersBuffer {
    bytes: Vec<u8>,
    count: usize,
}

impl UnsubscribeFiltersBuffer {
    /// No filters yet.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), count: 0 }
    }

    /// Adds a filter, which is cut at 65,535 bytes.
    pub fn push(&mut self, filter: &str) {
        put_text(filter, &mut self.bytes);
        self.count = self.count.saturating_add(1);
    }

    /// The filters, to put in a packet.
    pub fn as_filters(&self) -> UnsubscribeFilters<'_> {
        UnsubscribeFilters { bytes: &self.bytes, count: self.count }
    }
}
