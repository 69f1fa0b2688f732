//! A client of MQTT 3.1, 3.1.1 and 5.0: bytes and time go in, bytes and events come out.
//!
//! [`Client`] opens no socket and reads no clock. It outlives its connections: after
//! [`Client::connection_lost`] the driver opens another transport and calls [`Client::connect`] again; what
//! was in flight is sent again if the server still has the session, and what waited goes on waiting.
//!
//! # The rule
//!
//! A turn of a driver: hand in what came with [`Client::receive`], and [`Client::handle_timeout`] if it is
//! due; take [`Client::poll_event`] until `None`; write [`Client::transmit`] and say with [`Client::advance`]
//! how much the transport took. Packets are read, and answered, as events are taken: a driver that stops
//! taking events stops the server. Sleep until [`Client::poll_timeout`] or the next input. Time never goes
//! back.
//!
//! ```
//! use hushwing_core::client::{Client, CloseReason, Event, Options, Publication};
//! use hushwing_core::{Instant, ProtocolVersion};
//! use hushwing_core::wire::{Properties, QoS, ReasonCode};
//!
//! let mut client = Client::new(Options {
//!     version: ProtocolVersion::V3_1_1,
//!     client_identifier: "owl".into(),
//!     ..Options::default()
//! });
//! let mut now = Instant::from_micros(1_000_000);
//!
//! // The transport is open: CONNECT goes out.
//! client.connect(now)?;
//! assert_eq!(client.transmit(), b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03owl");
//! client.advance(client.transmit().len());
//!
//! // CONNACK comes, in two pieces.
//! client.receive(now, &[0x20, 0x02]);
//! assert!(client.poll_event().is_none());
//! client.receive(now, &[0x00, 0x00]);
//! assert!(matches!(client.poll_event(), Some(Event::Connected { session_present: false, .. })));
//!
//! // A publication and its PUBACK.
//! let hoot = Publication { qos: QoS::AtLeastOnce, ..Publication::new("wood/owl", b"hoot") };
//! let sent = client.publish(now, &hoot)?;
//! assert_eq!(client.transmit(), b"\x32\x10\x00\x08wood/owl\x00\x01hoot");
//! client.advance(client.transmit().len());
//! client.receive(now, &[0x40, 0x02, 0x00, 0x01]);
//! assert!(matches!(client.poll_event(), Some(Event::Published { ticket, .. }) if ticket == sent));
//!
//! // Nothing happens for most of the keep alive: PINGREQ.
//! now = client.poll_timeout().unwrap();
//! client.handle_timeout(now);
//! assert_eq!(client.transmit(), [0xC0, 0x00]);
//! client.advance(2);
//!
//! client.disconnect(now, ReasonCode::Success, Properties::EMPTY)?;
//! assert_eq!(client.transmit(), [0xE0, 0x00]);
//! assert!(matches!(client.poll_event(), Some(Event::Closed(CloseReason::Disconnected))));
//! # Ok::<(), hushwing_core::client::RequestError>(())
//! ```

mod acknowledgement;
mod authentication;
mod close;
mod connect;
mod error;
mod event;
mod expiry;
mod incoming;
mod keep_alive;
mod limits;
mod names;
mod options;
mod outgoing;
mod packet_identifier;
mod publication;
mod receive;
mod request;
mod resume;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod topic_alias;
mod transmit;
mod unanswered;

pub use error::{Failure, RequestError};
pub use event::{CloseReason, Event, Message, Ticket};
pub use limits::Limits;
pub use options::{EnhancedAuthentication, Options, Will};
pub use publication::Publication;
pub use server::ServerLimits;

use crate::time::Instant;
use crate::wire::{Packet, Properties, ReasonCode, SubscriptionOptions};
use incoming::TopicAliases;
use keep_alive::Due;
use receive::Inbound;
use state::{Phase, State};

/// A client: one session, and at most one connection at a time.
#[derive(Debug)]
pub struct Client {
    state: State,
    inbound: Inbound,
    aliases: TopicAliases,
}

impl Client {
    /// A client that is not connected.
    pub fn new(options: Options) -> Self {
        Self { state: State::new(options), inbound: Inbound::default(), aliases: TopicAliases::new() }
    }

    /// What it was told.
    pub fn options(&self) -> &Options {
        &self.state.options
    }

