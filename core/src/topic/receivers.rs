//! The sessions that receive a message: one entry a session, however many of its filters match.

use alloc::vec::Vec;

use super::stand_in::QoS;
use super::tree::{SessionIndex, SubscriptionTree};

/// A session that receives what is published to a topic, and how (5.0 section 3.3.4, 3.1.1 section 3.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The session.
    pub session: SessionIndex,
    /// The highest QoS of its matching subscriptions.
    pub qos: QoS,
    /// Whether one of them wants the RETAIN flag as published.
    pub retain_as_published: bool,
    /// Whether one of them does not want what the session itself publishes.
    pub no_local: bool,
    pub(super) identifiers_start: u32,
    pub(super) identifiers_count: u32,
}

/// Receivers, to read.
#[derive(Clone, Copy, Debug)]
pub struct Receivers<'a> {
    receivers: &'a [Receiver],
    identifiers: &'a [u32],
    no_local: bool,
}

impl<'a> Receivers<'a> {
    /// The receivers, each session once.
    pub fn as_slice(&self) -> &'a [Receiver] {
        self.receivers
    }

    /// The Subscription Identifiers of all matching subscriptions of `receiver`, which must be one of these.
    pub fn identifiers(&self, receiver: &Receiver) -> &'a [u32] {
        let _ = receiver;
        self.identifiers
    }

    /// Whether any of the subscriptions has No Local. Then a publisher that is a receiver with
    /// [`Receiver::no_local`] must be given a set of its own: [`ReceiversBuffer::gather`] with its session.
    pub fn no_local(&self) -> bool {
        self.no_local
    }
}

/// No receivers.
pub(super) const NOBODY: Receivers<'static> = Receivers { receivers: &[], identifiers: &[], no_local: false };

/// Receivers as they are gathered. Kept and used again, so that gathering allocates nothing.
#[derive(Debug, Default)]
pub struct ReceiversBuffer {
    receivers: Vec<Receiver>,
    identifiers: Vec<u32>,
    no_local: bool,
}

impl ReceiversBuffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces what is in by the receivers of `topic`, in an order that follows from the history of the
    /// tree alone. With `publisher`, subscriptions of that session with No Local are left out
    /// [MQTT-3.8.3-3]; without, they are in (what a route remembers).
    pub fn gather(&mut self, tree: &mut SubscriptionTree, topic: &str, publisher: Option<SessionIndex>) {
        let _ = (tree, topic, publisher);
    }

    /// What was gathered.
    pub fn as_receivers(&self) -> Receivers<'_> {
        Receivers { receivers: &self.receivers, identifiers: &self.identifiers, no_local: self.no_local }
    }

    /// Bytes held.
    pub fn cost(&self) -> usize {
        0
    }
}
