//! The texts in property sections (sections 1.5.4 and 1.5.7): every one in every packet of a client.

use super::place::{IN_ANSWERS, IN_CONNECT, Place, sample};
use crate::harness::Broker;
use crate::script::{Script, script};
use crate::wire::property::{Property, Value, id};

pub(super) const SCRIPTS: &[Script] = &[
    script!(texts_of_connect).in_5_0(&["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-1.5.7-1"]),
    script!(texts_of_publish).in_5_0(&[
        "MQTT-1.5.4-1",
        "MQTT-1.5.4-2",
        "MQTT-1.5.7-1",
        "MQTT-3.3.2-13",
        "MQTT-3.3.2-19",
    ]),
    script!(texts_of_answers).in_5_0(&["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-1.5.7-1"]),
    script!(texts_of_subscribe_and_unsubscribe).in_5_0(&["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-1.5.7-1"]),
    script!(texts_of_disconnect).in_5_0(&["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-1.5.7-1"]),
    script!(binary_data_is_no_text).in_5_0(&["MQTT-3.3.2-16"]),
];

/// Overlong, surrogates alone and in a pair, cut short, beyond U+10FFFF, a continuation without a start, a byte
/// that no UTF-8 has; U+0000.
pub(super) const BAD_TEXTS: [&[u8]; 9] = [
    b"\xC0\x80",
    b"\xED\xA0\x80",
    b"\xED\xA0\xBD\xED\xB8\x80",
    b"a\xE2\x82",
    b"\xF4\x90\x80\x80",
    b"\x80a",
    b"a\xFFb",
    b"\0",
    b"a\0b",
];

/// This property with this text, in each place where it has one.
pub(super) fn with_text(property: u8, text: &[u8]) -> Vec<Property> {
    const BINARY: [u8; 2] = [id::CORRELATION_DATA, id::AUTHENTICATION_DATA];
    match sample(property).value {
        Value::Pair(..) => vec![Property::user(text, "v"), Property::user("k", text)],
        Value::Text(_) if !BINARY.contains(&property) => vec![Property::text(property, text)],
        _ => vec![],
    }
}

fn bad_texts(broker: &Broker, places: &[Place]) {
    for place in places {
        for property in place.allowed() {
            for property in BAD_TEXTS.iter().flat_map(|text| with_text(*property, text)) {
                place.refused(broker, &place.section(&[property]), &[0x81]);
            }
        }
    }
}

fn texts_of_connect(broker: &Broker) {
    bad_texts(broker, IN_CONNECT);
}

fn texts_of_publish(broker: &Broker) {
    let mut watcher = broker.client("w");
    watcher.subscribe(broker.topic("#"), 0);
    bad_texts(broker, &[Place::Publish]);
    watcher.expect_nothing();
}

fn texts_of_answers(broker: &Broker) {
    bad_texts(broker, IN_ANSWERS);
}

fn texts_of_subscribe_and_unsubscribe(broker: &Broker) {
    bad_texts(broker, &[Place::Subscribe, Place::Unsubscribe]);
}

fn texts_of_disconnect(broker: &Broker) {
    bad_texts(broker, &[Place::Disconnect]);
}

fn binary_data_is_no_text(broker: &Broker) {
    for text in BAD_TEXTS {
        for place in [Place::Will, Place::Publish] {
            place.taken(broker, &place.section(&[Property::text(id::CORRELATION_DATA, text)]));
        }
    }
}
