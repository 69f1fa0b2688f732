//! A whole broker inside a unit test: no socket, no thread, no waiting.
//!
//! ```sh
//! cargo test -p hushwing-core --example in_a_test
//! ```
//!
//! [`Bench`] is a driver that moves bytes by hand between a broker and some clients. Time is a number, so an
//! hour of keep alives passes in less than a millisecond, and every run is the same.

use std::sync::Arc;

use hushwing_core::client::{Client, CloseReason, Event, Options, Publication};
use hushwing_core::wire::{Properties, QoS, SubscriptionOptions};
use hushwing_core::{Broker, CloseCause, Config, ConnectionId, Input, Instant, Origin, Output, PeerId};

/// A client and its cable.
struct Seat {
    client: Client,
    connection: ConnectionId,
    /// Whether bytes pass. The broker cannot see a cable that is cut.
    plugged_in: bool,
    /// Topic and payload of all messages that came.
    messages: Vec<(String, String)>,
}

struct Bench {
    broker: Broker,
    now: Instant,
    seats: Vec<Seat>,
    /// Whom the broker has bytes for.
    ready: Vec<ConnectionId>,
}

impl Bench {
    fn new() -> Self {
        let broker = Broker::new(Arc::new(Config::default()), PeerId(0), 42);
        let now = Instant::from_micros(1_700_000_000_000_000);
        Self { broker, now, seats: Vec::new(), ready: Vec::new() }
    }

    /// Connects a client; gives its seat.
    fn connect(&mut self, options: Options) -> usize {
        let mut client = Client::new(options);
        client.connect(self.now).expect("options that can be sent");
        let seat = self.seats.len();
        let connection = ConnectionId(seat as u64);
        self.seats.push(Seat { client, connection, plugged_in: true, messages: Vec::new() });
        self.input(Input::Opened { connection, origin: Origin::default() });
        self.run();
        assert!(self.seats[seat].client.is_connected());
        seat
    }

    fn subscribe(&mut self, seat: usize, filter: &str) {
        let filters = [(filter, SubscriptionOptions { qos: QoS::AtLeastOnce, ..Default::default() })];
        self.seats[seat].client.subscribe(self.now, &filters, Properties::EMPTY).expect("a filter");
        self.run();
    }

    fn publish(&mut self, seat: usize, topic: &str, payload: &str) {
        let publication =
            Publication { qos: QoS::AtLeastOnce, ..Publication::new(topic, payload.as_bytes()) };
        self.seats[seat].client.publish(self.now, &publication).expect("a publication");
        self.run();
        assert_eq!(self.seats[seat].client.unfinished(), 0, "acknowledged");
    }

    fn messages(&mut self, seat: usize) -> Vec<(String, String)> {
        std::mem::take(&mut self.seats[seat].messages)
    }

    /// Lets time pass; what is due on the way is done when it is due.
    fn wait(&mut self, seconds: u64) {
        let end = self.now.after_seconds(seconds);
        loop {
            let clients = self.seats.iter().filter_map(|seat| seat.client.poll_timeout());
            let Some(next) = clients.chain(self.broker.poll_timeout()).min().filter(|next| *next <= end)
            else {
                break;
            };
            self.now = next;
            self.seats.iter_mut().for_each(|seat| seat.client.handle_timeout(next));
            self.broker.handle_timeout(next);
            self.drain();
            self.run();
        }
        self.now = end;
    }

    /// Moves bytes until nobody has anything to say.
    fn run(&mut self) {
        loop {
            let mut busy = false;
            for seat in 0..self.seats.len() {
                busy |= self.carry_up(seat);
            }
            while self.broker.work_pending() {
                self.broker.handle_work(self.now);
                self.drain();
            }
            for connection in std::mem::take(&mut self.ready) {
                busy |= self.carry_down(connection);
            }
            if !busy {
                return;
            }
        }
    }

