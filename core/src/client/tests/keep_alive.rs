//! PINGREQ, PINGRESP, and servers that fall silent.

use super::script::{NOW, connected_with, events, options, reconnect, sent, told};
use crate::client::{Client, Limits, Options};
use crate::version::ProtocolVersion::{V3_1_1, V5_0};

fn client(keep_alive_seconds: u16) -> Client {
    let limits = Limits { ping_timeout_seconds: 10, ..Limits::default() };
    connected_with(Options { keep_alive_seconds, limits, ..options(V3_1_1) }, &[0x20, 2, 0, 0])
}

#[test]
fn pings_when_nothing_else_is_sent() {
    let mut client = client(80);
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(70)));
    client.handle_timeout(NOW.after_seconds(69));
    assert_eq!(sent(&mut client), []);
    client.handle_timeout(NOW.after_seconds(70));
    assert_eq!(sent(&mut client), [0xC0, 0]);
    assert!(client.poll_timeout() > Some(NOW.after_seconds(70)));
    assert_eq!(told(&mut client, &[0xD0, 0]), [""; 0]);
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(140)));
}

#[test]
fn what_is_published_is_a_sign_of_life_too() {
    let mut client = client(80);
    let later = NOW.after_seconds(50);
    client.publish(later, &super::script::publication("x", Default::default())).unwrap();
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(120)));
}

#[test]
fn a_server_that_does_not_answer_is_dead() {
    let mut client = client(80);
    client.handle_timeout(NOW.after_seconds(70));
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(80)));
    client.handle_timeout(NOW.after_seconds(79));
    assert_eq!(events(&mut client), [""; 0]);
    client.handle_timeout(NOW.after_seconds(80));
    assert_eq!(events(&mut client), ["closed PingTimeout"]);
    assert_eq!(client.poll_timeout(), None);
    // The next connection is not blamed for it.
    reconnect(&mut client, &[0x20, 2, 0, 0]);
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(150)));
}

#[test]
fn the_server_overrules_the_keep_alive() {
    let connack = [0x20, 6, 0, 0, 3, 0x13, 0, 8];
    let client = connected_with(Options { keep_alive_seconds: 80, ..options(V5_0) }, &connack);
    assert_eq!(client.poll_timeout(), Some(NOW.after_seconds(7)));
}

#[test]
fn no_keep_alive_no_ping() {
    assert_eq!(client(0).poll_timeout(), None);
}
