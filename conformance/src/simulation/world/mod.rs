//! The world: a broker, its clients, their links, its disk, and two clocks, in one thread and from one seed.

mod drive;
mod embedder;
mod events;
mod faults;
mod link;
mod outputs;
mod visitors;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hushwing_core::{Ask, Broker, Config, EventMask, Instant, Limits, Output, PeerId, Policy, Question};

use self::link::Link;
use super::agenda::{Agenda, Event};
use super::client::Client;
use super::oracle::{Checked, Oracle};
use super::profile::Profile;
use super::{Settings, access};
use crate::crash::disk::Disk;
use crate::crash::random::Random;
use crate::crash::trace::Trace;
use crate::nonsense;

/// When the world begins, on its wall clock, in microseconds.
const BEGINNING: u64 = 1_700_000_000_000_000;

/// See the module.
pub struct World {
    profile: Profile,
    random: Random,
    agenda: Agenda,
    /// Microseconds since the world began. The broker's clock is `offset` ahead.
    now: u64,
    offset: u64,
    config: Arc<Config>,
    broker: Option<Broker>,
    disk: Disk,
    disk_entered: bool,
    clients: Vec<Client>,
    muted: Vec<bool>,
    links: BTreeMap<u64, Link>,
    last_link: u64,
    questions: VecDeque<(Question, Ask)>,
    /// Connections that have bytes to write.
    announced: Vec<u64>,
    outputs: Vec<Output>,
    /// What there was to say about each packet of the broker.
    oracle: Oracle,
    trace: Trace,
    /// All faults have ended for now.
    calm: bool,
    calls: u64,
    events: u64,
    stopped: bool,
    /// The broker was given several packets at once: what waits behind the first is not to be lost.
    several: bool,
}

impl World {
    /// A world before its first event.
    pub fn new(seed: u64, settings: &Settings, readable: bool) -> Self {
        let mut random = Random::new(seed);
        let profile = Profile::draw(&mut random, settings.clients);
        let config = Arc::new(config(&profile, settings));
        let oracle = Oracle::new(&profile, settings.clients);
        let mut world = Self {
            agenda: Agenda::default(),
            now: 0,
            offset: BEGINNING,
            broker: Some(Broker::new(config.clone(), PeerId(1), seed)),
            config,
            disk: Disk::default(),
            disk_entered: false,
            clients: (0..settings.clients).map(|number| Client::new(number, seed)).collect(),
            muted: (0..settings.clients).map(|number| settings.muted.contains(&number)).collect(),
            links: BTreeMap::new(),
            last_link: 0,
            questions: VecDeque::new(),
            announced: Vec::new(),
            outputs: Vec::new(),
            oracle,
            trace: Trace::new(readable),
            calm: false,
            calls: 0,
            events: 0,
            stopped: false,
            several: false,
            random,
            profile,
        };
        let profile = format!("{:?}", world.profile);
        world.trace.line(|| format!("seed {seed}: {profile}"));
        world.populate();
        world
    }

    fn populate(&mut self) {
        if !self.profile.asks {
            self.clients.iter_mut().for_each(|client| client.persona.listener = 0);
        }
        for client in 0..self.clients.len() {
            let at = self.clients[client].random.below(2_000_000) as u64;
            self.agenda.enter(at, Event::Act(client as u16));
        }
        self.agenda.enter(30_000_000, Event::Inspect);
        if self.profile.nonsense {
            self.agenda.enter(10_000_000, Event::Visit);
        }
        if self.profile.crash_seconds > 0 {
            self.enter_fault();
        }
        if self.profile.commands {
            self.agenda.enter(20_000_000, Event::Operator);
        }
    }

    /// Goes on until this time of the world, and then until all that is owed has arrived.
    ///
    /// # Errors
    /// What must not have happened.
    pub fn run_until(&mut self, end: u64) -> Checked {
        while self.now < end {
            self.step()?;
        }
        self.conclude()
    }

    /// What was reached.
    pub fn reach(&self) -> &super::reach::Reach {
        &self.oracle.reach
    }

    /// What happened, in words and as a number.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How many events there were.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Microseconds since the world began.
    pub fn now_micros(&self) -> u64 {
        self.now
    }

    fn broker_now(&self) -> Instant {
        Instant::from_micros(self.now + self.offset)
    }

    /// The next event.
    fn step(&mut self) -> Checked {
        self.events += 1;
        let timeout = self.broker.as_ref().and_then(Broker::poll_timeout);
        let timeout = timeout.map(|at| at.as_micros().saturating_sub(self.offset).max(self.now));
        let next = self.agenda.next_at().ok_or("nothing is to happen any more")?;
        if timeout.is_some_and(|at| at <= next) {
            self.now = timeout.unwrap_or(next);
            self.time_out()?;
        } else if let Some((at, event)) = self.agenda.take() {
            self.now = self.now.max(at);
            self.happen(event)?;
        }
        self.finish_turn()
    }
}

/// The configuration that a profile asks for.
fn config(profile: &Profile, settings: &Settings) -> Config {
    let mut limits = Limits {
        receive_maximum: 20,
        in_flight_maximum: profile.in_flight_maximum(),
        topic_alias_maximum: 5,
        ..Limits::default()
    };
    if profile.short_queues {
        limits.queue_messages = 10;
    }
    if profile.short_memory {
        limits.memory_bytes = 160 * 1024;
    }
    if profile.pieces {
        limits.receivers_per_turn = 3;
        limits.retained_per_turn = 2;
    }
    if profile.rates {
        limits.publish_messages_per_second = 2;
    }
    let policy = Policy {
        queue_qos0_offline: profile.queues_qos0,
        full_queue_drops_oldest: profile.drops_oldest,
        ..Policy::default()
    };
    let events = EventMask { subscriptions: false, limits: false, ..EventMask::ALL };
    #[cfg(not(feature = "planted-faults"))]
    let _ = settings;
    let mut config = Config {
        limits,
        policy,
        listeners: access::listeners(),
        journal: profile.journal,
        events,
        #[cfg(feature = "planted-faults")]
        fault: settings.fault,
    };
    profile.settings.iter().for_each(|setting| nonsense::configure(*setting, &mut config));
    config
}
