//! What a client expects of a connection: packets at all, nothing, or its end.

use super::client::Client;
use super::connection::Next;
use super::failure::fail;
use crate::version::Version;
use crate::wire::{Connack, Disconnect, Packet};

impl Client {
    /// The next packet, whatever it is, in the order in which the server sent them.
    #[track_caller]
    pub fn next_packet(&mut self) -> Packet {
        let next = self.world.borrow_mut().next(self.index);
        match next {
            Next::Packet(packet) => packet,
            other => self.wrong("a packet", &other),
        }
    }

    /// The next packet, or `None` if the server closes instead.
    #[track_caller]
    pub fn next_or_closed(&mut self) -> Option<Packet> {
        let next = self.world.borrow_mut().next(self.index);
        match next {
            Next::Packet(packet) => Some(packet),
            Next::Closed => None,
            Next::Nothing => self.wrong("a packet, or the end", &next),
        }
    }

    /// The next packet, if there is one after everything sent up to now has had its effect; the connection stays
    /// open.
    #[track_caller]
    pub fn next_if_any(&mut self) -> Option<Packet> {
        let next = self.world.borrow_mut().leftover(self.index);
        match next {
            Next::Packet(packet) => Some(packet),
            Next::Nothing => None,
            Next::Closed => self.wrong("a packet, or nothing", &next),
        }
    }

    /// Nothing more comes, after everything sent up to now has had its effect; the connection stays open.
    #[track_caller]
    pub fn expect_nothing(&mut self) {
        let next = self.world.borrow_mut().leftover(self.index);
        if !matches!(next, Next::Nothing) {
            self.wrong("nothing, and an open connection", &next);
        }
    }

    /// CONNACK that accepts; it is the first packet (3.1.1 [MQTT-3.2.0-1]).
    #[track_caller]
    pub fn expect_accepted(&mut self) -> Connack {
        let connack = self.expect_connack();
        if connack.code != 0 {
            fail(format!("{}: expected to be accepted, got code 0x{:02X}", self.name(), connack.code));
        }
        connack
    }

    /// CONNACK with this Session Present flag, accepting.
    #[track_caller]
    pub fn expect_session_present(&mut self, session_present: bool) -> Connack {
        let connack = self.expect_accepted();
        // 3.1 has no such flag.
        let expected = session_present && self.version() != Version::V3_1;
        if connack.session_present != expected {
            fail(format!("{}: expected Session Present {}", self.name(), u8::from(expected)));
        }
        connack
    }

    /// Any CONNACK, as the first packet.
    #[track_caller]
    pub fn expect_connack(&mut self) -> Connack {
        match self.next_packet() {
            Packet::Connack(connack) => {
                self.connack = Some(connack.clone());
                connack
            }
            other => self.wrong("CONNACK", &Next::Packet(other)),
        }
    }

    /// CONNACK with this return code (3.x), then the end.
    #[track_caller]
    pub fn expect_refused(&mut self, code: u8) {
        let connack = self.expect_connack();
        if connack.code != code {
            fail(format!("{}: expected code 0x{code:02X}, got 0x{:02X}", self.name(), connack.code));
        }
        self.expect_closed();
    }

    /// The CONNECT broke the protocol: 3.x closes without a CONNACK; 5.0 may say why, with one of `codes`.
    #[track_caller]
    pub fn expect_bad_connect(&mut self, codes: &[u8]) {
        let next = self.world.borrow_mut().next(self.index);
        match next {
            // It may; our own always does.
            Next::Closed if !self.version().is_5() || !self.ours => {}
            Next::Packet(Packet::Connack(connack)) if self.version().is_5() && connack.code >= 0x80 => {
                self.check_code("CONNACK", connack.code, codes);
                self.expect_closed();
            }
            other => self.wrong("a refusal", &other),
        }
    }

    /// Closed by the server, with nothing more before that.
    #[track_caller]
    pub fn expect_closed(&mut self) {
        let next = self.world.borrow_mut().next(self.index);
        if !matches!(next, Next::Closed) {
            self.wrong("the server to close the connection", &next);
        }
    }

    /// The client broke the protocol: the server closes. 5.0 should say DISCONNECT with one of `codes` first
    /// (5.0 [MQTT-4.13.1-1]); our own broker has to.
    #[track_caller]
    pub fn expect_violation(&mut self, codes: &[u8]) {
        let next = self.world.borrow_mut().next(self.index);
        match next {
            Next::Closed if !self.version().is_5() || !self.ours => {}
            Next::Packet(Packet::Disconnect(packet)) if packet.code >= 0x80 => {
                self.check_code("DISCONNECT", packet.code, codes);
                self.expect_closed();
            }
            other => self.wrong(&format!("DISCONNECT with {codes:02X?} and the end"), &other),
        }
    }

    /// DISCONNECT with this code; the end has to follow.
    #[track_caller]
    pub fn expect_disconnect(&mut self, code: u8) -> Disconnect {
        match self.next_packet() {
            Packet::Disconnect(packet) if packet.code == code => packet,
            other => self.wrong(&format!("DISCONNECT with 0x{code:02X}"), &Next::Packet(other)),
        }
    }

    /// Everything that the server sends up to its close, undecoded.
    #[track_caller]
    pub fn bytes_until_closed(&mut self) -> Vec<u8> {
        self.world.borrow_mut().raw_until_closed(self.index)
    }

    /// The answer that `wanted` describes. PUBLISH packets before it stay for later. Our own broker answers in
    /// order; the standard asks for that only among packets of one type, so that others stay for later, too.
    #[track_caller]
    pub(super) fn find_answer(&mut self, wanted: impl Fn(&Packet) -> bool) -> Next {
        let ours = self.ours;
        let is_wanted = |packet: &Packet| if ours { !is_publish(packet) } else { wanted(packet) };
        let passes = |packet: &Packet| is_publish(packet) || (!ours && !is_ending(packet));
        self.world.borrow_mut().find(self.index, is_wanted, passes)
    }

    #[track_caller]
    fn check_code(&self, packet: &str, code: u8, codes: &[u8]) {
        if self.ours && !codes.contains(&code) {
            fail(format!("{}: {packet} with 0x{code:02X} instead of {codes:02X?}", self.name()));
        }
    }

    #[track_caller]
    pub(super) fn wrong(&self, expected: &str, got: &Next) -> ! {
        fail(format!("{}: expected {expected}; instead: {got}", self.name()))
    }

    pub(super) fn name(&self) -> String {
        self.world.borrow().name(self.index).to_owned()
    }
}

pub(super) fn is_publish(packet: &Packet) -> bool {
    matches!(packet, Packet::Publish(_))
}

pub(super) fn is_ending(packet: &Packet) -> bool {
    matches!(packet, Packet::Disconnect(_) | Packet::Connack(_))
}
