//! The will of a client goes out (5.0 section 3.1.2.5).

use super::Broker;
use super::deliver::Publication;
use super::hold::Promise;
use super::publish::expiry;
use crate::message::MessageView;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::route::RouteHint;

impl Broker {
    /// Publishes the will of a session, if it has one, and removes it ([MQTT-3.1.2-8], [MQTT-3.1.2-10] of
    /// both). Its removal and its publication are one group.
    pub(super) fn publish_will(&mut self, now: Instant, index: SessionIndex) {
        let Some(will) = self.clients.session(index).and_then(|session| session.will.take()) else { return };
        self.clients.tell_will_published(index, &will.topic);
        self.clients.record_will(index);
        self.clients.recount_session(index);
        let publication = Publication {
            view: MessageView {
                topic: &will.topic,
                payload: &will.payload,
                properties: &will.properties,
                // Section 3.1.3.2.4 of 5.0: its life begins when it is published.
                expires_at: expiry(now, will.message_expiry_seconds),
            },
            qos: will.qos,
            // [MQTT-3.1.2-14], [MQTT-3.1.2-15] of 5.0; [MQTT-3.1.2-16], [MQTT-3.1.2-17] of 3.1.1
            retain: will.retain,
            wait: self.clients.wait_for_group(Promise::Forward),
            publisher: Some(index),
        };
        self.publish_message(now, &publication, RouteHint::default(), None);
    }

    /// The client takes its will back ([MQTT-3.1.2-10] of both, [MQTT-3.14.4-3] of 5.0).
    pub(super) fn remove_will(&mut self, index: SessionIndex) {
        let Some(session) = self.clients.session(index) else { return };
        if session.will.take().is_some() {
            self.clients.record_will(index);
            self.clients.recount_session(index);
        }
    }
}
