//! What is tried with every client and every version. Topics and client identifiers are fresh each time, so that
//! a broker that was not started for the test can be used too.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::peer::{Message, Peer, Properties, Settings, Version};

/// A payload larger than any buffer on the way.
const LARGE_BYTES: usize = 1024 * 1024;

/// A word that nobody else uses, short enough for an MQTT 3.1 client identifier.
fn fresh(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}-{:x}-{number}", std::process::id())
}

fn settings(version: Version, subscriptions: &[(&str, u8)]) -> Settings {
    Settings {
        version,
        client_identifier: fresh("hw"),
        keep_session: false,
        will: None,
        topic_alias_maximum: 0,
        subscriptions: subscriptions.iter().map(|&(filter, qos)| (filter.to_owned(), qos)).collect(),
    }
}

fn message(topic: &str, qos: u8, payload: &str) -> Message {
    Message { topic: topic.into(), payload: payload.into(), qos, ..Message::default() }
}

/// A message of each QoS to a subscription of each QoS arrives once, in order, at the lower of the two.
pub fn every_qos<P: Peer>(broker: SocketAddr, version: Version) {
    for granted in 0..=2 {
        let topic = fresh("qos");
        let mut subscriber = P::connect(broker, &settings(version, &[(&topic, granted)]));
        let mut publisher = P::connect(broker, &settings(version, &[(&fresh("unused"), 0)]));
        for qos in 0..=2 {
            let sent = message(&topic, qos, "21.5");
            publisher.publish(&sent);
            assert_eq!(subscriber.receive(), Message { qos: qos.min(granted), ..sent });
        }
        for number in 0..10 {
            publisher.publish(&message(&topic, granted, &number.to_string()));
        }
        for number in 0..10 {
            assert_eq!(subscriber.receive(), message(&topic, granted, &number.to_string()));
        }
        publisher.leave();
        subscriber.leave();
    }
}

/// A retained message greets a new subscriber with RETAIN 1; an empty one deletes it.
pub fn retained<P: Peer>(broker: SocketAddr, version: Version) {
    for qos in 0..=2 {
        let (topic, marker) = (fresh("retained"), fresh("marker"));
        let mut publisher = P::connect(broker, &settings(version, &[(&topic, qos)]));
        let kept = Message { retain: true, ..message(&topic, qos, "on") };
        publisher.publish(&kept);
        // To a subscription that was there before, it is live.
        assert_eq!(publisher.receive(), Message { retain: false, ..kept.clone() });
        let mut newcomer = P::connect(broker, &settings(version, &[(&topic, qos)]));
        assert_eq!(newcomer.receive(), kept);
        newcomer.leave();

        publisher.publish(&Message { payload: Vec::new(), ..kept.clone() });
        assert_eq!(publisher.receive(), Message { payload: Vec::new(), retain: false, ..kept.clone() });
        let mut late = P::connect(broker, &settings(version, &[(&topic, qos), (&marker, qos)]));
        publisher.publish(&message(&marker, qos, "the first that comes"));
        assert_eq!(late.receive().topic, marker, "the retained message was deleted");
        late.leave();
        publisher.leave();
    }
}

/// The will comes when the socket dies, and does not come after DISCONNECT.
pub fn will<P: Peer>(broker: SocketAddr, version: Version) {
    for qos in 0..=2 {
        let topic = fresh("will");
        let mut watcher = P::connect(broker, &settings(version, &[(&topic, qos)]));
        let last_words = Message { retain: qos == 1, ..message(&topic, qos, "offline") };
        let mortal = |payload: &str| Settings {
            will: Some(Message { payload: payload.into(), ..last_words.clone() }),
            ..settings(version, &[(&fresh("unused"), qos)])
        };
        P::visit(broker, &mortal("said goodbye"));
        P::connect(broker, &mortal("offline")).kill();
        assert_eq!(watcher.receive(), Message { retain: false, ..last_words.clone() });
        if last_words.retain {
            let mut newcomer = P::connect(broker, &settings(version, &[(&topic, qos)]));
            assert_eq!(newcomer.receive(), last_words);
            newcomer.publish(&Message { payload: Vec::new(), ..last_words });
            newcomer.leave();
        }
        watcher.leave();
    }
}

