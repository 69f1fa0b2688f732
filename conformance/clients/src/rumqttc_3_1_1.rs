//! rumqttc speaking MQTT 3.1.1.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::{Client, Connection, Event, LastWill, MqttOptions, Outgoing, Packet, Publish, QoS};
use rumqttc::{SubscribeReasonCode, qos};

use crate::peer::{Delivery, Message, PATIENCE, Peer, Properties, Settings, Version};

/// Larger than any packet here; its own default of 10 KiB is not.
const PACKET_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A client of the crate rumqttc, its 3.1.1 half.
pub struct Rumqttc311 {
    client: Client,
    connection: Connection,
    received: VecDeque<Publish>,
}

impl Peer for Rumqttc311 {
    fn connect(broker: SocketAddr, settings: &Settings) -> Self {
        let host = broker.ip().to_string();
        let mut options = MqttOptions::new(&settings.client_identifier, host, broker.port());
        options.set_clean_session(!settings.keep_session).set_keep_alive(Duration::from_secs(60));
        options.set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX);
        if let Some(will) = &settings.will {
            options.set_last_will(LastWill::new(
                &will.topic,
                will.payload.clone(),
                level(will.qos),
                will.retain,
            ));
        }
        let (client, connection) = Client::new(options, 16);
        let mut this = Self { client, connection, received: VecDeque::new() };
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
        let payload = message.payload.clone();
        self.client.publish(&message.topic, level(message.qos), message.retain, payload).expect("publish");
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
            topic: publish.topic,
            payload: publish.payload.to_vec(),
            qos: publish.qos as u8,
            retain: publish.retain,
            properties: Properties::default(),
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
        version == Version::V3_1_1
    }
}

impl Rumqttc311 {
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
        if let Event::Incoming(Packet::Publish(publish)) = event {
            self.received.push_back(publish.clone());
        }
    }
}

fn level(number: u8) -> QoS {
    qos(number).expect("a QoS")
}
