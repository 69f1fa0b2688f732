//! PUBLISH from a client (section 3.3 of 3.1.1 and 5.0).

use core::num::NonZeroU16;

use super::Broker;
use super::deliver::{Delivered, Publication};
use super::direct;
use super::hold::Promise;
use super::judge::{Judgement, changed};
use super::plain::PlainPublish;
use super::receive::{Flow, Handled};
use crate::connection::ConnectionIndex;
use crate::connection::capabilities::Capabilities;
use crate::fault::Fault;
use crate::hooks::Change;
use crate::id::Position;
use crate::message::MessageView;
use crate::record::{Record, Row};
use crate::rules::{Action, Decision, Rules};
use crate::time::Instant;
use crate::topic::route::RouteHint;
use crate::violation::Violation;
use crate::will::forwarded;
use crate::wire::{Acknowledgement, Packet, Properties, PropertiesBuffer, Publish, QoS, ReasonCode};

impl Broker {
    pub(super) fn publish(&mut self, now: Instant, index: ConnectionIndex, publish: &Publish<'_>) -> Handled {
        self.check_properties(publish.properties)?;
        check_capabilities(self.clients.promised(index).capabilities, publish.qos, publish.retain)?;
        if let Some(alias) = publish.properties.topic_alias() {
            return self.publish_aliased(now, index, publish, alias);
        }
        self.publish_to(now, index, publish)
    }

    /// Replaces a Topic Alias by the topic that it stands for.
    fn publish_aliased(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        publish: &Publish<'_>,
        alias: u16,
    ) -> Handled {
        // [MQTT-3.3.2-8], [MQTT-3.3.2-9] of 5.0
        if alias == 0 || alias > self.clients.promised(index).topic_alias_maximum {
            return Err(Violation::TopicAliasInvalid);
        }
        if !publish.topic.is_empty() {
            self.check_topic(publish.topic)?;
            let kept = self.config().planted().is(Fault::TopicAliasNotReplaced);
            if let Some(connection) = self.clients.connection(index)
                && !(kept && connection.work().aliases.get(alias).is_some())
            {
                connection.work().aliases.set(alias, publish.topic);
            }
            if self.config().planted().is(Fault::TopicAliasKept) {
                self.clients.keep_alias(index, alias, publish.topic);
            }
            return self.publish_to(now, index, publish);
        }
        let known = |of: ConnectionIndex| self.clients.connections.get(of)?.work.as_ref()?.aliases.get(alias);
        let of_others = || {
            let everywhere = self.config().planted().is(Fault::TopicAliasOutlivesConnection);
            self.clients.connections.iter().filter(|_| everywhere).find_map(|(of, _)| known(of))
        };
        let kept = || self.clients.kept_alias(index, alias);
        let topic = known(index).or_else(of_others).or_else(kept).ok_or(Violation::TopicAliasUnknown)?;
        let topic: alloc::boxed::Box<str> = topic.into();
        self.publish_to(now, index, &Publish { topic: &topic, ..*publish })
    }

    fn publish_to(&mut self, now: Instant, index: ConnectionIndex, publish: &Publish<'_>) -> Handled {
        self.check_topic(publish.topic)?;
        match (publish.qos, publish.packet_identifier) {
            (QoS::AtLeastOnce, Some(identifier)) => {
                self.publish_at_least_once(now, index, publish, identifier, None)
            }
            (QoS::ExactlyOnce, Some(identifier)) => {
                self.publish_exactly_once(now, index, publish, identifier, None)
            }
            _ => {
                match self.judge(now, index, publish) {
                    Judgement::Wait => return Ok(Flow::Wait),
                    Judgement::Take(change) => {
                        if self.take(now, index, publish, change.as_deref(), Position::NONE, None).unfinished
                        {
                            self.clients.wait_for_fan_out(index, None);
                        }
                    }
                    // [MQTT-3.3.5-2] of 3.1.1, section 3.3.5 of 5.0: nobody is told.
                    Judgement::Refuse(..) | Judgement::Drop => {}
                }
                Ok(Flow::Continue)
            }
        }
    }

