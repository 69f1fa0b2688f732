use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// What a receiver knows of a packet identifier (5.0 section 4.3.3, figure 4.3, method B).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    /// PUBLISH came on an earlier connection, and PUBREL did not.
    Known,
    /// The same, and PUBLISH came on this connection, at first or again.
    KnownHere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    Publish,
    Pubrel,
    Connect,
}

/// Which state follows; whether the message is a new one, to be handed on ([MQTT-4.3.3-10]); what becomes of the number
/// of PUBLISH packets without their last answer on this connection, which the Receive Maximum is about (section 4.9).
const RECEIVER: [(State, Happens, State, bool, i32); 9] = {
    use Happens::*;
    use State::*;
    [
        (Unknown, Publish, KnownHere, true, 1),
        (Known, Publish, KnownHere, false, 1),
        (KnownHere, Publish, KnownHere, false, 0),
        (Unknown, Pubrel, Unknown, false, 0),
        (Known, Pubrel, Unknown, false, 0),
        (KnownHere, Pubrel, Unknown, false, -1),
        (Unknown, Connect, Unknown, false, 0),
        (Known, Connect, Known, false, 0),
        // The new connection starts from nothing.
        (KnownHere, Connect, Known, false, -1),
    ]
};

fn follows(state: State, happens: Happens) -> (State, bool, i32) {
    let row = RECEIVER.iter().find(|row| (row.0, row.1) == (state, happens)).expect("every pair has a row");
    (row.2, row.3, row.4)
}

#[derive(Default)]
struct Model {
    incoming: Incoming,
    states: BTreeMap<NonZeroU16, State>,
    unanswered: i32,
}

impl Model {
    fn follow(&mut self, identifier: NonZeroU16, happens: Happens) -> (State, bool, i32) {
        let before = self.states.get(&identifier).copied().unwrap_or_default();
        let (state, new, unanswered) = follows(before, happens);
        self.unanswered += unanswered;
        self.states.insert(identifier, state);
        self.states.retain(|_, state| *state != State::Unknown);
        (before, new, unanswered)
    }

    fn publish(&mut self, identifier: NonZeroU16) {
        let known = self.incoming.contains(identifier);
        let counts = self.incoming.insert(identifier, true);
        let (_, new, unanswered) = self.follow(identifier, Happens::Publish);
        assert_eq!((!known, i32::from(counts)), (new, unanswered));
    }

    fn pubrel(&mut self, identifier: NonZeroU16) {
        let removed = self.incoming.remove(identifier);
        let (before, _, unanswered) = self.follow(identifier, Happens::Pubrel);
        let known = before != State::Unknown;
        assert_eq!(removed, known.then_some(unanswered == -1));
    }

    fn connect(&mut self) {
        self.incoming.connected();
        for identifier in self.states.keys().copied().collect::<Vec<_>>() {
            self.follow(identifier, Happens::Connect);
        }
    }

    fn check(&self) {
        assert!(self.incoming.iter().eq(self.states.keys().copied()));
        assert_eq!(self.incoming.is_empty(), self.states.is_empty());
        let here = self.states.values().filter(|state| **state == State::KnownHere).count();
        assert_eq!(self.unanswered as usize, here);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Publish(NonZeroU16),
    Pubrel(NonZeroU16),
    Connect,
}

/// A few, so that they come again, and the ends of what there is.
fn any_identifier() -> impl Strategy<Value = NonZeroU16> {
    prop_oneof![8 => 1..12_u16, 1 => 65_533..=u16::MAX]
        .prop_map(|number| NonZeroU16::new(number).expect("not 0"))
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any_identifier().prop_map(Step::Publish),
        5 => any_identifier().prop_map(Step::Pubrel),
        1 => Just(Step::Connect),
    ]
}

proptest! {
    #[test]
    fn a_receiver_goes_by_the_table(steps in prop::collection::vec(any_step(), 0..200)) {
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Publish(identifier) => model.publish(identifier),
                Step::Pubrel(identifier) => model.pubrel(identifier),
                Step::Connect => model.connect(),
            }
            model.check();
        }
    }
}
