//! Clients that are to use another server (section 4.11).

use crate::harness::{Broker, check_eq};
use crate::script::{Script, script};
use crate::targets::Setup;
use crate::wire::property::id;

pub(super) const SCRIPTS: &[Script] = &[
    script!(redirected_at_connect)
        .in_5_0(&["MQTT-3.2.2-7", "MQTT-3.2.2-8", "MQTT-4.13.2-1"])
        .with_setup(Setup::Authenticator),
    script!(reference_that_does_not_fit).in_5_0(&["MQTT-3.1.2-24"]).with_setup(Setup::Authenticator),
];

fn redirected_at_connect(broker: &Broker) {
    for (user, code, reference) in [
        ("elsewhere", 0x9C, Some("other.example:1883 third.example")),
        ("moved", 0x9D, Some("other.example")),
        ("anywhere", 0x9C, None),
    ] {
        let mut client = broker.open();
        client.send(broker.hello("a").user_name(user));
        let connack = client.expect_connack();
        check_eq!(connack.code, code, "code of CONNACK");
        let found = connack.properties.text(id::SERVER_REFERENCE);
        check_eq!(found, reference.map(str::as_bytes), "Server Reference");
        client.expect_closed();
    }
    broker.connect(broker.hello("a").user_name("somebody")).ping();
}

fn reference_that_does_not_fit(broker: &Broker) {
    let mut client = broker.open();
    client.send(broker.hello("a").user_name("elsewhere").maximum_packet_size(10));
    client.takes_at_most(10);
    let connack = client.expect_connack();
    check_eq!(connack.code, 0x9C, "code of CONNACK");
    client.expect_closed();
}
