//! What clients say, as values beside the bytes: the oracle need not read its own writing.

use super::ledger::{Ledger, Number};
use super::topics::FILTERS;
use crate::Version;
use crate::wire::{Connect, Outgoing as _, Property, Will, acknowledge, acknowledge_with, property::id};
use crate::wire::{disconnect, disconnect_with, pingreq, subscribe, unsubscribe};

/// One packet of a client.
#[derive(Clone, Debug)]
pub enum Said {
    /// CONNECT.
    Connect(Box<Hello>),
    /// PUBLISH.
    Publish {
        /// Which message.
        number: Number,
        /// Packet Identifier; 0 at QoS 0.
        packet_identifier: u16,
        /// DUP.
        duplicate: bool,
        /// A Topic Alias, and whether the topic goes with it.
        alias: Option<(u16, bool)>,
    },
    /// PUBACK, PUBREC, PUBREL or PUBCOMP.
    Acknowledge {
        /// Which of them.
        kind: Kind,
        /// Packet Identifier.
        packet_identifier: u16,
        /// Reason code.
        code: u8,
    },
    /// SUBSCRIBE.
    Subscribe {
        /// Packet Identifier.
        packet_identifier: u16,
        /// What for.
        wanted: Vec<Wanted>,
    },
    /// UNSUBSCRIBE.
    Unsubscribe {
        /// Packet Identifier.
        packet_identifier: u16,
        /// Filters by number.
        filters: Vec<u8>,
    },
    /// PINGREQ.
    Pingreq,
    /// DISCONNECT.
    Disconnect {
        /// Reason code.
        code: u8,
        /// Session Expiry Interval.
        expiry_seconds: Option<u32>,
    },
    /// AUTH that starts a re-authentication (code 0x19), or goes on with one (0x18).
    Auth {
        /// Reason code.
        code: u8,
    },
    /// Something that no client may say.
    Nonsense(Vec<u8>),
}

/// The acknowledgements, by their first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Of QoS 1.
    Puback = 0x40,
    /// Of QoS 2, the first.
    Pubrec = 0x50,
    /// Of PUBREC.
    Pubrel = 0x62,
    /// Of PUBREL.
    Pubcomp = 0x70,
}

/// What a CONNECT asks for.
#[derive(Clone, Debug)]
pub struct Hello {
    /// Client Identifier.
    pub client_identifier: String,
    /// Clean Session or Clean Start.
    pub clean: bool,
    /// Session Expiry Interval; of 3.x what Clean Session says.
    pub expiry_seconds: u32,
    /// Receive Maximum, 0 for none.
    pub receive_maximum: u16,
    /// Maximum Packet Size, 0 for none.
    pub maximum_packet_size: u32,
    /// Topic Alias Maximum.
    pub alias_maximum: u16,
    /// Keep Alive.
    pub keep_alive_seconds: u16,
    /// The will: which message, and its Will Delay Interval.
    pub will: Option<(Number, u32)>,
    /// It has an Authentication Method.
    pub method: bool,
}

/// One filter of a SUBSCRIBE.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The filter by number.
    pub filter: u8,
    /// Its QoS.
    pub qos: u8,
    /// No Local.
    pub no_local: bool,
    /// Retain As Published.
    pub retain_as_published: bool,
    /// Retain Handling.
    pub retain_handling: u8,
    /// Subscription Identifier of the packet; 0 for none.
    pub identifier: u32,
}

/// The Authentication Method of this world.
pub const METHOD: &str = "riddle";

impl Said {
    /// Its bytes.
    pub fn encode(&self, version: Version, ledger: &Ledger) -> Vec<u8> {
        match self {
            Self::Connect(hello) => hello.encode(version, ledger),
            Self::Publish { number, packet_identifier, duplicate, alias } => {
                ledger.encode(*number, version, *packet_identifier, *duplicate, *alias)
            }
            Self::Acknowledge { kind, packet_identifier, code: 0 } => {
                acknowledge(*kind as u8, *packet_identifier).encode(version)
            }
            Self::Acknowledge { kind, packet_identifier, code } => {
                acknowledge_with(*kind as u8, *packet_identifier, *code, Vec::new()).encode(version)
            }
            Self::Subscribe { packet_identifier, wanted } => {
                encode_subscribe(*packet_identifier, wanted, version)
            }
            Self::Unsubscribe { packet_identifier, filters } => {
                let all = filters.iter().map(|filter| FILTERS[usize::from(*filter)]);
                all.fold(unsubscribe(*packet_identifier), |packet, filter| packet.filter(filter))
                    .encode(version)
            }
            Self::Pingreq => pingreq().encode(version),
            Self::Disconnect { code: 0, expiry_seconds: None } => disconnect().encode(version),
            Self::Disconnect { code, expiry_seconds } => {
                let expiry =
                    expiry_seconds.map(|seconds| Property::four(id::SESSION_EXPIRY_INTERVAL, seconds));
                disconnect_with(*code, expiry.into_iter().collect()).encode(version)
            }
            Self::Auth { code } => {
                let method = Property::text(id::AUTHENTICATION_METHOD, METHOD);
                crate::wire::auth(*code, vec![method]).encode(version)
            }
            Self::Nonsense(bytes) => bytes.clone(),
        }
    }
}

fn encode_subscribe(packet_identifier: u16, wanted: &[Wanted], version: Version) -> Vec<u8> {
    let mut packet = subscribe(packet_identifier);
    for of in wanted {
        let options = of.qos
            | u8::from(of.no_local) << 2
            | u8::from(of.retain_as_published) << 3
            | of.retain_handling << 4;
        packet =
            packet.filter(FILTERS[usize::from(of.filter)], if version.is_5() { options } else { of.qos });
    }
    match wanted.first() {
        Some(first) if first.identifier != 0 => packet.identifier(first.identifier).encode(version),
        _ => packet.encode(version),
    }
}

impl Hello {
    fn encode(&self, version: Version, ledger: &Ledger) -> Vec<u8> {
        let mut connect = Connect::new(&self.client_identifier).keep_alive(self.keep_alive_seconds);
        connect.clean = self.clean;
        if version.is_5() {
            connect.properties = self.properties();
        }
        if let Some((number, delay_seconds)) = self.will {
            connect.will = Some(self.will_of(number, delay_seconds, version, ledger));
        }
        connect.encode(version)
    }

    fn properties(&self) -> Vec<Property> {
        let mut all = Vec::new();
        if self.expiry_seconds > 0 {
            all.push(Property::four(id::SESSION_EXPIRY_INTERVAL, self.expiry_seconds));
        }
        if self.receive_maximum > 0 {
            all.push(Property::two(id::RECEIVE_MAXIMUM, self.receive_maximum));
        }
        if self.maximum_packet_size > 0 {
            all.push(Property::four(id::MAXIMUM_PACKET_SIZE, self.maximum_packet_size));
        }
        if self.alias_maximum > 0 {
            all.push(Property::two(id::TOPIC_ALIAS_MAXIMUM, self.alias_maximum));
        }
        if self.method {
            all.push(Property::text(id::AUTHENTICATION_METHOD, METHOD));
        }
        all
    }

    fn will_of(&self, number: Number, delay_seconds: u32, version: Version, ledger: &Ledger) -> Will {
        let message = ledger.get(number);
        let mut will = Will::new(message.topic_name(), ledger.payload(number)).qos(message.qos);
        if message.retain {
            will = will.retain();
        }
        if version.is_5() {
            will = message.properties(number).into_iter().fold(will, Will::property);
            if delay_seconds > 0 {
                will = will.delay(delay_seconds);
            }
        }
        will
    }
}
