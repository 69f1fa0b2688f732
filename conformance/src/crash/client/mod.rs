//! A client that keeps to the standard, and what it may rightly expect of a broker.

mod act;
mod knowledge;
mod receive;
mod will;

use std::collections::{BTreeMap, VecDeque};

use hushwing_core::ConnectionId;

use crate::Version;

pub use self::act::Entry;
pub use self::knowledge::{NEVER, Session};
pub use self::receive::{Context, Loss};
pub use self::will::{Fate, Will};
use super::topic::matches;

/// How far the connection of a client has come, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has none.
    Offline,
    /// CONNECT was sent.
    Connecting,
    /// CONNACK came.
    Online,
    /// DISCONNECT was sent; the broker is to close.
    Leaving,
}

/// A message on its way to the broker.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its packet identifier.
    pub packet_identifier: u16,
    /// Its number in the ledger.
    pub message: u32,
    /// PUBREC came: PUBREL is due instead of PUBLISH.
    pub released: bool,
}

/// An acknowledgement that the client has yet to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// PUBACK.
    Puback(u16),
    /// PUBREC.
    Pubrec(u16),
    /// PUBREL.
    Pubrel(u16),
    /// PUBCOMP.
    Pubcomp(u16),
}

/// A subscription that may be in force.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Topic Filter.
    pub filter: String,
    /// The lowest QoS that may be in force.
    pub qos: u8,
    /// No Local may be in force.
    pub no_local: bool,
    /// The step at which SUBSCRIBE was sent.
    pub asked_at: u64,
    /// SUBACK came.
    pub acknowledged: bool,
    /// UNSUBSCRIBE was sent.
    pub leaving: bool,
    /// The step at which UNSUBACK came.
    pub left_at: Option<u64>,
}

/// Copies of a message that came without RETAIN.
#[derive(Clone, Debug, Default)]
pub struct Got {
    /// At QoS 0 and 2.
    pub exactly: u32,
    /// At QoS 1.
    pub at_least: u32,
    /// Where the last one at QoS 1 came.
    pub last_link: Option<ConnectionId>,
}

/// The parameters of a CONNECT that were not yet answered.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Clean Start.
    pub clean: bool,
    /// Session Expiry Interval.
    pub expiry_seconds: u32,
    /// Receive Maximum.
    pub receive_maximum: u16,
    /// The session was certainly gone when CONNECT was sent.
    pub session_gone: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its place among the clients.
    pub number: usize,
    /// Its client identifier.
    pub name: String,
    /// The version that it speaks.
    pub version: Version,
    /// Its connection.
    pub link: Option<ConnectionId>,
    /// How far it is.
    pub phase: Phase,
    /// The life of the session: another one, another number.
    pub generation: u32,
    /// What it knows about its session.
    pub session: Session,
    /// A CONNECT with Clean Start 1 was not answered yet: the next one has it too.
    pub must_clean: bool,
    /// The CONNECT that is under way, or was the last.
    pub asked: Asked,
    /// QoS 1 and 2 messages without their last acknowledgement, oldest first.
    pub outgoing: Vec<Outgoing>,
    /// QoS 2 packet identifiers from the broker without PUBREL, and their messages.
    pub incoming: BTreeMap<u16, Vec<u8>>,
    /// QoS 1 packet identifiers that came on this connection and were not acknowledged yet.
    pub unacknowledged: BTreeMap<u16, Vec<u8>>,
    /// PUBLISH packets on this connection that hold a slot of its Receive Maximum.
    pub window: Vec<u16>,
    /// Packet identifiers that may get a second answer on this connection.
    pub retired: Vec<u16>,
    /// Acknowledgements to send, in order.
    pub owed: VecDeque<Owed>,
    /// Packet identifiers that it said to have no use for any more, since the broker said so too.
    pub forgotten: Vec<u16>,
    /// Subscriptions of this session, past ones too.
    pub subscriptions: Vec<Subscription>,
    /// SUBSCRIBE and UNSUBSCRIBE packets without an answer.
    pub asking: BTreeMap<u16, Asking>,
    /// Wills, one for each CONNECT that had one.
    pub wills: Vec<Will>,
    /// What came without RETAIN, by message.
    pub got: BTreeMap<u32, Got>,
    /// What came with RETAIN, by topic: the last one.
    pub retained: BTreeMap<String, u32>,
    /// The last first copy by publisher, topic and QoS.
    pub order: BTreeMap<(usize, String, u8), u32>,
}

/// A SUBSCRIBE or UNSUBSCRIBE that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asking {
    /// SUBSCRIBE for these filters.
    Subscribe(Vec<String>),
    /// UNSUBSCRIBE of these filters.
    Unsubscribe(Vec<String>),
}

impl Client {
    /// A client that never was connected.
    pub fn new(number: usize, version: Version) -> Self {
        Self {
            number,
            name: format!("client-{number}"),
            version,
            link: None,
            phase: Phase::Offline,
            generation: 0,
            session: Session::default(),
            must_clean: false,
            asked: Asked::default(),
            outgoing: Vec::new(),
            incoming: BTreeMap::new(),
            unacknowledged: BTreeMap::new(),
            window: Vec::new(),
            retired: Vec::new(),
            owed: VecDeque::new(),
            forgotten: Vec::new(),
            subscriptions: Vec::new(),
            asking: BTreeMap::new(),
            wills: Vec::new(),
            got: BTreeMap::new(),
            retained: BTreeMap::new(),
            order: BTreeMap::new(),
        }
    }

    /// The lowest packet identifier that is free: using them again soon finds what was not forgotten.
    pub fn free_identifier(&self) -> u16 {
        let taken = |of: u16| {
            self.asking.contains_key(&of)
                || self.retired.contains(&of)
                || self.outgoing.iter().any(|sent| sent.packet_identifier == of)
        };
        (1..u16::MAX).find(|of| !taken(*of)).unwrap_or(u16::MAX)
    }

    /// The QoS that its subscriptions certainly have for a topic; `None`: certainly or possibly none.
    pub fn surely_receives(&self, topic: &str, publisher: usize) -> Option<u8> {
        let fits = |of: &&Subscription| {
            of.acknowledged
                && !of.leaving
                && of.left_at.is_none()
                && !(of.no_local && publisher == self.number)
                && matches(&of.filter, topic)
        };
        self.subscriptions.iter().filter(fits).map(|of| of.qos).max()
    }

    /// Forgets the session: a new one begins, or will.
    pub fn forget_session(&mut self) {
        self.generation += 1;
        self.outgoing.clear();
        self.incoming.clear();
        self.subscriptions.clear();
        self.order.clear();
        self.forgotten.clear();
    }
}
