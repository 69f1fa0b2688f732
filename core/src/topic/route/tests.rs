use alloc::format;
use alloc::string::String;

use proptest::prelude::*;

use super::*;
use crate::topic::filter::tests::any_topic;
use crate::topic::receivers::{Receiver, ReceiversBuffer};
use crate::topic::tree::Subscription;
use crate::topic::tree::tests::{Model, any_subscription};

/// Receivers with their identifiers, to compare.
fn seen(receivers: Receivers<'_>) -> Vec<(Receiver, Vec<u32>)> {
    let of = |receiver: &Receiver| (*receiver, receivers.identifiers(receiver).collect());
    receivers.as_slice().iter().map(of).collect()
}

const BYTES_MAX: usize = 128 * 1024;

struct Machine {
    model: Model,
    routes: Routes,
    buffer: ReceiversBuffer,
    hint: RouteHint,
}

impl Machine {
    fn new(routes_remembered: u32) -> Self {
        let (model, routes) = (Model::new(), Routes::new(3, routes_remembered, BYTES_MAX));
        Self { model, routes, buffer: ReceiversBuffer::new(), hint: RouteHint::default() }
    }

    fn subscribe(&mut self, session: u32, filter: &str, subscription: Subscription) {
        self.model.insert(session, filter, subscription);
        self.routes.changed(filter);
    }

    /// Publishes; whether the route was remembered.
    fn publish(&mut self, topic: &str) -> bool {
        self.buffer.gather(&mut self.model.tree, topic, None);
        let fresh = seen(self.buffer.as_receivers());
        if let Some(hint) = self.routes.lookup(self.hint, topic) {
            let route = self.routes.get(hint).unwrap();
            assert_eq!((route.topic(), seen(route.receivers())), (topic, fresh));
            self.hint = hint;
            return true;
        }
        if let Some(hint) = self.routes.remember(topic, self.buffer.as_receivers()) {
            let route = self.routes.get(hint).unwrap();
            assert_eq!((route.topic(), seen(route.receivers())), (topic, fresh));
            self.hint = hint;
        }
        false
    }

    fn check_cost(&self) {
        assert_eq!(self.routes.cost(), self.routes.cost_walk());
        let in_use = self.routes.slots.iter().filter(|route| route.serial != 0).count();
        assert_eq!(self.routes.len(), in_use);
    }
}

#[test]
fn a_topic_is_found_again_with_and_without_hint() {
    let mut machine = Machine::new(16);
    machine.subscribe(1, "a/+", Subscription::default());
    assert!(!machine.publish("a/b"));
    assert!(machine.publish("a/b"));
    machine.hint = RouteHint::default();
    assert!(machine.publish("a/b"));
    assert_ne!(machine.hint, RouteHint::default());
    // The hint of another topic.
    assert!(!machine.publish("a/c"));
    assert!(machine.publish("a/b"));
}

#[test]
fn a_change_drops_what_it_concerns_only() {
    let mut machine = Machine::new(64);
    for topic in ["a", "b", "c/d"] {
        machine.publish(topic);
    }
    machine.subscribe(1, "a", Subscription::default());
    machine.subscribe(1, "c/+", Subscription::default());
    assert!(!machine.publish("a"));
    assert!(machine.publish("b"));
    assert!(!machine.publish("c/d"));
    // A thousand changes elsewhere, while the topic is in use.
    for n in 0..1_000 {
        machine.subscribe(2, &format!("x/{}/#", n % 10), Subscription::default());
        machine.subscribe(2, &format!("x/{n}"), Subscription::default());
        assert!(n % 60 != 0 || machine.publish("a"));
    }
    assert!(machine.publish("a"));
    assert!(machine.publish("b"));
    // Too many changes of filters that begin alike.
    assert!(machine.publish("c/d"));
    for _ in 0..65 {
        machine.subscribe(3, "c/+/e", Subscription::default());
    }
    assert!(!machine.publish("c/d"));
    machine.check_cost();
}

