//! What breaks.

use hushwing_core::{Broker, Command, Input, Instant, PeerId, Record};

use super::World;
use super::visitors::STRANGER;
use crate::simulation::agenda::Event;
use crate::simulation::oracle::Checked;

impl World {
    pub(super) fn enter_fault(&mut self) {
        let mean = self.profile.crash_seconds.max(1) * 1_000_000;
        let after = self.random.number() % (2 * mean) + 1;
        self.agenda.enter(self.now + after, Event::Fault);
    }

    /// The process dies, or is stopped in order.
    pub(super) fn fail(&mut self) -> Checked {
        self.enter_fault();
        if self.calm || self.broker.is_none() {
            return Ok(());
        }
        if self.random.chance(15) {
            self.stop_in_order()?;
        }
        self.crash()
    }

    fn stop_in_order(&mut self) -> Checked {
        self.oracle.reach.count("fault: orderly stop");
        self.trace.line(|| format!("{} the broker is stopped", self.now));
        self.call(1, |broker, now| broker.handle_input(now, Input::Command(Command::Shutdown)))?;
        self.carry_out()?;
        for _ in 0..50 {
            self.finish_turn()?;
            if self.stopped {
                break;
            }
            if let Some(position) = self.disk.complete(usize::MAX) {
                self.oracle.persisted(position.0);
                self.call(0, |broker, now| broker.handle_input(now, Input::Persisted { position }))?;
                self.carry_out()?;
            }
            let links: Vec<u64> =
                self.links.iter().filter(|(_, link)| link.closed).map(|(id, _)| *id).collect();
            for id in links {
                self.flush(id)?;
                self.tell_gone(id)?;
            }
        }
        if !self.stopped {
            return Err("the broker does not stop".into());
        }
        Ok(())
    }

    fn crash(&mut self) -> Checked {
        let waiting = self.disk.waiting();
        let extra = if self.random.chance(40) { self.random.below(waiting + 1) } else { 0 };
        if let Some(position) = self.disk.complete(extra) {
            self.oracle.persisted(position.0);
        }
        if self.disk.waiting() > 0 {
            self.oracle.reach.count("fault: crash with records lost");
        }
        self.disk.crash();
        self.trace
            .line(|| format!("{} the broker dies; {extra} of {waiting} groups more are kept", self.now));
        self.oracle.died();
        self.broker = None;
        self.stopped = false;
        self.questions.clear();
        self.announced.clear();
        for (_, link) in std::mem::take(&mut self.links) {
            if !link.abandoned && link.owner != STRANGER {
                self.clients[link.owner].lost();
            }
        }
        let down = self.random.number() % 20_000_000;
        self.agenda.enter(self.now + down, Event::Restart);
        Ok(())
    }

    /// Another process reads the disk.
    pub(super) fn restart(&mut self) -> Checked {
        if self.broker.is_some() {
            return Ok(());
        }
        let wall = self.now + self.offset;
        let wall = match self.random.below(10) {
            0 if !self.calm => {
                self.oracle.reach.count("fault: wall clock jumped ahead");
                wall + self.random.number() % 7_200_000_000
            }
            1 if !self.calm => {
                self.oracle.reach.count("fault: wall clock jumped back");
                wall - self.random.number() % 7_200_000_000
            }
            _ => wall,
        };
        let mut broker = Broker::new(self.config.clone(), PeerId(1), self.random.number());
        for row in self.disk.rows()? {
            broker.restore(Record::Put(row));
        }
        let from = broker.restored(Instant::from_micros(wall));
        self.offset = from.as_micros().saturating_sub(self.now);
        self.trace.line(|| format!("{} the broker starts again, at {from:?}", self.now));
        self.oracle.restarted(from.as_micros());
        self.broker = Some(broker);
        self.call(0, |_, _| ())?;
        self.oracle.recorded_anew(self.disk.written());
        self.carry_out()?;
        self.check_memory()
    }
}
