//! Shared subscriptions: who shares, and who gets a message (sections 3.8 and 4.8.2).

use crate::harness::{Broker, Client, check, check_eq};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::property::id;
use crate::wire::{Publish, subscribe, unsubscribe};

pub(super) const SCRIPTS: &[Script] = &[
    script!(each_message_goes_to_one_member).in_5_0(&["X50-100"]),
    script!(names_and_filters_make_groups).in_5_0(&["X50-103", "X50-100"]),
    script!(shared_and_ordinary_subscription).in_5_0(&["X50-100", "MQTT-3.3.4-3", "MQTT-3.3.4-5"]),
    script!(one_membership_however_often).in_5_0(&["X50-100", "MQTT-3.8.4-4"]),
    script!(leaving_needs_the_whole_filter).in_5_0(&["MQTT-3.10.4-1", "MQTT-3.10.4-2"]),
    script!(share_names).in_5_0(&["MQTT-4.8.2-1", "MQTT-4.8.2-2"]),
    script!(ill_formed_share_names).in_5_0(&["MQTT-4.8.2-1", "MQTT-4.8.2-2", "MQTT-4.7.1-1"]),
    script!(no_local_cannot_be_shared).in_5_0(&["MQTT-3.8.3-4"]),
    script!(granted_qos_of_each_member).in_5_0(&["MQTT-4.8.2-3"]),
    script!(identifier_of_the_receiver).in_5_0(&["MQTT-3.3.4-3", "MQTT-3.3.4-4"]),
    script!(retain_as_published_when_shared).in_5_0(&["MQTT-3.3.1-12", "MQTT-3.3.1-13"]),
    script!(nothing_retained_when_shared).in_5_0(&["X50-057"]),
    script!(dollar_topics_are_not_shared_by_wildcards).in_5_0(&["MQTT-4.7.2-1"]),
    script!(own_messages_are_shared_too).in_5_0(&["X50-100"]),
    script!(too_large_for_some).in_5_0(&["X50-104", "MQTT-3.1.2-24"]),
    script!(shared_subscriptions_are_announced).in_5_0(&["MQTT-4.8.2-1"]),
    script!(not_available).in_5_0(&["X50-030", "MQTT-4.13.1-1"]).with_setup(Setup::NoSharedSubscriptions),
    script!(forbidden_filter_is_forbidden_when_shared)
        .in_5_0(&["MQTT-3.8.4-7", "X50-073"])
        .with_setup(Setup::DeniedTopics),
];

fn shared(broker: &Broker, name: &str, filter: &str) -> String {
    format!("$share/{name}/{}", broker.topic(filter))
}

/// Members of a group with these names, all with QoS 1.
fn members(broker: &Broker, filter: &str, names: &[&str]) -> Vec<Client> {
    let join = |name: &&str| {
        let mut client = broker.client(name);
        client.subscribe(filter, 1);
        client
    };
    names.iter().map(join).collect()
}

/// The one member that got the message with this payload, and what it got, acknowledged. `expected` is the QoS and
/// the RETAIN that are right for the member at each place.
#[track_caller]
fn taker(
    broker: &Broker,
    members: &mut [Client],
    payload: &str,
    expected: impl Fn(usize) -> (u8, bool),
) -> (usize, Publish) {
    let mut taken = Vec::new();
    // It may be any of them.
    broker.in_one_step(|| {
        for (place, member) in members.iter_mut().enumerate() {
            while let Some(publish) = member.publish_if_any() {
                member.finish_exchange(&publish);
                taken.push((place, publish));
            }
        }
    });
    check_eq!(taken.len(), 1, "copies of one message in a group");
    let (place, publish) = taken.remove(0);
    let found = (&*publish.topic, &*publish.text(), publish.duplicate, (publish.qos, publish.retain));
    check_eq!(found, (&*broker.topic("a"), payload, false, expected(place)), "what member {place} got");
    (place, publish)
}

