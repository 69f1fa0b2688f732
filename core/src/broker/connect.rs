//! CONNECT (section 3.1 of 3.1.1 and 5.0): who it is, whether he may, and which session is his from now on.

use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;

use super::Broker;
use super::farewell::Farewell;
use super::publish::check_capabilities;
use super::receive::{Flow, Handled};
use crate::connection::capabilities::Capabilities;
use crate::connection::exchange::{Exchange, Turn};
use crate::connection::promises::Promised;
use crate::connection::{ConnectionIndex, Phase};
use crate::event::{Event, SessionEnd};
use crate::fault::Fault;
use crate::rules::Rules;
use crate::session::{Session, SessionIndex};
use crate::time::Instant;
use crate::violation::Violation;
use crate::will::Will;
use crate::wire::{Connect, Frame, ReasonCode};

impl Broker {
    pub(super) fn connect(&mut self, now: Instant, index: ConnectionIndex, frame: &Frame<'_>) -> Handled {
        // The version decides how a refusal looks, so it is wanted even of a packet that is malformed.
        if let (Some(version), Some(connection)) =
            (Connect::peek_version(frame), self.clients.connection(index))
        {
            connection.version = version;
        }
        let connect = Connect::decode(frame)?;
        let capabilities = Capabilities::new(&self.config().policy);
        let planted = self.config().planted();
        if let Some(connection) = self.clients.connection(index) {
            connection.version = connect.version;
            connection.problem_information = connect.properties.request_problem_information() != Some(false)
                || planted.is(Fault::ReasonStringUnwanted);
            let maximum = connect.properties.maximum_packet_size();
            connection.maximum_packet_size =
                maximum.filter(|_| !planted.is(Fault::TooLargeIsSent)).unwrap_or(u32::MAX);
        }
        self.check_connect(&connect, capabilities)?;
        if self.draining {
            self.refuse(now, index, &Farewell::refusal(ReasonCode::ServerUnavailable));
            return Ok(Flow::Continue);
        }
        if self.clients.refuses_work() {
            self.refuse(now, index, &Farewell::refusal(ReasonCode::QuotaExceeded));
            return Ok(Flow::Continue);
        }
        let client_identifier = self.client_identifier(index, &connect);
        let verdict = self.authenticate(now, index, &connect, &client_identifier);
        self.decided(now, index, frame, &connect, &client_identifier, verdict)
    }

    /// The limits of a CONNECT, and the rules about its identifier.
    fn check_connect(&self, connect: &Connect<'_>, capabilities: Capabilities) -> Result<(), Violation> {
        let (limits, planted) = (&self.config().limits, self.config().planted());
        if connect.client_identifier.is_empty() {
            // [MQTT-3.1.3-7], [MQTT-3.1.3-8] of 3.1.1; 5.0 always assigns one, 3.1 never.
            let assigns = connect.version.allows_empty_client_identifier();
            if !assigns
                || planted.is(Fault::EmptyClientIdentifierRefused)
                || !(connect.clean_start || connect.version.has_properties())
            {
                return Err(Violation::ClientIdentifierEmpty);
            }
        }
        let short = if planted.is(Fault::LongClientIdentifierRefused) { 22 } else { usize::MAX };
        if connect.client_identifier.len() > usize::from(limits.client_identifier_bytes).min(short) {
            return Err(Violation::ClientIdentifierTooLong);
        }
        if connect.user_name.is_some_and(|name| name.len() > usize::from(limits.user_name_bytes)) {
            return Err(Violation::UserNameTooLong);
        }
        self.check_text(connect.client_identifier)?;
        connect.user_name.map_or(Ok(()), |name| self.check_text(name))?;
        self.check_properties(connect.properties)?;
        if let Some(will) = &connect.will {
            // [MQTT-3.2.2-12], [MQTT-3.2.2-13] of 5.0
            check_capabilities(capabilities, will.qos, will.retain)?;
            self.check_topic(will.topic)?;
            self.check_properties(will.properties)?;
            if will.payload.len() > limits.will_payload_bytes as usize {
                return Err(Violation::WillTooLong);
            }
        }
        Ok(())
    }

