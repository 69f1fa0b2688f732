//! QoS 1 and 2 messages on their way to a client: the sender's half of 3.1.1 and 5.0 section 4.3.
//!
//! One list in original order holds what was given a packet identifier; behind it stands the queue. Entries
//! before the cursor were sent on this connection, those after it wait for their turn, for a slot in the
//! client's Receive Maximum, or for the journal.

use alloc::collections::VecDeque;
use core::num::NonZeroU16;

use super::packet_identifier::PacketIdentifiers;
use super::queue::{Queue, Queued};
use super::replay::Replays;
use crate::fault::{Fault, Planted};
use crate::id::Position;
use crate::message::MessageIndex;
use crate::wire::QoS;

/// What is owed for one packet identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// PUBLISH, until PUBACK or PUBREC.
    Publish,
    /// PUBREL, until PUBCOMP. The message is gone.
    Release,
}

/// A delivery with a packet identifier.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) packet_identifier: NonZeroU16,
    pub(crate) stage: Stage,
    /// PUBLISH was sent, on this connection or an earlier one: from now on with DUP ([MQTT-3.3.1-1]).
    pub(crate) started: bool,
    /// It holds a slot of this connection's window.
    pub(crate) holds_slot: bool,
    pub(crate) queued: Queued,
}

impl InFlight {
    /// A message that passes by, of which nothing is kept.
    const PASSING: Self = Self {
        packet_identifier: NonZeroU16::MIN,
        stage: Stage::Publish,
        started: false,
        holds_slot: true,
        queued: Queued {
            message: MessageIndex::NONE,
            entry: 0,
            wait: Position::NONE,
            bytes: 0,
            qos: QoS::AtMostOnce,
            retain: false,
            replayed: false,
            details: None,
        },
    };

    /// Whether another member of its group may have it, now that this session is over. A QoS 2 message that
    /// was started is for nobody else ([MQTT-4.8.2-5] of 5.0).
    pub(crate) fn may_be_handed_on(&self) -> bool {
        let begun = self.started && self.queued.qos == QoS::ExactlyOnce;
        self.stage == Stage::Publish && !begun && self.queued.group().is_some()
    }

    fn wants_slot(&self) -> bool {
        self.stage == Stage::Publish && !self.holds_slot
    }
}

/// The sender's state for one session.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    in_flight: VecDeque<InFlight>,
    cursor: usize,
    in_flight_heap: usize,
    pub(crate) queue: Queue,
    /// It was told that the queue is full.
    pub(crate) told_full: bool,
    /// Retained messages that are still to be sent.
    pub(crate) replays: Replays,
    identifiers: PacketIdentifiers,
    /// Free slots, and how many there were at the start of the connection (5.0 section 4.9).
    free_slots: u16,
    slots: u16,
    /// PUBLISH packets to send again that have no slot yet; they go before anything new.
    without_slot: usize,
}

impl Outgoing {
    /// A connection begins: whatever is in flight is sent again, in its order ([MQTT-4.4.0-1]), and the window
    /// is as wide as the client said.
    pub(crate) fn connected(&mut self, slots: u16) {
        self.cursor = 0;
        self.slots = slots;
        self.free_slots = slots;
        self.in_flight.iter_mut().for_each(|entry| entry.holds_slot = false);
        self.without_slot = self.in_flight.iter().filter(|entry| entry.wants_slot()).count();
    }

    /// The mistakes that can be made as a connection begins.
    pub(crate) fn connected_wrongly(&mut self, planted: Planted) {
        if planted.is(Fault::InFlightOrderLost) {
            self.in_flight.make_contiguous().reverse();
            self.identifiers.scattered();
        }
        if planted.is(Fault::WindowGrows) {
            let released = self.in_flight.iter_mut().filter(|entry| entry.stage == Stage::Release);
            released.for_each(|entry| entry.holds_slot = true);
        }
    }

    /// The next entry that was not sent on this connection.
    pub(crate) fn next(&self) -> Option<&InFlight> {
        self.in_flight.get(self.cursor)
    }

    pub(crate) fn next_mut(&mut self) -> Option<&mut InFlight> {
        self.in_flight.get_mut(self.cursor)
    }

    /// Takes a slot for the next entry, if it needs one; false if the window is closed. Only PUBLISH is ever
    /// held back ([MQTT-3.3.4-9] of 5.0).
    pub(crate) fn take_slot(&mut self) -> bool {
        let Some(entry) = self.in_flight.get_mut(self.cursor) else { return false };
        if !entry.wants_slot() {
            return true;
        }
        if self.free_slots == 0 {
            return false;
        }
        self.free_slots -= 1;
        self.without_slot -= 1;
        entry.holds_slot = true;
        true
    }

