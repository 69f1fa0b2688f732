//! The will of a client goes out (5.0 section 3.1.2.5).

use super::Broker;
use super::deliver::Publication;
use super::hold::Promise;
use super::judge::{Judgement, changed};
use super::publish::expiry;
use crate::fault::Fault;
use crate::message::MessageView;
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::route::RouteHint;
use crate::will::forwarded;
use crate::wire::{Properties, Publish, QoS};

impl Broker {
    /// Publishes the will of a session, if it has one, and removes it ([MQTT-3.1.2-8], [MQTT-3.1.2-10] of
    /// both). Its removal and its publication are one group.
    pub(super) fn publish_will(&mut self, now: Instant, index: SessionIndex) {
        let Some(will) = self.clients.session(index).and_then(|session| session.will.take()) else { return };
        self.clients.record_will(index);
        self.clients.recount_session(index);
        let planted = self.config().planted();
        if planted.is(Fault::WillUnpublished) {
            return;
        }
        let lost = planted.is(Fault::WillPropertiesLost);
        let publish = Publish {
            duplicate: false,
            qos: if planted.is(Fault::WillQoSLost) { QoS::AtMostOnce } else { will.qos },
            // [MQTT-3.1.2-14], [MQTT-3.1.2-15] of 5.0; [MQTT-3.1.2-16], [MQTT-3.1.2-17] of 3.1.1
            retain: will.retain && !planted.is(Fault::WillNotRetained)
                || planted.is(Fault::WillAlwaysRetained),
            topic: &will.topic,
            packet_identifier: None,
            properties: Properties::from_validated(if lost { &[] } else { &will.properties }),
            payload: &will.payload,
        };
        let Judgement::Take(change) = self.judge_by_hooks(None, index, &publish) else { return };
        let publish = changed(&publish, change.as_deref());
        let changed_properties = change.as_ref().is_some_and(|change| change.properties.is_some());
        let expiry_seconds = if changed_properties {
            publish.properties.message_expiry_interval()
        } else {
            will.message_expiry_seconds
        };
        let properties = planted.with_expiry(forwarded(publish.properties), expiry_seconds);
        let only = self.clients.sessions_of(change.as_deref());
        self.clients.tell_will_published(index, publish.topic);
        let publication = Publication {
            view: MessageView {
                topic: publish.topic,
                payload: publish.payload,
                properties: properties.as_properties().as_bytes(),
                // Section 3.1.3.2.4 of 5.0: its life begins when it is published.
                expires_at: expiry(now, expiry_seconds),
            },
            qos: publish.qos,
            retain: publish.retain,
            wait: self.clients.wait_for_group(Promise::Forward),
            publisher: Some(index),
            only: only.as_deref(),
            plain: None,
        };
        self.publish_message(now, &publication, RouteHint::default(), None);
    }

    /// The client takes its will back ([MQTT-3.1.2-10] of both, [MQTT-3.14.4-3] of 5.0).
    pub(super) fn remove_will(&mut self, index: SessionIndex) {
        let Some(session) = self.clients.session(index) else { return };
        if session.will.take().is_some() {
            if !self.config().planted().is(Fault::CancelledWillReturns) {
                self.clients.record_will(index);
            }
            self.clients.recount_session(index);
        }
    }
}