    /// The client's identifier, or one that nobody has ([MQTT-3.1.3-6] of 5.0).
    pub(super) fn client_identifier(&mut self, index: ConnectionIndex, connect: &Connect<'_>) -> Box<str> {
        if !connect.client_identifier.is_empty() {
            return connect.client_identifier.into();
        }
        let assigned = self.clients.connections.get(index).and_then(|of| of.work.as_ref()?.assigned.clone());
        if self.config().planted().is(Fault::AssignedClientIdentifierInUse) {
            return "auto".into();
        }
        assigned.unwrap_or_else(|| {
            loop {
                let name = format!("auto-{:016x}", self.random.next());
                if self.clients.sessions.find(&name).is_none() {
                    return name.into_boxed_str();
                }
            }
        })
    }

    /// The client is in. Takes over, ends or makes its session, and says so.
    pub(super) fn accept(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        connect: &Connect<'_>,
        client_identifier: &str,
        rules: Arc<Rules>,
        data: Option<&[u8]>,
    ) -> Result<(), Violation> {
        if let Some(reason) = self.clients.hooked_connect(index, client_identifier, connect) {
            self.refuse(now, index, &Farewell::hook(reason));
            return Ok(());
        }
        let resumed = self.previous_session(now, index, connect, client_identifier);
        self.clients.counters.clients_accepted += 1;
        self.clients.tell_session_begun(client_identifier, resumed.is_some());
        let session = resumed.unwrap_or_else(|| {
            let number = self.clients.journal.number();
            self.clients.sessions.insert(Session::new(client_identifier, number))
        });
        let keep_alive_seconds = self.keep_alive_seconds(connect);
        let method = connect.properties.authentication_method();
        let planted = self.config().planted();
        let topic_aliases = self.outgoing_topic_alias_maximum(connect);
        let promised = self.clients.promises.hold(Promised::new(self.config()));
        if let Some(connection) = self.clients.connection(index) {
            connection.set_session(Some(session));
            connection.phase = Phase::Connected;
            connection.rules = (!rules.allows_everything()).then_some(rules);
            connection.keep_alive_seconds = if planted.is(Fault::KeepAliveHalved) {
                keep_alive_seconds / 2
            } else if planted.is(Fault::KeepAliveDoubled) {
                keep_alive_seconds.saturating_mul(2)
            } else {
                keep_alive_seconds
            };
            connection.promised = promised;
            connection.outgoing_topic_alias_maximum = topic_aliases;
            let work = connection.work();
            work.origin = None;
            work.assigned = None;
            work.exchange = method.map(|method| {
                Box::new(Exchange { method: method.into(), connect: None, turn: Turn::Nobody })
            });
        }
        self.attach(now, session, index, connect);
        self.rearm_connection(index);
        if self.config().events.connections {
            self.clients.event(Event::Connected {
                connection: self
                    .clients
                    .connections
                    .get(index)
                    .map_or(crate::id::ConnectionId(0), |of| of.id),
                client_identifier: client_identifier.into(),
                version: connect.version,
                session_present: resumed.is_some(),
                keep_alive_seconds,
            });
        }
        self.acknowledge_connect(index, connect, client_identifier, resumed.is_some(), data)?;
        if self.config().planted().is(Fault::ConnackTwice) {
            self.acknowledge_connect(index, connect, client_identifier, resumed.is_some(), data)?;
        }
        self.clients.send(now, index);
        Ok(())
    }

    /// The session that goes on with this connection, if there is one and Clean Start does not end it
    /// ([MQTT-3.1.2-4] to [MQTT-3.1.2-6] of 5.0, [MQTT-3.1.2-4], [MQTT-3.1.2-6] of 3.1.1).
    fn previous_session(
        &mut self,
        now: Instant,
        index: ConnectionIndex,
        connect: &Connect<'_>,
        client_identifier: &str,
    ) -> Option<SessionIndex> {
        let planted = self.config().planted();
        let session = self.clients.sessions.find(client_identifier)?;
        // [MQTT-3.1.4-3] of 5.0, [MQTT-3.1.4-2] of 3.1.1
        if let Some(older) = self.clients.sessions.get(session).and_then(|session| session.connection()) {
            let id = |index| self.clients.connections.get(index).map(|connection| connection.id);
            if let (Some(from), Some(by)) = (id(older), id(index)) {
                self.clients.tell_taken_over(client_identifier, from, by);
            }
            if planted.is(Fault::WillTwiceAtTakeover) {
                self.publish_will_too_soon(now, session);
            }
            self.disconnect_client(now, older, ReasonCode::SessionTakenOver);
            if planted.is(Fault::IncomingForgottenAtTakeover) {
                self.clients.forget_incoming(session);
            }
        }
        let session = self.clients.sessions.find(client_identifier)?;
        let clean = connect.clean_start && !planted.is(Fault::CleanStartIgnored);
        if clean || planted.is(Fault::SessionNotResumed) {
            self.end_session(now, session, SessionEnd::Replaced);
            return None;
        }
        Some(session)
    }

