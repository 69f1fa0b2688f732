//! Answers to what a client sent: acknowledgements, SUBACK, UNSUBACK, PINGRESP. PUBLISH packets may stand
//! between; they stay for later.

use super::client::Client;
use super::connection::Next;
use super::expect::{is_ending, is_publish};
use super::failure::fail;
use crate::wire::{
    Acknowledge, Packet, Publish, Suback, acknowledge, pingreq, publish, subscribe, unsubscribe,
};

impl Client {
    /// PUBACK for this identifier, which refuses nothing.
    #[track_caller]
    pub fn expect_puback(&mut self, packet_identifier: u16) -> Acknowledge {
        self.expect_success("PUBACK", packet_identifier)
    }

    /// PUBREC for this identifier, which refuses nothing.
    #[track_caller]
    pub fn expect_pubrec(&mut self, packet_identifier: u16) -> Acknowledge {
        self.expect_success("PUBREC", packet_identifier)
    }

    /// PUBREL for this identifier, which the server knows.
    #[track_caller]
    pub fn expect_pubrel(&mut self, packet_identifier: u16) -> Acknowledge {
        self.expect_success("PUBREL", packet_identifier)
    }

    /// PUBCOMP for this identifier, which the server knows.
    #[track_caller]
    pub fn expect_pubcomp(&mut self, packet_identifier: u16) -> Acknowledge {
        self.expect_success("PUBCOMP", packet_identifier)
    }

    /// PUBACK, PUBREC, PUBREL or PUBCOMP for this identifier, in 5.0 with this reason code.
    #[track_caller]
    pub fn expect_code(&mut self, name: &str, packet_identifier: u16, code: u8) -> Acknowledge {
        let answer = self.expect_acknowledge(name, packet_identifier);
        if answer.code != code && self.version().is_5() {
            let (client, found) = (self.name(), answer.code);
            fail(format!(
                "{client}: {name} id {packet_identifier} with code 0x{found:02X}, not 0x{code:02X}"
            ));
        }
        answer
    }

    /// PUBREL or PUBCOMP for an identifier that the server does not know. The standard has a reason code for it, which
    /// our own gives.
    #[track_caller]
    pub fn expect_unknown(&mut self, name: &str, packet_identifier: u16) -> Acknowledge {
        if self.ours {
            self.expect_code(name, packet_identifier, 0x92)
        } else {
            self.expect_acknowledge(name, packet_identifier)
        }
    }

    #[track_caller]
    fn expect_success(&mut self, name: &str, packet_identifier: u16) -> Acknowledge {
        let answer = self.expect_acknowledge(name, packet_identifier);
        if answer.code >= 0x80 {
            fail(format!("{}: {name} id {packet_identifier} with code 0x{:02X}", self.name(), answer.code));
        }
        answer
    }

    #[track_caller]
    fn expect_acknowledge(&mut self, name: &str, packet_identifier: u16) -> Acknowledge {
        let next = self.find_answer(|packet| packet.name() == name);
        match &next {
            Next::Packet(
                packet @ (Packet::Puback(answer)
                | Packet::Pubrec(answer)
                | Packet::Pubrel(answer)
                | Packet::Pubcomp(answer)),
            ) if packet.name() == name && answer.packet_identifier == packet_identifier => answer.clone(),
            _ => self.wrong(&format!("{name} id {packet_identifier}"), &next),
        }
    }

    /// SUBACK for this identifier with these codes.
    #[track_caller]
    pub fn expect_suback(&mut self, packet_identifier: u16, codes: &[u8]) -> Suback {
        let next = self.find_answer(
            |packet| matches!(packet, Packet::Suback(it) if it.packet_identifier == packet_identifier),
        );
        match next {
            Next::Packet(Packet::Suback(answer))
                if answer.packet_identifier == packet_identifier && answer.codes == codes =>
            {
                answer
            }
            other => self.wrong(&format!("SUBACK id {packet_identifier} codes {codes:02X?}"), &other),
        }
    }

