//! What a client knows, but for the bytes that are still to be read.

use alloc::collections::VecDeque;
use alloc::string::String;
use core::num::NonZeroU16;

use crate::client::authentication::Exchange;

use crate::client::keep_alive::KeepAlive;
use crate::client::outgoing::Outgoing;
use crate::client::packet_identifier::PacketIdentifiers;
use crate::client::topic_alias::OutgoingAliases;
use crate::client::transmit::Transmit;
use crate::client::unanswered::Incoming;
use crate::client::{Event, Failure, Options, RequestError, ServerLimits, Ticket};
use crate::time::Instant;
use crate::version::ProtocolVersion;
use crate::wire::{Packet, TooLarge};

/// How far the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is none.
    Idle,
    /// CONNECT is sent; CONNACK has to be here by then.
    Connecting { deadline: Instant },
    /// CONNACK accepted it.
    Connected,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) options: Options,
    pub(super) phase: Phase,
    /// The latest time that the driver told.
    pub(super) now: Instant,
    pub(super) server: ServerLimits,
    pub(super) keep_alive: KeepAlive,
    pub(super) transmit: Transmit,
    pub(super) aliases: OutgoingAliases,
    pub(super) exchange: Exchange,
    pub(super) identifiers: PacketIdentifiers,
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
    /// SUBSCRIBE and UNSUBSCRIBE packets without an answer, the oldest first.
    pub(super) requests: VecDeque<(NonZeroU16, Ticket)>,
    /// Bounded: each one is the end of a connection or of a ticket that counted against a limit.
    pub(super) events: VecDeque<Event<'static>>,
    pub(super) latest_ticket: u64,
    /// The identifier that the server chose.
    pub(super) assigned_client_identifier: Option<String>,
    /// Whether the session of the latest connection outlives it, so that Clean Start would destroy it.
    pub(super) session_is_kept: bool,
}

impl State {
    pub(super) fn new(options: Options) -> Self {
        let patience = options.limits.ping_timeout_seconds;
        Self {
            options,
            phase: Phase::Idle,
            now: Instant::default(),
            server: ServerLimits::default(),
            keep_alive: KeepAlive::new(Instant::default(), patience),
            transmit: Transmit::default(),
            aliases: OutgoingAliases::default(),
            exchange: Exchange::default(),
            identifiers: PacketIdentifiers::default(),
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            requests: VecDeque::new(),
            events: VecDeque::new(),
            latest_ticket: 0,
            assigned_client_identifier: None,
            session_is_kept: false,
        }
    }

    /// It is `now`: what waited too long is dropped.
    pub(super) fn at(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.expire();
    }

    pub(super) fn version(&self) -> ProtocolVersion {
        self.options.version
    }

    pub(super) fn is_connected(&self) -> bool {
        self.phase == Phase::Connected
    }

    pub(super) fn next_ticket(&mut self) -> Ticket {
        self.latest_ticket = self.latest_ticket.saturating_add(1);
        Ticket(self.latest_ticket)
    }

    pub(super) fn failed(&mut self, ticket: Ticket, failure: Failure) {
        self.events.push_back(Event::Failed { ticket, failure });
    }

    /// Encodes a packet, unless the server would not take its size ([MQTT-3.2.2-15]).
    pub(super) fn send(&mut self, packet: &Packet<'_>) -> Result<(), RequestError> {
        let most = self.server.maximum_packet_size_bytes;
        let version = self.version();
        match packet.encode_within(version, most, self.transmit.tail()) {
            Ok(()) => {
                self.keep_alive.sent(self.now);
                Ok(())
            }
            Err(TooLarge) => Err(RequestError::PacketTooLarge),
        }
    }

    /// Whether [`Self::send`] would take this packet.
    pub(super) fn check_size(&self, packet: &Packet<'_>) -> Result<(), RequestError> {
        let most = usize::try_from(self.server.maximum_packet_size_bytes).unwrap_or(usize::MAX);
        if packet.encoded_length(self.version()) > most { Err(RequestError::PacketTooLarge) } else { Ok(()) }
    }
}
