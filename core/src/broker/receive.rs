//! Bytes from a client become packets, one at a time, in place where they can be.

use alloc::vec::Vec;

use super::Broker;
use super::clients::Clients;
use crate::connection::{Connection, ConnectionIndex, Phase, pause};
use crate::event::DisconnectReason;
use crate::fault::Fault;
use crate::hooks::AcceptDecision;
use crate::id::ConnectionId;
use crate::input::Origin;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{Frame, Packet, PacketType, Publish, ReasonCode, Sender, frame_length, split_frame};

/// Whether the next packet of a connection may be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Yes.
    Continue,
    /// Not before the embedder has answered, or the rate limit allows it; the packet at hand is handled again
    /// then.
    Wait,
}

/// What one packet came to.
pub(super) type Handled = Result<Flow, Violation>;

impl Broker {
    pub(super) fn opened(&mut self, now: Instant, id: ConnectionId, origin: Origin) {
        if self.clients.connections.find(id).is_some() {
            return;
        }
        self.clients.counters.connections_opened += 1;
        let hooks = self.clients.hooks.wanting(|wants| wants.accept);
        let accepted = hooks.is_none_or(|hooks| hooks.on_accept(id, &origin) == AcceptDecision::Allow);
        let connection = Connection::new(id, origin, now);
        let index = self.clients.connections.insert(connection);
        let timeout = self.config().limits.connect_timeout_seconds;
        self.clients.arm_connection(index, now.after_seconds(timeout.into()));
        self.clients.recount_connection(index);
        if !self.shutdown.accepts() {
            self.shut_out(now, index);
        } else if !accepted {
            self.close_connection(now, index, DisconnectReason::Refused(ReasonCode::NotAuthorized));
        }
    }

    pub(super) fn received(&mut self, now: Instant, id: ConnectionId, bytes: &[u8]) {
        let Some(index) = self.clients.connections.find_again(id) else { return };
        self.clients.counters.bytes_in += bytes.len() as u64;
        let came = bytes.len();
        let bytes = self.complete_tail(now, index, bytes);
        self.handle_frames(now, index, bytes);
        self.close_if_far_ahead(now, index);
        self.clients.wait_for_turn(index);
        self.press_half(now, index);
        self.clients.watch_half(now, index, came);
        self.clients.pause_if_deaf(index);
        self.clients.watch_output(now, index);
        self.clients.recount_connection(index);
    }

    /// The question of this connection is answered, its message has reached everybody, its rate allows the next
    /// one, or it has another turn: goes on with what came meanwhile.
    pub(super) fn resume(&mut self, now: Instant, index: ConnectionIndex) {
        let Some(connection) = self.clients.connection(index) else { return };
        let work = connection.work();
        work.half = None;
        let tail = core::mem::take(&mut work.tail);
        self.handle_frames(now, index, &tail);
        self.clients.wait_for_turn(index);
        self.clients.watch_half(now, index, 0);
        self.clients.recount_connection(index);
    }

    /// Handles every whole packet in `bytes`, and keeps the rest.
    fn handle_frames(&mut self, now: Instant, index: ConnectionIndex, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.reads(index) {
            match self.next_frames(now, index, bytes) {
                Ok(rest) if rest.len() < bytes.len() => bytes = rest,
                Ok(_) => break,
                Err(violation) => return self.violated(now, index, violation),
            }
        }
        let takes_input = self.clients.connections.get(index).is_some_and(takes_input);
        if let Some(connection) = self.clients.connection(index).filter(|_| takes_input && !bytes.is_empty())
        {
            connection.work().tail.extend_from_slice(bytes);
        }
    }

