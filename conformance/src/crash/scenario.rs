//! Short conversations on purpose, with a crash after every step.

use hushwing_core::{Broker, Promise};

use super::client::{Entry, Phase};
use super::conversation::reborn;
use super::random::Random;
use super::world::{Checked, World, config, new_broker};
use crate::Version;
use crate::wire::{Outgoing as _, acknowledge};

/// Crashes after one step: each takes other choices of what still arrives and who comes back when.
const CRASHES: u64 = 6;

/// What one client, or the world, does.
#[derive(Clone, Debug)]
pub enum Step {
    /// CONNECT.
    Connect(usize, Entry),
    /// The will of a CONNECT is entered, then CONNECT: topic `w/N`, QoS, Will Delay Interval.
    ConnectWithWill(usize, Entry, u8, u32),
    /// SUBSCRIBE to a filter at a QoS.
    Subscribe(usize, &'static str, u8),
    /// UNSUBSCRIBE.
    Unsubscribe(usize, &'static str),
    /// PUBLISH to a topic at a QoS.
    Publish(usize, &'static str, u8),
    /// The next acknowledgement that it owes.
    Acknowledge(usize),
    /// PUBREC for a packet identifier, whether it is owed or not.
    Pubrec(usize, u16),
    /// DISCONNECT with a reason code and a Session Expiry Interval.
    Disconnect(usize, u8, Option<u32>),
    /// The client drops its connection.
    Cut(usize),
    /// Bytes reach whom they are for; the disk does nothing.
    Deliver,
    /// The disk finishes this many groups.
    Persist(usize),
    /// Everything comes to rest.
    Settle,
    /// Seconds pass.
    Pass(u64),
}

/// The steps, for clients of these versions.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Client 0 is there from the start and subscribes to everything.
    pub versions: Vec<Version>,
    /// In their order.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Plays it, with a crash after every step.
    ///
    /// # Errors
    /// The first promise that was broken, and what led to it.
    pub fn run(&self, fault: Option<Promise>) -> Checked {
        let config = config(fault, false);
        let mut world = World::new(1, &self.versions, true);
        let mut broker = new_broker(&config, 1);
        for step in self.prologue().iter().chain(&self.steps) {
            world.play(&mut broker, step).map_err(|wrong| told(&world, &wrong))?;
            for crash in 0..CRASHES {
                let mut fork = world.clone();
                fork.random = Random::new(crash);
                let survived = reborn(&mut fork, &config).and_then(|mut broker| fork.conclude(&mut broker));
                survived.map_err(|wrong| told(&fork, &wrong))?;
            }
        }
        world.conclude(&mut broker).map_err(|wrong| told(&world, &wrong))
    }

    fn prologue(&self) -> Vec<Step> {
        let entry = Entry { expiry_seconds: u32::MAX, receive_maximum: 10, ..Entry::default() };
        vec![Step::Connect(0, entry), Step::Settle, Step::Subscribe(0, "#", 2), Step::Settle]
    }
}

fn told(world: &World, wrong: &str) -> String {
    format!("{}\n{wrong}", world.trace.text())
}

impl World {
    fn play(&mut self, broker: &mut Broker, step: &Step) -> Checked {
        self.step += 1;
        self.trace.line(|| format!("- {step:?}"));
        match step {
            Step::Connect(number, entry) => self.connect(broker, *number, 0, entry)?,
            Step::ConnectWithWill(number, entry, qos, delay_seconds) => {
                let entry = self.with_will(*number, entry.clone(), *qos, false, *delay_seconds);
                self.connect(broker, *number, 0, &entry)?;
            }
            Step::Deliver => self.run_dry(broker)?,
            Step::Persist(groups) => self.persist(broker, *groups)?,
            Step::Settle => self.settle(broker, false)?,
            Step::Pass(seconds) => self.pass(broker, seconds * 1_000_000)?,
            Step::Cut(number) => {
                if let Some(link) = self.clients[*number].link {
                    self.cut(*number, link);
                }
            }
            Step::Disconnect(number, code, expiry_seconds) => {
                if let Some(link) = self.clients[*number].link {
                    self.disconnect(*number, link, *code, *expiry_seconds);
                }
            }
            packet => self.say(packet)?,
        }
        Ok(())
    }

    /// A client sends a packet that needs a connection.
    fn say(&mut self, step: &Step) -> Checked {
        let (number, bytes) = match *step {
            Step::Subscribe(number, filter, qos) => {
                let at = self.step;
                (number, self.clients[number].subscribe(at, filter, qos, false, &mut self.ledger))
            }
            Step::Unsubscribe(number, filter) => {
                (number, self.clients[number].unsubscribe(filter, &mut self.ledger))
            }
            Step::Publish(number, topic, qos) => {
                let message = self.message(number, topic, qos, false, false);
                (number, self.clients[number].publish(message, &self.ledger)?)
            }
            Step::Acknowledge(number) => {
                let bytes = self.clients[number].acknowledge(false);
                (number, bytes.ok_or_else(|| format!("client {number} owes nothing"))?)
            }
            Step::Pubrec(number, packet_identifier) => {
                let version = self.clients[number].version;
                (number, acknowledge(0x50, packet_identifier).encode(version))
            }
            _ => return Err(format!("{step:?} is no packet")),
        };
        if self.clients[number].phase != Phase::Online {
            return Err(format!("{step:?}: the client is not connected"));
        }
        self.send(number, bytes);
        Ok(())
    }
}
