//! A small world around one broker: clients, transports, a disk, a clock, an embedder who takes his time.
//!
//! [`World`] is everything but the broker, and can be copied: the copy goes on with another broker, restored
//! from what was on the disk.

mod actions;
mod broker;
mod link;
mod outcome;
mod settle;

use std::collections::BTreeMap;
use std::sync::Arc;

use hushwing_core::{
    Ask, Authentication, Broker, Config, ConnectionId, Decision, Instant, Limits, Listener, PeerId, Promise,
    Question, Rule, Rules,
};

use super::client::Client;
use super::disk::Disk;
use super::ledger::Ledger;
use super::random::Random;
use super::trace::Trace;
use crate::Version;

pub use self::actions::Pace;
pub use self::link::Link;

/// Whatever failed, in words.
pub type Checked<T = ()> = Result<T, String>;

/// Topics that clients publish to. The embedder is asked about those below `q/`.
pub const TOPICS: [&str; 4] = ["t/a", "t/b", "u/c", "q/d"];

/// Topic Filters that clients subscribe to.
pub const FILTERS: [&str; 8] = ["t/a", "t/b", "t/+", "#", "u/#", "+/c", "q/d", "w/#"];

/// Shared subscriptions, and the topics that each of them is about. The first client is a member of each in
/// conversations that have them, so that they do not end.
pub const GROUPS: [(&str, &str); 2] = [("$share/g/$s/+", "$s/a"), ("$share/h/$v/#", "$v/b/c")];

/// Everything but the broker.
#[derive(Clone, Debug)]
pub struct World {
    /// The clock.
    pub now: Instant,
    /// Counts what happened.
    pub step: u64,
    /// Chance.
    pub random: Random,
    /// The disk.
    pub disk: Disk,
    /// The clients. The first one is there all the time and subscribes to everything.
    pub clients: Vec<Client>,
    /// Transports that the broker knows.
    pub links: BTreeMap<ConnectionId, Link>,
    last_link: u64,
    /// Every message.
    pub ledger: Ledger,
    /// What the embedder was asked and has not answered.
    pub questions: Vec<(Question, Ask)>,
    /// The broker said that it is done.
    pub stopped: bool,
    /// The log.
    pub trace: Trace,
}

/// The configuration of the broker: with a journal, an embedder to ask, and windows that fill quickly. `pieces`:
/// what can be done bit by bit is, and clients that publish too fast have to wait.
pub fn config(fault: Option<Promise>, pieces: bool) -> Arc<Config> {
    let ask = Rule { action: None, filter: "q/#".into(), decision: Decision::Ask };
    let rules = Arc::new(Rules { rules: vec![ask], otherwise: Decision::Allow });
    let listeners = vec![
        Listener { authentication: Authentication::Anonymous, rules: rules.clone() },
        Listener { authentication: Authentication::Ask, rules },
    ];
    let limits = Limits { in_flight_maximum: 5, ..Limits::default() };
    let pieces = pieces.then(|| Limits {
        receivers_per_turn: 1,
        retained_per_turn: 1,
        publish_messages_per_second: 3,
        // Nobody is closed for being too fast.
        pause_timeout_seconds: 600,
        ..limits.clone()
    });
    let limits = pieces.unwrap_or(limits);
    let config = Config { limits, listeners, journal: true, ..Config::default() };
    Arc::new(planted(config, fault))
}

#[cfg(feature = "planted-faults")]
fn planted(config: Config, fault: Option<Promise>) -> Config {
    Config { fault: fault.map(hushwing_core::Fault::Unheld), ..config }
}

#[cfg(not(feature = "planted-faults"))]
fn planted(config: Config, fault: Option<Promise>) -> Config {
    assert!(fault.is_none(), "faults can be planted only with the feature `planted-faults`");
    config
}

/// A broker for this world; what it draws follows from `seed`.
pub fn new_broker(config: &Arc<Config>, seed: u64) -> Broker {
    Broker::new(config.clone(), PeerId(3), seed)
}

impl World {
    /// A world with `versions.len()` clients, none of them connected.
    pub fn new(seed: u64, versions: &[Version], readable: bool) -> Self {
        let client = |(number, version): (usize, &Version)| Client::new(number, *version);
        Self {
            now: Instant::from_micros(1_700_000_000_000_000),
            step: 1,
            random: Random::new(seed),
            disk: Disk::default(),
            clients: versions.iter().enumerate().map(client).collect(),
            links: BTreeMap::new(),
            last_link: 0,
            ledger: Ledger::default(),
            questions: Vec::new(),
            stopped: false,
            trace: Trace::new(readable),
        }
    }

    /// Whether nothing is on its way: no bytes, no records, no acknowledgement that a client owes.
    pub fn is_quiet(&self) -> bool {
        let link = |link: &Link| {
            let passed_on = link.to_broker.is_empty() && !link.paused;
            passed_on && link.to_client.is_empty() && !link.announced && !link.is_over()
        };
        self.links.values().all(link)
            && self.disk.waiting() == 0
            && self.questions.is_empty()
            && self.clients.iter().all(|client| client.owed.is_empty())
    }
}