fn each_message_goes_to_one_member(broker: &Broker) {
    let topic = broker.topic("a");
    let mut members = members(broker, &shared(broker, "g", "+"), &["a", "b", "c"]);
    let mut alone = broker.client("d");
    alone.subscribe(&topic, 0);
    let mut publisher = broker.client("p");
    let mut counts = [0; 3];
    for number in 0..12 {
        let payload = number.to_string();
        publisher.publish(&topic, &payload, number % 3);
        let (place, _) = taker(broker, &mut members, &payload, |_| ((number % 3).min(1), false));
        counts[place] += 1;
        alone.receive(&topic, &payload, 0);
    }
    check!(!broker.is_ours() || counts == [4, 4, 4], "they do not take turns: {counts:?}");
}

fn names_and_filters_make_groups(broker: &Broker) {
    let topic = broker.topic("a/b");
    let filters =
        [("g", "a/b"), ("g", "a/+"), ("h", "a/b")].map(|(name, filter)| shared(broker, name, filter));
    let mut clients: Vec<Client> = ["a", "b", "c"]
        .iter()
        .zip(&filters)
        .map(|(name, filter)| members(broker, filter, &[name]).remove(0))
        .collect();
    let mut all = broker.client("d");
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "one each", 1);
    clients.iter_mut().for_each(|client| drop(client.receive(&topic, "one each", 1)));
    // A client in several groups gets a copy for each of them.
    clients.iter_mut().zip(&filters).for_each(|(client, filter)| client.unsubscribe(filter));
    filters.iter().for_each(|filter| all.subscribe(filter, 0));
    publisher.publish(&topic, "three", 1);
    (0..3).for_each(|_| drop(all.receive(&topic, "three", 0)));
    all.expect_nothing();
}

fn shared_and_ordinary_subscription(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.send(subscribe(1).filter(shared(broker, "g", "a"), 1).identifier(5));
    client.expect_suback(1, &[1]);
    client.send(subscribe(2).filter(&topic, 1).identifier(6));
    client.expect_suback(2, &[1]);
    broker.client("p").publish(&topic, "x", 1);
    // In any order.
    broker.in_one_step(|| {
        let mut identifiers: Vec<_> = (0..2).map(|_| client.receive(&topic, "x", 1).identifiers()).collect();
        identifiers.sort();
        check_eq!(identifiers, [[5], [6]], "identifiers of the two copies");
    });
    client.expect_nothing();
}

fn one_membership_however_often(broker: &Broker) {
    let topic = broker.topic("a");
    let filter = shared(broker, "g", "a");
    let mut members = members(broker, &filter, &["a", "b"]);
    (0..3).for_each(|_| members[0].subscribe(&filter, 1));
    let mut publisher = broker.client("p");
    let mut counts = [0; 2];
    for _ in 0..6 {
        publisher.publish(&topic, "x", 1);
        counts[taker(broker, &mut members, "x", |_| (1, false)).0] += 1;
    }
    check!(!broker.is_ours() || counts == [3, 3], "they do not take turns: {counts:?}");
    // The last options count.
    members[1].unsubscribe(&filter);
    members[0].subscribe(&filter, 0);
    publisher.publish(&topic, "x", 1);
    members[0].receive(&topic, "x", 0);
    members[0].unsubscribe(&filter);
    publisher.publish(&topic, "x", 1);
    members.iter_mut().for_each(|member| member.expect_nothing());
}

fn leaving_needs_the_whole_filter(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(shared(broker, "g", "a"), 0);
    for other in
        [topic.clone(), shared(broker, "h", "a"), shared(broker, "g", "+"), format!("$share/g//{topic}")]
    {
        client.send(unsubscribe(7).filter(&other));
        client.expect_unsuback(7, &[0x11]);
    }
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "still", 0);
    client.receive(&topic, "still", 0);
    client.subscribe(&topic, 0);
    client.unsubscribe(&topic);
    publisher.publish(&topic, "shared", 0);
    client.receive(&topic, "shared", 0);
    client.unsubscribe(shared(broker, "g", "a"));
    publisher.publish(&topic, "never", 0);
    client.expect_nothing();
}

