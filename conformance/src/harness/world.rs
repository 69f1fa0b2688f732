//! One script's broker, its connections and what was said.

use std::time::{Duration, Instant};

use super::connection::{Arrived, Connection, Next};
use super::failure::{fail, unsupported};
use super::rules::Rules;
use super::steps::Steps;
use super::transcript::Transcript;
use crate::targets::{Arrival, Instance};
use crate::version::Version;
use crate::wire::{Decoded, Outgoing, Packet, decode, pingreq};

/// How long to wait, in real time, for something that has to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to look, in real time, for something that should not come, where nothing better proves it.
const GLANCE: Duration = Duration::from_millis(300);

/// CONNACK of a server that does not know 5.0: unacceptable protocol version.
const REFUSED_AS_3_1_1: [u8; 4] = [0x20, 2, 0, 1];

/// How long a script may take in real time, beside what it waits for on purpose: a broker that never comes to an
/// end with its answers must not hold up the suite.
const LONGEST: Duration = Duration::from_secs(120);

pub(super) struct World {
    instance: Box<dyn Instance>,
    connections: Vec<Connection>,
    started: Instant,
    /// What the script let pass on purpose.
    waited: Duration,
    pub(super) transcript: Transcript,
    pub(super) steps: Steps,
    rules: Rules,
}

impl World {
    pub(super) fn new(instance: Box<dyn Instance>, rules: Rules) -> Self {
        Self {
            instance,
            connections: Vec::new(),
            started: Instant::now(),
            waited: Duration::ZERO,
            transcript: Transcript::default(),
            steps: Steps::default(),
            rules,
        }
    }

    #[track_caller]
    pub(super) fn open(&mut self, name: String, version: Version) -> usize {
        let link = self.instance.open().unwrap_or_else(|error| fail(error));
        self.connections.push(Connection::new(link, name, version));
        self.rules.open();
        let index = self.connections.len() - 1;
        self.note(index, "opens");
        index
    }

    pub(super) fn send(&mut self, index: usize, packet: &dyn Outgoing) {
        let connection = &self.connections[index];
        let bytes = packet.encode(connection.version);
        self.transcript.packet(
            self.now(),
            &connection.name,
            true,
            &bytes,
            &packet.describe(connection.version),
        );
        self.rules.sent(index, connection.version, &bytes, self.now());
        self.instance.write(self.connections[index].link, &bytes);
    }

    /// The next packet, in the order in which they came; `None` once the server has closed, or when nothing
    /// comes.
    #[track_caller]
    pub(super) fn next(&mut self, index: usize) -> Next {
        self.steps.begin();
        let next = self.first(index, PATIENCE);
        self.connections[index].over |= matches!(next, Next::Closed);
        next
    }

    /// The first packet that nobody asked for yet, or what comes.
    #[track_caller]
    fn first(&mut self, index: usize, patience: Duration) -> Next {
        match self.connections[index].packets.pop_front() {
            Some((number, packet)) => self.taken(index, number, packet),
            None => match self.arrive(index, patience) {
                Arrived::Packet(number, packet) => self.taken(index, number, packet),
                Arrived::Closed => self.ended(index),
                Arrived::Nothing => Next::Nothing,
            },
        }
    }

    fn taken(&mut self, index: usize, number: usize, packet: Packet) -> Next {
        self.steps.take_packet(index, number);
        Next::Packet(packet)
    }

    fn ended(&mut self, index: usize) -> Next {
        self.steps.take_end(index);
        Next::Closed
    }

    /// The first packet that `wanted` accepts; packets before it stay for later if `passes` lets them.
    #[track_caller]
    pub(super) fn find(
        &mut self,
        index: usize,
        wanted: impl Fn(&Packet) -> bool,
        passes: impl Fn(&Packet) -> bool,
    ) -> Next {
        self.steps.begin();
        let mut passed = 0;
        loop {
            let stops = |(_, packet): &(usize, Packet)| wanted(packet) || !passes(packet);
            let packets = &mut self.connections[index].packets;
            if let Some(found) = (passed..packets.len()).find(|place| packets.get(*place).is_some_and(stops))
                && let Some((number, packet)) = packets.remove(found)
            {
                return self.taken(index, number, packet);
            }
            passed = packets.len();
            match self.arrive(index, PATIENCE) {
                Arrived::Packet(number, packet) => {
                    self.connections[index].packets.push_back((number, packet));
                }
                Arrived::Closed => {
                    self.connections[index].over = true;
                    return self.ended(index);
                }
                Arrived::Nothing => return Next::Nothing,
            }
        }
    }

