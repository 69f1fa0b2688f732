//! Enhanced authentication through real clients. The program `hushwing` offers no method, so the broker is one inside this
//! test: the library, with two toy methods. `word` has one step: the Authentication Data of CONNECT is the secret. `echo`
//! has two: the broker says something new, and the client answers with the secret and that.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use conformance_clients::{Agent, Library, Message, MqttJs, MqttJsLibrary, PahoPython, Peer, unavailable};
use hushwing_core::wire::ReasonCode;
use hushwing_core::{Answer, Ask, Authentication, Config, Listener};
use hushwing_tokio::{Handle, Reply, Running, Server};

const SECRET: &str = "hoot";
const NOT_AUTHORIZED: u8 = 0x87;
const BAD_AUTHENTICATION_METHOD: u8 = 0x8C;

/// A broker that knows both methods, until it is dropped.
struct Broker {
    address: SocketAddr,
    handle: Handle,
    running: Option<Running>,
}

impl Broker {
    fn start() -> Self {
        let listener = Listener { authentication: Authentication::Ask, ..Listener::default() };
        let mut server = Server::new(Config { listeners: vec![listener], ..Config::default() });
        let (sender, questions) = channel();
        // Nobody listens any more where the test has ended.
        server.on_ask(move |about, reply| drop(sender.send((about, reply))));
        thread::spawn(|| authority(questions));
        let address = server.listen(SocketAddr::from(([127, 0, 0, 1], 0)), 0).expect("a port");
        let handle = server.handle();
        Self { address, handle, running: Some(server.spawn().expect("a broker that runs")) }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.handle.stop();
        let ended = self.running.take().map(Running::join);
        if !thread::panicking() {
            ended.expect("it runs").expect("an orderly end");
        }
    }
}

/// Answers from a thread of its own, as somebody would who has to look things up.
fn authority(questions: Receiver<(Ask, Reply)>) {
    let mut challenges = HashMap::new();
    for ((about, reply), number) in questions.into_iter().zip(0_u64..) {
        let challenge = format!("challenge {number}").into_bytes();
        let mut challenge_for = |connection| {
            challenges.insert(connection, challenge.clone());
            Answer::Continue(Some(challenge.clone()))
        };
        reply.send(match about {
            Ask::Authenticate(who) => match who.authentication_method.as_deref() {
                Some("word") => verdict(who.authentication_data.as_deref() == Some(SECRET.as_bytes())),
                Some("echo") => challenge_for(who.connection),
                _ => Answer::Refuse(ReasonCode::BadAuthenticationMethod),
            },
            Ask::Reauthenticate(who) => challenge_for(who.connection),
            Ask::Continue(who) => {
                let challenge = challenges.remove(&who.connection).expect("it was challenged");
                verdict(who.data == Some([SECRET.as_bytes(), &challenge].concat()))
            }
            Ask::Authorize { .. } => panic!("nobody asks for that here"),
        });
    }
}

fn verdict(right: bool) -> Answer {
    if right {
        Answer::Accept { rules: None, data: Some(b"welcome".to_vec()) }
    } else {
        Answer::Refuse(ReasonCode::NotAuthorized)
    }
}

/// One CONNECT decides.
fn one_step<L: Library>(client: &str) {
    if unavailable(client, L::program().as_ref().err().cloned()) {
        return;
    }
    let broker = Broker::start();
    let attempt = |method, secret| Agent::<L>::authenticate(broker.address, "owl", method, secret).1;
    assert_eq!(attempt("word", SECRET), Ok(b"welcome".to_vec()));
    assert_eq!(attempt("word", "hiss"), Err(NOT_AUTHORIZED));
    assert_eq!(attempt("whistle", SECRET), Err(BAD_AUTHENTICATION_METHOD));
}

#[test]
fn mqtt_js_in_one_step() {
    one_step::<MqttJsLibrary>("mqtt_js");
}

#[test]
fn paho_in_one_step() {
    one_step::<PahoPython>("paho");
}

#[test]
fn mqtt_js_answers_a_challenge() {
    if unavailable("mqtt_js", MqttJs::missing()) {
        return;
    }
    let broker = Broker::start();
    let (mut client, outcome) = MqttJs::authenticate(broker.address, "owl", "echo", SECRET);
    assert_eq!(outcome, Ok(b"welcome".to_vec()));
    // It is in: QoS 1 is acknowledged.
    client.publish(&Message { topic: "wood".into(), qos: 1, ..Message::default() });
    client.leave();
    let (_, outcome) = MqttJs::authenticate(broker.address, "owl", "echo", "hiss");
    assert_eq!(outcome, Err(NOT_AUTHORIZED));
}

#[test]
fn mqtt_js_authenticates_anew() {
    if unavailable("mqtt_js", MqttJs::missing()) {
        return;
    }
    let broker = Broker::start();
    let (mut client, outcome) = MqttJs::authenticate(broker.address, "owl", "echo", SECRET);
    assert_eq!(outcome, Ok(b"welcome".to_vec()));
    assert_eq!(client.reauthenticate(SECRET), Ok(b"welcome".to_vec()));
    client.publish(&Message { topic: "wood".into(), qos: 1, ..Message::default() });
    // The wrong word ends the connection.
    assert_eq!(client.reauthenticate("hiss"), Err(NOT_AUTHORIZED));
}
