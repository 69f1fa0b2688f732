//! Every client, every scenario, every version that the client speaks.

use conformance_clients::{
    Broker, Mosquitto, Paho, Peer, Rumqttc50, Rumqttc311, Version, scenario, unavailable,
};
use std::net::SocketAddr;

fn check<P: Peer>(client: &str, version: Version, scenario: fn(SocketAddr, Version)) {
    assert!(P::speaks(version), "{client} does not speak {version:?}");
    if !unavailable(client, P::missing()) {
        let broker = Broker::start();
        scenario(broker.address(), version);
    }
}

/// One test a scenario, so that a failure says what does not work with whom.
macro_rules! tests {
    ($module:ident, $peer:ty, $version:expr, $($scenario:ident),*) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $scenario() {
                    check::<$peer>(stringify!($module), $version, scenario::$scenario::<$peer>);
                }
            )*
        }
    };
}

macro_rules! tests_before_5_0 {
    ($module:ident, $peer:ty, $version:expr) => {
        tests!(
            $module,
            $peer,
            $version,
            every_qos,
            retained,
            will,
            wildcards,
            persistent_session,
            large_payload
        );
    };
}

macro_rules! tests_of_5_0 {
    ($module:ident, $peer:ty) => {
        tests!(
            $module,
            $peer,
            Version::V5_0,
            every_qos,
            retained,
            will,
            wildcards,
            persistent_session,
            large_payload,
            properties
        );
    };
}

tests_before_5_0!(mosquitto_3_1, Mosquitto, Version::V3_1);
tests_before_5_0!(mosquitto_3_1_1, Mosquitto, Version::V3_1_1);
tests_of_5_0!(mosquitto_5_0, Mosquitto);
tests_before_5_0!(paho_3_1, Paho, Version::V3_1);
tests_before_5_0!(paho_3_1_1, Paho, Version::V3_1_1);
tests_of_5_0!(paho_5_0, Paho);
tests_before_5_0!(rumqttc_3_1_1, Rumqttc311, Version::V3_1_1);
tests_of_5_0!(rumqttc_5_0, Rumqttc50);

#[test]
fn rumqttc_5_0_and_paho_3_1() {
    check::<Paho>("paho", Version::V3_1, scenario::across_versions::<Rumqttc50, Paho>);
}

#[test]
fn rumqttc_5_0_and_3_1_1() {
    check::<Rumqttc311>("rumqttc", Version::V3_1_1, scenario::across_versions::<Rumqttc50, Rumqttc311>);
}
