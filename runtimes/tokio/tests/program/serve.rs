//! What only a runtime can get wrong: reading, writing, timers, closing.

use std::time::{Duration, Instant};

use crate::mqtt::{Client, connect_3_1_1, connect_5_0, packet, publish, publish_qos_1, subscribe};
use crate::running::Running;

#[test]
fn a_message_goes_through() {
    let running = Running::start(&["-p", "0"]);
    let mut subscriber = Client::connect(&running, &connect_3_1_1("subscriber", 60));
    subscriber.send(&subscribe("a/+", 0));
    subscriber.expect(b"\x90\x03\x00\x01\x00");
    let mut publisher = Client::connect(&running, &connect_3_1_1("publisher", 60));
    publisher.send(&publish("a/b", b"hello"));
    subscriber.expect(&publish("a/b", b"hello"));
}

#[test]
fn packets_in_pieces_and_packets_together() {
    let running = Running::start(&["-p", "0"]);
    let mut client = Client { stream: running.connect() };
    let mut bytes = connect_3_1_1("pieces", 60);
    bytes.extend(b"\xc0\x00\xc0\x00");
    for byte in bytes {
        client.send(&[byte]);
    }
    client.expect(b"\x20\x02\x00\x00\xd0\x00\xd0\x00");
    client.send(&b"\xc0\x00".repeat(5_000));
    client.expect(&b"\xd0\x00".repeat(5_000));
}

/// More than sockets hold waits until the subscriber reads, and then all of it comes.
#[test]
fn a_slow_reader_gets_everything() {
    const MESSAGES: u16 = 300;
    let payload = vec![b'x'; 40_000];
    let running = Running::start(&["-p", "0"]);
    let mut subscriber = Client::connect(&running, &connect_3_1_1("slow", 0));
    subscriber.send(&subscribe("big", 1));
    subscriber.expect(b"\x90\x03\x00\x01\x01");
    let mut publisher = Client::connect(&running, &connect_3_1_1("fast", 0));
    for identifier in 1..=MESSAGES {
        publisher.send(&publish_qos_1("big", identifier, &payload));
        publisher.expect(&packet(0x40, &identifier.to_be_bytes()));
    }
    for _ in 0..MESSAGES {
        let (first, body) = subscriber.receive();
        assert_eq!(first & 0xf6, 0x32);
        subscriber.send(&packet(0x40, &body[5..7]));
        assert_eq!(&body[7..], payload);
    }
    // The connection is as good as ever.
    subscriber.send(b"\xc0\x00");
    subscriber.expect(b"\xd0\x00");
}

#[test]
fn timers_run_without_input() {
    let running = Running::start(&["-p", "0"]);
    let mut client = Client::connect(&running, &connect_3_1_1("silent", 1));
    let start = Instant::now();
    client.expect_end();
    assert!(start.elapsed() >= Duration::from_millis(1_400), "{:?}", start.elapsed());
    assert!(running.log_line("disconnected").contains("silent"));
}

/// Input that nobody reads would make the kernel reset the connection and destroy the DISCONNECT.
#[test]
fn the_last_packet_survives_unread_input() {
    let running = Running::start(&["-p", "0"]);
    let mut client = Client::connect(&running, &connect_5_0("rude"));
    let mut bytes = b"\xf7\x00".to_vec();
    bytes.extend(vec![0; 3_000_000]);
    client.send(&bytes);
    let (first, body) = client.receive();
    assert_eq!(first, 0xe0);
    assert!(body[0] == 0x81 || body[0] == 0x82, "{body:?}");
    client.expect_end();
}

#[test]
fn many_clients_at_once() {
    let running = Running::start(&["-p", "0"]);
    let mut subscribers: Vec<Client> = (0..200)
        .map(|number| Client::connect(&running, &connect_3_1_1(&format!("subscriber-{number}"), 60)))
        .collect();
    for subscriber in &mut subscribers {
        subscriber.send(&subscribe("all", 0));
        subscriber.expect(b"\x90\x03\x00\x01\x00");
    }
    let mut publisher = Client::connect(&running, &connect_3_1_1("publisher", 60));
    let message = publish("all", b"hello");
    publisher.send(&message.repeat(100));
    for subscriber in &mut subscribers {
        subscriber.expect(&message.repeat(100));
    }
}

/// When there are no file descriptors left, the clients that are there are served, and later ones wait.
#[test]
fn no_file_descriptors_left() {
    let running = Running::start_with_limit("40", &["-p", "0"]);
    let mut first = Client::connect(&running, &connect_3_1_1("first", 60));
    let crowd: Vec<_> = (0..60).map(|_| running.connect()).collect();
    running.log_line("cannot accept");
    first.send(b"\xc0\x00");
    first.expect(b"\xd0\x00");
    drop(crowd);
    Client::connect(&running, &connect_3_1_1("later", 60));
}