    /// Whether the client's Receive Maximum lets no PUBLISH pass.
    pub(crate) fn is_window_closed(&self) -> bool {
        self.free_slots == 0
    }

    /// Puts the first PUBREL that was not sent on this connection before the PUBLISH packets that wait for a slot,
    /// if there is one: it needs none, and its order is one among PUBRELs only ([MQTT-4.6.0-4] of both).
    pub(crate) fn bring_release_forward(&mut self) -> bool {
        let behind = self.in_flight.iter().skip(self.cursor).position(|of| of.stage == Stage::Release);
        let entry = behind.and_then(|behind| self.in_flight.remove(self.cursor + behind));
        let Some(entry) = entry else { return false };
        self.in_flight.insert(self.cursor, entry);
        self.identifiers.scattered();
        true
    }

    /// The next entry was sent.
    pub(crate) fn advance(&mut self) {
        if let Some(entry) = self.in_flight.get_mut(self.cursor) {
            entry.started = true;
            self.cursor += 1;
        }
    }

    /// What was given a packet identifier last.
    pub(crate) fn last_in_flight(&self) -> Option<&InFlight> {
        self.in_flight.back()
    }

    /// Whether a message of the queue may be given a packet identifier now.
    pub(crate) fn may_admit(&self, in_flight_maximum: u16) -> bool {
        self.without_slot == 0 && self.free_slots > 0 && self.in_flight.len() < usize::from(in_flight_maximum)
    }

    /// Whether a message would leave the queue as soon as it came.
    pub(crate) fn takes_at_once(&self, in_flight_maximum: u16) -> bool {
        self.next().is_none()
            && self.queue.is_empty()
            && self.replays.is_empty()
            && self.may_admit(in_flight_maximum)
    }

    /// Whether something waits that was not sent on this connection.
    pub(crate) fn has_more(&self) -> bool {
        self.next().is_some() || !self.queue.is_empty() || !self.replays.is_empty()
    }

    /// Gives a message a packet identifier and a slot, last in line. `None` if there is none left.
    pub(crate) fn admit(&mut self, queued: Queued, planted: Planted) -> Option<&InFlight> {
        let packet_identifier = self.take_identifier(planted)?;
        self.in_flight_heap += queued.heap_cost();
        self.in_flight.push_back(InFlight {
            packet_identifier,
            stage: Stage::Publish,
            started: false,
            holds_slot: true,
            queued,
        });
        self.in_flight.back()
    }

    /// The same for a message that is not stored and that this connection gets at once; its packet identifier.
    /// The entry is written where it stands: nearly every message of a busy broker comes this way.
    #[inline]
    pub(crate) fn admit_passing(&mut self, qos: QoS, retain: bool, planted: Planted) -> Option<NonZeroU16> {
        let packet_identifier = self.take_identifier(planted)?;
        self.in_flight.push_back(InFlight::PASSING);
        let entry = self.in_flight.back_mut()?;
        entry.packet_identifier = packet_identifier;
        entry.queued.qos = qos;
        entry.queued.retain = retain;
        Some(packet_identifier)
    }

    /// A packet identifier that is free, and a slot for it.
    #[inline]
    fn take_identifier(&mut self, planted: Planted) -> Option<NonZeroU16> {
        let reused = planted.is(Fault::IdentifierReusedInRelease).then(|| self.released()).flatten();
        let ends = self.in_flight.front().zip(self.in_flight.back());
        let ends = ends.map(|(front, back)| (front.packet_identifier, back.packet_identifier));
        let in_use = |identifier| self.in_flight.iter().any(|entry| entry.packet_identifier == identifier);
        let packet_identifier = match reused {
            Some(packet_identifier) => packet_identifier,
            None => self.identifiers.allocate(ends, in_use)?,
        };
        self.free_slots = self.free_slots.checked_sub(1)?;
        Some(packet_identifier)
    }

    /// A packet identifier that PUBREL is owed for, and no PUBLISH.
    fn released(&self) -> Option<NonZeroU16> {
        let of_publish = |identifier| {
            let publishes = self.in_flight.iter().filter(|entry| entry.stage == Stage::Publish);
            publishes.map(|entry| entry.packet_identifier).any(|of| of == identifier)
        };
        let released = self.in_flight.iter().filter(|entry| entry.stage == Stage::Release);
        released.map(|entry| entry.packet_identifier).find(|identifier| !of_publish(*identifier))
    }

