//! What clients can break is broken by what is said to break it, and nobody else notices.

use std::collections::BTreeSet;
use std::sync::Arc;

use conformance::Version;
use conformance::nonsense::{
    METHOD, Moment, Nonsense, OF_THE_WORLD, OUT_OF_REACH, Occasion, Setting, TOPIC, all, configure,
};
use conformance::wire::{Connect, Decoded, Outgoing, Packet, decode, publish, subscribe};
use hushwing_core::wire::{PacketType, ReasonCode, Sender};
use hushwing_core::{
    Answer, Ask, Authentication, Broker, Config, ConnectionId, DisconnectReason, Event, Input, Instant,
    Origin, Output, PeerId, Violation,
};

/// Somebody who is subscribed to everything.
const BYSTANDER: ConnectionId = ConnectionId(1);
/// Who talks nonsense.
const CLIENT: ConnectionId = ConnectionId(2);

/// A broker, and what came out of it.
struct World {
    broker: Broker,
    now: Instant,
    reads: bool,
    /// Bytes are handed in one by one.
    split: bool,
    paused: bool,
    closed: bool,
    to_client: Vec<u8>,
    to_bystander: Vec<u8>,
    reason: Option<DisconnectReason>,
}

impl World {
    fn new(settings: &[Setting], split: bool) -> Self {
        let mut config = Config { journal: true, ..Config::default() };
        settings.iter().for_each(|setting| configure(*setting, &mut config));
        let broker = Broker::new(Arc::new(config), PeerId(0), 42);
        let now = Instant::from_micros(1_700_000_000_000_000);
        let (to_client, to_bystander) = (Vec::new(), Vec::new());
        Self {
            broker,
            now,
            reads: true,
            split,
            paused: false,
            closed: false,
            to_client,
            to_bystander,
            reason: None,
        }
    }

    fn open(&mut self, connection: ConnectionId, listener: u16) {
        let origin = Origin { listener, ..Origin::default() };
        self.broker.handle_input(self.now, Input::Opened { connection, origin });
        self.settle();
    }

    fn say(&mut self, connection: ConnectionId, bytes: &[u8]) {
        let size = if self.split { 1 } else { bytes.len().max(1) };
        for bytes in bytes.chunks(size) {
            for _ in 0..100 {
                self.wait(u64::from(self.paused && !self.closed));
            }
            if !self.closed {
                self.broker.handle_input(self.now, Input::Received { connection, bytes });
                self.settle();
            }
        }
    }

    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now.after_seconds(1);
            if self.broker.poll_timeout().is_some_and(|due| due <= self.now) {
                self.broker.handle_timeout(self.now);
            }
            self.settle();
        }
    }

    fn settle(&mut self) {
        loop {
            while let Some(output) = self.broker.poll_output() {
                self.obey(output);
            }
            if !self.broker.work_pending() {
                break;
            }
            self.broker.handle_work(self.now);
        }
    }

    fn obey(&mut self, output: Output) {
        match output {
            Output::Transmit { connection: CLIENT } if !self.reads => {}
            Output::Transmit { connection } => self.transmit(connection),
            Output::Read { connection: CLIENT, enabled } => self.paused = !enabled,
            Output::Close { connection: CLIENT } => {
                if self.reads {
                    self.transmit(CLIENT);
                }
                self.closed = true;
            }
            Output::Persist { position, .. } => {
                self.broker.handle_input(self.now, Input::Persisted { position });
            }
            Output::Ask { question, about } => {
                let answer = self.answer(&about);
                self.broker.handle_input(self.now, Input::Answer { question, answer });
            }
            Output::Event(Event::Disconnected { connection: CLIENT, reason, .. }) => {
                assert_eq!(self.reason.replace(reason), None, "disconnected twice");
            }
            _ => {}
        }
    }

    fn answer(&self, about: &Ask) -> Answer {
        match about {
            Ask::Authenticate(about) if about.authentication_method.as_deref() == Some(METHOD) => {
                Answer::Continue(None)
            }
            other => panic!("{other:?}"),
        }
    }

    fn transmit(&mut self, connection: ConnectionId) {
        while let Some(transmit) = self.broker.transmit(self.now, connection) {
            let bytes = transmit.first().to_vec();
            transmit.advance(bytes.len());
            if connection == CLIENT { &mut self.to_client } else { &mut self.to_bystander }.extend(bytes);
        }
    }
}

