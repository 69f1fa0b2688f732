//! What happens at a time.

use super::World;
use super::visitors::STRANGER;
use crate::simulation::agenda::Event;
use crate::simulation::client::{Act, Phase};
use crate::simulation::oracle::Checked;
use crate::simulation::said::{Hello, Said};

/// Minutes without faults until everything has to have arrived, in microseconds.
const PEACE: u64 = 8 * 60_000_000;

impl World {
    pub(super) fn happen(&mut self, event: Event) -> Checked {
        match event {
            Event::Act(client) => self.act(usize::from(client)),
            Event::Arrive(link) => self.arrive(link),
            Event::Deliver(link) => self.deliver(link),
            Event::Flush(link) => self.flush(link),
            Event::Gone(link) => self.tell_gone(link),
            Event::Disk => self.disk_works(),
            Event::Answer => self.answer(),
            Event::Operator => self.operate(),
            Event::Visit => self.visit(),
            Event::Fault => self.fail(),
            Event::Restart => self.restart(),
            Event::Inspect => {
                self.agenda.enter(self.now + 5_000_000, Event::Inspect);
                self.oracle.begin(self.now + self.offset);
                if self.broker.is_some() { self.oracle.inspect() } else { Ok(()) }
            }
        }
    }

    fn act(&mut self, client: usize) -> Checked {
        let pace = if self.calm { 4_000_000 } else { self.profile.act_milliseconds * 1_000 };
        let after = self.clients[client].random.number() % (2 * pace) + 1;
        self.agenda.enter(self.now + after, Event::Act(client as u16));
        if self.muted[client] {
            return Ok(());
        }
        let act = self.clients[client].act(&mut self.oracle.ledger, &self.profile, self.now, self.calm);
        match act {
            Act::Nothing => Ok(()),
            Act::Connect(hello) => self.connect(client, hello),
            Act::Say(said) => self.say(client, said),
            Act::Cut => self.cut(client, false),
            Act::Vanish => self.cut(client, true),
        }
    }

    fn connect(&mut self, client: usize, hello: Box<Hello>) -> Checked {
        if self.broker.is_none() {
            self.clients[client].lost();
            return Ok(());
        }
        let id = self.open(client)?;
        if self.profile.stalls && !self.calm && self.random.chance(20) {
            let until = self.now + self.random.number() % 25_000_000;
            if let Some(link) = self.links.get_mut(&id) {
                link.stalls_from = until;
            }
        }
        self.say(client, vec![Said::Connect(hello)])
    }

    /// A client writes.
    pub(super) fn say(&mut self, client: usize, all: Vec<Said>) -> Checked {
        let Some(id) = self.clients[client].link else { return Ok(()) };
        let latency = self.latency();
        let Some(link) = self.links.get_mut(&id).filter(|_| !all.is_empty()) else { return Ok(()) };
        for said in all {
            if let Said::Nonsense(_) = said {
                self.oracle.misbehaves(id);
            }
            let bytes = said.encode(link.version, &self.oracle.ledger);
            link.write(&bytes, said);
        }
        if !std::mem::replace(&mut link.arrival_entered, true) {
            self.agenda.enter(self.now + latency, Event::Arrive(id));
        }
        Ok(())
    }

    /// Bytes reach the broker.
    fn arrive(&mut self, id: u64) -> Checked {
        let splits = self.profile.splits && !self.calm && self.random.chance(30);
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        link.arrival_entered = false;
        let waiting = link.waiting();
        if waiting > 0 && !link.paused {
            // What waits behind a message that goes out in pieces, or that came too fast, is handled at another time
            // than it is read, and what comes behind one for which there is no memory is not handled at all.
            let alone = self.profile.pieces || self.profile.rates || self.profile.may_refuse();
            let most = if alone { link.next_packet() } else { waiting };
            let bytes = if splits { 1 + self.random.below(most) } else { most };
            if bytes < waiting {
                self.oracle.reach.count("fault: stream split");
            }
            self.feed(id, bytes)?;
        }
        let latency = self.latency().max(2_000);
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        if link.waiting() > 0 && !link.closed {
            link.arrival_entered = true;
            self.agenda.enter(self.now + latency, Event::Arrive(id));
        } else if link.abandoned && !link.half_open {
            return self.tell_gone(id);
        }
        Ok(())
    }

