//! Property sections whose bytes are wrong (section 2.2.2): in every packet of a client.

use super::place::{IN_ANSWERS, IN_CONNECT, IN_OTHERS, Place, sample};
use crate::harness::Broker;
use crate::script::{Script, script};
use crate::wire::property::{Property, id};

pub(super) const SCRIPTS: &[Script] = &[
    script!(identifiers_that_do_not_exist_in_connect).in_5_0(&["X50-005", "MQTT-3.1.4-1"]),
    script!(identifiers_that_do_not_exist_in_answers).in_5_0(&["X50-005", "MQTT-4.13.1-1"]),
    script!(identifiers_that_do_not_exist_elsewhere).in_5_0(&["X50-005", "MQTT-4.13.1-1"]),
    script!(values_cut_short_in_connect).in_5_0(&["X50-006", "MQTT-3.1.4-1"]),
    script!(values_cut_short_in_answers).in_5_0(&["X50-006", "MQTT-4.13.1-1"]),
    script!(values_cut_short_elsewhere).in_5_0(&["X50-006", "MQTT-4.13.1-1"]),
    script!(property_lengths_that_are_wrong).in_5_0(&["X50-006", "MQTT-1.5.5-1", "X50-002"]),
    script!(bytes_that_are_neither_0_nor_1).in_5_0(&["X50-012", "X50-013"]),
    script!(integers_that_must_not_be_0).in_5_0(&["X50-009", "X50-010", "X50-034", "X50-041", "X50-052"]),
];

/// A property section of these bytes.
fn section(bytes: &[u8]) -> Vec<u8> {
    [&[bytes.len() as u8], bytes].concat()
}

fn unknown(broker: &Broker, places: &[Place]) {
    let numbers: [&[u8]; 13] = [
        &[0x00],
        &[0x04],
        &[0x0A],
        &[0x10],
        &[0x14],
        &[0x1B],
        &[0x1E],
        &[0x20],
        &[0x2B],
        &[0x7F],
        // 128, 129 and 16,384: identifiers are Variable Byte Integers.
        &[0x80, 0x01],
        &[0x81, 0x01],
        &[0x80, 0x80, 0x01],
    ];
    for place in places {
        for number in numbers {
            place.refused(broker, &section(&[number, &[0, 0, 0, 0]].concat()), &[0x81]);
        }
        // A User Property whose identifier is longer than it need be, or has no end.
        place.refused(broker, &section(b"\xA6\x00\0\x01k\0\x01v"), &[0x81]);
        place.refused(broker, &section(b"\xFF\xFF\xFF\xFF\x01"), &[0x81]);
    }
}

fn identifiers_that_do_not_exist_in_connect(broker: &Broker) {
    unknown(broker, IN_CONNECT);
}

fn identifiers_that_do_not_exist_in_answers(broker: &Broker) {
    unknown(broker, IN_ANSWERS);
}

fn identifiers_that_do_not_exist_elsewhere(broker: &Broker) {
    unknown(broker, IN_OTHERS);
}

/// The value ends with the section, though the packet goes on.
fn cut_short(broker: &Broker, places: &[Place]) {
    for place in places {
        for property in place.allowed() {
            let whole = place.section(&[sample(*property)]);
            // What stands before it is whole.
            let before = whole.len() - crate::wire::Properties(vec![sample(*property)]).encode().len();
            for length in before + 1..whole.len() - 1 {
                place.refused(broker, &section(&whole[1..1 + length]), &[0x81]);
            }
        }
    }
}

fn values_cut_short_in_connect(broker: &Broker) {
    cut_short(broker, IN_CONNECT);
}

fn values_cut_short_in_answers(broker: &Broker) {
    cut_short(broker, IN_ANSWERS);
}

fn values_cut_short_elsewhere(broker: &Broker) {
    cut_short(broker, IN_OTHERS);
}

fn property_lengths_that_are_wrong(broker: &Broker) {
    let pair = b"\x26\0\x01k\0\x01v";
    for place in [IN_CONNECT, IN_ANSWERS, IN_OTHERS].concat() {
        let lengths: [&[u8]; 8] = [
            // One more, one less, far beyond the packet.
            &[8],
            &[6],
            &[0x7F],
            &[0xFF, 0x7F],
            &[0xFF, 0xFF, 0xFF, 0x7F],
            // Longer than it need be, and longer than any.
            &[0x87, 0x00],
            &[0x87, 0x80, 0x00],
            &[0x87, 0x80, 0x80, 0x80, 0x00],
        ];
        for length in lengths {
            place.refused(broker, &[length, pair].concat(), &[0x81]);
        }
    }
}

fn bytes_that_are_neither_0_nor_1(broker: &Broker) {
    for value in [2, 3, 0x7F, 0x80, 0xFE, 0xFF] {
        for property in [id::REQUEST_RESPONSE_INFORMATION, id::REQUEST_PROBLEM_INFORMATION] {
            let place = Place::Connect;
            place.refused(broker, &place.section(&[Property::byte(property, value)]), &[0x82]);
        }
        // The standard has no word on it.
        if broker.is_ours() {
            for place in [Place::Will, Place::Publish] {
                let property = Property::byte(id::PAYLOAD_FORMAT_INDICATOR, value);
                place.refused(broker, &place.section(&[property]), &[0x82]);
            }
        }
    }
}

fn integers_that_must_not_be_0(broker: &Broker) {
    for (place, property, code) in [
        (Place::Connect, Property::two(id::RECEIVE_MAXIMUM, 0), 0x82),
        (Place::Connect, Property::four(id::MAXIMUM_PACKET_SIZE, 0), 0x82),
        (Place::Publish, Property::two(id::TOPIC_ALIAS, 0), 0x94),
        (Place::Publish, Property::variable(id::SUBSCRIPTION_IDENTIFIER, 0), 0x82),
        (Place::Subscribe, Property::variable(id::SUBSCRIPTION_IDENTIFIER, 0), 0x82),
    ] {
        place.refused(broker, &place.section(&[property]), &[code]);
    }
    // These may be 0.
    for (place, property) in [
        (Place::Connect, Property::four(id::SESSION_EXPIRY_INTERVAL, 0)),
        (Place::Connect, Property::two(id::TOPIC_ALIAS_MAXIMUM, 0)),
        (Place::Will, Property::four(id::WILL_DELAY_INTERVAL, 0)),
        (Place::Will, Property::four(id::MESSAGE_EXPIRY_INTERVAL, 0)),
        (Place::Publish, Property::four(id::MESSAGE_EXPIRY_INTERVAL, 0)),
        (Place::Disconnect, Property::four(id::SESSION_EXPIRY_INTERVAL, 0)),
    ] {
        place.taken(broker, &place.section(&[property]));
    }
}
