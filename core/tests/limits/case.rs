//! What every case has in common: three sizes around a limit, and two clients that must not notice.

use std::fmt::Debug;
use std::num::NonZeroU16;

use hushwing_core::ProtocolVersion::{self, V3_1, V3_1_1, V5_0};
use hushwing_core::wire::{Connect, Packet, Properties, QoS, Subscribe, SubscribeFiltersBuffer};
use hushwing_core::{Config, ConnectionId, Limits};

use crate::world::{World, text};

pub(crate) const VERSIONS: [ProtocolVersion; 3] = [V3_1, V3_1_1, V5_0];

/// What a client heard.
pub(crate) type Heard = Vec<String>;

pub(crate) fn config(limits: Limits) -> Config {
    Config { limits, ..Config::default() }
}

/// Runs a case at one below the limit, at it and one above, each in a world of its own, and looks whether what
/// came of it is what was expected, whether others are still served, and whether the memory account is right.
#[track_caller]
pub(crate) fn edges<T: Debug + PartialEq>(
    config: &Config,
    limit: usize,
    within: impl Fn(usize) -> T,
    beyond: impl Fn(usize) -> T,
    run: impl Fn(&mut World, usize) -> T,
) {
    for size in [limit - 1, limit, limit + 1] {
        let mut world = World::new(config.clone());
        let bystanders = Bystanders::new(&mut world);
        let came_to = run(&mut world, size);
        let expected = if size <= limit { within(size) } else { beyond(size) };
        assert_eq!(came_to, expected, "{size}, where the limit is {limit}");
        bystanders.are_served(&mut world);
    }
}

/// Two clients that have nothing to do with the case.
pub(crate) struct Bystanders(ConnectionId, ConnectionId);

impl Bystanders {
    pub(crate) fn new(world: &mut World) -> Self {
        let (from, to) = (world.client(V5_0, "b1"), world.client(V3_1_1, "b2"));
        world.subscribe(to, "b", QoS::AtMostOnce);
        world.heard(to);
        Self(from, to)
    }

    #[track_caller]
    pub(crate) fn are_served(&self, world: &mut World) {
        world.publish(self.0, "b", "!", QoS::AtMostOnce);
        assert_eq!(world.heard(self.1), ["PUBLISH 0 b: !"]);
    }
}

/// How a broker parts from a connected client: 5.0 is told why.
pub(crate) fn parting(version: ProtocolVersion, code: &str) -> Heard {
    let told = (version == V5_0).then(|| format!("DISCONNECT {code}"));
    told.into_iter().chain(["closed".to_owned()]).collect()
}

/// How a broker refuses a CONNECT, with a code that 3.x has a word for, or not.
pub(crate) fn refusal(version: ProtocolVersion, code: &str, also_3: bool) -> Heard {
    let told = (version == V5_0 || also_3).then(|| format!("CONNACK {code}"));
    told.into_iter().chain(["closed".to_owned()]).collect()
}

pub(crate) fn heard<const N: usize>(packets: [&str; N]) -> Heard {
    packets.map(str::to_owned).into()
}

/// What a client hears that sends this CONNECT.
pub(crate) fn try_connect(world: &mut World, connect: &Connect<'_>) -> Heard {
    let connection = world.open(connect.version);
    world.say(connection, &Packet::Connect(*connect));
    world.heard(connection)
}

/// One SUBSCRIBE with all these filters, at QoS 0.
pub(crate) fn subscribe_to(
    world: &mut World,
    connection: ConnectionId,
    version: ProtocolVersion,
    filters: &[&str],
) {
    let mut buffer = SubscribeFiltersBuffer::new();
    for filter in filters {
        buffer.push(filter, text(QoS::AtMostOnce, filter).1, version);
    }
    let (packet_identifier, properties) = (NonZeroU16::MIN, Properties::EMPTY);
    let subscribe = Subscribe { packet_identifier, properties, filters: buffer.as_filters() };
    world.say(connection, &Packet::Subscribe(subscribe));
}

/// How many subscriptions this client has.
pub(crate) fn subscriptions(world: &World, client_identifier: &str) -> u32 {
    world.broker.session(client_identifier).map_or(0, |session| session.subscriptions)
}
