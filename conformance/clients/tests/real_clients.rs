//! Every client, every scenario, every version that the client speaks.

use conformance_clients::{
    Broker, Mosquitto, MqttJs, Paho, PahoC, Peer, Rumqttc50, Rumqttc311, Version, scenario, unavailable,
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
            large_payload,
            shared_subscription
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
            shared_subscription,
            properties,
            message_expiry
        );
    };
}

tests_before_5_0!(mosquitto_3_1, Mosquitto, Version::V3_1);
tests_before_5_0!(mosquitto_3_1_1, Mosquitto, Version::V3_1_1);
tests_of_5_0!(mosquitto_5_0, Mosquitto);
tests_before_5_0!(paho_3_1, Paho, Version::V3_1);
tests_before_5_0!(paho_3_1_1, Paho, Version::V3_1_1);
tests_of_5_0!(paho_5_0, Paho);
tests_before_5_0!(paho_c_3_1, PahoC, Version::V3_1);
tests_before_5_0!(paho_c_3_1_1, PahoC, Version::V3_1_1);
tests_of_5_0!(paho_c_5_0, PahoC);
tests_before_5_0!(mqtt_js_3_1, MqttJs, Version::V3_1);
tests_before_5_0!(mqtt_js_3_1_1, MqttJs, Version::V3_1_1);
tests_of_5_0!(mqtt_js_5_0, MqttJs);
tests_before_5_0!(rumqttc_3_1_1, Rumqttc311, Version::V3_1_1);
tests_of_5_0!(rumqttc_5_0, Rumqttc50);
// mosquitto_pub is a process a message: no alias outlives it. mosquitto_sub does not offer to take any.
tests!(paho_aliases, Paho, Version::V5_0, topic_aliases, topic_aliases_of_the_broker);
tests!(paho_c_aliases, PahoC, Version::V5_0, topic_aliases, topic_aliases_of_the_broker);
tests!(mqtt_js_aliases, MqttJs, Version::V5_0, topic_aliases, topic_aliases_of_the_broker);
tests!(rumqttc_aliases, Rumqttc50, Version::V5_0, topic_aliases, topic_aliases_of_the_broker);

#[test]
fn rumqttc_5_0_and_paho_3_1() {
    check::<Paho>("paho", Version::V3_1, scenario::across_versions::<Rumqttc50, Paho>);
}

#[test]
fn rumqttc_5_0_and_3_1_1() {
    check::<Rumqttc311>("rumqttc", Version::V3_1_1, scenario::across_versions::<Rumqttc50, Rumqttc311>);
}
