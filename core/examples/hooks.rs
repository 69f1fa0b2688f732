//! A broker with hooks: one broker for many houses, each of which keeps to itself.
//!
//! ```sh
//! cargo run -p hushwing-core --example hooks
//! cargo test -p hushwing-core --example hooks
//! ```
//!
//! A client belongs to the house that its identifier begins with: `elm/kitchen` to `elm`. The hooks see to it
//! that it says and hears only what is under `elm/`, and count what everybody says. Within a house, what is said to
//! `elm/whisper/kitchen` is heard in the kitchen alone, nobody shouts, and noise goes nowhere. There is no socket here:
//! `examples/poll_loop.rs` has them, and `broker.set_hooks(…)` is all that it would take there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hushwing_core::client::{Client, Event, Options, Publication};
use hushwing_core::hooks::{
    Change, ConnectDecision, ConnectingClient, DeliverDecision, DeliveredCopy, PublishDecision,
    PublishedMessage, SubscribeDecision, SubscribeWish, UnsubscribeDecision, UnsubscribeWish,
};
use hushwing_core::topic::filter;
use hushwing_core::wire::{Properties, QoS, ReasonCode, SubscriptionOptions};
use hushwing_core::{Broker, Config, ConnectionId, HookMask, Hooks, Input, Instant, Origin, PeerId};

/// How many messages each house has said. Shared with the program, which may look at it at any time.
type Said = Arc<Mutex<BTreeMap<String, u64>>>;

struct Houses {
    said: Said,
}

/// The house of a client, if it has one.
fn house(client_identifier: &str) -> Option<&str> {
    let (house, room) = client_identifier.split_once('/')?;
    (!house.is_empty() && !room.is_empty()).then_some(house)
}

/// The part of a filter that is about a house: the filter itself, all of the house, or nothing.
fn within(filter: &str, house: &str) -> Option<String> {
    let all = format!("{house}/#");
    if filter::covers(&all, filter) {
        return Some(filter.to_owned());
    }
    filter::covers(filter, &all).then_some(all)
}

/// What becomes of a message that a house says to itself.
fn change(house: &str, within: &str, payload: &[u8]) -> PublishDecision {
    let mut change = Change::default();
    if let Some(room) = within.strip_prefix("/whisper/") {
        change.receivers = Some(vec![format!("{house}/{room}")]);
        // It would be kept for everybody.
        change.retain = Some(false);
    }
    if payload.iter().any(u8::is_ascii_uppercase) && !payload.iter().any(u8::is_ascii_lowercase) {
        change.payload = Some(payload.to_ascii_lowercase());
    }
    if change == Change::default() {
        return PublishDecision::Accept;
    }
    PublishDecision::Change(Box::new(change))
}

impl Hooks for Houses {
    /// Nobody has to be called for the rest, and what is not called costs nothing.
    fn wants(&self) -> HookMask {
        HookMask {
            connect: true,
            subscribe: true,
            unsubscribe: true,
            publish: true,
            deliver: true,
            ..HookMask::NONE
        }
    }

    fn on_connect(&mut self, client: &ConnectingClient<'_>) -> ConnectDecision {
        match house(client.client_identifier) {
            Some(_) => ConnectDecision::Allow,
            None => ConnectDecision::Refuse(ReasonCode::ClientIdentifierNotValid),
        }
    }

    /// Who asks for everything gets everything of the house.
    fn on_subscribe(&mut self, wish: &SubscribeWish<'_>) -> SubscribeDecision {
        match house(wish.client_identifier).and_then(|house| within(wish.filter, house)) {
            Some(filter) => SubscribeDecision::Change { filter: Some(filter), qos: None },
            None => SubscribeDecision::Refuse(ReasonCode::NotAuthorized),
        }
    }

    /// The client knows its own filter only: the same change has to be made here.
    fn on_unsubscribe(&mut self, wish: &UnsubscribeWish<'_>) -> UnsubscribeDecision {
        match house(wish.client_identifier).and_then(|house| within(wish.filter, house)) {
            Some(filter) => UnsubscribeDecision::Change { filter },
            None => UnsubscribeDecision::Allow,
        }
    }

    fn on_publish(&mut self, message: &PublishedMessage<'_>) -> PublishDecision {
        let Some(house) = house(message.client_identifier) else { return PublishDecision::Drop };
        if !filter::matches(&format!("{house}/#"), message.topic) {
            return PublishDecision::Refuse(ReasonCode::NotAuthorized);
        }
        if let Ok(mut said) = self.said.lock() {
            *said.entry(house.to_owned()).or_default() += 1;
        }
        let within = message.topic.get(house.len()..).unwrap_or_default();
        if within.starts_with("/noise/") {
            return PublishDecision::Drop;
        }
        change(house, within, message.payload)
    }

    /// The last door: whatever was subscribed on behalf of a client, nothing of another house reaches it.
    fn on_deliver(&mut self, copy: &DeliveredCopy<'_>) -> DeliverDecision {
        let own = |house: &str| filter::matches(&format!("{house}/#"), copy.topic);
        let allowed = house(copy.client_identifier).is_some_and(own);
        if allowed { DeliverDecision::Allow } else { DeliverDecision::Drop }
    }
}

