//! MQTT 3.1, 3.1.1 and 5.0 as a sans-IO state machine.
//!
//! [`Broker`] is a whole broker as a value. It opens no socket, reads no clock, starts no thread and draws no
//! random number that its seed did not give it: bytes and time go in, actions come out, and the same inputs
//! give the same outputs, byte for byte. A *driver* owns the sockets, the clock and the disk.
//!
//! # The run loop
//!
//! 1. After every call that takes `now` ([`Broker::transmit`] too), call [`Broker::poll_output`] until it
//!    gives `None`, and do what the outputs say, in their order.
//! 2. A turn hands in at most one buffer from each readable connection ([`Input::Received`]), calls
//!    [`Broker::handle_timeout`] if [`Broker::poll_timeout`] is due, and [`Broker::handle_work`] once if
//!    [`Broker::work_pending`].
//! 3. Then each connection that [`Output::Transmit`] named, or that was left with bytes and is writable again,
//!    is written: call [`Broker::transmit`], write what it gives, [`Transmit::advance`] by what the socket
//!    took, and again until it gives `None` or the socket is full.
//! 4. Sleep until the next input, or until the [`Broker::poll_timeout`] asked last; not while work is pending.
//!
//! Time never goes back. Input of a connection is ignored after [`Output::Close`] named it; its last input is
//! [`Input::Closed`], once.
//!
//! # A whole broker in memory
//!
//! ```
//! use std::sync::Arc;
//! use hushwing_core::{Broker, Config, ConnectionId, Input, Instant, Origin, Output, PeerId};
//!
//! let mut broker = Broker::new(Arc::new(Config::default()), PeerId(0), 42);
//! let now = Instant::from_micros(1_700_000_000_000_000);
//! let connection = ConnectionId(1);
//! broker.handle_input(now, Input::Opened { connection, origin: Origin::default() });
//!
//! // CONNECT of MQTT 3.1.1: client identifier "a", Clean Session, keep alive 60 s.
//! let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a";
//! broker.handle_input(now, Input::Received { connection, bytes: connect });
//!
//! let mut sent = Vec::new();
//! while let Some(output) = broker.poll_output() {
//!     if output == (Output::Transmit { connection }) {
//!         while let Some(transmit) = broker.transmit(now, connection) {
//!             let written = transmit.first().len();
//!             sent.extend_from_slice(transmit.first());
//!             transmit.advance(written);
//!         }
//!     }
//! }
//! assert_eq!(sent, b"\x20\x02\x00\x00"); // CONNACK: accepted, no session present
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod ask;
mod broker;
pub mod client;
mod command;
mod config;
mod connection;
mod event;
#[cfg(feature = "planted-faults")]
mod fault;
pub mod hooks;
mod id;
mod input;
mod limits;
mod message;
mod output;
pub mod query;
mod random;
pub mod record;
pub mod retained;
mod rules;
mod session;
pub mod slab;
mod stats;
mod time;
pub mod timer;
pub mod topic;
mod version;
mod violation;
mod will;
pub mod wire;

pub use self::ask::{Answer, Ask, Authenticate};
pub use self::broker::{Broker, Promise};
pub use self::command::Command;
pub use self::config::{Authentication, Config, Listener, Policy};
pub use self::connection::transmit::Transmit;
pub use self::event::{DisconnectReason, DropReason, Event, EventMask, ReachedLimit, SessionEnd};
#[cfg(feature = "planted-faults")]
pub use self::fault::Fault;
pub use self::hooks::{HookMask, Hooks};
pub use self::id::{ConnectionId, PeerId, Position, Question};
pub use self::input::{CloseCause, Input, Origin, Publication};
pub use self::limits::Limits;
pub use self::output::Output;
pub use self::record::Record;
pub use self::rules::{Action, Decision, Rule, Rules};
pub use self::stats::{Counters, DropCounts, PacketCounts, Stats};
pub use self::time::Instant;
pub use self::version::ProtocolVersion;
pub use self::violation::Violation;
