//! SUBSCRIBE (sections 3.8 and 3.9 of 3.1.1 and 5.0).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use super::Broker;
use super::hold::Promise;
use super::receive::{Flow, Handled};
use super::replay::wants_retained;
use crate::connection::ConnectionIndex;
use crate::connection::capabilities::Capabilities;
use crate::fault::Fault;
use crate::rules::{Action, Decision};
use crate::session::SessionIndex;
use crate::time::Instant;
use crate::topic::filter;
use crate::topic::tree::Subscription;
use crate::violation::Violation;
use crate::wire::{Packet, ReasonCode, Suback, Subscribe, SubscriptionOptions, text};

/// What a filter of a SUBSCRIBE came to.
struct Outcome<'f> {
    reason: u8,
    /// Why it was refused, if not by a hook, which has no words for it.
    refusal: Option<ReasonCode>,
    /// The subscription, if its retained messages are to be sent.
    replay: Option<(Cow<'f, str>, Subscription)>,
}

impl Broker {
    pub(super) fn subscribe(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        subscribe: &Subscribe<'_>,
    ) -> Handled {
        self.check_properties(subscribe.properties)?;
        let maximum = usize::from(self.config().limits.filters_per_packet);
        if subscribe.filters.iter().nth(maximum).is_some() {
            return Err(Violation::TooManyFilters);
        }
        for (filter, options) in subscribe.filters.iter() {
            self.check_filter(filter)?;
            self.check_shared(index, filter, options)?;
        }
        self.check_announced(index, subscribe)?;
        let filters = || subscribe.filters.iter().map(|(filter, _)| filter);
        let Some(allowed) = self.may_subscribe(now, index, filters) else { return Ok(Flow::Wait) };
        let Some((session, _)) = self.clients.session_of(index) else { return Ok(Flow::Continue) };
        let identifier = subscribe.properties.subscription_identifier().and_then(NonZeroU32::new);
        let outcomes: Vec<Outcome<'_>> = subscribe
            .filters
            .iter()
            .zip(allowed)
            .map(|((filter, options), allowed)| {
                self.subscribe_one(index, session, filter, Subscription { options, identifier }, allowed)
            })
            .collect();
        let planted = self.config().planted();
        let mut reasons: Vec<u8> = outcomes.iter().map(|outcome| outcome.reason).collect();
        if planted.is(Fault::SubackReversed) {
            reasons.reverse();
        }
        if planted.is(Fault::GrantsQoS0) {
            reasons.iter_mut().filter(|reason| **reason < 0x80).for_each(|reason| *reason = 0);
        }
        let refusal = outcomes.iter().find_map(|outcome| outcome.refusal);
        let words = self.clients.why_not_subscribed(index, refusal);
        let suback = Suback {
            packet_identifier: subscribe.packet_identifier,
            properties: words.as_properties(),
            reasons: &reasons,
        };
        let wait = self.clients.wait_for_group(Promise::Suback);
        // [MQTT-3.8.4-1], [MQTT-3.8.4-6] of 5.0: one SUBACK with one code for each filter.
        self.clients.reply(index, wait, &Packet::Suback(suback))?;
        for (filter, subscription) in outcomes.into_iter().filter_map(|outcome| outcome.replay) {
            let shared = planted.is(Fault::SharedGetsRetained);
            let filter = if shared { filter::without_share_name(&filter) } else { &filter };
            self.clients.begin_replay(session, filter, subscription);
        }
        self.clients.send(now, index);
        Ok(Flow::Continue)
    }

    /// A client that was told in CONNACK what there is not, and asks for it (5.0 sections 3.2.2.3.11,
    /// 3.2.2.3.12).
    fn check_announced(&self, index: ConnectionIndex, subscribe: &Subscribe<'_>) -> Result<(), Violation> {
        let Some(connection) = self.clients.connections.get(index) else { return Ok(()) };
        let (capabilities, told) =
            (self.clients.promised(index).capabilities, connection.version.has_properties());
        let wildcard = || subscribe.filters.iter().any(|(filter, _)| text::has_wildcard(filter));
        if told && !capabilities.allows_wildcards() && wildcard() {
            return Err(Violation::WildcardsNotSupported);
        }
        let identifier = subscribe.properties.subscription_identifier();
        if identifier.is_some() && !capabilities.allows_subscription_identifiers() {
            return Err(Violation::SubscriptionIdentifiersNotSupported);
        }
        Ok(())
    }