fn share_names(broker: &Broker) {
    let prefix = broker.prefix();
    let mut client = broker.client("a");
    let mut publisher = broker.client("p");
    for (filter, topic) in [
        (format!("$share/g/{prefix}/a"), format!("{prefix}/a")),
        (format!("$share/ /{prefix}/a"), format!("{prefix}/a")),
        (format!("$share/$share/{prefix}/a"), format!("{prefix}/a")),
        (format!("$share/g//{prefix}/finance"), format!("/{prefix}/finance")),
        (format!("$share/g/{prefix}/+/c"), format!("{prefix}/b/c")),
        (format!("$share/g/{prefix}/#"), prefix.to_owned()),
    ] {
        client.subscribe(&filter, 0);
        publisher.publish(&topic, &filter, 0);
        client.receive(&topic, &filter, 0);
        client.unsubscribe(&filter);
    }
    // These look like one and are ordinary filters.
    for filter in
        [format!("$SHARE/g/{prefix}"), format!("$shared/g/{prefix}"), format!("{prefix}/$share/g/a")]
    {
        client.subscribe(&filter, 0);
    }
    publisher.publish(prefix, "x", 0);
    client.expect_nothing();
}

fn ill_formed_share_names(broker: &Broker) {
    let topic = broker.topic("a");
    for (filter, codes) in [
        ("$share/", [0x8F, 0x81]),
        ("$share/g", [0x8F, 0x81]),
        ("$share/g/", [0x8F, 0x81]),
        ("$share//a", [0x8F, 0x81]),
        ("$share/+/a", [0x8F, 0x81]),
        ("$share/#", [0x8F, 0x81]),
        ("$share/g#/a", [0x81, 0x8F]),
        ("$share/g+/a", [0x81, 0x8F]),
        ("$share/g/a#", [0x81, 0x8F]),
        ("$share/g/#/a", [0x81, 0x8F]),
    ] {
        let mut client = broker.client("a");
        client.send(subscribe(7).filter(&topic, 0).filter(filter, 0));
        client.expect_violation(&codes);
    }
}

fn no_local_cannot_be_shared(broker: &Broker) {
    let mut client = broker.client("a");
    client.send(subscribe(7).filter(broker.topic("a"), 0x04).filter(shared(broker, "g", "a"), 0x04 | 1));
    client.expect_violation(&[0x82]);
}

fn granted_qos_of_each_member(broker: &Broker) {
    let topic = broker.topic("a");
    let filter = shared(broker, "g", "a");
    let mut members: Vec<Client> = ["a", "b", "c"].iter().map(|name| broker.client(name)).collect();
    for (qos, member) in (0..).zip(&mut members) {
        member.subscribe(&filter, qos);
    }
    let mut publisher = broker.client("p");
    for number in 0..9 {
        let published = number / 3;
        publisher.publish(&topic, "x", published);
        taker(broker, &mut members, "x", |place| (published.min(place as u8), false));
    }
}

fn identifier_of_the_receiver(broker: &Broker) {
    let topic = broker.topic("a");
    let mut members: Vec<Client> = ["a", "b", "c"].iter().map(|name| broker.client(name)).collect();
    for (member, identifier) in members.iter_mut().zip([Some(7), Some(300), None]) {
        let packet = subscribe(7).filter(shared(broker, "g", "a"), 1);
        member.send(identifier.into_iter().fold(packet, crate::wire::Subscribe::identifier));
        member.expect_suback(7, &[1]);
    }
    let mut publisher = broker.client("p");
    for number in 0..6 {
        publisher.publish(&topic, "x", number % 2);
        let (place, publish) = taker(broker, &mut members, "x", |_| (number % 2, false));
        check_eq!(publish.identifiers(), [&[7][..], &[300], &[]][place], "identifiers for member {place}");
    }
}

fn retain_as_published_when_shared(broker: &Broker) {
    let topic = broker.topic("a");
    let mut members: Vec<Client> = ["a", "b"].iter().map(|name| broker.client(name)).collect();
    members[0].subscribe(shared(broker, "g", "a"), 0x08 | 1);
    members[1].subscribe(shared(broker, "g", "a"), 1);
    let mut publisher = broker.client("p");
    for number in 0..4 {
        publisher.publish_retained(&topic, "x", number % 2);
        taker(broker, &mut members, "x", |place| (number % 2, place == 0));
        publisher.publish(&topic, "x", 1);
        taker(broker, &mut members, "x", |_| (1, false));
    }
}

