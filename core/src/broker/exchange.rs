//! Enhanced authentication (5.0 section 4.12): AUTH goes to and fro until the embedder has seen enough, before
//! CONNACK and, if the client wants to be authenticated anew, at any time after it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Broker;
use super::admit::verdict;
use super::clients::Clients;
use super::farewell::{Farewell, redirection, usable};
use super::receive::{Flow, Handled};
use crate::ask::{Answer, Ask};
use crate::connection::exchange::{Exchange, HeldConnect, Turn};
use crate::connection::{Connection, ConnectionIndex, Phase};
use crate::event::DisconnectReason;
use crate::fault::Fault;
use crate::id::Question;
use crate::output::Output;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::{
    Auth, Connect, Frame, Packet, PacketType, PropertiesBuffer, Property, ReasonCode, Sender, TooLarge,
};

impl Broker {
    /// The client is to say more before it is let in. Its CONNECT waits.
    pub(super) fn begin_exchange(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        frame: &Frame<'_>,
        method: &str,
        data: Option<&[u8]>,
    ) -> Result<(), Violation> {
        if let Some(connection) = self.clients.connection(index) {
            let connect = Some(HeldConnect::new(frame));
            let exchange = Exchange { method: method.into(), connect, turn: Turn::Nobody };
            connection.work().exchange = Some(Box::new(exchange));
        }
        self.continue_exchange(now, index, data)
    }

    /// Sends AUTH 0x18 and waits for the client's ([MQTT-4.12.0-2]).
    fn continue_exchange(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        data: Option<&[u8]>,
    ) -> Result<(), Violation> {
        self.clients.send_auth(index, ReasonCode::ContinueAuthentication, data)?;
        let timeout = self.config().limits.connect_timeout_seconds;
        let deadline = now.after_seconds(timeout.into());
        self.clients.set_turn(index, Turn::Client(deadline));
        self.clients.arm_connection(index, deadline);
        Ok(())
    }

    /// Whether CONNECT waits for the end of an exchange.
    pub(super) fn holds_connect(&self, index: ConnectionIndex) -> bool {
        self.clients.exchange(index).is_some_and(|exchange| exchange.connect.is_some())
    }

    /// A packet from a client that has no CONNACK yet but is past its CONNECT.
    pub(super) fn before_connack(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        frame: &Frame<'_>,
    ) -> Handled {
        let Some(connection) = self.clients.connections.get(index) else { return Ok(Flow::Continue) };
        // [MQTT-3.1.0-2], [MQTT-3.1.2-30]
        match frame.header.packet_type {
            PacketType::Auth | PacketType::Disconnect => {}
            PacketType::Connect => return Err(Violation::SecondConnect),
            _ => return Err(Violation::AuthenticationUnfinished),
        }
        match Packet::decode(frame, connection.version, Sender::Client)? {
            Packet::Auth(auth) => self.auth(now, index, &auth),
            Packet::Disconnect(disconnect) => {
                self.close_connection(now, index, DisconnectReason::Client(disconnect.reason));
                Ok(Flow::Continue)
            }
            _ => Err(Violation::AuthenticationUnfinished),
        }
    }

    /// The client goes on with its authentication, or starts anew.
    pub(super) fn auth(&mut self, now: Instant, index: ConnectionIndex, auth: &Auth<'_>) -> Handled {
        self.check_properties(auth.properties)?;
        // [MQTT-4.12.0-7], [MQTT-4.12.1-1]
        let exchange = self.clients.exchange(index).ok_or(Violation::AuthWithoutMethod)?;
        // [MQTT-4.12.0-5]
        if auth.properties.authentication_method() != Some(&*exchange.method) {
            return Err(Violation::AuthenticationMethodChanged);
        }
        let is_open = self.clients.connections.get(index).is_some_and(|connection| connection.open);
        let ask: fn(Box<crate::ask::Exchange>) -> Ask = match (auth.reason, exchange.turn) {
            // [MQTT-4.12.0-3]
            (ReasonCode::ContinueAuthentication, Turn::Client(_)) => Ask::Continue,
            (ReasonCode::ReAuthenticate, Turn::Nobody) if is_open => Ask::Reauthenticate,
            _ => return Err(Violation::AuthUnexpected),
        };
        let data = auth.properties.authentication_data().map(Vec::from);
        if let Some(about) = self.exchange_for_embedder(index, data) {
            self.ask_exchange(now, index, ask(Box::new(about)));
        }
        Ok(Flow::Continue)
    }

    fn exchange_for_embedder(
        &self,
        index: ConnectionIndex,
        data: Option<Vec<u8>>,
    ) -> Option<crate::ask::Exchange> {
        let connection = self.clients.connections.get(index)?;
        let exchange = self.clients.exchange(index)?;
        let held = exchange.connect.as_ref().and_then(|connect| Connect::decode(&connect.frame()).ok());
        let assigned = connection.work.as_ref().and_then(|work| work.assigned.as_deref());
        let client_identifier: Arc<str> = match held {
            Some(connect) => assigned.unwrap_or(connect.client_identifier).into(),
            None => (&*self.clients.client_identifier(connection.session())).into(),
        };
        Some(crate::ask::Exchange {
            connection: connection.id,
            client_identifier,
            method: (&*exchange.method).into(),
            data,
        })
    }

    /// Asks the embedder. Unlike other questions this one stops nothing: the client may go on by what it was
    /// allowed before (section 4.12.1).
    fn ask_exchange(&mut self, now: Instant, index: ConnectionIndex, about: Ask) {
        self.question += 1;
        let question = Question(self.question);
        let deadline = now.after_seconds(self.config().limits.answer_timeout_seconds.into());
        let Some(connection) = self.clients.connections.get(index) else { return };
        self.questions.insert(question, connection.id);
        self.clients.set_turn(index, Turn::Embedder(question, deadline));
        self.clients.arm_connection(index, deadline);
        self.clients.outputs.push_back(Output::Ask { question, about });
    }

