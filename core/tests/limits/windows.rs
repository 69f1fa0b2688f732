//! How many QoS 1 and 2 messages may be on their way, in either direction.

use std::num::NonZeroU16;

use hushwing_core::ProtocolVersion::{self, V3_1_1, V5_0};
use hushwing_core::wire::{
    Acknowledgement, Connect, Packet, Properties, PropertiesBuffer, Property, Publish,
};
use hushwing_core::wire::{QoS, ReasonCode};
use hushwing_core::{Config, ConnectionId, Limits};

use crate::case::{Heard, VERSIONS, config, edges, heard, parting};
use crate::world::{World, hello, message};

fn publish(world: &mut World, publisher: ConnectionId, qos: QoS, number: usize) {
    let packet_identifier = NonZeroU16::new(number as u16);
    world.say(publisher, &Packet::Publish(Publish { packet_identifier, ..message("t", "", qos) }));
}

fn release(world: &mut World, publisher: ConnectionId, number: u16) {
    answer(world, publisher, Packet::Pubrel, number);
}

#[test]
pub(crate) fn receive_maximum() {
    let config = config(Limits { receive_maximum: 3, ..Limits::default() });
    let within = |count| (vec!["PUBREC 10".to_owned(); count], 3 >= count);
    let beyond = |_| ([heard(["PUBREC 10"; 3]), parting(V5_0, "93")].concat(), false);
    edges(&config, 3, within, beyond, |world, count| {
        let publisher = world.client(V5_0, "p");
        (1..=count).for_each(|number| publish(world, publisher, QoS::ExactlyOnce, number));
        let heard = world.heard(publisher);
        let window = world.broker.client("p").map(|client| usize::from(client.unacknowledged));
        (heard, window == Some(count))
    });
    // Once PUBCOMP is sent, there is room for one more; a QoS 1 message counts until its PUBACK leaves.
    let mut world = World::new(config);
    let publisher = world.client(V5_0, "p");
    (1..=3).for_each(|number| publish(&mut world, publisher, QoS::ExactlyOnce, number));
    world.heard(publisher);
    release(&mut world, publisher, 2);
    publish(&mut world, publisher, QoS::AtLeastOnce, 4);
    publish(&mut world, publisher, QoS::ExactlyOnce, 2);
    assert_eq!(world.heard(publisher), ["PUBCOMP 00", "PUBACK 10", "PUBREC 10"]);
    // The same one again is not one more.
    publish(&mut world, publisher, QoS::ExactlyOnce, 2);
    assert_eq!(world.heard(publisher), ["PUBREC 00"]);
    publish(&mut world, publisher, QoS::AtLeastOnce, 4);
    assert_eq!(world.heard(publisher), parting(V5_0, "93"));
}

/// A 3.x client was told no maximum: what waits for PUBREL is its own affair.
#[test]
fn identifiers_that_wait_for_pubrel_never_pause_a_3_x_client() {
    for version in &VERSIONS[..2] {
        let mut world = World::new(config(Limits { receive_maximum: 3, ..Limits::default() }));
        let publisher = world.client(*version, "p");
        (1..=50).for_each(|number| publish(&mut world, publisher, QoS::ExactlyOnce, number));
        assert_eq!(world.heard(publisher), vec!["PUBREC 00"; 50]);
        assert!(world.reads(publisher));
    }
}

fn journalled() -> Config {
    Config { journal: true, ..config(Limits { receive_maximum: 3, ..Limits::default() }) }
}

/// So many publications of a 3.x client wait for the disk. Whether the client is read, and is again with half
/// of them left.
fn unstored(world: &mut World, version: ProtocolVersion, count: usize) -> bool {
    let subscriber = world.kept_client(version, "s");
    world.subscribe(subscriber, "t", QoS::AtLeastOnce);
    world.cut(subscriber);
    let publisher = world.client(version, "p");
    world.disk_stalls = true;
    (1..=count).for_each(|number| publish(world, publisher, QoS::AtLeastOnce, number));
    assert_eq!(world.heard(publisher), Heard::new());
    let reads = world.reads(publisher);
    world.disk_stalls = false;
    world.store();
    assert_eq!(world.heard(publisher), vec!["PUBACK 00"; count]);
    assert!(world.reads(publisher));
    reads
}

#[test]
fn a_3_x_client_is_not_read_while_so_many_acknowledgements_wait_for_the_disk() {
    for version in &VERSIONS[..2] {
        edges(&journalled(), 2, |_| true, |_| false, |world, count| unstored(world, *version, count));
    }
    // A 5.0 client that sends one more has broken its promise.
    let mut world = World::new(journalled());
    assert!(!unstored(&mut world, V5_0, 3));
}