    fn carry_up(&mut self, seat: usize) -> bool {
        let Seat { client, connection, plugged_in, .. } = &mut self.seats[seat];
        let (connection, bytes) = (*connection, client.transmit().to_vec());
        client.advance(bytes.len());
        if *plugged_in && !bytes.is_empty() {
            self.input(Input::Received { connection, bytes: &bytes });
            return true;
        }
        false
    }

    fn carry_down(&mut self, connection: ConnectionId) -> bool {
        let mut bytes = Vec::new();
        while let Some(transmit) = self.broker.transmit(self.now, connection) {
            let written = transmit.first().len();
            bytes.extend_from_slice(transmit.first());
            transmit.advance(written);
        }
        self.drain();
        let seat = &mut self.seats[connection.0 as usize];
        if !seat.plugged_in || bytes.is_empty() {
            return false;
        }
        seat.client.receive(self.now, &bytes);
        while let Some(event) = seat.client.poll_event() {
            match event {
                Event::Message(message) => {
                    let payload = String::from_utf8_lossy(message.payload);
                    seat.messages.push((message.topic.into(), payload.into()));
                }
                Event::Closed(CloseReason::Disconnected) | Event::Connected { .. } => {}
                Event::Subscribed { .. } | Event::Published { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        true
    }

    fn input(&mut self, input: Input<'_>) {
        self.broker.handle_input(self.now, input);
        self.drain();
    }

    /// Does what the broker wants done.
    fn drain(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Transmit { connection } => self.ready.push(connection),
                Output::Close { connection } => {
                    self.seats[connection.0 as usize].plugged_in = false;
                    let closed = Input::Closed { connection, cause: CloseCause::Local };
                    self.broker.handle_input(self.now, closed);
                }
                // A bench could count events, answer questions, and keep records.
                Output::Read { .. } | Output::Event(_) | Output::Ask { .. } | Output::Persist { .. } => {}
                Output::Stopped => {}
            }
        }
    }
}

fn named(client_identifier: &str) -> Options {
    Options { client_identifier: client_identifier.into(), keep_alive_seconds: 10, ..Options::default() }
}

/// `cargo run` shows the first of the tests.
fn main() {
    let mut bench = Bench::new();
    let display = bench.connect(named("display"));
    let sensor = bench.connect(named("sensor"));
    bench.subscribe(display, "house/#");
    bench.publish(sensor, "house/kitchen/temperature", "21.5");
    bench.wait(3_600);
    for (topic, payload) in bench.messages(display) {
        println!("{topic} {payload}");
    }
}

#[cfg(test)]
mod tests {
    use hushwing_core::client::Will;

    use super::*;

    fn pair(topic: &str, payload: &str) -> (String, String) {
        (topic.into(), payload.into())
    }

    #[test]
    fn a_message_goes_from_one_client_to_the_other() {
        let mut bench = Bench::new();
        let display = bench.connect(named("display"));
        let sensor = bench.connect(named("sensor"));
        bench.subscribe(display, "house/+/temperature");
        bench.publish(sensor, "house/kitchen/temperature", "21.5");
        bench.publish(sensor, "house/kitchen/humidity", "40");
        assert_eq!(bench.messages(display), [pair("house/kitchen/temperature", "21.5")]);
    }

    #[test]
    fn a_lamp_whose_cable_is_cut_is_missed_after_a_while() {
        let mut bench = Bench::new();
        let display = bench.connect(named("display"));
        bench.subscribe(display, "house/lamp");
        let will = Will { topic: "house/lamp".into(), payload: b"offline".to_vec(), ..Will::default() };
        let lamp = bench.connect(Options { will: Some(will), ..named("lamp") });
        // An hour of nothing but keep alive.
        bench.wait(3_600);
        assert_eq!(bench.messages(display), []);
        bench.seats[lamp].plugged_in = false;
        // One and a half times the keep alive of 10 seconds, from its last PINGREQ on.
        bench.wait(5);
        assert_eq!(bench.messages(display), []);
        bench.wait(10);
        assert_eq!(bench.messages(display), [pair("house/lamp", "offline")]);
    }
}