    /// One more packet from the wire.
    #[track_caller]
    fn arrive(&mut self, index: usize, patience: Duration) -> Arrived {
        loop {
            if let Some(packet) = self.decode(index) {
                let connection = &mut self.connections[index];
                connection.decoded += 1;
                if connection.passes_over_strangers && self.rules.is_strange(&packet) {
                    continue;
                }
                return Arrived::Packet(connection.decoded - 1, packet);
            }
            let connection = &mut self.connections[index];
            if connection.closed {
                return Arrived::Closed;
            }
            let arrival = self.instance.read(connection.link, patience);
            self.check_time();
            let connection = &mut self.connections[index];
            match arrival {
                Arrival::Bytes(bytes) => connection.bytes.extend(bytes),
                Arrival::Closed => {
                    connection.closed = true;
                    if !connection.bytes.is_empty() {
                        let left = std::mem::take(&mut connection.bytes);
                        fail(format!("the server closed within a packet: {left:02x?}"));
                    }
                    self.note(index, "<- closed by the server");
                }
                Arrival::Nothing => return Arrived::Nothing,
            }
        }
    }

    #[track_caller]
    fn decode(&mut self, index: usize) -> Option<Packet> {
        let now = self.now();
        let connection = &mut self.connections[index];
        match decode(&connection.bytes, connection.version) {
            Ok(Decoded::Partial) => None,
            Ok(Decoded::Whole(packet, size)) => {
                let bytes: Vec<u8> = connection.bytes.drain(..size).collect();
                self.transcript.packet(now, &connection.name, false, &bytes, &packet.to_string());
                if size > connection.limit {
                    fail(format!("{size} bytes, more than the client's Maximum Packet Size: {packet}"));
                }
                connection.accepted |= matches!(&packet, Packet::Connack(connack) if connack.code == 0);
                let (version, ignored) = (connection.version, connection.ignored);
                let judged = self.rules.came(index, version, &packet, now);
                if let Err(wrong) = judged.or_else(|wrong| if ignored { Ok(()) } else { Err(wrong) }) {
                    fail(format!("{}: {wrong}: {packet}", self.connections[index].name));
                }
                Some(packet)
            }
            // Some scripts have a client of 5.0 beside one of 3.1.1.
            Err(_) if connection.version.is_5() && connection.bytes == REFUSED_AS_3_1_1 => {
                unsupported("it needs MQTT 5.0 beside this version")
            }
            Err(wrong) => {
                self.transcript.packet(now, &connection.name, false, &connection.bytes, "(ill-formed)");
                fail(format!("the server sent an ill-formed packet: {wrong}"))
            }
        }
    }

    /// All bytes up to the close, undecoded: for answers whose version is open.
    #[track_caller]
    pub(super) fn raw_until_closed(&mut self, index: usize) -> Vec<u8> {
        self.steps.begin();
        self.steps.take_rest(index);
        let link = self.connections[index].link;
        let mut bytes = std::mem::take(&mut self.connections[index].bytes);
        loop {
            self.check_time();
            match self.instance.read(link, PATIENCE) {
                Arrival::Bytes(more) => bytes.extend(more),
                Arrival::Closed => break,
                Arrival::Nothing => fail(format!("the server does not close; it sent {bytes:02x?}")),
            }
        }
        let connection = &mut self.connections[index];
        (connection.closed, connection.over) = (true, true);
        let name = connection.name.clone();
        self.transcript.packet(self.now(), &name, false, &bytes, "(up to the close)");
        bytes
    }

    #[track_caller]
    fn check_time(&self) {
        if !self.instance.is_virtual() && self.started.elapsed() > LONGEST + self.waited {
            fail(format!("the conversation takes longer than {} s", LONGEST.as_secs()));
        }
    }