/// `+` stands for one level, `#` for the rest, and neither for what it does not.
pub fn wildcards<P: Peer>(broker: SocketAddr, version: Version) {
    let house = fresh("house");
    let (one, rest, end) = (format!("{house}/+/state"), format!("{house}/cellar/#"), format!("{house}/end"));
    let filters = [(&one[..], 1), (&rest, 1), (&end, 1)];
    let mut subscriber = P::connect(broker, &settings(version, &filters));
    let mut publisher = P::connect(broker, &settings(version, &[(&fresh("unused"), 0)]));
    let matched = ["/kitchen/state", "//state", "/cellar", "/cellar/pump/state/now", "/end"];
    let unmatched = ["/kitchen/lamp/state", "/kitchen", "/state", "/cellars", ""];
    for tail in unmatched.into_iter().chain(matched) {
        publisher.publish(&message(&format!("{house}{tail}"), 1, tail));
    }
    for tail in matched {
        assert_eq!(subscriber.receive(), message(&format!("{house}{tail}"), 1, tail));
    }
    subscriber.leave();
    publisher.leave();
}

/// What is published at QoS 1 and 2 while a kept session is away comes after it returned, in order.
pub fn persistent_session<P: Peer>(broker: SocketAddr, version: Version) {
    for qos in 1..=2 {
        for dies in [false, true] {
            let topic = fresh("away");
            let kept = Settings { keep_session: true, ..settings(version, &[(&topic, qos)]) };
            let mut publisher = P::connect(broker, &settings(version, &[(&fresh("unused"), 0)]));
            let subscriber = P::connect(broker, &kept);
            if dies {
                subscriber.kill()
            } else {
                subscriber.leave()
            }
            for number in 0..20 {
                publisher.publish(&message(&topic, qos, &number.to_string()));
            }
            let mut subscriber = P::connect(broker, &kept);
            for number in 0..20 {
                assert_eq!(subscriber.receive(), message(&topic, qos, &number.to_string()));
            }
            subscriber.leave();
            publisher.leave();
            // Leaves nothing behind.
            P::visit(broker, &Settings { keep_session: false, ..kept });
        }
    }
}

/// A payload of 1 MiB arrives byte for byte, live and retained.
pub fn large_payload<P: Peer>(broker: SocketAddr, version: Version) {
    let payload: Vec<u8> = (0..LARGE_BYTES).map(|at| (at % 251) as u8).collect();
    for qos in 0..=2 {
        let topic = fresh("large");
        let sent = Message { payload: payload.clone(), retain: true, ..message(&topic, qos, "") };
        let mut publisher = P::connect(broker, &settings(version, &[(&topic, qos)]));
        publisher.publish(&sent);
        // Not assert_eq: a failure would print megabytes.
        assert!(publisher.receive() == Message { retain: false, ..sent.clone() }, "QoS {qos}, live");
        let mut newcomer = P::connect(broker, &settings(version, &[(&topic, qos)]));
        assert!(newcomer.receive() == sent, "QoS {qos}, retained");
        newcomer.publish(&Message { payload: Vec::new(), ..sent });
        newcomer.leave();
        publisher.leave();
    }
}

/// The properties of a message come out as they went in, live and retained. MQTT 5.0 only.
pub fn properties<P: Peer>(broker: SocketAddr, version: Version) {
    if version != Version::V5_0 {
        return;
    }
    for qos in 0..=2 {
        let topic = fresh("properties");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let sent = Message {
            retain: true,
            properties: Properties {
                content_type: "application/json".into(),
                response_topic: "answers/7".into(),
                correlation_data: b"request 7".to_vec(),
                user: vec![pair("unit", "celsius"), pair("a", "2"), pair("a", "1")],
                ..Properties::default()
            },
            ..message(&topic, qos, "{}")
        };
        let mut publisher = P::connect(broker, &settings(version, &[(&topic, qos)]));
        publisher.publish(&sent);
        assert_eq!(publisher.receive(), Message { retain: false, ..sent.clone() });
        let mut newcomer = P::connect(broker, &settings(version, &[(&topic, qos)]));
        assert_eq!(newcomer.receive(), sent);
        newcomer.publish(&Message { payload: Vec::new(), ..sent });
        newcomer.leave();
        publisher.leave();
    }
}

