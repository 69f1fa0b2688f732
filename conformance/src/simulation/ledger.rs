//! Every message of the world: what was said of it, and what became of it.

use super::topics::TOPICS;
use crate::Version;
use crate::wire::{Outgoing as _, Property, property::id, publish};

/// A message, by its place in the ledger. Its payload says it.
pub type Number = u32;

/// Nobody's client number: the embedding program published it.
pub const EMBEDDER: u16 = u16::MAX;

/// Later than every time and turn.
pub const NEVER: u64 = u64::MAX;

/// One application message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The client that published it, or whose will it is.
    pub publisher: u16,
    /// Its topic by number.
    pub topic: u16,
    /// The QoS of its publisher.
    pub qos: u8,
    /// RETAIN.
    pub retain: bool,
    /// It has no payload.
    pub clears: bool,
    /// It is a will.
    pub will: bool,
    /// Which optional properties it has.
    pub decoration: u8,
    /// Bytes of padding in the payload.
    pub padding: u16,
    /// Message Expiry Interval in seconds; 0 for none.
    pub expiry_seconds: u32,
    /// The turn at which the broker got it for the first time; [`NEVER`] before.
    pub fed_at: u64,
    /// The turn from which on the broker has done with it; [`NEVER`] while it may not have.
    pub done_at: u64,
    /// When it expires, in microseconds.
    pub deadline: u64,
    /// It has to arrive until then: the first deadline, if the broker took it several times.
    pub due_until: u64,
    /// Its time had come before a wall clock jumped back: it may be gone.
    pub may_be_gone: bool,
    /// How often the broker may have taken it as a new one.
    pub times: u8,
    /// Its order among others is open: it was sent again, or a crash came between.
    pub unordered: bool,
    /// The broker acknowledged it.
    pub accepted: bool,
    /// It must not reach anybody.
    pub denied: bool,
    /// A crash came when it was in the broker.
    pub crashed: bool,
}

impl Message {
    /// A message at QoS 0 that nobody has sent yet.
    pub fn new(publisher: u16, topic: u16) -> Self {
        Self {
            publisher,
            topic,
            qos: 0,
            retain: false,
            clears: false,
            will: false,
            decoration: 0,
            padding: 0,
            expiry_seconds: 0,
            fed_at: NEVER,
            done_at: NEVER,
            deadline: NEVER,
            due_until: NEVER,
            may_be_gone: false,
            times: 0,
            unordered: false,
            accepted: false,
            denied: false,
            crashed: false,
        }
    }

    /// Its Topic Name.
    pub fn topic_name(&self) -> &'static str {
        TOPICS[usize::from(self.topic)]
    }

    /// The properties that its publisher gives it (5.0), and that have to arrive as they are. Message Expiry Interval
    /// is the first, where there is one.
    pub fn properties(&self, number: Number) -> Vec<Property> {
        let mut all = Vec::new();
        if self.expiry_seconds > 0 {
            all.push(Property::four(id::MESSAGE_EXPIRY_INTERVAL, self.expiry_seconds));
        }
        if self.decoration & 1 != 0 {
            all.push(Property::byte(id::PAYLOAD_FORMAT_INDICATOR, 1));
        }
        if self.decoration & 2 != 0 {
            all.push(Property::text(id::CONTENT_TYPE, format!("type/{}", number % 7)));
        }
        if self.decoration & 4 != 0 {
            all.push(Property::text(id::RESPONSE_TOPIC, format!("answer/{}", number % 5)));
            all.push(Property::text(id::CORRELATION_DATA, number.to_be_bytes()));
        }
        if self.decoration & 8 != 0 {
            all.push(Property::user("n", number.to_string()));
            all.push(Property::user("a", "1"));
            all.push(Property::user("a", "2"));
        }
        all
    }

    /// Whether it is still to be delivered at this time.
    pub fn is_due(&self, now: u64) -> bool {
        self.due_until > now && !self.may_be_gone && !self.denied
    }

    /// More bytes than any packet with it has.
    pub fn size_at_most(&self) -> u32 {
        u32::from(self.padding) + 300
    }
}

/// All messages, by number.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    messages: Vec<Message>,
}

impl Ledger {
    /// Enters a message.
    pub fn add(&mut self, message: Message) -> Number {
        self.messages.push(message);
        self.messages.len() as Number - 1
    }

    /// The message of this number, which came from [`Ledger::add`].
    pub fn get(&self, number: Number) -> &Message {
        &self.messages[number as usize]
    }

    /// The same, to change.
    pub fn get_mut(&mut self, number: Number) -> &mut Message {
        &mut self.messages[number as usize]
    }

    /// The number of the next one.
    pub fn next_number(&self) -> Number {
        self.messages.len() as Number
    }

    /// All of them.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Message> {
        self.messages.iter_mut()
    }

    /// The application message.
    pub fn payload(&self, number: Number) -> Vec<u8> {
        let message = self.get(number);
        if message.clears {
            return Vec::new();
        }
        let mut payload = number.to_string().into_bytes();
        payload.push(b' ');
        payload.resize(payload.len() + usize::from(message.padding), b'.');
        payload
    }

    /// The message that has this payload; `None`: an empty one.
    ///
    /// # Errors
    /// Nobody sent it.
    pub fn find(&self, payload: &[u8]) -> Result<Option<Number>, String> {
        if payload.is_empty() {
            return Ok(None);
        }
        let digits = payload.iter().take_while(|byte| byte.is_ascii_digit());
        let number = digits.fold(0u64, |number, byte| (number * 10 + u64::from(byte - b'0')).min(NEVER >> 8));
        let wrong = || format!("nobody sent the payload {:?}", String::from_utf8_lossy(payload));
        let message = self.messages.get(number as usize).ok_or_else(wrong)?;
        let head = if number == 0 { 1 } else { number.ilog10() as usize + 1 };
        let intact = payload.len() == head + 1 + usize::from(message.padding)
            && payload[head] == b' '
            && payload[head + 1..].iter().all(|byte| *byte == b'.');
        if intact && message.fed_at != NEVER { Ok(Some(number as Number)) } else { Err(wrong()) }
    }

    /// PUBLISH.
    pub fn encode(
        &self,
        number: Number,
        version: Version,
        packet_identifier: u16,
        duplicate: bool,
        alias: Option<(u16, bool)>,
    ) -> Vec<u8> {
        let message = self.get(number);
        let topic = if alias.is_none_or(|(_, with_topic)| with_topic) { message.topic_name() } else { "" };
        let mut packet = publish(topic).payload(self.payload(number));
        if message.qos > 0 {
            packet = packet.qos(message.qos, packet_identifier);
        }
        if duplicate {
            packet = packet.duplicate();
        }
        if message.retain {
            packet = packet.retain();
        }
        if version.is_5() {
            packet = message.properties(number).into_iter().fold(packet, |packet, of| packet.property(of));
            if let Some((alias, _)) = alias {
                packet = packet.alias(alias);
            }
        }
        packet.encode(version)
    }
}
