//! Clients that keep to the standard, each in its own way; some of them break it at times.

mod act;
mod persona;
mod receive;

use std::collections::VecDeque;

pub use self::act::Act;
pub use self::persona::Persona;
use super::ledger::Number;
use super::said::Kind;
use crate::Version;
use crate::crash::random::Random;

/// How far the connection of a client is, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has none.
    Offline,
    /// CONNECT was sent.
    Connecting,
    /// CONNACK came.
    Online,
    /// It has said DISCONNECT, or broken the protocol, and waits for the end.
    Leaving,
    /// It is there and says nothing any more.
    Silent,
}

/// A message on its way to the broker.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing {
    /// Its Packet Identifier.
    pub packet_identifier: u16,
    /// Which.
    pub number: Number,
    /// PUBREC came.
    pub released: bool,
}

/// What a client asked for and has no answer to.
#[derive(Clone, Debug)]
pub enum Asking {
    /// These filters.
    Subscribe(Vec<u8>),
    /// An end to these.
    Unsubscribe(Vec<u8>),
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its place among the clients.
    pub number: usize,
    /// Its Client Identifier.
    pub name: String,
    /// Its ways.
    pub persona: Persona,
    /// Its own chance: what others do does not change it.
    pub random: Random,
    /// Its connection.
    pub link: Option<u64>,
    /// How far that is.
    pub phase: Phase,
    /// QoS 1 and 2 messages without their last acknowledgement, oldest first.
    pub outgoing: Vec<Outgoing>,
    /// Requests without an answer.
    asking: Vec<(u16, Asking)>,
    /// QoS 2 Packet Identifiers that came and were not released.
    incoming: Vec<u16>,
    /// Acknowledgements to send, in order.
    pub due: VecDeque<(Kind, u16)>,
    /// Filters that it believes to have subscribed.
    filters: Vec<u8>,
    /// The broker's Receive Maximum.
    window: u16,
    /// The broker's Topic Alias Maximum, and the topics that have one.
    alias_maximum: u16,
    aliases: Vec<u16>,
    /// It had set aliases on its connection before this one.
    had_aliases: bool,
    /// When it last said something, in microseconds.
    spoke_at: u64,
    /// A CONNECT with Clean Start 1 was sent and not answered: the session before it is not wanted any more.
    must_clean: bool,
}

impl Client {
    /// One that was never connected.
    pub fn new(number: usize, seed: u64) -> Self {
        let mut random = Random::new(seed ^ (number as u64 + 1).wrapping_mul(0xA076_1D64_78BD_642F));
        let persona = Persona::draw(&mut random);
        Self {
            number,
            name: format!("c{number}"),
            persona,
            random,
            link: None,
            phase: Phase::Offline,
            outgoing: Vec::new(),
            asking: Vec::new(),
            incoming: Vec::new(),
            due: VecDeque::new(),
            filters: Vec::new(),
            window: 0,
            alias_maximum: 0,
            aliases: Vec::new(),
            had_aliases: false,
            spoke_at: 0,
            must_clean: false,
        }
    }

    /// The version that it speaks.
    pub fn version(&self) -> Version {
        self.persona.version
    }

    /// It has no connection any more.
    pub fn lost(&mut self) {
        self.link = None;
        self.phase = Phase::Offline;
        self.due.clear();
        self.asking.clear();
        self.had_aliases = !self.aliases.is_empty();
        self.aliases.clear();
    }

    /// The session is gone, as far as it knows.
    fn forget_session(&mut self) {
        self.outgoing.clear();
        self.incoming.clear();
        self.filters.clear();
    }

    /// The lowest Packet Identifier that is free: using them again at once finds what was not forgotten.
    fn free_identifier(&self) -> u16 {
        let taken = |id: u16| {
            self.outgoing.iter().any(|of| of.packet_identifier == id)
                || self.asking.iter().any(|(of, _)| *of == id)
        };
        (1..u16::MAX).find(|id| !taken(*id)).unwrap_or(u16::MAX)
    }
}

/// The client of this name.
pub fn number_of(name: &str) -> Option<usize> {
    name.strip_prefix('c')?.parse().ok()
}
