//! What a client does with a packet.

use super::{Asking, Client, Phase};
use crate::Version;
use crate::simulation::ledger::Ledger;
use crate::simulation::said::{Kind, Said};
use crate::wire::{Connack, Packet, property::id};

/// Messages that a client before 5.0 has open at most: what the broker takes.
const WINDOW_BEFORE_5_0: u16 = 20;

impl Client {
    /// Takes a packet. What it has to say at once; all that it owes if it is `calm`.
    pub fn receive(&mut self, packet: &Packet, ledger: &Ledger, calm: bool) -> Vec<Said> {
        match packet {
            Packet::Connack(connack) => return self.connack(connack, ledger),
            Packet::Publish(publish) => match publish.qos {
                0 => {}
                1 => self.due.push_back((Kind::Puback, publish.packet_identifier)),
                _ => {
                    let id = publish.packet_identifier;
                    if !self.incoming.contains(&id) {
                        self.incoming.push(id);
                    }
                    self.due.push_back((Kind::Pubrec, id));
                }
            },
            // A second answer to what was sent twice is not for the next message.
            Packet::Puback(of) => self.outgoing.retain(|out| {
                out.packet_identifier != of.packet_identifier || ledger.get(out.number).qos != 1
            }),
            Packet::Pubcomp(of) => {
                self.outgoing.retain(|out| out.packet_identifier != of.packet_identifier || !out.released);
            }
            Packet::Pubrec(of) if of.code >= 0x80 => {
                self.outgoing.retain(|out| out.packet_identifier != of.packet_identifier);
            }
            Packet::Pubrec(of) => {
                let out = self.outgoing.iter_mut().find(|out| out.packet_identifier == of.packet_identifier);
                if let Some(out) = out.filter(|out| !out.released) {
                    out.released = true;
                    self.due.push_back((Kind::Pubrel, of.packet_identifier));
                }
            }
            Packet::Pubrel(of) => {
                self.incoming.retain(|id| *id != of.packet_identifier);
                self.due.push_back((Kind::Pubcomp, of.packet_identifier));
            }
            Packet::Suback(of) | Packet::Unsuback(of) => self.granted(of.packet_identifier),
            Packet::Pingresp => {}
            Packet::Disconnect(_) => self.phase = Phase::Leaving,
            Packet::Auth(of) if of.code == 0x18 => return vec![Said::Auth { code: 0x18 }],
            Packet::Auth(_) => {}
        }
        if (calm || self.persona.prompt) && self.phase == Phase::Online {
            self.acknowledge(usize::MAX)
        } else {
            Vec::new()
        }
    }

    fn granted(&mut self, packet_identifier: u16) {
        let place = self.asking.iter().position(|(id, _)| *id == packet_identifier);
        match place.map(|place| self.asking.remove(place).1) {
            Some(Asking::Subscribe(filters)) => {
                self.filters.retain(|filter| !filters.contains(filter));
                self.filters.extend(filters);
            }
            Some(Asking::Unsubscribe(filters)) => self.filters.retain(|filter| !filters.contains(filter)),
            None => {}
        }
    }

    fn connack(&mut self, connack: &Connack, ledger: &Ledger) -> Vec<Said> {
        if connack.code != 0 || self.phase != Phase::Connecting {
            return Vec::new();
        }
        self.phase = Phase::Online;
        // 3.1 does not say whether the session goes on.
        let gone = self.must_clean || !connack.session_present && self.version() != Version::V3_1;
        self.must_clean = false;
        if gone {
            self.forget_session();
        }
        let number = |id| connack.properties.number(id).map(|number| number as u16);
        self.window = if self.version().is_5() {
            number(id::RECEIVE_MAXIMUM).unwrap_or(u16::MAX)
        } else {
            WINDOW_BEFORE_5_0
        };
        self.alias_maximum = number(id::TOPIC_ALIAS_MAXIMUM).unwrap_or(0);
        let again = |out: &super::Outgoing| {
            let packet_identifier = out.packet_identifier;
            if out.released {
                return Said::Acknowledge { kind: Kind::Pubrel, packet_identifier, code: 0 };
            }
            debug_assert!(ledger.get(out.number).qos > 0);
            Said::Publish { number: out.number, packet_identifier, duplicate: true, alias: None }
        };
        self.outgoing.iter().map(again).collect()
    }

    /// Sends up to so many acknowledgements that are due.
    pub fn acknowledge(&mut self, at_most: usize) -> Vec<Said> {
        if self.persona.pubacks_last {
            self.due.make_contiguous().sort_by_key(|(kind, _)| *kind == Kind::Puback);
        }
        let count = at_most.min(self.due.len());
        let due: Vec<(Kind, u16)> = self.due.drain(..count).collect();
        let twice = !self.version().is_5() && self.random.chance(10);
        let mut all = Vec::with_capacity(count);
        for (kind, id) in due {
            let said = self.acknowledgement(kind, id);
            if twice && kind == Kind::Pubrel {
                all.push(said.clone());
            }
            all.push(said);
        }
        all
    }

    fn acknowledgement(&mut self, kind: Kind, packet_identifier: u16) -> Said {
        let may_refuse = matches!(kind, Kind::Puback | Kind::Pubrec) && self.persona.refuses > 0;
        let refuses = may_refuse && self.random.number().is_multiple_of(self.persona.refuses);
        if refuses && kind == Kind::Pubrec {
            self.incoming.retain(|id| *id != packet_identifier);
        }
        Said::Acknowledge { kind, packet_identifier, code: if refuses { 0x83 } else { 0 } }
    }
}
