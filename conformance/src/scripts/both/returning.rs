//! A client that comes back, or comes twice: every way to leave, to return and to be replaced (sections 3.1.2.4,
//! 3.1.4 and 3.2.2.2).

use crate::harness::{Broker, Client};
use crate::script::{Script, script};
use crate::version::Version;
use crate::wire::{Connect, Will};

pub(super) const SCRIPTS: &[Script] = &[
    script!(session_present_in_every_case)
        .in_3_1(&["X31-005", "X31-011"])
        .in_3_1_1(&["MQTT-3.2.2-1", "MQTT-3.2.2-2", "MQTT-3.2.2-3", "MQTT-3.1.2-4", "MQTT-3.1.2-6"])
        .in_5_0(&["MQTT-3.2.2-2", "MQTT-3.2.2-3", "MQTT-3.1.2-4", "MQTT-3.1.2-5", "MQTT-3.1.2-6"]),
    script!(refusal_of_a_client_with_a_session)
        .in_3_1(&["X31-005"])
        .in_3_1_1(&["MQTT-3.2.2-4", "MQTT-3.2.2-5", "MQTT-4.1.0-1"])
        .in_5_0(&["MQTT-3.2.2-6", "MQTT-3.2.2-7"]),
    script!(takeover_across_versions)
        .in_3_1(&["X31-009"])
        .in_3_1_1(&["MQTT-3.1.4-2", "MQTT-3.1.4-3", "MQTT-3.1.2-8"])
        .in_5_0(&["MQTT-3.1.4-3", "MQTT-3.1.4-4", "MQTT-3.1.2-8"]),
    script!(client_identifiers_of_every_length)
        .in_3_1(&["X31-010"])
        .in_3_1_1(&["MQTT-3.1.3-5"])
        .in_5_0(&["MQTT-3.1.3-5"]),
];

/// With a session that outlives its connection, or with one of its own.
fn hello(broker: &Broker, name: &str, kept: bool) -> Connect {
    if kept { broker.hello(name).kept() } else { broker.hello(name) }
}

fn session_present_in_every_case(broker: &Broker) {
    let leave: [fn(&mut Client); 2] = [Client::cut, Client::disconnect];
    for (number, leave) in leave.into_iter().enumerate() {
        // Who has never been there, who left nothing, who left a session.
        for before in [None, Some(false), Some(true)] {
            for kept in [false, true] {
                let name = format!("{number}{}{kept}", before.map_or(2, u8::from));
                if let Some(before) = before {
                    leave(&mut broker.connect(hello(broker, &name, before)));
                }
                let mut client = broker.open();
                client.send(hello(broker, &name, kept));
                client.expect_session_present(kept && before == Some(true));
                // Of the second session, only what it says itself counts.
                client.cut();
                let mut client = broker.open();
                client.send(hello(broker, &name, true));
                client.expect_session_present(kept);
            }
        }
    }
}

/// The decoder of this suite refuses Session Present in a refusal. The session is there for the next one.
fn refusal_of_a_client_with_a_session(broker: &Broker) {
    let topic = broker.topic("a");
    let mut client = broker.connect(broker.hello("a").kept());
    client.subscribe(&topic, 1);
    client.disconnect();
    let mut publisher = broker.client("p");
    publisher.publish(&topic, "x", 1);
    let mut client = broker.open();
    if broker.version().is_5() {
        client.send(broker.hello("a").kept().receive_maximum(0));
        client.expect_bad_connect(&[0x82]);
    } else {
        client.send(broker.hello("a").kept().level(2));
        client.expect_refused(1);
    }
    let mut client = broker.open();
    client.send(broker.hello("a").kept());
    client.expect_session_present(true);
    client.receive(&topic, "x", 1);
}

/// The new client is of this script's version.
fn takeover_across_versions(broker: &Broker) {
    let (topic, will) = (broker.topic("a"), broker.topic("will"));
    let mut watcher = broker.client("w");
    watcher.subscribe(&will, 0);
    // What 3.1 says about wills here is not known.
    let with_will = broker.version() != Version::V3_1 || broker.is_ours();
    for version in Version::ALL {
        for (before, after) in [(false, false), (false, true), (true, false), (true, true)] {
            let packet = hello(broker, "a", before);
            let mut old = broker.open_as(version);
            old.send(if with_will { packet.will(Will::new(&will, "replaced")) } else { packet });
            old.expect_accepted();
            old.subscribe(&topic, 1);
            let mut new = broker.open();
            new.send(hello(broker, "a", after));
            new.expect_session_present(before && after);
            old.expect_violation(&[0x8E]);
            if with_will {
                watcher.receive(&will, "replaced", 0);
            }
            watcher.publish(&topic, "x", 1);
            if before && after {
                new.receive(&topic, "x", 1);
            }
            new.expect_nothing();
            new.disconnect();
            // Nothing is left for the next round.
            broker.client("a").disconnect();
        }
    }
}

/// From this script's prefix to 23 characters.
fn client_identifiers_of_every_length(broker: &Broker) {
    for length in broker.prefix().len() + 1..=23 {
        broker.connect(Connect::new(format!("{:0<length$}", broker.prefix()))).disconnect();
    }
}
