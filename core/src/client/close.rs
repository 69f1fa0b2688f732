//! The end of a connection, by whichever side.

use crate::client::authentication::Exchange;
use crate::client::publication::check_properties;
use crate::client::receive::Handled;
use crate::client::state::{Phase, State};
use crate::client::{CloseReason, Event, RequestError};
use crate::wire::{Disconnect, Packet, PacketType, Properties, PropertyContext, ReasonCode, Sender};

impl State {
    /// Sends DISCONNECT as the caller wishes.
    pub(super) fn disconnect(
        &mut self,
        reason: ReasonCode,
        properties: Properties<'_>,
    ) -> Result<(), RequestError> {
        if self.phase == Phase::Idle {
            return Err(RequestError::NotConnected);
        }
        let version = self.version();
        let plain = reason == ReasonCode::Success;
        let may = reason.allowed_in(PacketType::Disconnect, Sender::Client);
        if !may || (!plain && !version.has_properties()) {
            return Err(RequestError::ReasonNotAllowed);
        }
        check_properties(properties, version, PropertyContext::Disconnect(Sender::Client))?;
        if let Some(seconds) = properties.session_expiry_interval() {
            self.session_is_kept = seconds > 0;
        }
        self.send(&Packet::Disconnect(Disconnect { reason, properties }))?;
        self.events.push_back(Event::Closed(CloseReason::Disconnected));
        self.close();
        Ok(())
    }

    /// The server broke a rule: says so, where the version can (5.0 section 4.13.1), and gives up.
    pub(super) fn break_off<'a>(&mut self, why: CloseReason<'a>) -> Event<'a> {
        let reason = match why {
            CloseReason::Violation(violation) => violation.reason(),
            _ => ReasonCode::ProtocolError,
        };
        let may = reason.allowed_in(PacketType::Disconnect, Sender::Client);
        let reason = if may { reason } else { ReasonCode::ProtocolError };
        if self.is_connected() && self.version().has_properties() {
            self.send_small(&Packet::Disconnect(Disconnect { reason, properties: Properties::EMPTY }));
        }
        self.close();
        Event::Closed(why)
    }

    /// There is no connection any more. What `transmit` has is still to be written.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Idle;
        self.keep_alive.stop();
        self.exchange = Exchange::None;
        self.forget_connection();
    }

    pub(super) fn handle_disconnect<'a>(
        &mut self,
        packet: Disconnect<'a>,
    ) -> Result<Handled<'a>, CloseReason<'a>> {
        self.close();
        let Disconnect { reason, properties } = packet;
        Ok(Handled::Event(Event::Closed(CloseReason::Server { reason, properties })))
    }
}
