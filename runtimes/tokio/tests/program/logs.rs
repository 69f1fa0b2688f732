//! What it logs: who comes and goes, never what they say.

use crate::mqtt::{Client, connect_3_1_1, packet, publish, text};
use crate::running::Running;

/// A log line without its time, with the client's port hidden.
fn plain(line: &str, client: &Client) -> String {
    let (_, rest) = line.split_once("Z ").unwrap();
    rest.trim().replace(&client.stream.local_addr().unwrap().port().to_string(), "PORT")
}

#[test]
fn a_line_at_connect_and_one_at_disconnect() {
    let running = Running::start(&["-p", "0"]);
    let mut client = Client::connect(&running, &connect_3_1_1("with \"quotes\"\nand lines", 60));
    let connected = plain(&running.log_line("connected"), &client);
    client.send(b"\xe0\x00");
    client.expect_end();
    let disconnected = plain(&running.log_line("disconnected"), &client);
    insta::assert_snapshot!(format!("{connected}\n{disconnected}"));
}

#[test]
fn no_passwords_and_no_payloads() {
    let running = Running::start(&["-p", "0", "-vv"]);
    let body = [
        b"\x00\x04MQTT\x04\xc6\x00\x3c".to_vec(),
        text("discreet"),
        text("will/topic"),
        text("SECRET-will"),
        text("user"),
        text("SECRET-password"),
    ];
    let mut client = Client::connect(&running, &packet(0x10, &body.concat()));
    client.send(&publish("topic", b"SECRET-payload"));
    client.send(b"\xc0\x00");
    client.expect(b"\xd0\x00");
    drop(client);
    let first = running.log_line("connected");
    let last = running.log_line("disconnected");
    let (_, rest) = running.finish();
    let log = [vec![first, last], rest].concat().join("\n");
    assert!(log.contains("discreet") && !log.contains("SECRET"), "{log}");
}

/// As in `hushwing 2>&1 | head -3`.
#[test]
fn nobody_has_to_read_the_log() {
    let mut running = Running::start(&["-p", "0"]);
    running.close_log();
    for _ in 0..50 {
        let mut client = Client::connect(&running, &connect_3_1_1("unseen", 60));
        client.send(b"\xc0\x00");
        client.expect(b"\xd0\x00");
    }
    running.signal("TERM");
    assert_eq!(running.wait().code(), Some(0));
}
