//! The machine of one broker: its clients, their sessions, the topics, retained messages and wills.
//! `impl Broker` is spread over this folder by what happened.

mod acknowledge;
mod admit;
mod alias;
mod authenticate;
mod bounds;
mod clients;
mod command;
mod connack;
mod connect;
mod copy;
mod deliver;
mod direct;
mod disconnect;
mod encode;
mod exchange;
mod fan_out;
mod farewell;
mod hold;
mod hook;
mod journal;
mod judge;
mod memory;
mod mistake;
mod on_behalf;
mod pass;
mod plain;
mod pressure;
mod progress;
mod publish;
mod query;
mod rate;
mod reason_string;
mod receive;
mod redirect;
mod reload;
mod repeat;
mod replay;
mod restore;
mod restrict;
mod retain;
mod send;
mod session;
mod share;
mod shutdown;
mod subscribe;
mod tell;
mod timeout;
mod transmit;
mod turn;
mod unsubscribe;
mod will;
mod writer;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use self::clients::Clients;
pub use self::hold::Promise;
use self::restore::Restoring;
use self::shutdown::Shutdown;
use crate::config::Config;
use crate::id::{ConnectionId, PeerId, Question};
use crate::input::{CloseCause, Input};
use crate::output::Output;
use crate::random::Random;
use crate::record::Record;
use crate::time::Instant;
use crate::topic::ReceiversBuffer;
use crate::topic::route::Routes;
use crate::topic::tree::SubscriptionTree;

/// The whole broker as a value: bytes and time go in, actions come out.
///
/// Methods come in three kinds. `handle_*` take what happened. `poll_*` and [`Broker::transmit`] give what is
/// to be done about it. `restore*` come before all others. The order in which a driver calls them is at the
/// top of this crate.
#[derive(Debug)]
pub struct Broker {
    /// Clients, and what is owed to them.
    clients: Clients,
    /// Who subscribes to what.
    tree: SubscriptionTree,
    /// Who received the last message on a topic.
    routes: Routes,
    /// The receivers of the message at hand, where no route is remembered.
    gathered: ReceiversBuffer,
    /// The Subscription Identifiers of the receiver at hand.
    identifiers: Vec<u32>,
    random: Random,
    /// The number of the last question to the embedder, and those that are open.
    question: u64,
    questions: BTreeMap<Question, ConnectionId>,
    shutdown: Shutdown,
    /// Nobody may connect for the time being.
    draining: bool,
    restoring: Option<Box<Restoring>>,
}

impl Broker {
    /// A broker without clients. `me` names it among its peers and must be different for each; the same seed
    /// and the same inputs give the same outputs, byte for byte.
    pub fn new(config: Arc<Config>, me: PeerId, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let (routes_remembered, bytes_of_routes) =
            (config.limits.routes_remembered, memory::bytes_of_routes(&config.limits));
        let mut tree = SubscriptionTree::new(random.next());
        tree.plant(config.planted());
        Self {
            tree,
            routes: Routes::new(random.next(), routes_remembered, bytes_of_routes),
            gathered: ReceiversBuffer::new(),
            identifiers: Vec::new(),
            clients: Clients::new(config, me, &mut random),
            random,
            question: 0,
            questions: BTreeMap::new(),
            shutdown: Shutdown::No,
            draining: false,
            restoring: None,
        }
    }

    /// Takes back one record, as the store has it, in any order. Before any input; the same record may come
    /// twice. [`Record::Delete`] has nothing to say here and is ignored.
    pub fn restore(&mut self, record: Record) {
        if let Record::Put(row) = record {
            self.restoring.get_or_insert_default().add(row);
        }
    }

    /// All records are in. `wall` is the wall clock; what is returned is the `now` to start from: not before
    /// anything that was stored. Deadlines that passed meanwhile are handled at once: drain
    /// [`Broker::poll_output`] afterwards.
    pub fn restored(&mut self, wall: Instant) -> Instant {
        let restoring = self.restoring.take().unwrap_or_default();
        let now = self.rebuild(*restoring, wall);
        self.handle_timeout(now);
        now
    }

    /// Something happened. Never fails, never blocks.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.clients.turn.begin(&self.clients.config.limits);
        match input {
            Input::Opened { connection, origin } => self.opened(now, connection, origin),
            Input::Received { connection, bytes } => self.received(now, connection, bytes),
            Input::Closed { connection, cause } => self.closed(now, connection, cause),
            Input::Persisted { position } => self.clients.persisted(now, position),
            Input::Answer { question, answer } => self.answered(now, question, answer),
            Input::Command(command) => self.command(now, command),
        }
        self.clients.commit();
        self.relieve_growth(now);
        self.continue_shutdown(now);
    }

    /// Time passed: handles every deadline up to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.clients.turn.begin(&self.clients.config.limits);
        self.timeout(now);
        self.clients.commit();
        self.relieve_memory(now);
        self.continue_shutdown(now);
    }

    /// Does a bounded piece of what [`Broker::work_pending`] speaks of.
    pub fn handle_work(&mut self, now: Instant) {
        self.clients.turn.begin(&self.clients.config.limits);
        self.clients.continue_replay(now);
        self.clients.commit();
        self.continue_fan_out(now);
        self.clients.commit();
        self.continue_turn(now);
        self.clients.commit();
        self.relieve_memory(now);
        self.continue_shutdown(now);
    }

    /// Whether [`Broker::handle_work`] would make progress: retained messages are still being looked for, a
    /// message for very many receivers has not reached them all, or a client has said more than is handled at once.
    pub fn work_pending(&self) -> bool {
        !self.clients.unfinished.is_empty()
            || !self.clients.fan_outs.is_empty()
            || !self.clients.turn.is_nobody_waiting()
    }

    /// The next thing to do, first in, first out. Poll until `None` after every call that takes `now`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.clients.outputs.pop_front()
    }

    /// When to call [`Broker::handle_timeout`]; later than `now` after `handle_timeout(now)`.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.clients.timers.next()
    }

    fn closed(&mut self, now: Instant, id: ConnectionId, cause: CloseCause) {
        if let Some(index) = self.clients.connections.find(id) {
            self.connection_ended(now, index, cause);
            if let Some(hooks) = self.clients.hooks.wanting(|wants| wants.close) {
                hooks.on_close(id, cause);
            }
        }
    }

    fn config(&self) -> &Config {
        &self.clients.config
    }
}
