//! A transport between a client and the broker.

use std::collections::VecDeque;

use crate::Version;
use crate::simulation::said::Said;
use crate::wire::Packet;

/// Bytes on their way, and who has ended it.
#[derive(Debug)]
pub(super) struct Link {
    /// The client.
    pub owner: usize,
    /// The version of its CONNECT.
    pub version: Version,
    /// Bytes that the broker has not got; those before `head` it has.
    pub to_broker: Vec<u8>,
    /// See `to_broker`.
    pub head: usize,
    /// The packets in `to_broker`, with the place behind each.
    pub said: VecDeque<(usize, Said)>,
    /// Packets that the client has not got.
    pub to_client: VecDeque<Packet>,
    /// The end of what the broker wrote, if that is no whole packet.
    pub partial: Vec<u8>,
    /// The broker wants no input.
    pub paused: bool,
    /// The socket takes nothing until then.
    pub stalled_until: u64,
    /// It takes nothing for a while from then on; 0 for never.
    pub stalls_from: u64,
    /// The broker has closed it.
    pub closed: bool,
    /// The client has no use for it any more.
    pub abandoned: bool,
    /// Nobody tells the broker that the client is gone.
    pub half_open: bool,
    /// An event is entered for it.
    pub arrival_entered: bool,
    /// See `arrival_entered`.
    pub delivery_entered: bool,
    /// The broker was told that it is gone.
    pub gone: bool,
}

impl Link {
    /// A new one.
    pub(super) fn new(owner: usize, version: Version) -> Self {
        Self {
            owner,
            version,
            to_broker: Vec::new(),
            head: 0,
            said: VecDeque::new(),
            to_client: VecDeque::new(),
            partial: Vec::new(),
            paused: false,
            stalled_until: 0,
            stalls_from: 0,
            closed: false,
            abandoned: false,
            half_open: false,
            arrival_entered: false,
            delivery_entered: false,
            gone: false,
        }
    }

    /// The client writes a packet.
    pub(super) fn write(&mut self, bytes: &[u8], said: Said) {
        self.to_broker.extend_from_slice(bytes);
        self.said.push_back((self.to_broker.len(), said));
    }

    /// Bytes that wait for the broker.
    pub(super) fn waiting(&self) -> usize {
        self.to_broker.len() - self.head
    }

    /// Bytes to the end of the next packet.
    pub(super) fn next_packet(&self) -> usize {
        self.said.front().map_or(self.waiting(), |(end, _)| end - self.head)
    }

    /// The packets that are whole once the broker has `bytes` more.
    pub(super) fn pass(&mut self, bytes: usize) -> Vec<Said> {
        self.head += bytes;
        let mut whole = Vec::new();
        while let Some((_, said)) = self.said.pop_front_if(|(end, _)| *end <= self.head) {
            whole.push(said);
        }
        if self.head == self.to_broker.len() {
            self.to_broker.clear();
            self.head = 0;
        }
        whole
    }

    /// What the client wrote last is lost.
    pub(super) fn truncate(&mut self, waiting: usize) {
        let end = self.head + waiting.min(self.waiting());
        self.to_broker.truncate(end);
        self.said.retain(|(of, _)| *of <= end);
    }
}
