//! Which property may stand where, and how often (Table 2-4): every property in every packet of a client.

use super::place::{IDENTIFIERS, IN_ANSWERS, IN_CONNECT, IN_OTHERS, Place, sample};
use crate::harness::Broker;
use crate::script::{Script, script};
use crate::wire::property::{Property, id};

pub(super) const SCRIPTS: &[Script] = &[
    script!(foreign_properties_in_connect).in_5_0(&["X50-005", "MQTT-3.1.4-1"]),
    script!(foreign_properties_in_publish).in_5_0(&["X50-005", "X50-041", "MQTT-3.3.4-6"]),
    script!(foreign_properties_in_subscribe).in_5_0(&["X50-005", "MQTT-4.13.1-1"]),
    script!(foreign_properties_in_disconnect).in_5_0(&["X50-005", "MQTT-4.13.1-1"]),
    script!(foreign_properties_in_puback_and_pubrec).in_5_0(&["X50-005", "MQTT-4.13.1-1"]),
    script!(foreign_properties_in_pubrel_and_pubcomp).in_5_0(&["X50-005", "MQTT-4.13.1-1"]),
    script!(properties_twice).in_5_0(&[
        "X50-008", "X50-009", "X50-010", "X50-011", "X50-012", "X50-013", "X50-014", "X50-015", "X50-016",
        "X50-017", "X50-018", "X50-019", "X50-020", "X50-021", "X50-036", "X50-037", "X50-038", "X50-039",
        "X50-040", "X50-047", "X50-048", "X50-049", "X50-050", "X50-052", "X50-061", "X50-063",
    ]),
    script!(every_property_of_a_packet).in_5_0(&["X50-007"]),
    script!(user_property_many_times).in_5_0(&["X50-007"]),
];

fn foreign(broker: &Broker, places: &[Place]) {
    for place in places {
        for property in IDENTIFIERS.into_iter().filter(|id| !place.allowed().contains(id)) {
            // It belongs to PUBLISH, but not from a client.
            let of_the_server = (*place, property) == (Place::Publish, id::SUBSCRIPTION_IDENTIFIER);
            let code = if of_the_server { 0x82 } else { 0x81 };
            place.refused(broker, &place.section(&[sample(property)]), &[code]);
        }
    }
}

fn foreign_properties_in_connect(broker: &Broker) {
    foreign(broker, IN_CONNECT);
}

fn foreign_properties_in_publish(broker: &Broker) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    foreign(broker, &[Place::Publish]);
    watcher.expect_nothing();
}

fn foreign_properties_in_subscribe(broker: &Broker) {
    foreign(broker, &[Place::Subscribe, Place::Unsubscribe]);
}

fn foreign_properties_in_disconnect(broker: &Broker) {
    foreign(broker, &[Place::Disconnect]);
}

fn foreign_properties_in_puback_and_pubrec(broker: &Broker) {
    foreign(broker, &[Place::Puback, Place::Pubrec]);
}

fn foreign_properties_in_pubrel_and_pubcomp(broker: &Broker) {
    foreign(broker, &[Place::Pubrel, Place::Pubcomp]);
}

/// With the same value, side by side; and with another property between.
fn properties_twice(broker: &Broker) {
    for place in [IN_CONNECT, IN_ANSWERS, IN_OTHERS].concat() {
        for property in place.allowed().iter().filter(|property| **property != id::USER_PROPERTY) {
            let one = sample(*property);
            place.refused(broker, &place.section(&[one.clone(), one.clone()]), &[0x82]);
            place.refused(broker, &place.section(&[one.clone(), Property::user("k", "v"), one]), &[0x82]);
        }
    }
}

/// Alone, and all together in both orders.
fn every_property_of_a_packet(broker: &Broker) {
    for place in [IN_CONNECT, IN_ANSWERS, IN_OTHERS].concat() {
        let authentication = [id::AUTHENTICATION_METHOD, id::AUTHENTICATION_DATA];
        let ours = place.allowed().iter().filter(|property| !authentication.contains(property));
        let mut all: Vec<Property> = ours.map(|property| sample(*property)).collect();
        for property in &all {
            place.taken(broker, &place.section(std::slice::from_ref(property)));
        }
        place.taken(broker, &place.section(&all));
        all.reverse();
        place.taken(broker, &place.section(&all));
        place.taken(broker, &place.section(&[]));
    }
}

fn user_property_many_times(broker: &Broker) {
    let pairs = [("k", "v"), ("k", "v"), ("", ""), ("other", "v"), ("k", "")];
    let properties = pairs.map(|(name, value)| Property::user(name, value));
    for place in [IN_CONNECT, IN_ANSWERS, IN_OTHERS].concat() {
        place.taken(broker, &place.section(&properties));
    }
}
