//! Bytes of MQTT, written and read here a second time, apart from the core: what the core's codec gets wrong
//! cannot hide from the scripts.

mod bytes;
mod connect;
mod decode;
mod decode_properties;
mod describe;
mod outgoing;
mod packet;
pub mod property;
mod publish;
mod subscribe;

#[cfg(test)]
mod tests;

pub use bytes::{Reader, Writer, Wrong, frame};
pub use connect::{Connect, Will};
pub use decode::{Decoded, decode};
pub(crate) use describe::PACKET_TYPES;
pub use outgoing::{
    Outgoing, Raw, acknowledge, acknowledge_with, auth, disconnect, disconnect_with, empty, pingreq,
};
pub use packet::{Acknowledge, Connack, Disconnect, Packet, Publish, Suback};
pub use property::{Properties, Property, Value};
pub use publish::{PublishBuilder, publish};
pub use subscribe::{Subscribe, Unsubscribe, subscribe, unsubscribe};
