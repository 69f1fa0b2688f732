//! A whole deployment, simulated for some minutes.

use conformance::simulation::{Settings, simulate};

use crate::bytes::Bytes;

/// Simulated minutes of a world: an input has to be quick.
const MINUTES: u64 = 10;

/// The first 8 bytes are the seed, the next says how many clients there are, the two behind it which of them do
/// nothing: nothing goes wrong in such a world.
pub fn world(data: &[u8]) {
    let mut bytes = Bytes(data);
    let seed = u64::from_le_bytes(std::array::from_fn(|_| bytes.byte()));
    let clients = 2 + usize::from(bytes.byte()) % 11;
    let mask = u16::from_le_bytes([bytes.byte(), bytes.byte()]);
    let muted = (0..clients).filter(|client| mask & 1 << client != 0).collect();
    let settings = Settings { clients, muted, minutes: Some(MINUTES), ..Settings::default() };
    if let Some(failure) = simulate(seed, &settings, false).failure {
        panic!("{settings:?}, seed {seed}, event {}: {}", failure.event, failure.message);
    }
}