    /// Packets reach a client.
    fn deliver(&mut self, id: u64) -> Checked {
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        link.delivery_entered = false;
        if link.abandoned || link.owner == STRANGER {
            return Ok(());
        }
        let owner = link.owner;
        let packets = std::mem::take(&mut link.to_client);
        let closed = link.closed;
        let mut all = Vec::new();
        for packet in &packets {
            all.extend(self.clients[owner].receive(packet, &self.oracle.ledger, self.calm));
        }
        if closed && self.clients[owner].link == Some(id) {
            self.clients[owner].lost();
            return Ok(());
        }
        self.say(owner, all)
    }

    /// A client leaves without a word; `unseen`: and nobody tells the broker.
    fn cut(&mut self, client: usize, unseen: bool) -> Checked {
        let Some(id) = self.clients[client].link else { return Ok(()) };
        self.clients[client].lost();
        let latency = self.latency();
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        link.abandoned = true;
        link.half_open = unseen;
        self.trace.line(|| format!("{} c{client} is gone from connection {id}, unseen: {unseen}", self.now));
        self.oracle.reach.count(if unseen { "fault: half-open peer" } else { "fault: stream cut" });
        if self.random.chance(50) {
            let rest = self.random.below(link.waiting() + 1);
            link.truncate(rest);
        }
        if unseen {
            return Ok(());
        }
        if link.waiting() == 0 || link.paused || link.closed {
            self.agenda.enter(self.now + latency, Event::Gone(id));
        }
        Ok(())
    }

    /// The disk finishes something.
    fn disk_works(&mut self) -> Checked {
        self.disk_entered = false;
        if self.broker.is_none() {
            return Ok(());
        }
        let waiting = self.disk.waiting();
        if waiting > 20 {
            self.oracle.reach.count("fault: slow disk");
        }
        let groups =
            if self.calm || self.random.chance(60) { waiting } else { 1 + self.random.below(waiting.max(1)) };
        if let Some(position) = self.disk.complete(groups) {
            self.oracle.begin(self.now + self.offset);
            self.oracle.persisted(position.0);
            self.call(0, |broker, now| {
                broker.handle_input(now, hushwing_core::Input::Persisted { position });
            })?;
            self.carry_out()?;
        }
        if self.disk.waiting() > 0 && !std::mem::replace(&mut self.disk_entered, true) {
            let most = self.profile.disk_milliseconds * 1_000;
            let at = self.now + if self.calm { 1_000 } else { self.random.number() % most };
            self.agenda.enter(at, Event::Disk);
        }
        Ok(())
    }

    /// All faults end; everybody comes back, and has time.
    pub(super) fn conclude(&mut self) -> Checked {
        self.calm = true;
        self.trace.line(|| format!("{} all faults end", self.now));
        if self.broker.is_none() {
            self.restart()?;
        }
        let stalled: Vec<u64> = self.links.keys().copied().collect();
        for id in stalled {
            let Some(link) = self.links.get_mut(&id) else { continue };
            if std::mem::take(&mut link.stalled_until) > self.now {
                self.flush(id)?;
            }
            let Some(link) = self.links.get_mut(&id) else { continue };
            if link.half_open && !link.closed {
                self.agenda.enter(self.now + 1, Event::Gone(id));
            }
        }
        let end = self.now + PEACE;
        while self.now < end {
            self.step()?;
        }
        self.oracle.begin(self.now + self.offset);
        self.check_memory()?;
        self.disk.check_references(|row| self.oracle.may_wait_unrecorded(&row.payload))?;
        self.check_quiet()?;
        self.oracle.conclude()?;
        self.calm = false;
        Ok(())
    }

    fn check_quiet(&self) -> Checked {
        for client in self.clients.iter().filter(|client| !self.muted[client.number]) {
            if client.phase == Phase::Online && !client.outgoing.is_empty() && !self.profile.may_refuse() {
                let link = client.link.and_then(|id| self.links.get(&id));
                return Err(format!(
                    "c{} waits for answers to {:?} {link:?} {:?}",
                    client.number,
                    client.outgoing.len(),
                    client.link.map(|id| self.oracle.conns.get(&id))
                ));
            }
        }
        Ok(())
    }
}
