//! The messages at QoS 1 and 2 that are on their way to one session, as its client sees it.

use std::collections::{BTreeMap, BTreeSet};

use hushwing_core::ConnectionId;
use hushwing_core::wire::{Acknowledgement, Packet, Publish, QoS, ReasonCode};

use super::model::Message;

/// What a client may send about a Packet Identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
}

struct Flight {
    message: Message,
    /// What the client sends next about it; `None` while it waits for PUBREL.
    due: Option<Due>,
    /// On which connection the last packet about it came, and on which its PUBLISH.
    connection: ConnectionId,
    published_on: ConnectionId,
}

/// See the module.
#[derive(Default)]
pub(super) struct Session {
    /// The client acknowledged what was not due. What it is sent then is nobody's fault but its own.
    is_unruly: bool,
    /// Its first connection: there, nothing is sent again.
    began_on: Option<ConnectionId>,
    flights: BTreeMap<u16, Flight>,
    /// Identifiers that the client said PUBREC for.
    received: BTreeSet<u16>,
    /// Messages that came at QoS 2, and those of them that were released.
    copies: BTreeMap<Message, usize>,
    released: BTreeSet<Message>,
}

impl Session {
    pub(super) fn connected(&mut self, connection: ConnectionId) {
        self.began_on.get_or_insert(connection);
    }

    pub(super) fn unruly(&mut self) {
        self.is_unruly = true;
    }

    pub(super) fn due(&self, connection: ConnectionId) -> impl Iterator<Item = (Due, u16)> {
        let here = self.flights.iter().filter(move |(_, flight)| flight.connection == connection);
        here.filter_map(|(identifier, flight)| flight.due.map(|due| (due, *identifier)))
    }

    /// The client acknowledges something.
    pub(super) fn acknowledged(&mut self, connection: ConnectionId, packet: &Packet<'_>) {
        let (due, acknowledgement) = match packet {
            Packet::Puback(acknowledgement) => (Due::Puback, acknowledgement),
            Packet::Pubrec(acknowledgement) => (Due::Pubrec, acknowledgement),
            Packet::Pubcomp(acknowledgement) => (Due::Pubcomp, acknowledgement),
            _ => return,
        };
        let Acknowledgement { packet_identifier, reason, .. } = acknowledgement;
        let identifier = packet_identifier.get();
        let flight = self.flights.get_mut(&identifier);
        let Some(flight) = flight.filter(|of| of.connection == connection && of.due == Some(due)) else {
            self.is_unruly = true;
            return;
        };
        if due == Due::Pubrec && *reason == ReasonCode::Success {
            flight.due = None;
            self.received.insert(identifier);
        } else {
            self.flights.remove(&identifier);
        }
    }

    /// The broker sent `publish`. `is_once`: the message was published once, and for one copy a session.
    pub(super) fn delivered(
        &mut self,
        connection: ConnectionId,
        publish: &Publish<'_>,
        message: Message,
        is_once: bool,
        receive_maximum: usize,
    ) {
        let Some(identifier) = publish.packet_identifier else { return };
        if self.is_unruly {
            return;
        }
        let is_first = self.began_on == Some(connection);
        assert!(!(is_first && publish.duplicate), "sent again on the first connection: {publish:?}");
        if publish.qos == QoS::ExactlyOnce && is_once {
            let copies = self.copies.entry(message.clone()).or_default();
            *copies += usize::from(!publish.duplicate);
            assert!(*copies <= 1, "{message:?} came twice at QoS 2");
            assert!(!self.released.contains(&message), "{message:?} came after its PUBREL");
        }
        let due = Some(if publish.qos == QoS::ExactlyOnce { Due::Pubrec } else { Due::Puback });
        let flight = Flight { message, due, connection, published_on: connection };
        let message = flight.message.clone();
        if let Some(before) = self.flights.insert(identifier.get(), flight) {
            assert!(publish.duplicate, "{identifier} is in use for {:?}: {publish:?}", before.message);
            assert_eq!(before.message, message, "{identifier} is in use");
            assert_ne!(before.published_on, connection, "{identifier} is sent again on the same connection");
            assert_ne!(before.due, Some(Due::Pubcomp), "{identifier}: PUBLISH after PUBREL");
        }
        let here = self.flights.values().filter(|flight| flight.published_on == connection).count();
        assert!(here <= receive_maximum, "{here} are in flight, {receive_maximum} may be");
    }

    /// The broker sent PUBREL.
    pub(super) fn released(&mut self, connection: ConnectionId, identifier: u16) {
        if self.is_unruly {
            return;
        }
        assert!(self.received.contains(&identifier), "PUBREL for {identifier}, which had no PUBREC");
        let Some(flight) = self.flights.get_mut(&identifier) else { return };
        assert!(matches!(flight.due, None | Some(Due::Pubcomp)), "{identifier}: PUBREL before PUBREC");
        flight.due = Some(Due::Pubcomp);
        flight.connection = connection;
        self.released.insert(flight.message.clone());
    }
}
