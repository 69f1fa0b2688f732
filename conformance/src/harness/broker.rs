//! The broker under test, as a script sees it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::client::Client;
use super::failure::unsupported;
use super::rules::Rules;
use super::transcript::Transcript;
use super::world::World;
use crate::targets::{Instance, Setup};
use crate::version::Version;
use crate::wire::Connect;

/// How long somebody else's broker has, in real time, until what it has acknowledged shows on a new connection.
const NEWCOMER: Duration = Duration::from_millis(20);

/// The broker under test. Names of clients and topics that it gives belong to this script alone.
pub struct Broker {
    world: Rc<RefCell<World>>,
    version: Version,
    prefix: String,
    ours: bool,
    opened: Cell<usize>,
}

impl Broker {
    /// A broker for one script, set up in this way, which speaks `version` unless the script says otherwise. `prefix` keeps scripts apart.
    pub fn new(
        instance: Box<dyn Instance>,
        version: Version,
        setup: Setup,
        prefix: String,
        ours: bool,
    ) -> Self {
        let rules = Rules::new(prefix.clone(), setup, ours);
        let world = Rc::new(RefCell::new(World::new(instance, rules)));
        Self { world, version, prefix, ours, opened: Cell::new(0) }
    }

    /// The version of this script.
    pub fn version(&self) -> Version {
        self.version
    }

    /// A topic or filter under this script's own first level.
    pub fn topic(&self, rest: &str) -> String {
        format!("{}/{rest}", self.prefix)
    }

    /// This script's own first level.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A client identifier of this script's own: alphanumeric, short.
    pub fn client_identifier(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A connection on which nothing was said yet.
    #[track_caller]
    pub fn open(&self) -> Client {
        self.open_as(self.version)
    }

    /// The same for a client of another version.
    #[track_caller]
    pub fn open_as(&self, version: Version) -> Client {
        // An acknowledgement says that a broker has taken a message, not that a newcomer sees it already.
        if !self.ours && !self.is_virtual() {
            std::thread::sleep(NEWCOMER);
        }
        self.opened.set(self.opened.get() + 1);
        let index = self.world.borrow_mut().open(format!("c{}", self.opened.get()), version);
        Client::new(Rc::clone(&self.world), index, self.ours)
    }

    /// A CONNECT for a client of this script: clean, without keep alive.
    pub fn hello(&self, name: &str) -> Connect {
        Connect::new(self.client_identifier(name))
    }

    /// Opens a connection, sends this CONNECT and gets a CONNACK that accepts it.
    #[track_caller]
    pub fn connect(&self, packet: Connect) -> Client {
        self.connect_as(self.version, packet)
    }

    /// The same for a client of another version.
    #[track_caller]
    pub fn connect_as(&self, version: Version, packet: Connect) -> Client {
        let mut client = self.open_as(version);
        client.send(packet);
        client.expect_accepted();
        client
    }

    /// An accepted client with a clean session.
    #[track_caller]
    pub fn client(&self, name: &str) -> Client {
        self.connect(self.hello(name))
    }

    /// Everything sent up to now has had its effect.
    #[track_caller]
    pub fn settle(&self) {
        self.world.borrow_mut().settle();
    }

    /// Lets this many seconds pass.
    pub fn wait(&self, seconds: f64) {
        self.world.borrow_mut().wait(Duration::from_secs_f64(seconds));
    }

    /// Whether time is virtual and waiting exact.
    pub fn is_virtual(&self) -> bool {
        self.world.borrow().is_virtual()
    }

    /// Whether this is our own broker, whose choices are known.
    pub fn is_ours(&self) -> bool {
        self.ours
    }

    /// What follows is a choice of ours, which no statement obliges anybody else to; so says `choice`. Elsewhere
    /// the script ends here.
    pub fn only_ours(&self, choice: &str) {
        if !self.ours {
            unsupported(format!("a choice of Hushwing's: {choice}"));
        }
    }

    #[track_caller]
    pub(crate) fn nothing_left(&self) {
        self.world.borrow_mut().nothing_left();
    }

    pub(crate) fn finish(&self) -> Result<(), String> {
        self.world.borrow_mut().finish()
    }

    /// What `looks` looks at is one step: the order within does not matter.
    pub fn in_one_step<T>(&self, looks: impl FnOnce() -> T) -> T {
        self.world.borrow_mut().steps.begin_together();
        let result = looks();
        self.world.borrow_mut().steps.end_together();
        result
    }

    pub(crate) fn steps(&self) -> super::steps::Steps {
        self.world.borrow().steps.clone()
    }

    pub(crate) fn transcript(&self) -> Transcript {
        self.world.borrow().transcript.clone()
    }
}
