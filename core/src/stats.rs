//! What a broker has done and what it holds, in numbers.

use crate::event::DropReason;
use crate::wire::{PacketType, QoS};

/// A moment's numbers; see [`crate::Broker::stats`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// What happened since the broker was made.
    pub counters: Counters,
    /// Open connections, those without CONNECT included.
    pub connections: u64,
    /// Connected clients.
    pub clients: u64,
    /// Sessions, of connected clients and of others.
    pub sessions: u64,
    /// Subscriptions of all sessions.
    pub subscriptions: u64,
    /// Topics with a retained message.
    pub retained_messages: u64,
    /// Bytes (topic, properties, payload) of retained messages.
    pub retained_bytes: u64,
    /// Messages held: retained, queued or in flight; each once, however many sessions wait for it.
    pub stored_messages: u64,
    /// Topics whose receivers are remembered.
    pub routes_remembered: u64,
    /// The memory account, in bytes ([`crate::Broker::memory`]).
    pub memory_bytes: u64,
    /// Whether new clients are refused ([`crate::Command::Drain`]).
    pub draining: bool,
}

/// What happened, counted. Counting starts with the process; nothing is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that the driver opened.
    pub connections_opened: u64,
    /// CONNECT packets that were accepted.
    pub clients_accepted: u64,
    /// CONNECT packets that were refused with a reason, those that broke the protocol not included.
    pub clients_refused: u64,
    /// Connections that were closed because their client connected again.
    pub clients_taken_over: u64,
    /// Connections that were closed because they broke the protocol or a limit.
    pub violations: u64,
    /// Sessions that were made.
    pub sessions_created: u64,
    /// Sessions that went on with a new connection.
    pub sessions_resumed: u64,
    /// Sessions that ended.
    pub sessions_ended: u64,
    /// Wills that were published.
    pub wills_published: u64,
    /// Packets from clients that were handled.
    pub packets_in: PacketCounts,
    /// Packets to clients, as they were encoded. A connection that ends may take some of them along.
    pub packets_out: PacketCounts,
    /// Bytes from clients.
    pub bytes_in: u64,
    /// Bytes to clients, as they were encoded.
    pub bytes_out: u64,
    /// Copies of messages that were dropped.
    pub dropped: DropCounts,
}

/// Packets by type, PUBLISH by QoS too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketCounts {
    /// By the bits of the QoS, of which there is no 3.
    publishes: [u64; 4],
    /// By the number of the type. PUBLISH is not among them, so that a message is counted in one place.
    others: [u64; 16],
}

impl PacketCounts {
    /// Packets of this type.
    pub fn of(&self, packet_type: PacketType) -> u64 {
        match packet_type {
            PacketType::Publish => self.publishes.iter().sum(),
            other => self.others.get(usize::from(other as u8)).copied().unwrap_or_default(),
        }
    }

    /// PUBLISH packets at this QoS.
    pub fn publishes(&self, qos: QoS) -> u64 {
        self.publishes.get(usize::from(qos.bits())).copied().unwrap_or_default()
    }

    /// Packets of all types.
    pub fn total(&self) -> u64 {
        self.publishes.iter().chain(&self.others).sum()
    }

    /// Counts a packet by its first byte.
    #[inline]
    pub(crate) fn count(&mut self, first_byte: u8) {
        const PUBLISH: u8 = PacketType::Publish as u8;
        let place = match first_byte >> 4 {
            PUBLISH => self.publishes.get_mut(usize::from(first_byte >> 1 & 0b11)),
            other => self.others.get_mut(usize::from(other)),
        };
        if let Some(place) = place {
            *place += 1;
        }
    }

    /// Counts PUBLISH packets.
    #[inline]
    pub(crate) fn count_publishes(&mut self, qos: QoS, packets: u64) {
        if let Some(place) = self.publishes.get_mut(usize::from(qos.bits())) {
            *place += packets;
        }
    }
}

/// Dropped copies by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DropCounts([u64; DropReason::ALL.len()]);

impl DropCounts {
    /// Copies that were dropped for this reason.
    pub fn of(&self, reason: DropReason) -> u64 {
        self.0.get(reason as usize).copied().unwrap_or_default()
    }

    /// Copies that were dropped.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn count(&mut self, reason: DropReason) {
        if let Some(place) = self.0.get_mut(reason as usize) {
            *place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_has_a_place() {
        let mut counts = PacketCounts::default();
        for (packets, packet_type) in (1..).zip(PacketType::ALL) {
            for _ in 0..packets {
                counts.count((packet_type as u8) << 4);
            }
        }
        for (packets, packet_type) in (1..).zip(PacketType::ALL) {
            assert_eq!(counts.of(packet_type), packets, "{packet_type:?}");
        }
        counts.count(0x3D);
        counts.count_publishes(QoS::AtLeastOnce, 2);
        let publishes =
            [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce].map(|qos| counts.publishes(qos));
        assert_eq!((publishes, counts.of(PacketType::Publish)), ([3, 2, 1], 6));
        assert_eq!(counts.total(), (1..=15).sum::<u64>() + 3);
    }

    #[test]
    fn every_reason_has_a_place() {
        let mut counts = DropCounts::default();
        for (place, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
            counts.count(reason);
            assert_eq!((counts.of(reason), counts.total()), (1, place as u64 + 1));
        }
    }
}