    pub(super) fn publish_at_least_once(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        publish: &Publish<'_>,
        packet_identifier: NonZeroU16,
        plain: Option<&PlainPublish<'_>>,
    ) -> Handled {
        self.check_receive_maximum(index)?;
        let unexplained = PropertiesBuffer::new();
        let (reason, words) = match self.judge(now, index, publish) {
            Judgement::Wait => return Ok(Flow::Wait),
            Judgement::Refuse(reason, words) => (reason, words),
            Judgement::Drop => (ReasonCode::Success, unexplained),
            Judgement::Take(change) => {
                let delivered = self.take(now, index, publish, change.as_deref(), Position::NONE, plain);
                if delivered.unfinished {
                    self.count_unacknowledged(index);
                    self.clients.wait_for_fan_out(index, Some(packet_identifier));
                    return Ok(Flow::Continue);
                }
                (reason_for(delivered.receivers), unexplained)
            }
        };
        let acknowledgement = self.acknowledgement(index, packet_identifier, reason, &words)?;
        let wait = self.clients.wait_for_group(Promise::Puback);
        self.count_unacknowledged(index);
        // [MQTT-4.3.2-4] of 5.0, [MQTT-4.3.2-2] of 3.1.1
        self.clients.reply_last(index, wait, &Packet::Puback(acknowledgement))?;
        Ok(Flow::Continue)
    }

    pub(super) fn publish_exactly_once(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        publish: &Publish<'_>,
        packet_identifier: NonZeroU16,
        plain: Option<&PlainPublish<'_>>,
    ) -> Handled {
        let Some((session_index, session)) = self.clients.session_of(index) else {
            return Ok(Flow::Continue);
        };
        let known = session.incoming.as_ref().is_some_and(|incoming| incoming.contains(packet_identifier));
        if known && !self.config().planted().is(Fault::TakenTwice) {
            return self.publish_again(index, packet_identifier);
        }
        self.check_receive_maximum(index)?;
        let judgement = self.judge(now, index, publish);
        if judgement == Judgement::Wait {
            return Ok(Flow::Wait);
        }
        self.count_unacknowledged(index);
        if let Judgement::Refuse(reason, words) = &judgement {
            // [MQTT-4.3.3-9] of 5.0: nothing is stored, the next PUBLISH is a new message.
            let acknowledgement = self.acknowledgement(index, packet_identifier, *reason, words)?;
            self.clients.reply_last(index, Position::NONE, &Packet::Pubrec(acknowledgement))?;
            return Ok(Flow::Continue);
        }
        let Some((_, session)) = self.clients.session_of(index) else { return Ok(Flow::Continue) };
        session.incoming().insert(packet_identifier, true);
        let number = session.record;
        self.clients.recount_session(session_index);
        let mut wait = Position::NONE;
        if self.clients.is_recorded(session_index) {
            let row = Row::Incoming { session: number, packet_identifier: packet_identifier.get() };
            self.clients.record(session_index, Record::Put(row));
            wait = self.clients.wait_for_group(Promise::Forward);
            if self.config().planted().is(Fault::GroupCut) {
                self.clients.commit();
            }
        }
        // Method B: the message goes on now, and never again for this identifier ([MQTT-4.3.3-2] of 3.1.1).
        let mut reason = ReasonCode::Success;
        if let Judgement::Take(change) = judgement {
            let delivered = self.take(now, index, publish, change.as_deref(), wait, plain);
            if delivered.unfinished {
                self.clients.wait_for_fan_out(index, Some(packet_identifier));
                return Ok(Flow::Continue);
            }
            reason = reason_for(delivered.receivers);
        }
        let acknowledgement = Acknowledgement { packet_identifier, reason, properties: Properties::EMPTY };
        let wait = self.clients.wait_for_group(Promise::Pubrec);
        self.clients.reply(index, wait, &Packet::Pubrec(acknowledgement))?;
        Ok(Flow::Continue)
    }

