//! Strangers who come to break the protocol. The oracle leaves them alone: that they are told to go, and for what,
//! is counted.

use hushwing_core::{ConnectionId, Input, Origin};

use super::World;
use super::link::Link;
use crate::Version;
use crate::nonsense::{self, Moment, Nonsense, Occasion};
use crate::simulation::agenda::Event;
use crate::simulation::oracle::Checked;
use crate::simulation::said::Said;

/// Nobody's place among the clients.
pub(super) const STRANGER: usize = usize::MAX;

impl World {
    /// A stranger comes.
    pub(super) fn visit(&mut self) -> Checked {
        let after = 20_000_000 + self.random.number() % 200_000_000;
        self.agenda.enter(self.now + after, Event::Visit);
        if self.calm || self.broker.is_none() {
            return Ok(());
        }
        let fits = |of: &&Nonsense| {
            matches!(of.moment, Moment::Greeting | Moment::Visit) && of.fits(&self.profile.settings)
        };
        let all: Vec<&Nonsense> = nonsense::all().filter(fits).collect();
        let one = **self.random.pick(&all);
        let version: Version = *self.random.pick(one.versions);
        let asks = one.needs == Some(nonsense::Setting::Authenticator);
        self.last_link += 1;
        let id = self.last_link;
        let mut link = Link::new(STRANGER, version);
        if !one.reads {
            link.stalled_until = u64::MAX;
        }
        self.links.insert(id, link);
        let origin = Origin { listener: u16::from(asks), ..Origin::default() };
        self.trace
            .line(|| format!("{} a stranger comes on connection {id} for {:?}", self.now, one.violation));
        self.call(0, |broker, now| {
            broker.handle_input(now, Input::Opened { connection: ConnectionId(id), origin });
        })?;
        self.carry_out()?;
        let bytes = (one.bytes)(Occasion { version, packet_identifier: 0 });
        if let Some(link) = self.links.get_mut(&id) {
            link.write(&bytes, Said::Nonsense(Vec::new()));
        }
        self.agenda.enter(self.now + 1_000, Event::Arrive(id));
        // Who is not told to go leaves.
        self.agenda.enter(self.now + 120_000_000, Event::Gone(id));
        Ok(())
    }

    /// Whether this connection is a stranger's.
    pub(super) fn is_strange(&self, id: u64) -> bool {
        self.links.get(&id).is_some_and(|link| link.owner == STRANGER)
    }
}
