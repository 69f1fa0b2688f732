//! What comes out of the machine.

use alloc::vec::Vec;

use crate::ask::Ask;
use crate::event::Event;
use crate::id::{ConnectionId, Position, Question};
use crate::record::Record;

/// Something for the driver to do. Matched exhaustively by drivers on purpose: a new effect must break them
/// at compile time.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Output {
    /// Bytes wait: call [`crate::Broker::transmit`] once this turn's inputs are in. Said again only after
    /// `transmit` returned `None`.
    Transmit {
        /// Whom they wait for.
        connection: ConnectionId,
    },
    /// Back-pressure: stop, or go on, reading from this connection.
    Read {
        /// Which connection.
        connection: ConnectionId,
        /// `false`: stop.
        enabled: bool,
    },
    /// Write what [`crate::Broker::transmit`] still has, shut down sending, read and discard until the peer
    /// closes or a few seconds have passed, close, then say [`crate::Input::Closed`] once. Discarding matters:
    /// unread input makes a kernel reset the connection and destroys the last packet.
    Close {
        /// Which connection.
        connection: ConnectionId,
    },
    /// Store these records as one group, whole or not at all, after all groups with smaller positions; then
    /// say [`crate::Input::Persisted`]. One sync may cover many groups.
    Persist {
        /// The place of this group.
        position: Position,
        /// What changed, in order.
        records: Vec<Record>,
    },
    /// Answer with [`crate::Input::Answer`].
    Ask {
        /// The number to answer to.
        question: Question,
        /// What is asked.
        about: Ask,
    },
    /// For logs and metrics. Nothing depends on anyone reading it.
    Event(Event),
    /// Every connection was told to go and every promise is kept: the driver may stop once all connections
    /// are closed. Follows [`crate::Command::Shutdown`].
    Stopped,
}
