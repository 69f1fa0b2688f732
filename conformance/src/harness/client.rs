//! A client of the broker under test: what it does. What it expects is in `expect.rs`, `answers.rs` and
//! `deliveries.rs`.

use std::cell::RefCell;
use std::rc::Rc;

use super::world::World;
use crate::version::Version;
use crate::wire::{Connack, Outgoing, Property, acknowledge, disconnect, disconnect_with};

/// One connection to the broker under test.
///
/// Packets of the server are read in two lanes: PUBLISH packets keep their order among themselves, and so do
/// all others, but a script that waits for one kind steps over the other, since the standard lets them overtake
/// each other. [`Client::next_packet`] reads strictly.
pub struct Client {
    pub(super) world: Rc<RefCell<World>>,
    pub(super) index: usize,
    pub(super) ours: bool,
    pub(super) connack: Option<Connack>,
    last_identifier: u16,
}

impl Client {
    pub(super) fn new(world: Rc<RefCell<World>>, index: usize, ours: bool) -> Self {
        Self { world, index, ours, connack: None, last_identifier: 999 }
    }

    /// Sends a packet, or bytes.
    pub fn send(&mut self, packet: impl Outgoing) {
        self.world.borrow_mut().send(self.index, &packet);
    }

    /// Sends a packet whose bytes were changed.
    pub fn send_changed(&mut self, packet: impl Outgoing, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = packet.encode(self.version());
        change(&mut bytes);
        self.send(bytes);
    }

    /// Sends several packets in one write.
    pub fn send_together(&mut self, packets: &[&dyn Outgoing]) {
        let version = self.version();
        let bytes: Vec<u8> = packets.iter().flat_map(|packet| packet.encode(version)).collect();
        self.send(bytes);
    }

    /// The version that this connection speaks.
    pub fn version(&self) -> Version {
        self.world.borrow().version(self.index)
    }

    /// The CONNACK that it got.
    ///
    /// # Panics
    /// If it has none yet.
    #[track_caller]
    pub fn connack(&self) -> &Connack {
        self.connack.as_ref().expect("a script asks for a CONNACK before it came")
    }

    /// A packet identifier that this client has not used yet, away from those that scripts name.
    pub fn fresh_identifier(&mut self) -> u16 {
        self.last_identifier += 1;
        self.last_identifier
    }

    /// From here on, a larger packet from the server fails the script.
    pub fn takes_at_most(&mut self, bytes: u32) {
        self.world.borrow_mut().set_limit(self.index, bytes as usize);
    }

    /// Whatever else comes is not what this script is about. Without this, a script fails if anything is left on
    /// an open connection at its end.
    pub fn ignore_the_rest(&mut self) {
        self.world.borrow_mut().ignore(self.index);
    }

    /// Its filters match other scripts' topics; their messages, at QoS 0, are passed over.
    pub fn passes_over_strangers(&mut self) {
        self.world.borrow_mut().pass_over_strangers(self.index);
    }

    /// Ends the connection without DISCONNECT; the broker has noticed when this returns.
    #[track_caller]
    pub fn cut(&mut self) {
        self.world.borrow_mut().nothing_left_on(self.index);
        self.world.borrow_mut().cut(self.index);
    }

    /// Says DISCONNECT and ends the connection; the broker has noticed when this returns.
    #[track_caller]
    pub fn disconnect(&mut self) {
        self.disconnect_with(0x00, vec![]);
    }

    /// The same with a reason code and properties.
    #[track_caller]
    pub fn disconnect_with(&mut self, code: u8, properties: Vec<Property>) {
        self.world.borrow_mut().nothing_left_on(self.index);
        if code == 0 && properties.is_empty() {
            self.send(disconnect());
        } else {
            self.send(disconnect_with(code, properties));
        }
        self.world.borrow_mut().cut(self.index);
    }

    /// Sends PUBACK.
    pub fn puback(&mut self, packet_identifier: u16) {
        self.send(acknowledge(0x40, packet_identifier));
    }

    /// Sends PUBREC.
    pub fn pubrec(&mut self, packet_identifier: u16) {
        self.send(acknowledge(0x50, packet_identifier));
    }

    /// Sends PUBREL.
    pub fn pubrel(&mut self, packet_identifier: u16) {
        self.send(acknowledge(0x62, packet_identifier));
    }

    /// Sends PUBCOMP.
    pub fn pubcomp(&mut self, packet_identifier: u16) {
        self.send(acknowledge(0x70, packet_identifier));
    }
}
