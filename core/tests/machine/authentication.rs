//! Questions about AUTH, and answers that come late, twice or after the end.

use std::time::Duration;

use hushwing_core::wire::{Auth, Connect, Packet, PropertiesBuffer, Property, ReasonCode};
use hushwing_core::{
    Answer, Ask, Authentication, CloseCause, Config, ConnectionId, Input, Listener, Origin, Output,
    ProtocolVersion, Question,
};

use crate::world::World;

fn world() -> World {
    let listener = Listener { authentication: Authentication::Ask, ..Listener::default() };
    World::with(Config { listeners: vec![listener], ..Config::default() })
}

fn method() -> PropertiesBuffer {
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::AuthenticationMethod("m"));
    properties.push(Property::AuthenticationData(b"secret"));
    properties
}

fn auth(world: &mut World, id: u64, reason: ReasonCode) {
    let properties = method();
    world.send(id, &Packet::Auth(Auth { reason, properties: properties.as_properties() }));
    check_memory(world);
}

/// The question that was asked last, once.
fn asked(world: &mut World) -> (Question, Ask) {
    world.poll();
    let mut found = None;
    world.outputs.retain(|output| match output {
        Output::Ask { question, about } => {
            assert!(found.replace((*question, about.clone())).is_none(), "two questions");
            false
        }
        _ => true,
    });
    found.expect("nothing was asked")
}

fn answer(world: &mut World, question: Question, answer: Answer) {
    world.broker.handle_input(world.now, Input::Answer { question, answer });
    check_memory(world);
}

fn accept() -> Answer {
    Answer::Accept { rules: None, data: None }
}

fn check_memory(world: &World) {
    assert_eq!(world.broker.memory(), world.broker.memory_walk());
}

fn pass(world: &mut World, seconds: u64) {
    world.now = world.now.after(Duration::from_secs(seconds));
    world.broker.handle_timeout(world.now);
    check_memory(world);
}

/// Opens a connection and sends CONNECT with a method.
fn connect(world: &mut World, id: u64) {
    let connection = ConnectionId(id);
    world.broker.handle_input(world.now, Input::Opened { connection, origin: Origin::default() });
    let properties = method();
    world.send(
        id,
        &Packet::Connect(Connect {
            version: ProtocolVersion::V5_0,
            clean_start: true,
            keep_alive_seconds: 0,
            client_identifier: "client",
            properties: properties.as_properties(),
            will: None,
            user_name: None,
            password: None,
        }),
    );
    check_memory(world);
}

/// Nothing more happens, but for the reading of a connection that goes on.
fn nothing_happens(world: &mut World, id: u64) {
    world.outputs.clear();
    let before = world.received(id).len();
    world.drain(id);
    assert_eq!(world.received(id).len(), before);
    assert_eq!(world.outputs, []);
}

#[test]
fn the_embedder_is_told_what_it_needs_and_secrets_are_not_printed() {
    let mut world = world();
    connect(&mut world, 1);
    let (question, about) = asked(&mut world);
    let Ask::Authenticate(told) = &about else { panic!("{about:?}") };
    assert_eq!(told.authentication_method.as_deref(), Some("m"));
    assert_eq!(told.authentication_data.as_deref(), Some(&b"secret"[..]));
    answer(&mut world, question, Answer::Continue(None));
    auth(&mut world, 1, ReasonCode::ContinueAuthentication);
    let (question, next) = asked(&mut world);
    let Ask::Continue(told) = &next else { panic!("{next:?}") };
    assert_eq!((&*told.method, &*told.client_identifier), ("m", "client"));
    assert_eq!(told.data.as_deref(), Some(&b"secret"[..]));
    answer(&mut world, question, accept());
    auth(&mut world, 1, ReasonCode::ReAuthenticate);
    let (_, last) = asked(&mut world);
    assert!(matches!(&last, Ask::Reauthenticate(told) if &*told.client_identifier == "client"));
    for about in [about, next, last] {
        assert!(!format!("{about:?}").contains(&format!("{:?}", b"secret")), "{about:?}");
    }
}

#[test]
fn an_answer_after_the_time_is_over_lets_nobody_in() {
    let mut world = world();
    connect(&mut world, 1);
    let (question, _) = asked(&mut world);
    answer(&mut world, question, Answer::Continue(None));
    auth(&mut world, 1, ReasonCode::ContinueAuthentication);
    let (question, _) = asked(&mut world);
    pass(&mut world, 9);
    world.drain(1);
    assert_eq!(world.farewell(1), None);
    pass(&mut world, 1);
    world.drain(1);
    assert_eq!(world.farewell(1), Some(ReasonCode::ServerUnavailable));
    answer(&mut world, question, accept());
    nothing_happens(&mut world, 1);
}

#[test]
fn an_answer_for_a_client_that_is_gone_is_nobodys() {
    for goes in [true, false] {
        let mut world = world();
        connect(&mut world, 1);
        let (question, _) = asked(&mut world);
        answer(&mut world, question, Answer::Continue(None));
        auth(&mut world, 1, ReasonCode::ContinueAuthentication);
        let (question, _) = asked(&mut world);
        if goes {
            let connection = ConnectionId(1);
            world.broker.handle_input(world.now, Input::Closed { connection, cause: CloseCause::Peer });
        } else {
            // Two at once: a violation.
            auth(&mut world, 1, ReasonCode::ContinueAuthentication);
        }
        world.drain(1);
        answer(&mut world, question, accept());
        nothing_happens(&mut world, 1);
    }
}

#[test]
fn an_answer_counts_once_and_for_its_own_question() {
    let mut world = world();
    connect(&mut world, 1);
    let (first, _) = asked(&mut world);
    answer(&mut world, first, Answer::Continue(None));
    auth(&mut world, 1, ReasonCode::ContinueAuthentication);
    let (second, _) = asked(&mut world);
    // The first one again.
    world.drain(1);
    answer(&mut world, first, accept());
    nothing_happens(&mut world, 1);
    answer(&mut world, second, accept());
    world.drain(1);
    assert!(world.received(1).windows(4).any(|four| four[0] == 0x20 && four[2..] == [0, 0]), "no CONNACK");
    answer(&mut world, second, Answer::Refuse(ReasonCode::NotAuthorized));
    nothing_happens(&mut world, 1);
    // Authenticated anew: the same.
    auth(&mut world, 1, ReasonCode::ReAuthenticate);
    let (third, _) = asked(&mut world);
    answer(&mut world, third, accept());
    world.drain(1);
    answer(&mut world, third, Answer::Refuse(ReasonCode::NotAuthorized));
    nothing_happens(&mut world, 1);
}

#[test]
fn what_the_exchange_costs_is_given_back() {
    let mut world = world();
    connect(&mut world, 1);
    let (question, _) = asked(&mut world);
    answer(&mut world, question, Answer::Continue(None));
    let connection = ConnectionId(1);
    world.broker.handle_input(world.now, Input::Closed { connection, cause: CloseCause::Peer });
    check_memory(&world);
    pass(&mut world, 60);
    assert_eq!(world.broker.poll_timeout(), None);
}
