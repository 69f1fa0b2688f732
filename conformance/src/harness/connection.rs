//! One connection of a script, and what came on it.

use std::collections::VecDeque;

use crate::targets::Link;
use crate::version::Version;
use crate::wire::Packet;

/// One connection as the script sees it.
pub(super) struct Connection {
    pub(super) link: Link,
    pub(super) name: String,
    pub(super) version: Version,
    /// Came but is not decoded yet.
    pub(super) bytes: Vec<u8>,
    /// Decoded but not asked for yet, with their numbers.
    pub(super) packets: VecDeque<(usize, Packet)>,
    /// How many were decoded.
    pub(super) decoded: usize,
    /// The largest packet that the client takes.
    pub(super) limit: usize,
    /// CONNACK came: PINGREQ is answered.
    pub(super) accepted: bool,
    /// The script does not care what else comes.
    pub(super) ignored: bool,
    /// Other scripts' messages do not count.
    pub(super) passes_over_strangers: bool,
    /// The script cut it, or has seen its end.
    pub(super) over: bool,
    /// Everything that will ever come has come.
    pub(super) closed: bool,
}

impl Connection {
    /// One on which nothing was said yet.
    pub(super) fn new(link: Link, name: String, version: Version) -> Self {
        Self {
            link,
            name,
            version,
            bytes: Vec::new(),
            packets: VecDeque::new(),
            decoded: 0,
            limit: usize::MAX,
            accepted: false,
            ignored: false,
            passes_over_strangers: false,
            over: false,
            closed: false,
        }
    }
}

/// What came from the wire: a packet and its number.
pub(super) enum Arrived {
    Packet(usize, Packet),
    Closed,
    Nothing,
}

/// What the script gets.
pub(super) enum Next {
    Packet(Packet),
    Closed,
    Nothing,
}

impl std::fmt::Display for Next {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Packet(packet) => write!(f, "{packet}"),
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Nothing => f.write_str("nothing came"),
        }
    }
}
