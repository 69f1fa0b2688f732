//! How it stops.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::mqtt::{Client, connect_3_1_1, connect_5_0};
use crate::running::Running;

/// What the program promises, and a little for a busy machine.
const SOON: Duration = Duration::from_secs(6);

#[test]
fn signals_end_it() {
    for name in ["INT", "TERM"] {
        let mut running = Running::start(&["-p", "0"]);
        let mut client = running.connect();
        let start = Instant::now();
        running.signal(name);
        assert_eq!(running.wait().code(), Some(0), "SIG{name}");
        assert!(start.elapsed() < SOON, "SIG{name}");
        // A client that never said anything is told by the end of the stream.
        assert_eq!(client.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}

#[test]
fn clients_of_5_0_are_told_why() {
    let mut running = Running::start(&["-p", "0"]);
    let mut new = Client::connect(&running, &connect_5_0("new"));
    let mut old = Client::connect(&running, &connect_3_1_1("old", 60));
    running.signal("TERM");
    let (first, body) = new.receive();
    assert_eq!((first, body[0]), (0xe0, 0x8b));
    new.expect_end();
    old.expect_end();
    drop((new, old));
    assert_eq!(running.wait().code(), Some(0));
}

/// A client that takes nothing and never closes cannot hold it up.
#[test]
fn nobody_can_hold_it_up() {
    let mut running = Running::start(&["-p", "0"]);
    let mut stuck = Client::connect(&running, &connect_3_1_1("stuck", 0));
    // Answers that nobody reads fill the socket; then the broker stops reading, and this stops writing.
    stuck.stream.set_nonblocking(true).unwrap();
    let pings = b"\xc0\x00".repeat(100_000);
    let (mut idle, mut written) = (0, 0);
    while idle < 20 && written < 64 << 20 {
        match stuck.stream.write(&pings) {
            Ok(count) => (idle, written) = (0, written + count),
            Err(_) => {
                idle += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
    let start = Instant::now();
    running.signal("TERM");
    assert_eq!(running.wait().code(), Some(0));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}
