//! A client's side of the messages that it gets.

use hushwing_core::ProtocolVersion;
use hushwing_core::wire::{Packet, Publish};

use super::delivery::{Answer, Delivery, Told};
use super::session::Stage;
use super::wire::{acknowledge, answer_to};

#[derive(Debug, Default)]
pub(crate) struct Peer {
    /// What it has not acknowledged wholly. Like its session, that survives a connection.
    open: Vec<Open>,
    pub(crate) told: Told,
}

#[derive(Debug)]
struct Open {
    packet_identifier: u16,
    delivery: Delivery,
    stage: Stage,
    /// The broker spoke of it on this connection, and has no answer yet.
    owed: bool,
}

impl Peer {
    pub(crate) fn connects(&mut self, resumes: bool) {
        if !resumes {
            self.open.clear();
        }
        self.open.iter_mut().for_each(|open| open.owed = false);
    }

    pub(crate) fn receives(&mut self, packet: &Packet<'_>) {
        let answer = match packet {
            Packet::Publish(publish) => return self.receives_message(publish),
            Packet::Pubrel(of) => return self.receives_release(of.packet_identifier.get()),
            Packet::Pingresp => return,
            Packet::Connack(of) => {
                Answer::Connack { session_present: of.session_present, code: of.reason.byte() }
            }
            Packet::Suback(of) => Answer::Suback(of.reasons.to_vec()),
            Packet::Unsuback(of) => Answer::Unsuback(of.reasons.to_vec()),
            Packet::Disconnect(of) => Answer::Disconnect(of.reason.byte()),
            Packet::Puback(of) => {
                Answer::Puback { packet_identifier: of.packet_identifier.get(), code: of.reason.byte() }
            }
            Packet::Pubrec(of) => {
                Answer::Pubrec { packet_identifier: of.packet_identifier.get(), code: of.reason.byte() }
            }
            Packet::Pubcomp(of) => {
                Answer::Pubcomp { packet_identifier: of.packet_identifier.get(), code: of.reason.byte() }
            }
            other => panic!("a broker sends no {other:?}"),
        };
        self.told.answers.push(answer);
    }

    fn receives_message(&mut self, publish: &Publish<'_>) {
        let delivery = Delivery {
            topic: publish.topic.to_owned(),
            payload: String::from_utf8(publish.payload.to_vec()).expect("text"),
            qos: publish.qos as u8,
            retain: publish.retain,
            identifiers: publish.properties.subscription_identifiers().collect(),
            expiry: publish.properties.message_expiry_interval().map(u64::from),
        };
        let list = if publish.duplicate { &mut self.told.again } else { &mut self.told.new };
        list.push(delivery.clone());
        let Some(packet_identifier) = publish.packet_identifier.map(u16::from) else { return };
        let known = self.open.iter_mut().find(|open| open.packet_identifier == packet_identifier);
        match known {
            // [MQTT-4.4.0-1]: with its own identifier.
            Some(open) if publish.duplicate => {
                // Less is left of its expiry.
                open.delivery.expiry = delivery.expiry;
                assert_eq!((&open.delivery, open.stage, open.owed), (&delivery, Stage::Publish, false));
                open.owed = true;
            }
            None if !publish.duplicate => {
                self.open.push(Open { packet_identifier, delivery, stage: Stage::Publish, owed: true });
            }
            // [MQTT-2.2.1-4], [MQTT-3.3.1-1]
            other => panic!("identifier and DUP do not fit: {publish:?}, {other:?}"),
        }
    }

    fn receives_release(&mut self, packet_identifier: u16) {
        self.told.releases += 1;
        let known = self.open.iter_mut().find(|open| open.packet_identifier == packet_identifier);
        let open = known.unwrap_or_else(|| panic!("PUBREL {packet_identifier} is for nothing"));
        (open.stage, open.owed) = (Stage::Release, true);
    }

    /// The next acknowledgement for one that looks so.
    pub(crate) fn acknowledge(
        &mut self,
        version: ProtocolVersion,
        delivery: &Delivery,
        stage: Stage,
        refuse: bool,
    ) -> Vec<u8> {
        let index =
            self.open.iter().position(|of| of.owed && of.stage == stage && of.delivery.is_like(delivery));
        self.acknowledge_at(version, index.expect("it was sent"), refuse)
    }

    /// The next acknowledgement for everything that waits for one.
    pub(crate) fn acknowledge_all(&mut self, version: ProtocolVersion) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(index) = self.open.iter().position(|open| open.owed) {
            bytes.extend(self.acknowledge_at(version, index, false));
        }
        bytes
    }

    fn acknowledge_at(&mut self, version: ProtocolVersion, index: usize, refuse: bool) -> Vec<u8> {
        let open = &mut self.open[index];
        open.owed = false;
        let packet_type = answer_to(&open.delivery, open.stage);
        let packet_identifier = open.packet_identifier;
        if packet_type != 5 || refuse {
            self.open.remove(index);
        }
        acknowledge(version, packet_type, packet_identifier, refuse)
    }
}
