use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// What a sender owes for a packet identifier (5.0 section 4.3, figures 4.2 and 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unused,
    /// PUBLISH at QoS 1 was sent.
    AwaitsPuback,
    /// PUBLISH at QoS 2 was sent.
    AwaitsPubrec,
    /// PUBREL was sent.
    AwaitsPubcomp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    PublishAtLeastOnce,
    PublishExactlyOnce,
    Puback,
    Pubrec,
    /// With a reason code from 0x80 on.
    PubrecRefuses,
    Pubcomp,
}

/// Which state follows, and what becomes of the send quota (5.0 section 4.9). Nothing else changes anything here:
/// what comes out of turn is an error of the receiver's.
const SENDER: [(State, Happens, State, i32); 6] = {
    use Happens::*;
    use State::*;
    [
        (Unused, PublishAtLeastOnce, AwaitsPuback, -1),
        (Unused, PublishExactlyOnce, AwaitsPubrec, -1),
        (AwaitsPuback, Puback, Unused, 1),
        (AwaitsPubrec, Pubrec, AwaitsPubcomp, 0),
        (AwaitsPubrec, PubrecRefuses, Unused, 1),
        (AwaitsPubcomp, Pubcomp, Unused, 1),
    ]
};

fn follows(state: State, happens: Happens) -> Option<(State, i32)> {
    SENDER.iter().find(|row| (row.0, row.1) == (state, happens)).map(|row| (row.2, row.3))
}

/// One packet identifier that is in use.
#[derive(Clone, Copy, Debug)]
struct Entry {
    identifier: NonZeroU16,
    state: State,
    /// PUBLISH or PUBREL was sent on this connection.
    sent: bool,
    /// It takes one of the quota of this connection.
    takes_quota: bool,
}

/// The list, and what the tables make of it.
struct Model {
    outgoing: Outgoing,
    entries: Vec<Entry>,
    quota: i32,
    quota_at_start: i32,
}

#[derive(Clone, Debug)]
enum Step {
    Publish(QoS),
    Happens(prop::sample::Index, Happens),
    /// A connection begins with this quota, and everything is sent again as far as the quota allows.
    Connect(u16),
}

fn queued(qos: QoS) -> Queued {
    let (message, wait) = (MessageIndex::NONE, Position::NONE);
    Queued { message, entry: 0, wait, bytes: 1, qos, retain: false, replayed: false, details: None }
}

impl Model {
    fn new(quota: u16) -> Self {
        let mut outgoing = Outgoing::default();
        outgoing.connected(quota);
        Self { outgoing, entries: Vec::new(), quota: quota.into(), quota_at_start: quota.into() }
    }

    /// A new message is sent if nothing waits to be sent again and the quota is not used up ([MQTT-3.3.4-9]).
    fn publish(&mut self, qos: QoS) {
        let waits = self.entries.iter().any(|entry| !entry.sent);
        assert_eq!(self.outgoing.next().is_some(), waits);
        assert_eq!(self.outgoing.may_admit(u16::MAX), !waits && self.quota > 0);
        if waits || self.quota == 0 {
            return;
        }
        let identifier = self
            .outgoing
            .admit(queued(qos), Planted::default())
            .expect("not all are in use")
            .packet_identifier;
        // [MQTT-2.2.1-4]
        assert!(self.entries.iter().all(|entry| entry.identifier != identifier));
        assert!(self.outgoing.find(identifier).is_none(), "it was not sent yet");
        assert!(self.outgoing.take_slot());
        self.outgoing.advance();
        let happens =
            if qos == QoS::AtLeastOnce { Happens::PublishAtLeastOnce } else { Happens::PublishExactlyOnce };
        let (state, quota) = follows(State::Unused, happens).expect("a row");
        self.quota += quota;
        self.entries.push(Entry { identifier, state, sent: true, takes_quota: true });
    }

    fn happens(&mut self, index: prop::sample::Index, happens: Happens) {
        let sent: Vec<usize> = (0..self.entries.len()).filter(|index| self.entries[*index].sent).collect();
        if sent.is_empty() {
            return;
        }
        let index = *index.get(&sent);
        let entry = &mut self.entries[index];
        let (place, found) = self.outgoing.find(entry.identifier).expect("it was sent");
        let stage = if entry.state == State::AwaitsPubcomp { Stage::Release } else { Stage::Publish };
        assert_eq!((found.packet_identifier, found.stage), (entry.identifier, stage));
        let Some((state, quota)) = follows(entry.state, happens) else { return };
        entry.state = state;
        if state == State::AwaitsPubcomp {
            self.outgoing.received(place).expect("it is there");
            return;
        }
        // What an older connection sent takes none of this one's quota and gives none.
        self.quota += if entry.takes_quota { quota } else { 0 };
        let passing = self.outgoing.finish_passing(place);
        assert!(passing || self.outgoing.finish(place).is_some());
        self.entries.remove(index);
        self.send_again();
    }

