//! AUTH.

use alloc::vec::Vec;

use super::script::{NOW, connack, connected, options, sent, told};
use crate::client::{Client, EnhancedAuthentication, Options, RequestError};
use crate::version::ProtocolVersion::{V3_1_1, V5_0};
use crate::wire::{Properties, PropertiesBuffer, Property, ReasonCode};

const NOTHING: Properties<'static> = Properties::EMPTY;
/// CONNACK that accepts by method M.
const ACCEPTED: &[u8] = b"\x20\x07\x00\x00\x04\x15\x00\x01M";
const CHALLENGE: &[u8] = b"\xf0\x0a\x18\x08\x15\x00\x01M\x16\x00\x01c";
const SUCCESS: &[u8] = b"\xf0\x0a\x00\x08\x15\x00\x01M\x16\x00\x01s";

fn with_method() -> Options {
    let authentication = EnhancedAuthentication { method: "M".into(), data: b"d".to_vec() };
    Options { authentication: Some(authentication), ..options(V5_0) }
}

/// CONNECT is sent.
fn begun() -> Client {
    let mut client = Client::new(with_method());
    client.connect(NOW).unwrap();
    sent(&mut client);
    client
}

fn accepted() -> Client {
    let mut client = begun();
    assert_eq!(told(&mut client, ACCEPTED), ["connected false"]);
    client
}

#[test]
fn connect_begins_the_exchange() {
    let connect = |options| -> Vec<u8> {
        let mut client = Client::new(options);
        client.connect(NOW).unwrap();
        sent(&mut client)
    };
    let expected = b"\x10\x18\x00\x04MQTT\x05\x02\x00\x00\x08\x15\x00\x01M\x16\x00\x01d\x00\x03owl";
    assert_eq!(connect(with_method()), expected);
    // The same, from the properties.
    let mut properties = PropertiesBuffer::new();
    properties.push(Property::AuthenticationMethod("M"));
    properties.push(Property::AuthenticationData(b"d"));
    assert_eq!(connect(Options { properties: properties.clone(), ..options(V5_0) }), expected);
    let both = Options { properties, ..with_method() };
    assert!(matches!(Client::new(both).connect(NOW), Err(RequestError::PropertiesInvalid(_))));
    let early = Options { version: V3_1_1, ..with_method() };
    assert_eq!(Client::new(early).connect(NOW), Err(RequestError::AuthenticationNotAllowed));
    let long = EnhancedAuthentication { method: "M".into(), data: [0; 65_536].to_vec() };
    let long = Options { authentication: Some(long), ..options(V5_0) };
    assert_eq!(Client::new(long).connect(NOW), Err(RequestError::TextInvalid));
}

#[test]
fn each_challenge_is_answered_once() {
    let mut client = begun();
    assert_eq!(client.authenticate(NOW, b"r", NOTHING), Err(RequestError::AuthenticationNotAllowed));
    for _ in 0..2 {
        assert_eq!(told(&mut client, CHALLENGE), ["authenticate c"]);
        client.authenticate(NOW, b"r", NOTHING).unwrap();
        assert_eq!(sent(&mut client), b"\xf0\x0a\x18\x08\x15\x00\x01M\x16\x00\x01r");
        assert_eq!(client.authenticate(NOW, b"r", NOTHING), Err(RequestError::AuthenticationNotAllowed));
    }
    assert_eq!(client.reauthenticate(NOW, b"", NOTHING), Err(RequestError::NotConnected));
    assert_eq!(told(&mut client, ACCEPTED), ["connected false"]);
}

#[test]
fn authentication_again() {
    let mut client = accepted();
    let mut reason = PropertiesBuffer::new();
    reason.push(Property::ReasonString("w"));
    client.reauthenticate(NOW, b"", reason.as_properties()).unwrap();
    assert_eq!(sent(&mut client), b"\xf0\x0a\x19\x08\x15\x00\x01M\x1f\x00\x01w");
    assert_eq!(client.reauthenticate(NOW, b"", NOTHING), Err(RequestError::AuthenticationNotAllowed));
    assert_eq!(told(&mut client, CHALLENGE), ["authenticate c"]);
    // Messages go on.
    assert_eq!(told(&mut client, b"\x30\x05\x00\x01t\x00x"), ["message t x q0"]);
    client.authenticate(NOW, b"", NOTHING).unwrap();
    assert_eq!(sent(&mut client), b"\xf0\x06\x18\x04\x15\x00\x01M");
    assert_eq!(told(&mut client, SUCCESS), ["authenticated s"]);
    client.reauthenticate(NOW, b"", NOTHING).unwrap();
    client.disconnect(NOW, ReasonCode::Success, NOTHING).unwrap();
    assert_eq!(client.reauthenticate(NOW, b"", NOTHING), Err(RequestError::NotConnected));
    assert_eq!(client.authenticate(NOW, b"", NOTHING), Err(RequestError::NotConnected));
}

#[test]
fn the_server_keeps_to_the_method() {
    let other = "closed Violation(AuthenticationMethodChanged)";
    assert_eq!(told(&mut begun(), b"\xf0\x06\x18\x04\x15\x00\x01N"), [other]);
    assert_eq!(told(&mut begun(), &connack(V5_0, false)), [other]);
    assert_eq!(told(&mut begun(), b"\x20\x07\x00\x00\x04\x15\x00\x01N"), [other]);
    // A refusal needs none.
    assert_eq!(told(&mut begun(), &[0x20, 3, 0, 0x8C, 0]), ["refused 0x8c"]);
}

#[test]
fn the_server_keeps_its_turn() {
    let unexpected = "closed UnexpectedPacket(Auth)";
    // Success before CONNACK, which is to say that.
    assert_eq!(told(&mut begun(), SUCCESS), [unexpected]);
    // The next challenge before the answer.
    let twice = [CHALLENGE, CHALLENGE].concat();
    assert_eq!(told(&mut begun(), &twice), ["authenticate c", unexpected]);
    // An exchange that the server begins.
    assert_eq!(told(&mut accepted(), CHALLENGE), [unexpected]);
    assert_eq!(told(&mut accepted(), SUCCESS), [unexpected]);
}

#[test]
fn no_method_no_authentication() {
    let mut client = connected(V5_0);
    assert_eq!(client.reauthenticate(NOW, b"x", NOTHING), Err(RequestError::AuthenticationNotAllowed));
    assert_eq!(client.authenticate(NOW, b"x", NOTHING), Err(RequestError::AuthenticationNotAllowed));
    assert_eq!(sent(&mut client), []);
    assert_eq!(told(&mut client, CHALLENGE), ["closed Violation(AuthWithoutMethod)"]);
}