#[test]
fn no_more_is_remembered_than_allowed() {
    for (allowed, slots) in [(0, 0), (1, 4), (4, 4), (100, 64), (128, 128)] {
        let mut machine = Machine::new(allowed);
        for n in 0..2_000 {
            machine.publish(&format!("t/{n}"));
        }
        assert!(machine.routes.len() <= slots);
        assert_eq!(machine.routes.slots.len(), slots);
        machine.check_cost();
    }
}

#[test]
fn a_topic_that_comes_again_gets_into_a_full_set() {
    let mut machine = Machine::new(4);
    for n in 0..4 {
        machine.publish(&format!("t/{n}"));
    }
    let published = (0..20).position(|_| machine.publish("again"));
    assert!(published.is_some_and(|times| times <= 9), "{published:?}");
}

#[test]
fn bytes_are_bounded() {
    let mut machine = Machine::new(64);
    for session in 0..1_000 {
        machine.subscribe(session, "wide/+", Subscription::default());
    }
    for n in 0..200 {
        machine.publish(&format!("wide/{n}"));
        assert!(machine.routes.held_bytes <= BYTES_MAX / 2);
    }
    assert!(machine.publish("wide/199"));
    for session in 1_000..=1_024 {
        machine.subscribe(session, "wide/+", Subscription::default());
    }
    assert!(!machine.publish("wide/199") && !machine.publish("wide/199"));
    machine.check_cost();
}

#[test]
fn the_table_is_within_its_bytes_too() {
    let (set, mut machine) = (size_of::<Tags>() + SET_SLOTS * size_of::<Route>(), Machine::new(1 << 20));
    machine.routes = Routes::new(3, 1 << 20, 2 * 8 * set);
    for n in 0..1_000 {
        machine.publish(&format!("t/{n}"));
    }
    assert_eq!(machine.routes.slots.len(), 8 * SET_SLOTS);
    machine.check_cost();
}

#[test]
fn what_is_forgotten_is_learnt_again() {
    let mut machine = Machine::new(64);
    assert!(!machine.publish("a") && machine.publish("a"));
    machine.routes.forget();
    assert_eq!(machine.routes.cost(), Machine::new(64).routes.cost());
    machine.check_cost();
    assert!(!machine.publish("a") && machine.publish("a"));
}

#[derive(Clone, Debug)]
enum Step {
    Subscribe(u32, String, Subscription),
    Unsubscribe(u32, String),
    Publish(String),
    Noise(u8),
}

fn any_filter() -> impl Strategy<Value = String> {
    use crate::topic::filter::tests::any_filter;
    prop_oneof![3 => any_filter(), 1 => any_filter().prop_map(|filter| format!("$share/g/{filter}"))]
}

fn any_step() -> impl Strategy<Value = Step> {
    let session = 0..5_u32;
    prop_oneof![
        2 => (session.clone(), any_filter(), any_subscription())
            .prop_map(|(session, filter, subscription)| Step::Subscribe(session, filter, subscription)),
        2 => (session, any_filter()).prop_map(|(session, filter)| Step::Unsubscribe(session, filter)),
        8 => any_topic().prop_map(Step::Publish),
        1 => (0..80_u8).prop_map(Step::Noise),
    ]
}

proptest! {
    #[test]
    fn a_remembered_route_is_a_fresh_match(
        allowed in prop::sample::select(alloc::vec![4_u32, 16, 64]),
        steps in prop::collection::vec(any_step(), 0..200),
    ) {
        let mut machine = Machine::new(allowed);
        for step in steps {
            match step {
                Step::Subscribe(session, filter, entry) => machine.subscribe(session, &filter, entry),
                Step::Unsubscribe(session, filter) => {
                    machine.model.remove(session, &filter);
                    machine.routes.changed(&filter);
                }
                Step::Publish(topic) => {
                    machine.publish(&topic);
                }
                Step::Noise(changes) => {
                    (0..changes).for_each(|n| machine.routes.changed(&format!("{n}/+")));
                }
            }
            machine.check_cost();
        }
    }
}
