//! MQTT 3.1, 3.1.1 and 5.0 as a sans-IO state machine.
//!
//! [`Broker`] is a whole broker as a value. It opens no socket, reads no clock, starts no thread and draws no
//! random number that its seed did not give it: bytes and time go in, actions come out, and the same inputs
//! give the same outputs, byte for byte. A *driver* owns the sockets, the clock and the disk.
//!
//! | you want | use |
//! |---|---|
//! | a broker in a program, a runtime or a test | [`Broker`] |
//! | to speak to a broker | [`client::Client`] |
//! | to read and write packets, and nothing else | [`wire`] |
//! | topic names, filters, and a tree to match them | [`topic`], [`retained`] |
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
//! The turn is what makes it fast: messages for one subscriber that came from many publishers leave in one
//! write. It is also what makes it fair: nobody is read twice before everybody was read once.
//!
//! # What a driver owes
//!
//! | when the machine says | the driver |
//! |---|---|
//! | [`Output::Transmit`] | writes, at the end of the turn |
//! | [`Output::Read`] | stops reading that socket, or goes on: this is how a publisher is held back |
//! | [`Output::Close`] | writes the rest, shuts down sending, reads and discards for a few seconds, closes |
//! | [`Output::Persist`] | stores the group, and says [`Input::Persisted`]; only with [`Config::journal`] |
//! | [`Output::Ask`] | answers with [`Input::Answer`], now or later; only where [`Config`] says so |
//! | [`Output::Event`] | writes a log, counts, or does nothing |
//! | [`Output::Stopped`] | ends, after [`Command::Shutdown`] |
//!
//! Nothing fails: whatever a client sends ends in outputs, and what a command asks for in vain ends in
//! [`Event::CommandFailed`]. Nothing blocks, and no call does more than a bounded piece of work.
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
//!
//! `examples/poll_loop.rs` is the same with sockets: a broker on `std::net` that any MQTT client can use, in less
//! than 200 lines. `examples/in_a_test.rs` is a broker inside a unit test, with clients, lost cables, and an hour
//! that passes at once.
//!
//! # Having a say
//!
//! An embedding program decides in four ways. They differ in when it is asked.
//!
//! * **Data**, looked at by the machine itself: [`Config`], with its [`Limits`], its [`Policy`], and the
//!   [`Rules`] of each [`Listener`] about who may publish and subscribe to what. [`Command::Reload`] replaces
//!   all of it.
//! * **Questions**, where the answer takes time, such as a password that has to be looked up: [`Output::Ask`]
//!   goes out, the connection waits, all others go on, and [`Input::Answer`] comes back.
//! * **Hooks**, where the decision can be made at once: a [`Hooks`] is called at the moment when a client
//!   connects, subscribes, publishes, is given a message, and may refuse or change it.
//! * **Commands**, for what the program wants by itself: publish ([`Command::Publish`]), also to one client alone
//!   ([`Command::PublishDirect`]), subscribe for a client, disconnect one, end its session, drain, shut down.
//!
//! It sees what goes on as [`Event`]s, each kind with its place in the [`EventMask`], as numbers
//! ([`Broker::stats`]), and as lists of clients, sessions, subscriptions and retained messages ([`query`]).
//!
//! ```
//! use std::sync::Arc;
//! use hushwing_core::wire::ReasonCode;
//! use hushwing_core::{
//!     Answer, Ask, Authentication, Broker, Command, Config, ConnectionId, Event, Input, Instant, Listener,
//!     Origin, Output, PeerId, Publication,
//! };
//!
//! let listener = Listener { authentication: Authentication::Ask, ..Listener::default() };
//! let config = Config { listeners: vec![listener], ..Config::default() };
//! let mut broker = Broker::new(Arc::new(config), PeerId(0), 42);
//! let now = Instant::from_micros(1_700_000_000_000_000);
//! let connection = ConnectionId(1);
//! broker.handle_input(now, Input::Opened { connection, origin: Origin::default() });
//!
//! // CONNECT with the user name "owl" and the password "hoot".
//! let connect = b"\x10\x18\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01a\x00\x03owl\x00\x04hoot";
//! broker.handle_input(now, Input::Received { connection, bytes: connect });
//! let mut is_in = false;
//! while let Some(output) = broker.poll_output() {
//!     match output {
//!         Output::Ask { question, about: Ask::Authenticate(who) } => {
//!             let answer = match (who.user_name.as_deref(), who.password.as_deref()) {
//!                 (Some("owl"), Some(b"hoot")) => Answer::Accept { rules: None, data: None },
//!                 _ => Answer::Refuse(ReasonCode::BadUserNameOrPassword),
//!             };
//!             broker.handle_input(now, Input::Answer { question, answer });
//!         }
//!         Output::Event(Event::Connected { .. }) => is_in = true,
//!         _ => {}
//!     }
//! }
//! assert!(is_in);
//!
//! // It looks who is there.
//! let client = broker.client("a").expect("it is connected");
//! assert_eq!((client.keep_alive_seconds, client.session.subscriptions), (60, 0));
//! assert_eq!(broker.stats().clients, 1);
//!
//! // The program publishes by itself; whoever has subscribed gets it.
//! let noon = Publication { topic: "clock".into(), payload: b"12:00".to_vec(), ..Publication::default() };
//! broker.handle_input(now, Input::Command(Command::Publish(noon)));
//! ```
//!
//! A hook, which keeps one topic for the clients of one kind (`examples/hooks.rs` is a larger one):
//!
//! ```
//! use hushwing_core::hooks::{HookMask, Hooks, PublishDecision, PublishedMessage};
//! use hushwing_core::wire::ReasonCode;
//!
//! struct OnlyBells;
//!
//! impl Hooks for OnlyBells {
//!     fn wants(&self) -> HookMask {
//!         HookMask { publish: true, ..HookMask::NONE }
//!     }
//!
//!     fn on_publish(&mut self, message: &PublishedMessage<'_>) -> PublishDecision {
//!         if message.topic == "alarm" && !message.client_identifier.starts_with("bell-") {
//!             return PublishDecision::Refuse(ReasonCode::NotAuthorized);
//!         }
//!         PublishDecision::Accept
//!     }
//! }
//!
//! # use std::sync::Arc;
//! # use hushwing_core::{Broker, Config, PeerId};
//! let mut broker = Broker::new(Arc::new(Config::default()), PeerId(0), 42);
//! broker.set_hooks(Box::new(OnlyBells));
//! ```
//!
//! # What survives
//!
//! With [`Config::journal`] the machine says what must outlive the process, as groups of [`Record`]s
//! ([`Output::Persist`]), and holds every acknowledgement that promises it until [`Input::Persisted`] comes. To
//! start again: [`Broker::new`], [`Broker::restore`] for each record that is stored, [`Broker::restored`], then
//! the run loop from the time that this gives. Without a journal nothing is recorded and nothing waits.
//!
//! # A client
//!
//! [`client::Client`] is built the same way: bytes and time in, bytes and events out. Here it talks to the broker
//! without any socket.
//!
//! ```
//! use std::sync::Arc;
//! use hushwing_core::client::{Client, Event, Options, Publication};
//! use hushwing_core::wire::{Properties, SubscriptionOptions};
//! use hushwing_core::{Broker, Config, ConnectionId, Input, Instant, Origin, PeerId};
//!
//! let now = Instant::from_micros(1_700_000_000_000_000);
//! let connection = ConnectionId(1);
//! let mut broker = Broker::new(Arc::new(Config::default()), PeerId(0), 42);
//! let mut client = Client::new(Options { client_identifier: "owl".into(), ..Options::default() });
//!
//! broker.handle_input(now, Input::Opened { connection, origin: Origin::default() });
//!
//! // One turn: bytes both ways.
//! let mut turn = |client: &mut Client| {
//!     let bytes = client.transmit().to_vec();
//!     client.advance(bytes.len());
//!     broker.handle_input(now, Input::Received { connection, bytes: &bytes });
//!     while broker.poll_output().is_some() {}
//!     while let Some(transmit) = broker.transmit(now, connection) {
//!         let written = transmit.first().len();
//!         client.receive(now, transmit.first());
//!         transmit.advance(written);
//!     }
//!     while broker.poll_output().is_some() {}
//! };
//!
//! client.connect(now)?;
//! turn(&mut client);
//! assert!(matches!(client.poll_event(), Some(Event::Connected { session_present: false, .. })));
//! client.subscribe(now, &[("wood/+", SubscriptionOptions::default())], Properties::EMPTY)?;
//! client.publish(now, &Publication::new("wood/owl", b"hoot"))?;
//! turn(&mut client);
//! assert!(matches!(client.poll_event(), Some(Event::Subscribed { .. })));
//! let Some(Event::Message(message)) = client.poll_event() else { panic!("a message") };
//! assert_eq!((message.topic, message.payload), ("wood/owl", &b"hoot"[..]));
//! # Ok::<(), hushwing_core::client::RequestError>(())
//! ```
//!
//! # Determinism
//!
//! The order of inputs, the times that come with them and the seed decide every byte that goes out. So a fault
//! that was seen once is seen again: record the inputs and play them back. Hash maps are keyed from the seed,
//! which keeps hostile topics from colliding on purpose: draw a seed that nobody can guess.
//!
//! # Features
//!
//! None that a program needs. The crate is `no_std` and wants `alloc`. `planted-faults` puts faults into the
//! machine, for tests that test the tests.
#![no_std]
#![forbid(unsafe_code)]
// What an input could make panic. Tests may: their panic is a failure.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable
    )
)]

extern crate alloc;

mod ask;
mod broker;
pub mod client;
mod command;
mod config;
mod connection;
mod event;
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

pub use self::ask::{Answer, Ask, Authenticate, Exchange};
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