    /// The same packet identifier before PUBREL: the same message ([MQTT-4.3.3-10] of 5.0). It counts against
    /// the Receive Maximum once.
    fn publish_again(&mut self, index: ConnectionIndex, packet_identifier: NonZeroU16) -> Handled {
        let Some((session_index, session)) = self.clients.session_of(index) else {
            return Ok(Flow::Continue);
        };
        if session.incoming().insert(packet_identifier, true) {
            self.count_unacknowledged(index);
        }
        let wait = self.clients.wait_for_session(Promise::RepeatedAnswer, session_index);
        let reason = ReasonCode::Success;
        let acknowledgement = Acknowledgement { packet_identifier, reason, properties: Properties::EMPTY };
        if self.config().planted().is(Fault::RepeatedPubrecUnheld) {
            self.clients.reply_at_once(index, &Packet::Pubrec(acknowledgement))?;
            return Ok(Flow::Continue);
        }
        self.clients.reply(index, wait, &Packet::Pubrec(acknowledgement))?;
        Ok(Flow::Continue)
    }

    /// A message that was accepted: retained if it asks for it, delivered to whoever subscribes. How many do.
    fn take(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        publish: &Publish<'_>,
        change: Option<&Change>,
        wait: Position,
        plain: Option<&PlainPublish<'_>>,
    ) -> Delivered {
        let mut publish = changed(publish, change);
        let planted = self.config().planted();
        if publish.payload.is_empty() && planted.is(Fault::EmptyPayloadDropped) {
            return Delivered::default();
        }
        let topic = planted.named(publish.topic);
        publish.topic = &topic;
        let damaged = planted.damaged(publish.properties);
        publish.properties = damaged.as_ref().map_or(publish.properties, PropertiesBuffer::as_properties);
        let only = self.clients.sessions_of(change);
        let buffer;
        let (properties, expires_at) = if needs_forwarding(publish.properties) {
            let seconds = publish.properties.message_expiry_interval();
            buffer = planted.with_expiry(forwarded(publish.properties), seconds);
            // [MQTT-3.3.2-5] of 5.0: the interval starts when the message arrives.
            (PropertiesBuffer::as_properties(&buffer), expiry(now, seconds))
        } else {
            (publish.properties, Instant::FAR_FUTURE)
        };
        let Some(connection) = self.clients.connections.get(index) else { return Delivered::default() };
        let hint = connection.route;
        let publication = Publication {
            view: MessageView {
                topic: publish.topic,
                payload: publish.payload,
                properties: properties.as_bytes(),
                expires_at,
            },
            qos: publish.qos,
            retain: publish.retain,
            wait,
            publisher: connection.session(),
            only: only.as_deref(),
            plain: plain.filter(|_| change.is_none()),
        };
        self.publish_message(now, &publication, hint, Some(index))
    }

    /// Retains and delivers; remembers the route for the publisher.
    pub(super) fn publish_message(
        &mut self,
        now: Instant,
        publication: &Publication<'_>,
        hint: RouteHint,
        publisher: Option<ConnectionIndex>,
    ) -> Delivered {
        if let Some(client_identifier) = direct::recipient(publication.view.topic) {
            return self.deliver_direct(now, publication, client_identifier);
        }
        // A command, or a will from before, may ask for more than clients may.
        let qos = self.config().policy.maximum_qos;
        let lowered;
        let publication = if publication.qos > qos {
            lowered = Publication { qos, ..*publication };
            &lowered
        } else {
            publication
        };
        self.clients.frames.clear();
        let retain = publication.retain || self.config().planted().is(Fault::EverythingRetained);
        let stored = if retain { self.clients.retain(publication) } else { None };
        let delivered = self.deliver(now, publication, hint, stored);
        if let Some(connection) = publisher.and_then(|index| self.clients.connection(index)) {
            connection.route = delivered.route;
        }
        delivered
    }

