//! What a connection has asked for and was not answered yet.

use std::collections::BTreeMap;

use hushwing_core::ProtocolVersion;
use hushwing_core::wire::{Packet, PacketType, QoS};

/// See the module.
#[derive(Default)]
pub(super) struct Answers {
    /// By the answer that is owed, its Packet Identifier, and how many reasons it gives.
    owed: BTreeMap<(u8, u16, usize), usize>,
}

impl Answers {
    /// The client sent `packet`.
    pub(super) fn asked(&mut self, packet: &Packet<'_>, version: ProtocolVersion) {
        let (answer, identifier, reasons) = match packet {
            Packet::Publish(publish) => {
                let Some(identifier) = publish.packet_identifier else { return };
                let is_twice = publish.qos == QoS::ExactlyOnce;
                (if is_twice { PacketType::Pubrec } else { PacketType::Puback }, identifier.get(), 0)
            }
            Packet::Pubrel(packet) => (PacketType::Pubcomp, packet.packet_identifier.get(), 0),
            Packet::Subscribe(packet) => {
                (PacketType::Suback, packet.packet_identifier.get(), packet.filters.len())
            }
            Packet::Unsubscribe(packet) => {
                let reasons = if version == ProtocolVersion::V5_0 { packet.filters.len() } else { 0 };
                (PacketType::Unsuback, packet.packet_identifier.get(), reasons)
            }
            Packet::Pingreq => (PacketType::Pingresp, 0, 0),
            Packet::Connect(_) => (PacketType::Connack, 0, 0),
            _ => return,
        };
        *self.owed.entry((answer as u8, identifier, reasons)).or_default() += 1;
    }

    /// The broker sent `packet`: if it is an answer, it was asked for.
    pub(super) fn answered(&mut self, packet: &Packet<'_>) {
        let (identifier, reasons) = match packet {
            Packet::Puback(packet) | Packet::Pubrec(packet) | Packet::Pubcomp(packet) => {
                (packet.packet_identifier.get(), 0)
            }
            Packet::Suback(packet) => (packet.packet_identifier.get(), packet.reasons.len()),
            Packet::Unsuback(packet) => (packet.packet_identifier.get(), packet.reasons.len()),
            Packet::Pingresp | Packet::Connack(_) => (0, 0),
            _ => return,
        };
        let owed = self.owed.get_mut(&(packet.packet_type() as u8, identifier, reasons));
        let owed = owed.filter(|owed| **owed > 0).unwrap_or_else(|| panic!("nobody asked for {packet:?}"));
        *owed -= 1;
    }
}