    /// Puts back what the journal kept, in its order.
    pub(crate) fn restore(&mut self, packet_identifier: NonZeroU16, stage: Stage, queued: Queued) {
        self.in_flight_heap += queued.heap_cost();
        self.in_flight.push_back(InFlight {
            packet_identifier,
            stage,
            started: true,
            holds_slot: false,
            queued,
        });
        self.without_slot += usize::from(stage == Stage::Publish);
        self.identifiers.scattered();
    }

    /// The delivery that an acknowledgement speaks of, if it was ever sent.
    pub(crate) fn find(&self, packet_identifier: NonZeroU16) -> Option<(usize, &InFlight)> {
        let same = |(_, entry): &(usize, &InFlight)| entry.packet_identifier == packet_identifier;
        // Identifiers ascend: unless some in between are done, this is the place.
        let first = self.in_flight.front()?.packet_identifier.get();
        let guess = usize::from(packet_identifier.get().wrapping_sub(first));
        let guessed = self.in_flight.get(guess).map(|entry| (guess, entry)).filter(same);
        guessed.or_else(|| self.in_flight.iter().enumerate().find(same)).filter(|(_, entry)| entry.started)
    }

    /// The oldest delivery is over, if it is this one and nothing is behind it that has to be forgotten; whether
    /// it was.
    #[inline]
    pub(crate) fn finish_passing(&mut self, index: usize) -> bool {
        let passing = |entry: &InFlight| {
            let queued = &entry.queued;
            let nothing =
                queued.message == MessageIndex::NONE && queued.entry == 0 && queued.details.is_none();
            nothing && entry.started && entry.holds_slot
        };
        if index != 0 || self.cursor == 0 || !self.in_flight.front().is_some_and(passing) {
            return false;
        }
        self.in_flight.pop_front();
        self.cursor -= 1;
        self.free_slots = self.free_slots.saturating_add(1).min(self.slots);
        self.shrink();
        true
    }

    /// A delivery is over: frees its identifier and its slot, never beyond the window's start value
    /// (5.0 section 4.9).
    #[inline]
    pub(crate) fn finish(&mut self, index: usize) -> Option<InFlight> {
        // Mostly it is the oldest.
        let entry = if index == 0 { self.in_flight.pop_front() } else { self.in_flight.remove(index) }?;
        if index < self.cursor {
            self.cursor -= 1;
        }
        self.without_slot -= usize::from(entry.wants_slot());
        if entry.holds_slot {
            self.free_slots = self.free_slots.saturating_add(1).min(self.slots);
        }
        self.in_flight_heap -= entry.queued.heap_cost();
        self.shrink();
        Some(entry)
    }

    /// The next entry is dropped instead of sent.
    pub(crate) fn drop_next(&mut self) -> Option<InFlight> {
        self.finish(self.cursor)
    }

    /// PUBREC came: from now on PUBREL is owed.
    pub(crate) fn received(&mut self, index: usize) -> Option<&mut InFlight> {
        let entry = self.in_flight.get_mut(index)?;
        self.without_slot -= usize::from(entry.wants_slot());
        entry.stage = Stage::Release;
        Some(entry)
    }

    /// The first of the queue, if the window has room for it; it will be the next entry once it is admitted.
    pub(crate) fn jump(&mut self) -> Option<Queued> {
        let next = self.queue.front().filter(|queued| queued.qos > QoS::AtMostOnce && self.free_slots > 0);
        next.is_some().then(|| self.queue.pop()).flatten().inspect(|_| self.cursor = self.in_flight.len())
    }

    /// Puts all entries but the first `count` before these.
    pub(crate) fn put_behind(&mut self, count: usize) {
        self.cursor = 0;
        self.in_flight.rotate_left(count.min(self.in_flight.len()));
        self.identifiers.scattered();
    }

    /// Everything that was given a packet identifier; the session is over.
    pub(crate) fn drain_in_flight(&mut self) -> impl Iterator<Item = InFlight> + '_ {
        self.cursor = 0;
        self.without_slot = 0;
        self.in_flight_heap = 0;
        self.in_flight.drain(..)
    }

    /// Whether the client has something to acknowledge.
    pub(crate) fn has_in_flight(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// How many have a packet identifier.
    pub(crate) fn in_flight_len(&self) -> usize {
        self.in_flight.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.in_flight.is_empty() && self.queue.is_empty() && self.replays.is_empty()
    }

    /// Bytes, this value included: it lives in a box.
    pub(crate) fn cost(&self) -> usize {
        size_of::<Self>()
            + self.in_flight.capacity() * size_of::<InFlight>()
            + self.in_flight_heap
            + self.queue.heap_cost()
            + self.replays.heap_cost()
    }

    /// A burst must not leave a large empty list behind.
    fn shrink(&mut self) {
        if self.in_flight.is_empty() && self.in_flight.capacity() > 64 {
            self.in_flight.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests;