    /// Handles the packets at the start of `bytes`, one at least if that is possible, and gives the rest.
    fn next_frames<'b>(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        bytes: &'b [u8],
    ) -> Result<&'b [u8], Violation> {
        let mut rest = bytes;
        // Where there is a limit to them, every message is looked at.
        if !self.config().limits.has_publish_rate() {
            rest = self.publish_repeated(now, index, rest);
            rest = self.publish_repeated_acknowledged(now, index, rest)?;
        }
        let rest = self.acknowledged_plainly(now, index, rest)?;
        if rest.len() < bytes.len() {
            self.heard(now, index, None);
            return Ok(rest);
        }
        let length = self.first_frame(now, index, bytes)?.unwrap_or_default();
        Ok(bytes.get(length..).unwrap_or_default())
    }

    /// Handles the packet at the start of `bytes`; its length, if it is whole and was handled.
    fn first_frame(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        bytes: &[u8],
    ) -> Result<Option<usize>, Violation> {
        let (version, maximum) = self.framing(index);
        let Some(frame) = split_frame(bytes, version, maximum)? else { return Ok(None) };
        self.heard(now, index, Some(frame.header.packet_type));
        let flow = self.handle_frame(now, index, &frame)?;
        if flow == Flow::Wait {
            return Ok(None);
        }
        self.handled(now, bytes);
        if frame.header.packet_type == PacketType::Publish {
            self.count_published(now, index, frame.length);
            self.pause_publisher(now, index);
        }
        Ok(Some(frame.length))
    }

    /// A packet came, if it is not plain of this type.
    fn heard(&mut self, now: Instant, index: ConnectionIndex, packet_type: Option<PacketType>) {
        let only_ping = self.config().planted().is(Fault::OnlyPingKeepsAlive);
        if only_ping && !matches!(packet_type, Some(PacketType::Connect | PacketType::Pingreq)) {
            return;
        }
        self.clients.hear_from(now, index);
    }

    /// The packet at the start of `bytes` was handled.
    pub(super) fn handled(&mut self, now: Instant, bytes: &[u8]) {
        bytes.first().iter().for_each(|first| self.clients.counters.packets_in.count(**first));
        // All records made by one packet are one group.
        self.clients.commit();
        self.relieve_growth(now);
    }

    /// Completes a packet whose start came before, and handles it. What is left of `bytes`.
    fn complete_tail<'b>(&mut self, now: Instant, index: ConnectionIndex, mut bytes: &'b [u8]) -> &'b [u8] {
        while !bytes.is_empty() && self.reads(index) {
            let (version, maximum) = self.framing(index);
            let Some(work) = self.clients.connection(index).and_then(|of| of.work.as_mut()) else { break };
            let tail = &mut work.tail;
            if tail.is_empty() {
                break;
            }
            let missing = match frame_length(tail, version, maximum) {
                // The fixed header is not whole yet.
                Ok(None) => 1,
                Ok(Some(length)) => length.saturating_sub(tail.len()),
                Err(violation) => {
                    self.violated(now, index, violation);
                    return &[];
                }
            };
            let (head, rest) = bytes.split_at(missing.min(bytes.len()));
            extend_within(tail, head, missing);
            bytes = rest;
            if head.len() == missing && self.is_whole(index) {
                let tail = self.take_tail(index);
                self.handle_frames(now, index, &tail);
            }
        }
        bytes
    }

    fn is_whole(&self, index: ConnectionIndex) -> bool {
        let (version, maximum) = self.framing(index);
        let tail = self.clients.connections.get(index).and_then(|of| of.work.as_ref()).map(|work| &work.tail);
        tail.is_some_and(|tail| match frame_length(tail, version, maximum) {
            Ok(length) => length.is_some_and(|length| length <= tail.len()),
            Err(_) => true,
        })
    }

    fn take_tail(&mut self, index: ConnectionIndex) -> Vec<u8> {
        let Some(work) = self.clients.connection(index).and_then(|connection| connection.work.as_mut())
        else {
            return Vec::new();
        };
        // The next packet has its own time.
        work.half = None;
        core::mem::take(&mut work.tail)
    }

    /// Whether packets of this connection may be handled now.
    pub(super) fn reads(&self, index: ConnectionIndex) -> bool {
        self.clients.connections.get(index).is_some_and(|connection| self.clients.reads(connection))
    }

    /// What the framing has to know: the version, once CONNECT said it, and the largest packet.
    fn framing(&self, index: ConnectionIndex) -> (Option<crate::version::ProtocolVersion>, u32) {
        let limits = &self.config().limits;
        match self.clients.connections.get(index) {
            Some(connection) if connection.phase != Phase::Opening => {
                (Some(connection.version), self.clients.promised(index).maximum_packet_size_bytes)
            }
            Some(connection) if self.holds_connect(index) => {
                (Some(connection.version), limits.maximum_packet_size_bytes)
            }
            _ => (None, limits.connect_packet_size_bytes.min(limits.maximum_packet_size_bytes)),
        }
    }

    fn handle_frame(&mut self, now: Instant, index: ConnectionIndex, frame: &Frame<'_>) -> Handled {
        let Some(connection) = self.clients.connections.get(index) else { return Ok(Flow::Continue) };
        let version = connection.version;
        match (connection.phase, frame.header.packet_type) {
            (Phase::Opening, _) if self.holds_connect(index) => {
                return self.before_connack(now, index, frame);
            }
            (Phase::Opening, PacketType::Connect) => return self.connect(now, index, frame),
            // [MQTT-3.1.0-1]
            (Phase::Opening, _) => return Err(Violation::FirstPacketNotConnect),
            // [MQTT-3.1.0-2]
            (_, PacketType::Connect) => return Err(Violation::SecondConnect),
            (_, PacketType::Publish) => {
                if !self.is_within_rate(now, index, frame.length)? {
                    return Ok(Flow::Wait);
                }
                let publish = Publish::decode(frame, version, Sender::Client)?;
                return self.publish(now, index, &publish);
            }
            _ => {}
        }
        match Packet::decode(frame, version, Sender::Client)? {
            Packet::Puback(acknowledgement) => self.puback(now, index, &acknowledgement),
            Packet::Pubrec(acknowledgement) => self.pubrec(now, index, &acknowledgement),
            Packet::Pubrel(acknowledgement) => self.pubrel(index, &acknowledgement),
            Packet::Pubcomp(acknowledgement) => self.pubcomp(now, index, &acknowledgement),
            Packet::Subscribe(subscribe) => self.subscribe(now, index, &subscribe),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(now, index, &unsubscribe),
            Packet::Pingreq => {
                // [MQTT-3.12.4-1] of both
                self.clients.reply_at_once(index, &Packet::Pingresp)?;
                Ok(Flow::Continue)
            }
            Packet::Disconnect(disconnect) => self.disconnect(now, index, &disconnect),
            Packet::Auth(auth) => self.auth(now, index, &auth),
            _ => Err(Violation::ServerOnlyPacket),
        }
    }
}

impl Clients {
    /// Whether packets of this connection may be handled now.
    #[inline]
    pub(super) fn reads(&self, connection: &Connection) -> bool {
        takes_input(connection)
            && connection.paused & (pause::FAN_OUT | pause::TURN) == 0
            && !self.turn.is_over()
            && connection.work.as_ref().is_none_or(|work| !work.waits())
    }
}

/// Whether what comes is still of interest.
fn takes_input(connection: &Connection) -> bool {
    matches!(connection.phase, Phase::Opening | Phase::Connected)
}

/// Appends to a packet that `missing` bytes are missing of. The buffer grows with what came, never by what
/// was declared, and never beyond it.
fn extend_within(tail: &mut Vec<u8>, bytes: &[u8], missing: usize) {
    let needed = tail.len() + bytes.len();
    if needed > tail.capacity() {
        let capacity = needed.max(2 * tail.capacity()).min(tail.len() + missing).max(64);
        tail.reserve_exact(capacity - tail.len());
    }
    tail.extend_from_slice(bytes);
}