    fn subscribe_one<'f>(
        &mut self,
        index: ConnectionIndex,
        session: SessionIndex,
        filter: &'f str,
        subscription: Subscription,
        allowed: bool,
    ) -> Outcome<'f> {
        let capabilities = self.clients.promised(index).capabilities;
        let refusal = self.refusal(capabilities, session, filter, allowed);
        let hooked = match refusal {
            None => self.hooked_subscribe(index, session, filter, subscription),
            Some(reason) => Err(reason),
        };
        match hooked {
            Err(reason) => {
                let reason = self.suback_code(index, reason, subscription.options);
                Outcome { reason, refusal, replay: None }
            }
            Ok((filter, subscription)) => {
                let replay = self.put_subscription(session, &filter, subscription);
                let reason = subscription.options.qos.bits();
                Outcome { reason, refusal, replay: replay.then_some((filter, subscription)) }
            }
        }
    }

    /// Makes a subscription, or replaces the one with the same filter. Whether its retained messages are to be
    /// sent.
    pub(super) fn put_subscription(
        &mut self,
        session: SessionIndex,
        filter: &str,
        subscription: Subscription,
    ) -> bool {
        let shared = filter::is_shared(filter);
        let planted = self.config().planted();
        if planted.is(Fault::SubscriptionNotReplaced) && self.tree.get(session, filter).is_some() {
            return false;
        }
        let Some(found) = self.clients.session(session) else { return false };
        // [MQTT-3.8.4-3] of both: the same filter replaces the subscription, and no message is lost.
        let old = self.tree.insert(&mut found.subscriptions, session, filter, subscription);
        if shared && found.connection().is_none() {
            self.tree.set_connected(&found.subscriptions, false);
        }
        self.routes.changed(filter);
        self.clients.record_subscription(session, filter, Some(subscription));
        self.clients.tell_subscribed(session, filter, subscription);
        // Section 3.8.4 of 5.0: a shared subscription gets none.
        let is_new = old.is_none() || planted.is(Fault::RetainHandlingNeverNew);
        let wanted = wants_retained(&subscription, is_new) || planted.is(Fault::RetainHandlingIgnored);
        wanted && (!shared || planted.is(Fault::SharedGetsRetained))
    }

    /// What is offered to those who connect now.
    pub(super) fn capabilities(&self) -> Capabilities {
        Capabilities::new(&self.config().policy)
    }

    /// Why a filter that is well formed is refused all the same.
    pub(super) fn refusal(
        &self,
        capabilities: Capabilities,
        session: SessionIndex,
        filter: &str,
        allowed: bool,
    ) -> Option<ReasonCode> {
        // A client before 5.0 was not told: it may have others.
        if !capabilities.allows_wildcards() && text::has_wildcard(filter) {
            return Some(ReasonCode::WildcardSubscriptionsNotSupported);
        }
        match filter::parse_shared(filter) {
            Err(violation) => return Some(violation.reason()),
            Ok(Some(_)) if !capabilities.allows_shared_subscriptions() => {
                return Some(ReasonCode::SharedSubscriptionsNotSupported);
            }
            Ok(_) => {}
        }
        if !allowed && !self.config().planted().is(Fault::RulesIgnored) {
            return Some(ReasonCode::NotAuthorized);
        }
        if self.clients.refuses_work() {
            return Some(ReasonCode::QuotaExceeded);
        }
        let maximum = self.config().limits.subscriptions_per_session;
        let found = self.clients.sessions.get(session)?;
        let full = found.subscriptions.len() >= maximum && self.tree.get(session, filter).is_none();
        full.then_some(ReasonCode::QuotaExceeded)
    }

    /// How SUBACK of this client's version says that a filter was refused: 5.0 with the reason, 3.1.1 with
    /// 0x80, 3.1 not at all.
    fn suback_code(&self, index: ConnectionIndex, reason: ReasonCode, options: SubscriptionOptions) -> u8 {
        match self.clients.connections.get(index).map(|connection| connection.version) {
            Some(version) if version.has_properties() => reason.byte(),
            Some(version) if !version.suback_reports_failure() => options.qos.bits(),
            _ => ReasonCode::UnspecifiedError.byte(),
        }
    }

    /// For each filter whether the rules, or the answer that the embedder gave, allow it. `None`: it was asked
    /// just now.
    fn may_subscribe<'f, I: Iterator<Item = &'f str>>(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        filters: impl Fn() -> I,
    ) -> Option<Vec<bool>> {
        let rules = self.clients.connections.get(index).and_then(|connection| connection.rules.clone());
        // Rules are about topics: who may not subscribe to a filter may not share it either.
        let filters = || filters().map(filter::without_share_name);
        let decide =
            |filter| rules.as_ref().map_or(Decision::Allow, |of| of.decide(Action::Subscribe, filter));
        let decisions: Vec<Decision> = filters().map(decide).collect();
        if !decisions.contains(&Decision::Ask) {
            return Some(decisions.iter().map(|decision| *decision == Decision::Allow).collect());
        }
        let topics = || filters().map(String::from).collect();
        let answers = self.authorize(now, index, Action::Subscribe, topics)?;
        let answer = |at: usize| answers.get(at).copied().unwrap_or(false);
        let allowed = |(at, decision): (usize, &Decision)| match decision {
            Decision::Allow => true,
            Decision::Deny => false,
            Decision::Ask => answer(at),
        };
        Some(decisions.iter().enumerate().map(allowed).collect())
    }

    /// The rules of a shared subscription for clients that know them; for others `$share/` is a filter like
    /// any other, so that an ill-formed one is only refused (`docs/decisions.md` D14).
    fn check_shared(
        &self,
        index: ConnectionIndex,
        filter: &str,
        options: SubscriptionOptions,
    ) -> Result<(), Violation> {
        let Some(connection) = self.clients.connections.get(index) else { return Ok(()) };
        if !filter.starts_with("$share/") || !connection.version.has_shared_subscriptions() {
            return Ok(());
        }
        // [MQTT-4.8.2-1], [MQTT-4.8.2-2] of 5.0
        filter::parse_shared(filter)?;
        // Section 3.2.2.3.13 of 5.0
        if !self.clients.promised(index).capabilities.allows_shared_subscriptions() {
            return Err(Violation::SharedSubscriptionsNotSupported);
        }
        // [MQTT-3.8.3-4] of 5.0
        if options.no_local { Err(Violation::SharedSubscriptionNoLocal) } else { Ok(()) }
    }

    /// The limits of a Topic Filter.
    pub(super) fn check_filter(&self, filter: &str) -> Result<(), Violation> {
        let limits = &self.config().limits;
        if filter.len() > usize::from(limits.topic_bytes) {
            return Err(Violation::FilterTooLong);
        }
        if filter.bytes().filter(|byte| *byte == b'/').count() >= usize::from(limits.topic_levels) {
            return Err(Violation::FilterTooManyLevels);
        }
        self.check_text(filter)
    }
}