    fn connect(&mut self, quota: u16) {
        self.outgoing.connected(quota);
        (self.quota, self.quota_at_start) = (quota.into(), quota.into());
        for entry in &mut self.entries {
            (entry.sent, entry.takes_quota) = (false, false);
        }
        self.send_again();
    }

    /// What was not acknowledged is sent again ([MQTT-4.4.0-1]): PUBLISH in its order as long as there is quota,
    /// PUBREL in any case.
    fn send_again(&mut self) {
        let mut expected = Vec::new();
        for entry in self.entries.iter_mut().filter(|entry| !entry.sent) {
            let is_publish = entry.state != State::AwaitsPubcomp;
            if !is_publish || self.quota > 0 {
                self.quota -= i32::from(is_publish);
                (entry.sent, entry.takes_quota) = (true, is_publish);
                expected.push((entry.identifier, is_publish));
            }
        }
        let mut sent = Vec::new();
        while let Some(next) = self.outgoing.next().map(|next| (next.packet_identifier, next.stage)) {
            if self.outgoing.take_slot() {
                self.outgoing.advance();
                sent.push((next.0, next.1 == Stage::Publish));
            } else if !self.outgoing.bring_release_forward() {
                break;
            }
        }
        let of = |list: &[(NonZeroU16, bool)], publish: bool| -> Vec<NonZeroU16> {
            list.iter().filter(|of| of.1 == publish).map(|of| of.0).collect()
        };
        assert_eq!(of(&sent, true), of(&expected, true));
        // Their order is that in which PUBREC came, which is up to the client.
        let sorted = |mut releases: Vec<NonZeroU16>| {
            releases.sort_unstable();
            releases
        };
        assert_eq!(sorted(of(&sent, false)), sorted(of(&expected, false)));
    }

    fn check(&self) {
        assert_eq!(i32::from(self.outgoing.free_slots), self.quota);
        assert!((0..=self.quota_at_start).contains(&self.quota));
        assert_eq!(self.outgoing.in_flight_len(), self.entries.len());
        assert_eq!(self.outgoing.has_in_flight(), !self.entries.is_empty());
        let waits = self.entries.iter().filter(|entry| !entry.sent);
        assert_eq!(self.outgoing.without_slot, waits.count());
        for entry in &self.entries {
            let found = self.outgoing.in_flight.iter().filter(|of| of.packet_identifier == entry.identifier);
            let found: Vec<bool> = found.map(|of| of.holds_slot).collect();
            assert_eq!(found, [entry.takes_quota], "{entry:?}");
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let qos = prop_oneof![Just(QoS::AtLeastOnce), Just(QoS::ExactlyOnce)];
    let happens = prop::sample::select(vec![
        Happens::Puback,
        Happens::Pubrec,
        Happens::Pubrec,
        Happens::PubrecRefuses,
        Happens::Pubcomp,
    ]);
    prop_oneof![
        6 => qos.prop_map(Step::Publish),
        8 => (any::<prop::sample::Index>(), happens).prop_map(|(index, happens)| Step::Happens(index, happens)),
        1 => (1..8_u16).prop_map(Step::Connect),
    ]
}

proptest! {
    #[test]
    fn a_sender_goes_by_the_tables(quota in 1..8_u16, steps in prop::collection::vec(any_step(), 0..200)) {
        let mut model = Model::new(quota);
        for step in steps {
            match step {
                Step::Publish(qos) => model.publish(qos),
                Step::Happens(index, happens) => model.happens(index, happens),
                Step::Connect(quota) => model.connect(quota),
            }
            model.check();
        }
    }
}

#[test]
fn pubrel_does_not_wait_for_the_window() {
    let mut model = Model::new(9);
    for qos in [QoS::AtLeastOnce, QoS::AtLeastOnce, QoS::ExactlyOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        model.publish(qos);
    }
    for index in [2, 4] {
        let (place, _) = model.outgoing.find(model.entries[index].identifier).unwrap();
        model.outgoing.received(place);
        model.entries[index].state = State::AwaitsPubcomp;
    }
    model.connect(1);
    model.check();
    let sent: Vec<bool> = model.entries.iter().map(|entry| entry.sent).collect();
    assert_eq!(sent, [true, false, true, false, true]);
}