    /// What the rules, or the answer that the embedder gave, say about publishing to a topic.
    pub(super) fn may_publish(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        publish: &Publish<'_>,
    ) -> Decision {
        let topic = publish.topic;
        let action = if topic.starts_with('$') {
            special_action(topic, publish.retain)
        } else {
            Some(Action::Publish)
        };
        let Some(action) = action else { return Decision::Deny };
        let rules = self.clients.connections.get(index).and_then(|connection| connection.rules.as_ref());
        let decision = match rules {
            None if action == Action::Publish => Decision::Allow,
            None => Rules::ALLOW_ALL.decide(action, topic),
            Some(rules) => rules.decide(action, topic),
        };
        match decision {
            Decision::Deny if self.config().planted().is(Fault::RulesIgnored) => Decision::Allow,
            Decision::Ask => self.authorize_publish(now, index, action, topic),
            decision => decision,
        }
    }

    /// PUBACK or PUBREC for this client. A refusal for quota is never acknowledged before 5.0, where the
    /// client would take it for success: it closes.
    fn acknowledgement<'p>(
        &self,
        index: ConnectionIndex,
        packet_identifier: NonZeroU16,
        reason: ReasonCode,
        words: &'p PropertiesBuffer,
    ) -> Result<Acknowledgement<'p>, Violation> {
        let version = self.clients.connections.get(index).map(|connection| connection.version);
        if reason == ReasonCode::QuotaExceeded && version.is_some_and(|version| !version.has_properties()) {
            let exhausted = self.clients.refuses_work();
            return Err(if exhausted {
                Violation::MemoryExhausted
            } else {
                Violation::RetainedQuotaExceeded
            });
        }
        Ok(Acknowledgement { packet_identifier, reason, properties: words.as_properties() })
    }

    /// [MQTT-3.3.4-7], [MQTT-3.3.4-8] of 5.0
    fn check_receive_maximum(&self, index: ConnectionIndex) -> Result<(), Violation> {
        let exceeded = self.clients.connections.get(index).is_some_and(|connection| {
            connection.version.enforces_receive_maximum()
                && connection.unacknowledged >= self.clients.promised(index).receive_maximum
        });
        if exceeded { Err(Violation::ReceiveMaximumExceeded) } else { Ok(()) }
    }

    fn count_unacknowledged(&mut self, index: ConnectionIndex) {
        if let Some(connection) = self.clients.connection(index) {
            connection.unacknowledged = connection.unacknowledged.saturating_add(1);
        }
    }
}

/// Whether a message, or a will, asks for no more than what CONNACK announced ([MQTT-3.2.2-11],
/// [MQTT-3.2.2-14] of 5.0).
pub(super) fn check_capabilities(
    capabilities: Capabilities,
    qos: QoS,
    retain: bool,
) -> Result<(), Violation> {
    if !capabilities.allows_qos(qos) {
        return Err(Violation::QoSNotSupported);
    }
    if retain && !capabilities.allows_retain() {
        return Err(Violation::RetainNotSupported);
    }
    Ok(())
}

/// What publishing to a topic needs the right to; `None` where nobody has it.
pub(super) fn special_action(topic: &str, retain: bool) -> Option<Action> {
    match direct::recipient(topic) {
        // It is for one session, so nobody could be given it later.
        Some(_) => (!retain).then_some(Action::PublishDirect),
        // Section 4.7.2: what begins with `$SYS/` is the server's.
        None => (!topic.starts_with("$SYS/")).then_some(Action::Publish),
    }
}

/// Whether some properties must not, or not as they are, be forwarded.
fn needs_forwarding(properties: Properties<'_>) -> bool {
    !properties.is_empty()
        && (properties.topic_alias().is_some() || properties.message_expiry_interval().is_some())
}

/// When a message that came at `now` expires.
pub(super) fn expiry(now: Instant, seconds: Option<u32>) -> Instant {
    seconds.map_or(Instant::FAR_FUTURE, |seconds| now.after_seconds(seconds.into()))
}

/// What PUBACK and PUBREC say of an accepted message.
pub(super) fn reason_for(receivers: usize) -> ReasonCode {
    if receivers == 0 { ReasonCode::NoMatchingSubscribers } else { ReasonCode::Success }
}