    /// Everything that was sent up to now has had its effect: on a target with real time, every accepted
    /// connection asks for a PINGRESP and gets it.
    #[track_caller]
    pub(super) fn settle(&mut self) {
        if self.instance.is_virtual() {
            return;
        }
        for index in 0..self.connections.len() {
            if self.connections[index].accepted && !self.connections[index].closed {
                self.ping(index);
            }
        }
    }

    #[track_caller]
    fn ping(&mut self, index: usize) {
        self.send(index, &pingreq());
        loop {
            match self.arrive(index, PATIENCE) {
                Arrived::Packet(_, Packet::Pingresp) | Arrived::Closed => return,
                Arrived::Packet(number, packet) => {
                    self.connections[index].packets.push_back((number, packet));
                }
                Arrived::Nothing => {
                    fail(format!("{}: PINGREQ is not answered", self.connections[index].name))
                }
            }
        }
    }

    /// What is there after everything has had its effect.
    #[track_caller]
    pub(super) fn leftover(&mut self, index: usize) -> Next {
        // The first round of questions proves that all was taken, the second that all was sent on.
        self.settle();
        self.settle();
        self.waiting(index)
    }

    #[track_caller]
    fn waiting(&mut self, index: usize) -> Next {
        self.steps.begin();
        let patience = if self.connections[index].accepted { Duration::ZERO } else { GLANCE };
        self.first(index, patience)
    }

    /// Nothing may be left on a connection that the script ends, as far as that can be seen without delay.
    #[track_caller]
    pub(super) fn nothing_left_on(&mut self, index: usize) {
        if self.connections[index].over || self.connections[index].ignored {
            return;
        }
        self.steps.begin();
        let looks = self.instance.is_virtual() || !self.connections[index].packets.is_empty();
        let next = if looks { self.first(index, Duration::ZERO) } else { Next::Nothing };
        if !matches!(next, Next::Nothing) {
            fail(format!("{}: left at the end of the connection: {next}", self.connections[index].name));
        }
    }

    pub(super) fn cut(&mut self, index: usize) {
        self.note(index, "-> cuts the connection");
        (self.connections[index].closed, self.connections[index].over) = (true, true);
        self.instance.cut(self.connections[index].link);
    }

    pub(super) fn wait(&mut self, duration: Duration) {
        let now = self.now();
        self.transcript.note(now, "", &format!("{} s pass", duration.as_secs_f64()));
        self.instance.wait(duration);
        self.waited += duration;
    }

    pub(super) fn set_limit(&mut self, index: usize, bytes: usize) {
        self.connections[index].limit = bytes;
    }

    pub(super) fn is_virtual(&self) -> bool {
        self.instance.is_virtual()
    }

    pub(super) fn version(&self, index: usize) -> Version {
        self.connections[index].version
    }

    pub(super) fn name(&self, index: usize) -> &str {
        &self.connections[index].name
    }

    /// The script has ended: no connection may hold anything that it did not ask for, nor have been closed
    /// without its noticing.
    #[track_caller]
    pub(super) fn nothing_left(&mut self) {
        self.settle();
        self.settle();
        for index in 0..self.connections.len() {
            let connection = &self.connections[index];
            if connection.over || connection.ignored {
                continue;
            }
            let next = self.waiting(index);
            if !matches!(next, Next::Nothing) {
                fail(format!("{}: left at the end of the script: {next}", self.connections[index].name));
            }
        }
    }

    pub(super) fn pass_over_strangers(&mut self, index: usize) {
        self.connections[index].passes_over_strangers = true;
    }

    pub(super) fn ignore(&mut self, index: usize) {
        self.connections[index].ignored = true;
    }

    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.instance.finish()
    }

    fn note(&mut self, index: usize, what: &str) {
        let now = self.now();
        let name = self.connections[index].name.clone();
        self.transcript.note(now, &name, what);
    }

    fn now(&self) -> Duration {
        if self.instance.is_virtual() { self.waited } else { self.started.elapsed() }
    }
}
