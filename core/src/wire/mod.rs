//! Bytes to packets and back, for MQTT 3.1, 3.1.1 and 5.0, for clients and servers. No state, no session.
//!
//! [`split_frame`] finds a whole packet in a stream, [`Packet::decode`] reads and judges it, borrowing from
//! the bytes; the same types are encoded.
//!
//! ```
//! use hushwing_core::ProtocolVersion;
//! use hushwing_core::wire::{Packet, Properties, Publish, QoS, Sender, split_frame};
//!
//! let hello = Packet::Publish(Publish {
//!     duplicate: false,
//!     qos: QoS::AtMostOnce,
//!     retain: false,
//!     topic: "greetings",
//!     packet_identifier: None,
//!     properties: Properties::EMPTY,
//!     payload: b"hello",
//! });
//! let version = ProtocolVersion::V5_0;
//! let mut bytes = Vec::new();
//! hello.encode(version, &mut bytes);
//!
//! // The first half is not a packet yet; the whole is.
//! assert_eq!(split_frame(&bytes[..5], Some(version), 1_000), Ok(None));
//! let frame = split_frame(&bytes, Some(version), 1_000)?.expect("all bytes are there");
//! assert_eq!(frame.length, bytes.len());
//! assert_eq!(Packet::decode(&frame, version, Sender::Client)?, hello);
//! # Ok::<(), hushwing_core::Violation>(())
//! ```

pub mod text;
pub mod variable_byte_integer;

mod acknowledge;
mod auth;
mod connack;
mod connect;
mod decoder;
mod disconnect;
mod encoder;
mod fixed_header;
mod frame;
mod packet;
mod packet_type;
mod property;
mod publish;
mod qos;
mod reason;
mod suback;
mod subscribe;
mod subscription_options;
mod unsuback;
mod unsubscribe;

pub use self::acknowledge::Acknowledgement;
pub use self::auth::Auth;
pub use self::connack::Connack;
pub use self::connect::{Connect, Will};
pub use self::disconnect::Disconnect;
pub use self::fixed_header::FixedHeader;
pub use self::frame::{Frame, frame_length, split_frame};
pub use self::packet::{Packet, TooLarge};
pub use self::packet_type::{PacketType, Sender};
pub use self::property::{
    Properties, PropertiesBuffer, Property, PropertyContext, PropertyIdentifier, PropertyIterator,
};
pub use self::publish::Publish;
pub use self::qos::QoS;
pub use self::reason::ReasonCode;
pub use self::suback::Suback;
pub use self::subscribe::{Subscribe, SubscribeFilters, SubscribeFiltersBuffer};
pub use self::subscription_options::{RetainHandling, SubscriptionOptions};
pub use self::unsuback::Unsuback;
pub use self::unsubscribe::{Unsubscribe, UnsubscribeFilters, UnsubscribeFiltersBuffer};