fn packets(mut bytes: &[u8], version: Version) -> Vec<Packet> {
    let mut packets = Vec::new();
    while let Decoded::Whole(packet, size) = decode(bytes, version).expect("well-formed packets") {
        packets.push(packet);
        bytes = &bytes[size..];
    }
    assert!(bytes.is_empty(), "half a packet");
    packets
}

/// Brings a connection to where the nonsense is for, and gives the Packet Identifier that it has to know.
fn prepare(world: &mut World, nonsense: &Nonsense, version: Version) -> u16 {
    let filter = format!("{TOPIC}/unanswered");
    if !matches!(nonsense.moment, Moment::Greeting | Moment::Visit) {
        world.say(CLIENT, &Connect::new("client").encode(version));
    }
    let Moment::Unanswered { qos } = nonsense.moment else { return 0 };
    world.say(CLIENT, &subscribe(1).filter(&filter, qos).encode(version));
    let message = publish(&filter).qos(qos, 9);
    world.say(CLIENT, &message.encode(version));
    let found = packets(&world.to_client, version).into_iter().find_map(|packet| match packet {
        Packet::Publish(publish) => Some((publish.packet_identifier, publish.qos)),
        _ => None,
    });
    let (packet_identifier, sent) = found.expect("its own message");
    assert_eq!(sent, qos);
    packet_identifier
}

/// What became of one who said it.
fn hear(nonsense: &Nonsense, version: Version, settings: &[Setting], split: bool) -> World {
    let mut world = World::new(settings, split);
    world.open(BYSTANDER, 0);
    world.say(BYSTANDER, &Connect::new("bystander").encode(Version::V3_1_1));
    world.say(BYSTANDER, &subscribe(1).filter("#", 2).filter("+/#", 2).encode(Version::V3_1_1));
    let asks = nonsense.needs == Some(Setting::Authenticator) && settings.contains(&Setting::Authenticator);
    world.open(CLIENT, if asks { listener_that_asks(settings) } else { 0 });
    let packet_identifier = prepare(&mut world, nonsense, version);
    world.reads = nonsense.reads;
    world.say(CLIENT, &(nonsense.bytes)(Occasion { version, packet_identifier }));
    // Where there is a rate, what is over it is looked at later.
    let later = if settings.contains(&Setting::PublishRate) { 10 } else { 0 };
    world.wait(u64::from(nonsense.seconds.max(later)));
    world
}

fn listener_that_asks(settings: &[Setting]) -> u16 {
    let mut config = Config::default();
    settings.iter().for_each(|setting| configure(*setting, &mut config));
    let asks = config.listeners.iter().position(|listener| listener.authentication == Authentication::Ask);
    asks.expect("a listener that asks") as u16
}

fn is_broken(world: &World, violation: Violation) -> bool {
    world.closed && world.reason == Some(DisconnectReason::Violation(violation))
}

/// A server that does not know what the client speaks answers as 3.1.1 has it.
fn answered_in(violation: Violation, version: Version) -> Version {
    let unknown = [Violation::UnsupportedProtocolName, Violation::UnsupportedProtocolVersion];
    if unknown.contains(&violation) { Version::V3_1_1 } else { version }
}

/// What DISCONNECT says of it.
fn disconnect_code(violation: Violation) -> u8 {
    let sayable = violation.reason().allowed_in(PacketType::Disconnect, Sender::Server);
    if sayable { violation.reason().byte() } else { ReasonCode::UnspecifiedError.byte() }
}

