//! Sessions that stay, and connections that come back.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::running::hushwing;
use crate::tool::{Subscriber, World};

#[test]
fn a_session_that_stays() {
    let world = World::start();
    for version in ["311", "5"] {
        let session = ["-V", version, "-i", "owl", "-c", "-q", "2", "-t", "t"];
        let subscribed = world.run("sub", &[&session[..], &["-E"]].concat());
        assert_eq!(subscribed, (Some(0), String::new(), String::new()));
        for message in ["a", "b", "c"] {
            world.publish(&["-t", "t", "-q", "2", "-m", message]);
        }
        // One is taken, the others stay for the next time.
        let one = world.run("sub", &[&session[..], &["-C", "1"]].concat());
        assert_eq!(one, (Some(0), "a\n".into(), String::new()));
        let rest = world.run("sub", &[&session[..], &["-C", "2"]].concat());
        assert_eq!(rest, (Some(0), "b\nc\n".into(), String::new()));
        // Without the subscription nothing is kept.
        let left = world.run("sub", &["-V", version, "-i", "owl", "-c", "-U", "t", "-d"]);
        assert!(left.0 == Some(0) && left.2.contains("received UNSUBACK"), "{left:?}");
        world.publish(&["-t", "t", "-q", "2", "-m", "lost"]);
        let nothing = world.run("sub", &[&session[..], &["-W", "0.3"]].concat());
        assert_eq!((nothing.0, nothing.1.as_str()), (Some(27), ""));
        // A clean session ends it.
        world.run("sub", &["-i", "owl", "-t", "t", "-E"]);
    }
}

#[test]
fn a_session_that_stays_for_a_while() {
    let world = World::start();
    let session = ["-i", "owl", "-x", "1000", "-c", "-q", "1", "-t", "t"];
    world.run("sub", &[&session[..], &["-E"]].concat());
    world.publish(&["-t", "t", "-q", "1", "-m", "kept"]);
    let one = world.run("sub", &[&session[..], &["-C", "1"]].concat());
    assert_eq!(one, (Some(0), "kept\n".into(), String::new()));
    // DISCONNECT may shorten it.
    let shortened = [&session[..], &["-E", "-D", "disconnect", "session-expiry-interval", "0"]].concat();
    world.run("sub", &shortened);
    let (code, _, said) = world.run("sub", &[&session[..], &["-E", "-d"]].concat());
    assert!(code == Some(0) && said.contains("session present: false"), "{said}");
}

#[test]
fn a_signal_is_a_wish_to_leave() {
    let world = World::start();
    let watcher = world.subscribe(&["-t", "will"]);
    for signal in ["INT", "TERM"] {
        let subscriber = world.subscribe(&["-t", "t", "--will-topic", "will"]);
        let id = subscriber.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        assert_eq!(subscriber.end(), (Some(0), Vec::new()));
    }
    // It said DISCONNECT: no will.
    world.publish(&["-t", "will", "-m", "the only one"]);
    assert_eq!(watcher.line(), "the only one");
}

/// Reads the next packet, whose length has one byte.
fn packet(stream: &mut impl Read) -> Vec<u8> {
    let mut packet = vec![0; 2];
    stream.read_exact(&mut packet).unwrap();
    packet.resize(2 + usize::from(packet[1]), 0);
    stream.read_exact(&mut packet[2..]).unwrap();
    packet
}

#[test]
fn a_lost_connection_comes_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let subscriber =
        Subscriber::spawn(hushwing(&["sub", "-h", "127.0.0.1", "-p", &port, "-t", "t", "-C", "2"]));
    for message in [b'a', b'b'] {
        let (mut stream, _) = listener.accept().unwrap();
        assert_eq!(packet(&mut stream)[0], 0x10);
        stream.write_all(&[0x20, 2, 0, 0]).unwrap();
        let subscribe = packet(&mut stream);
        assert_eq!(subscribe[0], 0x82);
        stream.write_all(&[0x90, 3, subscribe[2], subscribe[3], 0, 0x30, 4, 0, 1, b't', message]).unwrap();
        if message == b'a' {
            assert_eq!(subscriber.line(), "a");
        } else {
            assert_eq!(packet(&mut stream), [0xE0, 0]);
        }
    }
    subscriber.debug_line("was lost; connecting again");
    assert_eq!(subscriber.end(), (Some(0), b"b\n".to_vec()));
}