#[test]
fn silence_of_a_client_that_is_not_read_proves_nothing() {
    let mut world = World::new(journalled());
    let subscriber = world.kept_client(V3_1_1, "s");
    world.subscribe(subscriber, "t", QoS::AtLeastOnce);
    let publisher = world.connect(&Connect { keep_alive_seconds: 10, ..hello(V3_1_1, "p") });
    world.disk_stalls = true;
    (1..=3).for_each(|number| publish(&mut world, publisher, QoS::AtLeastOnce, number));
    assert!(!world.reads(publisher));
    world.wait(100);
    world.wait(10);
    assert_eq!(world.heard(publisher), Heard::new());
    world.disk_stalls = false;
    world.store();
    assert_eq!(world.heard(publisher), ["PUBACK 00"; 3]);
    // From now on it is, and it does.
    ends_with_its_keep_alive(&mut world, publisher);
}

fn ends_with_its_keep_alive(world: &mut World, client: ConnectionId) {
    world.wait_micros(14_999_999);
    assert_eq!(world.heard(client), Heard::new());
    world.wait_micros(1);
    assert_eq!(world.heard(client), ["closed"]);
}

#[test]
fn silence_of_a_client_whose_message_is_on_its_way_proves_nothing() {
    let mut world = World::new(config(Limits { receivers_per_turn: 1, ..Limits::default() }));
    for name in ["s1", "s2"] {
        let subscriber = world.client(V5_0, name);
        world.subscribe(subscriber, "t", QoS::AtLeastOnce);
    }
    let publisher = world.connect(&Connect { keep_alive_seconds: 10, ..hello(V3_1_1, "p") });
    world.idle = true;
    publish(&mut world, publisher, QoS::AtLeastOnce, 1);
    assert!(!world.reads(publisher));
    world.wait(100);
    world.wait(10);
    world.idle = false;
    world.work();
    assert_eq!(world.heard(publisher), ["PUBACK 00"]);
    ends_with_its_keep_alive(&mut world, publisher);
}

/// How many of these messages a client is sent that acknowledges none.
fn in_flight(world: &mut World, connect: &Connect<'_>, count: usize) -> usize {
    let subscriber = world.connect(connect);
    world.subscribe(subscriber, "t", QoS::ExactlyOnce);
    let publisher = world.client(V5_0, "p");
    world.heard(subscriber);
    for number in 0..count {
        publish(
            world,
            publisher,
            if number % 2 == 0 { QoS::AtLeastOnce } else { QoS::ExactlyOnce },
            1 + number,
        );
    }
    let sent = world.heard(subscriber).len();
    let session = world.broker.session("s").expect("connected");
    assert_eq!((session.in_flight_messages, session.queued_messages), (sent as u64, (count - sent) as u64));
    sent
}

#[test]
pub(crate) fn in_flight_maximum() {
    let config = config(Limits { in_flight_maximum: 3, ..Limits::default() });
    for version in VERSIONS {
        let connect = hello(version, "s");
        edges(&config, 3, |count| count, |_| 3, |world, count| in_flight(world, &connect, count));
    }
    let taking = |receive_maximum| {
        let mut properties = PropertiesBuffer::new();
        properties.push(Property::ReceiveMaximum(receive_maximum));
        properties
    };
    // The lower of the two.
    for (receive_maximum, least) in [(2, 2), (4, 3)] {
        let properties = taking(receive_maximum);
        let connect = Connect { properties: properties.as_properties(), ..hello(V5_0, "s") };
        edges(&config, least, |count| count, |_| least, |world, count| in_flight(world, &connect, count));
    }
}

/// A new connection begins with a free window; what waits for PUBCOMP still has its packet identifier.
#[test]
fn what_waits_for_pubcomp_counts_on_the_next_connection_too() {
    for version in VERSIONS {
        let mut world = World::new(config(Limits { in_flight_maximum: 2, ..Limits::default() }));
        let publisher = world.client(V5_0, "p");
        let subscriber = world.kept_client(version, "s");
        world.subscribe(subscriber, "t", QoS::ExactlyOnce);
        (1..=2).for_each(|number| publish(&mut world, publisher, QoS::ExactlyOnce, number));
        (1..=2).for_each(|number| release(&mut world, publisher, number));
        (1..=2).for_each(|number| answer(&mut world, subscriber, Packet::Pubrec, number));
        assert_eq!(world.heard(subscriber)[3..], ["PUBREL 00"; 2]);
        world.cut(subscriber);
        publish(&mut world, publisher, QoS::ExactlyOnce, 3);
        release(&mut world, publisher, 3);
        let subscriber = world.open(version);
        world.say(subscriber, &Packet::Connect(Connect { clean_start: false, ..hello(version, "s") }));
        let heard = world.heard(subscriber);
        assert_eq!(heard[1..], ["PUBREL 00"; 2], "{version}");
        answer(&mut world, subscriber, Packet::Pubcomp, 1);
        assert_eq!(world.heard(subscriber), ["PUBLISH 2 t: "]);
        world.cut(subscriber);
    }
}

fn answer(
    world: &mut World,
    client: ConnectionId,
    packet: fn(Acknowledgement<'static>) -> Packet<'static>,
    number: u16,
) {
    let packet_identifier = NonZeroU16::new(number).expect("not 0");
    let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
    world.say(client, &packet(Acknowledgement { packet_identifier, reason, properties }));
}