fn check(nonsense: &Nonsense, version: Version, settings: &[Setting], split: bool) {
    let world = hear(nonsense, version, settings, split);
    let violation = nonsense.violation;
    let place = format!("{violation:?} at {:?} in {version:?}, {settings:?}", nonsense.moment);
    assert!(is_broken(&world, violation), "{place}: {:?}", world.reason);
    let received = packets(&world.to_client, answered_in(violation, version));
    let is_in = received.iter().any(|packet| matches!(packet, Packet::Connack(of) if of.code == 0));
    assert_eq!(is_in, nonsense.moment != Moment::Greeting && nonsense.reads, "{place}: {received:?}");
    match received.last() {
        Some(Packet::Disconnect(disconnect)) => {
            assert!(is_in && version == Version::V5_0, "{place}: {received:?}");
            assert_eq!(disconnect.code, disconnect_code(violation), "{place}");
        }
        _ => assert!(!is_in || version != Version::V5_0, "{place}: {received:?}"),
    }
    let seen = packets(&world.to_bystander, Version::V3_1_1);
    assert!(seen.len() == 2 && matches!(seen[1], Packet::Suback(_)), "{place}: {seen:?}");
    assert_eq!(world.broker.stats().retained_messages, 0, "{place}");
}

/// Every way to set up a broker that is good for it.
fn settings_for(nonsense: &Nonsense) -> impl Iterator<Item = Vec<Setting>> {
    // Where there is no QoS 2, nothing at QoS 2 can be answered.
    let few = nonsense.moment != Moment::Unanswered { qos: 2 };
    let some =
        |bits: u32| Setting::ALL.into_iter().enumerate().filter(move |(place, _)| bits >> place & 1 == 1);
    (0..1 << Setting::ALL.len())
        .map(move |bits| some(bits).map(|(_, setting)| setting).collect::<Vec<_>>())
        .filter(move |settings| nonsense.fits(settings))
        .filter(move |settings| few || !settings.contains(&Setting::FewCapabilities))
}

fn each(check: impl Fn(&Nonsense, Version)) {
    all().for_each(|one| one.versions.iter().for_each(|version| check(one, *version)));
}

#[test]
fn it_is_what_it_says_however_a_broker_is_set_that_is_good_for_it() {
    each(|one, version| settings_for(one).for_each(|settings| check(one, version, &settings, false)));
}

#[test]
fn it_is_so_byte_by_byte() {
    each(|one, version| settings_for(one).for_each(|settings| check(one, version, &settings, true)));
}

#[test]
fn what_it_needs_and_what_it_cannot_stand_is_no_more_than_that() {
    each(|one, version| {
        if one.needs.is_some() {
            assert!(!one.fits(&[]));
            assert!(!breaks(one, version, &[]), "{one:?}");
        }
        for unless in one.unless {
            let settings: Vec<Setting> = one.needs.into_iter().chain([*unless]).collect();
            assert!(!one.fits(&settings));
            assert!(!breaks(one, version, &settings), "{one:?}");
        }
    });
}

fn breaks(nonsense: &Nonsense, version: Version, settings: &[Setting]) -> bool {
    is_broken(&hear(nonsense, version, settings, false), nonsense.violation)
}

#[test]
fn every_violation_is_said_or_has_a_reason_why_not() {
    let said: BTreeSet<usize> = all().map(|one| one.violation as usize).collect();
    let named = |table: &[(Violation, &str)], one: Violation| table.iter().filter(|row| row.0 == one).count();
    for &violation in Violation::ALL {
        let said = usize::from(said.contains(&(violation as usize)));
        let places = said + named(OUT_OF_REACH, violation) + named(OF_THE_WORLD, violation);
        assert_eq!(places, 1, "{violation:?}");
    }
}
