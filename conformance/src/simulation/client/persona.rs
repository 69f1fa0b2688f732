//! The ways of a client.

use crate::Version;
use crate::crash::random::Random;

/// Drawn once for each client of a world.
#[derive(Clone, Debug)]
pub struct Persona {
    /// What it speaks.
    pub version: Version,
    /// The listener that it goes to.
    pub listener: u16,
    /// Seconds that its session outlives its connection; before 5.0 none or for ever.
    pub expiry_seconds: u32,
    /// Percent of its connections that begin anew.
    pub cleans: u64,
    /// Receive Maximum; 0 for none.
    pub receive_maximum: u16,
    /// Maximum Packet Size; 0 for none.
    pub maximum_packet_size: u32,
    /// Topic Alias Maximum.
    pub alias_maximum: u16,
    /// Keep Alive.
    pub keep_alive_seconds: u16,
    /// Percent of its connections that have a will.
    pub wills: u64,
    /// Acknowledges at once; otherwise some at a time.
    pub prompt: bool,
    /// One in so many acknowledgements is a refusal (5.0); 0 for none.
    pub refuses: u64,
    /// One in so many things that it does ends its connection.
    pub restless: u64,
    /// One in so many is nonsense.
    pub nonsense: u64,
    /// How many subscriptions it likes to have.
    pub subscriptions: usize,
    /// Percent of what it does that is a message.
    pub talks: u64,
    /// Wants RETAIN as it was published.
    pub as_published: bool,
    /// Receive Maximum differs from connection to connection.
    pub changes_window: bool,
    /// Leaves PUBACK until last: only among themselves are they in order ([MQTT-4.6.0-2], [MQTT-4.6.0-3]).
    pub pubacks_last: bool,
    /// Has an Authentication Method, and authenticates anew at times.
    pub method: bool,
}

impl Persona {
    /// Draws one.
    pub fn draw(random: &mut Random) -> Self {
        let version = *random.pick(&[
            Version::V3_1,
            Version::V3_1_1,
            Version::V3_1_1,
            Version::V5_0,
            Version::V5_0,
            Version::V5_0,
        ]);
        let is_5 = version.is_5();
        let expiry_seconds = if is_5 {
            *random.pick(&[0, 0, 20, 300, 7_200, 86_400, u32::MAX])
        } else {
            *random.pick(&[0, u32::MAX, u32::MAX])
        };
        let some = |random: &mut Random, values: &[u32]| if is_5 { *random.pick(values) } else { 0 };
        Self {
            version,
            listener: u16::from(random.chance(35)),
            expiry_seconds,
            cleans: *random.pick(&[0, 0, 5, 30]),
            receive_maximum: some(random, &[0, 0, 1, 1, 2, 5]) as u16,
            maximum_packet_size: some(random, &[0, 0, 0, 700]),
            alias_maximum: some(random, &[0, 0, 2, 10]) as u16,
            keep_alive_seconds: *random.pick(&[0, 20, 40, 120, 600]),
            wills: *random.pick(&[0, 30, 100]),
            prompt: random.chance(70),
            refuses: u64::from(some(random, &[0, 0, 20])),
            restless: *random.pick(&[8, 20, 60, 300]),
            nonsense: *random.pick(&[0, 0, 40]),
            subscriptions: *random.pick(&[0, 1, 3, 6]),
            talks: *random.pick(&[10, 50, 70, 90]),
            as_published: random.chance(20),
            changes_window: is_5 && random.chance(30),
            pubacks_last: random.chance(30),
            method: is_5 && random.chance(15),
        }
    }
}
