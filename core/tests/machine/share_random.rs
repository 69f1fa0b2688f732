//! A group under random events: whatever its members do, and whenever the process dies, each message that was
//! accepted reaches somebody, and at QoS 2 nobody else.

use std::collections::{BTreeMap, BTreeSet};

use hushwing_core::wire::{Acknowledgement, Packet, Properties, QoS, ReasonCode, Sender, split_frame};
use hushwing_core::{CloseCause, ConnectionId, Input, Limits, ProtocolVersion};
use proptest::prelude::*;

use crate::world::World;

const GROUP: &str = "$share/g/work";
const V: ProtocolVersion = ProtocolVersion::V5_0;
/// This one never leaves the group, so that it never ends.
const KEEPER: usize = 0;
const MEMBERS: usize = 4;

#[derive(Debug, Default)]
struct Member {
    connection: Option<u64>,
    /// Bytes of this connection that were looked at.
    read: usize,
    /// QoS 2 packet identifiers between PUBLISH and PUBREL.
    open: BTreeSet<u16>,
    /// Says nothing for the time being.
    silent: bool,
    unanswered: Vec<(u8, u16)>,
}

struct Group {
    world: World,
    members: Vec<Member>,
    /// How often each message was received as a new one.
    received: BTreeMap<String, usize>,
    /// What was accepted, and at which QoS.
    accepted: BTreeMap<String, QoS>,
    connections: u64,
}

#[derive(Clone, Debug)]
enum Step {
    Come { member: usize, clean: bool },
    Go { member: usize },
    Leave { member: usize },
    Join { member: usize },
    Silence { member: usize, silent: bool },
    Publish { qos: QoS },
    Crash,
}

impl Group {
    fn new() -> Self {
        let limits = Limits { in_flight_maximum: 2, ..Limits::default() };
        let members = (0..MEMBERS).map(|_| Member::default()).collect();
        let (received, accepted) = (BTreeMap::new(), BTreeMap::new());
        let world = World::with_journal(limits);
        let mut group = Self { world, members, received, accepted, connections: 0 };
        group.step(&Step::Come { member: KEEPER, clean: false });
        group.step(&Step::Join { member: KEEPER });
        group
    }

