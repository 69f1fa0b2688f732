//! What a client is told that is refused or sent away: a code, the reason in words, another server.

use super::clients::Clients;
use super::reason_string::{why_disconnected, why_not_connected};
use crate::connection::ConnectionIndex;
use crate::violation::Violation;
use crate::wire::{PropertiesBuffer, Property, ReasonCode};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Farewell<'a> {
    pub(super) reason: ReasonCode,
    words: &'a str,
    pub(super) server_reference: Option<&'a str>,
}

impl<'a> Farewell<'a> {
    /// It broke the protocol.
    pub(super) const fn violation(violation: Violation) -> Self {
        Self { reason: violation.reason(), words: violation.sentence(), server_reference: None }
    }

    /// Its CONNECT is refused.
    pub(super) const fn refusal(reason: ReasonCode) -> Self {
        Self { reason, words: why_not_connected(reason), server_reference: None }
    }

    /// A hook refuses its CONNECT, and says no more.
    pub(super) const fn hook(reason: ReasonCode) -> Self {
        Self { reason, words: "", server_reference: None }
    }

    /// It did nothing wrong, but has to go.
    pub(super) const fn disconnection(reason: ReasonCode) -> Self {
        Self { reason, words: why_disconnected(reason), server_reference: None }
    }

    /// The same, and it is told where to (5.0 section 4.11).
    pub(super) const fn to(self, server_reference: Option<&'a str>) -> Self {
        Self { server_reference, ..self }
    }

    /// The same without what a client with a small Maximum Packet Size does not take.
    pub(super) const fn without_server_reference(self) -> Self {
        Self { server_reference: None, ..self }
    }
}

/// What a client is told that is to use another server (5.0 section 4.11).
pub(super) const fn redirection(permanent: bool) -> ReasonCode {
    if permanent { ReasonCode::ServerMoved } else { ReasonCode::UseAnotherServer }
}

/// A Server Reference that can be put on the wire. Anything else is left out: none has to be given.
pub(super) fn usable(server_reference: Option<&str>) -> Option<&str> {
    let fits = |text: &&str| text.len() <= usize::from(u16::MAX) && !text.contains('\0');
    server_reference.filter(fits)
}

impl Clients {
    /// The properties of the CONNACK or DISCONNECT that says it.
    pub(super) fn farewell_properties(
        &self,
        index: ConnectionIndex,
        farewell: &Farewell<'_>,
    ) -> PropertiesBuffer {
        let mut properties = self.reason_string(index, farewell.words);
        if let Some(server_reference) = farewell.server_reference {
            properties.push(Property::ServerReference(server_reference));
        }
        properties
    }
}
