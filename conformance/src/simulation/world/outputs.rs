//! What the broker wants done.

use hushwing_core::{
    ConnectionId, DisconnectReason, DropReason, Event as Told, Output, SessionEnd, Violation,
};

use super::World;
use crate::simulation::agenda::Event;
use crate::simulation::client::number_of;
use crate::simulation::oracle::Checked;

impl World {
    /// Does what the last call wants. Wills are looked at last: by then it is clear who is gone.
    pub(super) fn carry_out(&mut self) -> Checked {
        let mut outputs = std::mem::take(&mut self.outputs);
        let mut wills = Vec::new();
        for output in outputs.drain(..) {
            match output {
                Output::Transmit { connection } => self.announce(connection)?,
                Output::Read { connection, enabled } => self.pause(connection, !enabled)?,
                Output::Close { connection } => self.close(connection)?,
                Output::Persist { .. } => {}
                Output::Ask { question, about } => self.asked(question, about),
                Output::Event(Told::WillPublished { client_identifier, topic }) => {
                    wills.push((client_identifier, topic));
                }
                Output::Event(told) => self.told(told)?,
                Output::Stopped => self.stopped = true,
            }
        }
        self.outputs = outputs;
        for (client_identifier, topic) in wills {
            self.oracle.reach.count("will fired");
            if let Some(client) = number_of(&client_identifier) {
                self.trace.line(|| format!("{} the will of c{client} is published", self.now));
                self.oracle.will_fired(client, &topic)?;
            }
        }
        Ok(())
    }

    fn announce(&mut self, ConnectionId(id): ConnectionId) -> Checked {
        if !self.links.contains_key(&id) {
            return Err(format!("bytes wait for connection {id}, which is gone"));
        }
        if !self.is_strange(id) {
            self.oracle.announced(id)?;
        }
        self.announced.push(id);
        Ok(())
    }

    fn pause(&mut self, ConnectionId(id): ConnectionId, paused: bool) -> Checked {
        let Some(link) = self.links.get_mut(&id) else {
            return Err(format!("connection {id} is gone and is to be paused: {paused}"));
        };
        if link.paused == paused {
            return Err(format!("connection {id} is paused twice, or read twice: {paused}"));
        }
        link.paused = paused;
        self.trace.line(|| format!("{} connection {id} is paused: {paused}", self.now));
        self.oracle.paused(id, paused);
        Ok(())
    }

    fn close(&mut self, ConnectionId(id): ConnectionId) -> Checked {
        self.trace.line(|| format!("{} the broker closes connection {id}", self.now));
        if !self.is_strange(id) {
            self.oracle.closed_by_broker(id)?;
        }
        let Some(link) = self.links.get_mut(&id) else {
            return Err(format!("connection {id} is gone and is to be closed"));
        };
        if std::mem::replace(&mut link.closed, true) {
            return Err(format!("connection {id} is closed twice"));
        }
        self.announced.push(id);
        let latency = self.latency();
        self.agenda.enter(self.now + latency + 1_000, Event::Gone(id));
        Ok(())
    }

    fn told(&mut self, told: Told) -> Checked {
        match told {
            Told::Connected { connection, .. } if self.is_strange(connection.0) => Ok(()),
            Told::Connected { connection, session_present, keep_alive_seconds, .. } => {
                if session_present {
                    self.oracle.reach.count("session resumed");
                }
                self.oracle.accepted(connection.0, session_present, keep_alive_seconds)
            }
            Told::Disconnected { connection, reason: DisconnectReason::Violation(violation), .. } => {
                self.accused(connection.0, violation)
            }
            Told::Dropped { client_identifier, reason } => self.dropped(&client_identifier, reason),
            Told::SessionEnded { client_identifier, cause } => {
                let Some(client) = number_of(&client_identifier) else { return Ok(()) };
                match cause {
                    SessionEnd::Expired => {
                        self.oracle.reach.count("session expired");
                        self.oracle.session_expired(client)
                    }
                    SessionEnd::Command => self.oracle.session_ended_by_command(client),
                    SessionEnd::Closed | SessionEnd::Replaced => Ok(()),
                }
            }
            Told::SessionTakenOver { .. } => {
                self.oracle.reach.count("takeover");
                Ok(())
            }
            Told::HookFailed { message } => Err(message),
            _ => Ok(()),
        }
    }

    /// The broker says that a client broke the protocol.
    fn accused(&mut self, id: u64, violation: Violation) -> Checked {
        self.oracle.reach.violation(violation);
        self.trace.line(|| format!("{} connection {id} ends for {violation:?}", self.now));
        match violation {
            Violation::KeepAliveElapsed => self.oracle.silenced(id),
            Violation::ConnectTimeout
            | Violation::AnswerTimeout
            | Violation::AuthenticationTimeout
            | Violation::PacketTooSlow
            | Violation::OutputStalled => Ok(()),
            Violation::MemoryExhausted | Violation::RetainedQuotaExceeded if self.profile.may_refuse() => {
                self.oracle.reach.count("limit: memory");
                self.oracle.not_taken(id);
                Ok(())
            }
            Violation::MessageRateTooHigh if self.profile.rates => Ok(()),
            _ if self.oracle.has_misbehaved(id) => Ok(()),
            _ => Err(format!("connection {id} is accused of {violation:?}")),
        }
    }

    fn dropped(&mut self, client_identifier: &str, reason: DropReason) -> Checked {
        self.oracle.reach.dropped(reason);
        let Some(client) = number_of(client_identifier) else { return Ok(()) };
        let profile = &self.profile;
        let may = match reason {
            DropReason::Expired | DropReason::TooLarge => return Ok(()),
            DropReason::QueueFull => profile.short_queues || profile.short_memory,
            DropReason::MemoryExhausted => profile.short_memory,
            DropReason::Hook => false,
        };
        if !may {
            return Err(format!("a copy for {client_identifier} was dropped: {reason:?}"));
        }
        self.trace.line(|| format!("{} a copy for c{client} is dropped: {reason:?}", self.now));
        self.oracle.lost_a_copy(client);
        Ok(())
    }
}
