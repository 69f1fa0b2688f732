//! What was reached: a search that never meets a case says nothing about it.

use std::collections::BTreeMap;

use hushwing_core::wire::ReasonCode;
use hushwing_core::{DropReason, Output, Violation};

use super::said::Said;
use crate::nonsense::OUT_OF_REACH;
use crate::wire::Packet;

/// Counters, by name. Those that can be zero are all named from the start.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Packets in both directions.
    pub packets: u64,
    violations: BTreeMap<usize, u64>,
    codes: BTreeMap<(u8, u8), u64>,
    named: BTreeMap<&'static str, u64>,
}

/// Everything else that a world should meet.
const NAMED: &[&str] = &[
    "output Transmit",
    "output Read",
    "output Close",
    "output Persist",
    "output Ask",
    "output Event",
    "output Stopped",
    "in CONNECT",
    "in PUBLISH",
    "in SUBSCRIBE",
    "in UNSUBSCRIBE",
    "in PINGREQ",
    "in DISCONNECT",
    "in AUTH",
    "in PUBACK",
    "in PUBREC",
    "in PUBREL",
    "in PUBCOMP",
    "out CONNACK",
    "out PUBLISH",
    "out PUBACK",
    "out PUBREC",
    "out PUBREL",
    "out PUBCOMP",
    "out SUBACK",
    "out UNSUBACK",
    "out PINGRESP",
    "out DISCONNECT",
    "out AUTH",
    "QoS 1: sent",
    "QoS 1: sent again",
    "QoS 1: done",
    "QoS 2: sent",
    "QoS 2: sent again",
    "QoS 2: received",
    "QoS 2: released",
    "QoS 2: released again",
    "QoS 2: done",
    "retained messages for a subscription",
    "fault: crash",
    "fault: crash with work left",
    "fault: crash with records lost",
    "fault: orderly stop",
    "fault: wall clock jumped ahead",
    "fault: wall clock jumped back",
    "fault: stream cut",
    "fault: stream split",
    "fault: half-open peer",
    "fault: socket stalled",
    "fault: slow disk",
    "fault: late answer",
    "fault: no answer",
    "fault: refused answer",
    "fault: acknowledgement never sent",
    "fault: acknowledgement refused",
    "dropped: Expired",
    "dropped: QueueFull",
    "dropped: TooLarge",
    "dropped: MemoryExhausted",
    "limit: memory",
    "takeover",
    "session resumed",
    "session expired",
    "will fired",
    "will taken back",
    "command",
    "reload",
];

/// Reason codes that a server sends and this world can make it send, by packet.
const CODES: &[(&str, u8, &[u8])] = &[
    ("CONNACK", 2, &[0x00]),
    ("PUBACK", 4, &[0x00, 0x10, 0x87]),
    ("PUBREC", 5, &[0x00, 0x10, 0x87]),
    ("PUBREL", 6, &[0x00, 0x92]),
    ("PUBCOMP", 7, &[0x00, 0x92]),
    ("SUBACK", 9, &[0x00, 0x01, 0x02, 0x80, 0x87]),
    ("DISCONNECT", 14, &[0x81, 0x82, 0x8B, 0x8D, 0x8E, 0x98]),
];

impl Reach {
    /// Counts something by its name.
    pub fn count(&mut self, name: &'static str) {
        *self.named.entry(name).or_default() += 1;
    }

    /// A connection ended for this.
    pub fn violation(&mut self, violation: Violation) {
        *self.violations.entry(violation as usize).or_default() += 1;
    }

    /// Counts an output.
    pub fn output(&mut self, output: &Output) {
        self.count(match output {
            Output::Transmit { .. } => "output Transmit",
            Output::Read { .. } => "output Read",
            Output::Close { .. } => "output Close",
            Output::Persist { .. } => "output Persist",
            Output::Ask { .. } => "output Ask",
            Output::Event(_) => "output Event",
            Output::Stopped => "output Stopped",
        });
    }

    /// A copy was dropped.
    pub fn dropped(&mut self, reason: DropReason) {
        match reason {
            DropReason::Expired => self.count("dropped: Expired"),
            DropReason::QueueFull => self.count("dropped: QueueFull"),
            DropReason::TooLarge => self.count("dropped: TooLarge"),
            DropReason::MemoryExhausted => self.count("dropped: MemoryExhausted"),
            DropReason::Hook => {}
        }
    }

