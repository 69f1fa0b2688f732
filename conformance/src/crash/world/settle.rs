//! The world comes to rest: everybody is connected, everything is answered, nothing is on its way.

use hushwing_core::record::Row;
use hushwing_core::{Broker, Command, ConnectionId, Input, Record};

use super::{Checked, World};
use crate::crash::client::{Entry, Phase};

/// More rounds than any conversation needs.
const ROUNDS: usize = 2_000;

impl World {
    /// Runs until nothing moves. Clients without a connection come back if `everybody` is to be there.
    pub fn settle(&mut self, broker: &mut Broker, everybody: bool) -> Checked {
        for _ in 0..ROUNDS {
            self.step += 1;
            if everybody {
                self.come_back(broker)?;
            }
            self.round(broker)?;
            if self.is_quiet() && !broker.work_pending() && (!everybody || self.is_complete()) {
                return Ok(());
            }
        }
        Err(format!("still not at rest: {:?} {:?}", self.links, self.questions))
    }

    fn is_complete(&self) -> bool {
        self.clients.iter().all(|of| of.phase == Phase::Online && of.outgoing.is_empty())
    }

    fn come_back(&mut self, broker: &mut Broker) -> Checked {
        for number in 0..self.clients.len() {
            if self.clients[number].phase == Phase::Offline {
                let entry = Entry { expiry_seconds: u32::MAX, receive_maximum: 10, ..Entry::default() };
                self.connect(broker, number, 0, &entry)?;
            }
        }
        Ok(())
    }

    fn round(&mut self, broker: &mut Broker) -> Checked {
        while !self.questions.is_empty() {
            self.answer(broker, 0, true)?;
        }
        let links: Vec<ConnectionId> = self.links.keys().copied().collect();
        for link in links {
            self.feed(broker, link, usize::MAX)?;
            self.persist(broker, usize::MAX)?;
            if self.links.get(&link).is_some_and(|link| link.announced) {
                self.write(broker, link, usize::MAX)?;
            }
            self.absorb(link)?;
            self.acknowledge_all(link);
            self.work(broker)?;
            self.finish(broker, link)?;
        }
        self.work(broker)?;
        // A client that publishes too fast is read again in time.
        if self.links.values().any(|link| link.paused) {
            self.pass(broker, 100_000)?;
        }
        self.persist(broker, usize::MAX)
    }

    fn acknowledge_all(&mut self, link: ConnectionId) {
        let Some(link_of) = self.links.get_mut(&link) else { return };
        let client = &mut self.clients[link_of.owner];
        if client.phase == Phase::Online && client.link == Some(link) {
            while let Some(bytes) = client.acknowledge(false) {
                link_of.to_broker.extend(bytes);
            }
        }
    }

    /// The broker is told to stop, and does: everything that it has to keep is on the disk then.
    pub fn shut_down(&mut self, broker: &mut Broker) -> Checked {
        self.step += 1;
        self.trace.line(|| String::from("the broker is told to stop"));
        self.input(broker, Input::Command(Command::Shutdown))?;
        for _ in 0..ROUNDS {
            if self.stopped {
                self.stopped = false;
                let waiting = self.disk.waiting();
                return if waiting == 0 { Ok(()) } else { Err(format!("stopped before {waiting} groups")) };
            }
            self.persist(broker, 1)?;
            self.work(broker)?;
            let links: Vec<ConnectionId> = self.links.keys().copied().collect();
            for link in links {
                self.absorb(link)?;
                self.finish(broker, link)?;
            }
        }
        Err(format!("does not stop: {:?}", self.links))
    }

    /// The process of the broker dies. Clients may still get what it had written; `extra` groups reach the disk
    /// without its knowing.
    pub fn crash(&mut self, extra: usize) -> Checked {
        self.step += 1;
        self.trace.line(|| format!("the broker dies; {extra} more groups reach the disk"));
        self.disk.complete(extra);
        let all_written = self.disk.waiting() == 0;
        self.disk.crash();
        for client in &mut self.clients {
            // What the next broker knows of the end of its last connection.
            let over = self.links.values().all(|link| link.owner != client.number);
            client.session.end_is_written = all_written && over;
        }
        self.questions.clear();
        let links: Vec<ConnectionId> = self.links.keys().copied().collect();
        for link in links {
            if self.random.chance(75) {
                self.absorb(link)?;
            }
            self.lost(link);
        }
        self.links.clear();
        Ok(())
    }

    /// Another broker goes on with what is on the disk.
    pub fn restart(&mut self, broker: &mut Broker) -> Checked {
        // In any order, some twice.
        let mut rows = self.disk.rows()?;
        let twice: Vec<Row> = rows.iter().filter(|_| self.random.chance(10)).cloned().collect();
        rows.extend(twice);
        for place in 1..rows.len() {
            rows.swap(place, self.random.below(place + 1));
        }
        for row in rows {
            self.trace.line(|| format!("  restored: {row:?}"));
            broker.restore(Record::Put(row));
        }
        let wall = self.now.after_seconds(self.random.below(3) as u64);
        self.now = broker.restored(wall).max(self.now);
        let unwritten = self.clients.iter_mut().filter(|client| !client.session.end_is_written);
        unwritten.for_each(|client| client.session.closed_by = self.now);
        self.drain(broker)?;
        match broker.poll_timeout() {
            Some(due) if due <= self.now => Err(format!("{due:?} is due after restored() at {:?}", self.now)),
            _ => Ok(()),
        }
    }
}
