//! Clients that other people wrote, against the real broker: `mosquitto_pub` and `mosquitto_sub`, Paho Python, Paho C,
//! mqtt.js, rumqttc.
//!
//! Each client is a [`Peer`]; each scenario is written once, for any of them. `tests/real_clients.rs` multiplies
//! the two. A broker is started for every test, on a free port of 127.0.0.1; see [`Broker::start`] for how to
//! test another one.

mod agent;
mod broker;
mod hexadecimal;
mod mosquitto;
mod mqtt_js;
mod paho;
mod paho_c;
mod peer;
mod process;
mod rumqttc_3_1_1;
mod rumqttc_5_0;
pub mod scenario;
mod skip;

pub use agent::{Agent, Library};
pub use broker::Broker;
pub use mosquitto::Mosquitto;
pub use mqtt_js::{MqttJs, MqttJsLibrary};
pub use paho::{Paho, PahoPython};
pub use paho_c::{PahoC, PahoCLibrary};
pub use peer::{Delivery, Message, PATIENCE, Peer, Properties, Settings, Version};
pub use rumqttc_3_1_1::Rumqttc311;
pub use rumqttc_5_0::Rumqttc50;
pub use skip::unavailable;
