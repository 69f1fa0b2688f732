//! How it stops.

use std::io::Read;
use std::time::{Duration, Instant};

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
        assert_eq!(client.read(&mut [0; 16]).unwrap(), 0);
    }
}
