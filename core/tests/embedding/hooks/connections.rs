//! Decisions about connections and clients.

use hushwing_core::ProtocolVersion::{V3_1, V3_1_1, V5_0};
use hushwing_core::hooks::{AcceptDecision, ConnectDecision, ConnectingClient};
use hushwing_core::wire::{Packet, ReasonCode};
use hushwing_core::{Config, ConnectionId, DisconnectReason, Event, EventMask};

use super::{on_accept, on_connect};
use crate::world::{World, hello};

#[test]
fn a_connection_that_is_not_accepted_is_closed_without_a_word() {
    let odd = |connection: &ConnectionId| match connection.0 % 2 {
        0 => AcceptDecision::Close,
        _ => AcceptDecision::Allow,
    };
    let mut world = World::hooked(Config::default(), on_accept(odd));
    world.client(V5_0, "a");
    let refused = world.open(V5_0);
    world.say(refused, &Packet::Connect(hello(V5_0, "b")));
    assert_eq!(world.heard(refused), ["closed"]);
    world.client(V5_0, "c");
    let stats = world.broker.stats();
    assert_eq!((stats.connections, stats.clients, stats.sessions), (2, 2, 2));
}

#[test]
fn a_client_is_refused_in_the_words_of_its_version() {
    for (reason, v5, v3) in [
        (ReasonCode::NotAuthorized, "CONNACK 87", Some("CONNACK 87")),
        (ReasonCode::Banned, "CONNACK 8a", Some("CONNACK 87")),
        (ReasonCode::ServerBusy, "CONNACK 89", Some("CONNACK 88")),
        (ReasonCode::QuotaExceeded, "CONNACK 97", None),
        // No refusal, and none for CONNACK.
        (ReasonCode::Success, "CONNACK 80", None),
        (ReasonCode::SessionTakenOver, "CONNACK 80", None),
    ] {
        let mut world =
            World::hooked(Config::default(), on_connect(move |_| ConnectDecision::Refuse(reason)));
        for version in [V3_1, V3_1_1, V5_0] {
            let refused = world.open(version);
            world.say(refused, &Packet::Connect(hello(version, "a")));
            let word = if version == V5_0 { Some(v5) } else { v3 };
            let expected: Vec<&str> = word.into_iter().chain(["closed"]).collect();
            assert_eq!(world.heard(refused), expected, "{reason}");
        }
        assert_eq!(world.broker.stats().sessions, 0);
    }
}

#[test]
fn a_client_that_is_refused_takes_nothing_over() {
    let events = EventMask { connections: true, authentication: true, ..EventMask::NONE };
    let config = Config { events, ..Config::default() };
    let mut count = 0;
    let first_only = move |_: &ConnectingClient<'_>| {
        count += 1;
        if count == 1 { ConnectDecision::Allow } else { ConnectDecision::Refuse(ReasonCode::Banned) }
    };
    let mut world = World::hooked(config, on_connect(first_only));
    let first = world.client(V5_0, "a");
    world.events();
    let refused = world.open(V5_0);
    world.say(refused, &Packet::Connect(hello(V5_0, "a")));
    assert_eq!(world.heard(first), [""; 0]);
    let (client_identifier, reason) = ("".into(), DisconnectReason::Refused(ReasonCode::Banned));
    assert_eq!(world.events(), [Event::Disconnected { connection: refused, client_identifier, reason }]);
    assert_eq!(world.broker.client("a").map(|client| client.connection), Some(first));
}
