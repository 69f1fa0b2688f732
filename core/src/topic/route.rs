//! Remembered routes: publishers repeat topics, so who received the last message on a topic is remembered.

use super::receivers::Receivers;

/// Where a route was found last; a connection keeps one for a topic it publishes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteHint {
    slot: u32,
    serial: u64,
}

/// A topic and who receives it.
#[derive(Debug)]
pub struct Route {}

impl Route {
    /// The topic.
    pub fn topic(&self) -> &str {
        ""
    }

    /// Who receives what is published to it, subscriptions with No Local included.
    pub fn receivers(&self) -> Receivers<'_> {
        super::receivers::NOBODY
    }
}

/// The routes of the topics that were published to last.
#[derive(Debug)]
pub struct Routes {}

impl Routes {
    /// Remembers at most `routes_remembered` topics (rounded down to a power of two; 0: none).
    pub fn new(seed: u64, routes_remembered: u32) -> Self {
        let _ = (seed, routes_remembered);
        Self {}
    }

    /// Where the route of `topic` is, if one is remembered and still true. Quick if `hint` is what the last
    /// lookup of the same topic gave; any other hint is harmless ([`RouteHint::default`]).
    pub fn lookup(&mut self, hint: RouteHint, topic: &str) -> Option<RouteHint> {
        let _ = (hint, topic);
        None
    }

    /// The route that [`Self::lookup`] or [`Self::remember`] has just found; `None` once it was dropped.
    pub fn get(&self, hint: RouteHint) -> Option<&Route> {
        let _ = hint;
        None
    }

    /// Remembers who receives `topic`, all subscriptions included (gathered without a publisher). `None` if
    /// it is not remembered: a topic has to come up twice, so that publishers that never repeat a topic
    /// cost no allocation, and too many receivers are not copied.
    pub fn remember(&mut self, topic: &str, receivers: Receivers<'_>) -> Option<RouteHint> {
        let _ = (topic, receivers);
        None
    }

    /// A subscription with `filter` (without `$share/name/`) was made, replaced or ended: drops the routes
    /// that it may concern. To be called after every such change.
    pub fn changed(&mut self, filter: &str) {
        let _ = filter;
    }

    /// How many routes are remembered.
    pub fn len(&self) -> usize {
        0
    }

    /// Whether no route is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held.
    pub fn cost(&self) -> usize {
        0
    }

    /// [`Self::cost`], by a walk through everything.
    pub fn cost_walk(&self) -> usize {
        0
    }
}