    /// Ties a session to its new connection. Expiry, will and window are this connection's; a pending will of
    /// the last one is taken back ([MQTT-3.1.3-9] of 5.0).
    fn attach(
        &mut self,
        now: Instant,
        index: SessionIndex,
        connection: ConnectionIndex,
        connect: &Connect<'_>,
    ) {
        let planted = self.config().planted();
        let expiry_interval_seconds = if planted.is(Fault::SessionEndsWithConnection) {
            0
        } else if planted.is(Fault::SessionNeverEnds) {
            u32::MAX
        } else {
            self.session_expiry_seconds(connect)
        };
        if planted.is(Fault::WillAfterReturn) {
            self.publish_will(now, index);
        }
        let slots = self.window(connect);
        let clients = &mut self.clients;
        let latest = clients.journal.latest();
        let Some(session) = clients.sessions.get_mut(index) else { return };
        let had_will = session.will.is_some();
        session.set_connection(Some(connection));
        session.since = now;
        clients.connected += 1;
        self.tree.set_connected(&session.subscriptions, true);
        session.version = connect.version;
        session.expiry_interval_seconds = expiry_interval_seconds;
        session.will = connect.will.as_ref().map(|will| Box::new(Will::new(will)));
        session.latest = session.latest.max(latest);
        session.slots = slots;
        if planted.is(Fault::WillAtOnce)
            && let Some(will) = &mut session.will
        {
            will.delay_seconds = 0;
        }
        if let Some(outgoing) = session.outgoing.as_mut().filter(|_| !planted.is(Fault::NothingResent)) {
            outgoing.connected(slots);
            outgoing.connected_wrongly(planted);
        }
        if let Some(incoming) = &mut session.incoming {
            incoming.connected();
        }
        clients.timers.disarm(&mut session.armed);
        let has_will = session.will.is_some();
        clients.record_session(index);
        if had_will && !planted.is(Fault::CancelledWillReturns) || has_will {
            clients.record_will(index);
        }
        if planted.is(Fault::QueueBeforeInFlight) {
            clients.admit_queue_first(index);
        }
        clients.recount_session(index);
    }

    /// How many topic aliases the server may set ([MQTT-3.1.2-26], [MQTT-3.1.2-27] of 5.0).
    fn outgoing_topic_alias_maximum(&self, connect: &Connect<'_>) -> u8 {
        let theirs = connect.properties.topic_alias_maximum().unwrap_or(0);
        let ours = self.config().limits.outgoing_topic_alias_maximum;
        if self.config().planted().is(Fault::OutgoingAliasUnasked) {
            return ours;
        }
        u8::try_from(theirs).map_or(ours, |theirs| theirs.min(ours))
    }

    /// How many QoS 1 and 2 messages may be in flight to this client ([MQTT-3.3.4-9] of 5.0).
    fn window(&self, connect: &Connect<'_>) -> u16 {
        let theirs = connect.properties.receive_maximum();
        let theirs = theirs.filter(|_| !self.config().planted().is(Fault::ReceiveMaximumIgnored));
        theirs.unwrap_or(u16::MAX).min(self.config().limits.in_flight_maximum)
    }

    /// How long the session outlives this connection, as far as the limits allow (5.0 section 3.1.2.11.2;
    /// Clean Session before 5.0).
    pub(super) fn session_expiry_seconds(&self, connect: &Connect<'_>) -> u32 {
        let limits = &self.config().limits;
        if connect.version.has_properties() {
            let asked = connect.properties.session_expiry_interval().unwrap_or(0);
            return asked.min(limits.session_expiry_seconds_5_0);
        }
        if connect.clean_start { 0 } else { limits.session_expiry_seconds_3 }
    }

    /// The keep alive in force ([MQTT-3.1.2-21] of 5.0).
    pub(super) fn keep_alive_seconds(&self, connect: &Connect<'_>) -> u16 {
        let maximum = self.config().limits.keep_alive_seconds_5_0;
        let exceeds = connect.keep_alive_seconds == 0 || connect.keep_alive_seconds > maximum;
        if connect.version.has_properties() && maximum > 0 && exceeds {
            maximum
        } else {
            connect.keep_alive_seconds
        }
    }
}
