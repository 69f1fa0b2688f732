//! A random conversation, and the crashes in it.

use std::sync::Arc;

use hushwing_core::{Broker, Config, Promise};

use super::client::Entry;
use super::random::Random;
use super::world::{Checked, GROUPS, Pace, World, config, new_broker};
use crate::Version;

/// Which conversations to hold, and with what fault in the broker.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Steps of each conversation.
    pub steps: usize,
    /// Whether the broker dies after every step.
    pub crashes: bool,
    /// The fault.
    pub fault: Option<Promise>,
}

/// A conversation that went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// The step after which the broker died; `None`: it did not have to.
    pub crash_after: Option<usize>,
    /// What was wrong.
    pub message: String,
    /// What happened until then.
    pub trace: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seed, crash_after, message, trace } = self;
        write!(f, "{trace}\nseed {seed}, crash after step {crash_after:?}: {message}")
    }
}

impl Default for Search {
    fn default() -> Self {
        Self { steps: 60, crashes: true, fault: None }
    }
}

/// A world, its broker, and how the conversation runs.
struct Conversation {
    config: Arc<Config>,
    world: World,
    broker: Broker,
    pace: Pace,
    seed: u64,
}

impl Search {
    /// Holds the conversation of this seed.
    ///
    /// # Errors
    /// The first promise that was broken, with everything that led to it.
    pub fn run(&self, seed: u64) -> Result<(), Box<Failure>> {
        let Err((crash_after, _)) =
            self.hold(seed, None, false).map_err(|(step, _, message)| (step, message))
        else {
            return Ok(());
        };
        // The same once more, in words.
        match self.hold(seed, crash_after, true) {
            Err((crash_after, trace, message)) => {
                Err(Box::new(Failure { seed, crash_after, message, trace }))
            }
            Ok(()) => unreachable!("the same seed gives the same conversation"),
        }
    }

    /// The first failure among these seeds.
    ///
    /// # Errors
    /// That failure.
    pub fn run_all(&self, seeds: impl IntoIterator<Item = u64>) -> Result<(), Box<Failure>> {
        seeds.into_iter().try_for_each(|seed| self.run(seed))
    }

    /// Everything, or with `only` the crash after that step alone.
    fn hold(
        &self,
        seed: u64,
        only: Option<usize>,
        readable: bool,
    ) -> Result<(), (Option<usize>, String, String)> {
        let mut conversation = Conversation::new(seed, self.fault, readable);
        let wrong = |conversation: &Conversation, message| {
            (None, conversation.world.trace.text().to_owned(), message)
        };
        conversation.begin().map_err(|message| wrong(&conversation, message))?;
        for step in 0..self.steps {
            conversation.step().map_err(|message| wrong(&conversation, message))?;
            if self.crashes && only.is_none_or(|only| only == step) {
                conversation.fork(step).map_err(|(trace, message)| (Some(step), trace, message))?;
            }
        }
        let Conversation { world, broker, .. } = &mut conversation;
        let concluded = world.conclude(broker);
        concluded.map_err(|message| wrong(&conversation, message))
    }
}

impl Conversation {
    fn new(seed: u64, fault: Option<Promise>, readable: bool) -> Self {
        let mut random = Random::new(seed);
        let config = config(fault, random.chance(40));
        let clients = 3 + random.below(4);
        let version = |_| *random.pick(&[Version::V3_1, Version::V3_1_1, Version::V5_0, Version::V5_0]);
        let mut versions: Vec<Version> = (0..clients).map(version).collect();
        versions[0] = *random.pick(&[Version::V3_1_1, Version::V5_0]);
        let pace = Pace {
            disk: *random.pick(&[2, 5, 10, 20]),
            network: *random.pick(&[30, 60, 90]),
            restless: *random.pick(&[3, 10, 20]),
            asked: *random.pick(&[0, 15, 100]),
            shared: *random.pick(&[0, 0, 30, 60]),
        };
        let world = World::new(random.number(), &versions, readable);
        let broker = new_broker(&config, seed);
        Self { config, world, broker, pace, seed }
    }

    /// The first client is there from the start and subscribes to everything.
    fn begin(&mut self) -> Checked {
        let (world, broker) = (&mut self.world, &mut self.broker);
        let entry = Entry { expiry_seconds: u32::MAX, receive_maximum: 4, ..Entry::default() };
        world.connect(broker, 0, 0, &entry)?;
        world.settle(broker, false)?;
        let bytes = world.clients[0].subscribe(world.step, "#", 2, false, &mut world.ledger);
        world.send(0, bytes);
        world.settle(broker, false)?;
        if self.pace.shared > 0 {
            for (name, _) in GROUPS {
                let bytes = world.clients[0].subscribe(world.step, name, 2, false, &mut world.ledger);
                world.send(0, bytes);
                world.settle(broker, false)?;
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Checked {
        self.world.random_step(&mut self.broker, &self.pace)
    }

    /// The broker dies now, in a copy of the world.
    fn fork(&self, step: usize) -> Result<(), (String, String)> {
        let mut world = self.world.clone();
        world.random = Random::new(self.seed.wrapping_mul(1_000_003).wrapping_add(step as u64));
        let again = usize::from(world.random.chance(15)) * 6;
        self.survive(&mut world, again).map_err(|message| (world.trace.text().to_owned(), message))
    }

    /// Dies, comes back, and perhaps dies once more soon after.
    fn survive(&self, world: &mut World, steps: usize) -> Checked {
        let mut broker = reborn(world, &self.config)?;
        if steps > 0 {
            for _ in 0..steps {
                world.random_step(&mut broker, &self.pace)?;
            }
            if world.random.chance(50) {
                world.shut_down(&mut broker)?;
            }
            broker = reborn(world, &self.config)?;
        }
        world.conclude(&mut broker)
    }
}

/// The broker dies, and another one goes on with what is on the disk, or was about to be.
pub(super) fn reborn(world: &mut World, config: &Arc<Config>) -> Checked<Broker> {
    let extra = if world.random.chance(25) { world.random.below(world.disk.waiting() + 1) } else { 0 };
    world.crash(extra)?;
    let mut broker = new_broker(config, world.random.number());
    world.restart(&mut broker)?;
    Ok(broker)
}

/// The hash of everything that came out of the broker in the conversation of this seed.
///
/// # Errors
/// A promise was broken.
pub fn digest(seed: u64, steps: usize) -> Checked<u64> {
    let mut conversation = Conversation::new(seed, None, false);
    conversation.begin()?;
    for _ in 0..steps {
        conversation.step()?;
    }
    let Conversation { world, broker, .. } = &mut conversation;
    world.conclude(broker)?;
    Ok(world.trace.digest())
}
