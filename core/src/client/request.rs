//! SUBSCRIBE and UNSUBSCRIBE, and their answers (3.1.1 and 5.0 sections 3.8 to 3.11).

use core::num::NonZeroU16;

use crate::client::names::{FilterKind, filter_kind};
use crate::client::packet_identifier::Use;
use crate::client::publication::check_properties;
use crate::client::receive::Handled;
use crate::client::state::State;
use crate::client::{CloseReason, Event, RequestError, Ticket};
use crate::violation::Violation;
use crate::wire::{
    Packet, Properties, PropertyContext, RetainHandling, Suback, Subscribe, SubscribeFiltersBuffer,
    SubscriptionOptions, Unsuback, Unsubscribe, UnsubscribeFiltersBuffer,
};

impl State {
    pub(super) fn subscribe(
        &mut self,
        filters: &[(&str, SubscriptionOptions)],
        properties: Properties<'_>,
    ) -> Result<Ticket, RequestError> {
        self.may_request(filters.len())?;
        check_properties(properties, self.version(), PropertyContext::Subscribe)?;
        // 5.0 section 3.2.2.3.12
        if properties.subscription_identifier().is_some() && !self.server.subscription_identifier_available {
            return Err(RequestError::SubscriptionIdentifiersNotSupported);
        }
        let mut buffer = SubscribeFiltersBuffer::new();
        for (filter, options) in filters {
            self.check_filter(filter)?;
            self.check_options(filter, *options)?;
            buffer.push(filter, *options, self.version());
        }
        let ticket = self.next_ticket();
        self.request(ticket, Use::Suback(ticket), |packet_identifier| {
            Packet::Subscribe(Subscribe { packet_identifier, properties, filters: buffer.as_filters() })
        })
    }

    pub(super) fn unsubscribe(
        &mut self,
        filters: &[&str],
        properties: Properties<'_>,
    ) -> Result<Ticket, RequestError> {
        self.may_request(filters.len())?;
        check_properties(properties, self.version(), PropertyContext::Unsubscribe)?;
        let mut buffer = UnsubscribeFiltersBuffer::new();
        for filter in filters {
            filter_kind(filter).ok_or(RequestError::TopicFilterInvalid)?;
            buffer.push(filter);
        }
        let ticket = self.next_ticket();
        self.request(ticket, Use::Unsuback(ticket), |packet_identifier| {
            Packet::Unsubscribe(Unsubscribe { packet_identifier, properties, filters: buffer.as_filters() })
        })
    }

    fn may_request(&self, filters: usize) -> Result<(), RequestError> {
        if !self.is_connected() {
            return Err(RequestError::NotConnected);
        }
        // [MQTT-3.8.3-2] and [MQTT-3.10.3-2] of 5.0
        if filters == 0 {
            return Err(RequestError::NoFilters);
        }
        if self.requests.len() >= usize::from(self.options.limits.requests_maximum) {
            return Err(RequestError::TooManyRequests);
        }
        Ok(())
    }

    fn check_filter(&self, filter: &str) -> Result<(), RequestError> {
        let kind = filter_kind(filter).ok_or(RequestError::TopicFilterInvalid)?;
        let FilterKind { has_wildcard, is_shared } = kind;
        if has_wildcard && !self.server.wildcard_subscription_available {
            return Err(RequestError::WildcardSubscriptionsNotSupported);
        }
        if is_shared && !self.server.shared_subscription_available {
            return Err(RequestError::SharedSubscriptionsNotSupported);
        }
        Ok(())
    }

    fn check_options(&self, filter: &str, options: SubscriptionOptions) -> Result<(), RequestError> {
        let SubscriptionOptions { qos: _, no_local, retain_as_published, retain_handling } = options;
        let plain = !no_local && !retain_as_published && retain_handling == RetainHandling::SendAlways;
        if !plain && !self.version().has_subscription_options() {
            return Err(RequestError::SubscriptionOptionsNotSupported);
        }
        // [MQTT-3.8.3-4]
        if no_local && filter_kind(filter).is_some_and(|kind| kind.is_shared) {
            return Err(RequestError::PropertiesInvalid(Violation::SharedSubscriptionNoLocal));
        }
        Ok(())
    }

    fn request<'p>(
        &mut self,
        ticket: Ticket,
        answer: Use,
        packet: impl FnOnce(NonZeroU16) -> Packet<'p>,
    ) -> Result<Ticket, RequestError> {
        let identifier = self.identifiers.allocate(answer).ok_or(RequestError::TooManyRequests)?;
        if let Err(error) = self.send(&packet(identifier)) {
            self.identifiers.free(identifier);
            return Err(error);
        }
        self.requests.push_back((identifier, ticket));
        Ok(ticket)
    }

    pub(super) fn handle_suback<'a>(&mut self, suback: Suback<'a>) -> Result<Handled<'a>, CloseReason<'a>> {
        let Suback { packet_identifier, properties, reasons } = suback;
        match self.identifiers.get(packet_identifier) {
            None => Ok(Handled::Nothing),
            Some(Use::Suback(ticket)) => {
                self.answered(packet_identifier);
                Ok(Handled::Event(Event::Subscribed { ticket, reasons, properties }))
            }
            Some(_) => Err(CloseReason::Violation(Violation::AcknowledgementOfWrongKind)),
        }
    }

    pub(super) fn handle_unsuback<'a>(
        &mut self,
        unsuback: Unsuback<'a>,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        let Unsuback { packet_identifier, properties, reasons } = unsuback;
        match self.identifiers.get(packet_identifier) {
            None => Ok(Handled::Nothing),
            Some(Use::Unsuback(ticket)) => {
                self.answered(packet_identifier);
                Ok(Handled::Event(Event::Unsubscribed { ticket, reasons, properties }))
            }
            Some(_) => Err(CloseReason::Violation(Violation::AcknowledgementOfWrongKind)),
        }
    }

    fn answered(&mut self, identifier: NonZeroU16) {
        self.identifiers.free(identifier);
        self.requests.retain(|(waiting, _)| *waiting != identifier);
        self.pump();
    }
}