/// Each message goes to one member of a group, and to who subscribed for himself. When a member ends, the other has
/// all.
pub fn shared_subscription<P: Peer>(broker: SocketAddr, version: Version) {
    for qos in 0..=2 {
        let (topic, ends) = (fresh("shared"), [fresh("end"), fresh("end")]);
        let group = format!("$share/{}/{topic}", fresh("group"));
        let mut member = P::connect(broker, &settings(version, &[(&group, qos), (&ends[0], qos)]));
        let mut mortal = settings(version, &[(&group, qos), (&ends[1], qos)]);
        mortal.will = Some(message(&ends[0], qos, "gone"));
        let mut other = P::connect(broker, &mortal);
        let mut alone = P::connect(broker, &settings(version, &[(&topic, qos)]));
        for number in 0..8 {
            alone.publish(&message(&topic, qos, &number.to_string()));
            assert_eq!(alone.receive(), message(&topic, qos, &number.to_string()));
        }
        let mut shares = Vec::new();
        for (member, end) in [&mut member, &mut other].into_iter().zip(&ends) {
            alone.publish(&message(end, qos, "the end"));
            shares.extend(until(member, end));
        }
        shares.sort_by(|one, another| one.payload.cmp(&another.payload));
        assert_eq!(
            shares,
            (0..8).map(|number| message(&topic, qos, &number.to_string())).collect::<Vec<_>>()
        );

        other.kill();
        assert_eq!(member.receive(), message(&ends[0], qos, "gone"));
        for number in 0..4 {
            alone.publish(&message(&topic, qos, &number.to_string()));
            assert_eq!(member.receive(), message(&topic, qos, &number.to_string()));
        }
        member.leave();
        alone.leave();
    }
}

/// What comes before the message to `end`.
fn until<P: Peer>(peer: &mut P, end: &str) -> Vec<Message> {
    std::iter::from_fn(|| Some(peer.receive()).filter(|message| message.topic != end)).collect()
}

/// A publisher's topic alias stands for the topic that it was given last. MQTT 5.0 only.
pub fn topic_aliases<P: Peer>(broker: SocketAddr, version: Version) {
    for qos in 0..=2 {
        let (one, other) = (fresh("aliased"), fresh("aliased"));
        let mut subscriber = P::connect(broker, &settings(version, &[(&one, qos), (&other, qos)]));
        let mut publisher = P::connect(broker, &settings(version, &[(&fresh("unused"), 0)]));
        // What it says, the alias, and what is meant.
        let words = [
            (&one[..], 1, &one),
            ("", 1, &one),
            (&other, 64, &other),
            ("", 1, &one),
            ("", 64, &other),
            (&other, 1, &other),
            ("", 1, &other),
        ];
        for (number, (topic, alias, meant)) in words.into_iter().enumerate() {
            let mut aliased = message(topic, qos, &number.to_string());
            aliased.properties.topic_alias = Some(alias);
            publisher.publish(&aliased);
            assert_eq!(subscriber.receive(), message(meant, qos, &number.to_string()));
        }
        publisher.leave();
        subscriber.leave();
    }
}