    /// The embedder's answer to AUTH.
    pub(super) fn exchange_answered(&mut self, now: Instant, index: ConnectionIndex, answer: Answer) {
        self.clients.set_turn(index, Turn::Nobody);
        let handled = match self.clients.connections.get(index).map(|connection| connection.phase) {
            Some(Phase::Opening) => self.opening_answered(now, index, answer),
            Some(Phase::Connected) => self.open_answered(now, index, answer),
            _ => Ok(()),
        };
        match handled {
            Ok(()) => self.rearm_connection(index),
            Err(violation) => self.violated(now, index, violation),
        }
        self.clients.recount_connection(index);
    }

    fn opening_answered(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        answer: Answer,
    ) -> Result<(), Violation> {
        if let Answer::Continue(data) = answer {
            return self.continue_exchange(now, index, data.as_deref());
        }
        let held = self.clients.exchange_mut(index).and_then(|exchange| exchange.connect.take());
        let Some(held) = held else { return Ok(()) };
        let frame = held.frame();
        let connect = Connect::decode(&frame)?;
        let client_identifier = self.client_identifier(index, &connect);
        let usual = self.listener(index).rules;
        let verdict = verdict(answer, usual, &connect);
        self.decided(now, index, &frame, &connect, &client_identifier, verdict).map(drop)
    }

    /// The client was authenticated anew, or was not ([MQTT-4.12.1-2]).
    fn open_answered(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        answer: Answer,
    ) -> Result<(), Violation> {
        match answer {
            Answer::Continue(data) => return self.continue_exchange(now, index, data.as_deref()),
            Answer::Accept { rules, data } => {
                if let (Some(rules), Some(connection)) = (rules, self.clients.connection(index)) {
                    connection.rules = (!rules.allows_everything()).then_some(rules);
                }
                if !self.config().planted().is(Fault::ReauthenticationUnconfirmed) {
                    self.clients.send_auth(index, ReasonCode::Success, data.as_deref())?;
                }
            }
            Answer::Refuse(reason) => self.reauthentication_failed(now, index, reason),
            Answer::Decisions(_) => self.reauthentication_failed(now, index, ReasonCode::NotAuthorized),
            Answer::Redirect { permanent, server_reference } => {
                let farewell = Farewell::disconnection(redirection(permanent));
                self.send_away(now, index, &farewell.to(usable(server_reference.as_deref())));
            }
        }
        Ok(())
    }

    fn reauthentication_failed(&mut self, now: Instant, index: ConnectionIndex, reason: ReasonCode) {
        let Some(connection) = self.clients.connections.get(index) else { return };
        let (id, client_identifier) = (connection.id, self.clients.client_identifier(connection.session()));
        self.clients.tell_authentication_refused(id, &client_identifier, reason);
        let in_disconnect = reason.is_error() && reason.allowed_in(PacketType::Disconnect, Sender::Server);
        let reason = if in_disconnect { reason } else { ReasonCode::NotAuthorized };
        self.disconnect_client(now, index, reason);
    }
}

impl Clients {
    fn exchange(&self, index: ConnectionIndex) -> Option<&Exchange> {
        self.connections.get(index)?.work.as_ref()?.exchange.as_deref()
    }

    fn exchange_mut(&mut self, index: ConnectionIndex) -> Option<&mut Exchange> {
        self.connections.get_mut(index)?.work.as_mut()?.exchange.as_deref_mut()
    }

    fn set_turn(&mut self, index: ConnectionIndex, turn: Turn) {
        if let Some(exchange) = self.exchange_mut(index) {
            exchange.turn = turn;
        }
    }

    /// AUTH. It promises nothing: it waits neither for the journal nor for CONNACK.
    fn send_auth(
        &mut self,
        index: ConnectionIndex,
        reason: ReasonCode,
        data: Option<&[u8]>,
    ) -> Result<(), Violation> {
        let Some(exchange) = self.exchange(index) else { return Ok(()) };
        let mut properties = PropertiesBuffer::new();
        // [MQTT-4.12.0-5]
        if !self.config.planted().is(Fault::AuthenticationMethodUnsaid) {
            push_method(&exchange.method, data, &mut properties);
        }
        let Some(connection) = self.connections.get(index) else { return Ok(()) };
        let (version, maximum) = (connection.version, connection.maximum_packet_size);
        let packet = Packet::Auth(Auth { reason, properties: properties.as_properties() });
        let written = self.write(index, |out| packet.encode_within(version, maximum, out));
        written.map_err(|TooLarge| Violation::AnswerTooLarge)
    }
}

/// Authentication Method and Authentication Data of an AUTH or CONNACK.
pub(super) fn push_method(method: &str, data: Option<&[u8]>, properties: &mut PropertiesBuffer) {
    properties.push(Property::AuthenticationMethod(method));
    if let Some(data) = data {
        properties.push(Property::AuthenticationData(data));
    }
}

/// Until when somebody has to go on with the exchange of a connection, and what it is otherwise.
pub(super) fn exchange_deadline(connection: &Connection) -> Option<(Instant, Violation)> {
    match connection.work.as_ref()?.exchange.as_ref()?.turn {
        Turn::Nobody => None,
        Turn::Client(deadline) => Some((deadline, Violation::AuthenticationTimeout)),
        Turn::Embedder(_, deadline) => Some((deadline, Violation::AnswerTimeout)),
    }
}
