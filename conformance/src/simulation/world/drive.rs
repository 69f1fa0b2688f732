//! The calls of the broker, as a driver makes them.

use hushwing_core::{Broker, CloseCause, ConnectionId, Input, Instant, Origin, Output};

use super::World;
use super::link::Link;
use super::visitors::STRANGER;
use crate::simulation::agenda::Event;
use crate::simulation::oracle::Checked;
use crate::simulation::said::Said;
use crate::wire::{Decoded, decode};

/// Calls between two walks over all memory.
const CALLS_A_WALK: u64 = 512;

/// Pieces of work that no input of this world needs.
const ENDLESS: usize = 100_000;

impl World {
    /// Calls the broker, and takes what comes out into `outputs`. `packets`: how many it was given.
    pub(super) fn call(&mut self, packets: usize, call: impl FnOnce(&mut Broker, Instant)) -> Checked {
        let now = self.broker_now();
        let Some(broker) = &mut self.broker else { return Ok(()) };
        self.oracle.begin(now.as_micros());
        call(broker, now);
        self.outputs.clear();
        while let Some(output) = broker.poll_output() {
            self.oracle.reach.output(&output);
            self.outputs.push(output);
        }
        for output in &mut self.outputs {
            if let Output::Persist { position, records } = output {
                self.disk.write(*position, std::mem::take(records))?;
                if !std::mem::replace(&mut self.disk_entered, true) {
                    let most = self.profile.disk_milliseconds * 1_000;
                    let at = self.now + if self.calm { 1_000 } else { self.random.number() % most };
                    self.agenda.enter(at, Event::Disk);
                }
            }
        }
        self.oracle.note(self.disk.written(), packets);
        self.several |= packets > 1;
        self.calls += 1;
        if self.calls.is_multiple_of(CALLS_A_WALK) {
            self.check_memory()?;
        }
        Ok(())
    }

    pub(super) fn check_memory(&self) -> Checked {
        let Some(broker) = &self.broker else { return Ok(()) };
        let (memory, walk) = (broker.memory(), broker.memory_walk());
        if memory != walk {
            return Err(format!("memory() is {memory}, the walk says {walk}"));
        }
        let most = self.config.limits.memory_bytes;
        if memory as u64 > most + most / 4 {
            return Err(format!("{memory} bytes of memory are in use, {most} may be"));
        }
        Ok(())
    }

    /// A deadline of the broker has come.
    pub(super) fn time_out(&mut self) -> Checked {
        self.call(0, |broker, now| broker.handle_timeout(now))?;
        let due = self.broker.as_ref().and_then(Broker::poll_timeout);
        if due.is_some_and(|due| due <= self.broker_now()) {
            return Err(format!("{due:?} is due after handle_timeout({:?})", self.broker_now()));
        }
        self.carry_out()
    }

    /// Everything that the event has caused: pieces of work, and what is to be written.
    pub(super) fn finish_turn(&mut self) -> Checked {
        let mut pieces = 0;
        while self.broker.as_ref().is_some_and(Broker::work_pending) {
            self.call(0, |broker, now| broker.handle_work(now))?;
            self.carry_out()?;
            pieces += 1;
            if pieces > ENDLESS {
                return Err("there is work that never ends".into());
            }
            if self.profile.pieces && !self.calm && !self.several && self.random.chance(30) {
                break;
            }
        }
        if !self.broker.as_ref().is_some_and(Broker::work_pending) {
            self.oracle.finished();
        }
        self.several = false;
        while let Some(link) = self.announced.pop() {
            self.flush(link)?;
        }
        Ok(())
    }

    /// A client opens a transport.
    pub(super) fn open(&mut self, client: usize) -> Checked<u64> {
        self.last_link += 1;
        let link = self.last_link;
        let (version, listener) = {
            let client = &mut self.clients[client];
            client.link = Some(link);
            (client.version(), client.persona.listener)
        };
        self.links.insert(link, Link::new(client, version));
        self.oracle.begin(self.broker_now().as_micros());
        self.oracle.opened(link, client, version, listener);
        let origin = Origin { listener, ..Origin::default() };
        self.call(0, |broker, now| {
            broker.handle_input(now, Input::Opened { connection: ConnectionId(link), origin });
        })?;
        self.carry_out()?;
        Ok(link)
    }