fn nothing_retained_when_shared(broker: &Broker) {
    let topic = broker.topic("a");
    broker.client("p").publish_retained(&topic, "kept", 1);
    let mut client = broker.client("a");
    for options in [0x00, 0x08, 0x10, 0x20, 0x01, 0x00] {
        client.subscribe(shared(broker, "g", "a"), options);
        client.subscribe(shared(broker, "h", "#"), options);
        client.expect_nothing();
    }
    client.subscribe(&topic, 0);
    client.receive_retained(&topic, "kept", 0);
}

fn dollar_topics_are_not_shared_by_wildcards(broker: &Broker) {
    broker.only_ours("shared subscriptions leave topics alone that begin with $");
    let topic = format!("${}/a", broker.prefix());
    // A group of this script's own: others would take a part of what it is to see.
    let group = broker.prefix();
    let mut wild = broker.client("a");
    wild.passes_over_strangers();
    for filter in ["#", "+/a"] {
        wild.subscribe(format!("$share/{group}/{filter}"), 0);
    }
    let mut literal = broker.client("b");
    literal.subscribe(format!("$share/g/${}/#", broker.prefix()), 0);
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "x", 0);
    literal.receive(&topic, "x", 0);
    // It must not come to the wild client.
    let sentinel = broker.topic("sentinel");
    publisher.publish(&sentinel, "end", 1);
    wild.receive(&sentinel, "end", 0);
    wild.expect_nothing();
}

fn own_messages_are_shared_too(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.client("a");
    client.subscribe(shared(broker, "g", "a"), 1);
    client.publish(&topic, "mine", 1);
    client.receive(&topic, "mine", 1);
}

fn too_large_for_some(broker: &Broker) {
    let topic = broker.topic("a");
    let large = "x".repeat(200);
    let filter = shared(broker, "g", "a");
    let mut small = broker.connect(broker.hello("a").maximum_packet_size(100));
    small.takes_at_most(100);
    small.subscribe(&filter, 1);
    let mut any = broker.client("b");
    any.subscribe(&filter, 1);
    let mut publisher = broker.client("p");
    if broker.is_ours() {
        for qos in [0, 1, 2, 0, 1, 2] {
            publisher.publish(&topic, &large, qos);
            any.receive(&topic, &large, qos.min(1));
        }
        any.unsubscribe(&filter);
        any.subscribe(&filter, 1);
    }
    // Whoever it was given to, nobody gets what is too large for him.
    any.unsubscribe(&filter);
    publisher.publish(&topic, &large, 1);
    small.expect_nothing();
    publisher.publish(&topic, "small", 1);
    small.receive(&topic, "small", 1);
}

fn shared_subscriptions_are_announced(broker: &Broker) {
    let client = broker.client("a");
    let available = client.connack().properties.number(id::SHARED_SUBSCRIPTION_AVAILABLE);
    check!(available != Some(0), "Shared Subscription Available is 0");
}

fn not_available(broker: &Broker) {
    let mut client = broker.client("a");
    let available = client.connack().properties.number(id::SHARED_SUBSCRIPTION_AVAILABLE);
    check_eq!(available, Some(0), "Shared Subscription Available");
    client.subscribe(broker.topic("a"), 0);
    client.send(subscribe(7).filter(shared(broker, "g", "a"), 0));
    client.expect_violation(&[0x9E]);
}

fn forbidden_filter_is_forbidden_when_shared(broker: &Broker) {
    let (allowed, forbidden) = (broker.topic("a"), broker.topic("hidden/x"));
    let mut client = broker.client("a");
    client.send(
        subscribe(7)
            .filter(shared(broker, "g", "a"), 0)
            .filter(shared(broker, "g", "hidden/x"), 0)
            .filter(shared(broker, "g", "+/x"), 0),
    );
    client.expect_suback(7, &[0, 0x87, 0x87]);
    let mut publisher = broker.client("p");
    publisher.publish(&forbidden, "secret", 1);
    publisher.publish(&allowed, "x", 1);
    client.receive(&allowed, "x", 0);
    client.expect_nothing();
}
