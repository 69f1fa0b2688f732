//! rumqttc speaking MQTT 5.0.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet, Publish, PublishProperties, SubscribeReasonCode};
use rumqttc::v5::mqttbytes::{QoS, qos};
use rumqttc::v5::{Client, Connection, Event, MqttOptions};

use crate::peer::{Delivery, Message, PATIENCE, Peer, Properties, Settings, Version};

/// How long a session is kept, where it is to be kept.
const SESSION_EXPIRY_SECONDS: u32 = 300;

/// A client of the crate rumqttc, its 5.0 half.
pub struct Rumqttc50 {
    client: Client,
    connection: Connection,
    received: VecDeque<Publish>,
    /// Its events show a PUBLISH as it came: aliases are left to its user.
    topics: HashMap<u16, Publish>,
}

impl Peer for Rumqttc50 {
    fn connect(broker: SocketAddr, settings: &Settings) -> Self {
        let host = broker.ip().to_string();
        let mut options = MqttOptions::new(&settings.client_identifier, host, broker.port());
        options.set_clean_start(!settings.keep_session).set_keep_alive(Duration::from_secs(60));
        options.set_session_expiry_interval(settings.keep_session.then_some(SESSION_EXPIRY_SECONDS));
        options.set_topic_alias_max(Some(settings.topic_alias_maximum).filter(|&maximum| maximum > 0));
        options.set_max_packet_size(Some(4 * 1024 * 1024));
        if let Some(will) = &settings.will {
            let payload = will.payload.clone();
            options.set_last_will(LastWill::new(&will.topic, payload, level(will.qos), will.retain, None));
        }
        let (client, connection) = Client::new(options, 16);
        let mut this = Self { client, connection, received: VecDeque::new(), topics: HashMap::new() };
        this.wait_for("CONNACK", |event| matches!(event, Event::Incoming(Packet::ConnAck(_))));
        for (filter, qos) in &settings.subscriptions {
            let granted = [SubscribeReasonCode::Success(level(*qos))];
            this.client.subscribe(filter, level(*qos)).expect("subscribe");
            this.wait_for(
                "SUBACK with the QoS asked for",
                |event| matches!(event, Event::Incoming(Packet::SubAck(ack)) if ack.return_codes == granted),
            );
        }
        this
    }

    fn publish(&mut self, message: &Message) {
        let (payload, properties) = (message.payload.clone(), to_rumqttc(&message.properties));
        self.client
            .publish_with_properties(&message.topic, level(message.qos), message.retain, payload, properties)
            .expect("publish");
        self.wait_for("the end of a publication", |event| match message.qos {
            0 => matches!(event, Event::Outgoing(Outgoing::Publish(_))),
            1 => matches!(event, Event::Incoming(Packet::PubAck(_))),
            _ => matches!(event, Event::Incoming(Packet::PubComp(_))),
        });
    }

    fn receive(&mut self) -> Delivery {
        while self.received.is_empty() {
            self.wait_for("PUBLISH", |event| matches!(event, Event::Incoming(Packet::Publish(_))));
        }
        let publish = self.received.pop_front().expect("just looked");
        // QoS 1 is acknowledged with the next request that is polled.
        while let Ok(Ok(event)) = self.connection.recv_timeout(Duration::from_millis(10)) {
            self.keep(&event);
        }
        Message {
            topic: String::from_utf8(publish.topic.to_vec()).expect("a topic"),
            payload: publish.payload.to_vec(),
            qos: publish.qos as u8,
            retain: publish.retain,
            properties: publish.properties.map(from_rumqttc).unwrap_or_default(),
        }
    }

    fn kill(self) {
        // Dropping closes the socket; no DISCONNECT is sent.
    }

    fn leave(mut self) {
        self.client.disconnect().expect("disconnect");
        self.wait_for("DISCONNECT", |event| matches!(event, Event::Outgoing(Outgoing::Disconnect)));
        // The broker closes; that is an error to this client.
        while matches!(self.connection.recv_timeout(PATIENCE), Ok(Ok(_))) {}
    }

    fn speaks(version: Version) -> bool {
        version == Version::V5_0
    }
}

impl Rumqttc50 {
    fn wait_for(&mut self, wanted: &str, is_it: impl Fn(&Event) -> bool) {
        loop {
            let event = match self.connection.recv_timeout(PATIENCE) {
                Ok(Ok(event)) => event,
                other => panic!("waiting for {wanted}: {other:?}"),
            };
            self.keep(&event);
            if is_it(&event) {
                return;
            }
        }
    }

    fn keep(&mut self, event: &Event) {
        let Event::Incoming(Packet::Publish(publish)) = event else { return };
        let mut publish = publish.clone();
        if let Some(alias) = publish.properties.as_ref().and_then(|properties| properties.topic_alias) {
            if publish.topic.is_empty() {
                publish.topic = self.topics[&alias].topic.clone();
            } else {
                self.topics.insert(alias, publish.clone());
            }
        }
        self.received.push_back(publish);
    }
}

fn level(number: u8) -> QoS {
    qos(number).expect("a QoS")
}

fn to_rumqttc(properties: &Properties) -> PublishProperties {
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    PublishProperties {
        content_type: text(&properties.content_type),
        response_topic: text(&properties.response_topic),
        correlation_data: Some(properties.correlation_data.clone().into()).filter(|data: &_| !is_empty(data)),
        message_expiry_interval: properties.message_expiry_interval_seconds,
        topic_alias: properties.topic_alias,
        user_properties: properties.user.clone(),
        ..PublishProperties::default()
    }
}

fn is_empty(data: &impl AsRef<[u8]>) -> bool {
    data.as_ref().is_empty()
}

fn from_rumqttc(properties: PublishProperties) -> Properties {
    Properties {
        content_type: properties.content_type.unwrap_or_default(),
        response_topic: properties.response_topic.unwrap_or_default(),
        correlation_data: properties.correlation_data.map(|data| data.to_vec()).unwrap_or_default(),
        message_expiry_interval_seconds: properties.message_expiry_interval,
        topic_alias: properties.topic_alias,
        user: properties.user_properties,
    }
}