    pub(super) fn packet_in(&mut self, said: &Said) {
        use super::said::Kind;
        self.packets += 1;
        self.count(match said {
            Said::Connect(_) => "in CONNECT",
            Said::Publish { .. } => "in PUBLISH",
            Said::Subscribe { .. } => "in SUBSCRIBE",
            Said::Unsubscribe { .. } => "in UNSUBSCRIBE",
            Said::Pingreq => "in PINGREQ",
            Said::Disconnect { .. } => "in DISCONNECT",
            Said::Auth { .. } => "in AUTH",
            Said::Acknowledge { kind: Kind::Puback, .. } => "in PUBACK",
            Said::Acknowledge { kind: Kind::Pubrec, .. } => "in PUBREC",
            Said::Acknowledge { kind: Kind::Pubrel, .. } => "in PUBREL",
            Said::Acknowledge { kind: Kind::Pubcomp, .. } => "in PUBCOMP",
            Said::Nonsense(_) => return,
        });
    }

    pub(super) fn packet_out(&mut self, packet: &Packet) {
        self.packets += 1;
        self.count(match packet {
            Packet::Connack(_) => "out CONNACK",
            Packet::Publish(_) => "out PUBLISH",
            Packet::Puback(_) => "out PUBACK",
            Packet::Pubrec(_) => "out PUBREC",
            Packet::Pubrel(_) => "out PUBREL",
            Packet::Pubcomp(_) => "out PUBCOMP",
            Packet::Suback(_) => "out SUBACK",
            Packet::Unsuback(_) => "out UNSUBACK",
            Packet::Pingresp => "out PINGRESP",
            Packet::Disconnect(_) => "out DISCONNECT",
            Packet::Auth(_) => "out AUTH",
        });
    }

    fn code(&mut self, packet: u8, code: u8) {
        *self.codes.entry((packet, code)).or_default() += 1;
    }

    pub(super) fn connack(&mut self, code: u8) {
        self.code(2, code);
    }

    pub(super) fn acknowledgement(&mut self, first_byte: u8, code: u8) {
        self.code(first_byte >> 4, code);
    }

    pub(super) fn suback(&mut self, code: u8) {
        self.code(9, code);
    }

    pub(super) fn disconnect(&mut self, code: u8) {
        self.code(14, code);
    }

    pub(super) fn flight(&mut self, qos: u8, leg: &'static str) {
        self.count(match (qos, leg) {
            (1, "sent") => "QoS 1: sent",
            (1, "sent again") => "QoS 1: sent again",
            (1, _) => "QoS 1: done",
            (_, "sent") => "QoS 2: sent",
            (_, "sent again") => "QoS 2: sent again",
            (_, "received") => "QoS 2: received",
            (_, "released") => "QoS 2: released",
            (_, "released again") => "QoS 2: released again",
            _ => "QoS 2: done",
        });
    }

    pub(super) fn retained(&mut self, messages: usize) {
        if messages > 0 {
            self.count("retained messages for a subscription");
        }
    }

    pub(super) fn died(&mut self, with_work: bool) {
        self.count("fault: crash");
        if with_work {
            self.count("fault: crash with work left");
        }
    }

    /// Adds what another world reached.
    pub fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        other.violations.iter().for_each(|(key, count)| *self.violations.entry(*key).or_default() += count);
        other.codes.iter().for_each(|(key, count)| *self.codes.entry(*key).or_default() += count);
        other.named.iter().for_each(|(key, count)| *self.named.entry(key).or_default() += count);
    }

    /// All counters with their names, zeros too.
    pub fn lines(&self) -> Vec<(String, u64)> {
        let named =
            NAMED.iter().map(|name| (String::from(*name), self.named.get(name).copied().unwrap_or_default()));
        let codes = CODES.iter().flat_map(|(name, packet, codes)| {
            codes.iter().map(move |code| {
                let words = ReasonCode::from_byte(*code).map_or(String::new(), |code| format!(" {code:?}"));
                let count = self.codes.get(&(*packet, *code)).copied().unwrap_or_default();
                (format!("code {name} 0x{code:02X}{words}"), count)
            })
        });
        let met =
            Violation::ALL.iter().filter(|violation| !OUT_OF_REACH.iter().any(|(of, _)| of == *violation));
        let violations = met.map(|violation| {
            let count = self.violations.get(&(*violation as usize)).copied().unwrap_or_default();
            (format!("violation {violation:?}"), count)
        });
        named.chain(codes).chain(violations).collect()
    }
}