    /// To change what the next CONNECT says, such as the password or the will. The version and the client
    /// identifier name the session that this client keeps: for others, make another client.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.state.options
    }

    /// The client identifier in use: of the options, or else the one that a 5.0 server chose.
    pub fn client_identifier(&self) -> &str {
        self.state.client_identifier()
    }

    /// What the server takes, from CONNACK.
    pub fn server(&self) -> &ServerLimits {
        &self.state.server
    }

    /// Whether CONNACK was there and the connection has not ended.
    pub fn is_connected(&self) -> bool {
        self.state.is_connected()
    }

    /// Publications that were never sent, since there is no connection or the server's window is closed.
    pub fn unsent(&self) -> usize {
        self.state.outgoing.queued()
    }

    /// Publications that are not done: they wait to be sent, or to be acknowledged.
    pub fn unfinished(&self) -> usize {
        self.state.outgoing.unfinished()
    }

    /// The transport is open: CONNECT goes out. Bytes and events of an earlier connection are forgotten, but
    /// not what its session owes.
    ///
    /// # Errors
    /// There is a connection, or the options cannot be sent in this version.
    pub fn connect(&mut self, now: Instant) -> Result<(), RequestError> {
        self.state.at(now);
        self.state.connect()?;
        self.inbound.clear();
        self.aliases.clear();
        Ok(())
    }

    /// Bytes came. Any split will do. They are read by [`Self::poll_event`].
    pub fn receive(&mut self, now: Instant, bytes: &[u8]) {
        self.state.at(now);
        if self.state.phase != Phase::Idle {
            self.state.keep_alive.received(self.state.now);
            self.inbound.append(bytes);
        }
    }

    /// The transport ended. What it brought and [`Self::poll_event`] has not read is lost. Does nothing after
    /// [`Event::Closed`].
    pub fn connection_lost(&mut self, now: Instant) {
        self.state.at(now);
        self.state.transmit.clear();
        if self.state.phase != Phase::Idle {
            self.state.events.push_back(Event::Closed(CloseReason::Lost));
            self.state.close();
        }
    }

    /// Publishes: at once, or when there is a connection and the server's window has room. The order is kept.
    /// QoS 1 and 2 end with [`Event::Published`] or [`Event::Failed`]; QoS 0 fails only if it waited. What waits
    /// longer than its Message Expiry Interval fails ([`Failure::Expired`]).
    ///
    /// # Errors
    /// It is ill-formed, the server does not take it, or the queue is full.
    pub fn publish(&mut self, now: Instant, publication: &Publication<'_>) -> Result<Ticket, RequestError> {
        self.state.at(now);
        self.state.publish(publication)
    }

    /// Subscribes; ends with [`Event::Subscribed`] or [`Event::Failed`]. A Subscription Identifier is one of
    /// the properties.
    ///
    /// # Errors
    /// There is no connection, a filter is ill-formed, the server cannot do it, or too many requests are
    /// unanswered.
    pub fn subscribe(
        &mut self,
        now: Instant,
        filters: &[(&str, SubscriptionOptions)],
        properties: Properties<'_>,
    ) -> Result<Ticket, RequestError> {
        self.state.at(now);
        self.state.subscribe(filters, properties)
    }

    /// Unsubscribes; ends with [`Event::Unsubscribed`] or [`Event::Failed`].
    ///
    /// # Errors
    /// There is no connection, a filter is ill-formed, or too many requests are unanswered.
    pub fn unsubscribe(
        &mut self,
        now: Instant,
        filters: &[&str],
        properties: Properties<'_>,
    ) -> Result<Ticket, RequestError> {
        self.state.at(now);
        self.state.unsubscribe(filters, properties)
    }

    /// Answers [`Event::Authenticate`] with the next step of the exchange (AUTH with 0x18, 5.0 section 4.12).
    /// The Authentication Method of CONNECT and `data` (left out if empty) are added to the properties.
    ///
    /// # Errors
    /// There is no connection, the server asked for nothing, or this may not be said.
    pub fn authenticate(
        &mut self,
        now: Instant,
        data: &[u8],
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        self.state.at(now);
        self.state.authenticate(data, properties)
    }

    /// Authenticates again on a connection that is accepted (AUTH with 0x19, 5.0 section 4.12.1). Ends with
    /// [`Event::Authenticated`], after any number of [`Event::Authenticate`], or the server closes. Messages
    /// flow on meanwhile.
    ///
    /// # Errors
    /// There is no connection, CONNECT named no method, an exchange is not over, or this may not be said.
    pub fn reauthenticate(
        &mut self,
        now: Instant,
        data: &[u8],
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        self.state.at(now);
        self.state.reauthenticate(data, properties)
    }

    /// Acknowledges a message by the ticket that came with it ([`Options::manual_acknowledgement`]): PUBACK or
    /// PUBREC goes out as soon as all messages before it are acknowledged too ([MQTT-4.6.0-2],
    /// [MQTT-4.6.0-3]).
    ///
    /// When the connection ends, the ticket of a QoS 1 message ends with it: the server sends the message
    /// again, and it is told again. That of a QoS 2 message stays good as long as the server has the session,
    /// and the message is told only once.
    ///
    /// # Errors
    /// [`RequestError::NothingToAcknowledge`].
    pub fn acknowledge(&mut self, now: Instant, ticket: Ticket) -> Result<(), RequestError> {
        self.state.at(now);
        self.state.acknowledge(ticket)
    }

    /// Sends DISCONNECT and ends the connection; what waits or is in flight stays for the next one. Before
    /// 5.0 the reason is `Success` and there are no properties.
    ///
    /// # Errors
    /// There is no connection, or this may not be said.
    pub fn disconnect(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        self.state.at(now);
        self.state.disconnect(reason, properties)
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        receive::poll(&mut self.state, &mut self.inbound, &mut self.aliases)
    }

    /// Bytes for the transport.
    pub fn transmit(&self) -> &[u8] {
        self.state.transmit.waiting()
    }

    /// The transport took `written` bytes of [`Self::transmit`].
    pub fn advance(&mut self, written: usize) {
        self.state.transmit.advance(written);
        self.state.pump();
    }

    /// When to call [`Self::handle_timeout`]; `None`: never. Without a connection too: what waits may expire.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let of_connection = match self.state.phase {
            Phase::Idle => None,
            Phase::Connecting { deadline } => Some(deadline),
            Phase::Connected => self.state.keep_alive.deadline(),
        };
        of_connection.into_iter().chain(self.state.outgoing.next_expiry).min()
    }

    /// Does what is due: PINGREQ, giving up, or dropping what expired. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.state.at(now);
        let why = match self.state.phase {
            Phase::Connecting { deadline } if deadline <= self.state.now => CloseReason::ConnectTimeout,
            Phase::Connected => match self.state.keep_alive.due(self.state.now) {
                Due::Nothing => return,
                Due::Ping => {
                    self.state.send_small(&Packet::Pingreq);
                    self.state.keep_alive.ping_sent(self.state.now);
                    return;
                }
                Due::Dead => CloseReason::PingTimeout,
            },
            Phase::Idle | Phase::Connecting { .. } => return,
        };
        self.state.events.push_back(Event::Closed(why));
        self.state.close();
    }
}