/// The broker's topic aliases, which it uses within the subscriber's maximum, stand for the right topics. MQTT 5.0 only.
pub fn topic_aliases_of_the_broker<P: Peer>(broker: SocketAddr, version: Version) {
    for qos in 0..=2 {
        let topics = [(); 3].map(|()| fresh("aliased"));
        let filters = topics.each_ref().map(|topic| (&topic[..], qos));
        let wanted = Settings { topic_alias_maximum: 2, ..settings(version, &filters) };
        let mut subscriber = P::connect(broker, &wanted);
        let mut publisher = P::connect(broker, &settings(version, &[(&fresh("unused"), 0)]));
        let mut aliases = Vec::new();
        for number in 0..5 {
            for topic in &topics {
                let sent = message(topic, qos, &number.to_string());
                publisher.publish(&sent);
                let mut received = subscriber.receive();
                aliases.extend(received.properties.topic_alias.take());
                assert_eq!(received, sent);
            }
        }
        assert!(!aliases.is_empty(), "QoS {qos}: no alias was used");
        assert!(aliases.iter().all(|alias| (1..=2).contains(alias)), "{aliases:?}");
        subscriber.leave();
        publisher.leave();
    }
}

/// A message that has expired comes neither from a session nor as a retained one; another tells what is left. MQTT 5.0
/// only.
pub fn message_expiry<P: Peer>(broker: SocketAddr, version: Version) {
    for qos in 1..=2 {
        let [topic, gone, stale, lasting] = ["expiry", "gone", "stale", "lasting"].map(fresh);
        let mut away = Settings { keep_session: true, ..settings(version, &[(&topic, qos)]) };
        away.will = Some(message(&gone, qos, "gone"));
        let mut publisher = P::connect(broker, &settings(version, &[(&gone, qos)]));
        P::connect(broker, &away).kill();
        assert_eq!(publisher.receive().topic, gone, "now its session waits");

        for (topic, seconds) in [(&topic, Some(1)), (&topic, Some(1000)), (&topic, None)] {
            publisher.publish(&expiring(topic, qos, seconds));
        }
        for (topic, seconds) in [(&stale, 1), (&lasting, 1000)] {
            publisher.publish(&Message { retain: true, ..expiring(topic, qos, Some(seconds)) });
        }
        // There is nothing to see when a message expires; after this time it has.
        std::thread::sleep(Duration::from_millis(2500));

        let mut subscriber = P::connect(broker, &Settings { will: None, ..away.clone() });
        assert_left_of_1000_seconds(&subscriber.receive());
        assert_eq!(subscriber.receive(), expiring(&topic, qos, None));
        subscriber.leave();
        let mut newcomer = P::connect(broker, &settings(version, &[(&stale, qos), (&lasting, qos)]));
        let kept = newcomer.receive();
        assert_eq!(kept.topic, lasting, "the other retained message has expired");
        assert_left_of_1000_seconds(&kept);
        newcomer.leave();

        publisher.publish(&Message { payload: Vec::new(), retain: true, ..message(&lasting, qos, "") });
        publisher.leave();
        P::visit(broker, &Settings { keep_session: false, ..away });
    }
}

fn expiring(topic: &str, qos: u8, seconds: Option<u32>) -> Message {
    let mut expiring = message(topic, qos, &format!("{seconds:?}"));
    expiring.properties.message_expiry_interval_seconds = seconds;
    expiring
}

fn assert_left_of_1000_seconds(message: &Message) {
    assert_eq!(message.payload, format!("{:?}", Some(1000)).as_bytes());
    let left = message.properties.message_expiry_interval_seconds;
    assert!(left.is_some_and(|left| (1..1000).contains(&left)), "{left:?} of 1000 seconds are left");
}

/// What a 5.0 client says reaches one that speaks an earlier version, without its properties, and the other way.
pub fn across_versions<New: Peer, Old: Peer>(broker: SocketAddr, old_version: Version) {
    let (up, down) = (fresh("up"), fresh("down"));
    let mut new = New::connect(broker, &settings(Version::V5_0, &[(&up, 2)]));
    let mut old = Old::connect(broker, &settings(old_version, &[(&down, 2)]));
    for qos in 0..=2 {
        let plain = message(&down, qos, "from 5.0");
        let properties = Properties { content_type: "text/plain".into(), ..Properties::default() };
        new.publish(&Message { properties, ..plain.clone() });
        assert_eq!(old.receive(), plain);
        let plain = message(&up, qos, "from an earlier version");
        old.publish(&plain);
        assert_eq!(new.receive(), plain);
    }
    new.leave();
    old.leave();
}
