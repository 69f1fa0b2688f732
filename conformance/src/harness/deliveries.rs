//! Messages that come to a client.

use super::client::Client;
use super::connection::Next;
use super::failure::fail;
use crate::wire::{Packet, Publish};

impl Client {
    /// The next PUBLISH, if there is one after everything sent up to now has had its effect. It is not
    /// acknowledged.
    #[track_caller]
    pub fn publish_if_any(&mut self) -> Option<Publish> {
        let next = self.world.borrow_mut().leftover(self.index);
        match next {
            Next::Packet(Packet::Publish(publish)) => Some(publish),
            Next::Nothing => None,
            other => self.wrong("PUBLISH, or nothing", &other),
        }
    }

    /// The next PUBLISH, with this topic, payload and QoS, for the first time, RETAIN 0. It is not acknowledged.
    #[track_caller]
    pub fn expect_publish(&mut self, topic: &str, payload: &str, qos: u8) -> Publish {
        let publish = self.expect_publish_again(topic, payload);
        self.check_flags(&publish, qos, false, false);
        publish
    }

    /// The same with RETAIN 1.
    #[track_caller]
    pub fn expect_retained(&mut self, topic: &str, payload: &str, qos: u8) -> Publish {
        let publish = self.expect_publish_again(topic, payload);
        self.check_flags(&publish, qos, false, true);
        publish
    }

    /// The next PUBLISH, for the first time or again, with this topic and payload.
    #[track_caller]
    fn expect_publish_again(&mut self, topic: &str, payload: &str) -> Publish {
        let publish = self.expect_publish_in_full();
        if publish.topic != topic || publish.payload != payload.as_bytes() {
            let name = self.name();
            let got = crate::wire::Packet::Publish(publish);
            fail(format!("{name}: expected PUBLISH {topic:?} payload {payload:?}; instead: {got}"));
        }
        publish
    }

    /// The next PUBLISH, with this topic, payload and QoS, for the first time, RETAIN 0; the whole exchange is
    /// gone through.
    #[track_caller]
    pub fn receive(&mut self, topic: &str, payload: &str, qos: u8) -> Publish {
        self.receive_first(topic, payload, qos, false)
    }

    /// The same with RETAIN 1.
    #[track_caller]
    pub fn receive_retained(&mut self, topic: &str, payload: &str, qos: u8) -> Publish {
        self.receive_first(topic, payload, qos, true)
    }

    #[track_caller]
    fn receive_first(&mut self, topic: &str, payload: &str, qos: u8, retain: bool) -> Publish {
        let publish = self.expect_publish_again(topic, payload);
        self.check_flags(&publish, qos, false, retain);
        self.finish_exchange(&publish);
        publish
    }

    #[track_caller]
    fn check_flags(&self, publish: &Publish, qos: u8, duplicate: bool, retain: bool) {
        if (publish.qos, publish.duplicate, publish.retain) != (qos, duplicate, retain) {
            let (name, duplicate, retain) = (self.name(), u8::from(duplicate), u8::from(retain));
            let got = crate::wire::Packet::Publish(publish.clone());
            fail(format!("{name}: expected QoS {qos}, DUP {duplicate}, RETAIN {retain}; instead: {got}"));
        }
    }

    /// Acknowledges a PUBLISH to the end.
    #[track_caller]
    pub fn finish_exchange(&mut self, publish: &Publish) {
        match publish.qos {
            0 => {}
            1 => self.puback(publish.packet_identifier),
            _ => {
                self.pubrec(publish.packet_identifier);
                self.expect_pubrel(publish.packet_identifier);
                self.pubcomp(publish.packet_identifier);
            }
        }
    }

    /// The next PUBLISH, sent again: this topic, payload and identifier, DUP 1.
    #[track_caller]
    pub fn expect_resent(&mut self, before: &Publish) -> Publish {
        let publish = self.expect_publish_again(&before.topic, &before.text());
        // [MQTT-3.3.1-1] of both
        self.check_flags(&publish, before.qos, true, before.retain);
        if publish.packet_identifier != before.packet_identifier {
            let name = self.name();
            let (before, got) = (before.packet_identifier, crate::wire::Packet::Publish(publish));
            fail(format!("{name}: expected identifier {before}; instead: {got}"));
        }
        publish
    }

    /// Several messages with these topics, payloads and QoS, and this RETAIN, in any order, each acknowledged to the
    /// end.
    #[track_caller]
    pub fn receive_in_any_order(&mut self, expected: &[(&str, &str, u8)], retain: bool) -> Vec<Publish> {
        let mut left: Vec<(&str, &str, u8)> = expected.to_vec();
        let mut received = Vec::new();
        self.world.borrow_mut().steps.begin_together();
        while !left.is_empty() {
            let publish = self.expect_any_publish();
            self.check_flags(&publish, publish.qos, false, retain);
            let found = (&*publish.topic, &*publish.text(), publish.qos);
            match left.iter().position(|wanted| *wanted == found) {
                Some(position) => left.swap_remove(position),
                None => fail(format!("{}: expected one of {left:?}; instead: {found:?}", self.name())),
            };
            self.finish_exchange(&publish);
            received.push(publish);
        }
        self.world.borrow_mut().steps.end_together();
        received
    }
}