/// A client, and what it heard, a line each.
struct Room {
    client: Client,
    heard: Vec<String>,
}

/// A driver as small as can be: bytes go back and forth until nobody has any.
struct Street {
    broker: Broker,
    now: Instant,
    rooms: Vec<Room>,
}

impl Street {
    fn new(said: &Said) -> Self {
        let mut broker = Broker::new(Arc::new(Config::default()), PeerId(0), 42);
        broker.set_hooks(Box::new(Houses { said: said.clone() }));
        Self { broker, now: Instant::from_micros(1_700_000_000_000_000), rooms: Vec::new() }
    }

    fn connect(&mut self, client_identifier: &str) -> usize {
        let options = Options { client_identifier: client_identifier.into(), ..Options::default() };
        let mut client = Client::new(options);
        client.connect(self.now).expect("options that can be sent");
        let place = self.rooms.len();
        let (connection, origin) = (ConnectionId(place as u64), Origin::default());
        self.rooms.push(Room { client, heard: Vec::new() });
        self.broker.handle_input(self.now, Input::Opened { connection, origin });
        self.run();
        place
    }

    fn subscribe(&mut self, place: usize, filter: &str) {
        let filters = [(filter, SubscriptionOptions::default())];
        self.rooms[place].client.subscribe(self.now, &filters, Properties::EMPTY).expect("a filter");
        self.run();
    }

    fn publish(&mut self, place: usize, topic: &str, payload: &str) {
        let publication =
            Publication { qos: QoS::AtLeastOnce, ..Publication::new(topic, payload.as_bytes()) };
        self.rooms[place].client.publish(self.now, &publication).expect("a publication");
        self.run();
    }

    fn run(&mut self) {
        let mut busy = true;
        while std::mem::take(&mut busy) {
            for (room, number) in self.rooms.iter_mut().zip(0..) {
                let connection = ConnectionId(number);
                let bytes = room.client.transmit().to_vec();
                room.client.advance(bytes.len());
                self.broker.handle_input(self.now, Input::Received { connection, bytes: &bytes });
                while self.broker.poll_output().is_some() {}
                while let Some(transmit) = self.broker.transmit(self.now, connection) {
                    let written = transmit.first().len();
                    room.client.receive(self.now, transmit.first());
                    transmit.advance(written);
                    busy = true;
                }
                while self.broker.poll_output().is_some() {}
                while let Some(event) = room.client.poll_event() {
                    room.heard.push(describe(&event));
                }
                busy |= !bytes.is_empty();
            }
        }
    }
}

fn describe(event: &Event<'_>) -> String {
    match event {
        Event::Message(message) => format!("{}: {}", message.topic, String::from_utf8_lossy(message.payload)),
        Event::Subscribed { reasons, .. } => format!("subscribed {reasons:02x?}"),
        Event::Published { reason, .. } => format!("published: {reason}"),
        Event::Connected { .. } => "connected".to_owned(),
        other => format!("{other:?}"),
    }
}

fn story() -> (Street, Said) {
    let said = Said::default();
    let mut street = Street::new(&said);
    let (kitchen, cellar, other) =
        (street.connect("elm/kitchen"), street.connect("elm/cellar"), street.connect("oak/attic"));
    for place in [kitchen, other] {
        street.subscribe(place, "#");
    }
    street.subscribe(cellar, "elm/whisper/+");
    street.publish(cellar, "elm/cellar/water", "rising");
    street.publish(cellar, "oak/attic/door", "open");
    street.publish(other, "oak/attic/door", "SHUT");
    street.publish(other, "oak/noise/door", "creak");
    street.publish(kitchen, "elm/whisper/kitchen", "not for the cellar");
    street.publish(kitchen, "elm/whisper/cellar", "for the cellar");
    (street, said)
}

fn main() {
    let (street, said) = story();
    for (room, name) in street.rooms.iter().zip(["elm/kitchen", "elm/cellar", "oak/attic"]) {
        println!("{name} heard {:?}", room.heard);
    }
    println!("messages by house: {said:?}");
}

#[test]
fn every_house_keeps_to_itself() {
    let (mut street, said) = story();
    let heard = |place: usize| street.rooms[place].heard.as_slice();
    let published = "published: Success";
    assert_eq!(
        heard(0),
        [
            "connected",
            "subscribed [00]",
            "elm/cellar/water: rising",
            "elm/whisper/kitchen: not for the cellar",
            published,
            published
        ]
    );
    assert_eq!(
        heard(1),
        [
            "connected",
            "subscribed [00]",
            published,
            "published: Not authorized",
            "elm/whisper/cellar: for the cellar"
        ]
    );
    assert_eq!(heard(2), ["connected", "subscribed [00]", "oak/attic/door: shut", published, published]);
    assert_eq!(said.lock().expect("one thread").get("elm"), Some(&3));
    street.subscribe(2, "elm/cellar/#");
    assert_eq!(street.rooms[2].heard.last().map(String::as_str), Some("subscribed [87]"));
    let stranger = street.connect("stranger");
    assert!(!street.rooms[stranger].client.is_connected());
    assert_eq!(street.broker.stats().clients, 3);
}