    fn connect(&mut self, name: &str, clean: bool) -> u64 {
        self.connections += 1;
        self.world.connect_as(self.connections, name, clean);
        self.world.persist();
        self.world.drain(self.connections);
        self.connections
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Come { member, clean } => {
                let id = self.connect(&format!("member {member}"), clean && member != KEEPER);
                if let Some(older) = self.members[member].connection.replace(id) {
                    self.close(older);
                }
                let of = &mut self.members[member];
                (of.read, of.unanswered) = (0, Vec::new());
                // CONNACK: 0x20, length, Session Present.
                if self.world.received(id)[2] == 0 {
                    of.open.clear();
                }
            }
            Step::Go { member } => {
                if let Some(connection) = self.members[member].connection.take() {
                    self.close(connection);
                }
            }
            Step::Leave { member } if member != KEEPER => {
                if let Some(connection) = self.members[member].connection {
                    self.world.unsubscribe(connection, GROUP);
                }
            }
            Step::Leave { .. } => {}
            Step::Join { member } => {
                if let Some(connection) = self.members[member].connection {
                    self.world.subscribe_at(connection, GROUP, QoS::ExactlyOnce);
                }
            }
            Step::Silence { member, silent } => self.members[member].silent = silent,
            Step::Publish { qos } => self.publish(qos),
            Step::Crash => {
                self.world.crash();
                self.members.iter_mut().for_each(|member| member.connection = None);
            }
        }
        self.settle();
        assert_eq!(self.world.broker.memory(), self.world.broker.memory_walk());
    }

    fn close(&mut self, connection: u64) {
        let (connection, cause) = (ConnectionId(connection), CloseCause::Peer);
        self.world.broker.handle_input(self.world.now, Input::Closed { connection, cause });
    }

    fn publish(&mut self, qos: QoS) {
        let payload = format!("{}", self.accepted.len());
        let id = self.connect("publisher", true);
        self.world.publish(id, "work", &payload, qos, false);
        self.settle();
        self.accepted.insert(payload, qos);
        self.close(id);
    }

    /// Everything is stored, sent and answered.
    fn settle(&mut self) {
        loop {
            self.world.persist();
            let mut busy = false;
            for member in 0..MEMBERS {
                busy |= self.read(member) | self.answer(member);
            }
            if !busy {
                return;
            }
        }
    }

    fn read(&mut self, member: usize) -> bool {
        let Some(connection) = self.members[member].connection else { return false };
        self.world.drain(connection);
        let bytes = self.world.received(connection)[self.members[member].read..].to_vec();
        let mut rest = &bytes[..];
        while let Some(frame) = split_frame(rest, Some(V), u32::MAX).unwrap() {
            let of = &mut self.members[member];
            match Packet::decode(&frame, V, Sender::Server).unwrap() {
                Packet::Publish(publish) => {
                    let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
                    let identifier = publish.packet_identifier.map_or(0, u16::from);
                    let new = publish.qos == QoS::AtLeastOnce || of.open.insert(identifier);
                    *self.received.entry(payload).or_default() += usize::from(new);
                    of.unanswered
                        .push((if publish.qos == QoS::AtLeastOnce { 0x40 } else { 0x50 }, identifier));
                }
                Packet::Pubrel(pubrel) => {
                    of.open.remove(&pubrel.packet_identifier.get());
                    of.unanswered.push((0x70, pubrel.packet_identifier.get()));
                }
                _ => {}
            }
            rest = &rest[frame.length..];
        }
        assert!(rest.is_empty());
        self.members[member].read += bytes.len();
        !bytes.is_empty()
    }

    fn answer(&mut self, member: usize) -> bool {
        let of = &mut self.members[member];
        let (Some(connection), false) = (of.connection, of.silent) else { return false };
        let unanswered = std::mem::take(&mut of.unanswered);
        for (first, identifier) in &unanswered {
            let packet_identifier = (*identifier).try_into().unwrap();
            let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
            let answer = Acknowledgement { packet_identifier, reason, properties };
            let packet = match first {
                0x40 => Packet::Puback(answer),
                0x50 => Packet::Pubrec(answer),
                _ => Packet::Pubcomp(answer),
            };
            self.world.send(connection, &packet);
        }
        !unanswered.is_empty()
    }

    /// Everybody comes back and says what he owes.
    fn conclude(&mut self) {
        for member in 0..MEMBERS {
            self.step(&Step::Silence { member, silent: false });
            self.step(&Step::Come { member, clean: false });
        }
        for (payload, qos) in &self.accepted {
            let times = self.received.get(payload).copied().unwrap_or(0);
            assert!(times >= 1, "message {payload} at {qos:?} is lost");
            assert!(
                *qos == QoS::AtLeastOnce || times == 1,
                "message {payload} at {qos:?} came {times} times"
            );
        }
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let member = 0..MEMBERS;
    let qos = prop_oneof![Just(QoS::AtLeastOnce), Just(QoS::ExactlyOnce)];
    prop_oneof![
        4 => (member.clone(), any::<bool>()).prop_map(|(member, clean)| Step::Come { member, clean }),
        3 => member.clone().prop_map(|member| Step::Go { member }),
        1 => member.clone().prop_map(|member| Step::Leave { member }),
        4 => member.clone().prop_map(|member| Step::Join { member }),
        3 => (member, any::<bool>()).prop_map(|(member, silent)| Step::Silence { member, silent }),
        8 => qos.prop_map(|qos| Step::Publish { qos }),
        1 => Just(Step::Crash),
    ]
}

proptest! {
    #[test]
    fn what_a_group_was_promised_it_gets(steps in prop::collection::vec(any_step(), 0..60)) {
        let mut group = Group::new();
        steps.iter().for_each(|step| group.step(step));
        group.conclude();
    }
}
