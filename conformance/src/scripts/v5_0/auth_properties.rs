//! AUTH, byte by byte: flags, reason codes, properties (section 3.15). The client is in, and begins anew.

use super::place::{IDENTIFIERS, Place, inside, sample};
use super::property_text::{BAD_TEXTS, with_text};
use crate::harness::Broker;
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::auth;
use crate::wire::property::{Property, id};

pub(super) const SCRIPTS: &[Script] = &[
    script!(every_property_of_auth).in_5_0(&["X50-007", "MQTT-4.12.1-1"]).with_setup(Setup::Authenticator),
    script!(foreign_properties_in_auth)
        .in_5_0(&["X50-005", "MQTT-4.13.1-1"])
        .with_setup(Setup::Authenticator),
    script!(properties_of_auth_twice).in_5_0(&["X50-068"]).with_setup(Setup::Authenticator),
    script!(auth_without_its_method).in_5_0(&["X50-068", "X50-069"]).with_setup(Setup::Authenticator),
    script!(texts_of_auth)
        .in_5_0(&["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-1.5.7-1"])
        .with_setup(Setup::Authenticator),
    script!(property_section_of_auth).in_5_0(&["X50-006"]).with_setup(Setup::Authenticator),
    script!(codes_of_auth).in_5_0(&["MQTT-3.15.2-1"]).with_setup(Setup::Authenticator),
    script!(flags_of_auth).in_5_0(&["MQTT-3.15.1-1", "MQTT-2.1.3-1"]).with_setup(Setup::Authenticator),
];

fn method() -> Property {
    sample(id::AUTHENTICATION_METHOD)
}

fn every_property_of_auth(broker: &Broker) {
    let place = Place::Auth;
    let mut all: Vec<Property> = place.allowed().iter().map(|property| sample(*property)).collect();
    for property in &all {
        place.taken(broker, &place.section(std::slice::from_ref(property)));
    }
    // The method is the first: nothing is put before it.
    all.push(Property::user("k", "v"));
    place.taken(broker, &place.section(&all));
    all[1..].reverse();
    place.taken(broker, &place.section(&all));
}

fn foreign_properties_in_auth(broker: &Broker) {
    let place = Place::Auth;
    for property in IDENTIFIERS.into_iter().filter(|id| !place.allowed().contains(id)) {
        place.refused(broker, &place.section(&[sample(property)]), &[0x81]);
    }
}

fn properties_of_auth_twice(broker: &Broker) {
    let place = Place::Auth;
    for property in [id::AUTHENTICATION_METHOD, id::AUTHENTICATION_DATA, id::REASON_STRING] {
        let one = sample(property);
        place.refused(broker, &place.section(&[one.clone(), one.clone()]), &[0x82]);
        place.refused(broker, &place.section(&[one.clone(), Property::user("k", "v"), one]), &[0x82]);
    }
}

/// With other properties, with an empty section, without a section, without a code.
fn auth_without_its_method(broker: &Broker) {
    let cases: [(&[u8], &[u8]); 4] = [
        (b"\xF0\x09\x19\x07\x26\0\x01k\0\x01v", &[0x82]),
        (b"\xF0\x02\x19\0", &[0x82]),
        // AUTH has no form with a code and nothing behind it.
        (b"\xF0\x01\x19", &[0x81, 0x82]),
        (b"\xF0\0", &[0x82]),
    ];
    for (bytes, codes) in cases {
        let mut client = inside(broker);
        client.send(bytes.to_vec());
        client.expect_violation(codes);
    }
}

fn texts_of_auth(broker: &Broker) {
    let place = Place::Auth;
    for property in place.allowed() {
        for property in BAD_TEXTS.iter().flat_map(|text| with_text(*property, text)) {
            place.refused(broker, &place.section(&[property]), &[0x81]);
        }
    }
}

fn property_section_of_auth(broker: &Broker) {
    let place = Place::Auth;
    let whole = place.section(&[method()]);
    for length in 1..whole.len() - 1 {
        let cut = [&[length as u8], &whole[1..1 + length]].concat();
        place.refused(broker, &cut, &[0x81]);
    }
    for length in [whole[0] + 1, whole[0] - 1, 0x7F] {
        place.refused(broker, &[&[length], &whole[1..]].concat(), &[0x81]);
    }
}

/// Only 0x18 and 0x19 are a client's, and 0x18 only when it is asked.
fn codes_of_auth(broker: &Broker) {
    for code in [0x00, 0x01, 0x17, 0x18, 0x1A, 0x80, 0x81, 0x87, 0x8C, 0xFF] {
        let mut client = inside(broker);
        client.send(auth(code, vec![method()]));
        client.expect_violation(&[0x82]);
    }
}

fn flags_of_auth(broker: &Broker) {
    for first in 0xF1..=0xFF {
        let mut client = inside(broker);
        client.send_changed(auth(0x19, vec![method()]), |bytes| bytes[0] = first);
        client.expect_violation(&[0x81]);
    }
}
