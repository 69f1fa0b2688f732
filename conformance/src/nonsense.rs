//! Every way in which a client can break the protocol towards a broker, as bytes: at least one for each
//! [`Violation`] that a server can meet. For worlds in which some clients talk nonsense.
//!
//! Nothing here changes anything for anybody else. What is broken is refused whole, and where a valid packet has to
//! come first it is about topics below [`TOPIC`], which no wildcard at the start of a filter matches.

mod connect;
mod frame;
mod properties;
mod setting;
mod state;
mod topics;

use hushwing_core::Violation;

pub use self::setting::{Setting, configure};
use crate::Version::{self, V3_1, V3_1_1, V5_0};
use crate::wire::Connect;

/// What the topics of valid packets begin with, `/` behind it.
pub const TOPIC: &str = "$nonsense";

/// The Authentication Method that the embedder knows, and answers with [`hushwing_core::Answer::Continue`].
pub const METHOD: &str = "nonsense";

/// The Packet Identifier of what is no answer: higher than those that clients of small worlds use.
const PACKET_IDENTIFIER: u16 = 65_000;

/// When to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// At once on a connection of its own. No client is told that it is in.
    Greeting,
    /// At once on a connection of its own. The bytes begin with a good CONNECT: without a client identifier, before
    /// 3.1.1 with one that all visits share. Its session ends with the connection.
    Visit,
    /// At any time after CONNACK, on any connection on which nothing was broken.
    Connected,
    /// The same, as the answer to a PUBLISH at this QoS for which nothing was sent back yet.
    Unanswered {
        /// 1 or 2.
        qos: u8,
    },
}

/// What [`Nonsense::bytes`] has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// What the client speaks.
    pub version: Version,
    /// The Packet Identifier of the PUBLISH that it answers; of no meaning but at [`Moment::Unanswered`].
    pub packet_identifier: u16,
}

/// One way to break the protocol.
#[derive(Clone, Copy, Debug)]
pub struct Nonsense {
    /// What is broken.
    pub violation: Violation,
    /// The versions in which this is broken so.
    pub versions: &'static [Version],
    /// When to say it.
    pub moment: Moment,
    /// What the broker has to be set to.
    pub needs: Option<Setting>,
    /// What it must not be set to, or something else is broken first, or nothing.
    pub unless: &'static [Setting],
    /// What to say. The client sends nothing after it.
    pub bytes: fn(Occasion) -> Vec<u8>,
    /// How long it takes at most until it is broken, in seconds; 0 for at once. With the limits as they are by
    /// default.
    pub seconds: u16,
    /// Whether the client goes on taking what the broker sends.
    pub reads: bool,
}

impl Nonsense {
    /// Whether it is what it says where the broker is set to all of these.
    pub fn fits(&self, settings: &[Setting]) -> bool {
        self.needs.is_none_or(|needs| settings.contains(&needs))
            && !self.unless.iter().any(|unless| settings.contains(unless))
    }

    const fn needs(self, setting: Setting) -> Self {
        Self { needs: Some(setting), ..self }
    }

    const fn unless(self, settings: &'static [Setting]) -> Self {
        Self { unless: settings, ..self }
    }

    const fn after(self, seconds: u16) -> Self {
        Self { seconds, ..self }
    }

    const fn unread(self) -> Self {
        Self { reads: false, ..self }
    }
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Nonsense> + Clone {
    let tables = [frame::TABLE, properties::TABLE, topics::TABLE, connect::TABLE, state::TABLE];
    tables.into_iter().flatten()
}

/// What no server ever meets, and why.
pub const OUT_OF_REACH: &[(Violation, &str)] = &[
    (Violation::ClientOnlyPacket, "a server is sent by clients alone"),
    (Violation::MaximumQoSInvalid, "Maximum QoS is of CONNACK: a client's is misplaced before it is judged"),
    (Violation::ConnackFlags, "a client's CONNACK is refused as such"),
    (Violation::ConnackSessionPresent, "a client's CONNACK is refused as such"),
    (Violation::ConnackReasonCode, "a client's CONNACK is refused as such"),
    (Violation::SubackEmpty, "a client's SUBACK is refused as such"),
    (Violation::SubackReasonCode, "a client's SUBACK is refused as such"),
    (Violation::UnsubackEmpty, "a client's UNSUBACK is refused as such"),
    (Violation::UnsubackReasonCode, "a client's UNSUBACK is refused as such"),
];

/// What a server meets without any nonsense, and when.
pub const OF_THE_WORLD: &[(Violation, &str)] = &[
    (Violation::AnswerTimeout, "the embedder does not answer a question in time"),
    (Violation::MemoryExhausted, "all memory is in use, and stays so, or a 3.x client publishes above QoS 0"),
];

const ALL: &[Version] = &Version::ALL;
const BEFORE_5_0: &[Version] = &[V3_1, V3_1_1];
const FROM_3_1_1: &[Version] = &[V3_1_1, V5_0];
const ONLY_5_0: &[Version] = &[V5_0];

type Bytes = fn(Occasion) -> Vec<u8>;

const fn at(moment: Moment, violation: Violation, versions: &'static [Version], bytes: Bytes) -> Nonsense {
    Nonsense { violation, versions, moment, needs: None, unless: &[], bytes, seconds: 0, reads: true }
}

const fn greeting(violation: Violation, versions: &'static [Version], bytes: Bytes) -> Nonsense {
    at(Moment::Greeting, violation, versions, bytes)
}

const fn visit(violation: Violation, versions: &'static [Version], bytes: Bytes) -> Nonsense {
    at(Moment::Visit, violation, versions, bytes)
}

const fn connected(violation: Violation, versions: &'static [Version], bytes: Bytes) -> Nonsense {
    at(Moment::Connected, violation, versions, bytes)
}

/// A good CONNECT, until it is changed.
fn hello(on: Occasion) -> Connect {
    // [MQTT-3.1.3-6] of 3.1.1: 3.1 had no server assign an identifier.
    Connect::new(if on.version == V3_1 { "nonsense" } else { "" })
}
