//! Properties on their way into a packet.

use alloc::vec::Vec;

use super::{Properties, Property, PropertyIdentifier};

/// Properties that own their bytes.
///
/// ```
/// use hushwing_core::wire::{PropertiesBuffer, Property};
///
/// let mut buffer = PropertiesBuffer::new();
/// buffer.push(Property::ReasonString("too many"));
/// buffer.push(Property::UserProperty("limit", "8"));
/// assert_eq!(buffer.as_properties().reason_string(), Some("too many"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertiesBuffer(Vec<u8>);

impl PropertiesBuffer {
    /// No properties yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds `property` at the end. Text and Binary Data are cut at 65,535 bytes, the most that they can have.
    /// Whether the property may stand in the packet is for the caller to know ([`super::PropertyContext`]).
    pub fn push(&mut self, property: Property<'_>) {
        property.encode(&mut self.0);
    }

    /// Adds all of `properties` at the end.
    pub fn append(&mut self, properties: Properties<'_>) {
        self.0.extend_from_slice(properties.as_bytes());
    }

    /// The properties of `all` without those in `dropped`.
    pub(in crate::wire) fn without(all: Properties<'_>, dropped: &[PropertyIdentifier]) -> Self {
        let mut kept = Self::new();
        all.iter().filter(|property| !dropped.contains(&property.identifier())).for_each(|p| kept.push(p));
        kept
    }

    /// The properties, to put in a packet.
    pub fn as_properties(&self) -> Properties<'_> {
        Properties::from_validated(&self.0)
    }

    /// The encoded properties, without the length in front.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Whether there is no property.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