    /// The broker gets up to `bytes` bytes of what a client wrote.
    pub(super) fn feed(&mut self, id: u64, bytes: usize) -> Checked {
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        let bytes = bytes.min(link.waiting());
        let chunk: Vec<u8> = link.to_broker[link.head..link.head + bytes].to_vec();
        let whole = link.pass(bytes);
        if link.closed || self.broker.is_none() {
            return Ok(());
        }
        for said in &whole {
            self.trace.line(|| format!("{} c{} says {said:?}", self.now, self.links[&id].owner));
        }
        self.call(whole.len(), |broker, now| {
            broker.handle_input(now, Input::Received { connection: ConnectionId(id), bytes: &chunk });
        })?;
        self.hear(id, whole)?;
        self.carry_out()
    }

    fn hear(&mut self, id: u64, whole: Vec<Said>) -> Checked {
        let asks = self.outputs.iter().any(|output| {
            matches!(output, Output::Ask { about, .. } if super::embedder::connection_of(about).0 == id)
        });
        self.oracle.heard(id, whole, asks)
    }

    /// Writes what waits for a connection, if its socket takes anything.
    pub(super) fn flush(&mut self, id: u64) -> Checked {
        let now = self.now;
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        if link.stalls_from > 0 && link.stalls_from < now && !self.calm {
            link.stalls_from = 0;
            link.stalled_until = now + self.random.number() % 29_000_000;
            self.oracle.reach.count("fault: socket stalled");
        }
        if link.stalled_until > now && !link.closed {
            self.agenda.enter(link.stalled_until, Event::Flush(id));
            return Ok(());
        }
        loop {
            let mut done = true;
            self.call_transmit(id, &mut done)?;
            self.carry_out()?;
            if done {
                break;
            }
        }
        self.read_packets(id)
    }

    fn call_transmit(&mut self, id: u64, done: &mut bool) -> Checked {
        let mut bytes = match self.links.get_mut(&id) {
            Some(link) => std::mem::take(&mut link.partial),
            None => Vec::new(),
        };
        self.call(0, |broker, now| {
            if let Some(transmit) = broker.transmit(now, ConnectionId(id)) {
                *done = false;
                let mut slices = [&[][..]; 32];
                let filled = transmit.slices(&mut slices);
                let taken: usize = slices.iter().take(filled).map(|slice| slice.len()).sum();
                slices.iter().take(filled).for_each(|slice| bytes.extend_from_slice(slice));
                transmit.advance(taken);
            }
        })?;
        if let Some(link) = self.links.get_mut(&id) {
            link.partial = bytes;
        }
        if *done {
            self.oracle.written_out(id);
        }
        Ok(())
    }

    /// What was written, packet by packet.
    fn read_packets(&mut self, id: u64) -> Checked {
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        let bytes = std::mem::take(&mut link.partial);
        let (version, owner) = (link.version, link.owner);
        self.trace.hash((id, &bytes));
        if owner == STRANGER {
            return Ok(());
        }
        let mut at = 0;
        self.oracle.begin(self.now + self.offset);
        while let Decoded::Whole(packet, size) = decode(&bytes[at..], version)? {
            at += size;
            self.trace.line(|| format!("{} c{owner} is sent {packet}", self.now));
            let checked = self.oracle.emitted(id, &packet, size);
            checked.map_err(|wrong| format!("{packet} to c{owner} on connection {id}: {wrong}"))?;
            if let Some(link) = self.links.get_mut(&id).filter(|link| !link.abandoned) {
                link.to_client.push_back(packet);
            }
        }
        let latency = self.latency();
        if let Some(link) = self.links.get_mut(&id) {
            link.partial = bytes[at..].to_vec();
            if !std::mem::replace(&mut link.delivery_entered, true) {
                self.agenda.enter(self.now + latency, Event::Deliver(id));
            }
        }
        Ok(())
    }

    pub(super) fn latency(&mut self) -> u64 {
        let most = if self.calm { 5 } else { self.profile.latency_milliseconds };
        self.random.number() % (most * 1_000) + 1
    }

    /// The broker is told that a transport is gone.
    pub(super) fn tell_gone(&mut self, id: u64) -> Checked {
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        let cause = if link.closed { CloseCause::Local } else { CloseCause::Peer };
        if std::mem::replace(&mut link.gone, true) || self.broker.is_none() {
            return Ok(());
        }
        self.call(0, |broker, now| {
            broker.handle_input(now, Input::Closed { connection: ConnectionId(id), cause });
        })?;
        if !self.is_strange(id) {
            self.oracle.gone(id)?;
        }
        self.carry_out()?;
        let owner = self.links.remove(&id).map(|link| link.owner);
        if let Some(client) =
            owner.filter(|owner| *owner != STRANGER && self.clients[*owner].link == Some(id))
        {
            self.clients[client].lost();
        }
        Ok(())
    }
}
