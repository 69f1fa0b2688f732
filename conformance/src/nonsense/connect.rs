//! CONNECT, and what comes in its place.

use hushwing_core::Violation as V;

use super::{
    ALL, BEFORE_5_0, FROM_3_1_1, METHOD, Nonsense, ONLY_5_0, Occasion, PACKET_IDENTIFIER, Setting, TOPIC,
    connected, greeting, hello, visit,
};
use crate::wire::property::id;
use crate::wire::{
    Connect, Outgoing, Property, Will, acknowledge, auth, disconnect, pingreq, publish, subscribe,
};

/// Longer than a client identifier or User Name may be.
fn long() -> String {
    "n".repeat(257)
}

fn will() -> Will {
    Will::new(format!("{TOPIC}/will"), "nonsense")
}

fn with_will(will: Will, on: Occasion) -> Vec<u8> {
    hello(on).will(will).encode(on.version)
}

fn method(name: &str) -> Property {
    Property::text(id::AUTHENTICATION_METHOD, name)
}

/// A CONNECT that begins an authentication, and what comes before the authentication has ended.
fn then(packet: &impl Outgoing, on: Occasion) -> Vec<u8> {
    [hello(on).property(method(METHOD)).encode(on.version), packet.encode(on.version)].concat()
}

pub(super) const TABLE: &[Nonsense] = &[
    greeting(V::FirstPacketNotConnect, ALL, |on| pingreq().encode(on.version)),
    greeting(V::FirstPacketNotConnect, ALL, |on| publish(format!("{TOPIC}/a")).encode(on.version)),
    greeting(V::FirstPacketNotConnect, ALL, |on| {
        subscribe(PACKET_IDENTIFIER).filter(format!("{TOPIC}/a"), 0).encode(on.version)
    }),
    greeting(V::FirstPacketNotConnect, ALL, |on| acknowledge(0x40, PACKET_IDENTIFIER).encode(on.version)),
    greeting(V::FirstPacketNotConnect, ALL, |on| disconnect().encode(on.version)),
    greeting(V::FirstPacketNotConnect, ONLY_5_0, |on| auth(0x18, vec![method(METHOD)]).encode(on.version)),
    connected(V::SecondConnect, ALL, |on| hello(on).encode(on.version)),
    greeting(V::SecondConnect, ONLY_5_0, |on| then(&hello(on), on)).needs(Setting::Authenticator),
    greeting(V::ConnectTimeout, ALL, |_| Vec::new()).after(11),
    greeting(V::ConnectTimeout, ALL, |on| {
        let mut bytes = hello(on).encode(on.version);
        bytes.pop();
        bytes
    })
    .after(11),
    greeting(V::UnsupportedProtocolName, ALL, |on| hello(on).protocol_name("mqtt").encode(on.version)),
    greeting(V::UnsupportedProtocolVersion, ALL, |on| hello(on).level(6).encode(on.version)),
    greeting(V::UnsupportedProtocolVersion, ALL, |on| {
        hello(on).level(0x80 | on.version.level()).encode(on.version)
    }),
    greeting(V::ConnectReservedFlag, FROM_3_1_1, |on| hello(on).flags(0x03).encode(on.version)),
    greeting(V::WillQoSWithoutWill, FROM_3_1_1, |on| hello(on).flags(0x0A).encode(on.version)),
    greeting(V::WillQoS3, ALL, |on| with_will(will().qos(3), on)),
    greeting(V::WillRetainWithoutWill, FROM_3_1_1, |on| hello(on).flags(0x22).encode(on.version)),
    greeting(V::WillTopicEmpty, ALL, |on| with_will(Will::new("", "nonsense"), on)),
    greeting(V::WillTopicWildcard, ALL, |on| with_will(Will::new("nonsense/#", "nonsense"), on)),
    greeting(V::WillTooLong, ALL, |on| with_will(Will::new(format!("{TOPIC}/will"), [b'n'; 5_000]), on))
        .needs(Setting::SmallLimits),
    greeting(V::PasswordWithoutUserName, BEFORE_5_0, |on| hello(on).password("n").encode(on.version)),
    greeting(V::ClientIdentifierEmpty, BEFORE_5_0, |on| Connect::new("").resume().encode(on.version)),
    greeting(V::ClientIdentifierTooLong, ALL, |on| Connect::new(long()).encode(on.version)),
    greeting(V::UserNameTooLong, ALL, |on| hello(on).user_name(long()).encode(on.version)),
    greeting(V::QoSNotSupported, ALL, |on| with_will(will().qos(2), on)).needs(Setting::FewCapabilities),
    greeting(V::RetainNotSupported, ALL, |on| with_will(will().retain(), on)).needs(Setting::FewCapabilities),
    // CONNACK says too much for it.
    greeting(V::AnswerTooLarge, ONLY_5_0, |on| hello(on).maximum_packet_size(5).encode(on.version)),
    // AUTH.
    connected(V::AuthReasonCode, ONLY_5_0, |on| auth(0x00, vec![method(METHOD)]).encode(on.version)),
    visit(V::AuthWithoutMethod, ONLY_5_0, |on| {
        [hello(on).encode(on.version), auth(0x19, vec![method(METHOD)]).encode(on.version)].concat()
    }),
    greeting(V::AuthenticationMethodChanged, ONLY_5_0, |on| then(&auth(0x18, vec![method("other")]), on))
        .needs(Setting::Authenticator),
    greeting(V::AuthenticationUnfinished, ONLY_5_0, |on| then(&pingreq(), on)).needs(Setting::Authenticator),
    greeting(V::AuthenticationUnfinished, ONLY_5_0, |on| then(&publish(format!("{TOPIC}/a")), on))
        .needs(Setting::Authenticator),
    greeting(V::AuthUnexpected, ONLY_5_0, |on| then(&auth(0x19, vec![method(METHOD)]), on))
        .needs(Setting::Authenticator),
    greeting(V::AuthenticationTimeout, ONLY_5_0, |on| hello(on).property(method(METHOD)).encode(on.version))
        .needs(Setting::Authenticator)
        .after(11),
];