    /// UNSUBACK for this identifier, in 5.0 with these codes.
    #[track_caller]
    pub fn expect_unsuback(&mut self, packet_identifier: u16, codes: &[u8]) -> Suback {
        let codes = if self.version().is_5() { codes } else { &[] };
        let next = self.find_answer(
            |packet| matches!(packet, Packet::Unsuback(it) if it.packet_identifier == packet_identifier),
        );
        match next {
            Next::Packet(Packet::Unsuback(answer))
                if answer.packet_identifier == packet_identifier && answer.codes == codes =>
            {
                answer
            }
            other => self.wrong(&format!("UNSUBACK id {packet_identifier} codes {codes:02X?}"), &other),
        }
    }

    /// PINGRESP.
    #[track_caller]
    pub fn expect_pingresp(&mut self) {
        let next = self.find_answer(|packet| matches!(packet, Packet::Pingresp));
        if !matches!(next, Next::Packet(Packet::Pingresp)) {
            self.wrong("PINGRESP", &next);
        }
    }

    /// The connection works: PINGREQ is answered.
    #[track_caller]
    pub fn ping(&mut self) {
        self.send(pingreq());
        self.expect_pingresp();
    }

    /// Subscribes and is granted what was asked for. `options` is the requested QoS, in 5.0 with the other bits.
    #[track_caller]
    pub fn subscribe(&mut self, filter: impl AsRef<[u8]>, options: u8) {
        let packet_identifier = self.fresh_identifier();
        self.send(subscribe(packet_identifier).filter(filter, options));
        self.expect_suback(packet_identifier, &[options & 3]);
    }

    /// Unsubscribes from a filter that it had.
    #[track_caller]
    pub fn unsubscribe(&mut self, filter: impl AsRef<[u8]>) {
        let packet_identifier = self.fresh_identifier();
        self.send(unsubscribe(packet_identifier).filter(filter));
        self.expect_unsuback(packet_identifier, &[0]);
    }

    /// Publishes and goes through the whole exchange; then the server has taken the message.
    #[track_caller]
    pub fn publish(&mut self, topic: impl AsRef<[u8]>, payload: impl AsRef<[u8]>, qos: u8) {
        self.publish_with(qos, publish(topic).payload(payload));
    }

    /// Publishes a retained message likewise.
    #[track_caller]
    pub fn publish_retained(&mut self, topic: impl AsRef<[u8]>, payload: impl AsRef<[u8]>, qos: u8) {
        self.publish_with(qos, publish(topic).payload(payload).retain());
    }

    /// Publishes this packet, at this QoS under a fresh identifier, likewise.
    #[track_caller]
    pub fn publish_with(&mut self, qos: u8, packet: crate::wire::PublishBuilder) {
        let packet_identifier = self.fresh_identifier();
        self.send(packet.qos(qos, packet_identifier));
        match qos {
            0 => self.world.borrow_mut().settle(),
            1 => drop(self.expect_success("PUBACK", packet_identifier)),
            _ => {
                self.expect_success("PUBREC", packet_identifier);
                self.send(acknowledge(0x62, packet_identifier));
                self.expect_success("PUBCOMP", packet_identifier);
            }
        }
    }

    /// A PUBLISH, if one comes before everything sent up to now has had its effect.
    #[track_caller]
    pub fn publish_that_is_there(&mut self) -> Option<Publish> {
        let next = self.world.borrow_mut().leftover(self.index);
        match next {
            Next::Packet(Packet::Publish(publish)) => Some(publish),
            Next::Nothing => None,
            other => self.wrong("PUBLISH, or nothing", &other),
        }
    }

    /// The next PUBLISH in full, for the first time; answers before it stay for later.
    #[track_caller]
    pub fn expect_any_publish(&mut self) -> Publish {
        let publish = self.expect_publish_in_full();
        if publish.duplicate {
            fail(format!("{}: expected DUP 0; instead: {}", self.name(), Packet::Publish(publish)));
        }
        publish
    }

    /// The same for the first time or again.
    #[track_caller]
    pub(super) fn expect_publish_in_full(&mut self) -> Publish {
        let found = self.world.borrow_mut().find(self.index, is_publish, |packet| !is_ending(packet));
        match found {
            Next::Packet(Packet::Publish(publish)) => publish,
            other => self.wrong("PUBLISH", &other),
        }
    }
}
