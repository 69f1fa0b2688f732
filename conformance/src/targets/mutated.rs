//! A target that gets one answer wrong on purpose: a script that does not notice expects too little.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::{Arrival, Instance, Link, Setup, Target};
use crate::mutations::altered;
use crate::version::Version;

/// What is done to one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The packet does not come.
    Drop,
    /// The packet comes twice.
    Double,
    /// The connection ends before the packet.
    Close,
    /// The connection does not end: the close does not come.
    KeepOpen,
    /// One field of the packet is another: the one of this number in [`altered`].
    Alter(usize),
}

/// A target whose answer number `at` (packets, or closes for [`Mutation::KeepOpen`], counted from 0) is mutated.
pub struct Mutated<T> {
    inner: T,
    plan: Plan,
}

#[derive(Clone)]
struct Plan {
    mutation: Mutation,
    at: usize,
    /// What the last run saw.
    seen: Arc<Mutex<Seen>>,
}

impl Plan {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// What came by in a run.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The packets, in the order in which they came.
    pub packets: Vec<SeenPacket>,
    /// The connections that the server closed, in that order.
    pub closes: Vec<Link>,
}

/// A packet that came by.
#[derive(Clone, Debug)]
pub struct SeenPacket {
    /// Where.
    pub link: Link,
    /// Its number among the packets of this connection, from 0.
    pub number: usize,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the client of this connection speaks.
    pub version: Version,
}

impl<T: Target> Mutated<T> {
    /// Mutates one answer of `inner`.
    pub fn new(inner: T, mutation: Mutation, at: usize) -> Self {
        Self { inner, plan: Plan { mutation, at, seen: Arc::default() } }
    }

    /// Leaves every answer as it is, and counts them.
    pub fn none(inner: T) -> Self {
        Self::new(inner, Mutation::Drop, usize::MAX)
    }

    /// What the last run saw.
    pub fn seen(&self) -> Seen {
        self.plan.seen().clone()
    }
}

impl<T: Target> Target for Mutated<T> {
    fn name(&self) -> String {
        format!("{}, with {:?} at {}", self.inner.name(), self.plan.mutation, self.plan.at)
    }

    fn is_ours(&self) -> bool {
        self.inner.is_ours()
    }

    fn start(&self, setup: Setup) -> Result<Box<dyn Instance>, String> {
        let inner = self.inner.start(setup)?;
        *self.plan.seen() = Seen::default();
        Ok(Box::new(Wrong { inner, plan: self.plan.clone(), links: BTreeMap::new() }))
    }
}

struct Wrong {
    inner: Box<dyn Instance>,
    plan: Plan,
    links: BTreeMap<usize, State>,
}

struct State {
    /// How many packets came.
    packets: usize,
    /// What the client said in CONNECT.
    version: Version,
    partial: Vec<u8>,
    closed: bool,
    kept_open: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { packets: 0, version: Version::V3_1_1, partial: Vec::new(), closed: false, kept_open: false }
    }
}

impl Plan {
    /// The whole packets in what came, one of them perhaps mutated.
    fn through(&self, link: Link, state: &mut State, bytes: &[u8]) -> Vec<u8> {
        state.partial.extend(bytes);
        let mut out = Vec::new();
        while let Some(length) = whole(&state.partial).filter(|_| !state.closed) {
            let mut packet: Vec<u8> = state.partial.drain(..length).collect();
            let mut seen = self.seen();
            let at = seen.packets.len();
            let (number, version) = (state.packets, state.version);
            seen.packets.push(SeenPacket { link, number, bytes: packet.clone(), version });
            state.packets += 1;
            match self.mutation {
                _ if at != self.at => {}
                Mutation::Drop => continue,
                Mutation::Double => out.extend(&packet),
                Mutation::Close => {
                    state.closed = true;
                    continue;
                }
                Mutation::KeepOpen => {}
                Mutation::Alter(field) => {
                    if let Some((_, other)) = altered(&packet, state.version).into_iter().nth(field) {
                        packet = other;
                    }
                }
            }
            out.extend(packet);
        }
        out
    }

    /// Whether this close is to be swallowed.
    fn swallows_close(&self, link: Link) -> bool {
        let mut seen = self.seen();
        seen.closes.push(link);
        self.mutation == Mutation::KeepOpen && seen.closes.len() - 1 == self.at
    }
}

impl Instance for Wrong {
    fn open(&mut self) -> Result<Link, String> {
        self.inner.open()
    }

    fn write(&mut self, link: Link, bytes: &[u8]) {
        if let Some(version) = version(bytes) {
            self.links.entry(link.0).or_default().version = version;
        }
        self.inner.write(link, bytes);
    }

    fn read(&mut self, link: Link, patience: Duration) -> Arrival {
        loop {
            let state = self.links.entry(link.0).or_default();
            if state.kept_open {
                return Arrival::Nothing;
            }
            if state.closed {
                return Arrival::Closed;
            }
            match self.inner.read(link, patience) {
                Arrival::Bytes(bytes) => {
                    let out = self.plan.through(link, state, &bytes);
                    if !out.is_empty() {
                        return Arrival::Bytes(out);
                    }
                }
                Arrival::Closed => {
                    state.kept_open = self.plan.swallows_close(link);
                    state.closed = !state.kept_open;
                }
                Arrival::Nothing => return Arrival::Nothing,
            }
        }
    }

    fn cut(&mut self, link: Link) {
        self.inner.cut(link);
    }

    fn wait(&mut self, duration: Duration) {
        self.inner.wait(duration);
    }

    fn is_virtual(&self) -> bool {
        self.inner.is_virtual()
    }

    fn finish(&mut self) -> Result<(), String> {
        self.inner.finish()
    }
}

/// The version that a CONNECT at the start of `bytes` asks for.
fn version(bytes: &[u8]) -> Option<Version> {
    let name = bytes.strip_prefix(&[0x10])?;
    let length = 1 + name.iter().take(3).take_while(|byte| **byte & 0x80 != 0).count();
    let known = |version: &Version| {
        let prefix = [&[0, version.protocol_name().len() as u8], version.protocol_name().as_bytes()].concat();
        let level = name.get(length..).and_then(|body| body.strip_prefix(&prefix[..])?.first());
        level == Some(&version.level())
    };
    Version::ALL.into_iter().find(known)
}

/// The length of the packet at the start of `bytes`, if it is whole.
fn whole(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (position, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * position);
        if byte & 0x80 == 0 {
            let size = 2 + position + length;
            return (bytes.len() >= size).then_some(size);
        }
    }
    None
}
